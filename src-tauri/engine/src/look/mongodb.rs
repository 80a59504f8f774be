//! What `mongodump` writes: archives and folders.
//!
//! Owns the answers. Reading the beginning of an archive belongs to the database layer; the files of a folder
//! are listed in `folder`.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

use super::content::Content;
use super::handle::Handle;
use super::subject::{Subject, listed, told};
use super::{DumpForm, ForeignLook, Look, Wrapping};
use crate::contents::{ObjectCount, ObjectKind};
use crate::database::forms::{MongoPrelude, read_mongo_prelude};

pub(super) const MAGIC: [u8; 4] = 0x8199_e26d_u32.to_le_bytes();
/// The last bytes of a complete archive.
const END: [u8; 4] = [0xff; 4];

/// One collection or view of a dump.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Namespace {
    pub database: String,
    pub name: String,
    pub is_view: bool,
}

/// Looks at an archive.
pub(super) fn look_archive(subject: &Subject<'_>, handle: &Handle, content: Content) -> Look {
    let wrapping = content.wrapping;
    let prelude = match read_mongo_prelude(&mut content.reader()) {
        Ok(prelude) => prelude,
        Err(what) => return subject.damaged(&what),
    };
    if wrapping == Wrapping::None && !ends_as_archive(handle).unwrap_or(true) {
        return subject.cut(None);
    }
    let MongoPrelude { server, tool, namespaces, .. } = prelude;
    let mut look = subject.foreign(DumpForm::MongoArchive, wrapping);
    look.server = told(&server).map(|version| format!("MongoDB {version}"));
    look.tool = told(&tool).map(|version| format!("mongodump {version}"));
    let indexes: Vec<_> = namespaces
        .iter()
        .flat_map(|described| described.indexes.iter().map(move |index| (described, index)))
        .map(|(described, index)| {
            (described.database.clone(), format!("{}.{index}", described.name))
        })
        .collect();
    let listed: Vec<_> = namespaces
        .into_iter()
        .map(|found| Namespace {
            database: found.database,
            name: found.name,
            is_view: found.is_view,
        })
        .collect();
    let is_single = fill(&mut look, &listed);
    look.objects.extend(indexes.into_iter().map(|(database, name)| {
        let name = if is_single { name } else { format!("{database}.{name}") };
        ObjectCount { kind: ObjectKind::Index, name, rows: None }
    }));
    Look::Foreign(Box::new(look))
}

fn ends_as_archive(handle: &Handle) -> std::io::Result<bool> {
    let mut handle = handle.again();
    let mut end = [0; END.len()];
    handle.seek(SeekFrom::End(-4))?;
    handle.read_exact(&mut end)?;
    Ok(end == END)
}

/// The answer for a folder in which `namespaces` were found.
pub(super) fn look_folder(
    subject: &Subject<'_>,
    wrapping: Wrapping,
    namespaces: &[Namespace],
    is_complete: bool,
) -> Look {
    let mut look = subject.foreign(DumpForm::MongoFolder, wrapping);
    fill(&mut look, namespaces);
    look.is_complete = is_complete;
    Look::Foreign(Box::new(look))
}

/// Enters the collections; returns whether they are all of one database.
fn fill(look: &mut ForeignLook, namespaces: &[Namespace]) -> bool {
    let is_log = |found: &&Namespace| found.database.is_empty();
    let databases: BTreeSet<_> = namespaces.iter().map(|found| &found.database).collect();
    let databases: Vec<String> =
        databases.into_iter().filter(|name| !name.is_empty()).cloned().collect();
    let is_single = databases.len() == 1;
    let (logs, rest): (Vec<_>, Vec<_>) = namespaces.iter().partition(is_log);
    look.objects = rest
        .into_iter()
        .map(|found| ObjectCount {
            kind: if found.is_view { ObjectKind::View } else { ObjectKind::Collection },
            name: if is_single {
                found.name.clone()
            } else {
                format!("{}.{}", found.database, found.name)
            },
            rows: None,
        })
        .collect();
    look.is_complete = true;
    match databases.as_slice() {
        [] => {}
        [database] => look.source = told(database),
        several => look.note(format!("It holds {} databases: {}", several.len(), listed(several))),
    }
    if !logs.is_empty() {
        look.note("It holds the log of what was written while it was made");
    }
    is_single
}
