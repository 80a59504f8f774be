//! What the engines' own file forms say of themselves, for a look into a file that somebody dropped.
//!
//! Owns the list of what the engines lend; each reads its own form. No connection is needed for any of it.

pub(crate) use super::mongodb::{Prelude as MongoPrelude, read_prelude as read_mongo_prelude};
pub(crate) use super::mysql::{Token, Tokens};
pub(crate) use super::postgres::{
    Contents as PgContents, Entry as PgEntry, Form as PgForm, read_contents as read_pg_contents,
    shown as shown_pg_name,
};
pub(crate) use super::sqlite::{Peeked, peek as peek_sqlite, peek_bytes as peek_sqlite_bytes};
