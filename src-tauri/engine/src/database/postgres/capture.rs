//! A running `pg_dump` that has all its locks.
//!
//! Owns its options, and the second attempt when somebody came between our locks and its own. Such an
//! attempt costs nothing: before `pg_dump` writes its first byte it has locked everything.

use std::io::Read;
use std::time::Duration;

use tokio::runtime::Handle;

use super::super::child::ChildOutput;
use super::super::tool::Tool;
use super::access::Access;
use super::catalogue::Catalogue;
use super::faults::{Against, explained};
use super::selection::Chosen;
use super::snapshot::Snapshot;
use crate::cancel::CancelCheck;
use crate::database::WorkScope;
use crate::error::{Error, Result, ServerError};

/// `pg_dump` waits for a lock that we hold already; only who queued for a stronger one behind us can be
/// in its way, and he waits for us.
const LOCK_WAIT: &str = "--lock-wait-timeout=2000";
/// Moments are written in one zone, whatever zone the server is set to on another day.
pub(super) const DUMP_ZONE: &str = "UTC";
/// How often somebody may come between.
const MAX_ATTEMPTS: u32 = 10;
/// The turn of whoever came between.
const PAUSE: Duration = Duration::from_millis(500);
/// A first piece that is large enough to be worth a turn.
const FIRST: usize = 64 << 10;

/// A dump that has begun to flow.
pub(super) struct Capture {
    /// The tool, whose first bytes are `first`.
    pub child: ChildOutput,
    /// What it wrote first.
    pub first: Vec<u8>,
    /// What was there in the moment that it shows.
    pub catalogue: Catalogue,
    /// What of it is dumped.
    pub chosen: Chosen,
}

impl Capture {
    /// Takes a snapshot of `database` and lets `pg_dump` read it. Runs on a blocking thread.
    pub fn begin(
        runtime: &Handle,
        access: &Access,
        tool: &Tool,
        database: &str,
        scope: &WorkScope,
    ) -> Result<Self> {
        let against = Against { access, database };
        for _ in 1..MAX_ATTEMPTS {
            match Self::attempt(runtime, access, tool, database, scope) {
                Err(error) => match against.tool(error) {
                    Error::Server(ServerError::ChangedWhileReading { detail, .. }) => {
                        tracing::info!(database, detail, "the dump begins again");
                        scope.progress.object(&format!("{database}, waiting for a lock"));
                        scope.cancel.check()?;
                        std::thread::sleep(PAUSE);
                    }
                    other => return Err(other),
                },
                capture => return capture,
            }
        }
        explained(Self::attempt(runtime, access, tool, database, scope), against)
    }

    fn attempt(
        runtime: &Handle,
        access: &Access,
        tool: &Tool,
        database: &str,
        scope: &WorkScope,
    ) -> Result<Self> {
        let taking = Snapshot::take(access, database, &scope.progress, &scope.cancel);
        let snapshot = runtime.block_on(taking)?;
        let call = access
            .call(tool)?
            .env("PGTZ", DUMP_ZONE)
            .args(["--format=custom", "--compress=0", "--quote-all-identifiers", "--no-password"])
            .args([LOCK_WAIT, &format!("--snapshot={}", snapshot.id)])
            .args(snapshot.chosen.options(&snapshot.catalogue))
            .arg(format!("--dbname={}", access.conninfo(database)));
        let mut child = {
            let _runtime = runtime.enter();
            call.spawn_output(scope)?
        };
        let mut first = vec![0; FIRST];
        let count = child.read(&mut first).map_err(Error::of_stream)?;
        first.truncate(count);
        // From its first byte on the tool holds the locks and the moment by itself.
        let Snapshot { catalogue, chosen, .. } = snapshot;
        Ok(Self { child, first, catalogue, chosen })
    }
}
