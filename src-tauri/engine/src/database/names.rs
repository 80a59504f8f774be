//! The names that Kronos gives to databases of its own on a server: one that is being loaded beside others,
//! and one that was replaced.
//!
//! Owns their spelling. A name alone is never enough to remove a database: each engine marks what is its own.

use jiff::Timestamp;

/// What the name of a database that is being loaded begins with; 16 hexadecimal digits follow.
const UNFINISHED: &str = "kronos_restoring_";
/// What stands between the name of a replaced database and the time.
const INFIX: &str = "__kronos_before_";
/// The time as it stands in the name; four hexadecimal digits follow.
const STAMP: &str = "%Y%m%d_%H%M%S_";

/// A new name for a database that is being loaded.
pub(super) fn unfinished() -> String {
    format!("{UNFINISHED}{:016x}", rand::random::<u64>())
}

/// Whether it is the name of a database that is being loaded.
pub(super) fn is_unfinished(name: &str) -> bool {
    let tag = name.strip_prefix(UNFINISHED).unwrap_or_default();
    tag.len() == 16 && tag.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
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
    is_unfinished(name) || is_previous(name)
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
}
