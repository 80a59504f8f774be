//! `kronos undo`: what a restore has replaced comes back, by another restore of the same kind.

use kronos_engine::ids::RunId;

use super::restore;
use crate::exit::Exit;
use crate::failure::Outcome;
use crate::json::Record;
use crate::render;
use crate::session::Session;
use crate::watch::Stop;

pub async fn run(session: &Session<'_>, run: Option<String>, disconnect: bool) -> Outcome {
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    let undone = run.map(RunId::from_text);
    let (output, card) = (session.output, engine.undo_card(undone.as_ref()).await?);
    output.message(&render::undoing(&card, output.message_style()));
    let run = engine.start_undo(undone.as_ref(), disconnect).await?;
    Ok(restore::follow(session, &engine, run, &mut events, &mut stop).await)
}

/// `--clean`.
pub async fn clean(session: &Session<'_>) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    let removed = engine.remove_expired_safety_backups().await?;
    for backup in &removed {
        output.json(&Record::Removed { backup: backup.as_str() });
    }
    output.message(&render::removed(&removed));
    Ok(Exit::Success)
}
