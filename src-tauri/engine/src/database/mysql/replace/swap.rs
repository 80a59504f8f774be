//! The moment in which the loaded tables take the places of the old ones.
//!
//! Owns its order: first everything is written down and tried out, then one statement moves all tables, then
//! what cannot be moved is made again. Until that statement every failure leaves the old database as it was.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::fault::number_of;
use super::super::session::{Access, Session, identifier};
use super::journal::{self, Journal, State};
use super::settle::{self, Ended};
use super::side::Side;
use super::{lock, programs, standing};
use crate::database::connection::PREVIOUS_KEPT;
use crate::database::{Previous, names};
use crate::error::{Error, RestoreError, Result};

/// The longest name.
const MAX_NAME: usize = 64;
/// How long to try when others are connected and may be disconnected, and to find out what has become of a
/// swap whose connection broke.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(200);
/// How long one statement waits for another session's lock, in seconds.
pub(super) const LOCK_PATIENCE: u32 = 5;
/// The codes for a lock that another session holds.
const IN_THE_WAY: [u16; 3] = [1205, 1213, 3572];

/// What takes which place.
pub(in super::super) struct Swap<'a> {
    /// The server.
    pub(in super::super) access: &'a Access,
    /// The loaded database.
    pub(in super::super) beside: &'a str,
    /// The database that it replaces.
    pub(in super::super) target: &'a str,
    /// The events that were switched off while it was beside.
    pub(in super::super) events: &'a [String],
    /// Whether others may be disconnected.
    pub(in super::super) disconnect: bool,
}

/// Why a swap did not take place, and whether it has to be ended still.
struct Failed {
    error: Error,
    is_open: bool,
}

