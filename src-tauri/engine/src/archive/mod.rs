//! The archive: how backed-up data is laid out in the file that Kronos stores.

pub mod compression;
