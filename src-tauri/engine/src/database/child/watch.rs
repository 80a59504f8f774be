//! The watch over a running tool: its end, a user who cancels, a tool that moves nothing any more.
//!
//! Owns the process. Streams ask it how the tool has ended.

use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use process_wrap::tokio::ChildWrapper;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::complaints::Complaints;
use super::contained::Inside;
use crate::error::{Error, Result, ServerError};

/// A tool that has to write and moves no byte for so long is taken for dead.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);
/// For what a tool has still to print after its end, through processes that it has left behind.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a tool ended.
enum End {
    Exited(ExitStatus),
    Stopped,
    Silent,
    Lost(std::io::Error),
}

/// A running tool.
pub(super) struct Watch {
    tool: String,
    stop: CancellationToken,
    cancel: CancellationToken,
    moved: Arc<Moved>,
    complaints: Complaints,
    end: Option<oneshot::Receiver<End>>,
}

/// When the last byte moved, as milliseconds since the start.
pub(super) struct Moved {
    start: Instant,
    last: AtomicU64,
}

impl Moved {
    /// A byte has moved.
    pub(super) fn now(&self) {
        self.last.store(self.elapsed(), Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn idle(&self) -> Duration {
        Duration::from_millis(self.elapsed().saturating_sub(self.last.load(Ordering::Relaxed)))
    }
}

impl Watch {
    /// Watches `child`, which is called `tool` and may do its work `inside` of a container, until it ends, `cancel` says so, or it has moved no byte
    /// for as long as `patience`.
    pub(super) fn start(
        mut child: Box<dyn ChildWrapper>,
        inside: Option<Inside>,
        tool: String,
        complaints: Complaints,
        cancel: &CancellationToken,
        patience: Option<Duration>,
    ) -> Self {
        let stop = cancel.child_token();
        let moved = Arc::new(Moved { start: Instant::now(), last: AtomicU64::new(0) });
        let (sender, end) = oneshot::channel();
        let printed =
            child.stderr().take().map(|stderr| tokio::spawn(complaints.clone().collect(stderr)));
        let (watched_stop, watched_moved) = (stop.clone(), Arc::clone(&moved));
        tokio::spawn(async move {
            let end = watch(child.as_mut(), inside, &watched_stop, &watched_moved, patience).await;
            if let Some(printed) = printed {
                let _ = tokio::time::timeout(LAST_WORDS, printed).await;
            }
            let _ = sender.send(end);
        });
        Self { tool, stop, cancel: cancel.clone(), moved, complaints, end: Some(end) }
    }

    pub(super) fn moved(&self) -> &Moved {
        &self.moved
    }

    /// Waits, on a blocking thread, until the tool has ended; anything but status 0 is an error.
    /// A second call says nothing new.
    pub(super) fn join(&mut self) -> Result<()> {
        let Some(end) = self.end.take() else { return Ok(()) };
        let failed = |detail: String| ServerError::ToolFailed { tool: self.tool.clone(), detail };
        match end.blocking_recv() {
            Ok(End::Exited(status)) if status.success() => Ok(()),
            Ok(End::Exited(_) | End::Stopped) if self.cancel.is_cancelled() => {
                Err(Error::Cancelled)
            }
            Ok(End::Exited(status)) => Err(failed(self.describe(status)).into()),
            Ok(End::Silent) => {
                Err(ServerError::NoAnswer { tool: self.tool.clone(), seconds: PATIENCE.as_secs() }
                    .into())
            }
            Ok(End::Lost(error)) => Err(failed(error.to_string()).into()),
            Ok(End::Stopped) | Err(_) => Err(failed("it was stopped".to_owned()).into()),
        }
    }

    /// Ends the tool and everything that it has started.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// What the tool printed last.
    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.lines()
    }

    fn describe(&self, status: ExitStatus) -> String {
        let lines = self.complaints.lines();
        let last =
            lines.iter().rev().take(5).rev().map(String::as_str).collect::<Vec<_>>().join(" · ");
        match (ending(status), last.as_str()) {
            (ending, "") => ending,
            (ending, last) => format!("{last} ({ending})"),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn watch(
    child: &mut dyn ChildWrapper,
    inside: Option<Inside>,
    stop: &CancellationToken,
    moved: &Moved,
    patience: Option<Duration>,
) -> End {
    let early = tokio::select! {
        status = child.wait() => return status.map_or_else(End::Lost, End::Exited),
        () = stop.cancelled() => End::Stopped,
        () = silence(moved, patience) => End::Silent,
    };
    if let Some(inside) = inside {
        inside.end().await;
    }
    let killed = child.start_kill();
    match child.wait().await.and(killed) {
        Ok(()) => early,
        Err(error) => End::Lost(error),
    }
}

async fn silence(moved: &Moved, patience: Option<Duration>) {
    let Some(patience) = patience else { return std::future::pending().await };
    while let Some(rest) = patience.checked_sub(moved.idle()).filter(|rest| !rest.is_zero()) {
        tokio::time::sleep(rest).await;
    }
}

/// How a process ended, for a person.
fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            let name = match signal {
                6 => " (aborted)",
                9 => " (killed, perhaps for lack of memory)",
                11 => " (crashed)",
                15 => " (asked to end)",
                _ => "",
            };
            return format!("it was ended by signal {signal}{name}");
        }
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}"))
}
