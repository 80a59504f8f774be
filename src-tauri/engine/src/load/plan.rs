//! What is said before a dump is loaded.
//!
//! Owns what somebody has to know before they agree, and whether they have to agree at all.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::performer::LoadRequest;
use crate::archive::one_line;
use crate::database::{LoadRisk, RestoreTarget};
use crate::look::{DumpForm, FindingLevel, ForeignLook};

/// What is said before a dump is loaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LoadPlan {
    /// The file or folder.
    pub dump: String,
    /// What it is: "SQL script for MariaDB".
    pub form_label: String,
    /// What would be made.
    pub target: String,
    /// The user with whose rights it would be loaded; empty for a file.
    pub user: String,
    /// Whether it is code, so that somebody has to agree that it runs.
    pub is_code: bool,
    /// Whether it could do everything on the server's computer, so that somebody has to agree to that.
    pub is_unlimited: bool,
    /// What to know before, each one sentence: what was seen in it, and what cannot be prevented.
    pub warnings: Vec<String>,
    /// What is done otherwise than the dump says, each one sentence.
    pub notes: Vec<String>,
}

/// The definitions in `pg_dump`'s own formats are SQL like any other.
pub(super) fn is_code(look: &ForeignLook) -> bool {
    look.runs_code
        || matches!(look.form, DumpForm::PgCustom | DumpForm::PgTar | DumpForm::PgDirectory)
}

pub(super) fn said(request: &LoadRequest, risk: LoadRisk) -> LoadPlan {
    let look = &request.look;
    let target = target(&request.target);
    let is_code = is_code(look);
    LoadPlan {
        dump: look.location.clone(),
        form_label: look.form_label.clone(),
        user: risk.user.clone(),
        is_code,
        is_unlimited: is_code && risk.is_unlimited,
        notes: notes(look, &target),
        warnings: warnings(look, is_code, risk),
        target,
    }
}

fn warnings(look: &ForeignLook, is_code: bool, risk: LoadRisk) -> Vec<String> {
    let mut warnings = Vec::new();
    if is_code && !look.runs_code {
        warnings.push(
            "It is code: its definitions, functions and triggers are SQL that the server runs"
                .to_owned(),
        );
    }
    let seen = look.findings.iter().filter(|finding| finding.level == FindingLevel::Warning);
    warnings.extend(seen.map(|finding| finding.sentence.clone()));
    if is_code && !look.is_complete {
        warnings.push("Only its beginning was looked at; the rest may hold more".to_owned());
    }
    warnings.extend(risk.sentences);
    warnings
}

fn notes(look: &ForeignLook, target: &str) -> Vec<String> {
    let own = look.own_databases.first();
    let of_own = own.map(|own| {
        let (own, target) = (one_line(own), one_line(target));
        format!("The dump names its own database, `{own}`; that is left out, and all of it goes to `{target}` instead")
    });
    let of_place = look.sets_log_place.then(|| {
        "The place in the log of the old server (`GTID_PURGED`) is left out; the new database does not need it"
            .to_owned()
    });
    of_own.into_iter().chain(of_place).collect()
}

fn target(target: &RestoreTarget) -> String {
    match target {
        RestoreTarget::NewFile(path) | RestoreTarget::ReplaceFile(path) => {
            path.display().to_string()
        }
        RestoreTarget::NewDatabase(name) | RestoreTarget::ReplaceDatabase { name, .. } => {
            name.clone()
        }
    }
}
