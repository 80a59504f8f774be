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
    /// The level used when none is chosen: `balanced`. On a shop's SQLite file level 1 of libdeflate
    /// reaches 95 % of the ratio of `gzip -6`, level 3 97 %, level 6 100 %, for 1.9, 2.6 and 3.8 s of
    /// processor time where `gzip -6` needs 10. Level 3 is the fastest that gives away almost nothing.
    /// For zstd 3 is its own default.
    pub fn default_for(codec: Codec) -> Self {
        Self { codec, level: Self::levels(codec)[1] }
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
        let index = Self::LEVEL_NAMES.iter().position(|name| *name == word)?;
        Some(Self::levels(codec)[index])
    }

    /// What [`Self::LEVEL_NAMES`] mean, in the same order. On a dump, gzip's `small` is where libdeflate first
    /// needs no more room than the tools' own compression (`pg_dump -Fc`: level 7 100.5 %, level 8 99.9 %),
    /// and `max` is where the search for the best matches begins (level 9 saves 0.1 %, level 10 3 %).
    const fn levels(codec: Codec) -> [u8; 4] {
        match codec {
            Codec::Gzip => [1, 3, 8, 10],
            Codec::Zstd => [1, 3, 9, 19],
        }
    }
}

impl Default for CompressionSettings {
    fn default() -> Self {
        Self::default_for(Codec::default())
    }
}
