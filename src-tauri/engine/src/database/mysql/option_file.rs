//! The option file through which the tools learn where the server is and who we are.
//!
//! Owns the escaping of its values. The file is the only one that a tool reads; its lines are no
//! arguments that others could see.

use super::flavour::Flavour;
use super::session::{Access, Address};
use crate::config::TlsMode;

/// The text of the file for a tool of `flavour`. `encrypted` says whether the driver's connection was: a
/// tool is never less protected.
pub(super) fn text(access: &Access, flavour: Flavour, encrypted: bool) -> String {
    let mut text = "[client]\n".to_owned();
    let mut line = |name: &str, value: &str| text.push_str(&format!("{name}={}\n", quoted(value)));
    line("user", &access.who.user);
    line("password", access.password.as_ref().map_or("", |password| password.expose()));
    match access.seen_by_tools() {
        Address::Socket(path) => {
            line("protocol", "socket");
            line("socket", path);
        }
        Address::Tcp { host, port } => {
            line("protocol", "tcp");
            line("host", host);
            line("port", &port.to_string());
        }
    }
    let verified = access.tls == TlsMode::Verify && encrypted;
    match flavour {
        Flavour::MySql => {
            let mode = match (encrypted, verified) {
                (false, _) => "DISABLED",
                (true, false) => "REQUIRED",
                (true, true) => "VERIFY_IDENTITY",
            };
            line("ssl-mode", mode);
            line("loose-get-server-public-key", "1");
        }
        Flavour::MariaDb => {
            line("ssl", if encrypted { "1" } else { "0" });
            line("ssl-verify-server-cert", if verified { "1" } else { "0" });
        }
    }
    if let Some(file) = access.trusted_file().filter(|_| verified) {
        line("ssl-ca", &file.to_string_lossy());
    }
    text
}

/// A value in double quotes. Only there may a value hold `#`, blanks at its ends and line ends.
fn quoted(value: &str) -> String {
    let mut text = "\"".to_owned();
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_line_or_its_quotes() {
        assert_eq!(quoted("plain"), "\"plain\"");
        assert_eq!(quoted(" a#b;c "), "\" a#b;c \"");
        assert_eq!(quoted("a\"b'c\\d\ne\rf\tg"), r#""a\"b'c\\d\ne\rf\tg""#);
        assert_eq!(quoted("x\n[mysqldump]\nresult-file=y"), r#""x\n[mysqldump]\nresult-file=y""#);
    }
}
