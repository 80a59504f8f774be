//! The list of backups and what is known about each.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use super::picture::is_protected;
use super::{Engine, Reach};
use crate::archive::{Manifest, Sidecar, Unit};
use crate::catalog::{self, BackupRecord, RescanReport};
use crate::config::{Codec, Config, Profile};
use crate::database;
use crate::error::{Error, ErrorCode, Result};
use crate::event::Event;
use crate::ids::{BackupId, EngineKind, safe_name};
use crate::storage::Storage;
use crate::view::{BackupDetails, BackupStatus, BackupView};

impl Engine {
    /// All backups in the configured storages, newest first. Looks into every storage that can be
    /// reached, so a file that was deleted or added by hand is seen.
    pub async fn backups(&self) -> Result<Vec<BackupView>> {
        self.rescan().await?;
        self.known_backups()
    }

    /// All backups as the catalog knows them, newest first, without looking into the storages.
    pub(super) fn known_backups(&self) -> Result<Vec<BackupView>> {
        let config = self.config_or_empty()?;
        let places = places(&config);
        let records = self.0.catalog.backups()?;
        let known = records.into_iter().filter_map(|record| self.named(record, &places));
        Ok(known.collect())
    }

    /// Compares the catalog with the storages that can be reached.
    pub async fn rescan(&self) -> Result<RescanReport> {
        let config = self.config_or_empty()?;
        let before = self.0.catalog.backups()?;
        let mut total = RescanReport::default();
        let mut reach_changed = false;
        // Without a configuration nothing is known of the storages, so nothing is forgotten either.
        if self.config().is_ok() {
            let places: Vec<_> = places(&config).into_iter().map(|(_, place)| place).collect();
            self.0.catalog.keep_storages(&places)?;
        }
        for target in &config.storages {
            let Ok(storage) = Self::open_storage(target) else { continue };
            let location = storage.location();
            match catalog::reconcile(&self.0.catalog, &location, storage.as_ref()).await {
                Ok(report) => {
                    reach_changed |= self.note_reach(location, true);
                    total.add(&report);
                }
                Err(error) => {
                    if matches!(error, Error::Storage(_)) {
                        reach_changed |= self.note_reach(location, false);
                    }
                    tracing::info!(%error, storage = %target.name, "a storage was not looked into");
                }
            }
        }
        if reach_changed || self.0.catalog.backups()? != before {
            self.0.options.sink.emit(Event::BackupsChanged);
        }
        Ok(total)
    }

    /// Everything that is known about one backup.
    pub fn backup(&self, id: &BackupId) -> Result<BackupDetails> {
        let (record, sidecar) = self.find_backup(id)?;
        let storage = self.storage_at(&record.storage)?;
        let config = self.config()?;
        let unknown = || Error::Unknown { kind: "backup", name: id.to_string() };
        let backup = self.named(record, &places(&config)).ok_or_else(unknown)?;
        let location = storage.object_location(&sidecar.archive);
        let header = &sidecar.manifest.header;
        let targets = suggested_targets(header.engine, header.created_at, &sidecar.manifest.units);
        Ok(BackupDetails {
            restore_command: self.restore_command(id, &sidecar.manifest, &targets),
            manual_commands: manual_commands(&location, sidecar.codec, &sidecar.manifest),
            suggested_targets: targets,
            on_server: database::lives_on_server(sidecar.manifest.header.engine),
            restore_profiles: restore_profiles(&config, header.engine, &header.profile),
            backup,
            location,
            sha256: sidecar.sha256,
            units: sidecar.manifest.units,
            consistency: sidecar.manifest.consistency,
            server: sidecar.manifest.header.server,
            kronos_version: sidecar.manifest.header.kronos_version,
            codec: sidecar.codec,
        })
    }

    pub(super) fn find_backup(&self, id: &BackupId) -> Result<(BackupRecord, Sidecar)> {
        let unknown = || Error::Unknown { kind: "backup", name: id.to_string() };
        let places = places(&self.config()?);
        let is_configured = |storage: &str| places.iter().any(|(_, place)| place == storage);
        self.0.catalog.backup(id, is_configured)?.ok_or_else(unknown)
    }

