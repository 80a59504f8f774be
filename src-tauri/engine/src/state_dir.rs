//! Where Kronos keeps what belongs to one configuration file: locks, unfinished runs, working copies,
//! the catalog, scratch places.
//!
//! Owns the layout of that folder and nothing in it. Every configuration file has a folder of its own,
//! so that two projects with a profile of the same name never see each other's runs.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::files::create_private_dir;
use crate::ids::safe_name;

/// The folder of one configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// The folder for `config` below `base`, for example `~/.local/state/kronos/config-3f9a12bc`.
    /// The name is made from the file's full path.
    pub fn for_config(base: &Path, config: &Path) -> Self {
        let full = std::fs::canonicalize(config)
            .or_else(|_| std::path::absolute(config))
            .unwrap_or_else(|_| config.to_owned());
        let digest = Sha256::digest(full.as_os_str().as_encoded_bytes());
        let stem = full.file_stem().unwrap_or_default().to_string_lossy();
        let [a, b, c, d, ..] = digest[..] else { unreachable!("SHA-256 has 32 bytes") };
        Self(base.join(format!("{}-{a:02x}{b:02x}{c:02x}{d:02x}", safe_name(&stem))))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The catalog's file.
    pub fn catalog(&self) -> PathBuf {
        self.0.join("catalog.sqlite")
    }

    /// Lock files, one per profile.
    pub fn locks(&self) -> PathBuf {
        self.0.join("locks")
    }

    /// Records of runs that have not ended yet.
    pub fn pending(&self) -> PathBuf {
        self.0.join("pending")
    }

    /// Working copies, one folder per run.
    pub fn scratch(&self) -> PathBuf {
        self.0.join("scratch")
    }

    /// Scratch places that Kronos has promised to remove.
    pub fn places(&self) -> PathBuf {
        self.0.join("places")
    }

    /// Creates the folders, readable by their owner only.
    pub fn create(&self) -> Result<()> {
        for folder in [self.locks(), self.pending(), self.scratch(), self.places()] {
            create_private_dir(&folder).map_err(|error| Error::file("create", &folder, error))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_configuration_has_its_own_folder() {
        let base = Path::new("/state");
        let one = StateDir::for_config(base, Path::new("/a/config.toml"));
        let two = StateDir::for_config(base, Path::new("/b/config.toml"));
        assert_ne!(one, two);
        assert_eq!(one, StateDir::for_config(base, Path::new("/a/config.toml")));
        assert!(one.root().starts_with("/state"), "{one:?}");
        assert_eq!(one.root().file_name().unwrap().len(), "config-00000000".len());
    }
}
