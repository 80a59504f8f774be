//! `kronos inspect`: what is in a backup, without restoring it.

use std::ffi::OsStr;
use std::path::absolute;

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::inspection::Inspection;
use crate::json::Record;
use crate::render;
use crate::selection::{Selected, select};
use crate::session::Session;
use crate::when::Now;

pub async fn run(session: &Session<'_>, archive: &OsStr) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    let inspection = match select(&engine, archive).await? {
        Selected::Stored(id) => Inspection::from(engine.backup(&id)?),
        Selected::File(path) => {
            // The commands that are shown must work from any folder.
            let path = absolute(&path).unwrap_or(path);
            Inspection::of_file(&path, engine.inspect_file(path.clone()).await?)
        }
    };
    output.json(&Record::Archive(&inspection));
    output.data(&render::inspection(&inspection, &Now::system(), output.data_style()));
    Ok(Exit::Success)
}
