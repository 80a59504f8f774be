//! Versions as the makers print them, and programs that must not be taken.

use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn versions_are_read_as_their_makers_write_them() {
    let first = |text| ToolVersion::first_in(text).map(|version| version.to_string());
    assert_eq!(first("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)").unwrap(), "15.18");
    assert_eq!(first("mongodump version: 100.7.0").unwrap(), "100.7.0");
    assert_eq!(first("mysqldump  Ver 9.7.4-2 for Linux on x86_64").unwrap(), "9.7.4");
    assert_eq!(first("no number here, only 7"), None);
    let line = "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB, for debian-linux-gnu";
    assert_eq!(ToolVersion::behind("Distrib", line).unwrap().to_string(), "10.11.19");
    assert!(ToolVersion::new(9, 6) < ToolVersion::new(10, 0));
}

#[tokio::test]
async fn a_program_that_everybody_can_change_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fake_dump");
    let search = Search { names: &["fake_dump"], folders: &[], version: ToolVersion::first_in };
    let name = || "x".to_owned();
    let packages = Packages {
        debian: name(),
        fedora: name(),
        arch: name(),
        alpine: name(),
        brew: name(),
        winget: name(),
    };
    for (mode, expected) in [(0o755, true), (0o757, false), (0o644, false)] {
        std::fs::write(&path, "#!/bin/sh\necho fake 1.2\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        // A child of another test that has not yet become another program still holds it open.
        while std::process::Command::new(&path)
            .output()
            .is_err_and(|error| error.kind() == std::io::ErrorKind::ExecutableFileBusy)
        {
            std::thread::yield_now();
        }
        let found = find_all(&search, &Place::Here, Some(folder.path()), &packages).await;
        assert_eq!(found.is_ok(), expected, "{mode:o}");
    }
}
