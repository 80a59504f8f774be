//! What a tool reads, as a writer that is only finished when the tool has succeeded.
//!
//! Owns the pipe. When the tool ends early, the tool's own words are the error, not the broken pipe.

use std::fs::File;
use std::io::{self, Write};

use process_wrap::tokio::CommandWrap;

use super::super::WorkScope;
use super::complaints::Complaints;
use super::contained;
use super::invocation::{Invocation, SecretFile};
use super::pipe::file_of;
use super::watch::Watch;
use crate::error::{Result, ServerError};

/// Writes to a running tool; dropping it without [`ChildInput::finish`] ends the tool.
pub(in super::super) struct ChildInput {
    watch: Watch,
    stdin: Option<File>,
    _secret: Option<SecretFile>,
}

impl ChildInput {
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
        let mut stdin = file_of(child.stdin().take()).map_err(lost)?;
        contained::hand_over_secret(call, &mut stdin).map_err(lost)?;
        let inside = contained::Inside::of(call, child.as_mut());
        // Building a large index takes its time, and the tool does not read while it lasts.
        let watch = Watch::start(child, inside, call.tool.title(), complaints, &scope.cancel, None);
        Ok(Self { watch, stdin: Some(stdin), _secret: secret })
    }

    /// Tells the tool that all has been written, and waits, on a blocking thread, until it has ended.
    /// Returns its last complaints.
    pub(in super::super) fn finish(mut self) -> Result<Vec<String>> {
        self.stdin = None;
        self.watch.join()?;
        Ok(self.watch.complaints())
    }

    /// Ends the tool and waits, on a blocking thread, until it is gone.
    pub(in super::super) fn stop(mut self) {
        self.watch.stop();
        // How it ended does not matter any more.
        let _ = self.watch.join();
    }
}

impl Write for ChildInput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(stdin) = &mut self.stdin else { return Err(io::ErrorKind::BrokenPipe.into()) };
        match stdin.write(bytes) {
            Ok(count) => {
                self.watch.moved().now();
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdin = None;
                self.watch.join().map_err(io::Error::other)?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