    /// The configured storage at this location, open.
    pub(super) fn storage_at(&self, location: &str) -> Result<Arc<dyn Storage>> {
        let config = self.config()?;
        config
            .storages
            .iter()
            .filter_map(|target| Self::open_storage(target).ok())
            .find(|storage| storage.location() == location)
            .ok_or_else(|| Error::Unknown { kind: "storage", name: location.to_owned() })
    }

    /// Writes down what a check of a stored backup has found. A check that could not be carried out
    /// says nothing about the bytes.
    pub(super) fn note_check(
        &self,
        location: &str,
        id: &BackupId,
        error: Option<&Error>,
    ) -> Result<()> {
        let status = match error.map(Error::code) {
            None => BackupStatus::Verified,
            Some(ErrorCode::ArchiveDamaged | ErrorCode::NotAnArchive) => BackupStatus::Damaged,
            Some(ErrorCode::ObjectMissing) => BackupStatus::Missing,
            Some(_) => return Ok(()),
        };
        self.0.catalog.set_status(location, id, status, self.0.options.clock.now())?;
        self.0.options.sink.emit(Event::BackupsChanged);
        Ok(())
    }

    /// Notes whether a storage answered. Returns whether that is news.
    fn note_reach(&self, location: String, answers: bool) -> bool {
        let mut reach = self.0.reach.lock().unwrap_or_else(PoisonError::into_inner);
        reach.insert(location, answers).unwrap_or(true) != answers
    }

    /// Whether the storage at this location did not answer when it was last looked into.
    pub(super) fn is_unreachable(&self, location: &str) -> bool {
        let reach = self.0.reach.lock().unwrap_or_else(PoisonError::into_inner);
        reach.get(location) == Some(&false)
    }

    /// A row as a screen shows it: the storage by its name instead of its location, and whether it can
    /// be reached. `None` when no configured storage is there.
    fn named(&self, mut record: BackupRecord, places: &[(String, String)]) -> Option<BackupView> {
        let (name, location) = places.iter().find(|(_, location)| *location == record.storage)?;
        if self.is_unreachable(location) {
            record.status = BackupStatus::Unreachable;
        }
        record.storage.clone_from(name);
        Some(record)
    }

    fn restore_command(&self, id: &BackupId, manifest: &Manifest, targets: &[String]) -> String {
        let quote = |text: &str| shell_words::quote(text).into_owned();
        let mut command = format!("kronos restore {}", quote(id.as_str()));
        if let [first, _, ..] = manifest.databases().collect::<Vec<_>>().as_slice() {
            command.push_str(&format!(" --database {}", quote(&first.name)));
        }
        let target = targets.first().map_or("restored.sqlite", String::as_str);
        let config = self.config_path().display().to_string();
        command.push_str(&format!(" --to {} --config {}", quote(target), quote(&config)));
        command
    }
}

/// Notes that the storage of the object at `object` can be reached.
pub(super) fn reached(reach: &Reach, object: &str) {
    let mut reach = reach.lock().unwrap_or_else(PoisonError::into_inner);
    for (location, answers) in reach.iter_mut() {
        let rest = object.strip_prefix(location.as_str());
        *answers |= rest.is_some_and(|rest| rest.starts_with('/'));
    }
}

/// The name and the location of every storage that this version can open.
fn places(config: &Config) -> Vec<(String, String)> {
    let storages = config.storages.iter();
    storages
        .filter_map(|target| {
            Some((target.name.clone(), Engine::open_storage(target).ok()?.location()))
        })
        .collect()
}

/// A name for each restored unit: of a file a free one beside its source, of a database on a server its
/// own with the day behind it.
pub(super) fn suggested_targets(
    engine: EngineKind,
    created_at: jiff::Timestamp,
    units: &[Unit],
) -> Vec<String> {
    let stamp = created_at.strftime("%m%d").to_string();
    let on_server = database::lives_on_server(engine);
    let name = |unit: &Unit| {
        if on_server {
            suggested_database(&unit.name, &stamp)
        } else {
            suggested_target(&unit.source, &unit.name, &stamp)
        }
    };
    units.iter().map(name).collect()
}

