//! Restoring an archive file as the window asks for it, after a look inside.
//!
//! Owns what a form is offered for such a file, and that what is restored is the backup that was looked at.
//! The restore itself is the one of `restores`.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Engine;
use super::backups::{restore_profiles, suggested_targets};
use super::restores::{manifest_of, peek};
use crate::archive::Header;
use crate::database;
use crate::error::{ArchiveError, Result};
use crate::ids::RunId;
use crate::look::ArchiveLook;
use crate::restore::{self, ArchiveFile, ArchiveSource, RestoreRequest};
use crate::view::{RestoreDraft, TargetCard};

/// Where the databases of an archive file can go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RestorePlaces {
    /// File or database names offered as the target, one per unit.
    pub suggested_targets: Vec<String>,
    /// Whether a restore makes a database on a server; else it makes a file.
    pub on_server: bool,
    /// The profiles whose server can take it, one of the backup's own name first; empty for files.
    pub restore_profiles: Vec<String>,
}

impl Engine {
    /// Where the databases of this archive can go. Asks no server.
    pub fn restore_places(&self, archive: &ArchiveLook) -> Result<RestorePlaces> {
        let config = self.config_or_empty()?;
        Ok(RestorePlaces {
            suggested_targets: suggested_targets(
                archive.engine,
                archive.created_at,
                &archive.units,
            ),
            on_server: database::lives_on_server(archive.engine),
            restore_profiles: restore_profiles(&config, archive.engine, &archive.profile),
        })
    }

    /// Says why a restore of this file would be refused, before anything is written.
    pub async fn check_restore_of_file(&self, path: PathBuf, draft: &RestoreDraft) -> Result<()> {
        let (request, _) = self.file_request(path.clone(), draft).await?;
        restore::check(&request, &manifest_of(&request, path).await?).await
    }

    /// What stands at the target of a restore of this file that replaces, beside what would come. Changes
    /// nothing.
    pub async fn target_card_of_draft(
        &self,
        path: PathBuf,
        draft: &RestoreDraft,
    ) -> Result<TargetCard> {
        let (request, _) = self.file_request(path.clone(), draft).await?;
        restore::target_card(&request, &manifest_of(&request, path).await?).await
    }

    /// Starts a restore of this file; refused when it is not the backup that the form was made for.
    pub async fn start_restore_of_file(
        &self,
        path: PathBuf,
        draft: &RestoreDraft,
    ) -> Result<RunId> {
        let (request, header) = self.file_request(path, draft).await?;
        self.restore(request, header.profile)
    }

    async fn file_request(
        &self,
        path: PathBuf,
        draft: &RestoreDraft,
    ) -> Result<(RestoreRequest, Header)> {
        let sidecar = super::archives::sidecar_beside(&path).await?;
        let source: Arc<dyn ArchiveSource> = Arc::new(ArchiveFile(path));
        // Of the archive itself: a record beside it may belong to another one.
        let header = peek(source.clone()).await?;
        same_backup(&source.name(), &header, draft)?;
        let order = Self::order(header.engine, draft)?;
        let request = self.request(source, sidecar, header.engine, &header.profile, order)?;
        Ok((request, header))
    }
}

fn same_backup(archive: &str, header: &Header, draft: &RestoreDraft) -> Result<()> {
    if header.id == draft.backup {
        return Ok(());
    }
    let detail =
        format!("it was `{}` when it was looked into, and is `{}` now", draft.backup, header.id);
    Err(ArchiveError::Damaged { archive: archive.to_owned(), detail }.into())
}
