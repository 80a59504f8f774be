//! Loading what another program has dumped into a new database.
//!
//! Owns the order: look, say what it may do, get the consent, load beside, count, and only then make it visible.
//! Nothing is ever replaced. How an engine keeps a dump in its place belongs to `database`.

mod dump;
mod folder;
mod performer;
mod plan;
mod seal;

pub use dump::databases;
pub use performer::{Allowed, LoadRequest, perform, plan, unchanged};
pub use plan::LoadPlan;
pub use seal::Seal;
