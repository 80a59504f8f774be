//! What a file that is not an archive looks like, by its first bytes and never by its name.
//!
//! Owns the words for it. Nothing here decides whether a file is accepted.

use std::io::Read;

/// How much of a file's beginning is looked at.
pub(super) const HEAD: usize = 4096;

/// The beginnings that tell a kind of file, and its name.
const MAGIC: [(&[u8], &str); 16] = [
    (b"SQLite format 3\0", "it is an SQLite database"),
    (b"PK\x03\x04", "it is a ZIP file"),
    (b"PK\x05\x06", "it is an empty ZIP file"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7-Zip file"),
    (b"\xfd7zXZ\0", "it is an xz file"),
    (b"BZh", "it is a bzip2 file"),
    (b"Rar!\x1a\x07", "it is a RAR file"),
    (b"\x28\xb5\x2f\xfd", "it is a Zstandard file that another program wrote"),
    (b"PGDMP", "it is a PostgreSQL custom dump"),
    (b"age-encryption.org/v1", "it is encrypted with age"),
    (b"\x89PNG", "it is an image"),
    (b"\xff\xd8\xff", "it is an image"),
    (b"GIF8", "it is an image"),
    (b"%PDF-", "it is a PDF document"),
    (b"\x7fELF", "it is a program"),
    (b"MZ", "it is a program"),
];

/// What a file that starts with `head` is.
pub(crate) fn describe(head: &[u8]) -> String {
    if head.is_empty() {
        return "it is empty".to_owned();
    }
    if head.iter().all(|byte| *byte == 0) {
        return "it begins with nothing but zeros".to_owned();
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return (*kind).to_owned();
    }
    let kind = if head.starts_with(&[0x1f, 0x8b]) {
        describe_gzip(head)
    } else if is_tar(head) {
        "it is a tar that is not compressed"
    } else if is_text(head) {
        "it is a text file"
    } else {
        "its content is of no known kind"
    };
    kind.to_owned()
}

fn describe_gzip(head: &[u8]) -> &'static str {
    let mut start = Vec::new();
    // An error only means that the head ends too early; what came out before it is enough.
    let _ = flate2::read::GzDecoder::new(head).take(HEAD as u64).read_to_end(&mut start);
    if is_tar(&start) {
        "it is a `.tar.gz` that another program wrote"
    } else {
        "it is a gzip file that another program wrote"
    }
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("write");
        encoder.finish().expect("finish")
    }

    #[test]
    fn thirty_foreign_files_are_recognised() {
        let mut tar = vec![0; 1024];
        tar[0] = b'a';
        tar[257..262].copy_from_slice(b"ustar");
        let mut cut_text = "a".repeat(HEAD - 1).into_bytes();
        cut_text.push(0xc3);
        let mut cases: Vec<(Vec<u8>, &str)> = vec![
            (Vec::new(), "it is empty"),
            (vec![0; 10], "it begins with nothing but zeros"),
            (tar.clone(), "it is a tar that is not compressed"),
            (gzip(&tar), "it is a `.tar.gz` that another program wrote"),
            (gzip(b"INSERT"), "it is a gzip file that another program wrote"),
            (vec![0x1f, 0x8b], "it is a gzip file that another program wrote"),
            (zstd::encode_all(&tar[..], 1).expect("zstd"), MAGIC[7].1),
            (b"-- MySQL dump\nCREATE TABLE".to_vec(), "it is a text file"),
            (b"{\"format\":1}".to_vec(), "it is a text file"),
            ("Größe\r\n\t".as_bytes().to_vec(), "it is a text file"),
            (cut_text, "it is a text file"),
            (vec![0xff, 0xfe, 0x41, 0], "its content is of no known kind"),
            (b"\x01\x02\x03".to_vec(), "its content is of no known kind"),
            (b"abc\0def".to_vec(), "its content is of no known kind"),
        ];
        for (magic, kind) in MAGIC {
            cases.push(([magic, &[0, 1, 2, 3]].concat(), kind));
        }
        assert_eq!(cases.len(), 30);
        for (head, kind) in cases {
            assert_eq!(describe(&head), kind);
        }
    }
}
