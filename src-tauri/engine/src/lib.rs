//! Everything in Kronos that backs up, stores, verifies and restores databases.
//!
//! The crate has no window, prints nothing and never ends the process. A host (the desktop app, the
//! command line, a test) holds one [`Engine`] and calls it; the layers below it only depend downwards:
//!
//! ```text
//! engine
//! run
//! backup · restore
//! catalog
//! database · storage · archive
//! config
//! secret · units · ids · error · event · progress · cancel · clock · files · contents
//! ```
#![deny(missing_docs)]

pub mod archive;
pub mod cancel;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod contents;
pub mod database;
pub mod error;
pub mod event;
pub mod files;
pub mod ids;
pub mod progress;
pub mod secret;
pub mod storage;
pub mod units;
pub mod view;

pub use error::{Error, ErrorCode, ErrorReport, Result};
