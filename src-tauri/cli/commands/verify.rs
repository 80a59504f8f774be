//! `kronos verify`: reads backups to their end and compares every hash.

use std::ffi::OsString;

use kronos_engine::event::RunView;

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::render;
use crate::selection::{Selected, select};
use crate::session::Session;
use crate::watch::{self, Stop};

pub async fn run(session: &Session<'_>, archives: &[OsString]) -> Outcome {
    let output = session.output;
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    let (mut selected, mut refused) = (Vec::new(), Vec::new());
    for archive in archives {
        match select(&engine, archive).await {
            Ok(found) if selected.contains(&found) => {}
            Ok(found) => selected.push(found),
            // One that cannot be found never keeps the others from being checked.
            Err(failure) => {
                let what = format!("`{}` was not verified", archive.to_string_lossy());
                refused.push(super::report(&failure.while_trying(&what), output));
            }
        }
    }
    let mut runs = Vec::new();
    for backup in selected {
        runs.push(match backup {
            Selected::Stored(id) => engine.start_verify(&id)?,
            Selected::File(path) => engine.start_verify_file(path)?,
        });
    }
    let on_end = |view: &RunView| {
        output.message(&render::ended(view, None, output.message_style()));
    };
    let ended = watch::follow(&engine, &runs, &mut events, &mut stop, output, on_end).await;
    watch::say_cancelled(&ended, output);
    Ok(Exit::of_checks(&ended).or_worse(&refused))
}
