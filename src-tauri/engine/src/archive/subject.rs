//! The archive that an error is about, and the way from an I/O error to an error of Kronos.
//!
//! Owns the difference between damage (an [`ArchiveError`] that blames the archive), a source or
//! sink that failed, and an engine error that only travelled inside an [`io::Error`].

use std::io;

use super::compression::StreamError;
use super::foreign;
use crate::error::{ArchiveError, DatabaseError, Error};

/// The archive being read.
pub(super) struct Subject<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its size according to its sidecar. With a sidecar a file is never foreign, only damaged.
    pub stored_bytes: Option<u64>,
    /// Its first bytes, to tell what a foreign file is.
    pub head: Vec<u8>,
}

impl Subject<'_> {
    /// Other bytes than Kronos wrote.
    pub fn damaged(&self, detail: impl Into<String>) -> Error {
        ArchiveError::Damaged { archive: one_line(self.name), detail: detail.into() }.into()
    }

    /// A failed read of the archive.
    pub fn unread(&self, error: io::Error) -> Error {
        let archive = one_line(self.name);
        let error = match StreamError::of(&error) {
            None => return carried(error, |source| ArchiveError::Io { archive, source }.into()),
            Some(StreamError::NotKronosStream | StreamError::Truncated { at: 0 })
                if self.stored_bytes.is_none() =>
            {
                ArchiveError::NotAnArchive { archive, detail: foreign::describe(&self.head) }
            }
            Some(StreamError::NotKronosStream) => {
                let detail = "its first bytes are not those of an archive".to_owned();
                ArchiveError::Damaged { archive, detail }
            }
            Some(StreamError::Truncated { at }) => {
                ArchiveError::Truncated { archive, found: *at, expected: self.stored_bytes }
            }
            Some(StreamError::Damaged { at, what }) => {
                let detail = format!("the part that starts at byte {at} has changed: {what}");
                ArchiveError::Damaged { archive, detail }
            }
            Some(StreamError::TrailingBytes { at }) => {
                let detail = format!("something follows its end, from byte {at} on");
                ArchiveError::Damaged { archive, detail }
            }
        };
        error.into()
    }
}

/// A failed write to `target`.
pub(super) fn unwritten(target: &str, error: io::Error) -> Error {
    let path = one_line(target);
    carried(error, |source| Error::File { action: "write", path, source })
}

/// A failed read of the database at `source`.
pub(super) fn unread_source(source: &str, error: io::Error) -> Error {
    let path = one_line(source);
    carried(error, |error| DatabaseError::Failed { path, detail: error.to_string() }.into())
}

/// Readers and sinks that belong to the engine put their own error into the [`io::Error`] that the
/// trait demands. It comes out here as it went in; `otherwise` names the errors of the system.
fn carried(error: io::Error, otherwise: impl FnOnce(io::Error) -> Error) -> Error {
    error.downcast::<Error>().unwrap_or_else(otherwise)
}

/// Text of unknown origin as it may stand in a message or in `RESTORE.md`: one line, no control or
/// direction characters, no backticks, not endless.
pub(crate) fn one_line(text: &str) -> String {
    let harmless = |character: char| match character {
        '`' => '\'',
        // Direction marks, overrides and isolates turn a line around on the screen.
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '?',
        _ if character.is_control() => '?',
        _ => character,
    };
    let mut line: String = text.chars().take(200).map(harmless).collect();
    if line.len() < text.len() && text.chars().nth(200).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_one_harmless_line() {
        assert_eq!(one_line("a\nb\r`rm`\u{1b}[2J\u{202e}\0"), "a?b?'rm'?[2J??");
        assert_eq!(one_line(&"ü".repeat(300)), format!("{}…", "ü".repeat(200)));
        assert_eq!(one_line("Übung 🔑"), "Übung 🔑");
    }

    #[test]
    fn an_error_of_the_engine_comes_out_as_it_went_in() {
        let subject = Subject { name: "a", stored_bytes: None, head: Vec::new() };
        let error = subject.unread(io::Error::other(Error::Cancelled));
        assert!(matches!(error, Error::Cancelled));
        let error = unwritten("a", io::Error::other(Error::Cancelled));
        assert!(matches!(error, Error::Cancelled));
        let error = subject.unread(io::ErrorKind::ConnectionReset.into());
        assert!(matches!(error, Error::Archive(ArchiveError::Io { .. })));
        let error = unwritten("a", io::ErrorKind::StorageFull.into());
        assert_eq!(error.code(), crate::ErrorCode::StorageFull);
    }
}
