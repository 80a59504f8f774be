//! Looking into an archive beside a restore: the first rows of a table, and what is different from another.
//!
//! Owns that one look is under way at a time, and that it ends as soon as nobody waits for it any more: it may
//! read gigabytes.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use kronos_engine::browse::{BrowseOrder, TableRows};
use kronos_engine::cancel::CancellationToken;
use kronos_engine::compare::Comparison;
use kronos_engine::engine::ArchiveChoice;
use kronos_engine::ids::BackupId;
use kronos_engine::{Error, Result};
use serde::Deserialize;
use ts_rs::TS;

use super::{Answer, Shared, because, files};
use crate::opened_files::FileId;
use crate::words::failed;

/// An archive, as the page names it.
#[derive(Debug, Deserialize, TS)]
#[serde(tag = "what", rename_all = "snake_case")]
#[ts(export)]
pub enum ArchiveRef {
    /// A backup of the catalogue.
    Backup {
        /// The backup.
        id: BackupId,
    },
    /// A file that the user gave to the window.
    File {
        /// The file.
        file: FileId,
    },
}

/// The look that is under way.
#[derive(Default)]
pub struct CurrentLook(Mutex<CancellationToken>);

impl CurrentLook {
    /// Ends the look that is under way.
    pub fn stop(&self) {
        self.begin();
    }

    fn begin(&self) -> CancellationToken {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        current.cancel();
        *current = CancellationToken::new();
        current.clone()
    }

    /// Waits for `work`, or drops it when another look begins.
    async fn only<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let ended = self.begin();
        tokio::select! {
            answer = work => answer,
            () = ended.cancelled() => Err(Error::Cancelled),
        }
    }
}

/// The first rows of a table or collection.
#[tauri::command]
pub async fn rows_first(
    app: Shared<'_>,
    archive: ArchiveRef,
    order: BrowseOrder,
) -> Answer<TableRows> {
    let archive = choice(&app, archive, failed::ROWS)?;
    let engine = app.engine().await?;
    app.look.only(engine.browse(&archive, &order)).await.map_err(because(failed::ROWS))
}

/// What is different between two archives.
#[tauri::command]
pub async fn compare_archives(
    app: Shared<'_>,
    before: ArchiveRef,
    after: ArchiveRef,
) -> Answer<Comparison> {
    let before = choice(&app, before, failed::COMPARE)?;
    let after = choice(&app, after, failed::COMPARE)?;
    let engine = app.engine().await?;
    app.look.only(engine.compare(&before, &after)).await.map_err(because(failed::COMPARE))
}

/// What is different between an archive and the live database of a profile.
#[tauri::command]
pub async fn compare_live(
    app: Shared<'_>,
    archive: ArchiveRef,
    profile: String,
) -> Answer<Comparison> {
    let archive = choice(&app, archive, failed::COMPARE)?;
    let engine = app.engine().await?;
    let work = engine.compare_with_live(&archive, Some(&profile));
    app.look.only(work).await.map_err(because(failed::COMPARE))
}

/// Nobody waits for the look any more.
#[tauri::command]
pub async fn look_stop(app: Shared<'_>) -> Answer<()> {
    app.look.stop();
    Ok(())
}

#[expect(clippy::result_large_err, reason = "the report goes to the page, once per look")]
fn choice(app: &Shared<'_>, archive: ArchiveRef, what: &str) -> Answer<ArchiveChoice> {
    match archive {
        ArchiveRef::Backup { id } => Ok(ArchiveChoice::Stored(id)),
        ArchiveRef::File { file } => {
            files::find(app, &file, what).map(|(_, path)| ArchiveChoice::File(path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_look_and_a_stop_end_the_one_before() {
        let current = CurrentLook::default();
        let never = || std::future::pending::<Result<()>>();
        let (first, second, ()) =
            tokio::join!(current.only(never()), current.only(never()), async { current.stop() },);
        assert!(matches!((first, second), (Err(Error::Cancelled), Err(Error::Cancelled))));
        assert!(current.only(async { Ok(1) }).await.is_ok_and(|rows| rows == 1));
    }
}
