//! The files that the user gave to the window: dropped on it, chosen in a dialog, named at a start.
//!
//! Owns the only way from the id that the page knows to the path, which the page never names itself,
//! and what the page is told meanwhile. What is in a file is the engine's business.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kronos_engine::ids::RunId;
use serde::{Deserialize, Serialize};
use tauri::ipc::Channel;
use ts_rs::TS;

/// How many files are remembered; the page shows one at a time.
const REMEMBERED: usize = 32;

/// What the page calls a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export)]
pub struct FileId(String);

/// A file that the user gave to the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct OpenedFile {
    /// What the page calls it.
    pub id: FileId,
    /// Its name without its folder, for a person.
    pub name: String,
}

/// What the page is told of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "news", rename_all = "snake_case")]
#[ts(export)]
pub enum FileNews {
    /// Files are dragged over the window.
    Over {
        /// How many.
        count: usize,
        /// The name of the first one, for a person.
        name: String,
    },
    /// They are dragged somewhere else, or not at all any more.
    Left,
    /// The user opened one file.
    Opened {
        /// The file.
        file: OpenedFile,
    },
    /// The user gave several at once; none of them is opened.
    Several {
        /// How many.
        count: usize,
    },
}

/// All files that the user gave to the window since the program was started.
#[derive(Default)]
pub struct OpenedFiles(Mutex<State>);

#[derive(Default)]
struct State {
    last: u64,
    files: VecDeque<Entry>,
    pages: HashMap<String, Channel<FileNews>>,
    /// What came before there was a page that could hear it.
    waiting: Option<FileNews>,
    /// The paths of the drag as they are; those of the toolkit are text.
    dragged: Vec<PathBuf>,
}

struct Entry {
    file: OpenedFile,
    path: PathBuf,
    check: Option<RunId>,
}

impl OpenedFiles {
    /// Tells the page in this window everything from now on, and first what it has missed.
    pub fn join(&self, label: &str, channel: Channel<FileNews>) {
        let mut state = self.lock();
        if state.waiting.take().is_none_or(|news| channel.send(news).is_ok()) {
            state.pages.insert(label.to_owned(), channel);
        }
    }

    /// Forgets a window that is gone.
    pub fn leave(&self, label: &str) {
        self.lock().pages.remove(label);
    }

    /// Takes a file that the user has chosen.
    pub fn add(&self, path: PathBuf) -> OpenedFile {
        self.lock().add(path)
    }

    /// Takes what was dropped or named at a start: one file is opened, several are answered.
    pub fn open(&self, mut paths: Vec<PathBuf>) {
        let mut state = self.lock();
        let news = match (paths.len(), paths.pop()) {
            (1, Some(path)) => FileNews::Opened { file: state.add(path) },
            (0, _) => return,
            (count, _) => FileNews::Several { count },
        };
        if !state.tell(&news) {
            state.waiting = Some(news);
        }
    }

    /// Tells that these are dragged over the window.
    pub fn hover(&self, paths: &[PathBuf]) {
        if let Some(first) = paths.first() {
            self.lock().tell(&FileNews::Over { count: paths.len(), name: shown(first) });
        }
    }

    /// Tells that nothing is dragged over the window any more.
    pub fn hover_ended(&self) {
        self.lock().tell(&FileNews::Left);
    }

    /// Notes the paths of a drag, byte for byte.
    pub fn dragged(&self, paths: Vec<PathBuf>) {
        self.lock().dragged = paths;
    }

    /// The paths of the drag that the toolkit told as text, as they are.
    pub fn exact(&self, told: Vec<PathBuf>) -> Vec<PathBuf> {
        let dragged = self.lock().dragged.clone();
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        let same = dragged.len() == told.len()
            && dragged.iter().zip(&told).all(|(exact, told)| text(exact) == text(told));
        if same { dragged } else { told }
    }

    /// The file behind an id, and where it is.
    pub fn find(&self, id: &FileId) -> Option<(OpenedFile, PathBuf)> {
        let state = self.lock();
        state
            .files
            .iter()
            .find(|entry| entry.file.id == *id)
            .map(|entry| (entry.file.clone(), entry.path.clone()))
    }

    /// The run that checks this file, if one was started.
    pub fn check_of(&self, id: &FileId) -> Option<RunId> {
        let state = self.lock();
        state.files.iter().find(|entry| entry.file.id == *id)?.check.clone()
    }

    /// Notes the run that checks this file.
    pub fn note_check(&self, id: &FileId, run: RunId) {
        let mut state = self.lock();
        if let Some(entry) = state.files.iter_mut().find(|entry| entry.file.id == *id) {
            entry.check = Some(run);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every single operation leaves it complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, path: PathBuf) -> OpenedFile {
        self.last += 1;
        let file = OpenedFile { id: FileId(self.last.to_string()), name: shown(&path) };
        if self.files.len() == REMEMBERED {
            self.files.pop_front();
        }
        self.files.push_back(Entry { file: file.clone(), path, check: None });
        file
    }

    /// Whether any page heard it.
    fn tell(&mut self, news: &FileNews) -> bool {
        self.pages.retain(|_, channel| channel.send(news.clone()).is_ok());
        !self.pages.is_empty()
    }
}

fn shown(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).display().to_string()
}

#[cfg(test)]
mod tests;
