//! `kronos inspect`: what is in a backup or in somebody else's dump, without restoring it.

use std::ffi::OsStr;
use std::path::absolute;

use kronos_engine::ErrorCode;
use kronos_engine::look::{ForeignLook, Look};

use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::inspection::Inspection;
use crate::json::Record;
use crate::output::Output;
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
            match engine.look(path.clone()).await? {
                Look::Archive(_) => {
                    Inspection::of_file(&path, engine.inspect_file(path.clone()).await?)
                }
                Look::Foreign(look) => return Ok(show(&look, output)),
                Look::Encrypted(look) => {
                    let code = ErrorCode::SourceEncrypted;
                    return Err(Failure::new(code, look.sentence, look.next_step));
                }
                Look::Damaged(look) | Look::Unknown(look) => {
                    return Err(Failure::new(look.code, look.sentence, look.next_step));
                }
            }
        }
    };
    output.json(&Record::Archive(&inspection));
    output.data(&render::inspection(&inspection, &Now::system(), output.data_style()));
    Ok(Exit::Success)
}

fn show(look: &ForeignLook, output: &Output) -> Exit {
    output.json(&Record::Dump(look));
    output.data(&render::dump(look, output.data_style()));
    Exit::Success
}
