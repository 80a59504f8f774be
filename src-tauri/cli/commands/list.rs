//! `kronos list`: the backups of the storages that can be reached, newest first.

use kronos_engine::Engine;

use super::backup::unknown_profile;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::json::Record;
use crate::output::Output;
use crate::render;
use crate::session::Session;
use crate::when::Now;

pub async fn run(session: &Session<'_>, profile: Option<String>) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    let mut backups = engine.backups().await?;
    if let Some(profile) = &profile {
        backups.retain(|backup| backup.profile == *profile);
    }
    unreachable(&engine, output).await?;
    if backups.is_empty() {
        return nothing(&engine, profile.as_deref(), output);
    }
    for backup in &backups {
        output.json(&Record::Backup(backup));
    }
    output.data(&render::list(&backups, &Now::system(), output.data_style(), output.width()));
    Ok(Exit::Success)
}

/// A list that may be out of date says so.
async fn unreachable(engine: &Engine, output: &Output) -> Result<(), Failure> {
    for storage in engine.state().await?.storages {
        if let Some(problem) = storage.problem {
            let sign = output.message_style().warning("!");
            let (name, why) = (storage.name, problem.why);
            output.message(&format!("{sign} `{name}` was not looked into: {why}"));
        }
    }
    Ok(())
}

fn nothing(engine: &Engine, profile: Option<&str>, output: &Output) -> Outcome {
    let config = engine.config()?;
    let names: Vec<&str> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let style = output.message_style();
    let (text, command) = match profile {
        Some(name) if !names.contains(&name) => return Err(unknown_profile(name, &names)),
        Some(name) => {
            let command = format!("kronos backup {}", shell_words::quote(name));
            (format!("`{name}` has no backup yet"), command)
        }
        None => ("There is no backup yet".to_owned(), "kronos backup".to_owned()),
    };
    output.message(&format!("{text}\n{} Make one with `{command}`", style.hint("hint:")));
    Ok(Exit::Success)
}
