//! Folders: the ones that `mongodump` and `pg_dump -Fd` make, and all others.
//!
//! Owns listing their files. No link in a folder is followed, and no more files are listed than a look has
//! time for.

use std::fs::{DirEntry, FileType};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::handle::Handle;
use super::mongodb::{self, Namespace};
use super::place::{Place, unreadable};
use super::postgres;
use super::subject::{Subject, shown};
use super::{Look, Wrapping};
use crate::error::Result;

/// Files that are listed at most.
const MAX_FILES: usize = 50_000;
/// Collections whose first bytes are looked at.
const MAX_OPENED: usize = 200;
const TOC: &str = "toc.dat";

/// A file in a folder or in a folder of it.
struct Listed {
    /// The folder below the one that is looked at; empty for itself.
    folder: String,
    name: String,
    size: u64,
}

/// Looks at the folder at `path`.
pub(super) fn look(path: &Path) -> Result<Look> {
    let (files, is_complete) = list(path)?;
    let size = files.iter().map(|file| file.size).fold(0, u64::saturating_add);
    let subject = Subject { path, size };
    let has = |name: &str| files.iter().any(|file| file.folder.is_empty() && file.name == name);
    if has(TOC) {
        return look_at_toc(&subject, &|name| {
            ["", ".gz", ".lz4", ".zst"].iter().any(|ending| has(&format!("{name}{ending}")))
        });
    }
    let dumped = dumped(path, &files);
    if dumped.namespaces.is_empty() {
        let what = match files.len() {
            0 => "it is a folder without files",
            _ => "it is a folder, and neither `mongodump` nor `pg_dump -Fd` made it",
        };
        return Ok(subject.no_backup(what));
    }
    for file in dumped.data.iter().take(MAX_OPENED) {
        if let Some(what) = fault_of(&path.join(&file.folder).join(&file.name))? {
            let name = Path::new(&file.folder).join(&file.name);
            return Ok(subject.damaged(&format!("`{}` {what}", shown(&name))));
        }
    }
    let packed = dumped.data.iter().any(|file| is_packed(file));
    let wrapping = if packed { Wrapping::Gzip } else { Wrapping::None };
    Ok(mongodb::look_folder(&subject, wrapping, &dumped.namespaces, is_complete))
}

fn look_at_toc(subject: &Subject<'_>, has: &dyn Fn(&str) -> bool) -> Result<Look> {
    let path = subject.path.join(TOC);
    match Place::open(&path)? {
        Place::File { mut handle, .. } => Ok(postgres::look_directory(subject, &mut handle, has)),
        Place::Folder => Ok(subject.no_backup("its `toc.dat` is a folder")),
        Place::Empty => Ok(subject.damaged("its `toc.dat` is empty")),
        Place::Nothing(what) => Ok(subject.no_backup(&format!("of its `toc.dat`, {what}"))),
    }
}

/// The files of a folder and of the folders in it, and whether these are all.
fn list(path: &Path) -> Result<(Vec<Listed>, bool)> {
    let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
    let mut entries_left = MAX_FILES;
    while let Some(folder) = folders.pop() {
        let place = path.join(&folder);
        for entry in std::fs::read_dir(&place).map_err(|error| unreadable(&place, error))? {
            let entry = entry.map_err(|error| unreadable(&place, error))?;
            if entries_left == 0 {
                return Ok((files, false));
            }
            entries_left -= 1;
            // No dump has a name that is not Unicode.
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                continue;
            };
            if kind.is_dir() && folder.is_empty() {
                folders.push(name);
            } else if kind.is_file() {
                files.push(Listed { folder: folder.clone(), name, size: size_of(&entry, kind) });
            }
        }
    }
    files.sort_by(|one, other| (&one.folder, &one.name).cmp(&(&other.folder, &other.name)));
    Ok((files, true))
}

fn size_of(entry: &DirEntry, kind: FileType) -> u64 {
    entry.metadata().ok().filter(|_| kind.is_file()).map_or(0, |metadata| metadata.len())
}

/// What `mongodump` has left in a folder.
struct Dumped<'a> {
    namespaces: Vec<Namespace>,
    data: Vec<&'a Listed>,
}

/// Finds the collections. Each has a file of documents; a view has only its description.
fn dumped<'a>(path: &Path, files: &'a [Listed]) -> Dumped<'a> {
    let itself = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut found = Dumped { namespaces: Vec::new(), data: Vec::new() };
    for file in files {
        let name = plain(&file.name);
        let data = name.strip_suffix(".bson");
        let Some(stem) = data.or_else(|| name.strip_suffix(".metadata.json")) else { continue };
        let is_data = data.is_some();
        if is_data {
            found.data.push(file);
        }
        let is_log = file.folder.is_empty() && stem == "oplog";
        // The folder of one database, or the folder of them all.
        let database = match file.folder.as_str() {
            "" if is_log => String::new(),
            "" => itself.clone().unwrap_or_default(),
            folder => folder.to_owned(),
        };
        let namespace = Namespace { database, name: unescaped(stem), is_view: !is_data };
        found.namespaces.push(namespace);
    }
    found.namespaces.sort();
    // The documents come before the description of the same name, and are what counts.
    found
        .namespaces
        .dedup_by(|next, kept| (&next.database, &next.name) == (&kept.database, &kept.name));
    if found.data.is_empty() {
        found.namespaces.clear();
    }
    found
}

fn plain(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

fn is_packed(file: &Listed) -> bool {
    plain(&file.name) != file.name
}

/// A collection's name as `mongodump` spells it in a file's name: what is no letter may be `%2F`.
fn unescaped(stem: &str) -> String {
    percent_encoding::percent_decode_str(stem).decode_utf8_lossy().into_owned()
}

/// What is wrong with a file of documents, as far as its first and last bytes tell.
fn fault_of(path: &Path) -> Result<Option<String>> {
    let (mut handle, size) = match Place::open(path)? {
        Place::File { handle, size } => (handle, size),
        // A collection without documents.
        Place::Empty => return Ok(None),
        Place::Folder | Place::Nothing(_) => return Ok(Some("is no regular file".to_owned())),
    };
    let mut head = [0; 4];
    if handle.read_exact(&mut head).is_err() {
        return Ok(Some("is cut short".to_owned()));
    }
    if Wrapping::of(&head) == Wrapping::Gzip {
        return Ok(None);
    }
    let length = u64::from(u32::from_le_bytes(head));
    if !(5..=64 << 20).contains(&length) {
        return Ok(Some("does not begin like a file of documents".to_owned()));
    }
    let ends_with_zero = length <= size && last_byte(&mut handle) == Some(0);
    Ok((!ends_with_zero).then(|| "is cut short".to_owned()))
}

fn last_byte(handle: &mut Handle) -> Option<u8> {
    let mut last = [0];
    handle.seek(SeekFrom::End(-1)).ok()?;
    handle.read_exact(&mut last).ok()?;
    Some(last[0])
}
