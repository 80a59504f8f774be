//! The languages of scripts, as far as they differ in where a token ends.
//!
//! Owns these differences.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Speech {
    /// For `psql`.
    Postgres,
    /// For `mysql` and `mariadb`.
    Mysql,
    /// For SQLite itself.
    Sqlite,
}

/// How texts are read, where a script can change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Quotes {
    /// Whether a backslash escapes in every text.
    pub(in super::super) escapes: bool,
    /// Whether what stands in double quotes is a name.
    pub(in super::super) has_double_names: bool,
}

/// When `--` begins a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comment {
    /// Whatever follows.
    Always,
    /// When a blank follows.
    BeforeBlank,
}

impl Speech {
    /// How texts are read before a script says anything about it.
    pub(super) fn quotes(self) -> Quotes {
        let is_mysql = self == Self::Mysql;
        Quotes { escapes: is_mysql, has_double_names: !is_mysql }
    }

    /// Whether this byte opens a text or a name.
    pub(super) fn opens(self, quote: u8) -> bool {
        match quote {
            b'[' => self == Self::Sqlite,
            b'`' => self != Self::Postgres,
            _ => true,
        }
    }

    /// Whether a byte is part of a word.
    pub(super) fn is_word(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 || byte == b'$'
    }

    /// Whether a number ends where a letter begins.
    pub(super) fn has_numbers(self) -> bool {
        self == Self::Postgres
    }

    /// Whether a byte stands between two tokens and means nothing.
    pub(super) fn is_blank(self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n') || self != Self::Mysql && byte == 0x0c
    }

    pub(super) fn line_comment(self) -> Comment {
        if self == Self::Mysql { Comment::BeforeBlank } else { Comment::Always }
    }
}
