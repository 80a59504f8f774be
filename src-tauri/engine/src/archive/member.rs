//! One member of the tar: its name and its header block.
//!
//! Owns which names exist and the one legal spelling of a header. Reading and writing blocks belongs
//! to `members` and `writer`.
//!
//! A reader does not interpret a header: it rebuilds the one that Kronos would have written and
//! compares all 512 bytes. What GNU tar, Python or a crate would make of any other header is then of
//! no importance, and the attacks that live on such differences have nothing to work with. The
//! spelling stands here and not in a library, because it is part of the format for ever.

use std::collections::HashMap;

use crate::ids::safe_name;

/// The size of a tar block: every header is one, every content is filled up to whole ones.
pub(super) const BLOCK: usize = 512;
/// The first member.
pub(super) const HEADER_MEMBER: &str = "kronos.json";
/// The second member.
pub(super) const RECOVERY_MEMBER: &str = "RESTORE.md";
/// The last member.
pub(super) const MANIFEST_MEMBER: &str = "manifest.json";
/// What the names of all other members start with.
const UNIT_FOLDER: &str = "data/";
/// Short enough for every tar dialect to hold the name in the header itself.
const MAX_NAME: usize = 95;
/// How many members stand before the first database.
pub(super) const FIXED_BEFORE: usize = 2;
/// More databases than one profile can sensibly have, few enough to keep their names in memory.
pub(super) const MAX_UNITS: usize = 10_000;
/// The most members that hold databases: 3 TiB of streamed dumps at the size of parts that is written
/// now, and few enough for a manifest to list them and for a reader to remember them.
pub(super) const MAX_PARTS: usize = 100_000;
/// How many digits the number of a part has.
const PART_DIGITS: usize = 6;

/// What varies between the headers of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub name: String,
    pub size: u64,
    /// Seconds since 1970, the same for all members of an archive.
    pub mtime: u64,
}

impl Member {
    /// The header block, or `None` when the name does not fit into one.
    pub fn encode(&self) -> Option<[u8; BLOCK]> {
        if self.name.len() > MAX_NAME || !self.name.is_ascii() {
            return None;
        }
        let mut block = [0; BLOCK];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, self.name.as_bytes());
        put(100, b"0000600\x000000000\x000000000\0");
        put(124, &spell(self.size));
        put(136, &spell(self.mtime));
        put(148, b"        ");
        put(156, b"0");
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        Some(block)
    }

    /// The member that a canonical header announces; `None` for every other block.
    pub fn decode(block: &[u8; BLOCK]) -> Option<Self> {
        let name = block[..100].split(|byte| *byte == 0).next()?;
        let member = Self {
            name: std::str::from_utf8(name).ok()?.to_owned(),
            size: number(&block[124..136])?,
            mtime: number(&block[136..148])?,
        };
        (member.encode()? == *block).then_some(member)
    }

    /// Zero bytes between the content and the next header.
    pub fn padding(&self) -> usize {
        // The remainder is below 512.
        let used = usize::try_from(self.size % BLOCK as u64).unwrap_or_default();
        (BLOCK - used) % BLOCK
    }
}

/// A number field as Kronos writes it.
fn spell(number: u64) -> [u8; 12] {
    let mut field = [0; 12];
    if number < 1 << 33 {
        field[..11].copy_from_slice(format!("{number:011o}").as_bytes());
    } else {
        field[0] = 0x80;
        field[4..].copy_from_slice(&number.to_be_bytes());
    }
    field
}

/// A number field: octal digits and a zero byte, or base-256. Other spellings of the same number get
/// through here and fail when the header is compared.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] == 0x80 {
        return Some(u64::from_be_bytes(*field.last_chunk()?));
    }
    let digits = std::str::from_utf8(field.strip_suffix(&[0])?).ok()?;
    u64::from_str_radix(digits, 8).ok()
}

/// Whether a database's member can have this name.
pub(super) fn is_unit_name(name: &str) -> bool {
    let legal = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-');
    name.len() <= MAX_NAME
        && name.strip_prefix(UNIT_FOLDER).is_some_and(|file| {
            file.bytes().all(legal)
                && file.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
                && file.as_bytes().last().is_some_and(u8::is_ascii_alphanumeric)
                && file.contains('.')
        })
}

/// Which part of which database a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The name that the database's only member has, or would have: unpacked, all of its parts are here.
    pub base: &'a str,
    /// The number of the part; `None` when the member is the whole database.
    pub number: Option<usize>,
}

/// What the name of a database's member says; `None` when it is not legal.
pub(super) fn place_of(name: &str) -> Option<Place<'_>> {
    if is_unit_name(name) {
        return Some(Place { base: name, number: None });
    }
    let (base, digits) = name.rsplit_once('/')?;
    let is_number = digits.len() == PART_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let legal = is_number && name.len() <= MAX_NAME && is_unit_name(base);
    legal.then(|| digits.parse().ok())?.map(|number| Place { base, number: Some(number) })
}

/// The name of a part's member.
pub(super) fn part_name(base: &str, number: usize) -> String {
    format!("{base}/{number:0PART_DIGITS$}")
}

/// Whether this can be the ending of a member's name.
pub(super) fn is_extension(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=16).contains(&text.len()) && text.bytes().all(legal)
}

