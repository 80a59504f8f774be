//! Everything in Kronos that backs up, stores, verifies and restores databases.
//!
//! The crate has no window, prints nothing and never ends the process. A host (the desktop app, the
//! command line, a test) holds one [`Engine`] and calls it; the layers below it only depend downwards:
//!
//! ```text
//! engine
//! run
//! compare
//! browse
//! backup · restore
//! catalog · look
//! database · storage · archive
//! logger
//! config
//! secret · units · ids · error · event · progress · cancel · clock · context · files · contents · state_dir
//! ```
#![deny(missing_docs)]

pub mod archive;
pub mod backup;
pub mod browse;
pub mod cancel;
pub mod catalog;
pub mod clock;
pub mod compare;
pub mod config;
pub mod contents;
pub mod context;
pub mod database;
pub mod engine;
pub mod error;
pub mod event;
pub mod files;
pub mod ids;
pub mod load;
pub mod logger;
pub mod look;
pub mod progress;
pub mod restore;
pub mod run;
pub mod secret;
pub mod state_dir;
pub mod storage;
pub mod units;
pub mod view;

pub use engine::{Engine, EngineOptions};
pub use error::{Error, ErrorCode, ErrorReport, Result};
