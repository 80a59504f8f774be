//! SHA-256 and length of bytes that pass by, in the spelling of the records.
//!
//! Owns the spelling: 64 lower-case hex digits. What is hashed belongs to the writer and the reader.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Counts and hashes one member's content.
#[derive(Default)]
pub(crate) struct Fingerprint {
    hash: Sha256,
    bytes: u64,
}

impl Fingerprint {
    /// Takes the next bytes into account.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 of everything so far.
    pub fn hex(&self) -> String {
        let mut hex = String::with_capacity(64);
        for byte in self.hash.clone().finalize() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }
}

/// Whether `text` is spelled as a SHA-256 in a record.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spelling_is_that_of_sha256sum() {
        let mut fingerprint = Fingerprint::default();
        fingerprint.update(b"a");
        fingerprint.update(b"bc");
        assert_eq!(fingerprint.bytes(), 3);
        let hex = fingerprint.hex();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(is_sha256(&hex));
        assert!(!is_sha256(&hex.to_uppercase()) && !is_sha256(&hex[1..]) && !is_sha256(""));
    }
}
