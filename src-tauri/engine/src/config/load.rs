//! Reading a configuration file from disk and turning its text into a [`Config`].
//!
//! Owns the limits of the file (kind, size, encoding, mode) and the order of the checks. What each
//! table may contain belongs to `read`. Nothing here ever falls back to a default because something
//! is broken: a file is used as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::model::Config;
use super::{SecretSource, paths, read};
use crate::error::{ConfigError, ConfigProblem, Error, Result};

/// Nobody writes a configuration by hand that is larger; a dump or a log named by mistake is.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the configuration file `path`.
pub fn load(path: &Path) -> Result<Config> {
    let text = read_text(path)?;
    let mut config = parse(&text, path)?;
    warn_of_modes(&mut config, path);
    Ok(config)
}

/// Reads the configuration file `path`; without one, nothing is configured.
pub fn load_or_empty(path: &Path) -> Result<Config> {
    match load(path) {
        Err(Error::Config(ConfigError::Missing { .. })) => Ok(Config::default()),
        result => result,
    }
}

/// Reads `text`, which stands in the file `path`. The file itself is not touched: `path` gives the
/// folder for relative paths and the name in messages.
pub fn parse(text: &str, path: &Path) -> Result<Config> {
    read::config(without_bom(text), &paths::base_of(path)).map_err(|problems| {
        ConfigError::Invalid { path: path.display().to_string(), problems }.into()
    })
}

/// The text without the mark that some Windows editors put before it.
pub(super) fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The text of the file as it is, or why it cannot be one of ours.
pub(super) fn read_text(path: &Path) -> Result<String> {
    let bytes = read_bytes(path).map_err(|source| {
        let path = path.display().to_string();
        match source.kind() {
            io::ErrorKind::NotFound => ConfigError::Missing { path },
            _ => ConfigError::Unreadable { path, source },
        }
    })?;
    decode(bytes).map_err(|problem| {
        let path = path.display().to_string();
        ConfigError::Invalid { path, problems: vec![problem] }.into()
    })
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Before opening: opening a pipe would wait for a writer for ever.
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !kind.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(bytes)
}

fn decode(bytes: Vec<u8>) -> Result<String, ConfigProblem> {
    let problem = |line, message: &str| ConfigProblem {
        line: Some(line),
        key: String::new(),
        message: message.to_owned(),
        suggestion: None,
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(problem(1, "The file is saved as UTF-16; save it as UTF-8"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        problem(line, "This line is not UTF-8 text; save the file as UTF-8")
    })
}

/// Says when somebody else could change what Kronos reads and where it writes, or read a password.
pub(super) fn warn_of_modes(config: &mut Config, path: &Path) {
    if has_mode(path, 0o022) {
        let sentence = format!(
            "The configuration file `{}` can be changed by other users of this computer",
            path.display()
        );
        config.warnings.insert(0, sentence);
    }
    for profile in &config.profiles {
        let Some(SecretSource::File(file)) = &profile.connection.password else { continue };
        if has_mode(file, 0o077) {
            config.warnings.push(format!(
                "The password file `{}` of `{}` is open to other users of this computer; run \
                 `chmod 600` on it",
                paths::shown_path(file),
                profile.name
            ));
        }
    }
}

/// Whether the file `path` is there and has one of these bits.
fn has_mode(path: &Path, bits: u32) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & bits != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = (path, bits);
        false
    }
}
