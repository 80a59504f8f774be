//! The process that a call becomes, here or in a container.
//!
//! Owns its environment. A tool sees the locale, the folders and what its engine sets: no `PGOPTIONS`,
//! no `MYSQL_HOME`, no option files in the user's home folder.

use std::ffi::{OsStr, OsString};
use std::process::Stdio;

use process_wrap::tokio::CommandWrap;
use tokio::process::Command;

use super::contained;
use super::invocation::{Invocation, SecretFile, SecretUse};

/// What a program needs to run at all, and nothing that changes what it does.
const INHERITED: [&str; 8] =
    ["PATH", "TMPDIR", "TEMP", "TMP", "SystemRoot", "SystemDrive", "windir", "LD_LIBRARY_PATH"];

/// A process whose output is read.
pub(super) fn reading(call: &Invocation, secret: Option<&SecretFile>) -> CommandWrap {
    let mut command = base(call, secret, contained::Direction::Reading);
    let stdin = if call.tool.is_contained() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped());
    grouped(command)
}

/// A process whose input is written.
pub(super) fn writing(call: &Invocation, secret: Option<&SecretFile>) -> CommandWrap {
    let mut command = base(call, secret, contained::Direction::Writing);
    // Tools that load data say nothing that is needed on their standard output; in a container it has their number.
    let stdout = if call.tool.is_contained() { Stdio::piped() } else { Stdio::null() };
    command.stdin(Stdio::piped()).stdout(stdout);
    grouped(command)
}

fn base(
    call: &Invocation,
    secret: Option<&SecretFile>,
    direction: contained::Direction,
) -> Command {
    let mut command = if call.tool.is_contained() {
        contained::command(call, direction)
    } else {
        here(call, secret)
    };
    command.stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn here(call: &Invocation, secret: Option<&SecretFile>) -> Command {
    let mut command = Command::new(call.tool.path());
    clean(&mut command);
    let file = call.secret.as_ref().zip(secret);
    if let Some(((SecretUse::FirstArgument(option), _), file)) = file {
        let mut argument = OsString::from(option);
        argument.push(&file.0);
        command.arg(argument);
    }
    if let Some(((SecretUse::Variable(name), _), file)) = file {
        command.env(name, &file.0);
    }
    // A tool that looks for option files in the home folder finds none.
    let home =
        secret.and_then(|file| file.0.parent()).map_or(OsStr::new("/nonexistent"), OsStr::new);
    command.env("HOME", home).args(&call.arguments);
    command.envs(call.variables.iter().map(|(name, value)| (name, value)));
    command
}

/// Empties the environment of everything that may change what a tool does.
pub(in super::super) fn clean(command: &mut Command) {
    command.env_clear().env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8");
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// A process in a group of its own, so that all of it can be ended.
fn grouped(command: Command) -> CommandWrap {
    let mut wrapped = CommandWrap::from(command);
    #[cfg(unix)]
    wrapped.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    wrapped.wrap(process_wrap::tokio::KillOnDrop).wrap(process_wrap::tokio::JobObject);
    wrapped
}
