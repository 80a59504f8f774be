//! The password of a profile: text, or where it is kept.
//!
//! Owns the four references and the warning about plain text. Fetching the password belongs to
//! `secret_source`.

use super::findings::Findings;
use super::section::{Section, Text};
use super::suggest::quoted;
use crate::config::{SecretSource, paths, server_values};
use crate::secret::Secret;

const KINDS: [&str; 4] = ["env", "file", "command", "keychain"];

/// Reads `password` of the profile `name`; an empty one is none.
pub(super) fn read(name: &str, profile: &Section, found: &mut Findings) -> Option<SecretSource> {
    if profile.is_table("password") {
        return reference(&profile.child("password", found)?, found);
    }
    let text = profile.filled_text("password", found)?;
    let message = format!("The password of {} stands in plain text in this file", quoted(name));
    found.warn(text.line, message);
    accepted(profile, "password", server_values::check_text(text.value), found)?;
    Some(SecretSource::Plain(Secret::new(text.value)))
}

fn reference(table: &Section, found: &mut Findings) -> Option<SecretSource> {
    table.refuse_unknown(&KINDS, found);
    let given: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    match given.as_slice() {
        [] if table.keys().next().is_some() => None,
        [] => {
            let message = "Say where the password is, with `env`, `file`, `command` or `keychain`";
            found.report(table.line(), table.key(), message);
            None
        }
        ["command"] => command(table, found),
        [kind] => {
            let text = table.required_text(kind, found)?;
            let source = source(kind, text.value, found);
            accepted(table, kind, source, found)
        }
        [_, second, ..] => {
            let message = "Only one of `env`, `file`, `command` and `keychain` can stand here";
            table.report(second, message, found);
            None
        }
    }
}

fn source(kind: &str, text: &str, found: &Findings) -> Result<SecretSource, String> {
    match kind {
        "env" => {
            server_values::check_variable(text)?;
            Ok(SecretSource::Env(text.to_owned()))
        }
        "file" => Ok(SecretSource::File(paths::resolve(text, found.base())?)),
        _ => {
            server_values::check_text(text)?;
            Ok(SecretSource::Keychain(text.to_owned()))
        }
    }
}

fn command(table: &Section, found: &mut Findings) -> Option<SecretSource> {
    let words = table.words("command", found)?;
    let [program, arguments @ ..] = words.as_slice() else {
        table.report("command", "This list must not be empty", found);
        return None;
    };
    let program = server_values::program(program.value, found.base());
    let program = accepted(table, "command", program, found)?;
    let zero = arguments.iter().try_for_each(|word| server_values::check_text(word.value));
    accepted(table, "command", zero, found)?;
    let arguments = arguments.iter().map(|Text { value, .. }| (*value).to_owned());
    Some(SecretSource::Command(std::iter::once(program).chain(arguments).collect()))
}

/// The value, or its refusal in the list of problems.
fn accepted<T>(
    table: &Section,
    key: &str,
    value: Result<T, impl Into<String>>,
    found: &mut Findings,
) -> Option<T> {
    value.map_err(|message| table.report(key, message, found)).ok()
}
