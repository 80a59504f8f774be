//! What lies at a path: a file that can be read, a folder, or something that must not be opened.
//!
//! Owns the refusals before the first byte, and that no look ever hangs or leaves a trace. A link is followed,
//! and what it leads to counts.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::handle::Handle;
use crate::error::{ArchiveError, Error, Result};

/// What lies at a path.
#[derive(Debug)]
pub(super) enum Place {
    /// A file with at least one byte, open for reading.
    File { handle: Handle, size: u64 },
    /// A folder.
    Folder,
    /// A file without a byte.
    Empty,
    /// Nothing that can be looked into; the end of the sentence "it is …".
    Nothing(&'static str),
}

impl Place {
    /// Opens what lies at `path`.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| unreadable(path, error);
        // A pipe would wait for its other end, and some devices act when they are opened.
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Ok(Self::Folder);
        }
        if let Some(what) = special(metadata.file_type()) {
            return Ok(Self::Nothing(what));
        }
        let handle = match Handle::kept(&metadata) {
            Some(handle) => handle,
            None => Handle::new(without_waiting(path).map_err(failed)?),
        };
        // Something else may have taken its place.
        let metadata = handle.metadata().map_err(failed)?;
        Ok(match (special(metadata.file_type()), metadata.len()) {
            (Some(what), _) => Self::Nothing(what),
            (None, 0) => Self::Empty,
            (None, size) => Self::File { handle, size },
        })
    }
}

fn without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    options.open(path)
}

#[cfg(unix)]
fn special(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_file() => None,
        kind if kind.is_fifo() => Some("it is a pipe"),
        kind if kind.is_socket() => Some("it is a socket"),
        kind if kind.is_char_device() || kind.is_block_device() => Some("it is a device"),
        _ => Some("it is no regular file"),
    }
}

#[cfg(not(unix))]
fn special(kind: FileType) -> Option<&'static str> {
    (!kind.is_file()).then_some("it is no regular file")
}

/// The sentence about a path that cannot be read.
pub(super) fn unreadable(path: &Path, error: io::Error) -> Error {
    let said = match error.kind() {
        ErrorKind::NotFound if path.symlink_metadata().is_ok() => "it is a link to nothing",
        ErrorKind::NotFound => "there is no such file",
        ErrorKind::PermissionDenied => "you may not read it",
        _ => return io_error(path, error),
    };
    io_error(path, io::Error::new(error.kind(), said))
}

fn io_error(path: &Path, source: io::Error) -> Error {
    ArchiveError::Io { archive: super::subject::shown(path), source }.into()
}
