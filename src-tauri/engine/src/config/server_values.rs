//! What the values of a server's connection may look like.
//!
//! Owns the rules for hosts, containers and references to passwords, for the file, the forms of
//! the window and connection URLs alike. Each refusal is one sentence that never quotes the value, because a
//! password may stand in the wrong place. Whether anything is there is asked by whoever uses it.

use std::path::{Path, is_separator};

use super::paths;

/// Says what is wrong with the host of a server. One that begins with `/` is a Unix socket.
pub(super) fn check_host(host: &str) -> Result<(), &'static str> {
    if host.chars().any(char::is_control) {
        return Err("A host cannot contain a control character such as a line break");
    }
    if host.starts_with('/') {
        return Ok(());
    }
    if host.contains("://") {
        return Err("Write only the name of the host here, not a whole URL");
    }
    if host.contains(',') {
        return Err("Only one server can stand here");
    }
    if host.contains('@') {
        return Err("Write the user under `user`, not before the host");
    }
    if host.starts_with('-') || host.contains(['/', '\\']) || host.contains(char::is_whitespace) {
        return Err("This is not the name or the address of a host");
    }
    let port = host.split_once(':').is_some_and(|(_, port)| !port.contains(':'));
    if port || host.starts_with('[') {
        return Err("Write only the host here, and its port under `port`");
    }
    Ok(())
}

/// Says what is wrong with the name of a container. It can never be taken for an option.
pub(super) fn check_container(name: &str) -> Result<(), &'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(legal) {
        return Ok(());
    }
    Err(
        "The name of a container has letters, digits, `_`, `.` and `-`, and begins with one of the first two",
    )
}

/// Says what is wrong with a user's name, a password or the name of a database.
pub(super) fn check_text(text: &str) -> Result<(), &'static str> {
    if text.contains('\0') { Err("A zero byte cannot stand here") } else { Ok(()) }
}

/// Says what is wrong with the name of a variable of the environment.
pub(super) fn check_variable(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() || name.contains(['=', '\0']) || name.contains(char::is_whitespace) {
        return Err("This is not the name of a variable");
    }
    Ok(())
}

/// The program of a command: its name, looked for in `PATH`, or its whole path.
pub(super) fn program(text: &str, base: &Path) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("The command is empty".to_owned());
    }
    if text.starts_with('~') || text.contains(is_separator) {
        return paths::resolve_text(text, base);
    }
    check_text(text)?;
    Ok(text.to_owned())
}
