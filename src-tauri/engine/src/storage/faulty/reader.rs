//! A reader whose bytes end too early or come out wrong. Owns nothing but the bending.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use super::{Fault, Operation, Script};
use crate::storage::ObjectReader;

pub(super) struct FaultyReader {
    inner: ObjectReader,
    script: Arc<Script>,
    operation: Operation,
    fault: Fault,
    read: u64,
    fired: bool,
}

impl FaultyReader {
    /// A reader of `inner` that plays `fault`.
    pub fn new(
        inner: ObjectReader,
        script: Arc<Script>,
        operation: Operation,
        fault: Fault,
    ) -> Self {
        Self { inner, script, operation, fault, read: 0, fired: false }
    }

    /// Counts the fault once, when it has really changed what is read.
    fn fire(&mut self) {
        if !std::mem::replace(&mut self.fired, true) {
            self.script.record(self.operation, self.fault);
        }
    }
}

impl AsyncRead for FaultyReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let start = self.read;
        self.read += (buffer.filled().len() - before) as u64;
        match self.fault {
            Fault::Short(end) if self.read > end => {
                let keep = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
                buffer.set_filled(before + keep);
                self.fire();
            }
            Fault::Flip(at) if (start..self.read).contains(&at) => {
                let index = usize::try_from(at - start).unwrap_or(usize::MAX);
                buffer.filled_mut()[before + index] ^= 0x10;
                self.fire();
            }
            _ => {}
        }
        Poll::Ready(Ok(()))
    }
}
