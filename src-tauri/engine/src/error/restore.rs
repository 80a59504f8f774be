//! Reasons to refuse a restore before it has any effect.

use super::{Error, ErrorCode};
use crate::ids::EngineKind;

/// Why a restore was not started or not completed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something stands at the target.
    #[error("`{target}` exists already, and Kronos does not overwrite it")]
    TargetExists {
        /// The target file.
        target: String,
    },
    /// Leftovers of another database would be mixed into the restored one.
    #[error("`{leftover}` belongs to another database and would be mixed into the restored one")]
    StaleJournal {
        /// The journal or write-ahead log beside the target.
        leftover: String,
    },
    /// The target's folder cannot be written.
    #[error("`{target}` cannot be written: {detail}")]
    TargetUnusable {
        /// The target file.
        target: String,
        /// Why.
        detail: String,
    },
    /// The target's disk is too small.
    #[error("`{target}` does not fit: {} needed, {} free", crate::units::bytes(*needed), crate::units::bytes(*free))]
    NoSpace {
        /// The target file.
        target: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The archive holds several databases and none was chosen.
    #[error("The archive holds {} databases: {}", names.len(), names.join(", "))]
    ChooseDatabase {
        /// The databases in the archive.
        names: Vec<String>,
    },
    /// The target of a replacing restore does not exist.
    #[error("There is no `{target}` to replace")]
    NothingToReplace {
        /// The target.
        target: String,
    },
    /// The user did not type what had to be typed.
    #[error("Replacing `{target}` was not confirmed: `{wanted}` has to be typed, exactly so")]
    NotConfirmed {
        /// The target.
        target: String,
        /// What has to be typed.
        wanted: String,
    },
    /// The owner of the target does not want it to be replaced.
    #[error("`{target}` is protected by the profile `{profile}`")]
    Protected {
        /// The target.
        target: String,
        /// The profile that protects it.
        profile: String,
    },
    /// The target is on another computer, and no profile allows to replace it.
    #[error(
        "`{target}` is {}, and Kronos replaces nothing there until a profile allows it",
        server_of.as_deref().map_or_else(
            || "on another computer".to_owned(),
            |profile| format!("on the server of the profile `{profile}`, on another computer"),
        )
    )]
    Elsewhere {
        /// The target.
        target: String,
        /// The profile whose server it is, where the address alone would not tell.
        server_of: Option<String>,
        /// The profile that could allow it.
        profile: Option<String>,
    },
    /// Nobody can tell whether the target is on the server of its safety backup.
    #[error("Whether `{target}` is on the server of this backup cannot be told any more")]
    ServerUnproven {
        /// The target.
        target: String,
    },
    /// The backup is from another server than the one whose database would be replaced.
    #[error(
        "`{target}` is on another server ({found}) than the database of this backup, `{source_database}` ({expected})"
    )]
    OtherServer {
        /// The target.
        target: String,
        /// The identity of its server.
        found: String,
        /// Where the backup was taken.
        source_database: String,
        /// The identity of that server.
        expected: String,
    },
    /// What an undo would replace is not what was replaced.
    #[error("The safety backup is of `{source_database}`, and the profile leads to `{target}` now")]
    OtherPlace {
        /// The database that would be replaced.
        target: String,
        /// The one that the safety backup is of.
        source_database: String,
    },
    /// Other programs use what is to be replaced.
    #[error("`{target}` is in use by {}", programs.join(", "))]
    InUse {
        /// The target.
        target: String,
        /// Who uses it.
        programs: Vec<String>,
        /// Whether Kronos may be told to disconnect them.
        can_disconnect: bool,
    },
    /// The storage has no room for the safety backup.
    #[error("The safety backup of `{target}` does not fit into `{storage}`: {} needed, {} free", crate::units::bytes(*needed), crate::units::bytes(*free))]
    NoRoomForSafety {
        /// The target.
        target: String,
        /// The storage.
        storage: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The safety backup failed, so nothing was replaced.
    #[error("No safety backup of `{target}` could be made: {cause}")]
    NoSafety {
        /// The target.
        target: String,
        /// Why.
        cause: Box<Error>,
    },
    /// The connection broke at the moment of the swap.
    #[error(
        "The connection broke at the moment of the swap, so it is not known whether `{target}` is the old or the new database; it is one of the two, complete"
    )]
    SwapUnknown {
        /// The target.
        target: String,
    },
    /// The connection broke at the moment of the swap, and the server cannot be asked any more.
    #[error(
        "The connection broke at the moment of the swap, so `{target}` may be incomplete until Kronos reaches the server again: it then ends the swap by itself, or puts the old database back"
    )]
    SwapInterrupted {
        /// The target.
        target: String,
    },
    /// There is nothing to undo.
    #[error("There is no restore to undo{}", run.as_deref().map(|run| format!(": `{run}` replaced nothing, or more than 7 days ago")).unwrap_or_default())]
    NothingToUndo {
        /// The restore that was asked for.
        run: Option<String>,
    },
    /// The last restore that was to replace something was killed, or is going on.
    #[error(
        "The restore `{run}` that was to replace `{target}` did not end, so it is not known which of the two is there; it is one of them, complete"
    )]
    NeverEnded {
        /// The restore.
        run: String,
        /// Its target.
        target: String,
    },
    /// The restore can be undone no more, or not now.
    #[error("The restore `{run}` cannot be undone: {reason}")]
    SafetyUnusable {
        /// The restore.
        run: String,
        /// Why, as a sentence without its full stop.
        reason: String,
    },
    /// A name or a pattern that means nothing in the backup.
    #[error("`{pattern}` is no table of `{database}`: {}", some_of(tables))]
    NoSuchTable {
        /// What was asked for.
        pattern: String,
        /// The database in the backup.
        database: String,
        /// Its tables.
        tables: Vec<String>,
    },
    /// Some tables were asked for, and none was named.
    #[error("No table was named")]
    NoTables,
    /// This version takes no single tables out of a backup of that engine.
    #[error("Kronos cannot take single tables out of a {engine} backup yet")]
    CannotChoose {
        /// The engine.
        engine: EngineKind,
    },
    /// What was asked for cannot be taken out of the rest.
    #[error("These tables cannot be taken out of the rest: {detail}")]
    CannotTakeOut {
        /// Why.
        detail: String,
    },
    /// Something that was asked for needs something that was not.
    #[error("`{name}` needs {needed}, which was not asked for")]
    NeedsMore {
        /// What was asked for.
        name: String,
        /// What it needs.
        needed: String,
    },
    /// Only all of a database can be replaced.
    #[error(
        "Only a whole database can replace one: some of its tables, or a scratch place, make a new one"
    )]
    ReplacesWhole,
    /// A scratch place was made on another server than the one that its profile leads to now.
    #[error("`{target}` was made on `{expected}`, and its profile leads to `{found}` now")]
    ScratchElsewhere {
        /// The scratch database.
        target: String,
        /// The server that has it.
        expected: String,
        /// The server that the profile names now.
        found: String,
    },
    /// There is no good backup of a profile yet.
    #[error("There is no good backup of `{profile}` that could be tested")]
    NothingToTest {
        /// The profile.
        profile: String,
    },
    /// A test came to its end without saying anything about the backup.
    #[error("The test says nothing about the backup: {why}: {cause}")]
    NoVerdict {
        /// What could not be done.
        why: String,
        /// Why not.
        cause: Box<Error>,
    },
    /// What was loaded is not what the manifest says.
    #[error("The restored database differs from the backup: {detail}")]
    Mismatch {
        /// The first difference.
        detail: String,
    },
}

