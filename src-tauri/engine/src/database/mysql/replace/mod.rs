//! Replacing a database: the loaded one takes the place of another, table by table in one statement.
//!
//! No server of this protocol renames a database. Owns the way round it: a journal on the server, in the
//! database that keeps what was replaced, says what was to happen, so that whoever comes next ends it.

mod beside;
mod journal;
mod lock;
mod programs;
mod settle;
mod side;
mod standing;
mod swap;

pub(super) use self::beside::{Claim, clear_up};
pub(super) use self::settle::settle;
pub(super) use self::standing::{check, look};
pub(super) use self::swap::Swap;
