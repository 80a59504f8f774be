//! What has to be true before anything is replaced, beside what the engine of the database demands.
//!
//! Owns the ladder: the name is typed, on another computer with its host, where nobody can tell that it is the
//! server of the backup also with its port; a server that is known to be another one is refused; going on
//! without a safety backup takes a whole sentence. What is locked whatever is typed belongs to `guard`.

use crate::archive::{Manifest, Unit};
use crate::database::Standing;
use crate::error::{Error, RestoreError};
use crate::view::ReplaceConsent;

/// Where a backup is from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    /// What its server called itself; empty when it did not.
    identity: &'a str,
    /// The database that was backed up, with its server.
    source: &'a str,
    /// Its name.
    name: &'a str,
}

impl<'a> Origin<'a> {
    pub(super) fn of(manifest: &'a Manifest, unit: &'a Unit) -> Self {
        let identity = &manifest.header.server.identity;
        Self { identity, source: &unit.source, name: &unit.name }
    }
}

/// What has to be typed to replace `standing`.
pub(super) fn confirm(standing: &Standing, is_unproven: bool) -> String {
    if is_unproven {
        format!("{}@{}", standing.name, standing.host)
    } else if standing.is_remote {
        format!("{}@{}", standing.name, host_name(&standing.host))
    } else {
        standing.name.clone()
    }
}

/// What has to be typed to replace it without a safety backup.
pub(super) fn confirm_without_safety(standing: &Standing, is_unproven: bool) -> String {
    format!("replace {} without a safety backup", confirm(standing, is_unproven))
}

/// A host without its port: `db.example.org:5432`, `[2001:db8::1]:5432`.
fn host_name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Says why what was typed is not enough.
pub(super) fn check_typed(
    consent: &ReplaceConsent,
    standing: &Standing,
    is_unproven: bool,
) -> Result<(), Error> {
    let (typed, wanted) = match &consent.without_safety {
        Some(phrase) => (phrase, confirm_without_safety(standing, is_unproven)),
        None => (&consent.typed_name, confirm(standing, is_unproven)),
    };
    // Another profile, another link, another server: the name alone would not tell.
    let is_shown = consent.shown.as_ref().is_none_or(|shown| *shown == standing.shown);
    if *typed == wanted && is_shown {
        return Ok(());
    }
    Err(RestoreError::NotConfirmed { target: standing.shown.clone(), wanted }.into())
}

/// Whether nobody can tell that `standing` is on the server that the backup is from: only one of the two has
/// said who it is, or neither has and their addresses differ. A file belongs to no server.
pub(super) fn is_unproven(origin: Origin<'_>, standing: &Standing) -> bool {
    let silent = (origin.identity.is_empty(), standing.server.identity.is_empty());
    let address = origin.source.strip_suffix(origin.name);
    let is_same_address =
        address.is_some() && address == standing.shown.strip_suffix(&standing.name);
    let is_file = standing.host.is_empty();
    match silent {
        (false, false) => false,
        (true, true) => !is_file && !is_same_address,
        _ => !is_file,
    }
}

/// A backup never replaces a database of another server than the one that it is from.
pub(super) fn check_server(origin: Origin<'_>, standing: &Standing) -> Result<(), Error> {
    let (expected, found) = (origin.identity, &standing.server.identity);
    if expected.is_empty() || found.is_empty() || expected == found {
        return Ok(());
    }
    Err(RestoreError::OtherServer {
        target: standing.shown.clone(),
        found: found.clone(),
        source_database: origin.source.to_owned(),
        expected: expected.to_owned(),
    }
    .into())
}

