//! The bytes of a file without the compression around them, as many as a look needs.
//!
//! Owns the recognition of a compression by its first bytes, and the bounds: whatever a file declares, a look
//! reads at most [`MAX_STORED`] bytes of it and unpacks at most [`MAX_UNPACKED`], so a small file that unpacks
//! to a huge one costs no more than any other. Memory is that of the decoder's window, at most 128 MiB.

use std::fmt;
use std::io::{self, BufReader, Chain, Cursor, Error, ErrorKind, Read};

use super::Wrapping;
use super::handle::Handle;

/// Bytes of a file that are read at most.
pub(super) const MAX_STORED: u64 = 64 << 20;
/// Bytes that are unpacked at most.
pub(super) const MAX_UNPACKED: u64 = 32 << 20;
/// Bytes that decide what a file is.
pub(super) const HEAD: usize = 64 << 10;
/// The largest window that the tools of the compressions use by themselves.
const MAX_WINDOW: u64 = 128 << 20;

impl Wrapping {
    /// The compression that these first bytes announce.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
                Self::Bzip2
            }
            _ => Self::None,
        }
    }

    /// Its name as its makers write it; `None` where there is none.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("Zstandard"),
            Self::Xz => Some("xz"),
            Self::Bzip2 => Some("bzip2"),
        }
    }
}

/// A file without its compression.
pub(super) struct Content {
    /// What was around it.
    pub wrapping: Wrapping,
    /// Its first bytes: [`HEAD`] of them, or all.
    pub head: Vec<u8>,
    /// Why there is no more than the head, when that is not the file's end.
    pub fault: Option<Fault>,
    rest: Box<dyn Read>,
}

/// Why unpacking ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file ends before its compression does.
    Cut,
    /// It is not as its compressor wrote it.
    Broken(String),
    /// Enough was read.
    Enough,
    /// The disk failed.
    Disk(Error),
}

impl Content {
    /// Opens the file behind `handle`, whose first bytes are `head`.
    pub fn open(handle: &Handle, head: &[u8]) -> Self {
        let wrapping = Wrapping::of(head);
        let mut unpacked = match decoder(handle, wrapping) {
            Ok(rest) => rest,
            Err(error) => Box::new(Failed(Some(error))),
        };
        let mut start = Vec::with_capacity(HEAD);
        let ended = read_up_to(&mut unpacked, HEAD, &mut start).err();
        let fault = ended.map(|error| Fault::of(error, wrapping));
        Self { wrapping, head: start, fault, rest: unpacked }
    }

    /// All of it from the beginning.
    pub fn reader(self) -> Chain<Cursor<Vec<u8>>, Box<dyn Read>> {
        Cursor::new(self.head).chain(self.rest)
    }
}

impl Fault {
    /// What an error of [`Content::reader`] means.
    pub fn of(error: Error, wrapping: Wrapping) -> Self {
        if carries::<Enough>(&error) {
            return Self::Enough;
        }
        if carries::<FromDisk>(&error) || wrapping == Wrapping::None {
            return Self::Disk(error);
        }
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Cut,
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// Whether `error` is only the envelope of another one.
fn carries<E: std::error::Error + 'static>(error: &Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<E>()).is_some()
}

/// Appends up to `count` bytes; what came before an error stays.
pub(super) fn read_up_to(from: &mut dyn Read, count: usize, to: &mut Vec<u8>) -> io::Result<()> {
    let wanted = u64::try_from(count).unwrap_or(u64::MAX);
    from.take(wanted).read_to_end(to).map(drop)
}

fn decoder(handle: &Handle, wrapping: Wrapping) -> io::Result<Box<dyn Read>> {
    let stored = Bounded { from: OnDisk(handle.again()), left: MAX_STORED };
    let unpacked = unpacked(stored, wrapping)?;
    Ok(Box::new(Bounded { from: unpacked, left: MAX_UNPACKED }))
}

/// All of `stored` without its compression.
pub(super) fn unpacked(
    stored: impl Read + Send + 'static,
    wrapping: Wrapping,
) -> io::Result<Box<dyn Read + Send>> {
    let stored = BufReader::with_capacity(64 << 10, stored);
    Ok(match wrapping {
        Wrapping::None => Box::new(stored),
        Wrapping::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(stored)),
        Wrapping::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
            decoder.window_log_max(MAX_WINDOW.ilog2())?;
            Box::new(decoder)
        }
        Wrapping::Xz => {
            let limit = MAX_WINDOW + (8 << 20);
            let stream =
                liblzma::stream::Stream::new_stream_decoder(limit, liblzma::stream::CONCATENATED)
                    .map_err(Error::from)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(stored, stream))
        }
        Wrapping::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(stored)),
    })
}

/// Ends with an error that says so, once enough was read.
struct Bounded<R> {
    from: R,
    left: u64,
}

#[derive(Debug)]
struct Enough;

impl fmt::Display for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is longer than a look reads")
    }
}

impl std::error::Error for Enough {}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !space.is_empty() {
            return Err(Error::other(Enough));
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(space.len());
        let count = self.from.read(&mut space[..wanted])?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// Marks the errors of the disk, which are no fault of the content.
struct OnDisk(Handle);

#[derive(Debug)]
struct FromDisk(Error);

impl fmt::Display for FromDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for FromDisk {}

impl Read for OnDisk {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.read(space).map_err(|error| match error.kind() {
            ErrorKind::Interrupted => error,
            kind => Error::new(kind, FromDisk(error)),
        })
    }
}

/// A decoder that could not be made.
struct Failed(Option<Error>);

impl Read for Failed {
    fn read(&mut self, _space: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
