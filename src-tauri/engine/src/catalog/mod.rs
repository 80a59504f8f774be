//! The index of backups and runs (an in-memory stand-in until the real one lands).

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use crate::archive::Sidecar;
use crate::error::Result;
use crate::event::{RunKind, RunView};
use crate::ids::{BackupId, EngineKind};
use crate::storage::{ObjectKey, Storage};
use crate::view::BackupStatus;

/// One row.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct BackupRecord {
    pub storage: String,
    pub id: BackupId,
    pub profile: String,
    pub engine: EngineKind,
    pub created_at: Timestamp,
    pub stored_bytes: u64,
    pub raw_bytes: u64,
    pub databases: u64,
    pub tables: u64,
    pub rows: u64,
    pub archive: String,
    pub status: BackupStatus,
    pub verified_at: Timestamp,
    pub warnings: Vec<String>,
}

/// What a rescan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RescanReport {
    pub added: u64,
}

impl RescanReport {
    /// Adds another report.
    pub fn add(&mut self, other: &Self) {
        self.added += other.added;
    }
    /// Whether anything changed.
    pub fn changed(&self) -> bool {
        self.added > 0
    }
}

type Rows = HashMap<BackupId, (BackupRecord, Sidecar)>;

/// The index.
#[derive(Clone, Default)]
pub struct Catalog {
    rows: Arc<Mutex<Rows>>,
    runs: Arc<Mutex<Vec<RunView>>>,
}

#[allow(missing_docs, clippy::unwrap_used)]
impl Catalog {
    pub fn open(_path: &Path) -> Result<Self> {
        Ok(Self::default())
    }
    pub fn put_backup(&self, storage: &str, sidecar: &Sidecar, status: BackupStatus) -> Result<()> {
        let m = &sidecar.manifest;
        let record = BackupRecord {
            storage: storage.to_owned(),
            id: m.header.id.clone(),
            profile: m.header.profile.clone(),
            engine: m.header.engine,
            created_at: m.header.created_at,
            stored_bytes: sidecar.size,
            raw_bytes: m.raw_bytes(),
            databases: m.units.len() as u64,
            tables: m.object_count(),
            rows: m.row_count(),
            archive: sidecar.archive.clone(),
            status,
            verified_at: sidecar.verified_at,
            warnings: m.warnings.clone(),
        };
        self.rows.lock().unwrap().insert(record.id.clone(), (record, sidecar.clone()));
        Ok(())
    }
    pub fn set_status(
        &self,
        _storage: &str,
        id: &BackupId,
        status: BackupStatus,
        at: Timestamp,
    ) -> Result<()> {
        if let Some((record, _)) = self.rows.lock().unwrap().get_mut(id) {
            record.status = status;
            record.verified_at = at;
        }
        Ok(())
    }
    pub fn backups(&self) -> Result<Vec<BackupRecord>> {
        let mut all: Vec<_> = self.rows.lock().unwrap().values().map(|(r, _)| r.clone()).collect();
        all.sort_by(|a, b| b.created_at.cmp(&a.created_at));
        Ok(all)
    }
    pub fn backup(&self, id: &BackupId) -> Result<Option<(BackupRecord, Sidecar)>> {
        Ok(self.rows.lock().unwrap().get(id).cloned())
    }
    pub fn newest_good(&self, storage: &str, profile: &str) -> Result<Option<BackupRecord>> {
        Ok(self.backups()?.into_iter().find(|r| {
            r.storage == storage && r.profile == profile && r.status == BackupStatus::Verified
        }))
    }
    pub fn put_run(&self, run: &RunView) -> Result<()> {
        self.runs.lock().unwrap().push(run.clone());
        Ok(())
    }
    pub fn last_run(&self, kind: RunKind, profile: &str) -> Result<Option<RunView>> {
        Ok(self
            .runs
            .lock()
            .unwrap()
            .iter()
            .rev()
            .find(|r| r.kind == kind && r.profile == profile)
            .cloned())
    }
}

/// Compares.
pub async fn reconcile(
    catalog: &Catalog,
    location: &str,
    storage: &dyn Storage,
) -> Result<RescanReport> {
    let mut report = RescanReport::default();
    for meta in storage.list("").await? {
        let Some(name) = meta.key.as_str().strip_suffix(".json") else { continue };
        let path = std::path::PathBuf::from(storage.object_location(meta.key.as_str()));
        let Ok(text) = std::fs::read(path) else { continue };
        let Ok(sidecar) = Sidecar::from_json(name, &text) else { continue };
        if ObjectKey::new(name).is_some() && catalog.backup(&sidecar.manifest.header.id)?.is_none()
        {
            catalog.put_backup(location, &sidecar, BackupStatus::Verified)?;
            report.added += 1;
        }
    }
    Ok(report)
}
