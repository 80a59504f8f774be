//! What `pg_dump` writes in its own formats.
//!
//! Owns the answer that a table of contents gives. Reading one belongs to the database layer.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

use super::content::Content;
use super::handle::Handle;
use super::subject::{Subject, listed, told};
use super::{DumpForm, ForeignLook, Look, Wrapping};
use crate::contents::{ObjectCount, ObjectKind};
use crate::database::forms::{PgContents, PgEntry, PgForm, read_pg_contents, shown_pg_name};

pub(super) const MAGIC: &[u8] = b"PGDMP";
/// Zeros at the end of a tar.
const END_OF_TAR: i64 = 1024;

/// Looks at a file that begins as a table of contents.
pub(super) fn look_custom(subject: &Subject<'_>, handle: &Handle, content: Content) -> Look {
    let wrapping = content.wrapping;
    let contents = match read_pg_contents(&mut content.reader()) {
        Ok(contents) => contents,
        Err(what) => return subject.damaged(&what),
    };
    if contents.form != PgForm::Custom {
        return subject.unknown(
            "is only the table of contents of a PostgreSQL dump",
            "Choose the folder that it lies in",
        );
    }
    // The data of every table, and so of the last one, ends with the number zero.
    let ends_with_data = contents.with_data() > 0;
    let end = i64::try_from(contents.number_len()).unwrap_or_default();
    if wrapping == Wrapping::None && ends_with_data && !ends_with_zeros(handle, end).unwrap_or(true)
    {
        return subject.cut(None);
    }
    foreign(subject, DumpForm::PgCustom, wrapping, &contents)
}

/// Looks at a tar whose first member, `toc`, begins as a table of contents.
pub(super) fn look_tar(
    subject: &Subject<'_>,
    wrapping: Wrapping,
    handle: &Handle,
    toc: &mut dyn Read,
) -> Look {
    let contents = match read_pg_contents(toc) {
        Ok(contents) => contents,
        Err(what) => return subject.damaged(&what),
    };
    if wrapping == Wrapping::None && !ends_with_zeros(handle, END_OF_TAR).unwrap_or(true) {
        return subject.cut(None);
    }
    foreign(subject, DumpForm::PgTar, wrapping, &contents)
}

fn ends_with_zeros(handle: &Handle, count: i64) -> std::io::Result<bool> {
    let mut handle = handle.again();
    let mut end = Vec::new();
    handle.seek(SeekFrom::End(-count))?;
    handle.read_to_end(&mut end)?;
    Ok(end.iter().all(|byte| *byte == 0))
}

/// Looks at a folder with the table of contents `toc`. `has` tells whether a file is there.
pub(super) fn look_directory(
    subject: &Subject<'_>,
    toc: &mut dyn Read,
    has: &dyn Fn(&str) -> bool,
) -> Look {
    let contents = match read_pg_contents(toc) {
        Ok(contents) => contents,
        Err(what) => return subject.damaged(&format!("in `toc.dat`, {what}")),
    };
    let files: BTreeSet<_> =
        contents.entries.iter().filter_map(|entry| entry.file.as_deref()).collect();
    let missing: Vec<String> =
        files.into_iter().filter(|file| !has(file)).map(str::to_owned).collect();
    if !missing.is_empty() {
        let count = missing.len();
        let noun = if count == 1 { "file of it is" } else { "files of it are" };
        return subject.damaged(&format!("{count} {noun} missing: {}", listed(&missing)));
    }
    foreign(subject, DumpForm::PgDirectory, Wrapping::None, &contents)
}

fn foreign(
    subject: &Subject<'_>,
    form: DumpForm,
    wrapping: Wrapping,
    contents: &PgContents,
) -> Look {
    let mut look = subject.foreign(form, wrapping);
    look.source = told(&contents.database);
    look.made_at = made_at(contents.made_at);
    look.server = told(&contents.server).map(|version| format!("PostgreSQL {version}"));
    look.tool = told(&contents.tool).map(|version| format!("pg_dump {version}"));
    look.objects = contents.entries.iter().filter_map(object).collect();
    look.is_complete = true;
    findings(&mut look, &contents.entries);
    Look::Foreign(Box::new(look))
}

fn findings(look: &mut ForeignLook, entries: &[PgEntry]) {
    let of_kind = |kind: &str| {
        let found = entries.iter().filter(|entry| entry.kind == kind);
        found.map(|entry| entry.name.clone()).collect::<Vec<_>>()
    };
    let extensions = of_kind("EXTENSION");
    if !extensions.is_empty() {
        look.note(format!("It needs the extensions {}", listed(&extensions)));
    }
    let owners: BTreeSet<_> = entries.iter().map(|entry| &entry.owner).collect();
    let owners: Vec<String> =
        owners.into_iter().filter(|owner| !owner.is_empty()).cloned().collect();
    if !owners.is_empty() {
        look.note(format!("Its objects belong to {}", listed(&owners)));
    }
    if let [database, ..] = of_kind("DATABASE").as_slice() {
        look.note(format!(
            "It names the database that it makes: {}",
            listed(std::slice::from_ref(database))
        ));
    }
    if look.objects.is_empty() && entries.iter().any(|entry| entry.has_data) {
        look.warn("It holds rows only; the tables have to be there already");
    }
    if entries.iter().all(|entry| !entry.has_data) && !look.objects.is_empty() {
        look.warn("It holds no rows, only the structure");
    }
}

fn object(entry: &PgEntry) -> Option<ObjectCount> {
    let kind = match entry.kind.as_str() {
        "TABLE" | "FOREIGN TABLE" => ObjectKind::Table,
        "VIEW" => ObjectKind::View,
        "MATERIALIZED VIEW" => ObjectKind::MaterializedView,
        "INDEX" => ObjectKind::Index,
        "TRIGGER" | "EVENT TRIGGER" => ObjectKind::Trigger,
        "SEQUENCE" => ObjectKind::Sequence,
        "FUNCTION" | "PROCEDURE" | "AGGREGATE" => ObjectKind::Routine,
        "SCHEMA" => ObjectKind::Schema,
        "EXTENSION" => ObjectKind::Extension,
        "BLOBS" => ObjectKind::LargeObjects,
        _ => return None,
    };
    let name = match (entry.schema.as_str(), kind) {
        (_, ObjectKind::LargeObjects) => "large objects".to_owned(),
        ("", _) => entry.name.clone(),
        (schema, _) => shown_pg_name(schema, &entry.name),
    };
    Some(ObjectCount { kind, name, rows: None })
}

/// The instant as the clock of the tool showed it.
fn made_at([second, minute, hour, day, month, year]: [i64; 6]) -> Option<String> {
    let fits = (0..=60).contains(&second)
        && (0..60).contains(&minute)
        && (0..24).contains(&hour)
        && (1..=31).contains(&day)
        && (0..12).contains(&month)
        && (90..1000).contains(&year);
    let (year, month) = (year.saturating_add(1900), month.saturating_add(1));
    fits.then(|| format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
}
