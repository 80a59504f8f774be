//! `kronos backup`: starts every chosen profile and says how each one ended.

use kronos_engine::archive::Unit;
use kronos_engine::config::Config;
use kronos_engine::error::ErrorReport;
use kronos_engine::event::{Event, RunKind, RunResult, RunState, RunView};
use kronos_engine::ids::RunId;
use kronos_engine::{Engine, Error};

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::json::{Record, Summary};
use crate::output::Output;
use crate::render;
use crate::session::Session;
use crate::watch::{self, Stop};

pub async fn run(session: &Session<'_>, wanted: Vec<String>) -> Outcome {
    let output = session.output;
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    let profiles = choose(&engine.config()?, wanted)?;

    let mut runs = Vec::new();
    let mut refused = Vec::new();
    for profile in profiles {
        match engine.start_backup(&profile) {
            Ok(run) => runs.push(run),
            // One profile that cannot even start never stops the others.
            Err(error) => refused.push(not_started(profile, &error)),
        }
    }
    for view in &refused {
        output.json(&Event::RunFinished(view.clone()));
        say(&engine, view, output);
    }
    let on_end = |view: &RunView| say(&engine, view, output);
    let ended = watch::follow(&engine, &runs, &mut events, &mut stop, output, on_end).await;

    refused.extend(ended);
    let exit = Exit::of_backups(&refused);
    conclude(&refused, exit, output);
    Ok(exit)
}

/// The names to back up, each once, in the order in which they were given.
fn choose(config: &Config, wanted: Vec<String>) -> Result<Vec<String>, Failure> {
    let names: Vec<&str> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    if names.is_empty() {
        let next_step = "Add a `[databases.NAME]` table; `examples/config.toml` shows one";
        return Err(Failure::usage("The configuration names no database", next_step));
    }
    if wanted.is_empty() {
        return Ok(names.into_iter().map(ToOwned::to_owned).collect());
    }
    let mut chosen: Vec<String> = Vec::new();
    for name in wanted {
        if !names.contains(&name.as_str()) {
            return Err(unknown_profile(&name, &names));
        }
        if !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    Ok(chosen)
}

/// The failure for a profile that is not in the configuration.
pub fn unknown_profile(name: &str, names: &[&str]) -> Failure {
    let closest = names
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let list = match quoted.len() {
        0 => "The configuration names no profile".to_owned(),
        1 => format!("The only profile is {}", quoted[0]),
        _ => format!("The profiles are {}", quoted.join(", ")),
    };
    let next_step = match closest {
        Some((_, closest)) => format!("Did you mean `{closest}`? {list}"),
        None => list,
    };
    Failure::usage(format!("There is no profile `{name}`"), next_step)
}

fn not_started(profile: String, error: &Error) -> RunView {
    let now = jiff::Timestamp::now();
    let report = ErrorReport::new(format!("`{profile}` was not backed up"), error);
    let mut view = RunView::queued(RunId::generate(now), RunKind::Backup, profile, 0, now);
    (view.state, view.finished_at, view.error) = (RunState::Failed, Some(now), Some(report));
    view
}

fn say(engine: &Engine, view: &RunView, output: &Output) {
    let tables = match &view.result {
        Some(RunResult::Backup { backup, .. }) => {
            engine.backup(backup).ok().map(|details| tables(&details.units))
        }
        _ => None,
    };
    output.message(&render::ended(view, tables, output.message_style()));
}

fn tables(units: &[Unit]) -> u64 {
    units.iter().flat_map(|unit| &unit.objects).filter(|object| object.is_table()).count() as u64
}

fn conclude(runs: &[RunView], exit: Exit, output: &Output) {
    let count = |state: RunState| runs.iter().filter(|run| run.state == state).count();
    let summary = Summary {
        succeeded: count(RunState::Succeeded),
        warned: count(RunState::Warned),
        failed: count(RunState::Failed),
        cancelled: count(RunState::Cancelled),
        exit_code: exit.code(),
    };
    output.json(&Record::Summary(summary));
    output.message(&render::summary(&summary));
    watch::say_cancelled(runs, output);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        let cases: [(&[&str], &str); 4] = [
            (&["shop", "blog"], "Did you mean `shop`? The profiles are `shop`, `blog`"),
            (&["shop"], "Did you mean `shop`? The only profile is `shop`"),
            (&["media"], "The only profile is `media`"),
            (&[], "The configuration names no profile"),
        ];
        for (names, step) in cases {
            let failure = unknown_profile("shpo", names);
            assert_eq!(failure.report.next_step.as_deref(), Some(step));
            assert_eq!(failure.exit, Exit::Usage);
        }
    }
}
