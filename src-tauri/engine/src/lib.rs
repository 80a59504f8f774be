//! The Kronos engine: everything that backs up, stores, verifies and restores.
#![deny(missing_docs)]

pub mod archive;
