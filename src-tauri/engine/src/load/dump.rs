//! What a look has found, in the words of the database layer.
//!
//! Owns which dumps cannot be loaded at all, and why.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::archive::one_line;
use crate::database::{ForeignDump, ForeignForm};
use crate::error::{Error, LoadError, Result};
use crate::look::{DumpForm, ForeignLook, Wrapping};

/// They belong to the server, in dumps that hold databases by name.
const OF_SERVER: [&str; 3] = ["admin", "config", "local"];

/// The dump that `look` has found at `path`. `database` is the one in it that is wanted.
pub(super) fn of(path: &Path, look: &ForeignLook, database: Option<&str>) -> Result<ForeignDump> {
    if let [_, _, ..] = look.own_databases.as_slice() {
        return Err(of_several(look));
    }
    Ok(ForeignDump {
        form: form(path, look)?,
        source: database.map(str::to_owned).or_else(|| look.source.clone()),
        tool: look.tool.as_deref().and_then(major_in),
        objects: look.is_complete.then_some(look.objects.len() as u64),
        size: look.stored_bytes,
    })
}

/// The databases in it of which one has to be chosen; empty where there is nothing to choose.
pub fn databases(look: &ForeignLook) -> Vec<String> {
    let holds_several = matches!(look.form, DumpForm::MongoArchive | DumpForm::MongoFolder);
    if !holds_several || look.source.is_some() {
        return Vec::new();
    }
    let names = look.objects.iter().filter_map(|object| object.name.split_once('.'));
    let names: BTreeSet<&str> = names.map(|(database, _)| database).collect();
    names.into_iter().filter(|name| !OF_SERVER.contains(name)).map(str::to_owned).collect()
}

fn of_several(look: &ForeignLook) -> Error {
    const SHOWN: usize = 3;
    let names = look.own_databases.iter().take(SHOWN);
    let names: Vec<_> = names.map(|name| format!("`{}`", one_line(name))).collect();
    let and_more = if look.own_databases.len() > SHOWN { " and more" } else { "" };
    LoadError::Unfit {
        dump: look.location.clone(),
        detail: format!(
            "it makes or enters more than one database: {}{and_more}",
            names.join(", ")
        ),
        next_step: "Dump the one database that you want by itself, or load the file by hand"
            .to_owned(),
    }
    .into()
}

fn form(path: &Path, look: &ForeignLook) -> Result<ForeignForm> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(match look.form {
        DumpForm::SqliteFile if look.compression == Wrapping::None => ForeignForm::File(path),
        DumpForm::SqliteFile => ForeignForm::FileBytes,
        DumpForm::SqlScript if look.engine.is_none() => {
            return Err(LoadError::Unfit {
                dump: look.location.clone(),
                detail: "nothing in it tells which database it was made for".to_owned(),
                next_step: "Load it by hand with the client of its database".to_owned(),
            }
            .into());
        }
        DumpForm::SqlScript => ForeignForm::Script,
        DumpForm::PgCustom => ForeignForm::Archive("custom"),
        DumpForm::PgTar => ForeignForm::Archive("tar"),
        DumpForm::MongoArchive => ForeignForm::Archive("archive"),
        DumpForm::PgDirectory => ForeignForm::Folder(path),
        DumpForm::MongoFolder => ForeignForm::Folder(of_all_databases(path)),
    })
}

/// The tool wants the folder in which each database has a folder of its own.
fn of_all_databases(path: PathBuf) -> PathBuf {
    let is_document = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name.ends_with(".bson") || name.ends_with(".bson.gz")
    };
    let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
    let mut files = entries.map(|entry| entry.file_name()).filter(|name| is_document(name));
    match (files.any(|name| !name.to_string_lossy().starts_with("oplog.bson")), path.parent()) {
        (true, Some(parent)) => parent.to_owned(),
        _ => path,
    }
}

/// `pg_dump 15.18` is of 15.
fn major_in(tool: &str) -> Option<u32> {
    let digits: String =
        tool.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
