//! The version of a tool or a server, as numbers that can be compared.
//!
//! Owns reading it out of a line of text.

use std::fmt;

/// Up to three numbers. `15.18` is `15.18.0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) struct ToolVersion {
    /// The first number.
    pub(in super::super) major: u32,
    /// The second number.
    pub(in super::super) minor: u32,
    /// The third number; `None` where the maker does not use one.
    pub(in super::super) patch: Option<u32>,
}

impl ToolVersion {
    /// A version of two numbers.
    pub(in super::super) const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor, patch: None }
    }

    /// The first version in `text`: a number with at least one dot in it.
    pub(in super::super) fn first_in(text: &str) -> Option<Self> {
        text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(Self::parse)
    }

    /// The first version in `text` behind `word`: in "Ver 10.19 Distrib 10.11.19-MariaDB" the one
    /// behind "Distrib".
    pub(in super::super) fn behind(word: &str, text: &str) -> Option<Self> {
        text.split_once(word).and_then(|(_, rest)| Self::first_in(rest))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim_matches('.').split('.').map(str::parse);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
            return None;
        };
        Some(Self { major, minor, patch: numbers.next().and_then(Result::ok) })
    }
}

impl fmt::Display for ToolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            Some(patch) => write!(f, ".{patch}"),
            None => Ok(()),
        }
    }
}
