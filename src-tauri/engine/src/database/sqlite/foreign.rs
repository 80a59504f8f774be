//! Loading what another program has made into a new file: a database as it is, or a script.
//!
//! Owns the order: everything is made in the private folder or under a name of its own, checked, and only then
//! named. A database in its place is copied by SQLite, with what lies beside it.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use super::super::foreign::{ForeignDump, ForeignForm, LoadSink};
use super::super::{Restored, WorkScope};
use super::copy;
use super::foreign_script::Script;
use super::restore::{self, NewFileSink};
use crate::cancel::{CancelCheck, CancellationToken};
use crate::error::{DatabaseError, Error, Result};

/// A file being made.
struct Load {
    from: Source,
    file: NewFileSink,
    scope: WorkScope,
}

/// Where its bytes come from.
enum Source {
    /// A database in its place.
    Place(PathBuf),
    /// They are written.
    Bytes,
    /// A database that a script fills.
    Script(Box<Script>),
}

/// Starts to make `target`, where nothing stands.
pub(super) fn start(
    target: PathBuf,
    dump: &ForeignDump,
    scope: WorkScope,
) -> Result<Box<dyn LoadSink>> {
    restore::check_target(&target, dump.size)?;
    let from = match &dump.form {
        ForeignForm::File(path) => Source::Place(path.clone()),
        ForeignForm::FileBytes => Source::Bytes,
        ForeignForm::Script => Source::Script(Box::new(Script::create(&scope)?)),
        ForeignForm::Archive(_) | ForeignForm::Folder(_) => {
            return Err(Error::Internal("a file is no archive of a server".to_owned()));
        }
    };
    Ok(Box::new(Load { from, file: NewFileSink::create(target, false, None)?, scope }))
}

impl Load {
    /// Takes over a finished database in the private folder.
    fn take(&mut self, path: &std::path::Path) -> Result<()> {
        let failed = |source| {
            Error::from(DatabaseError::Scratch { path: path.display().to_string(), source })
        };
        let mut from = File::open(path).map_err(failed)?;
        let mut piece = vec![0; 1 << 20];
        loop {
            self.scope.cancel.check()?;
            match io::Read::read(&mut from, &mut piece).map_err(failed)? {
                0 => return Ok(()),
                count => self.file.write_all(&piece[..count]).map_err(failed)?,
            }
        }
    }
}

impl Write for Load {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.from {
            Source::Place(_) => Err(io::ErrorKind::BrokenPipe.into()),
            Source::Bytes => self.file.write(bytes),
            Source::Script(script) => script.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LoadSink for Load {
    fn finish(mut self: Box<Self>, cancel: &CancellationToken) -> Result<Restored> {
        let mut warnings = Vec::new();
        match std::mem::replace(&mut self.from, Source::Bytes) {
            Source::Bytes => {}
            Source::Place(path) => {
                let copies = copy::copy_all(&[path], &self.scope)?;
                for copy in &copies {
                    warnings.extend(
                        copy.rolled_back.then(|| super::source::rolled_back_warning(&copy.name)),
                    );
                    self.take(&copy.path)?;
                }
            }
            Source::Script(script) => {
                let (path, left_out) = script.finish()?;
                warnings.extend(left_out);
                self.take(&path)?;
            }
        }
        let mut restored = self.file.finish_counted(cancel)?;
        restored.warnings.extend(warnings);
        Ok(restored)
    }
}
