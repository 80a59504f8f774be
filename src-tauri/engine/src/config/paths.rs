//! The folders of Kronos and the meaning of a path in the configuration file.
//!
//! Owns `~`, relative paths and the default places. Never looks at the disk: whether a path exists is
//! asked by whoever uses it, and a link stays a link.

use std::path::{Path, PathBuf};

/// The configuration file that is used when none is named: `kronos/config.toml` in the folder where
/// the desktop keeps settings.
pub fn default_path() -> Option<PathBuf> {
    dirs::config_dir().map(|folder| folder.join("kronos").join("config.toml"))
}

/// The folder that is proposed for backups: visible, in the user's home.
pub fn default_storage_path() -> Option<PathBuf> {
    dirs::home_dir().map(|home| home.join("Kronos Backups"))
}

/// The folder for what Kronos remembers by itself: the catalog, locks and logs.
pub fn state_dir() -> Option<PathBuf> {
    dirs::state_dir().or_else(dirs::data_local_dir).map(|folder| folder.join("kronos"))
}

/// The path that a person typed into a form: from the root or from `~` on, spaces around it ignored.
/// The error is a sentence.
pub fn typed_path(text: &str) -> Result<PathBuf, String> {
    let text = text.trim();
    if is_anchored(text) {
        resolve(text, Path::new(""))
    } else {
        Err("Write the whole path, from `/` or `~` on".to_owned())
    }
}

/// A path as a person says it: `~` stands for the home folder.
pub fn shown_path(path: &Path) -> String {
    let below_home =
        dirs::home_dir().and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned));
    match below_home {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// The folder against which relative paths of the configuration file `file` are read.
pub(super) fn base_of(file: &Path) -> PathBuf {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    absolute.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Makes the path that `text` means absolute: `~` is the home folder, anything relative starts in
/// `base`. `..` is kept, because removing it from the text would change the meaning behind a link.
/// The error is a sentence.
pub(super) fn resolve(text: &str, base: &Path) -> Result<PathBuf, String> {
    if text.contains('\0') {
        return Err("A path cannot contain a zero byte".to_owned());
    }
    let path = match text.strip_prefix('~') {
        None => base.join(text),
        Some("") => home()?,
        Some(rest) if rest.starts_with(std::path::is_separator) => {
            home()?.join(rest.trim_start_matches(std::path::is_separator))
        }
        Some(_) => {
            return Err("`~` can only stand alone or before a slash, as in `~/shop.db`".to_owned());
        }
    };
    let absolute = std::path::absolute(&path)
        .map_err(|_| "This path cannot be made absolute on this computer".to_owned())?;
    Ok(absolute.components().collect())
}

/// Like [`resolve`], for a value that the model keeps as text.
pub(super) fn resolve_text(text: &str, base: &Path) -> Result<String, String> {
    resolve(text, base)?
        .into_os_string()
        .into_string()
        .map_err(|_| "The folder before this path has a name that is not Unicode".to_owned())
}

/// Whether `text` means the same place wherever the configuration file is.
pub(super) fn is_anchored(text: &str) -> bool {
    text.starts_with('~') || Path::new(text).is_absolute()
}

fn home() -> Result<PathBuf, String> {
    dirs::home_dir().ok_or_else(|| "`~` has no meaning: there is no home folder".to_owned())
}
