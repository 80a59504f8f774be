//! A contest: several ways to back up the same database, in turns.
//!
//! Owns the rounds and the folders into which contenders write. The commands belong to the engines'
//! modules, the figures to `report`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use kronos_engine::units::bytes;

use super::measure::{Measured, measure};

const KRONOS: &str = env!("CARGO_BIN_EXE_kronos");

/// What a contender is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The tool alone, keeping nothing: no backup through it can be faster.
    Floor,
    /// What Kronos must not be slower than.
    Rival,
    /// Shown beside the others.
    Other,
    /// Kronos; the first one is the default.
    Kronos,
}

/// One way to make a backup into a folder, which is empty when it starts.
pub struct Contender {
    pub name: String,
    pub role: Role,
    pub command: Box<dyn Fn(&Path) -> Command>,
    pub runs: Vec<Measured>,
}

impl Contender {
    /// A pipeline that runs in its folder, with `secret` in its environment: the variable that names a file.
    pub fn shell(role: Role, name: &str, script: &str, secret: Option<(&str, &str)>) -> Self {
        let script = format!("set -euo pipefail; {script}");
        let secret = secret.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let command = move |folder: &Path| {
            let mut command = Command::new("bash");
            command.current_dir(folder).args(["-c", &script]).envs(secret.clone());
            command
        };
        Self { name: name.to_owned(), role, command: Box::new(command), runs: Vec::new() }
    }

    /// Kronos with the tables of `profile` in its configuration.
    pub fn kronos(profile: &str, codec: &'static str, level: &'static str) -> Self {
        let profile = profile.to_owned();
        let command = move |folder: &Path| {
            let config = configure(folder, &profile, codec, level);
            let mut command = kronos(folder);
            command.arg("backup").arg("--json").arg("--config").arg(config);
            command
        };
        let suffix = if (codec, level) == ("gzip", "balanced") { " (default)" } else { "" };
        let name = format!("kronos, {codec} {level}{suffix}");
        Self { name, role: Role::Kronos, command: Box::new(command), runs: Vec::new() }
    }

    /// A failure ends the bench: a wrong result has no speed. A tool may be cut off and look quick, so
    /// its status must be 0 and its size that of the first round.
    fn judge(&self, run: &Measured, complaints: &Path) {
        let fine = match self.role {
            // Kronos ends with 3 when there is something to know about a backup that it has made.
            Role::Kronos => matches!(run.status, Some(0 | 3)),
            _ => run.status == Some(0),
        };
        let said = fs::read_to_string(complaints).unwrap_or_default();
        assert!(fine, "{} ended with {:?}: {said}", self.name, run.status);
        let first = self.runs.first().map_or(run.bytes, |first| first.bytes);
        let same = run.bytes.abs_diff(first) <= first / 50;
        assert!(same, "{} made {} bytes, in its first round {first}", self.name, run.bytes);
        let made = run.bytes > 0 || self.role == Role::Floor;
        assert!(made, "{} made nothing", self.name);
    }

    /// Every setting of Kronos that is worth a comparison.
    pub fn kronos_settings(profile: &str) -> Vec<Self> {
        let settings = [
            ("gzip", "balanced"),
            ("gzip", "fast"),
            ("gzip", "small"),
            ("zstd", "balanced"),
            ("zstd", "small"),
        ];
        settings.into_iter().map(|(codec, level)| Self::kronos(profile, codec, level)).collect()
    }
}

/// The real program, with its state beside the contender's folder.
pub fn kronos(folder: &Path) -> Command {
    let mut command = Command::new(KRONOS);
    command.current_dir(folder).env("XDG_STATE_HOME", folder.with_extension("state"));
    command
}

fn configure(folder: &Path, profile: &str, codec: &str, level: &str) -> PathBuf {
    let text = format!(
        "[databases.bench]\n{profile}\n[storages.bench]\ntype = \"local\"\npath = '{}'\n\n\
         [compression]\ncodec = {codec:?}\nlevel = {level:?}\n",
        folder.display(),
    );
    let config = folder.with_extension("toml");
    fs::write(&config, text).expect("the bench folder is writable");
    config
}

/// Runs all contenders in turns, `rounds` times, so that a slow minute hits all of them.
pub fn run(contenders: &mut [Contender], rounds: u64, server: Option<u32>, folder: &Path) {
    for round in 1..=rounds {
        for (number, contender) in contenders.iter_mut().enumerate() {
            let out = folder.join(format!("contender-{number}"));
            empty(&out);
            let complaints = folder.join("complaints");
            let mut measured = measure((contender.command)(&out), server, &complaints);
            measured.bytes = archives(&out).iter().map(|archive| size(archive)).sum();
            let (name, size) = (&contender.name, bytes(measured.bytes));
            println!("round {round}: {name:<34} {:6.2} s {size:>8}", measured.seconds);
            contender.judge(&measured, &complaints);
            contender.runs.push(measured);
            // The default's last archive is read again later.
            if round < rounds || contender.role != Role::Kronos {
                empty(&out);
            }
        }
    }
}

/// The archive that the first setting of Kronos left.
pub fn last_archive(contenders: &[Contender], folder: &Path) -> PathBuf {
    let number = contenders.iter().position(|contender| contender.role == Role::Kronos);
    let out = folder.join(format!("contender-{}", number.expect("Kronos takes part")));
    archives(&out).pop().expect("Kronos made an archive")
}

fn empty(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("the bench folder is writable");
}

fn archives(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder exists").flatten();
    let is_record = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    entries.map(|entry| entry.path()).filter(|path| path.is_file() && !is_record(path)).collect()
}

pub fn size(path: &Path) -> u64 {
    fs::metadata(path).expect("the file exists").len()
}
