//! The two streams of the process: data on stdout, words on stderr.
//!
//! Owns who may write where, colours, and the screen area of the progress bars, so that a message never
//! tears a bar apart. A reader that goes away (`kronos list | head`) is no failure.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use comfy_table::Table;
use indicatif::MultiProgress;
use serde::Serialize;
use tracing_subscriber::fmt::MakeWriter;

use crate::exit::Exit;
use crate::render::{Style, harmless, harmless_json};

/// Where a command writes. Cheap to clone.
#[derive(Clone)]
pub struct Output(Arc<Streams>);

struct Streams {
    json: bool,
    interactive: bool,
    width: Option<u16>,
    stdout: Style,
    stderr: Style,
    bars: MultiProgress,
    /// The first failure to write data, other than a reader that went away.
    broken: Mutex<Option<io::Error>>,
}

impl Output {
    /// The streams of this process.
    pub fn for_process(json: bool) -> Self {
        let interactive = io::stderr().is_terminal();
        Self(Arc::new(Streams {
            json,
            interactive,
            // A table knows how to ask the system, and answers for stdout.
            width: Table::new().width().filter(|_| io::stdout().is_terminal()),
            stdout: Style::new(io::stdout().is_terminal() && colours_wanted()),
            stderr: Style::new(interactive && colours_wanted()),
            bars: MultiProgress::new(),
            broken: Mutex::default(),
        }))
    }

    /// Whether stdout carries JSON lines.
    pub fn is_json(&self) -> bool {
        self.0.json
    }

    /// Whether progress bars can be drawn.
    pub fn can_draw(&self) -> bool {
        self.0.interactive && !self.0.json
    }

    /// The area of the bars.
    pub fn bars(&self) -> &MultiProgress {
        &self.0.bars
    }

    /// The columns of the terminal that shows data; `None` for a file or a pipe.
    pub fn width(&self) -> Option<u16> {
        self.0.width
    }

    /// How data looks.
    pub fn data_style(&self) -> Style {
        self.0.stdout
    }

    /// How messages look.
    pub fn message_style(&self) -> Style {
        self.0.stderr
    }

    pub fn colours_on_stderr(&self) -> bool {
        self.0.stderr.is_coloured()
    }

    /// Prints data for a person. With `--json` the same data goes out as records instead.
    pub fn data(&self, text: &str) {
        if !self.0.json {
            self.write(harmless(text).as_bytes());
        }
    }

    /// Prints one JSON line, when `--json` was given.
    pub fn json(&self, line: &impl Serialize) {
        if !self.0.json {
            return;
        }
        match serde_json::to_string(line) {
            Ok(text) => self.write(format!("{}\n", harmless_json(&text)).as_bytes()),
            Err(error) => self.note_broken(io::Error::other(error)),
        }
    }

    /// Tells a person something. A stderr that is closed has no reader to miss it.
    pub fn message(&self, text: &str) {
        self.0.bars.suspend(|| {
            let mut stderr = io::stderr().lock();
            let text = harmless(text);
            let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n"));
        });
    }

    /// The last act: data that could not be written turns a success into a failure.
    pub fn finish(&self, exit: Exit) -> ExitCode {
        let broken = self.0.broken.lock().unwrap_or_else(PoisonError::into_inner).take();
        match broken {
            Some(error) => {
                self.message(&format!("Cannot write to stdout: {error}"));
                if exit == Exit::Success { Exit::Failed } else { exit }.into()
            }
            None => exit.into(),
        }
    }

    /// Where log lines go.
    pub fn log_writer(&self) -> LogLines {
        LogLines(self.0.bars.clone())
    }

    fn write(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            self.note_broken(error);
        }
    }

    fn note_broken(&self, error: io::Error) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.0.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    }
}

/// <https://no-color.org>: any value but the empty one counts.
fn colours_wanted() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Log lines on stderr, above the bars.
pub struct LogLines(MultiProgress);

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = &'a LogLines;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().lock().write_all(bytes)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
