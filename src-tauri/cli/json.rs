//! The lines of `--json` that are not events of a run: one record each, told apart by `record`.
//!
//! Owns their shape; `src-tauri/docs/cli-json.md` describes it, and a test compares the two. A field is
//! never renamed or removed, new ones may come.

use kronos_engine::ErrorReport;
use kronos_engine::browse::TableRows;
use kronos_engine::compare::Comparison;
use kronos_engine::error::ConfigProblem;
use kronos_engine::load::LoadPlan;
use kronos_engine::look::ForeignLook;
use kronos_engine::view::{BackupView, TargetCard};
use serde::Serialize;

use crate::inspection::Inspection;

/// One line.
#[derive(Debug, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record<'a> {
    /// The command was not carried out.
    Error(&'a ErrorReport),
    /// How a backup of several profiles ended.
    Summary(Summary),
    /// One row of `list`.
    Backup(&'a BackupView),
    /// What `inspect` found.
    Archive(&'a Inspection),
    /// What `inspect` found in a file of another program.
    Dump(&'a ForeignLook),
    /// The rows that `inspect --rows` found.
    Rows(&'a TableRows),
    /// What `diff` found.
    Comparison(&'a Comparison),
    /// What stands at a target that `restore --replace` would replace.
    Target(&'a TargetCard),
    /// What is to be known before a dump of another program is loaded.
    Load(&'a LoadPlan),
    /// A safety backup that `undo --clean` has removed.
    Removed { backup: &'a str },
    /// One thing that is wrong in the configuration.
    ConfigProblem(Problem<'a>),
    /// A configuration that can be used.
    Config(ConfigSummary<'a>),
    /// Which configuration file is used.
    ConfigPath { path: String, exists: bool },
    /// One thing that `doctor` looked at.
    Check(&'a Check),
    /// One promise of a storage.
    Promise { storage: &'a str, promise: &'a str, broken: Option<&'a str> },
    /// A completion script.
    Completions { shell: String, script: &'a str },
}

/// How many profiles ended in which way.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Summary {
    pub succeeded: usize,
    pub warned: usize,
    pub failed: usize,
    pub cancelled: usize,
    pub exit_code: u8,
}

/// [`ConfigProblem`] as a line.
#[derive(Debug, Serialize)]
pub struct Problem<'a> {
    line: Option<usize>,
    key: &'a str,
    message: &'a str,
    suggestion: Option<&'a str>,
}

impl<'a> From<&'a ConfigProblem> for Problem<'a> {
    fn from(problem: &'a ConfigProblem) -> Self {
        Self {
            line: problem.line,
            key: &problem.key,
            message: &problem.message,
            suggestion: problem.suggestion.as_deref(),
        }
    }
}

/// The names in a configuration.
#[derive(Debug, Serialize)]
pub struct ConfigSummary<'a> {
    pub path: String,
    pub profiles: Vec<&'a str>,
    pub storages: Vec<&'a str>,
    pub warnings: &'a [String],
}

/// One thing that `doctor` looked at.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What was looked at: `configuration`, `storage`, `profile`, …
    pub area: &'static str,
    pub verdict: Verdict,
    pub text: String,
    pub next_step: Option<String>,
}

/// What `doctor` thinks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    Warning,
    Problem,
}

#[cfg(test)]
mod tests {
    use super::*;
    use kronos_engine::event::Event;

    const DOCUMENT: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src-tauri/docs/cli-json.md"));

    /// A new kind does not compile until it has a name here, and the test below wants it documented.
    fn name_of(record: &Record<'_>) -> &'static str {
        match record {
            Record::Error(_) => "error",
            Record::Summary(_) => "summary",
            Record::Backup(_) => "backup",
            Record::Archive(_) => "archive",
            Record::Dump(_) => "dump",
            Record::Rows(_) => "rows",
            Record::Comparison(_) => "comparison",
            Record::Target(_) => "target",
            Record::Load(_) => "load",
            Record::Removed { .. } => "removed",
            Record::ConfigProblem(_) => "config_problem",
            Record::Config(_) => "config",
            Record::ConfigPath { .. } => "config_path",
            Record::Check(_) => "check",
            Record::Promise { .. } => "promise",
            Record::Completions { .. } => "completions",
        }
    }

    const RECORDS: [&str; 16] = [
        "error",
        "summary",
        "backup",
        "archive",
        "dump",
        "rows",
        "comparison",
        "target",
        "load",
        "removed",
        "config_problem",
        "config",
        "config_path",
        "check",
        "promise",
        "completions",
    ];

    fn name_of_event(event: &Event) -> &'static str {
        match event {
            Event::RunQueued(_) => "run_queued",
            Event::RunPhase(_) => "run_phase",
            Event::RunProgress(_) => "run_progress",
            Event::RunFinished(_) => "run_finished",
            Event::BackupsChanged => "backups_changed",
            Event::ConfigChanged => "config_changed",
        }
    }

    const EVENTS: [&str; 6] = [
        "run_queued",
        "run_phase",
        "run_progress",
        "run_finished",
        "backups_changed",
        "config_changed",
    ];

    #[test]
    fn every_kind_is_documented_and_nothing_else_is() {
        let documented: Vec<&str> = DOCUMENT
            .lines()
            .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
            .collect();
        let mut wanted = EVENTS.to_vec();
        wanted.extend(RECORDS);
        assert_eq!(documented, wanted);
    }

    #[test]
    fn a_line_says_its_kind_by_the_documented_name() {
        let record = Record::ConfigPath { path: "config.toml".into(), exists: true };
        let line = serde_json::to_value(&record).unwrap();
        assert_eq!(line["record"], name_of(&record));
        let line = serde_json::to_value(Event::BackupsChanged).unwrap();
        assert_eq!(line["event"], name_of_event(&Event::BackupsChanged));
    }
}
