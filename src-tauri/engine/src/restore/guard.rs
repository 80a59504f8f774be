//! Which places the configuration keeps from being replaced.
//!
//! Owns the rule, and that it is asked of the file as it stands at that moment: nothing that a restore is
//! told can change the answer. A place is what it is, whichever profile leads there. In this order:
//!
//! 1. A profile whose databases are at this address says `protected = true`, or the profile through which the
//!    server is reached does, or one whose server has called itself the same in its newest backup, or one whose
//!    server is on this computer, too, and cannot be told apart from this one: locked.
//! 2. A profile that takes this very database at this address says `protected = false`: not locked.
//! 3. It is on another computer, or the server of a profile with its identity is: locked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::{self, Config, NamePatterns, Profile};
use crate::database::{self, DatabaseConnection, Location, RestoreTarget, Standing};
use crate::error::{RestoreError, Result};
use crate::ids::EngineKind;

/// What a restore has to ask before it replaces anything.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The configuration file. Where there is none, nothing is protected but what is on another computer.
    pub config: PathBuf,
    /// The profile through which the server of the target is reached; `None` for a file.
    pub route: Option<String>,
    /// What the server of each profile has called itself in its newest backup.
    pub identities: BTreeMap<String, String>,
}

/// What is to be replaced, as the look at it has found it.
#[derive(Debug, Clone)]
pub(super) struct Occupied {
    kind: EngineKind,
    target: RestoreTarget,
    location: Location,
    identity: String,
    shown: String,
}

impl Occupied {
    pub(super) fn of(
        connection: &dyn DatabaseConnection,
        target: &RestoreTarget,
        standing: &Standing,
    ) -> Self {
        Self {
            kind: connection.kind(),
            target: target.clone(),
            location: connection.location(),
            identity: standing.server.identity.clone(),
            shown: standing.shown.clone(),
        }
    }
}

/// A profile that the place may belong to.
struct Claim<'a> {
    profile: &'a Profile,
    /// Whether its address says so, and not only the identity of its server.
    by_address: bool,
    /// Whether it takes this very database.
    takes: bool,
    is_remote: bool,
}

impl Claim<'_> {
    fn says(&self, protected: bool) -> bool {
        self.profile.environment.protected == Some(protected)
    }
}

impl Guard {
    /// Says why this place is locked.
    pub(super) fn check(&self, occupied: &Occupied) -> Result<()> {
        let config = config::load_or_empty(&self.config)?;
        self.lock(&config, occupied).map_or(Ok(()), |lock| Err(lock.into()))
    }

    /// The tag of the place: that of a profile that takes it.
    pub(super) fn tag(&self, occupied: &Occupied) -> Result<Option<String>> {
        let config = config::load_or_empty(&self.config)?;
        let claims = self.claims(&config, occupied);
        let mut own = claims.iter().filter(|claim| claim.takes && claim.by_address);
        Ok(own.find_map(|claim| claim.profile.environment.tag.clone()))
    }

    fn lock(&self, config: &Config, occupied: &Occupied) -> Option<RestoreError> {
        let claims = self.claims(config, occupied);
        let target = occupied.shown.clone();
        let protected = |profile: &Profile| RestoreError::Protected {
            target: target.clone(),
            profile: profile.name.clone(),
        };
        let mut here = claims.iter().filter(|claim| claim.by_address);
        if let Some(claim) = here.clone().find(|claim| claim.says(true)) {
            return Some(protected(claim.profile));
        }
        let route = self.route.as_deref().and_then(|route| config.profile(route).ok());
        let route = route.filter(|route| route.environment.protected == Some(true));
        let elsewhere = || claims.iter().find(|claim| claim.says(true)).map(|it| it.profile);
        if let Some(profile) = route.or_else(elsewhere) {
            return Some(protected(profile));
        }
        if here.any(|claim| claim.takes && claim.says(false)) {
            return None;
        }
        let server_of = claims.iter().find(|claim| claim.is_remote && !claim.by_address);
        if !occupied.location.is_remote() && server_of.is_none() {
            return None;
        }
        let own = claims.iter().find(|claim| claim.by_address && claim.takes);
        Some(RestoreError::Elsewhere {
            target,
            server_of: server_of.map(|claim| claim.profile.name.clone()),
            profile: own.map(|claim| claim.profile.name.clone()),
        })
    }

