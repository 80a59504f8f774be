//! Encrypted files.
//!
//! Owns recognising the programs that make them by their headers. Nothing is opened here.

/// The program that encrypted a file that begins with `head`.
pub(super) fn by(head: &[u8]) -> Option<&'static str> {
    const TEXTS: [(&[u8], &str); 7] = [
        (b"age-encryption.org/v1", "age"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
        (b"-----BEGIN PGP MESSAGE-----", "OpenPGP"),
        (b"Salted__", "OpenSSL"),
        (b"U2FsdGVkX1", "OpenSSL"),
        (b"$ANSIBLE_VAULT;", "Ansible Vault"),
        (b"-----BEGIN PKCS7-----", "S/MIME"),
    ];
    let text = TEXTS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, how)| *how);
    text.or_else(|| is_openpgp(head).then_some("OpenPGP"))
}

/// The first packet of a message in binary form: a session key for a public key or for a passphrase.
fn is_openpgp(head: &[u8]) -> bool {
    const PUBLIC_KEY: u8 = 1;
    const PASSPHRASE: u8 = 3;
    let (tag, version, body) = match head {
        // New form with a length of one or two bytes.
        [tag @ 0xc0..=0xff, 0..=191, version, body, ..]
        | [tag @ 0xc0..=0xff, 192..=223, _, version, body, ..] => (tag & 0x3f, version, body),
        // Old form: its last two bits are the length of the length.
        [tag @ (0x84 | 0x8c), _, version, body, ..]
        | [tag @ (0x85 | 0x8d), _, _, version, body, ..] => (tag >> 2 & 0x0f, version, body),
        _ => return false,
    };
    // A version, then a cipher that exists or the beginning of a key's number, which may be anything.
    match tag {
        PUBLIC_KEY => matches!(version, 3 | 6),
        PASSPHRASE => matches!(version, 4..=6) && (1..=13).contains(body),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_are_recognised_and_text_is_not_taken_for_noise() {
        let cases: [(&[u8], Option<&str>); 12] = [
            (b"age-encryption.org/v1\n-> X25519 abc", Some("age")),
            (b"-----BEGIN AGE ENCRYPTED FILE-----\n", Some("age")),
            (b"-----BEGIN PGP MESSAGE-----\n\n", Some("OpenPGP")),
            // What `gpg --symmetric` and `gpg --encrypt` of version 2 write.
            (&[0x8c, 0x0d, 0x04, 0x09, 0x03, 0x0a], Some("OpenPGP")),
            (&[0x85, 0x01, 0x8c, 0x03, 0x11, 0x22], Some("OpenPGP")),
            (&[0x84, 0x5e, 0x03, 0x11, 0x22], Some("OpenPGP")),
            (b"Salted__\x01\x02", Some("OpenSSL")),
            (b"$ANSIBLE_VAULT;1.1;AES256\n", Some("Ansible Vault")),
            (b"CREATE TABLE a (x);", None),
            ("\u{c5}\u{3}".as_bytes(), None),
            (&[0x8c], None),
            (b"", None),
        ];
        for (head, how) in cases {
            assert_eq!(by(head), how, "{head:?}");
        }
    }
}
