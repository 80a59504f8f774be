//! One module for each word of the command line.
//!
//! Owns the way from parsed arguments to an exit code: the runtime, and what happens to a command that
//! could not be carried out.

mod backup;
mod completions;
mod config;
mod diff;
mod doctor;
mod inspect;
mod list;
mod load;
mod restore;
mod rows;
mod test;
mod undo;
mod verify;

use kronos_engine::ErrorCode;
use kronos_engine::browse::{BrowseOrder, DEFAULT_ROWS};
use kronos_engine::engine::RestoreOrder;

use crate::args::{Args, Command};
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::json::Record;
use crate::output::Output;
use crate::render;
use crate::session::Session;

/// Carries out one command.
pub fn run(args: Args, output: &Output) -> Exit {
    let session = Session::new(output, &args.common);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let (what, outcome) = match runtime {
        Ok(runtime) => runtime.block_on(carry_out(args.command, &session)),
        Err(error) => {
            let why = format!("The system gives no threads to Kronos: {error}");
            let next_step = "Close other programs and try again";
            ("Kronos did not start", Err(Failure::new(ErrorCode::Internal, why, next_step)))
        }
    };
    outcome.unwrap_or_else(|failure| report(&failure.while_trying(what), output))
}

/// The outcome of a command, and what was not done if it failed.
async fn carry_out(command: Command, session: &Session<'_>) -> (&'static str, Outcome) {
    outlive_size_limits();
    match command {
        Command::Backup { profiles } => {
            ("Nothing was backed up", backup::run(session, profiles).await)
        }
        Command::List { profile } => {
            ("The backups were not listed", list::run(session, profile).await)
        }
        Command::Inspect { archive, rows } => {
            let outcome = match rows.rows {
                Some(table) => {
                    // The limit is at most 10 000.
                    let limit = usize::try_from(rows.limit).unwrap_or(DEFAULT_ROWS);
                    let order = BrowseOrder { database: rows.database, table, limit };
                    rows::run(session, &archive, &order).await
                }
                None => inspect::run(session, &archive).await,
            };
            ("The backup was not opened", outcome)
        }
        Command::Diff { before, after, live } => {
            let other = match after {
                Some(archive) => diff::Other::Archive(archive),
                // Without a name the profile is the backup's own.
                None => diff::Other::Live(live.filter(|profile| !profile.is_empty())),
            };
            ("Nothing was compared", diff::run(session, &before, &other).await)
        }
        Command::Verify { archives } => {
            ("Nothing was verified", verify::run(session, &archives).await)
        }
        Command::Test { profile } => {
            ("Nothing was restore-tested", test::run(session, profile).await)
        }
        Command::Restore { archive, to, scratch, tables, database, profile, replace, consent } => {
            let only = (!tables.is_empty()).then_some(tables);
            let target = to.unwrap_or_default();
            let order = RestoreOrder { database, target, profile, replace: None, only, scratch };
            let outcome = restore::run(session, &archive, order, replace, &consent).await;
            ("Nothing was restored", outcome)
        }
        Command::Undo { clean: true, .. } => {
            ("No safety backup was removed", undo::clean(session).await)
        }
        Command::Undo { run, disconnect, .. } => {
            ("Nothing was undone", undo::run(session, run, disconnect).await)
        }
        Command::Config(command) => {
            ("The configuration cannot be used", config::run(session, command))
        }
        Command::Doctor { storage: None } => ("Nothing was looked at", doctor::run(session).await),
        Command::Doctor { storage: Some(name) } => {
            ("The storage was not tested", doctor::test_storage(session, &name).await)
        }
        Command::Completions { shell } => {
            ("Nothing was printed", Ok(completions::run(session.output, shell)))
        }
    }
}

/// A write beyond `ulimit -f` ends a process without a word, unless the process listens to the signal;
/// then the write fails like on a full disk, and the run says so.
fn outlive_size_limits() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let kind = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        if let Err(error) = signal(kind) {
            tracing::debug!(%error, "a file size limit would end this process");
        }
    }
}

/// Says why something was not carried out.
fn report(failure: &Failure, output: &Output) -> Exit {
    tracing::info!(what = failure.report.what, why = failure.report.why, "not carried out");
    output.json(&Record::Error(&failure.report));
    output.message(&render::failure(&failure.report, output.message_style()));
    failure.exit
}