    fn claims<'a>(&self, config: &'a Config, occupied: &Occupied) -> Vec<Claim<'a>> {
        let of_engine = config.profiles.iter().filter(|profile| profile.engine == occupied.kind);
        of_engine.filter_map(|profile| self.claim(profile, occupied)).collect()
    }

    fn claim<'a>(&self, profile: &'a Profile, occupied: &Occupied) -> Option<Claim<'a>> {
        let location = database::connect(profile.engine, &profile.connection).ok()?.location();
        let by_address = location.leads_to(&occupied.target, &occupied.location);
        let known = self.identities.get(&profile.name).filter(|known| !known.is_empty());
        let by_identity = known == Some(&occupied.identity);
        let is_alike = (known.is_none() || occupied.identity.is_empty())
            && location.may_be(&occupied.location);
        let (means, takes) = match &occupied.target {
            RestoreTarget::NewFile(_) | RestoreTarget::ReplaceFile(_) => (true, true),
            RestoreTarget::NewDatabase(name) | RestoreTarget::ReplaceDatabase { name, .. } => {
                (means(profile, name), takes(profile, name))
            }
        };
        let is_remote = location.is_remote();
        ((by_address || by_identity || is_alike) && means).then_some(Claim {
            profile,
            by_address,
            takes,
            is_remote,
        })
    }
}

/// Whether the profile names this database. Some servers know no case, and what is left out of the backups
/// may be precious all the same.
fn means(profile: &Profile, name: &str) -> bool {
    let lower: Vec<String> =
        profile.connection.databases.iter().map(|text| text.to_lowercase()).collect();
    NamePatterns::of(&lower).take(&name.to_lowercase()) || takes(profile, name)
}

