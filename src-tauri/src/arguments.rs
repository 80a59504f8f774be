//! The command line of the window: `kronos-desktop [--config FILE]`.
//!
//! Owns which files this program works on. Everything else is asked from the command `kronos`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use kronos_engine::config;

use crate::words;

/// The files that this program works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// The configuration file.
    pub config: PathBuf,
    /// The folder below which state is kept.
    pub state_base: PathBuf,
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Open the window.
    Open(Arguments),
    /// Print this and end.
    Say(String),
}

impl Arguments {
    /// Reads the arguments behind the program's name. The error is ready to be printed.
    pub fn from_command_line(arguments: impl Iterator<Item = OsString>) -> Result<Request, String> {
        let mut arguments = arguments;
        let mut chosen = None;
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(Request::Say(words::USAGE.to_owned())),
                Some("--version" | "-V") => {
                    return Ok(Request::Say(format!(
                        "kronos-desktop {}",
                        env!("CARGO_PKG_VERSION")
                    )));
                }
                Some("--config") => {
                    let file = arguments.next().ok_or("`--config` needs a file after it")?;
                    chosen = Some(absolute(&file)?);
                }
                _ => match file_after_equals(&argument) {
                    Some(file) => chosen = Some(absolute(&file)?),
                    None => return Err(unknown(&argument)),
                },
            }
        }
        let config = chosen.or_else(config::default_path).ok_or(words::NO_HOME)?;
        let state_base = config::state_dir().ok_or(words::NO_HOME)?;
        Ok(Request::Open(Self { config, state_base }))
    }
}

fn file_after_equals(argument: &OsStr) -> Option<OsString> {
    argument.to_str()?.strip_prefix("--config=").map(OsString::from)
}

fn absolute(file: &OsStr) -> Result<PathBuf, String> {
    std::path::absolute(Path::new(file)).map_err(|error| format!("`--config`: {error}"))
}

fn unknown(argument: &OsStr) -> String {
    format!("`{}` is not an argument of kronos-desktop\n\n{}", argument.display(), words::USAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Request, String> {
        Arguments::from_command_line(arguments.iter().map(OsString::from))
    }

    fn config(arguments: &[&str]) -> PathBuf {
        match read(arguments) {
            Ok(Request::Open(arguments)) => arguments.config,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_configuration_file_can_be_named_in_both_ways() {
        assert_eq!(config(&["--config", "/srv/k.toml"]), Path::new("/srv/k.toml"));
        assert_eq!(config(&["--config=/srv/k.toml"]), Path::new("/srv/k.toml"));
        assert_eq!(Some(config(&[])), config::default_path());
    }

    #[test]
    fn a_relative_file_is_meant_from_here() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(config(&["--config", "k.toml"]), here.join("k.toml"));
    }

    #[test]
    fn anything_else_is_refused_with_the_usage() {
        for arguments in [&["backup"][..], &["--confg", "x"], &["--config"]] {
            let problem = read(arguments).unwrap_err();
            assert!(problem.contains("--config"), "{problem}");
        }
    }
}
