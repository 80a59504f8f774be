//! Why a dump of another program was not loaded.

use super::ErrorCode;

/// Why a foreign dump was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is code, and nobody has said that it may run.
    #[error("`{dump}` is code that runs when it is loaded, and it was not said that it may")]
    NotAllowed {
        /// The file or folder.
        dump: String,
    },
    /// The user of the profile may do anything on the server's computer, and so could the dump.
    #[error(
        "`{dump}` would run with the rights of `{user}`, who may do everything on the server and its computer"
    )]
    Unlimited {
        /// The file or folder.
        dump: String,
        /// The user.
        user: String,
    },
    /// Something in it is no part of a dump of one database.
    #[error("The dump {what} (line {line}); Kronos does not load that")]
    NotLoaded {
        /// What it does, as the end of the sentence.
        what: String,
        /// The line in which the statement begins.
        line: u64,
    },
    /// It cannot be loaded as it is.
    #[error("`{dump}` cannot be loaded: {detail}")]
    Unfit {
        /// The file or folder.
        dump: String,
        /// Why.
        detail: String,
        /// What to do instead.
        next_step: String,
    },
    /// It is not what somebody has looked at, or was not the same to its end.
    #[error("`{dump}` has changed since Kronos looked inside")]
    Changed {
        /// The file or folder.
        dump: String,
    },
    /// It is no dump of another program, or not a whole one.
    #[error("{sentence}")]
    NoDump {
        /// What it is, as the look says it.
        sentence: String,
        /// What to do instead.
        next_step: String,
        /// The code of the look.
        code: ErrorCode,
    },
}

impl LoadError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::NotAllowed { .. } | Self::Unlimited { .. } => ErrorCode::NotConfirmed,
            Self::NotLoaded { .. } | Self::Unfit { .. } => ErrorCode::NotSupported,
            Self::Changed { .. } => ErrorCode::SourceChanged,
            Self::NoDump { code, .. } => *code,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::NotAllowed { .. } => {
                "Read it, or know who made it; then load it with `--run-its-code`".to_owned()
            }
            Self::Unlimited { .. } => {
                "Use a profile whose user is no superuser; or, if you trust the dump as you trust yourself, add \
                 `--as-superuser`"
                    .to_owned()
            }
            Self::NotLoaded { .. } => {
                "Dump that one database again without it, or load the file by hand".to_owned()
            }
            Self::Changed { .. } => {
                "Look inside again when nothing writes to it any more".to_owned()
            }
            Self::Unfit { next_step, .. } | Self::NoDump { next_step, .. } => next_step.clone(),
        }
    }
}
