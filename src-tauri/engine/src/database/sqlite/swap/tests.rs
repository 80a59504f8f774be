//! Files that programs have left in every state, and what of the old file is kept.

use super::*;

struct Two {
    folder: tempfile::TempDir,
}

impl Two {
    fn new() -> Self {
        let two = Self { folder: tempfile::tempdir().unwrap() };
        for (name, rows) in [("shop.db", 3), ("new", 7)] {
            let statement = format!(
                "CREATE TABLE a (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                 WHERE i < {rows}) INSERT INTO a SELECT i FROM n"
            );
            Connection::open(two.place(name)).unwrap().execute_batch(&statement).unwrap();
        }
        two
    }

    fn place(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn swap(&self) -> Result<Previous> {
        swap(&self.place("new"), &self.place("shop.db"))
    }

    fn rows(&self) -> u32 {
        let database = Connection::open(self.place("shop.db")).unwrap();
        database.query_row("SELECT count(*) FROM a", [], |row| row.get(0)).unwrap()
    }
}

#[test]
fn the_empty_journal_of_a_program_that_keeps_it_is_in_nobodys_way() {
    for mode in ["PERSIST", "TRUNCATE"] {
        let two = Two::new();
        let database = Connection::open(two.place("shop.db")).unwrap();
        database.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(())).unwrap();
        database.execute_batch("INSERT INTO a VALUES (4)").unwrap();
        drop(database);
        assert!(two.place("shop.db-journal").exists(), "{mode} leaves one");
        two.swap().unwrap();
        assert_eq!(two.rows(), 7, "{mode}");
    }
}

#[test]
fn a_log_that_was_switched_on_after_the_rest_is_noticed_under_the_lock() {
    let two = Two::new();
    let database = Connection::open(two.place("shop.db")).unwrap();
    database.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
    drop(database);
    let error = exchange(&two.place("new"), &two.place("shop.db"), Rest::Plain).unwrap_err();
    assert!(error.to_string().contains("is in use"), "{error}");
    assert_eq!(two.rows(), 3);
}

#[test]
fn a_damaged_database_keeps_its_journal_and_both_stay() {
    let two = Two::new();
    fs::write(two.place("shop.db"), [b'x'; 8192]).unwrap();
    fs::write(two.place("shop.db-journal"), [0; 512]).unwrap();
    let error = two.swap().unwrap_err().to_string();
    assert!(error.contains("it is damaged") && error.contains("shop.db-journal"), "{error}");
    assert_eq!(fs::read(two.place("shop.db")).unwrap(), [b'x'; 8192]);
    fs::remove_file(two.place("shop.db-journal")).unwrap();
    two.swap().unwrap();
    assert_eq!(two.rows(), 7);
}

#[test]
fn mode_and_access_list_of_the_old_file_are_those_of_the_new_one() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    use std::os::unix::fs::PermissionsExt;
    // Version 2; the owner, user 1 and the group may read and write, the mask allows it, others nothing.
    let entries: [(u16, u16, u32); 5] =
        [(1, 6, u32::MAX), (2, 6, 1), (4, 6, u32::MAX), (0x10, 6, u32::MAX), (0x20, 0, u32::MAX)];
    let entries = entries.iter().flat_map(|(tag, rights, id)| {
        [&tag.to_le_bytes()[..], &rights.to_le_bytes(), &id.to_le_bytes()].concat()
    });
    let list: Vec<u8> = 2_u32.to_le_bytes().into_iter().chain(entries).collect();
    let two = Two::new();
    let target = two.place("shop.db");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    setxattr(&target, ACCESS_LIST, &list, XattrFlags::empty()).unwrap();
    two.swap().unwrap();
    let mut found = [0; 100];
    let length = getxattr(&target, ACCESS_LIST, &mut found).unwrap();
    assert_eq!(found[..length], list);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o660);
}
