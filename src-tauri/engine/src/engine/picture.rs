//! The one picture of everything that every screen draws from.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::{Engine, server_form};
use crate::config::{self, Config, Profile, StorageKind, StorageTarget};
use crate::database;
use crate::error::{ArchiveError, Error, ErrorReport, Result, StorageError};
use crate::event::{RunKind, RunState};
use crate::storage::Capacity;
use crate::view::{
    AppState, BackupStatus, BackupView, ProfileDraft, ProfileView, Protection, RunSummary,
    StorageView, Verdict, VerdictLevel,
};

impl Engine {
    /// Everything that the window draws its frame and Home from.
    pub async fn state(&self) -> Result<AppState> {
        let (config, config_error) = match self.config_or_empty() {
            Ok(config) => (config, None),
            Err(error) => {
                let report = ErrorReport::new("The configuration cannot be used", &error);
                let fine = "Your databases and your backups are as they were";
                (Config::default(), Some(report.with_not_affected(fine)))
            }
        };
        let backups = if config_error.is_none() { self.known_backups()? } else { Vec::new() };
        let profiles = self.profile_views(&config, &backups)?;
        let rooms: Vec<_> = config.storages.iter().map(Room::ask).collect();
        let mut storages = Vec::new();
        for (index, (target, room)) in config.storages.iter().zip(rooms).enumerate() {
            storages.push(self.storage_view(target, index == 0, room, &backups).await);
        }
        Ok(AppState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config_path: self.config_path().display().to_string(),
            config_error,
            config_warnings: config.warnings.clone(),
            verdict: verdict(&profiles),
            profiles,
            storages,
            active_runs: self.active_runs(),
            recent_runs: self.ended_runs(),
            settled_swaps: self.settled_swaps(),
            settings: config.settings,
            default_storage_path: config::default_storage_path()
                .map_or_else(String::new, |path| path.display().to_string()),
        })
    }

    fn profile_views(&self, config: &Config, backups: &[BackupView]) -> Result<Vec<ProfileView>> {
        config.profiles.iter().map(|profile| self.profile_view(profile, config, backups)).collect()
    }

    fn profile_view(
        &self,
        profile: &Profile,
        config: &Config,
        backups: &[BackupView],
    ) -> Result<ProfileView> {
        let storage = config.storage_of(profile).ok().map(|storage| storage.name.clone());
        let own = |backup: &&BackupView| backup.profile == profile.name && backup.safety.is_none();
        let newest = backups.iter().find(own);
        let good = |backup: &&BackupView| backup.status == BackupStatus::Verified;
        let last_run = self.last_run(&profile.name)?;
        let on_server = database::lives_on_server(profile.engine);
        let sources = if on_server { Vec::new() } else { sources(profile) };
        Ok(ProfileView {
            name: profile.name.clone(),
            engine: profile.engine,
            engine_label: profile.engine.label().to_owned(),
            on_server,
            location: if on_server {
                server_form::location(profile)
            } else {
                location(profile, &sources)
            },
            draft: ProfileDraft {
                name: profile.name.clone(),
                engine: profile.engine,
                paths: sources,
                server: on_server.then(|| server_form::draft(&profile.connection)),
                storage: profile.storage.clone(),
                protected: profile.environment.protected,
                tag: profile.environment.tag.clone().unwrap_or_default(),
            },
            is_protected: is_protected(profile),
            protection: protection(newest, last_run.as_ref()),
            problem: newest.and_then(problem),
            last_backup: backups.iter().filter(own).find(good).cloned(),
            restore_test: Self::last_test(backups.iter().filter(own)),
            last_run,
            storage,
        })
    }

    async fn storage_view(
        &self,
        target: &StorageTarget,
        is_default: bool,
        room: Room,
        backups: &[BackupView],
    ) -> StorageView {
        let (kind_label, location) = match &target.kind {
            StorageKind::Local { path } => ("Folder on this computer", path.display().to_string()),
            StorageKind::S3 { bucket, .. } => ("S3 bucket", format!("s3://{bucket}")),
        };
        let unreachable = self.is_unreachable(&room.location);
        let supported = room.asked.is_ok();
        let capacity = room.answer().await;
        let inside = || backups.iter().filter(|backup| backup.storage == target.name);
        let count = inside().count() as u64;
        let report = |error: &Error| {
            let what = match count {
                0 => format!("`{}` cannot be used right now", target.name),
                1 => format!("`{}` cannot be reached, and 1 backup is in it", target.name),
                n => format!("`{}` cannot be reached, and {n} backups are in it", target.name),
            };
            ErrorReport::new(what, error)
        };
        let (capacity, problem) = match capacity {
            // The room is that of the parent in which the folder would be made again.
            Ok(capacity) if unreachable && count > 0 => {
                (capacity, Some(report(&out_of_reach(location.clone()).into())))
            }
            Ok(capacity) => (capacity, None),
            Err(error) => (Capacity::default(), Some(report(&error))),
        };
        StorageView {
            name: target.name.clone(),
            kind_label: kind_label.to_owned(),
            location,
            supported,
            is_default,
            problem,
            backups: count,
            used_bytes: inside().fold(0, |sum, backup| sum.saturating_add(backup.stored_bytes)),
            free_bytes: capacity.free,
            total_bytes: capacity.total,
        }
    }

    fn last_run(&self, profile: &str) -> Result<Option<RunSummary>> {
        let run = self.0.catalog.last_run(RunKind::Backup, profile)?;
        Ok(run.map(|run| RunSummary {
            finished_at: run.finished_at.unwrap_or(run.started_at),
            id: run.id,
            kind: run.kind,
            state: run.state,
            started_at: run.started_at,
            error: run.error,
        }))
    }
}

