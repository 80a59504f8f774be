//! Every message as a person reads it.

use super::*;

#[test]
fn reports_have_what_why_and_a_next_step() {
    let error = Error::from(DatabaseError::Missing { path: "/srv/shop.db".into() });
    let report = ErrorReport::new("`shop` was not backed up", &error)
        .with_not_affected("Older backups are not affected");
    assert_eq!(report.code, ErrorCode::SourceMissing);
    assert_eq!(report.why, "There is no file `/srv/shop.db`");
    assert_eq!(
        report.next_step.as_deref(),
        Some("Check the path; if the file moved, edit the database")
    );
    assert!(report.details.contains("SourceMissing: There is no file"), "{}", report.details);
}

#[test]
fn all_configuration_problems_stand_in_one_message() {
    let problem = |line, key: &str, message: &str, suggestion: Option<&str>| ConfigProblem {
        line: Some(line),
        key: key.into(),
        message: message.into(),
        suggestion: suggestion.map(Into::into),
    };
    let error = Error::from(ConfigError::Invalid {
        path: "config.toml".into(),
        problems: vec![
            problem(3, "databases.shop.pathh", "is not a key that Kronos knows", Some("path")),
            problem(9, "storage.path", "must be text", None),
        ],
    });
    insta::assert_snapshot!(error, @r"
    The configuration file `config.toml` has 2 problems
      line 3: `databases.shop.pathh`: is not a key that Kronos knows (did you mean `path`?)
      line 9: `storage.path`: must be text
    ");
}

#[test]
fn a_full_disk_has_one_code_wherever_it_happens() {
    let full = || std::io::Error::from(std::io::ErrorKind::StorageFull);
    let errors = [
        Error::File { action: "write", path: "x".into(), source: full() },
        Error::from(DatabaseError::Scratch { path: "x".into(), source: full() }),
        Error::from(StorageError::Full { storage: "x".into(), needed: None, free: None }),
    ];
    for error in errors {
        assert_eq!(error.code(), ErrorCode::StorageFull, "{error}");
        assert!(error.hint().is_some());
    }
}
