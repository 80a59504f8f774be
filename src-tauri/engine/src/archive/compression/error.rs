//! What can be wrong with a stored stream, and how an error is reported more than once.
//!
//! Owns the difference between a stream that is not what Kronos wrote (a [`StreamError`]) and a
//! source or destination that cannot be read or written (the untouched [`io::Error`] it gave).

use std::io;
use thiserror::Error;

/// Why a stream that could be read is not a whole and unchanged Kronos stream.
///
/// It travels inside an [`io::Error`] of kind `InvalidData`; [`StreamError::of`] takes it out
/// again. Positions are offsets in the stored stream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StreamError {
    /// The first bytes are not those of a stream that Kronos writes.
    #[error("this file is not a Kronos archive, or its first bytes are damaged")]
    NotKronosStream,
    /// The stream ends before its seal.
    #[error("the archive is incomplete: it ends after {at} bytes, before its seal")]
    Truncated {
        /// How many bytes there are.
        at: u64,
    },
    /// The record that starts at `at` is not as it was written.
    #[error("the archive is damaged in the part that starts at byte {at}: {what}")]
    Damaged {
        /// Where the damaged record starts. Damage that only the seal can notice is reported at
        /// the seal.
        at: u64,
        /// What does not fit, in a few words.
        what: &'static str,
    },
    /// Something follows the seal.
    #[error("the archive has bytes after its end, from byte {at} on")]
    TrailingBytes {
        /// Where the stream should have ended.
        at: u64,
    },
}

impl StreamError {
    /// The stream error inside `error`, or `None` when it is an error of the source itself.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<StreamError> for io::Error {
    fn from(error: StreamError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// An error that ended a stream, kept so that every later call fails in the same way: `io::Error`
/// cannot be cloned.
pub(super) struct Failure {
    kind: io::ErrorKind,
    text: String,
    stream: Option<StreamError>,
}

impl Failure {
    pub fn of(error: &io::Error) -> Self {
        Self {
            kind: error.kind(),
            text: error.to_string(),
            stream: StreamError::of(error).cloned(),
        }
    }

    pub fn again(&self) -> io::Error {
        match &self.stream {
            Some(error) => error.clone().into(),
            None => io::Error::new(self.kind, self.text.clone()),
        }
    }
}

/// A thread of the stream ended without an answer, which only a panic in it can cause.
pub(super) fn thread_died() -> io::Error {
    io::Error::other("a thread of the compressed stream stopped unexpectedly")
}
