//! Looking into archives: rows of a table, and what is different between two of them.
//!
//! Owns the way from what a person named to an opened archive or a live database. The reading belongs to
//! `browse`, the comparison to `compare`.

use std::path::PathBuf;

use super::Engine;
use crate::backup;
use crate::browse::{self, BrowseOrder, OpenedArchive, TableRows};
use crate::cancel::CancellationToken;
use crate::compare::{self, Comparison};
use crate::context::RunContext;
use crate::database::{self, DatabaseConnection, Surveyed, WorkScope};
use crate::error::Result;
use crate::ids::{BackupId, RunId};
use crate::progress::Progress;
use crate::restore::{Scratch, StoredArchive};

/// An archive that a person named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveChoice {
    /// A stored backup.
    Stored(BackupId),
    /// Any file on this computer.
    File(PathBuf),
}

impl Engine {
    /// The first rows of a table or collection, straight from an archive. Ends when it is dropped.
    pub async fn browse(&self, archive: &ArchiveChoice, order: &BrowseOrder) -> Result<TableRows> {
        let context = self.reading();
        // Reading goes on on another thread; it has to hear that nobody waits any more.
        let _guard = context.cancel.clone().drop_guard();
        let archive = self.open_archive(archive).await?;
        browse::first_rows(&archive, order, &self.0.state, &context).await
    }

    /// What is different between two archives. Ends when it is dropped.
    pub async fn compare(
        &self,
        before: &ArchiveChoice,
        after: &ArchiveChoice,
    ) -> Result<Comparison> {
        let context = self.reading();
        let _guard = context.cancel.clone().drop_guard();
        let before = self.open_archive(before).await?;
        let after = self.open_archive(after).await?;
        compare::archives(&before, &after, &self.0.state, &context).await
    }

    /// What is different between an archive and a live database: that of `profile`, or of the profile
    /// that the backup is of. A server is looked at and not read; a file is read from a copy.
    pub async fn compare_with_live(
        &self,
        archive: &ArchiveChoice,
        profile: Option<&str>,
    ) -> Result<Comparison> {
        let context = self.reading();
        let _guard = context.cancel.clone().drop_guard();
        let archive = self.open_archive(archive).await?;
        let header = &archive.manifest().header;
        let config = self.config()?;
        let profile = config.profile(profile.unwrap_or(&header.profile))?;
        compare::check_engines(header.engine, profile.engine)?;
        let connection = database::connect(profile.engine, &profile.connection)?;
        if let Some(live) = self.survey(connection.as_ref(), &context).await? {
            let state = &self.0.state;
            return compare::with_surveyed(&archive, &profile.name, live, state, &context).await;
        }
        let probe = connection.probe().await?;
        compare::with_live(&archive, &profile.name, probe, self.0.options.clock.now())
    }

    /// Everything that is in the databases now, where that can be had without reading all of a server.
    async fn survey(
        &self,
        connection: &dyn DatabaseConnection,
        context: &RunContext,
    ) -> Result<Option<Vec<Surveyed>>> {
        let scratch = Scratch::create(&self.0.state, &context.run)?;
        let scope = WorkScope {
            scratch: scratch.path().to_owned(),
            progress: context.progress.clone(),
            cancel: context.cancel.clone(),
        };
        connection.survey(&scope).await
    }

    async fn open_archive(&self, choice: &ArchiveChoice) -> Result<OpenedArchive> {
        match choice {
            ArchiveChoice::Stored(id) => {
                let (record, sidecar) = self.find_backup(id)?;
                let storage = self.storage_at(&record.storage)?;
                let key = backup::archive_key_of(&sidecar)?;
                Ok(OpenedArchive::of_backup(StoredArchive { storage, key }, sidecar))
            }
            ArchiveChoice::File(path) => {
                let sidecar = super::archives::sidecar_beside(path).await?;
                OpenedArchive::of_file(path.clone(), sidecar).await
            }
        }
    }

    /// What reading without a run carries: nobody sees its progress.
    fn reading(&self) -> RunContext {
        RunContext {
            run: RunId::generate(self.0.options.clock.now()),
            cancel: CancellationToken::new(),
            progress: Progress::new(),
            clock: self.0.options.clock.clone(),
        }
    }
}
