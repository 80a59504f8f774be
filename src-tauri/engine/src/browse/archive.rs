//! An archive whose manifest is known, and the pass over it that one reader needs.
//!
//! Owns where the manifest comes from, what a pass has proven, and the working folder of a pass. A manifest is
//! not proven here; a pass refuses every member that is not the one in it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::{self, Manifest, Sidecar, Unit};
use crate::backup::ObjectSource;
use crate::cancel::{CancelCheck, CancellationToken};
use crate::context::RunContext;
use crate::database::{self, DumpPlace, DumpReader};
use crate::error::{ArchiveError, Error, Result};
use crate::progress::Phase;
use crate::restore::{ArchiveFile, ArchiveSource, Scratch, StoredArchive, choose_unit};
use crate::state_dir::StateDir;

/// How much of a file's beginning tells what it is.
const HEAD: u64 = 4096;

/// An archive that is going to be looked into.
pub struct OpenedArchive {
    source: Arc<dyn ArchiveSource>,
    manifest: Manifest,
}

/// What a reader found in a dump.
#[derive(Debug)]
pub struct ReadThrough<T> {
    /// It.
    pub found: T,
    /// Whether the archive was read to its end, and every hash compared, on the way.
    pub is_whole: bool,
}

impl OpenedArchive {
    /// A stored backup: its commit record says what is in it.
    pub fn of_backup(source: StoredArchive, sidecar: Sidecar) -> Self {
        Self { source: Arc::new(source), manifest: sidecar.manifest }
    }

    /// Any file: what it says of itself at its two ends, compared with its commit record where there is one.
    pub async fn of_file(path: PathBuf, sidecar: Option<Sidecar>) -> Result<Self> {
        let source = ArchiveFile(path.clone());
        // Refuses what is no regular file before it could block or never end.
        drop(source.open().await?);
        let name = source.name();
        let look = move || {
            let unreadable = |source| ArchiveError::Io { archive: name.clone(), source };
            let mut file = File::open(&path).map_err(unreadable)?;
            let mut head = Vec::new();
            Read::by_ref(&mut file).take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
            file.rewind().map_err(unreadable)?;
            archive::glance(file, &name, &head, sidecar.as_ref())
        };
        let glance = tokio::task::spawn_blocking(look).await.unwrap_or_else(|panic| {
            Err(Error::Internal(format!("looking at an archive ended: {panic}")))
        })?;
        Ok(Self { source: Arc::new(source), manifest: glance.manifest })
    }

    /// Its name, for people.
    pub fn name(&self) -> String {
        self.source.name()
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The database of that name, or the only one.
    pub fn choose(&self, name: Option<&str>) -> Result<(usize, &Unit)> {
        choose_unit(&self.manifest, name)
    }

    /// Hands the dump of the database number `index` to the reader that `make` makes, until that has
    /// what it looks for.
    pub async fn read_dump<T: Send + 'static>(
        &self,
        index: usize,
        make: impl FnOnce(DumpPlace) -> Result<Box<dyn DumpReader<Found = T>>> + Send + 'static,
        state: &StateDir,
        context: &RunContext,
    ) -> Result<ReadThrough<T>> {
        let (reader, size) = self.source.open().await?;
        context.progress.enter(Phase::Loading, size);
        // Dumps of servers are read as they go by; a file has to be whole before it can be asked.
        let scratch = if database::lives_on_server(self.manifest.header.engine) {
            None
        } else {
            Some(Scratch::create(state, &context.run)?)
        };
        let unit = self
            .manifest
            .units
            .get(index)
            .ok_or_else(|| Error::Unknown { kind: "database", name: format!("number {index}") })?;
        let place = DumpPlace {
            archive: self.source.name(),
            database: unit.name.clone(),
            scratch: scratch.as_ref().map(|scratch| scratch.path().to_owned()).unwrap_or_default(),
        };
        let (manifest, context) = (self.manifest.clone(), context.clone());
        let runtime = tokio::runtime::Handle::current();
        // A caller that goes away ends the pass, which then removes the working folder.
        let pass_ends = context.cancel.child_token();
        let _guard = pass_ends.clone().drop_guard();
        let pass = move || {
            let _scratch = scratch;
            let source = ObjectSource::new(runtime, reader, context.progress, pass_ends.clone());
            let name = place.archive.clone();
            let reader = make(place)?;
            read(source, &name, &manifest, index, reader, &pass_ends)
        };
        tokio::task::spawn_blocking(pass).await.unwrap_or_else(|panic| {
            Err(Error::Internal(format!("reading a backup ended: {panic}")))
        })
    }
}

fn read<T>(
    source: ObjectSource,
    name: &str,
    manifest: &Manifest,
    index: usize,
    reader: Box<dyn DumpReader<Found = T>>,
    cancel: &CancellationToken,
) -> Result<ReadThrough<T>> {
    let mut feeding = Feeding { reader, is_satisfied: false, cancel };
    let outcome = archive::extract(source, name, manifest, index, &mut feeding, &mut |_| Ok(()));
    let Feeding { reader, is_satisfied, .. } = feeding;
    let is_whole = match outcome {
        Ok(()) => true,
        Err(_) if is_satisfied => false,
        Err(error) => return Err(error),
    };
    Ok(ReadThrough { found: reader.finish()?, is_whole })
}

/// Hands bytes to a reader until it has enough, or its caller has.
struct Feeding<'a, T> {
    reader: Box<dyn DumpReader<Found = T>>,
    is_satisfied: bool,
    cancel: &'a CancellationToken,
}

impl<T> Write for Feeding<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.cancel.check().map_err(io::Error::other)?;
        self.is_satisfied = self.reader.feed(bytes).map_err(io::Error::other)?.is_break();
        if self.is_satisfied {
            // Nothing is wrong; this is how a pass is ended.
            return Err(io::Error::other(Error::Cancelled));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
