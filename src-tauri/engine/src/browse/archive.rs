//! An archive whose manifest is known, and the pass over it that one reader needs.
//!
//! Owns where the manifest comes from, what a pass has proven, and the working folder of a pass.

use std::io::{self, Write};
use std::sync::Arc;

use crate::archive::{self, Manifest, Sidecar, Unit};
use crate::backup::{ObjectSource, verify_reader};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::context::RunContext;
use crate::database::{self, DumpPlace, DumpReader};
use crate::error::{Error, Result};
use crate::progress::Phase;
use crate::restore::{ArchiveSource, Scratch, choose_unit};
use crate::state_dir::StateDir;

/// An archive that is going to be looked into.
pub struct OpenedArchive {
    source: Arc<dyn ArchiveSource>,
    manifest: Manifest,
    is_checked: bool,
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
    /// Takes the manifest from the commit record; without one the whole archive is read and proven first.
    pub async fn open(
        source: Arc<dyn ArchiveSource>,
        sidecar: Option<Sidecar>,
        context: &RunContext,
    ) -> Result<Self> {
        if let Some(sidecar) = sidecar {
            return Ok(Self { source, manifest: sidecar.manifest, is_checked: false });
        }
        let (reader, size) = source.open().await?;
        context.progress.enter(Phase::Verifying, size);
        let manifest = verify_reader(reader, &source.name(), None, context).await?.manifest;
        Ok(Self { source, manifest, is_checked: true })
    }

    /// Its name, for people.
    pub fn name(&self) -> String {
        self.source.name()
    }

    /// What it says about itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether all of it has been read and every hash compared.
    pub fn is_checked(&self) -> bool {
        self.is_checked
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
