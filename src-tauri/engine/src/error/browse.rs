//! Reasons why a backup has no rows to show.

use super::ErrorCode;

/// Why the rows of a table cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// No table has that name.
    #[error("There is no table `{table}` in `{database}`")]
    UnknownTable {
        /// The name that was asked for.
        table: String,
        /// The database in the archive.
        database: String,
        /// Names that may have been meant.
        nearest: Vec<String>,
    },
    /// The name means something without rows in the backup.
    #[error("`{table}` has no rows in the backup: {reason}")]
    NoRows {
        /// The name.
        table: String,
        /// Why, as the end of a sentence.
        reason: String,
    },
    /// Two archives of different engines have nothing to compare.
    #[error("A backup of {before} cannot be compared with one of {after}")]
    DifferentEngines {
        /// The engine of the first.
        before: String,
        /// The engine of the second.
        after: String,
    },
    /// The live database does not say what is in it.
    #[error("`{profile}` does not list its tables without reading all of them")]
    NothingListed {
        /// The profile.
        profile: String,
    },
}

impl BrowseError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownTable { .. } | Self::NoRows { .. } | Self::DifferentEngines { .. } => {
                ErrorCode::Unknown
            }
            Self::NothingListed { .. } => ErrorCode::NotSupported,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::UnknownTable { nearest, .. } if !nearest.is_empty() => {
                let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
                format!("Did you mean {}?", names.join(" or "))
            }
            Self::UnknownTable { .. } | Self::NoRows { .. } => {
                "`kronos inspect` lists the tables of a backup".to_owned()
            }
            Self::DifferentEngines { .. } => "Choose two backups of one profile".to_owned(),
            Self::NothingListed { profile } => {
                format!("Make a backup with `kronos backup {profile}` and compare the two backups")
            }
        }
    }
}