/// Whether a restore must not replace its databases.
pub(super) fn is_protected(profile: &Profile) -> bool {
    let connection = database::connect(profile.engine, &profile.connection);
    let is_remote = connection.is_ok_and(|connection| connection.location().is_remote());
    profile.environment.is_protected(is_remote)
}

/// A storage that was asked for its room. All are asked at once, and none is waited for long: a disk
/// that hangs must not keep the window from opening.
struct Room {
    location: String,
    asked: Result<tokio::task::JoinHandle<Result<Capacity>>>,
}

impl Room {
    const PATIENCE: Duration = Duration::from_secs(2);

    fn ask(target: &StorageTarget) -> Self {
        match Engine::open_storage(target) {
            Ok(storage) => {
                let location = storage.location();
                Self { location, asked: Ok(tokio::spawn(async move { storage.capacity().await })) }
            }
            Err(error) => Self { location: String::new(), asked: Err(error) },
        }
    }

    async fn answer(self) -> Result<Capacity> {
        match tokio::time::timeout(Self::PATIENCE, self.asked?).await {
            Ok(Ok(capacity)) => capacity,
            Ok(Err(panic)) => Err(Error::Internal(panic.to_string())),
            Err(_) => {
                let detail = "it does not answer".to_owned();
                Err(StorageError::Unavailable { storage: self.location, detail }.into())
            }
        }
    }
}

fn protection(newest: Option<&BackupView>, last_run: Option<&RunSummary>) -> Protection {
    let failed =
        last_run.is_some_and(|run| matches!(run.state, RunState::Failed | RunState::Interrupted));
    match newest {
        _ if failed => Protection::Attention,
        None => Protection::Never,
        Some(backup) if backup.status != BackupStatus::Verified => Protection::Attention,
        Some(_) => Protection::Protected,
    }
}

/// What is wrong with a profile's newest backup, if anything is.
fn problem(newest: &BackupView) -> Option<ErrorReport> {
    let archive = newest.archive.clone();
    let error: Error = match newest.status {
        BackupStatus::Verified => return None,
        BackupStatus::Damaged => {
            let detail = "a check found other bytes than were written".to_owned();
            ArchiveError::Damaged { archive, detail }.into()
        }
        BackupStatus::Missing => {
            StorageError::NotFound { storage: newest.storage.clone(), key: archive }.into()
        }
        BackupStatus::Unreachable => out_of_reach(newest.storage.clone()).into(),
    };
    let what = format!("The newest backup of `{}` cannot be used", newest.profile);
    let mut report = ErrorReport::new(what, &error);
    let next_step = match newest.status {
        BackupStatus::Unreachable => "Connect the disk, or make a new backup in another storage",
        _ => "Make a new backup now, then look at the older ones",
    };
    report.next_step = Some(next_step.to_owned());
    Some(report.with_not_affected("Your database and the older backups are as they were"))
}

fn out_of_reach(storage: String) -> StorageError {
    let detail = "it could not be read when Kronos last looked".to_owned();
    StorageError::Unavailable { storage, detail }
}

/// The files of a profile, as its engine says it.
fn sources(profile: &Profile) -> Vec<String> {
    database::connect(profile.engine, &profile.connection)
        .map_or_else(|_| Vec::new(), |connection| connection.sources())
}

/// Where a profile's databases are, short enough for a table.
fn location(profile: &Profile, sources: &[String]) -> String {
    let paths: Vec<&Path> = sources.iter().map(Path::new).collect();
    match paths.as_slice() {
        [] => profile.connection.host.clone(),
        [one] => config::shown_path(one),
        [first, ..] => {
            let folder = first.parent().unwrap_or(first);
            let together = paths.iter().all(|path| path.parent() == Some(folder));
            let elsewhere = if together { "" } else { " and elsewhere" };
            format!("{} files in {}{elsewhere}", paths.len(), config::shown_path(folder))
        }
    }
}

fn verdict(profiles: &[ProfileView]) -> Verdict {
    let count = |wanted: Protection| profiles.iter().filter(|p| p.protection == wanted).count();
    let (attention, never) = (count(Protection::Attention), count(Protection::Never));
    let (level, sentence) = match (profiles, attention, never) {
        ([], _, _) => (VerdictLevel::Empty, "No database is backed up yet".to_owned()),
        (all, 1.., _) => {
            (VerdictLevel::Attention, of(attention, all, "needs", "need", "attention"))
        }
        (all, _, 1..) => (VerdictLevel::Incomplete, of(never, all, "has", "have", "no backup yet")),
        ([one], ..) => (VerdictLevel::Good, format!("`{}` is backed up", one.name)),
        (all, ..) => (VerdictLevel::Good, format!("All {} databases are backed up", all.len())),
    };
    let last = profiles.iter().filter_map(|profile| profile.last_backup.as_ref());
    let last_backup_at: Option<Timestamp> = last.map(|backup| backup.created_at).max();
    Verdict { level, sentence, last_backup_at }
}

fn of(some: usize, all: &[ProfileView], one: &str, many: &str, rest: &str) -> String {
    match all {
        [only] => format!("`{}` {one} {rest}", only.name),
        _ if some == 1 => format!("1 of {} databases {one} {rest}", all.len()),
        _ => format!("{some} of {} databases {many} {rest}", all.len()),
    }
}
