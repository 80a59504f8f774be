//! The moment in which the loaded collections take the names of the old ones.
//!
//! Owns its begin and what becomes of it: it is carried out, or it goes back.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::connect::Session;
use super::hidden;
use super::journal::{Journal, Place, Side, View};
use super::settle::{End, There, is_lost};
use super::standing;
use crate::database::Previous;
use crate::database::connection::PREVIOUS_KEPT;
use crate::error::{Error, RestoreError, Result};

/// How long to try when others may be disconnected, and to reach a server again.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(250);

/// What takes which place.
pub(in super::super) struct Swap<'a> {
    /// The server.
    pub(in super::super) session: &'a Session,
    /// The database.
    pub(in super::super) database: &'a str,
    /// What hides the loaded collections.
    pub(in super::super) prefix: &'a str,
    /// How many collections and views were loaded and compared.
    pub(in super::super) loaded: usize,
    /// Whether the operations of others may be ended.
    pub(in super::super) disconnect: bool,
}

impl Swap<'_> {
    /// Carries it out. Returns what was replaced, and what is to be known about it.
    pub(in super::super) async fn carry_out(&self) -> Result<(Previous, Vec<String>)> {
        let disconnected = self.alone().await?;
        let journal = self.journal().await?;
        journal.write(self.session, self.database).await?;
        let warnings = self.end(&journal).await?;
        let kept_until = Timestamp::now().saturating_add(PREVIOUS_KEPT).unwrap_or_default();
        let kept_as =
            format!("{}, collections `{}.…`", self.session.source(self.database), journal.id);
        Ok((Previous { kept_as, kept_until, disconnected }, warnings))
    }

    /// Ends the operations of others, if that is allowed, until there is none.
    async fn alone(&self) -> Result<u32> {
        let (begun, mut ended) = (Instant::now(), 0);
        loop {
            let operations = standing::operations(self.session, self.database).await?;
            if operations.is_empty() {
                return Ok(ended);
            }
            if !self.disconnect || begun.elapsed() >= PATIENCE {
                let programs = standing::programs(&operations);
                return Err(standing::in_use(self.session, self.database, programs));
            }
            ended += standing::end_all(self.session, &operations).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn journal(&self) -> Result<Journal> {
        let there = There::look(self.session, self.database).await?;
        let of_old = |name: &str| !hidden::is_hidden(name);
        let of_new = |name: &str| {
            let (prefix, rest) = name.split_once('.')?;
            (prefix == self.prefix).then(|| rest.to_owned())
        };
        let place = |place: &Place| {
            of_new(&place.name).map(|name| Place { name, uuid: place.uuid.clone() })
        };
        let view = |view: &View| {
            of_new(&view.name).map(|name| View { name, options: view.options.clone() })
        };
        let old = Side {
            prefix: hidden::previous(),
            collections: there.collections.iter().filter(|it| of_old(&it.name)).cloned().collect(),
            views: there.views.iter().filter(|it| of_old(&it.name)).cloned().collect(),
        };
        let new = Side {
            prefix: self.prefix.to_owned(),
            collections: there.collections.iter().filter_map(place).collect(),
            views: there.views.iter().filter_map(view).collect(),
        };
        let seen = new.collections.len() + new.views.len();
        if seen != self.loaded {
            let detail = format!("{seen} loaded collections are seen instead of {}", self.loaded);
            return Err(RestoreError::Mismatch { detail }.into());
        }
        Ok(Journal::new(old, new))
    }

    /// Goes forward, or back, and tries again as long as the server cannot be reached.
    async fn end(&self, journal: &Journal) -> Result<Vec<String>> {
        let end = End { session: self.session, database: self.database, journal };
        let begun = Instant::now();
        let mut cause = None;
        loop {
            let attempt = match cause {
                None => end.forward().await,
                Some(_) => end.back().await,
            };
            let error = match (attempt, cause.take()) {
                (Ok(warnings), None) => return Ok(warnings),
                (Ok(_), Some(cause)) => return Err(cause),
                (Err(error), None) if !is_lost(&error) => {
                    cause = Some(self.explained(error));
                    continue;
                }
                (Err(error), before) => {
                    cause = before;
                    error
                }
            };
            if begun.elapsed() >= PATIENCE {
                tracing::warn!(%error, "a swap could not be ended");
                let target = self.database.to_owned();
                return Err(RestoreError::SwapInterrupted { target }.into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// A step that waited too long was kept waiting by somebody.
    fn explained(&self, error: Error) -> Error {
        if error.to_string().contains("time limit") {
            return standing::held(self.session, self.database);
        }
        error
    }
}
