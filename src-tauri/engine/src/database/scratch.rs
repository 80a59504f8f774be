//! The names of scratch databases: made for a restore that is only looked at or tested, and removed again.
//!
//! Owns the spelling. When one is removed belongs to `restore`, how to each engine.

use super::RestoreTarget;
use crate::error::{Error, Result};

const PREFIX: &str = "kronos_scratch_";
/// Hexadecimal digits at the end of a name.
const TAG: usize = 16;
/// The most that is taken of a profile's name: no server allows names of more than 63 bytes.
const PROFILE: usize = 24;
/// The table or collection by which a kept scratch database is known.
pub(super) const MARK: &str = "kronos_scratch_place";

/// A name that nothing else has: `kronos_scratch_shop_0123456789abcdef`.
pub(crate) fn new_name(profile: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' }
    };
    let profile: String = profile.chars().take(PROFILE).map(plain).collect();
    format!("{PREFIX}{profile}_{:016x}", rand::random::<u64>())
}

/// The random end of a name exactly as [`new_name`] makes it.
pub(super) fn tag_of(name: &str) -> Option<&str> {
    let (profile, tag) = name.strip_prefix(PREFIX)?.rsplit_once('_')?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_ours = profile.len() <= PROFILE && tag.len() == TAG && tag.bytes().all(is_hex);
    is_ours.then_some(tag)
}

/// The name of the database at `target`, which has to be a scratch one.
pub(super) fn name_of(target: &RestoreTarget) -> Result<&str> {
    let name = target.database_name()?;
    match tag_of(name) {
        Some(_) => Ok(name),
        None => Err(Error::Internal(format!("`{name}` is no scratch database"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_ours_and_every_server_takes_them() {
        for profile in ["shop", "", "Ünsinn; DROP DATABASE x", &"long".repeat(50)] {
            let name = new_name(profile);
            assert!(name.len() <= 63 && name.is_ascii(), "{name}");
            assert!(name.ends_with(tag_of(&name).unwrap()));
            assert!(name_of(&RestoreTarget::NewDatabase(name)).is_ok());
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
            assert!(name_of(&RestoreTarget::NewDatabase(name.to_owned())).is_err(), "{name}");
        }
    }
}