/// Outside of the restore, so that nobody does it in passing.
fn unlock(profile: &str) -> String {
    format!(
        "If it may be replaced, take the protection away in the settings of `{profile}` (`protected = false`), and begin again"
    )
}

/// The first of these names.
fn some_of(names: &[String]) -> String {
    const LISTED: usize = 10;
    let shown = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "there is none".to_owned(),
        n if n > LISTED => format!("{shown} and {} more", n - LISTED),
        _ => shown,
    }
}

impl RestoreError {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::TargetExists { .. } => ErrorCode::TargetExists,
            Self::NoSpace { .. } | Self::NoRoomForSafety { .. } => ErrorCode::StorageFull,
            Self::Mismatch { .. } => ErrorCode::ArchiveDamaged,
            Self::ChooseDatabase { .. }
            | Self::NothingToUndo { .. }
            | Self::SafetyUnusable { .. }
            | Self::NothingToTest { .. }
            | Self::NoSuchTable { .. }
            | Self::NoTables
            | Self::NeedsMore { .. } => ErrorCode::Unknown,
            Self::NoSafety { cause, .. } => cause.code(),
            Self::NotConfirmed { .. } => ErrorCode::NotConfirmed,
            Self::Protected { .. } | Self::Elsewhere { .. } => ErrorCode::TargetLocked,
            Self::InUse { .. } => ErrorCode::TargetInUse,
            Self::NoVerdict { .. }
            | Self::CannotChoose { .. }
            | Self::CannotTakeOut { .. }
            | Self::ReplacesWhole => ErrorCode::NotSupported,
            Self::StaleJournal { .. }
            | Self::TargetUnusable { .. }
            | Self::NothingToReplace { .. }
            | Self::OtherServer { .. }
            | Self::OtherPlace { .. }
            | Self::ServerUnproven { .. }
            | Self::ScratchElsewhere { .. }
            | Self::NeverEnded { .. } => ErrorCode::TargetUnusable,
            Self::SwapUnknown { .. } | Self::SwapInterrupted { .. } => ErrorCode::OutcomeUnknown,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::Protected { profile, .. } | Self::Elsewhere { profile: Some(profile), .. } => {
                return unlock(profile);
            }
            Self::Elsewhere { profile: None, .. } => {
                "No profile takes this database; if it may be replaced, add it to one that says `protected = false`"
            }
            Self::TargetExists { .. } => "Choose a name that does not exist yet",
            Self::StaleJournal { .. } => "Choose another name, or move that file away",
            Self::TargetUnusable { .. } => "Choose another place or name",
            Self::NoSpace { .. } => "Choose a folder on another disk",
            Self::ChooseDatabase { .. } => "Name one of them with `--database NAME`",
            Self::NothingToReplace { .. } => {
                "Check the name; without `--replace` the restore makes it as a new one"
            }
            Self::NoSuchTable { .. } | Self::NoTables => {
                "`kronos inspect` shows the tables in a backup; a `*` stands for any text"
            }
            Self::CannotChoose { .. } | Self::CannotTakeOut { .. } => "Restore all of it to a new database and take the tables from there",
            Self::NeedsMore { .. } => "Ask for that as well",
            Self::ReplacesWhole => {
                "Restore the tables to a new database and copy from there what you need"
            }
            Self::NothingToTest { .. } => "Make a backup first: `kronos backup`",
            Self::NoVerdict { .. } => {
                "Try once more; where it stays so, restore the backup by hand to an empty server"
            }
            Self::NotConfirmed { .. } => "Look once more whether this is the database you mean",
            Self::OtherServer { .. } => {
                "Restore to a new database there, and replace the old one by hand if you mean it"
            }
            Self::OtherPlace { .. } | Self::ServerUnproven { .. } => {
                "Restore the safety backup with `--replace` if you mean that one; `kronos list` names it"
            }
            Self::ScratchElsewhere { .. } => "Remove it there by hand; nobody else will",
            Self::InUse { can_disconnect: true, .. } => {
                "Close these programs, or let Kronos end their connections with `--disconnect`"
            }
            Self::InUse { .. } => "Close these programs and try again",
            Self::NoRoomForSafety { .. } => {
                "Make room there, or restore to a new database beside the old one"
            }
            Self::NoSafety { .. } => {
                "Nothing was replaced; remove the cause, or restore to a new database beside the old one"
            }
            Self::SwapUnknown { .. } => {
                "Look at it, and if it is not the one you want: `kronos undo` names the way back"
            }
            Self::SwapInterrupted { .. } => {
                "When the server is back, start Kronos once more: what is open is ended first, and said"
            }
            Self::NeverEnded { .. } => {
                "Look at it; `kronos undo RUN` with that run brings back what was there before"
            }
            Self::SafetyUnusable { .. } => {
                "`kronos list` shows the safety backups that there are; `kronos undo RUN` undoes an earlier restore"
            }
            Self::NothingToUndo { .. } => "`kronos list` shows the safety backups that there are",
            Self::Mismatch { .. } => {
                "What was made was removed again; try once more, or use another backup"
            }
        }
        .to_owned()
    }
}
