//! The names that Kronos gives to databases of its own on a server: one that is being loaded beside others,
//! one that was replaced, and one that is only tested or looked at and then removed.
//!
//! Owns their spelling. A name alone is never enough to remove a database: each engine marks what is its own.

use jiff::Timestamp;

use super::RestoreTarget;
use crate::error::{Error, Result};

/// What the name of a database that is being loaded begins with; 16 hexadecimal digits follow.
const UNFINISHED: &str = "kronos_restoring_";
/// What stands between the name of a replaced database and the time.
const INFIX: &str = "__kronos_before_";
/// The time as it stands in the name; four hexadecimal digits follow.
const STAMP: &str = "%Y%m%d_%H%M%S_";

/// What the name of a scratch database begins with; the profile and 16 hexadecimal digits follow.
const SCRATCH: &str = "kronos_scratch_";
/// The most that is taken of a profile's name: no server allows names of more than 63 bytes.
const PROFILE: usize = 24;

/// A new name for a database that is being loaded and is going to be called `target`. That of a scratch
/// database tells it, because whoever removes it has to find both.
pub(super) fn unfinished_for(target: &str) -> String {
    match tag_of(target) {
        Some(tag) => format!("{UNFINISHED}{tag}"),
        None => unfinished(),
    }
}

/// A new name for a database that is being loaded.
pub(super) fn unfinished() -> String {
    format!("{UNFINISHED}{:016x}", rand::random::<u64>())
}

fn is_tag(tag: &str) -> bool {
    tag.len() == 16 && tag.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A new name for a scratch database of `profile`: `kronos_scratch_shop_0123456789abcdef`.
pub(crate) fn scratch(profile: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' }
    };
    let profile: String = profile.chars().take(PROFILE).map(plain).collect();
    format!("{SCRATCH}{profile}_{:016x}", rand::random::<u64>())
}

/// The random end of the name of a scratch database.
fn tag_of(name: &str) -> Option<&str> {
    let (profile, tag) = name.strip_prefix(SCRATCH)?.rsplit_once('_')?;
    (profile.len() <= PROFILE && is_tag(tag)).then_some(tag)
}

/// The name of the database at `target`, which has to be a scratch one.
pub(super) fn scratch_at(target: &RestoreTarget) -> Result<&str> {
    let name = target.database_name()?;
    match tag_of(name) {
        Some(_) => Ok(name),
        None => Err(Error::Internal(format!("`{name}` is no scratch database"))),
    }
}

/// Whether it is the name of a database that is being loaded.
pub(super) fn is_unfinished(name: &str) -> bool {
    let tag = name.strip_prefix(UNFINISHED).unwrap_or_default();
    is_tag(tag)
}

/// The name under which `target` is kept when it is replaced, of at most so many bytes:
/// `shop__kronos_before_20261122_135401_1f2e`.
pub(super) fn previous(target: &str, now: Timestamp, longest: usize) -> String {
    let end = format!("{INFIX}{}{:04x}", now.strftime(STAMP), rand::random::<u16>());
    format!("{}{end}", &target[..target.floor_char_boundary(longest - end.len())])
}

/// Whether it is the name of a replaced database.
pub(super) fn is_previous(name: &str) -> bool {
    let end = name.rsplit_once(INFIX).map_or("", |(_, end)| end);
    end.len() == "20261122_135401_1f2e".len()
        && end.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b'_')
}

/// Whether it is a name that only Kronos gives: no backup takes such a database unless it is named.
pub(super) fn is_ours(name: &str) -> bool {
    is_unfinished(name) || is_previous(name) || tag_of(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_exactly_our_form_are_ours() {
        let now: Timestamp = "2026-11-22T13:54:01Z".parse().unwrap();
        let name = previous("shop", now, 63);
        assert!(name.starts_with("shop__kronos_before_20261122_135401_"), "{name}");
        assert_eq!(previous(&"ü".repeat(40), now, 63).len(), 62);
        let unfinished = unfinished();
        assert!(is_ours(&name) && is_ours(&unfinished));
        for other in ["shop", "shop__kronos_before_mine", "kronos_restoring_mine", ""] {
            assert!(!is_ours(other), "{other}");
        }
        assert!(!is_ours(&unfinished.to_uppercase()) && !is_ours(&format!("{unfinished}0")));
    }

    #[test]
    fn every_server_takes_the_name_of_a_scratch_database_and_no_other_is_taken_for_one() {
        for profile in ["shop", "", "Ünsinn; DROP DATABASE x", &"long".repeat(50)] {
            let name = scratch(profile);
            assert!(name.len() <= 63 && name.is_ascii() && is_ours(&name), "{name}");
            assert!(unfinished_for(&name).ends_with(&name[name.len() - 16..]));
            assert!(scratch_at(&RestoreTarget::NewDatabase(name)).is_ok());
        }
        let foreign = [
            "shop",
            "kronos_scratch_",
            "kronos_scratch_shop",
            "kronos_scratch_shop_0123456789ABCDEF",
            "kronos_scratch_shop_0123456789abcde",
            "my_kronos_scratch_shop_0123456789abcdef",
        ];
        for name in foreign {
            assert!(scratch_at(&RestoreTarget::NewDatabase(name.to_owned())).is_err(), "{name}");
        }
    }
}
