//! Connection URLs: what is understood, what is refused, and that nothing is lost or shown.

use std::path::PathBuf;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::refusal;
use crate::config::{
    ConnectionSettings, ConnectionUrl, NamePattern, SecretSource, ServerSettings, TlsMode,
};
use crate::ids::EngineKind;
use crate::secret::Secret;

fn parsed(text: &str) -> ConnectionUrl {
    ConnectionUrl::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Engine, user, password, host, port and databases, as one line.
fn line(text: &str) -> String {
    let ConnectionUrl { engine, connection, warnings } = parsed(text);
    assert_eq!(warnings, Vec::<String>::new(), "{text}");
    let password = match &connection.password {
        Some(SecretSource::Plain(secret)) => secret.expose(),
        Some(other) => panic!("{other:?}"),
        None => "-",
    };
    let ConnectionSettings { user, host, port, databases, .. } = &connection;
    format!("{} {user} {password} {host} {port} {}", engine.key(), databases.join(","))
}

#[test]
fn the_parts_of_a_url_fill_the_form() {
    let cases = [
        ("postgres://ada:pw@db.lan:6432/shop", "postgres ada pw db.lan 6432 shop"),
        (" postgresql://ada@db.lan/shop\n", "postgres ada - db.lan 0 shop"),
        ("postgresql+psycopg2://ada:@h", "postgres ada - h 0 "),
        ("postgresql:///shop", "postgres  - localhost 0 shop"),
        (
            "postgresql://ada:pw@/shop?host=/run/postgresql",
            "postgres ada pw /run/postgresql 0 shop",
        ),
        ("postgresql://%2Frun%2Fpostgresql/shop", "postgres  - /run/postgresql 0 shop"),
        ("postgres://[::1]:5432/shop", "postgres  - ::1 5432 shop"),
        ("postgres://h?user=u&password=a+b&dbname=d&port=1", "postgres u a+b h 1 d"),
        ("mysql://root:p%40ss@127.0.0.1:3306/blog", "mysql root p@ss 127.0.0.1 3306 blog"),
        ("mariadb://root@localhost/blog?socket=/run/m.sock", "mysql root - /run/m.sock 0 blog"),
        ("jdbc:mysql://h:3306/blog?user=u&password=p@ss", "mysql u p@ss h 3306 blog"),
        ("MySQL://u:p@H/b", "mysql u p H 0 b"),
        ("mongodb://localhost:27017", "mongodb  - localhost 27017 "),
        ("mongodb://u:p@%2Ftmp%2Fm.sock/events", "mongodb u p /tmp/m.sock 0 events"),
        ("mongodb://u:p@h/?authMechanism=SCRAM-SHA-256", "mongodb u p h 0 "),
        // Two unencoded signs: the last one stands before the host.
        ("postgres://u:p@ss@h/d", "postgres u p@ss h 0 d"),
        ("postgres://h/a*b", "postgres  - h 0 a[*]b"),
    ];
    for (text, expected) in cases {
        assert_eq!(line(text), expected, "{text}");
    }
}

#[test]
fn the_protection_is_understood() {
    let cases = [
        ("postgres://h/d", None),
        ("postgres://h/d?sslmode=disable", Some(TlsMode::Off)),
        ("postgres://h/d?sslmode=prefer", Some(TlsMode::Prefer)),
        ("postgres://h/d?sslmode=require", Some(TlsMode::Require)),
        ("postgres://h/d?sslmode=verify-full", Some(TlsMode::Verify)),
        ("mysql://h/d?ssl-mode=VERIFY_IDENTITY", Some(TlsMode::Verify)),
        ("mysql://h/d?ssl-mode=REQUIRED", Some(TlsMode::Require)),
        ("mysql://h/d?tls=skip-verify", Some(TlsMode::Require)),
        ("jdbc:mysql://h/d?useSSL=false", Some(TlsMode::Off)),
        ("mongodb://h/d?tls=true", Some(TlsMode::Verify)),
        ("mongodb://h/d?tlsAllowInvalidCertificates=true&tls=true", Some(TlsMode::Require)),
        ("mongodb://h/d?ssl=false", Some(TlsMode::Off)),
    ];
    for (text, expected) in cases {
        assert_eq!(parsed(text).connection.server.tls, expected, "{text}");
    }
    let file = |text: &str| parsed(text).connection.server.ca_file;
    let expected = Some(PathBuf::from("/ca.pem"));
    assert_eq!(file("postgres://h/d?sslrootcert=/ca.pem"), expected);
    assert_eq!(file("mysql://h/d?ssl-ca=%2Fca.pem"), expected);
    assert_eq!(file("mongodb://h/d?tlsCAFile=/ca.pem"), expected);
    assert_eq!(file("postgres://h/d?sslrootcert=system"), None);
}

#[test]
fn mongodb_looks_for_the_user_where_its_drivers_do() {
    let place = |text: &str| parsed(text).connection.server.auth_database;
    assert_eq!(place("mongodb://u:p@h/shop?authSource=users"), Some("users".to_owned()));
    assert_eq!(place("mongodb://u:p@h/shop"), Some("shop".to_owned()));
    assert_eq!(place("mongodb://u:p@h/shop?authSource=admin"), None);
    assert_eq!(place("mongodb://u:p@h"), None);
    assert_eq!(place("mongodb://h/shop"), None);
}

#[test]
fn what_is_not_used_is_said() {
    let warnings = |text: &str| parsed(text).warnings;
    assert_eq!(
        warnings("postgres://h/d?application_name=x&sslmode=strange"),
        ["`application_name` in the URL is not used", "`sslmode` in the URL is not used"]
    );
    assert_eq!(warnings("postgres://h/d?my%20secret"), ["A parameter of the URL is not used"]);
    assert_eq!(warnings("postgres://h/d#x"), ["What stands behind `#` in the URL is not used"]);
    assert_eq!(warnings("postgres://h/d?sslrootcert=ca.pem").len(), 1);
    let list = parsed("mongodb://u:p@a:1,b:2,c:3/d?replicaSet=rs0");
    assert_eq!((list.connection.host.as_str(), list.connection.port), ("a", 1));
    assert_eq!(
        list.warnings,
        [
            "The URL names several servers; only the first one is used",
            "`replicaSet` in the URL is not used"
        ]
    );
}

#[test]
fn what_is_no_url_of_a_database_is_refused_without_quoting_it() {
    let refused = |text: &str| {
        let (field, message) = refusal(ConnectionUrl::parse(text));
        assert_eq!(field, "url");
        assert!(!message.contains("hunter2"), "{message}");
        message
    };
    for text in ["", "hunter2", "redis://u:hunter2@h", "hunter2://h", "host=h password=hunter2"] {
        assert!(refused(text).starts_with("This is not a connection URL;"), "{text}");
    }
    assert!(refused("mongodb+srv://u:hunter2@h/d").contains("`mongodb+srv://`"));
    for text in [
        "postgres://u:12/hunter2@h/d",
        "postgres://u:hunter2#x@h/d",
        "postgres://u:12?hunter2@h/d",
        "postgres://u:hunter2/x@h/d",
    ] {
        assert!(refused(text).starts_with("A `/`, `?`, `#` or `@`"), "{text}");
    }
    for text in ["postgres://h:hunter2/d", "postgres://h:99999/d", "postgres://a b/d"] {
        assert!(refused(text).starts_with("The host or the port in this URL"), "{text}");
    }
    assert!(refused("postgres://u:%FFhunter2@h").contains("is not text"));
    assert_eq!(refused("postgres://u:hunter2%00@h"), "A zero byte cannot stand here");
    assert!(refused("postgres://h/d?host=a,hunter2").contains("Only one server"));
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

proptest! {
    #[test]
    fn any_user_password_and_database_come_through(
        scheme in prop::sample::select(vec!["postgres", "mysql", "mongodb"]),
        user in "[^\0]{1,20}",
        password in "[^\0]{1,40}",
        database in "[^\0]{1,20}",
        port in 1..=u16::MAX,
    ) {
        let login = format!("{}:{}", encoded(&user), encoded(&password));
        let url = parsed(&format!("{scheme}://{login}@db.lan:{port}/{}", encoded(&database)));
        prop_assert_eq!(url.warnings, Vec::<String>::new());
        let auth = Some(&database).filter(|_| scheme == "mongodb");
        let expected = ConnectionSettings {
            host: "db.lan".to_owned(),
            port,
            user,
            password: Some(SecretSource::Plain(Secret::new(password))),
            databases: url.connection.databases.clone(),
            paths: Vec::new(),
            server: ServerSettings {
                auth_database: auth.filter(|name| name.as_str() != "admin").cloned(),
                ..ServerSettings::default()
            },
        };
        prop_assert_eq!(&url.connection, &expected);
        let names = NamePattern::parse(&url.connection.databases[0]).unwrap();
        prop_assert!(names.matches(&database));
        prop_assert!(!names.matches(&(database + "x")));
    }

    #[test]
    fn the_same_stands_in_parameters(user in "[^\0]{1,20}", password in "[^\0]{1,40}") {
        let query = format!("user={}&password={}", encoded(&user), encoded(&password));
        let url = parsed(&format!("postgres:///shop?{query}"));
        prop_assert_eq!(url.connection.user, user);
        prop_assert_eq!(url.connection.password, Some(SecretSource::Plain(Secret::new(password))));
    }

    #[test]
    fn no_text_makes_a_panic_and_no_password_is_shown(
        text in "(postgres|mysql|mongodb)://[a:@/?#,%\\[\\]&=1]{0,10}hunter2[a:@/?#,%\\[\\]&=1]{0,10}",
    ) {
        if let Err(error) = ConnectionUrl::parse(&text) {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains("hunter2"), "{}", shown);
        }
    }

    #[test]
    fn any_text_makes_no_panic(text in "\\PC{0,60}") {
        let _ = ConnectionUrl::parse(&text);
    }
}

#[test]
fn every_engine_with_a_server_has_a_scheme() {
    for kind in EngineKind::ALL.into_iter().filter(|kind| *kind != EngineKind::Sqlite) {
        assert_eq!(parsed(&format!("{}://h", kind.key())).engine, kind);
    }
}
