//! `kronos restore`: a database out of a backup, as a new one, or in place of one after a look and a
//! consent. What another program has dumped is handed to `load`.

use std::ffi::OsStr;

use kronos_engine::engine::{LoadOrder, RestoreOrder};
use kronos_engine::event::RunView;
use kronos_engine::ids::RunId;
use kronos_engine::view::ReplaceConsent;

use crate::args::{Consent, Replace};
use crate::exit::Exit;
use crate::failure::Outcome;
use crate::json::Record;
use crate::render;
use crate::selection::{Selected, select};
use crate::session::Session;
use crate::watch::{self, Stop};

use super::load;

pub async fn run(
    session: &Session<'_>,
    archive: &OsStr,
    mut order: RestoreOrder,
    replace: Replace,
    consent_to_code: &Consent,
) -> Outcome {
    let output = session.output;
    let mut stop = Stop::listen();
    let (engine, mut events) = session.open().await?;
    let selected = select(&engine, archive).await?;
    if let Selected::File(path) = &selected
        && load::is_foreign(&engine, path).await?
    {
        if replace.wanted || order.only.is_some() || order.scratch {
            return Err(load::only_whole());
        }
        let order = LoadOrder {
            target: order.target,
            profile: order.profile,
            database: order.database,
            allowed: consent_to_code.into(),
            seal: None,
        };
        let host = (&engine, &mut events, &mut stop);
        return load::run(session, host, path.clone(), order).await;
    }
    order.replace = consent(&replace);
    if replace.wanted && replace.confirm.is_none() {
        let card = match selected {
            Selected::Stored(id) => engine.target_card_of(&id, order).await?,
            Selected::File(path) => engine.target_card_of_file(path, order).await?,
        };
        output.json(&Record::Target(&card));
        output.message(&render::target(&card, replace.no_safety_backup, output.message_style()));
        // What is refused whatever is typed is no question of the right words.
        return Ok(card.refusal.map_or(Exit::Usage, |report| Exit::of_error(report.code)));
    }
    let run = match selected {
        Selected::Stored(id) => engine.start_restore_to(&id, order)?,
        Selected::File(path) => engine.start_restore_file(path, order).await?,
    };
    Ok(follow(session, &engine, run, &mut events, &mut stop).await)
}

fn consent(replace: &Replace) -> Option<ReplaceConsent> {
    let typed_name = replace.confirm.clone().unwrap_or_default();
    let without_safety = replace.no_safety_backup.then(|| typed_name.clone());
    let consent =
        ReplaceConsent { typed_name, disconnect: replace.disconnect, without_safety, shown: None };
    replace.wanted.then_some(consent)
}

/// Follows a restore to its end.
pub async fn follow(
    session: &Session<'_>,
    engine: &kronos_engine::Engine,
    run: RunId,
    events: &mut crate::session::Events,
    stop: &mut Stop,
) -> Exit {
    let output = session.output;
    let on_end = |view: &RunView| {
        output.message(&render::ended(view, None, output.message_style()));
    };
    let ended = watch::follow(engine, &[run], events, stop, output, on_end).await;
    watch::say_cancelled(&ended, output);
    ended.first().map_or(Exit::Failed, Exit::of_run)
}
