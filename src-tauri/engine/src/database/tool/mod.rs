//! The dump and restore tools of the servers' makers: where they are, which version, how to get them.
//!
//! Owns the search and the place where a tool runs, this computer or a container. Which version an
//! engine wants belongs to that engine; starting a tool belongs to `child`.

mod container;
mod find;
mod install;
mod version;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::process::Command;

pub(super) use container::Container;
pub(super) use find::{Search, find_all};
pub(super) use install::Packages;
pub(super) use version::ToolVersion;

use crate::error::{Result, ServerError};

/// Where the tools of a connection run.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// On this computer.
    Here,
    /// In the container of the server.
    Container(Arc<Container>),
}

/// A tool that was found and has said its version.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// Its name: `pg_dump`.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: ToolVersion,
    /// What it printed when it was asked for its version.
    pub(super) version_line: String,
    path: PathBuf,
    place: Place,
}

impl Tool {
    /// Its absolute path, in its place.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name with its version: "`pg_dump` 15.18".
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Where it is, for a person: its path, or "in the container `shop-db`".
    pub(super) fn shown_place(&self) -> String {
        match &self.place {
            Place::Here => self.path.display().to_string(),
            Place::Container(container) => format!("in the container `{}`", container.name()),
        }
    }

    /// Whether it runs in a container.
    pub(super) fn is_contained(&self) -> bool {
        matches!(self.place, Place::Container(_))
    }

    /// The same, as if it were in `container`.
    #[cfg(test)]
    pub(super) fn put_into(self, container: Container) -> Self {
        Self { place: Place::Container(std::sync::Arc::new(container)), ..self }
    }

    /// The name of that container.
    pub(super) fn container(&self) -> Option<&OsStr> {
        match &self.place {
            Place::Here => None,
            Place::Container(container) => Some(OsStr::new(container.name())),
        }
    }

    /// A command of the container's runtime; of the tool itself where there is no container.
    pub(super) fn runtime_command(&self) -> Command {
        match &self.place {
            Place::Here => Command::new(&self.path),
            Place::Container(container) => container.command(),
        }
    }

    /// Starts `command`, which is a call of this tool.
    pub(super) fn spawn(&self, command: &mut CommandWrap) -> Result<Box<dyn ChildWrapper>> {
        command.spawn().map_err(|error: io::Error| {
            let detail = format!("`{}` cannot be started: {error}", self.path.display());
            ServerError::ToolFailed { tool: self.title(), detail }.into()
        })
    }
}

#[cfg(all(test, unix))]
mod tests;
