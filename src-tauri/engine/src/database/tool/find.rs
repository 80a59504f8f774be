//! The search for a tool: the folder that the user chose, else the versioned folders of each system,
//! else the search path; in a container its own search path.
//!
//! Owns what is looked at, and asks each candidate for its version. A program that others may change,
//! a folder in the search path that is not absolute and anything that does not say a version are
//! passed over.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{Container, Packages, Place, Tool, ToolVersion};
use crate::error::{Result, ServerError};

/// A tool that only has to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is looked for.
pub(in super::super) struct Search {
    /// The names that the tool may have, the best first: `mariadb-dump`, `mysqldump`.
    pub(in super::super) names: &'static [&'static str],
    /// Folders to look in, with `*` for one component: `/usr/lib/postgresql/*/bin`.
    pub(in super::super) folders: &'static [&'static str],
    /// Reads the version out of what the tool prints.
    pub(in super::super) version: fn(&str) -> Option<ToolVersion>,
}

/// All tools that fit the search, in the order of its names, each once.
///
/// # Errors
/// [`ServerError::ToolMissing`], with the command that installs `packages`, when there is none.
pub(in super::super) async fn find_all(
    search: &Search,
    place: &Place,
    chosen: Option<&Path>,
    packages: &Packages,
) -> Result<Vec<Tool>> {
    let (tools, looked) = match place {
        Place::Here => find_here(search, chosen).await,
        Place::Container(container) => find_inside(search, container).await,
    };
    if tools.is_empty() {
        return Err(ServerError::ToolMissing {
            tool: search.names.join(" or "),
            looked,
            install: packages.install_line(),
        }
        .into());
    }
    Ok(tools)
}

async fn find_here(search: &Search, chosen: Option<&Path>) -> (Vec<Tool>, String) {
    let folders = chosen.map_or_else(|| folders(search), |folder| vec![folder.to_owned()]);
    let mut seen = Vec::new();
    let mut tools = Vec::new();
    for name in search.names {
        for folder in &folders {
            let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            if !is_usable(&path) {
                continue;
            }
            // One program under two names, or in two folders that are one.
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let identity = (real, *name);
            if seen.contains(&identity) {
                continue;
            }
            seen.push(identity);
            let mut command = Command::new(&path);
            super::super::child::clean(&mut command);
            command.arg("--version");
            tools.extend(ask(command, search, name, path, Place::Here).await);
        }
    }
    let looked = match chosen {
        Some(folder) => format!("`{}`", folder.display()),
        None => format!("{} folders and the search path", search.folders.len()),
    };
    (tools, looked)
}

/// The folders to look in: the versioned ones, then those of the search path.
fn folders(search: &Search) -> Vec<PathBuf> {
    let versioned = search.folders.iter().filter_map(|pattern| glob::glob(pattern).ok());
    let mut folders: Vec<PathBuf> = versioned.flatten().filter_map(Result::ok).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path).filter(|folder| folder.is_absolute()));
    folders
}

/// Whether it is a program that only its owner or the system can change.
fn is_usable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        mode.is_some_and(|metadata| {
            let mode = metadata.permissions().mode();
            mode & 0o111 != 0 && mode & 0o002 == 0
        })
    }
    #[cfg(not(unix))]
    {
        path.is_file()
    }
}

async fn find_inside(
    search: &Search,
    container: &std::sync::Arc<Container>,
) -> (Vec<Tool>, String) {
    const SCRIPT: &str = r#"p=$(command -v "$1") && printf '%s\n' "$p" && "$p" --version"#;
    let mut tools = Vec::new();
    for name in search.names {
        let mut command = container.command();
        command.args(["exec", "-e", "LC_ALL=C.UTF-8", "--", container.name()]);
        command.args(["sh", "-c", SCRIPT, "sh", name]);
        let place = Place::Container(container.clone());
        tools.extend(ask(command, search, name, PathBuf::new(), place).await);
    }
    (tools, format!("the container `{}`", container.name()))
}

/// Lets a candidate say its version. In a container it says its path first.
async fn ask(
    mut command: Command,
    search: &Search,
    name: &'static str,
    path: PathBuf,
    place: Place,
) -> Option<Tool> {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (path, text) = match &place {
        Place::Here => (path, text.as_ref()),
        Place::Container(_) => {
            let (path, rest) = text.split_once('\n')?;
            (PathBuf::from(path), rest)
        }
    };
    let version_line = text.lines().find(|line| !line.trim().is_empty())?.trim().to_owned();
    let version = output.status.success().then(|| (search.version)(&version_line)).flatten()?;
    Some(Tool { name, version, version_line, path, place })
}
