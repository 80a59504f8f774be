//! What a tool prints as complaints: the last lines, without secrets.
//!
//! Owns the limits (a client echoes a failing statement of many megabytes) and the redaction.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::secret::Secret;

const MAX_LINES: usize = 50;
const MAX_LINE: usize = 1000;

/// The last lines that a tool printed. Clones share them.
#[derive(Clone)]
pub(super) struct Complaints {
    lines: Arc<Mutex<VecDeque<String>>>,
    hidden: Arc<[Secret]>,
}

impl Complaints {
    pub(super) fn new(hidden: &[Secret]) -> Self {
        // What is printed is looked at line by line, so a secret of several lines is several secrets.
        let lines = hidden.iter().flat_map(|secret| secret.expose().split(['\n', '\r']));
        let lines: Vec<Secret> = lines.map(Secret::new).collect();
        Self { lines: Arc::default(), hidden: lines.into() }
    }

    /// Reads to the end, in pieces of bounded length.
    pub(super) async fn collect(self, mut from: impl AsyncRead + Unpin) {
        let (mut buffer, mut line) = (vec![0; 8192], Vec::new());
        while let Ok(count) = from.read(&mut buffer).await {
            if count == 0 {
                break;
            }
            for byte in &buffer[..count] {
                match byte {
                    // Progress bars are rewritten in place.
                    b'\n' | b'\r' => self.push(&std::mem::take(&mut line)),
                    _ if line.len() < 4 * MAX_LINE => line.push(*byte),
                    _ => {}
                }
            }
        }
        self.push(&line);
    }

    fn push(&self, line: &[u8]) {
        let text = self.redacted(&String::from_utf8_lossy(line));
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let mut shown: String = text.chars().filter(|c| !c.is_control()).take(MAX_LINE).collect();
        if shown.len() < text.len() && text.chars().count() > MAX_LINE {
            shown.push('…');
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(shown);
    }

    /// A secret of one or two characters would blacken every second word and hide nothing.
    fn redacted(&self, text: &str) -> String {
        let secrets = self.hidden.iter().filter(|secret| secret.expose().chars().count() > 2);
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.expose(), "…"))
    }

    /// The lines, oldest first.
    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_of_several_lines_is_hidden_in_each_of_them() {
        let complaints = Complaints::new(&[Secret::new("p$a\"b'c\nkü🔑")]);
        complaints
            .clone()
            .collect(&b"bad password 'p$a\"b'c\nk\xc3\xbc\xf0\x9f\x94\x91' given\n"[..])
            .await;
        assert_eq!(complaints.lines(), ["bad password '…", "…' given"]);
    }
}
