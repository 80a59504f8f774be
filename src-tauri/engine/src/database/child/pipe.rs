//! Tokio's pipes as plain files, for the blocking threads on which bytes move.
//!
//! Owns the conversion only.

use std::fs::File;
use std::io;

use tokio::process::{ChildStdin, ChildStdout};

/// An end of a pipe that can be read or written without Tokio.
pub(super) trait Pipe {
    /// The same pipe, blocking.
    fn into_file(self) -> io::Result<File>;
}

impl Pipe for ChildStdin {
    fn into_file(self) -> io::Result<File> {
        #[cfg(unix)]
        return self.into_owned_fd().map(File::from);
        #[cfg(windows)]
        return self.into_owned_handle().map(File::from);
    }
}

impl Pipe for ChildStdout {
    fn into_file(self) -> io::Result<File> {
        #[cfg(unix)]
        return self.into_owned_fd().map(File::from);
        #[cfg(windows)]
        return self.into_owned_handle().map(File::from);
    }
}

/// The file of a pipe that was asked for.
pub(super) fn file_of<P: Pipe>(pipe: Option<P>) -> io::Result<File> {
    pipe.ok_or_else(|| io::Error::other("it has no pipe"))?.into_file()
}
