//! What a tool writes, as a reader whose end is the tool's success.
//!
//! Owns the pipe. An exit status that is not 0 is an error at the end of the stream, whatever came
//! before.

use std::fs::File;
use std::io::{self, Read};

use process_wrap::tokio::CommandWrap;

use super::super::WorkScope;
use super::complaints::Complaints;
use super::contained;
use super::invocation::{Invocation, Printed, SecretFile};
use super::pipe::{Pipe, file_of};
use super::watch::Watch;
use crate::error::{Error, Result, ServerError};

/// Reads a running tool; dropping it ends the tool.
pub(in super::super) struct ChildOutput {
    watch: Watch,
    stdout: File,
    ended: bool,
    /// A contained tool is ended when this closes.
    _stdin: Option<File>,
    _secret: Option<SecretFile>,
}

impl ChildOutput {
    pub(super) fn start(
        mut command: CommandWrap,
        call: &Invocation,
        secret: Option<SecretFile>,
        complaints: Complaints,
        scope: &WorkScope,
    ) -> Result<Self> {
        let mut child = call.tool.spawn(&mut command)?;
        let lost = |error: io::Error| ServerError::ToolFailed {
            tool: call.tool.title(),
            detail: error.to_string(),
        };
        let stdout = file_of(child.stdout().take()).map_err(lost)?;
        widen(&stdout);
        let mut stdin = child.stdin().take().map(Pipe::into_file).transpose().map_err(lost)?;
        if let Some(stdin) = &mut stdin {
            contained::hand_over_secret(call, stdin).map_err(lost)?;
        }
        let watch =
            Watch::start(child, None, call.tool.title(), complaints, &scope.cancel, call.patience);
        Ok(Self { watch, stdout, ended: false, _stdin: stdin, _secret: secret })
    }

    /// What the tool printed as complaints so far; all of it once the reader is at its end.
    pub(in super::super) fn complaints(&self) -> Vec<String> {
        self.watch.complaints()
    }

    /// Everything that it writes, which must not be more than `most` bytes.
    pub(super) fn read_all(mut self, most: u64) -> Result<Printed> {
        let mut text = Vec::new();
        let read = self.by_ref().take(most).read_to_end(&mut text);
        read.map_err(|error| match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::Internal(format!("reading a tool: {error}")),
        })?;
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(Printed { text, complaints: self.complaints() })
    }
}

impl Read for ChildOutput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.stdout.read(buffer)?;
        self.watch.moved().now();
        if count == 0 {
            self.ended = true;
            self.watch.join().map_err(io::Error::other)?;
        }
        Ok(count)
    }
}

/// A wider pipe means fewer turns between the tool and us; where it cannot be had it stays as it is.
fn widen(pipe: &File) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::pipe::fcntl_setpipe_size(pipe, 1024 * 1024) {
        tracing::debug!(%error, "the pipe keeps its size");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}
