//! `kronos restore`: a database out of a backup, always as a new file.

use std::ffi::OsStr;
use std::path::{Path, absolute};

use kronos_engine::event::RunView;

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::render;
use crate::selection::{Selected, select};
use crate::session::Session;
use crate::watch::{self, Stop};

pub async fn run(
    session: &Session<'_>,
    archive: &OsStr,
    to: &Path,
    database: Option<String>,
) -> Outcome {
    let output = session.output;
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    // An empty path has no absolute form; the engine says what is wrong with it.
    let target = absolute(to).unwrap_or_else(|_| to.to_owned());
    let run = match select(&engine, archive).await? {
        Selected::Stored(id) => engine.start_restore_to(&id, database, target)?,
        Selected::File(path) => engine.start_restore_file(path, database, target).await?,
    };
    let on_end = |view: &RunView| {
        output.message(&render::ended(view, None, output.message_style()));
    };
    let ended = watch::follow(&engine, &[run], &mut events, &mut stop, output, on_end).await;
    watch::say_cancelled(&ended, output);
    Ok(ended.first().map_or(Exit::Failed, Exit::of_run))
}
