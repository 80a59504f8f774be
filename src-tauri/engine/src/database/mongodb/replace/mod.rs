//! Replacing a database: the loaded collections take the names of the old ones, one after the other.
//!
//! A server of this protocol renames a collection at once, also over a crash, but only within a database,
//! and only one. So what comes is loaded into the database itself, under hidden names, and what goes is kept
//! there under hidden names, too. Owns the journal that says what was to happen, so that whoever comes next ends it.

mod hidden;
mod journal;
mod settle;
mod standing;
mod swap;

pub(super) use self::hidden::{Hidden, clear_up, is_hidden};
pub(super) use self::settle::settle;
pub(super) use self::standing::{check, look};
pub(super) use self::swap::Swap;
