//! The file that was replaced: under a name of its own beside the new one, for a day.
//!
//! Owns that name and the removal. A name that is still the target itself belongs to a swap that was
//! killed before it happened, and goes as soon as the swap cannot be going on any more.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::super::connection::PREVIOUS_KEPT;

/// What stands between the name of the target and the time.
const INFIX: &str = ".kronos-before-";
/// The time as it stands in the name.
const STAMP: &str = "%Y%m%dT%H%M%SZ";
/// Random letters and digits after the time and a hyphen.
const TAG: usize = 6;
/// The longest name of a file on nearly every system.
const LONGEST: usize = 255;
/// A swap takes milliseconds.
const SWAP: SignedDuration = SignedDuration::from_mins(1);

/// A free name for the file at `target` once it is replaced: `shop.db.kronos-before-20261122T135401Z-k3v9x0`.
pub(super) fn name(target: &Path, now: Timestamp) -> Option<PathBuf> {
    let mut name = target.file_name()?.to_owned();
    let tag: String = (0..TAG).map(|_| char::from(rand::random_range(b'a'..=b'z'))).collect();
    name.push(format!("{INFIX}{}-{tag}", now.strftime(STAMP)));
    (name.len() <= LONGEST).then(|| target.with_file_name(name))
}

/// The target's name and the time in the name of a replaced file, exactly as [`name`] gives it.
fn parse(name: &str) -> Option<(&str, Timestamp)> {
    let (target, rest) = name.rsplit_once(INFIX)?;
    let (stamp, tag) = rest.split_once('-')?;
    let is_tag = tag.len() == TAG && tag.bytes().all(|byte| byte.is_ascii_lowercase());
    let time = jiff::civil::DateTime::strptime(STAMP, stamp).ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    (is_tag && !target.is_empty() && time.strftime(STAMP).to_string() == stamp)
        .then_some((target, time))
}

/// Removes what earlier restores to `target` have replaced more than a day before `now`, and the second
/// names that killed swaps have left. What cannot be removed stays; it is in nobody's way.
pub(super) fn remove_old(target: &Path, now: Timestamp) {
    let folder = super::restore::folder_of(target);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name: OsString = entry.file_name();
        let Some((old, since)) = name.to_str().and_then(parse) else { continue };
        if target.file_name().is_none_or(|name| name != old) {
            continue;
        }
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let is_second_name = is_same(&entry.path(), target);
        let kept = if is_second_name { SWAP } else { PREVIOUS_KEPT };
        if is_file && now.duration_since(since) >= kept {
            let removed = fs::remove_file(entry.path()).is_ok();
            tracing::info!(path = %entry.path().display(), removed, "a replaced file was kept long enough");
        }
    }
}

/// How many second names killed swaps have left of the file at `target`.
pub(super) fn second_names(target: &Path) -> u64 {
    let folder = super::restore::folder_of(target);
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_ours = |name: &OsString| name.to_str().is_some_and(|name| parse(name).is_some());
    let names = entries.filter(|entry| is_ours(&entry.file_name()));
    names.filter(|entry| is_same(&entry.path(), target)).count() as u64
}

/// Whether both names are of one file.
#[cfg(unix)]
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity =
        |path: &Path| fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()));
    identity(one).is_some_and(|identity_of_one| identity(other) == Some(identity_of_one))
}

/// Without the numbers of files the second name goes when its day is over, like all others.
#[cfg(not(unix))]
pub(super) fn is_same(_one: &Path, _other: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_old_files_are_removed() {
        let root = tempfile::tempdir().unwrap();
        let place = |name: &str| root.path().join(name);
        let now: Timestamp = "2026-11-22T13:54:01Z".parse().unwrap();
        let ours = name(&place("shop.db"), now).unwrap();
        let strangers = [
            "shop.db",
            "shop.db.kronos-before-yesterday",
            "shop.db.kronos-before-20261122T135401Z-K3V9X0",
            "shop.db.kronos-before-20269922T135401Z-abcdef",
            ".kronos-before-20261122T135401Z-abcdef",
            "other.db.kronos-before-20261122T135401Z-abcdef",
        ];
        for path in strangers.map(place).iter().chain([&ours]) {
            fs::write(path, "x").unwrap();
        }
        remove_old(&place("shop.db"), now + SignedDuration::from_hours(23));
        assert!(ours.exists(), "its day is not over");
        remove_old(&place("shop.db"), now + SignedDuration::from_hours(24));
        assert!(!ours.exists());
        assert!(strangers.iter().all(|name| place(name).exists()));
    }

    #[cfg(unix)]
    #[test]
    fn the_second_name_of_a_killed_swap_goes_after_a_minute() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("shop.db");
        fs::write(&target, "precious").unwrap();
        let now = Timestamp::now();
        let second = name(&target, now).unwrap();
        fs::hard_link(&target, &second).unwrap();
        remove_old(&target, now + SignedDuration::from_secs(59));
        assert!(second.exists(), "a swap may be going on");
        assert_eq!(second_names(&target), 1);
        remove_old(&target, now + SignedDuration::from_secs(60));
        assert!(!second.exists());
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    }

    #[test]
    fn a_name_that_would_be_too_long_is_none() {
        let now = Timestamp::now();
        assert!(name(Path::new(&"x".repeat(200)), now).is_some());
        assert!(name(Path::new(&"x".repeat(230)), now).is_none());
    }
}
