//! Tars: the ones that `pg_dump -Ft` writes, and all others.
//!
//! Owns listing the members of a tar. None is ever unpacked.

use std::io::Read;

use super::content::{Content, Fault};
use super::handle::Handle;
use super::subject::Subject;
use super::{Look, Wrapping, mongodb, postgres, sqlite};
use crate::error::Result;

/// Members that are listed at most.
const MAX_MEMBERS: usize = 10_000;

/// Whether a file that begins with `head` is a tar.
pub(super) fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// What a tar holds beside a dump of PostgreSQL.
#[derive(Default)]
struct Members {
    count: usize,
    /// The first one that is a database or a dump.
    dump: Option<(String, &'static str)>,
    is_own: bool,
    has_documents: bool,
}

/// Looks at a tar.
pub(super) fn look(subject: &Subject<'_>, handle: &Handle, content: Content) -> Result<Look> {
    let wrapping = content.wrapping;
    let mut tar = tar::Archive::new(content.reader());
    let mut members = Members::default();
    let outcome = tar.entries().and_then(|entries| {
        for entry in entries.take(MAX_MEMBERS) {
            let mut entry = entry?;
            let name = entry.path_bytes().into_owned();
            let mut head = Vec::new();
            entry.by_ref().take(16).read_to_end(&mut head)?;
            if members.count == 0 && name == b"toc.dat" && head.starts_with(postgres::MAGIC) {
                let mut toc = head.as_slice().chain(entry);
                return Ok(Some(postgres::look_tar(subject, wrapping, handle, &mut toc)));
            }
            members.add(&String::from_utf8_lossy(&name), &head);
        }
        Ok(None)
    });
    match outcome {
        Ok(Some(look)) => Ok(look),
        Ok(None) => Ok(members.answer(subject)),
        Err(error) => match Fault::of(error, wrapping) {
            Fault::Enough => Ok(members.answer(subject)),
            // The crate for tars has errors of its own for one that is not in order.
            Fault::Disk(_) if wrapping == Wrapping::None => Ok(subject.cut(None)),
            fault => Ok(subject.of_fault(fault)?.unwrap_or_else(|| members.answer(subject))),
        },
    }
}

impl Members {
    fn add(&mut self, name: &str, head: &[u8]) {
        self.is_own |= self.count == 0 && name == "kronos.json";
        self.count += 1;
        let plain = name.strip_suffix(".gz").unwrap_or(name);
        self.has_documents |= plain.strip_suffix(".bson").is_some();
        let what = if head.starts_with(sqlite::MAGIC) {
            "an SQLite database"
        } else if head.starts_with(postgres::MAGIC) {
            "a PostgreSQL dump"
        } else if head.starts_with(&mongodb::MAGIC) {
            "a mongodump archive"
        } else if plain.strip_suffix(".sql").is_some() {
            "perhaps an SQL script"
        } else {
            return;
        };
        self.dump.get_or_insert((name.to_owned(), what));
    }

    fn answer(self, subject: &Subject<'_>) -> Look {
        if self.is_own {
            return subject.unknown(
                "holds a Kronos archive that another program has packed again, so nothing in it can be proven",
                "Choose the archive as Kronos wrote it",
            );
        }
        let files =
            if self.count == 1 { "1 file".to_owned() } else { format!("{} files", self.count) };
        let unpack = "Unpack it first, and choose what is in it";
        match self.dump {
            Some((name, what)) => {
                let name = crate::archive::one_line(&name);
                let what = format!("is a tar with {files}, and `{name}` in it is {what}");
                subject.unknown(&what, unpack)
            }
            None if self.has_documents => {
                let what = format!("is a tar with {files}, and a mongodump folder is in it");
                subject.unknown(&what, unpack)
            }
            None => {
                subject.no_backup(&format!("it is a tar with {files}, and none is a database dump"))
            }
        }
    }
}