/// Gives each database of an archive a member name that no other has.
#[derive(Default)]
pub(super) struct UnitNames {
    /// All names, each with the number that was last tried to make another like it.
    taken: HashMap<String, u32>,
}

impl UnitNames {
    /// The member name of the database `name`; `extension` satisfies [`is_extension`].
    pub fn assign(&mut self, name: &str, extension: &str) -> String {
        let safe = safe_name(name);
        let stem = safe.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.'));
        let stem = stem.filter(|stem| !stem.is_empty()).unwrap_or(&safe);
        let plain = format!("{UNIT_FOLDER}{stem}.{extension}");
        let mut turn = self.taken.get(&plain).copied().unwrap_or(0);
        let mut member = plain.clone();
        while self.taken.contains_key(&member) {
            turn = turn.max(1) + 1;
            member = format!("{UNIT_FOLDER}{stem}-{turn}.{extension}");
        }
        self.taken.insert(plain, turn);
        self.taken.entry(member.clone()).or_insert(0);
        member
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_its_own_spelling_and_no_other() {
        for size in [0, 1, 511, 512, (8 << 30) - 1, 8 << 30, u64::MAX] {
            let member = Member { name: "data/a.sqlite".to_owned(), size, mtime: 1_763_819_641 };
            let block = member.encode().expect("a header");
            assert_eq!(Member::decode(&block), Some(member));
            for bit in 0..BLOCK * 8 {
                let mut changed = block;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Member::decode(&changed), None, "size {size}, bit {bit}");
            }
        }
    }

    #[test]
    fn another_implementation_reads_the_same_header() {
        for size in [0, 500, (8 << 30) - 1, 8 << 30, u64::MAX] {
            let member = Member { name: "data/a.sqlite".to_owned(), size, mtime: 1_763_819_641 };
            let block = member.encode().expect("a header");
            let header = tar::Header::from_byte_slice(&block);
            assert_eq!(header.path_bytes().as_ref(), b"data/a.sqlite");
            assert_eq!(header.entry_size().expect("size"), size);
            assert_eq!(header.mtime().expect("mtime"), member.mtime);
            assert_eq!(header.mode().expect("mode"), 0o600);
            assert_eq!(header.entry_type(), tar::EntryType::Regular);
            assert!(header.as_ustar().is_some());
            let mut again = header.clone();
            again.set_cksum();
            assert_eq!(again.cksum().expect("checksum"), header.cksum().expect("checksum"));
        }
    }

    #[test]
    fn a_size_from_8_gib_on_is_base_256() {
        let member = Member { name: "data/a.dump".to_owned(), size: 8 << 30, mtime: 0 };
        let block = member.encode().expect("a header");
        assert_eq!(block[124..136], [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn member_names_are_unique_short_and_legal() {
        let mut names = UnitNames::default();
        let cases = [
            ("shop.db", "data/shop.db.sqlite"),
            ("SHOP.db", "data/shop.db-2.sqlite"),
            ("shop.sqlite", "data/shop.sqlite"),
            ("Shop.SQLite", "data/shop-2.sqlite"),
            ("shop-2", "data/shop-2-2.sqlite"),
            (".sqlite", "data/sqlite.sqlite"),
            ("../../etc/passwd", "data/etc-passwd.sqlite"),
            ("🔑", "data/unnamed.sqlite"),
        ];
        for (name, member) in cases {
            assert_eq!(names.assign(name, "sqlite"), member);
        }
        for _ in 0..MAX_UNITS {
            let member = names.assign(&"x".repeat(300), "abcdefghijklmnop");
            assert!(is_unit_name(&member), "{member}");
            let last = part_name(&member, MAX_PARTS - 1);
            let number = Some(MAX_PARTS - 1);
            assert_eq!(place_of(&last), Some(Place { base: &member, number }), "{last}");
        }
        assert!(names.taken.keys().all(|name| is_unit_name(name)));
    }

    #[test]
    fn other_names_are_not_legal() {
        let bad = [
            "data/",
            "data/a",
            "data/.a.b",
            "data/a.b.",
            "data/../a.b",
            "data/a/b.c",
            "data/A.b",
            "/data/a.b",
            "data\\a.b",
            "data/a\0.b",
            "data/ü.b",
            "datas/a.b",
            "a.b",
            "",
            "data/a b.c",
            "C:data/a.b",
            "data/a_b.c",
            "kronos.json",
            "data/a.b/",
            "data/a.b/0",
            "data/a.b/00000",
            "data/a.b/0000000",
            "data/a.b/00000a",
            "data/a.b/+00001",
            "data/a.b/-00001",
            "data/a.b/00 001",
            "data/a.b/000000/",
            "data/a.b/000000/000000",
            "data/a.b//000000",
            "data/a.b/./000000",
            "data/a/000000",
            "data/../000000",
            "data//000000",
            "/data/a.b/000000",
            "data/a.b\\000000",
            "data/a.b/٠٠٠",
            "data/000000",
            "000000",
        ];
        for name in bad {
            assert!(!is_unit_name(name), "{name:?}");
            assert_eq!(place_of(name), None, "{name:?}");
        }
        assert!(!is_unit_name(&format!("data/{}.a", "x".repeat(89))));
        assert!(is_extension("sqlite"));
        for bad in ["", "a.b", "A", "a/b", "abcdefghijklmnopq"] {
            assert!(!is_extension(bad), "{bad}");
        }
    }
}
