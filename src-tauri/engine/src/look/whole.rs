//! All of a file, for whoever loads it after the look.
//!
//! Owns nothing but the way to its bytes: as many as there are, in the memory of the decoder's window.

use std::io::{self, Read};
use std::path::Path;

use super::Wrapping;
use super::content::{self, HEAD, read_up_to};
use super::handle::Handle;
use super::place::{Place, unreadable};
use crate::error::Result;

/// The file at `path` without its compression. `on_read` is told of every byte of the file itself.
pub(crate) fn unpacked(
    path: &Path,
    on_read: impl Fn(u64) + Send + 'static,
) -> Result<Box<dyn Read + Send>> {
    let failed = |error| unreadable(path, error);
    let Place::File { handle, .. } = Place::open(path)? else {
        return Err(failed(io::ErrorKind::NotFound.into()));
    };
    let mut head = Vec::new();
    read_up_to(&mut handle.again(), HEAD, &mut head).map_err(failed)?;
    content::unpacked(Counted { from: handle.again(), on_read }, Wrapping::of(&head))
        .map_err(failed)
}

struct Counted<F> {
    from: Handle,
    on_read: F,
}

impl<F: Fn(u64)> Read for Counted<F> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(space)?;
        (self.on_read)(count as u64);
        Ok(count)
    }
}
