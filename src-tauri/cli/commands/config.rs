//! `kronos config`: whether the configuration can be used, and which one it is.

use kronos_engine::config::{self, Config};
use kronos_engine::error::ConfigError;
use kronos_engine::{Error, units};

use crate::args::ConfigCommand;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::json::{ConfigSummary, Problem, Record};
use crate::output::Output;
use crate::session::Session;

pub fn run(session: &Session<'_>, command: ConfigCommand) -> Outcome {
    match command {
        ConfigCommand::Check => check(session),
        ConfigCommand::Path => path(session),
    }
}

fn check(session: &Session<'_>) -> Outcome {
    let path = session.config_path()?;
    let config = config::load(&path).map_err(|error| {
        if let Error::Config(ConfigError::Invalid { problems, .. }) = &error {
            for problem in problems {
                session.output.json(&Record::ConfigProblem(Problem::from(problem)));
            }
        }
        Failure::from(error)
    })?;
    show(&path.display().to_string(), &config, session.output);
    Ok(Exit::Success)
}

fn show(path: &str, config: &Config, output: &Output) {
    let profiles = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let storages = config.storages.iter().map(|storage| storage.name.as_str()).collect();
    let warnings = &config.warnings;
    let summary = ConfigSummary { path: path.to_owned(), profiles, storages, warnings };
    let style = output.data_style();
    let mut text = format!("{} `{path}` can be used\n", style.good("✓"));
    text.push_str(&names("profile", &summary.profiles));
    text.push_str(&names("storage", &summary.storages));
    for warning in warnings {
        text.push_str(&format!("{} {warning}\n", style.warning("!")));
    }
    output.json(&Record::Config(summary));
    output.data(&text);
}

fn names(kind: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    match names.len() {
        0 => format!("  no {kind}\n"),
        many => format!("  {} {kind}{plural}: {}\n", units::count(many as u64), quoted.join(", ")),
    }
}

fn path(session: &Session<'_>) -> Outcome {
    let path = session.config_path()?;
    let exists = path.exists();
    let text = path.display().to_string();
    session.output.data(&format!("{text}\n"));
    if !exists {
        session.output.message("This file does not exist yet");
    }
    session.output.json(&Record::ConfigPath { path: text, exists });
    Ok(Exit::Success)
}
