//! Databases behind one contract: look, plan, dump, load.
//!
//! Owns everything that knows an engine. Above [`DatabaseConnection`] nobody asks which engine it
//! is; below it nobody knows archives or storages.
//!
//! Looking, planning and starting a dump are asynchronous. Dumping and loading move bytes and are
//! synchronous: they run on a blocking thread as one link in a chain of `Read` and `Write`.

mod child;
mod connection;
mod digest;
mod factory;
mod foreign;
pub(crate) mod forms;
mod location;
mod mongodb;
mod mysql;
mod names;
mod postgres;
mod reading;
mod rows;
mod sqlite;
mod structure;
mod tls;
mod tool;

pub use connection::{
    DatabaseConnection, DumpPlan, DumpReport, DumpStream, DumpUnit, DumpedDatabase, MissingRight,
    PlannedUnit, Previous, Probe, ProbedDatabase, ProbedObject, RestoreSink, RestoreTarget,
    Restored, Standing, Surveyed, WorkScope,
};
pub use digest::{Digests, ROWS_WRITTEN};
pub use factory::{
    connect, databases_within, digest_reader, facts_within, holds_whole_server, is_same_series,
    lives_on_server, may_want_log, names_have_schemas, restore_target, row_reader, server_name,
    structure_reader,
};
pub use foreign::{ForeignDump, ForeignForm, LoadRisk, LoadSink};
pub use location::{Location, ServerAddress};
pub(crate) use names::scratch as new_scratch_name;
pub use reading::{DumpPlace, DumpReader};
pub use rows::{Cell, FoundRows, WantedRows};
pub use structure::{Defined, Structure};
