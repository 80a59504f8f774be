//! What has to be true before anything is replaced, beside what the engine of the database demands.
//!
//! Owns the ladder: the name is typed, on another computer with its host; it is the server that the backup
//! is from; going on without a safety backup takes a whole sentence.

use crate::archive::{Manifest, Unit};
use crate::database::Standing;
use crate::error::{Error, RestoreError};
use crate::view::ReplaceConsent;

/// What has to be typed to replace `standing`.
pub(super) fn confirm(standing: &Standing) -> String {
    if standing.is_remote {
        format!("{}@{}", standing.name, host_name(&standing.host))
    } else {
        standing.name.clone()
    }
}

/// What has to be typed to replace it without a safety backup.
pub(super) fn confirm_without_safety(standing: &Standing) -> String {
    format!("replace {} without a safety backup", confirm(standing))
}

/// A host without its port: `db.example.org:5432`, `[2001:db8::1]:5432`.
fn host_name(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// Says why what was typed is not enough.
pub(super) fn check_typed(consent: &ReplaceConsent, standing: &Standing) -> Result<(), Error> {
    let (typed, wanted) = match &consent.without_safety {
        Some(phrase) => (phrase, confirm_without_safety(standing)),
        None => (&consent.typed_name, confirm(standing)),
    };
    // Another profile, another link, another server: the name alone would not tell.
    let is_shown = consent.shown.as_ref().is_none_or(|shown| *shown == standing.shown);
    if *typed == wanted && is_shown {
        return Ok(());
    }
    Err(RestoreError::NotConfirmed { target: standing.shown.clone(), wanted }.into())
}

/// A backup never replaces a database of another server than the one that it is from. Where one of the
/// two cannot tell who it is, the name that was typed is all there is.
pub(super) fn check_server(
    manifest: &Manifest,
    unit: &Unit,
    standing: &Standing,
) -> Result<(), Error> {
    let (expected, found) = (&manifest.header.server.identity, &standing.server.identity);
    if expected.is_empty() || found.is_empty() || expected == found {
        return Ok(());
    }
    Err(RestoreError::OtherServer {
        target: standing.shown.clone(),
        found: found.clone(),
        source_database: unit.source.clone(),
        expected: expected.clone(),
    }
    .into())
}

/// An undo goes to the very place that the safety backup is of: a copy of a server has its identity.
pub(super) fn check_same(unit: &Unit, standing: &Standing) -> Result<(), Error> {
    if unit.source == standing.shown {
        return Ok(());
    }
    Err(RestoreError::OtherPlace {
        target: standing.shown.clone(),
        source_database: unit.source.clone(),
    }
    .into())
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
        let is_enough =
            |consent: &ReplaceConsent, standing: &Standing| check_typed(consent, standing).is_ok();
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
        let error = check_typed(&typed("x", None), &there).unwrap_err().to_string();
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
}