fn takes(profile: &Profile, name: &str) -> bool {
    let connection = &profile.connection;
    NamePatterns::of(&connection.databases).take(name)
        && !NamePatterns::of(&connection.server.selection.exclude_databases).have(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConnectionSettings;
    use crate::error::Error;

    const HERE: &str = "localhost";
    const THERE: &str = "db.example.org";

    /// A profile `name` of PostgreSQL with further `lines`.
    fn profile(name: &str, host: &str, lines: &str) -> String {
        format!("[databases.{name}]\nengine = \"postgres\"\nhost = \"{host}\"\n{lines}\n")
    }

    /// The database `name` at `host`, on the server that calls itself `identity`.
    fn occupied(host: &str, name: &str, identity: &str) -> Occupied {
        let settings = ConnectionSettings { host: host.into(), ..ConnectionSettings::default() };
        let target = RestoreTarget::ReplaceDatabase { name: name.into(), disconnect: false };
        let connection = database::connect(EngineKind::Postgres, &settings).unwrap();
        Occupied {
            kind: EngineKind::Postgres,
            target,
            location: connection.location(),
            identity: identity.into(),
            shown: format!("{host}:5432/{name}"),
        }
    }

    fn guard(text: &str) -> (tempfile::TempDir, Guard) {
        let root = tempfile::tempdir().unwrap();
        let config = root.path().join("config.toml");
        let storage = "[storage]\ntype = \"local\"\npath = \"/backups\"\n";
        std::fs::write(&config, format!("{storage}{text}")).unwrap();
        (root, Guard { config, ..Guard::default() })
    }

    /// Why it is locked; empty when it is not.
    fn why(guard: &Guard, occupied: &Occupied) -> String {
        match guard.check(occupied) {
            Ok(()) => String::new(),
            Err(Error::Restore(error)) => error.to_string(),
            Err(error) => panic!("{error}"),
        }
    }

    const PROTECTED: &str = "protected = true";
    const UNLOCKED: &str = "protected = false";

    #[test]
    fn what_is_on_another_computer_is_locked_until_its_own_profile_says_otherwise() {
        let (here, there) = (occupied(HERE, "shop", ""), occupied(THERE, "shop", ""));
        let rule = |text: &str, occupied: &Occupied| {
            let (_root, guard) = guard(text);
            why(&guard, occupied)
        };
        assert_eq!(rule(&profile("a", HERE, ""), &here), "");
        assert_eq!(rule("", &here), "", "no profile has to know it");
        let locked = "`db.example.org:5432/shop` is on another computer, and Kronos replaces nothing \
                      there until a profile allows it";
        assert_eq!(rule(&profile("a", THERE, ""), &there), locked);
        assert_eq!(rule(&profile("a", THERE, UNLOCKED), &there), "");
        let spelled = profile("a", "DB.example.org.", "port = 5432\nprotected = false");
        assert_eq!(rule(&spelled, &there), "", "the same address");
        for other in [
            profile("a", "db2.example.org", UNLOCKED),
            profile("a", THERE, "port = 5433\nprotected = false"),
            profile("a", THERE, "databases = [\"crm\"]\nprotected = false"),
            profile("a", THERE, "databases = [\"SHOP\"]\nprotected = false"),
            profile("a", THERE, "exclude_databases = [\"sh*\"]\nprotected = false"),
            profile("a", THERE, UNLOCKED).replace("postgres", "mysql"),
            profile("a", HERE, UNLOCKED),
            String::new(),
        ] {
            assert_eq!(rule(&other, &there), locked, "{other}");
        }
    }

    #[test]
    fn who_can_unlock_it_is_named() {
        let hint = |text: &str| {
            let (_root, guard) = guard(text);
            let error = guard.check(&occupied(THERE, "shop", "")).unwrap_err();
            assert_eq!(error.code(), crate::error::ErrorCode::TargetLocked);
            error.hint().unwrap()
        };
        let own = hint(&profile("mine", THERE, "databases = [\"sh*\"]"));
        assert!(own.contains("the settings of `mine` (`protected = false`)"), "{own}");
        let none = hint(&profile("mine", THERE, "databases = [\"crm\"]\nprotected = false"));
        assert!(none.contains("No profile takes this database"), "{none}");
    }

    #[test]
    fn a_protected_place_is_locked_whichever_way_leads_there() {
        let shop = occupied(HERE, "shop", "");
        let locked = "`localhost:5432/shop` is protected by the profile `prod`";
        for prod in [
            profile("prod", HERE, PROTECTED),
            profile("prod", "127.0.0.1", PROTECTED),
            profile("prod", HERE, "databases = [\"shop\"]\nprotected = true"),
            profile("prod", HERE, "databases = [\"SH*\"]\nprotected = true"),
            profile("prod", HERE, "exclude_databases = [\"shop\"]\nprotected = true"),
        ] {
            let (_root, guard) = guard(&format!("{prod}{}", profile("other", HERE, UNLOCKED)));
            assert_eq!(why(&guard, &shop), locked, "{prod}");
        }
        let socket = profile("prod", "/run/postgresql", PROTECTED);
        let (_root, mut alike) = guard(&socket);
        assert_eq!(why(&alike, &shop), locked, "nothing tells the two servers apart");
        alike.identities.insert("prod".into(), "7001".into());
        assert_eq!(why(&alike, &occupied(HERE, "shop", "7002")), "", "their identities do");
        for prod in [
            profile("prod", HERE, "databases = [\"crm\"]\nprotected = true"),
            profile("prod", HERE, "port = 5433\nprotected = true"),
            profile("prod", HERE, PROTECTED).replace("postgres", "mysql"),
        ] {
            let (_root, mut guard) = guard(&prod);
            assert_eq!(why(&guard, &shop), "", "{prod}");
            guard.route = Some("prod".into());
            assert_eq!(why(&guard, &shop), locked, "through that very profile: {prod}");
        }
    }

    #[test]
    fn a_server_that_calls_itself_the_same_is_the_same() {
        let known = |text: &str, name: &str, identity: &str| {
            let (root, mut guard) = guard(text);
            guard.identities.insert("prod".into(), identity.into());
            let sentence = why(&guard, &occupied(HERE, name, "7001"));
            drop(root);
            sentence
        };
        let prod = profile("prod", "/run/postgresql", PROTECTED);
        let locked = "`localhost:5432/shop` is protected by the profile `prod`";
        assert_eq!(known(&prod, "shop", "7001"), locked);
        assert_eq!(known(&prod, "shop", "7002"), "");
        assert_eq!(known(&prod, "shop", ""), locked, "who does not say who it is may be anybody");
        let only = prod.replace("protected", "databases = [\"crm\"]\nprotected");
        assert_eq!(known(&only, "shop", "7001"), "");
        let second = profile("second", HERE, UNLOCKED);
        assert_eq!(known(&format!("{prod}{second}"), "shop", "7001"), locked, "`true` is stronger");
        assert_eq!(known(&format!("{prod}{second}"), "shop", "7002"), "");
        // A tunnel makes what is there look as if it were here.
        let tunnel = known(&profile("prod", THERE, ""), "shop", "7001");
        assert!(tunnel.contains("on the server of the profile `prod`, on another"), "{tunnel}");
        assert_eq!(known(&profile("prod", HERE, ""), "shop", "7001"), "");
    }

    #[test]
    fn the_answer_is_that_of_the_file_at_this_moment_and_of_a_broken_one_there_is_none() {
        let (root, guard) = guard(&profile("a", HERE, "tag = \"staging\""));
        let shop = occupied(HERE, "shop", "");
        assert_eq!(why(&guard, &shop), "");
        assert_eq!(guard.tag(&shop).unwrap().as_deref(), Some("staging"));
        assert_eq!(guard.tag(&occupied(THERE, "shop", "")).unwrap(), None);
        let text = std::fs::read_to_string(&guard.config).unwrap();
        std::fs::write(&guard.config, format!("{text}{PROTECTED}\n")).unwrap();
        assert!(why(&guard, &shop).contains("protected by"));
        std::fs::write(&guard.config, "[databases").unwrap();
        assert!(guard.check(&shop).is_err());
        std::fs::remove_file(&guard.config).unwrap();
        assert_eq!(why(&guard, &shop), "");
        assert!(why(&guard, &occupied(THERE, "shop", "")).contains("on another computer"));
        drop(root);
    }
}
