//! How hard to compress.
//!
//! Owns the names a user chooses from and what they mean for each codec.

use super::Codec;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The gzip level used when nobody chose one. On SQL dumps and `SQLite` files libdeflate's level 1
/// needs a fifth of the CPU time of `gzip -6` and its result is 3.5 % larger; level 4 wins back
/// 3 % of the size for 40 % more time. People wait for a backup, so time comes first.
pub const DEFAULT_GZIP_LEVEL: u8 = 1;

/// How hard to compress: a name that fits every codec, or a codec's own number.
///
/// Text form, in settings and on the command line: `fast`, `balanced`, `small`, `max`, or a number
/// (gzip 1 to 12, zstd 1 to 19). The default is [`Level::FAST`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "LevelForm", into = "LevelForm")]
pub struct Level(Choice);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Choice {
    #[default]
    Fast,
    Balanced,
    Small,
    Max,
    Number(u8),
}

/// Why a level cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LevelError {
    /// The text is neither a level's name nor a number.
    #[error("\"{0}\" is not a compression level: use fast, balanced, small, max or a number")]
    Unknown(String),
    /// The number is beyond what the codec (or, before the codec is known, any codec) offers.
    #[error("compression level {number} is out of range: it must be between 1 and {highest}")]
    OutOfRange {
        /// The number that was asked for.
        number: u8,
        /// The highest number allowed.
        highest: u8,
    },
}

const NAMES: [(&str, Level); 4] = [
    ("fast", Level::FAST),
    ("balanced", Level::BALANCED),
    ("small", Level::SMALL),
    ("max", Level::MAX),
];

impl Level {
    /// Least time: gzip 1, zstd 1.
    pub const FAST: Self = Self(Choice::Fast);
    /// A bit smaller for a bit more time: gzip 4, zstd 3.
    pub const BALANCED: Self = Self(Choice::Balanced);
    /// Smaller than `gzip -6` makes it: gzip 6, zstd 9.
    pub const SMALL: Self = Self(Choice::Small);
    /// The smallest result, many times slower: gzip 12, zstd 19.
    pub const MAX: Self = Self(Choice::Max);

    /// A codec's own number. Fails when no codec has such a level; whether the codec in use has it
    /// is checked by [`Level::for_codec`].
    pub fn number(number: u8) -> Result<Self, LevelError> {
        let highest = Codec::ALL.into_iter().map(highest).max().unwrap_or_default();
        check(number, highest).map(|number| Self(Choice::Number(number)))
    }

    /// The number this level stands for in `codec`. Fails when a number beyond the codec's range
    /// was chosen.
    pub fn for_codec(self, codec: Codec) -> Result<u8, LevelError> {
        let number = match (self.0, codec) {
            (Choice::Number(number), _) => number,
            (Choice::Fast, Codec::Gzip) => DEFAULT_GZIP_LEVEL,
            (Choice::Fast, Codec::Zstd) => 1,
            (Choice::Balanced, Codec::Gzip) => 4,
            (Choice::Balanced, Codec::Zstd) => 3,
            (Choice::Small, Codec::Gzip) => 6,
            (Choice::Small, Codec::Zstd) => 9,
            (Choice::Max, codec) => highest(codec),
        };
        check(number, highest(codec))
    }
}

/// The highest level offered. zstd's 20 to 22 are left out: they only widen the window, which a
/// block of 1 MiB cannot use.
const fn highest(codec: Codec) -> u8 {
    match codec {
        Codec::Gzip => 12,
        Codec::Zstd => 19,
    }
}

fn check(number: u8, highest: u8) -> Result<u8, LevelError> {
    if (1..=highest).contains(&number) {
        Ok(number)
    } else {
        Err(LevelError::OutOfRange { number, highest })
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        if let Some((_, level)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(*level);
        }
        let number = text.parse().map_err(|_| LevelError::Unknown(text.to_owned()))?;
        Self::number(number)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, NAMES.iter().find(|(_, level)| level == self)) {
            (Choice::Number(number), _) => write!(f, "{number}"),
            (_, Some((name, _))) => f.write_str(name),
            (_, None) => Ok(()),
        }
    }
}

/// The serialised shape, so that a settings file may hold `level = "fast"` as well as `level = 4`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum LevelForm {
    Number(u8),
    Text(String),
}

impl TryFrom<LevelForm> for Level {
    type Error = LevelError;

    fn try_from(form: LevelForm) -> Result<Self, LevelError> {
        match form {
            LevelForm::Number(number) => Self::number(number),
            LevelForm::Text(text) => text.parse(),
        }
    }
}

impl From<Level> for LevelForm {
    fn from(level: Level) -> Self {
        match level.0 {
            Choice::Number(number) => Self::Number(number),
            _ => Self::Text(level.to_string()),
        }
    }
}
