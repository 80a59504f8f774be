//! A value that cannot be printed, logged or serialised.
//!
//! Owns redaction and the wiping of memory that is given back. Where a secret comes from (keychain, file,
//! environment) is the business of the configuration; what it is used for is the business of the
//! connection that asks for it.

use std::fmt;

use zeroize::Zeroizing;

/// A password or key. `Debug` shows only that it exists, and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself. Every call site is a place that a reviewer has to look at.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the secret is the empty string, as the published configuration has it for SQLite.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_value() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "hunter2");
    }
}
