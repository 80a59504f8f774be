//! How archives are compressed: the codec and how hard it tries.
//!
//! Owns the choice and the names of the levels. The streams themselves belong to `archive::compression`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The compression format of an archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
#[ts(export)]
pub enum Codec {
    /// `.tar.gz`: readable by every tar.
    #[default]
    Gzip,
    /// `.tar.zst`: smaller and faster, needs `zstd` to be restored by hand.
    Zstd,
}

impl Codec {
    /// Every codec there is.
    pub const ALL: [Self; 2] = [Self::Gzip, Self::Zstd];

    /// The ending of an archive's file name, without a leading dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "tar.gz",
            Self::Zstd => "tar.zst",
        }
    }

    /// The highest level; the lowest is 1. zstd's 20 to 22 are left out: they only widen the window,
    /// which a block of 1 MiB cannot use.
    pub const fn max_level(self) -> u8 {
        match self {
            Self::Gzip => 12,
            Self::Zstd => 19,
        }
    }
}

/// The codec and its level for one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CompressionSettings {
    /// The format.
    pub codec: Codec,
    /// 1 (fastest) to 12 for gzip, 1 to 19 for zstd.
    pub level: u8,
}

impl CompressionSettings {
    /// The level used when none is chosen. On SQL dumps and SQLite files level 1 of libdeflate needs
    /// a fifth of the processor time of `gzip -6` and its result is 3.5 % larger; level 4 wins back
    /// 3 % of the size for 40 % more time. People wait for a backup, so time comes first. Level 3 is
    /// zstd's own default.
    pub fn default_for(codec: Codec) -> Self {
        let level = match codec {
            Codec::Gzip => 1,
            Codec::Zstd => 3,
        };
        Self { codec, level }
    }

    /// Whether the codec has this level. Settings from a file are checked where they are read, with
    /// a message for the user; this is for everybody else who makes them.
    pub const fn is_in_range(self) -> bool {
        1 <= self.level && self.level <= self.codec.max_level()
    }

    /// The words that can stand in place of a number, from fast to small.
    pub(super) const LEVEL_NAMES: [&str; 4] = ["fast", "balanced", "small", "max"];

    /// The level that a word means.
    pub(super) fn named_level(codec: Codec, word: &str) -> Option<u8> {
        let levels = match codec {
            Codec::Gzip => [1, 4, 6, 9],
            Codec::Zstd => [1, 3, 9, 19],
        };
        let index = Self::LEVEL_NAMES.iter().position(|name| *name == word)?;
        Some(levels[index])
    }
}

impl Default for CompressionSettings {
    fn default() -> Self {
        Self::default_for(Codec::default())
    }
}
