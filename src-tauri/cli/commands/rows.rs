//! `kronos inspect --rows`: the first rows of a table, straight from a backup.

use std::ffi::OsStr;

use kronos_engine::browse::BrowseOrder;

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::json::Record;
use crate::render;
use crate::selection::select;
use crate::session::Session;
use crate::watch;

pub async fn run(session: &Session<'_>, archive: &OsStr, order: &BrowseOrder) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    let archive = select(&engine, archive).await?.into();
    let found = watch::or_stop(engine.browse(&archive, order)).await?;
    output.json(&Record::Rows(&found));
    output.data(&render::rows(&found, output.data_style(), output.width()));
    Ok(Exit::Success)
}
