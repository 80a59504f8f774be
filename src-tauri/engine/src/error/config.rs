//! Failures of the configuration: all problems of a file at once, each with its place.

use std::fmt;

use super::ErrorCode;

/// One thing that is wrong in the configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Line in the file, counted from 1; `None` when a key is missing altogether.
    pub line: Option<usize>,
    /// The key, as a dotted path: `databases.shop.pathh`.
    pub key: String,
    /// What is wrong, as one sentence without a final stop.
    pub message: String,
    /// What to write instead, if it can be guessed.
    pub suggestion: Option<String>,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " (did you mean `{suggestion}`?)"),
            None => Ok(()),
        }
    }
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file named by the user does not exist.
    #[error("There is no configuration file `{path}`")]
    Missing {
        /// The file.
        path: String,
    },
    /// The file cannot be read.
    #[error("The configuration file `{path}` cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file was read but is wrong; every problem is listed.
    #[error("{}", list(path, problems))]
    Invalid {
        /// The file.
        path: String,
        /// All problems, in file order.
        problems: Vec<ConfigProblem>,
    },
    /// A password is not where the configuration says.
    #[error("The password could not be read from {reference}: {detail}")]
    SecretUnavailable {
        /// The reference: "the variable `PGPASS`".
        reference: String,
        /// Why, without the value.
        detail: String,
    },
    /// A typed password has no safe place; it is never put into the file instead.
    #[error("The password was not saved, because the keychain cannot keep it: {detail}")]
    KeychainUnavailable {
        /// Why, without the value.
        detail: String,
    },
    /// A value entered in the window is not acceptable.
    #[error("{message}")]
    Rejected {
        /// The form field that has to change.
        field: &'static str,
        /// Why, as one sentence.
        message: String,
    },
}

fn list(path: &str, problems: &[ConfigProblem]) -> String {
    let mut text = match problems.len() {
        1 => format!("The configuration file `{path}` has a problem"),
        n => format!("The configuration file `{path}` has {n} problems"),
    };
    for problem in problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    text
}

impl ConfigError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::SecretUnavailable { .. } | Self::KeychainUnavailable { .. } => {
                ErrorCode::SecretUnavailable
            }
            _ => ErrorCode::ConfigInvalid,
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { .. } => {
                Some("Create it, or name another file with `--config FILE`".to_owned())
            }
            Self::Unreadable { .. } => Some("Make the file readable for you".to_owned()),
            Self::Invalid { .. } => {
                Some("Correct the file; Kronos does nothing until it can read all of it".to_owned())
            }
            Self::SecretUnavailable { .. } => {
                Some("Put the password there, or change where the profile looks for it".to_owned())
            }
            Self::KeychainUnavailable { .. } => Some(
                "Unlock or install a keychain, or say in which variable or file the password is or which \
                 command prints it"
                    .to_owned(),
            ),
            Self::Rejected { .. } => None,
        }
    }
}
