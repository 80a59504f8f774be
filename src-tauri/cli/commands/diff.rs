//! `kronos diff`: what is different between two backups, or a backup and its live database.

use std::ffi::{OsStr, OsString};

use crate::exit::Exit;
use crate::failure::Outcome;
use crate::json::Record;
use crate::render;
use crate::selection::select;
use crate::session::Session;
use crate::watch;
use crate::when::Now;

/// What a backup is compared with.
pub enum Other {
    Archive(OsString),
    /// The live database of this profile, or of the backup's own one.
    Live(Option<String>),
}

pub async fn run(session: &Session<'_>, before: &OsStr, other: &Other) -> Outcome {
    let output = session.output;
    let (engine, _events) = session.open().await?;
    let before = select(&engine, before).await?.into();
    let found = match other {
        Other::Archive(after) => {
            let after = select(&engine, after).await?.into();
            watch::or_stop(engine.compare(&before, &after)).await?
        }
        Other::Live(profile) => {
            watch::or_stop(engine.compare_with_live(&before, profile.as_deref())).await?
        }
    };
    output.json(&Record::Comparison(&found));
    output.data(&render::comparison(&found, &Now::system(), output.data_style()));
    Ok(if found.is_equal { Exit::Success } else { Exit::Different })
}
