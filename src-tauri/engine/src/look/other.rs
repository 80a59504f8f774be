//! Files with which nothing can be done.
//!
//! Owns saying what they are, in more words than the archive needs where a person could go on from there.

use super::Look;
use super::content::Content;
use super::handle::Handle;
use super::subject::Subject;
use crate::archive::describe_foreign;

/// The record that ends a ZIP file, without its comment.
const END_OF_ZIP: usize = 22;
/// The longest comment behind it.
const MAX_COMMENT: usize = 65_535;

/// Looks at a file that is nothing else.
pub(super) fn look(subject: &Subject<'_>, handle: &Handle, content: &Content) -> Look {
    let head = &content.head;
    if let Some(label) = content.wrapping.label() {
        let what = describe_foreign(head);
        return subject.no_backup(&format!("inside of its {label} compression {what}"));
    }
    if head.starts_with(b"PK\x03\x04") {
        let what = match files_in_zip(handle, subject.size) {
            Some(1) => "it is a ZIP file with 1 file in it".to_owned(),
            Some(count) => format!("it is a ZIP file with {count} files in it"),
            None => "it is a ZIP file, and it is cut short".to_owned(),
        };
        return subject.no_backup(&what);
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return subject.unknown(
            "is text in UTF-16, which no database client reads",
            "Save it as UTF-8, or make the dump with the tool's own option for a file",
        );
    }
    if is_bson(head, subject.size) {
        return subject.unknown(
            "holds the documents of one collection of a mongodump folder",
            "Choose the folder that it lies in",
        );
    }
    subject.no_backup(&describe_foreign(head))
}

/// The number of files that a ZIP file says it has.
fn files_in_zip(handle: &Handle, size: u64) -> Option<u16> {
    use std::io::{Read, Seek, SeekFrom};
    let longest = u64::try_from(END_OF_ZIP + MAX_COMMENT).ok()?;
    let mut handle = handle.again();
    handle.seek(SeekFrom::Start(size.saturating_sub(longest))).ok()?;
    let mut end = Vec::new();
    handle.take(longest).read_to_end(&mut end).ok()?;
    let at = memchr::memmem::rfind(&end, b"PK\x05\x06")?;
    let count = end.get(at + 10..at + 12)?;
    Some(u16::from_le_bytes([count[0], count[1]]))
}

/// Whether it begins with a whole BSON document.
fn is_bson(head: &[u8], size: u64) -> bool {
    let Some(length) = head.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) else {
        return false;
    };
    let fits = (5..=16 << 20).contains(&length) && u64::from(length) <= size;
    let Ok(length) = usize::try_from(length) else { return false };
    fits && head.get(..length).is_some_and(|document| {
        mongodb::bson::RawDocument::from_bytes(document)
            .is_ok_and(|document| document.iter().all(|element| element.is_ok()))
    })
}
