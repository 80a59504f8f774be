//! What a database is to its owner: a word such as `staging`, and whether it may be replaced.
//!
//! Owns what both may be, for the file and for the form of the window alike. Which places a profile locks
//! is decided by `restore`.

/// Most characters of a tag: it has to fit beside a name.
const MAX_TAG: usize = 24;

/// What a database is to its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// Whether Kronos must never replace it. `None` leaves it to where it is: one on another computer is
    /// protected, one on this computer is not.
    pub protected: Option<bool>,
    /// A short word for it, shown wherever it could be mistaken for another: `staging`.
    pub tag: Option<String>,
}

impl Environment {
    /// Whether it is protected, as said or as usual for where it is.
    pub fn is_protected(&self, is_remote: bool) -> bool {
        self.protected.unwrap_or(is_remote)
    }

    /// What a form says; an empty tag is none.
    ///
    /// # Errors
    /// A sentence about the tag.
    pub fn of_form(protected: Option<bool>, tag: &str) -> Result<Self, &'static str> {
        let tag = tag.trim();
        if tag.is_empty() {
            return Ok(Self { protected, tag: None });
        }
        check_tag(tag)?;
        Ok(Self { protected, tag: Some(tag.to_owned()) })
    }
}

/// Says what is wrong with a tag.
pub(super) fn check_tag(tag: &str) -> Result<(), &'static str> {
    if tag.trim() != tag {
        return Err("A tag must not begin or end with a space");
    }
    if tag.chars().count() > MAX_TAG {
        return Err("A tag must not be longer than 24 characters");
    }
    if tag.chars().any(char::is_control) {
        return Err("A tag must not contain a control character such as a line break");
    }
    Ok(())
}