impl Swap<'_> {
    /// Carries it out. Returns what was replaced, and what could not be taken over.
    pub(in super::super) async fn carry_out(&self) -> Result<(Previous, Vec<String>)> {
        let mut session = Session::open(self.access).await?;
        lock::take_swap(&mut session, self.target).await?;
        let now = Timestamp::now();
        let kept = names::previous(self.target, now, MAX_NAME);
        lock::take(&mut session, &kept, 0).await?;
        let journal = self.journal(&mut session, now).await?;
        if let Err(error) = prepare(&mut session, &kept, &journal).await {
            let drop = format!("DROP DATABASE IF EXISTS {}", identifier(&kept));
            let dropped = session.execute(&drop).await;
            tracing::info!(kept, dropped = dropped.is_ok(), "a swap could not be prepared");
            return Err(error);
        }
        let outcome = match self.attempt(&mut session, &kept, &journal).await {
            Err(Failed { error, is_open: true }) => {
                drop(session);
                self.find_out(&kept, &journal, error).await
            }
            outcome => {
                session.close().await;
                outcome.map_err(|failed| failed.error)
            }
        };
        let (disconnected, warnings) = outcome?;
        let kept_until = now.saturating_add(PREVIOUS_KEPT).unwrap_or(now);
        let kept_as = format!("{}/{kept}", self.access.who.server);
        Ok((Previous { kept_as, kept_until, disconnected }, warnings))
    }

    async fn journal(&self, session: &mut Session, now: Timestamp) -> Result<Journal> {
        standing::check_references(session, self.access, self.target).await?;
        let old = Side::read(session, self.target).await?;
        let mut new = Side::read(session, self.beside).await?;
        new.tables.retain(|table| table != super::super::target::UNFINISHED);
        new.programs = new
            .programs
            .into_iter()
            .map(|program| {
                let was_on = self.events.contains(&program.name);
                if was_on { program.switched("DISABLE", "ENABLE") } else { program }
            })
            .collect();
        let journal = Journal::new(self.target, self.beside, old, new, now);
        if journal.names_collide() {
            let detail = "one of its tables or views has a name that Kronos needs for its journal, \
                          `kronos_journal`, `kronos_seal` or `kronos_swap_…`";
            let target = format!("{}/{}", self.access.who.server, self.target);
            return Err(RestoreError::TargetUnusable { target, detail: detail.to_owned() }.into());
        }
        Ok(journal)
    }

    async fn attempt(
        &self,
        session: &mut Session,
        kept: &str,
        journal: &Journal,
    ) -> Result<(u32, Vec<String>), Failed> {
        let open = |error| Failed { error, is_open: true };
        let moved = match journal.begin(session, kept).await {
            Ok(()) => self.move_tables(session, kept, journal).await,
            Err(error) => Err(error),
        };
        let disconnected = match moved {
            Ok(disconnected) => disconnected,
            Err(error) if settle::is_lost(&error) => return Err(open(error)),
            Err(error) => {
                let back = settle::back(session, kept, journal, State::Pending).await;
                return Err(Failed { error, is_open: back.is_err() });
            }
        };
        match settle::forward_or_back(session, kept, journal).await {
            Ok(Ended::Forward(warnings)) => Ok((disconnected, warnings)),
            Ok(Ended::Back) => Err(Failed { error: self.went_back(), is_open: false }),
            Err(error) => Err(open(error)),
        }
    }

    fn went_back(&self) -> Error {
        let detail = "its views, triggers, routines or events could not be made, so the old database was put back";
        let target = format!("{}/{}", self.access.who.server, self.target);
        RestoreError::TargetUnusable { target, detail: detail.to_owned() }.into()
    }

    /// Moves all tables of both databases, as soon as nobody holds one of them.
    async fn move_tables(
        &self,
        session: &mut Session,
        kept: &str,
        journal: &Journal,
    ) -> Result<u32> {
        let Journal { target, beside, old, new, .. } = journal;
        session.wait_for_locks(LOCK_PATIENCE).await?;
        programs::clear_way(session, beside, &new.programs, &[]).await?;
        let places = |tables: &[String], from: &str, to: &str| -> Vec<String> {
            let (from, to) = (identifier(from), identifier(to));
            let names = tables.iter().map(|table| identifier(table));
            names.map(|table| format!("{from}.{table} TO {to}.{table}")).collect()
        };
        let mut moves = places(&old.tables, target, kept);
        moves.extend(places(&new.tables, beside, target));
        moves.push(journal::turn(kept, State::Pending));
        let statement = format!("RENAME TABLE {}", moves.join(", "));
        let (begun, mut disconnected) = (Instant::now(), 0);
        loop {
            if self.disconnect {
                disconnected += standing::end_others(session, target).await?;
            }
            let programs = standing::programs(session, target).await?;
            if programs.is_empty() {
                let cleared =
                    programs::clear_way(session, target, &old.programs, &new.tables).await;
                match if cleared.is_ok() { session.execute(&statement).await } else { cleared } {
                    Ok(()) => return Ok(disconnected),
                    Err(error) if !is_in_the_way(&error) => return Err(error),
                    // Whoever was in the way may write until the next try, and not without the triggers.
                    Err(_) => programs::add_missing(session, target, &old.programs).await?,
                }
            }
            if !self.disconnect || begun.elapsed() >= PATIENCE {
                return Err(standing::in_use(self.access, target, programs));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The connection broke, or somebody was in the way of going back: ends the swap over another connection, as
    /// soon as the session before has ended.
    async fn find_out(
        &self,
        kept: &str,
        journal: &Journal,
        broken: Error,
    ) -> Result<(u32, Vec<String>)> {
        let begun = Instant::now();
        loop {
            match self.end_anew(kept, journal).await {
                Ok(Some(Ended::Forward(warnings))) => return Ok((0, warnings)),
                // It had ended just before the connection broke.
                Ok(None) => return Ok((0, Vec::new())),
                Ok(Some(Ended::Back)) => return Err(broken),
                Err(_) if begun.elapsed() >= PATIENCE => {
                    let target = self.target.to_owned();
                    return Err(RestoreError::SwapInterrupted { target }.into());
                }
                Err(error) => tracing::warn!(%error, "a swap waits for its server"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn end_anew(&self, kept: &str, journal: &Journal) -> Result<Option<Ended>> {
        let mut session = Session::open(self.access).await?;
        lock::take_swap(&mut session, self.target).await?;
        if journal::read(&mut session, kept).await?.is_none() {
            // The database of the journal went with the last step of putting back.
            return Ok(Some(Ended::Back));
        }
        let ended = settle::end(&mut session, kept, journal).await?;
        session.close().await;
        Ok(ended)
    }
}

/// Writes everything down and tries out what would be needed to put the old database back.
async fn prepare(session: &mut Session, kept: &str, journal: &Journal) -> Result<()> {
    journal.write(session, kept).await?;
    let kind = super::super::script::ItemKind::Trigger;
    let (triggers, others): (Vec<_>, Vec<_>) =
        settle::asleep(&journal.old).into_iter().partition(|program| program.kind == kind);
    let mut definers: Vec<String> = triggers.iter().map(programs::Program::definer).collect();
    definers.sort();
    definers.dedup();
    for definer in definers {
        journal::try_trigger(session, kept, &definer).await?;
    }
    let routines: Vec<_> = others.into_iter().filter(programs::Program::stands_alone).collect();
    programs::set(session, kept, &routines).await
}

fn is_in_the_way(error: &Error) -> bool {
    number_of(error).is_some_and(|number| IN_THE_WAY.contains(&number))
        || matches!(error, Error::Server(crate::error::ServerError::Locked { .. }))
}
