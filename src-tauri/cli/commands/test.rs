//! `kronos test`: the newest good backup of each profile is restored to a scratch place, compared and
//! removed again.

use kronos_engine::event::RunView;

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::render;
use crate::session::Session;
use crate::watch::{self, Stop};

pub async fn run(session: &Session<'_>, profile: Option<String>) -> Outcome {
    let output = session.output;
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    let names = match profile {
        Some(name) => vec![name],
        None => engine.config()?.profiles.into_iter().map(|profile| profile.name).collect(),
    };
    let (mut runs, mut refused) = (Vec::new(), Vec::new());
    for name in names {
        match engine.start_restore_test(&name) {
            Ok(run) => runs.push(run),
            // One that cannot be tested never keeps the others from being tested.
            Err(error) => {
                let what = format!("`{name}` was not restore-tested");
                refused.push(super::report(&Failure::from(error).while_trying(&what), output));
            }
        }
    }
    let on_end = |view: &RunView| {
        output.message(&render::ended(view, None, output.message_style()));
    };
    let ended = watch::follow(&engine, &runs, &mut events, &mut stop, output, on_end).await;
    watch::say_cancelled(&ended, output);
    Ok(Exit::of_checks(&ended).or_worse(&refused))
}
