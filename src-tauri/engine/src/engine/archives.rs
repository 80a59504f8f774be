//! Archives by path: files from another machine, or after the catalog was lost.

use std::path::{Path, PathBuf};

use super::Engine;
use crate::archive::{MAX_SIDECAR, Manifest, Sidecar};
use crate::backup;
use crate::cancel::CancellationToken;
use crate::clock::SystemClock;
use crate::context::RunContext;
use crate::error::{ArchiveError, Result};
use crate::ids::RunId;
use crate::progress::Progress;
use crate::restore::{ArchiveFile, ArchiveSource};

/// What an archive says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ArchiveContents {
    /// Its manifest.
    pub manifest: Manifest,
    /// Its size in bytes.
    pub stored_bytes: u64,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
    /// The commands that restore it without Kronos.
    pub manual_commands: String,
}

impl Engine {
    /// Reads an archive from beginning to end and returns what it says about itself. Everything in it
    /// has been checked by then.
    pub async fn inspect_file(&self, path: PathBuf) -> Result<ArchiveContents> {
        let sidecar = sidecar_beside(&path).await?;
        let source = ArchiveFile(path);
        let (reader, _) = source.open().await?;
        let name = source.name();
        let context = RunContext {
            run: RunId::from_text("inspect"),
            cancel: CancellationToken::new(),
            progress: Progress::new(),
            clock: std::sync::Arc::new(SystemClock),
        };
        let verified = backup::verify_reader(reader, &name, sidecar.as_ref(), &context).await?;
        let commands = super::backups::manual_commands(&name, verified.codec, &verified.manifest);
        Ok(ArchiveContents {
            manual_commands: commands,
            manifest: verified.manifest,
            stored_bytes: verified.stats.stored_bytes,
            sha256: verified.stats.sha256_hex,
        })
    }
}

/// The commit record beside an archive, if there is one. One that is there but cannot be understood
/// is damage, not absence.
pub(super) async fn sidecar_beside(path: &Path) -> Result<Option<Sidecar>> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".json");
    let beside = PathBuf::from(beside);
    let archive = beside.display().to_string();
    let size = match tokio::fs::metadata(&beside).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ArchiveError::Io { archive, source }.into()),
        Ok(metadata) if !metadata.is_file() => return Ok(None),
        Ok(metadata) => metadata.len(),
    };
    if size > MAX_SIDECAR as u64 {
        let detail = "it is too large for a commit record".to_owned();
        return Err(ArchiveError::Damaged { archive, detail }.into());
    }
    let text = tokio::fs::read(&beside)
        .await
        .map_err(|source| ArchiveError::Io { archive: archive.clone(), source })?;
    Sidecar::from_json(&archive, &text).map(Some)
}
