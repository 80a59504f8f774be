//! `kronos restore`: a database out of a backup, always as a new file or a new database.

use std::ffi::OsStr;

use kronos_engine::engine::RestoreOrder;
use kronos_engine::event::RunView;

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::render;
use crate::selection::{Selected, select};
use crate::session::Session;
use crate::watch::{self, Stop};

pub async fn run(session: &Session<'_>, archive: &OsStr, order: RestoreOrder) -> Outcome {
    let output = session.output;
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    let run = match select(&engine, archive).await? {
        Selected::Stored(id) => engine.start_restore_to(&id, order)?,
        Selected::File(path) => engine.start_restore_file(path, order).await?,
    };
    let on_end = |view: &RunView| {
        output.message(&render::ended(view, None, output.message_style()));
    };
    let ended = watch::follow(&engine, &[run], &mut events, &mut stop, output, on_end).await;
    watch::say_cancelled(&ended, output);
    Ok(ended.first().map_or(Exit::Failed, Exit::of_run))
}
