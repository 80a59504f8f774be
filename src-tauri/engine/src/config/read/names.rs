//! The rules for names of profiles and storages.
//!
//! Owns what a name may look like, for the file and for the forms of the window alike.

/// Most characters of a name; as many as [`crate::ids::safe_name`] keeps.
pub(in crate::config) const MAX_NAME: usize = 60;

/// Says what is wrong with a name, as a sentence.
pub(in crate::config) fn check_name(name: &str) -> Result<(), &'static str> {
    if name.trim().is_empty() {
        return Err("The name must not be empty");
    }
    if name.trim() != name {
        return Err("The name must not begin or end with a space");
    }
    if name.chars().count() > MAX_NAME {
        return Err("The name must not be longer than 60 characters");
    }
    if name.chars().any(char::is_control) {
        return Err("The name must not contain a control character such as a line break");
    }
    Ok(())
}