/// An undo goes to the very place that the safety backup is of: a copy of a server has its identity. Nothing
/// is typed for it, so there is nothing that could make up for a server that does not say who it is any more.
pub(super) fn check_same(origin: Origin<'_>, standing: &Standing) -> Result<(), Error> {
    let target = standing.shown.clone();
    if origin.source != target {
        let source_database = origin.source.to_owned();
        return Err(RestoreError::OtherPlace { target, source_database }.into());
    }
    if is_unproven(origin, standing) {
        return Err(RestoreError::ServerUnproven { target }.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::ServerInfo;

    fn standing(host: &str, is_remote: bool) -> Standing {
        Standing {
            name: "shop".into(),
            shown: format!("{host}/shop"),
            host: host.into(),
            is_remote,
            server: ServerInfo { identity: "1".into(), ..ServerInfo::default() },
            size: 0,
            tables: Vec::new(),
            is_estimated: false,
            newest_change: None,
            programs: Vec::new(),
            can_disconnect: false,
        }
    }

    fn typed(name: &str, phrase: Option<&str>) -> ReplaceConsent {
        let without_safety = phrase.map(str::to_owned);
        ReplaceConsent { typed_name: name.into(), disconnect: false, without_safety, shown: None }
    }

    #[test]
    fn only_the_exact_words_are_a_consent() {
        let (here, there) =
            (standing("localhost:5432", false), standing("db.example.org:5432", true));
        let is_enough = |consent: &ReplaceConsent, standing: &Standing| {
            check_typed(consent, standing, false).is_ok()
        };
        assert!(is_enough(&typed("shop", None), &here));
        for wrong in ["", "Shop", "shop ", " shop", "shop@localhost", "SHOP", "replace shop"] {
            assert!(!is_enough(&typed(wrong, None), &here), "{wrong}");
        }
        assert!(is_enough(&typed("shop@db.example.org", None), &there));
        assert!(!is_enough(&typed("shop", None), &there), "the host is missing");
        let phrase = "replace shop without a safety backup";
        assert!(is_enough(&typed("", Some(phrase)), &here));
        assert!(!is_enough(&typed("shop", Some("shop")), &here), "the name is no sentence");
        assert!(!is_enough(&typed(phrase, None), &here), "the sentence is no name");
        assert!(
            !is_enough(&typed("shop", Some(phrase)), &there),
            "the sentence names the host, too"
        );
        let error = check_typed(&typed("x", None), &there, false).unwrap_err().to_string();
        let expected = "Replacing `db.example.org:5432/shop` was not confirmed: `shop@db.example.org` \
                        has to be typed, exactly so";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_host_is_named_without_its_port() {
        assert_eq!(host_name("db.example.org:5432"), "db.example.org");
        assert_eq!(host_name("[2001:db8::1]:5432"), "[2001:db8::1]");
        assert_eq!(host_name("db"), "db");
    }

    fn origin<'a>(source: &'a str, identity: &'a str) -> Origin<'a> {
        let name = source.rsplit('/').next().unwrap();
        Origin { identity, source, name }
    }

    #[test]
    fn where_nobody_can_tell_the_servers_apart_the_port_is_typed_too() {
        let is = |address: &str, identity: &str, found: &str, host: &str| {
            let source = format!("{address}/crm");
            let origin = origin(&source, identity);
            let mut standing = standing(host, false);
            standing.server.identity = found.into();
            (check_server(origin, &standing).is_ok(), is_unproven(origin, &standing))
        };
        let (here, there) = ("localhost:5432", "localhost:5433");
        assert_eq!(is(here, "1", "1", there), (true, false), "another way to the same server");
        assert!(!is(here, "1", "2", here).0, "another server at the same address");
        assert_eq!(is(here, "", "", here), (true, false));
        assert_eq!(is(here, "", "", there), (true, true));
        assert_eq!(is(here, "1", "", here), (true, true), "it said who it is, and does not now");
        assert_eq!(is(here, "", "1", here), (true, true));
        assert_eq!(is("/srv/shop.db", "", "", ""), (true, false), "a file belongs to no server");

        let here = standing("localhost:5432", false);
        let is_enough = |name: &str| check_typed(&typed(name, None), &here, true).is_ok();
        assert!(is_enough("shop@localhost:5432"));
        assert!(!is_enough("shop") && !is_enough("shop@localhost"));
        let phrase = "replace shop@localhost:5432 without a safety backup";
        assert!(check_typed(&typed("", Some(phrase)), &here, true).is_ok());
    }

    #[test]
    fn an_undo_wants_the_same_place_on_a_server_that_says_who_it_is() {
        let undo = |source: &str, identity: &str| {
            check_same(origin(source, identity), &standing("localhost:5432", false))
        };
        assert!(undo("localhost:5432/shop", "1").is_ok());
        let other = undo("localhost:5433/shop", "1").unwrap_err().to_string();
        assert!(other.contains("leads to `localhost:5432/shop` now"), "{other}");
        let silent = undo("localhost:5432/shop", "").unwrap_err().to_string();
        assert!(silent.contains("cannot be told any more"), "{silent}");
    }
}