/// What is offered as the target of a dump of another program: named after its database, or after its file.
pub(super) fn suggested_load(
    engine: EngineKind,
    now: jiff::Timestamp,
    path: &Path,
    database: Option<&String>,
) -> String {
    let stamp = now.strftime("%m%d").to_string();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // `shop.sql.gz` is called `shop`.
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or("dump");
    if database::lives_on_server(engine) {
        let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let stem = || stem.chars().map(legal).collect();
        return suggested_database(&database.cloned().unwrap_or_else(stem), &stamp);
    }
    suggested_target(&path.display().to_string(), &format!("{stem}.db"), &stamp)
}

/// `shop_restored_1122`, never longer than every server allows.
fn suggested_database(name: &str, stamp: &str) -> String {
    const LONGEST: usize = 63;
    let end = format!("_restored_{stamp}");
    format!("{}{end}", &name[..name.floor_char_boundary(LONGEST - end.len())])
}

/// `shop_restored_1122.db` beside the source; in the home folder when the source's folder is gone.
fn suggested_target(source: &str, name: &str, stamp: &str) -> String {
    let folder = Path::new(source).parent().filter(|folder| folder.is_dir());
    let folder = folder.map(Path::to_owned).or_else(dirs::home_dir).unwrap_or_default();
    let name = Path::new(name);
    let stem = name.file_stem().map_or_else(|| safe_name(""), |stem| stem.to_string_lossy().into());
    let extension = name.extension().map_or_else(|| "sqlite".into(), |end| end.to_string_lossy());
    let numbered = |number: u32| match number {
        1 => folder.join(format!("{stem}_restored_{stamp}.{extension}")),
        n => folder.join(format!("{stem}_restored_{stamp}_{n}.{extension}")),
    };
    let free = (1..1000).map(numbered).find(|path| std::fs::symlink_metadata(path).is_err());
    free.unwrap_or_else(|| numbered(1)).display().to_string()
}

pub(super) fn manual_commands(location: &str, codec: Codec, manifest: &Manifest) -> String {
    let archive = shell_words::quote(location);
    if database::lives_on_server(manifest.header.engine) {
        // Loading takes more than one line; the archive says them all, filled in.
        let print = match codec {
            Codec::Gzip => "tar -xzOf",
            Codec::Zstd => "tar --zstd -xOf",
        };
        return format!("{print} {archive} RESTORE.md");
    }
    let unpack = match codec {
        Codec::Gzip => "tar -xzf",
        Codec::Zstd => "tar --zstd -xf",
    };
    let members = manifest.units.iter().flat_map(|unit| &unit.parts);
    let lines =
        members.map(|part| format!("{unpack} {archive} {}", shell_words::quote(&part.member)));
    lines.collect::<Vec<_>>().join("\n")
}

/// The profiles whose server can take a database of this backup, its own one first, protected ones last.
pub(super) fn restore_profiles(config: &Config, engine: EngineKind, own: &str) -> Vec<String> {
    let fits = |profile: &&Profile| database::lives_on_server(engine) && profile.engine == engine;
    let mut profiles: Vec<&Profile> = config.profiles.iter().filter(fits).collect();
    profiles.sort_by_cached_key(|profile| (profile.name != own, is_protected(profile)));
    profiles.into_iter().map(|profile| profile.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protected_server_is_not_the_first_that_is_proposed_unless_the_backup_is_its_own() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("config.toml");
        let profile = |name: &str, lines: &str| {
            format!("[databases.{name}]\nengine = \"postgres\"\n{lines}\n")
        };
        let text = [
            "[storage]\ntype = \"local\"\npath = \"/backups\"\n".to_owned(),
            profile("a", "host = \"db.example.org\""),
            profile("b", "host = \"localhost\"\nprotected = true"),
            profile("c", "host = \"localhost\""),
            profile("d", "host = \"db.example.org\"\nprotected = false"),
        ];
        std::fs::write(&path, text.concat()).unwrap();
        let config = crate::config::load(&path).unwrap();
        let proposed = |own: &str| restore_profiles(&config, EngineKind::Postgres, own).concat();
        assert_eq!(proposed("nobody"), "cdab");
        assert_eq!(proposed("b"), "bcda");
        assert_eq!(restore_profiles(&config, EngineKind::Mysql, "a"), Vec::<String>::new());
    }
}
