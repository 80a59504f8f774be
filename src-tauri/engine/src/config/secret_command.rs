//! The program that prints a password.
//!
//! Owns its limits: how long it may take, how much it may print, and that nothing of it stays behind.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use super::secret_source::{MAX_BYTES, password_in, unavailable};
use crate::error::Result;
use crate::secret::Secret;

/// Runs `command` without a shell and takes what it prints for the password. What it says on its standard
/// error is not shown: it may be the password, too.
pub(super) async fn run(command: &[String], patience: Duration) -> Result<Secret> {
    let [program, arguments @ ..] = command else {
        return Err(unavailable("the command", "it is empty"));
    };
    let failed = |detail: &str| unavailable(&format!("the command `{program}`"), detail);
    let mut running =
        Running::start(program, arguments).map_err(|error| failed(&error.to_string()))?;
    let (bytes, status) = tokio::time::timeout(patience, running.output())
        .await
        .map_err(|_| failed(&format!("it did not end within {} s", patience.as_secs())))?
        .map_err(|error| failed(&error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(failed("it printed more than 64 KiB"));
    }
    if !status.success() {
        return Err(failed(&format!("it failed with {status}")));
    }
    password_in(&bytes).ok_or_else(|| failed("it printed something that is not text"))
}

/// A program with everything that it has started. All of it ends with this value, unless the program has
/// ended by itself: then what it left running, such as an agent that remembers its unlocking, is meant.
struct Running {
    child: Box<dyn ChildWrapper>,
    has_ended: bool,
}

impl Running {
    fn start(program: &str, arguments: &[String]) -> std::io::Result<Self> {
        let mut command = CommandWrap::with_new(program, |command| {
            command
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
        });
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        command.wrap(KillOnDrop).spawn().map(|child| Self { child, has_ended: false })
    }

    /// What it printed, at most one byte more than allowed, and how it ended.
    async fn output(&mut self) -> std::io::Result<(Zeroizing<Vec<u8>>, ExitStatus)> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(1024));
        if let Some(stdout) = self.child.stdout().take() {
            stdout.take(MAX_BYTES + 1).read_to_end(&mut bytes).await?;
        }
        if bytes.len() as u64 > MAX_BYTES {
            // It may go on printing for ever.
            self.child.start_kill()?;
        }
        let status = self.child.wait().await?;
        self.has_ended = true;
        Ok((bytes, status))
    }
}

impl Drop for Running {
    /// The whole group, because a shell script that hangs has started the program that hangs.
    fn drop(&mut self) {
        if !self.has_ended
            && let Err(error) = self.child.start_kill()
        {
            tracing::warn!(%error, "a command for a password may still be running");
        }
    }
}
