//! The command line of the window: `kronos-desktop [--config FILE] [FILE]`.
//!
//! Owns which files this program works on and which it opens. Everything else is asked from the
//! command `kronos`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use kronos_engine::config;
use url::Url;

use crate::words;

/// The files that this program works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    /// The configuration file.
    pub config: PathBuf,
    /// The folder below which state is kept.
    pub state_base: PathBuf,
    /// The files to look inside.
    pub files: Vec<PathBuf>,
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
    /// Reads the arguments behind the program's name, which were given in this folder. The error is
    /// ready to be printed.
    pub fn read(
        arguments: impl Iterator<Item = OsString>,
        folder: &Path,
    ) -> Result<Request, String> {
        let mut arguments = arguments;
        let (mut chosen, mut files) = (None, Vec::new());
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
                    chosen = Some(absolute(folder, &file)?);
                }
                Some("--") => {
                    let rest: Result<Vec<_>, _> =
                        arguments.by_ref().map(|file| existing(folder, &file)).collect();
                    files.extend(rest?);
                }
                _ => match file_after_equals(&argument) {
                    Some(file) => chosen = Some(absolute(folder, &file)?),
                    None if argument.as_encoded_bytes().starts_with(b"-") => {
                        return Err(unknown(&argument));
                    }
                    None => files.push(existing(folder, &argument)?),
                },
            }
        }
        let config = chosen.or_else(config::default_path).ok_or(words::NO_HOME)?;
        let state_base = config::state_dir().ok_or(words::NO_HOME)?;
        Ok(Request::Open(Self { config, state_base, files }))
    }
}

/// A second launch passes its arguments on as text. So a path that is none is written as an address
/// first, and the program begins anew with that. Returns only if there was nothing to do, or an error.
#[cfg(unix)]
pub fn pass_on_as_text(arguments: &Arguments) -> Option<String> {
    use std::os::unix::process::CommandExt;

    let given_as_address = std::env::args_os().any(|argument| address(&argument).is_some());
    let is_text = arguments.files.iter().all(|file| file.to_str().is_some());
    if is_text || given_as_address {
        return None;
    }
    let addresses = arguments.files.iter().filter_map(|file| Url::from_file_path(file).ok());
    let program = std::env::current_exe().map_err(|error| error.to_string());
    let error = program.map(|program| {
        let mut command = std::process::Command::new(program);
        command.arg("--config").arg(&arguments.config).arg("--");
        command.args(addresses.map(String::from)).exec().to_string()
    });
    Some(format!("{}: {}", words::NO_WINDOW, error.unwrap_or_else(|error| error)))
}

/// Elsewhere every path is text.
#[cfg(not(unix))]
pub fn pass_on_as_text(_: &Arguments) -> Option<String> {
    None
}

fn file_after_equals(argument: &OsStr) -> Option<OsString> {
    argument.to_str()?.strip_prefix("--config=").map(OsString::from)
}

fn absolute(folder: &Path, file: &OsStr) -> Result<PathBuf, String> {
    std::path::absolute(folder.join(file)).map_err(|error| format!("`--config`: {error}"))
}

/// A path, or an address as file managers pass it. One that is not there is most likely a mistake.
fn existing(folder: &Path, file: &OsStr) -> Result<PathBuf, String> {
    let path = address(file).unwrap_or_else(|| folder.join(file));
    match path.symlink_metadata() {
        Ok(_) => Ok(path),
        Err(_) => Err(format!("There is no file `{}`\n\n{}", path.display(), words::USAGE)),
    }
}

/// The path behind `file:///home/me/shop.tar.gz`.
fn address(text: &OsStr) -> Option<PathBuf> {
    let text = text.to_str().filter(|text| text.starts_with("file://"))?;
    Url::parse(text).ok()?.to_file_path().ok()
}

fn unknown(argument: &OsStr) -> String {
    format!("`{}` is not an argument of kronos-desktop\n\n{}", argument.display(), words::USAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Request, String> {
        let here = std::env::current_dir().unwrap();
        Arguments::read(arguments.iter().map(OsString::from), &here)
    }

    fn open(arguments: &[&str]) -> Arguments {
        match read(arguments) {
            Ok(Request::Open(arguments)) => arguments,
            other => panic!("{other:?}"),
        }
    }

    fn config(arguments: &[&str]) -> PathBuf {
        open(arguments).config
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
        assert_eq!(open(&["Cargo.toml"]).files, [here.join("Cargo.toml")]);
    }

    #[test]
    fn files_can_be_paths_and_addresses() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, odd) = (folder.path().join("a b.tar.gz"), folder.path().join("--config"));
        for file in [&plain, &odd] {
            std::fs::write(file, "x").unwrap();
        }
        let address = Url::from_file_path(&plain).unwrap().to_string();
        assert!(address.contains("a%20b"), "{address}");
        assert_eq!(open(&[&address]).files, std::slice::from_ref(&plain));
        let given =
            open(&[plain.to_str().unwrap(), "--config=/k.toml", "--", odd.to_str().unwrap()]);
        assert_eq!(given.files, [plain, odd]);
        assert_eq!(given.config, Path::new("/k.toml"));
    }

    #[cfg(unix)]
    #[test]
    fn an_address_brings_back_a_path_that_is_no_text() {
        use std::os::unix::ffi::OsStringExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(OsString::from_vec(b"\xff.gz".to_vec()));
        std::fs::write(&file, "x").unwrap();
        let address = Url::from_file_path(&file).unwrap();
        assert_eq!(open(&[address.as_str()]).files, [file]);
    }

    #[test]
    fn anything_else_is_refused_with_the_usage() {
        for arguments in [&["backup"][..], &["--confg", "x"], &["--config"], &["file:///no/such"]] {
            let problem = read(arguments).unwrap_err();
            assert!(problem.contains("--config"), "{problem}");
        }
    }
}
