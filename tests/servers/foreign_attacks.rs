//! Dumps that are attacks. Each tries to run a program of this computer, to write or read a file of it, or to leave
//! the new database. None does, none leaves anything, and each is answered with a sentence.
//!
//! Owns the payloads. That they would work is shown by the clients themselves, without Kronos.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::TestContext;
use crate::foreign_loads::{ALL, load};
use crate::rig::{Profile, Subject};
use crate::say;
use crate::servers::PostgresServer;

/// What an attack needs to know.
struct World {
    /// A file that must not appear.
    marker: PathBuf,
    /// A file with a secret in it.
    secret: PathBuf,
    /// A database that must not change.
    precious: String,
}

fn postgres(world: &World) -> Vec<String> {
    let World { marker, secret, precious } = world;
    let (marker, secret) = (marker.display(), secret.display());
    let attacks = vec![
        format!("\\! touch {marker}"),
        format!("SELECT 1 \\! touch {marker}"),
        format!("SELECT 1 \\g |touch {marker}"),
        format!("SELECT 1 \\g {marker}"),
        format!("\\o {marker}\nSELECT 1;"),
        format!("\\o |touch {marker}\nSELECT 1;"),
        format!("\\copy (SELECT 1) TO '{marker}'"),
        format!("\\copy t FROM '{secret}'"),
        format!("\\copy t FROM PROGRAM 'touch {marker}'"),
        format!("\\set x `touch {marker}`"),
        format!("\\i {secret}"),
        format!("\\lo_import {secret}"),
        format!("\\w {marker}"),
        format!("\\unrestrict x\n\\! touch {marker}"),
        format!("\\restrict x\n\\unrestrict x\n\\! touch {marker}"),
        format!("COPY t FROM stdin;\na\n\\.\n\\! touch {marker}"),
        format!("SELECT E'a'\n'b\\' ' ; \\! touch {marker}\n --';"),
        format!("SELECT 'it''s', $a$ ' $a$, $$ \\; $$ \\! touch {marker}"),
        format!("/* /* */ ' */ \\! touch {marker}"),
        format!("SET client_encoding = 'SJIS';\nSELECT E'\u{81}\\' ; \\! touch {marker}\n --';"),
        format!("SET \"standard_conforming_strings\" = off;\nSELECT '\\'' \\! touch {marker}\n';"),
        format!(
            "BEGIN;\nSET LOCAL standard_conforming_strings = off;\nSELECT '\\''; COPY t TO '{marker}'; --';"
        ),
        format!("\\connect {precious}\nDROP TABLE item;"),
        format!("SET NAMES 'GB18030';\nSELECT E'\u{81}\\' ; COPY t TO '{marker}';\n --';"),
        format!("COMMIT; DROP DATABASE {precious};"),
        format!("COMMIT; ALTER DATABASE {precious} RENAME TO stolen;"),
        format!("COMMIT; CREATE DATABASE stolen TEMPLATE {precious};"),
        "CREATE ROLE stolen SUPERUSER LOGIN;".to_owned(),
        "COMMIT; ALTER SYSTEM SET work_mem = '1GB';".to_owned(),
        format!("COPY (SELECT 1) TO PROGRAM 'touch {marker}';"),
        format!("COPY t TO '{marker}';"),
        format!("COPY t FROM '{secret}';"),
        format!("SELECT pg_read_file('{secret}');"),
        format!("SELECT lo_import('{secret}');"),
    ];
    let head =
        "-- PostgreSQL database dump\n\nSET client_encoding = 'UTF8';\nCREATE TABLE t (x text);\n";
    attacks.into_iter().map(|attack| format!("{head}{attack}\n")).collect()
}

fn mysql(world: &World, is_mariadb: bool) -> Vec<String> {
    let World { marker, secret, precious } = world;
    let (marker, secret) = (marker.display(), secret.display());
    let attacks = vec![
        format!("\\! touch {marker}"),
        format!("system touch {marker}"),
        format!("SELECT 1;\nsystem touch {marker}\nSELECT 2;"),
        format!("source {secret}"),
        format!("\\. {secret}"),
        format!("tee {marker}\nSELECT 1;"),
        format!("\\T {marker}\nSELECT 1;"),
        format!("pager cat > {marker}\nSELECT 1;"),
        format!("\\P cat > {marker}\nSELECT 1;"),
        "edit".to_owned(),
        format!("LOAD DATA LOCAL INFILE '{secret}' INTO TABLE t;"),
        format!("LOAD DATA INFILE '{secret}' INTO TABLE t;"),
        format!("SELECT 1 INTO OUTFILE '{marker}';"),
        format!("SELECT 1 INTO DUMPFILE '{marker}';"),
        format!("INSERT INTO t VALUES (LOAD_FILE('{secret}'));"),
        format!("USE {precious};\nDROP TABLE item;"),
        format!("\\u {precious}\nDROP TABLE item;"),
        format!("/*!50003 USE {precious} */;\nDROP TABLE item;"),
        format!("DROP DATABASE {precious};"),
        "CREATE DATABASE stolen;".to_owned(),
        format!("DROP TABLE {precious}.item;"),
        format!("DROP TABLE `{precious}` . /* */ `item`;"),
        format!("DROP TABLE t, {precious}.item;"),
        format!("INSERT INTO {precious}.item VALUES (-1, 'x');"),
        format!("INSERT {precious}.item VALUES (-1, 'x');"),
        format!("UPDATE t, {precious}.item SET id = -id;"),
        format!("DELETE FROM {precious}.item;"),
        format!("RENAME TABLE {precious}.item TO item;"),
        format!("CREATE TABLE {precious} (x int);\nUPDATE t, {precious}.item SET id = -id;"),
        format!(
            "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW DELETE FROM {precious}.item;\nINSERT INTO t VALUES (1);"
        ),
        format!("/*!99999 ' */ DROP TABLE {precious}.item; /*!99999 ' */"),
        format!("/*M!999999 ; DROP TABLE {precious}.item; */"),
        format!(
            "SET sql_mode = 'NO_BACKSLASH_ESCAPES';\nSELECT '\\'; DROP TABLE {precious}.item; -- ';"
        ),
        format!(
            "SET @a = 4;\nSET sql_mode = @a;\nSELECT \"\\\"; DROP TABLE {precious}.item; -- \";"
        ),
        format!(
            "SET @a = 'NO_BACK\\SLASH_ESCAPES';\nSET sql_mode = @a;\nSELECT '\\'; DROP TABLE {precious}.item; -- ';"
        ),
        format!(
            "SET `sql_mode` = 'NO_BACKSLASH_ESCAPES';\nSELECT '\\'; DROP TABLE {precious}.item; -- ';"
        ),
        format!(
            "SET @sql_mode = 'NO_BACKSLASH_ESCAPES';\nSET sql_mode = @sql_mode;\nSELECT '\\'; DROP TABLE {precious}.item; -- ';"
        ),
        format!("SET NAMES `gbk`;\nSELECT '\u{ff}\\'; DROP TABLE {precious}.item; -- ';"),
        format!(
            "SET STATEMENT sql_mode = 'NO_BACKSLASH_ESCAPES' FOR SELECT 1;\nSELECT '\\'; DROP TABLE {precious}.item; -- ';"
        ),
        format!("SET NAMES gbk;\nSELECT '\u{ff}\\'; DROP TABLE {precious}.item; -- ';"),
        format!(
            "DELIMITER ;;\nCREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @a = 1; DROP TABLE {precious}.item;;\n"
        ),
        format!(
            "DELIMITER ;;\nCREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET @a = 1; DROP DATABASE {precious};;\n"
        ),
        format!("PREPARE s FROM 'DROP DATABASE {precious}';\nEXECUTE s;"),
        format!("EXECUTE IMMEDIATE 'DROP DATABASE {precious}';"),
        format!("CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO DELETE FROM {precious}.item;"),
        "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO DELETE FROM t;".to_owned(),
        "CREATE USER stolen;".to_owned(),
        "GRANT ALL ON *.* TO stolen;".to_owned(),
        "SET GLOBAL max_connections = 1000;".to_owned(),
        "SET PASSWORD = 'x';".to_owned(),
        "INSERT INTO mysql.user (User) VALUES ('stolen');".to_owned(),
        "CREATE FUNCTION f RETURNS STRING SONAME 'x.so';".to_owned(),
        "SHUTDOWN;".to_owned(),
    ];
    let server = if is_mariadb { "10.11.19-MariaDB" } else { "9.7.4" };
    let head = format!(
        "-- {} dump 10.19  Distrib {server}, for Linux (x86_64)\n\nCREATE TABLE t (x text);\n",
        if is_mariadb { "MariaDB" } else { "MySQL" }
    );
    attacks.into_iter().map(|attack| format!("{head}{attack}\n-- Dump completed\n")).collect()
}

/// Dumps that seem to be of one database and lead elsewhere. What names the one is left out, so some are loaded.
fn wrapped(world: &World, subject: &Subject) -> Vec<String> {
    let World { marker, precious, .. } = world;
    let marker = marker.display();
    let is_postgres = matches!(subject, Subject::Postgres(_));
    let own = if is_postgres { "CREATE DATABASE shop;\n\\connect shop" } else { "USE `shop`;" };
    let attacks = if is_postgres {
        vec![
            format!(
                "DROP DATABASE {precious};\nCREATE DATABASE {precious};\n\\connect {precious}\nCREATE TABLE t (x int);"
            ),
            format!("CREATE DATABASE {precious};\n\\connect {precious}\nDROP TABLE item;"),
            format!("CREATE DATABASE {precious};\nALTER DATABASE {precious} RENAME TO stolen;"),
            format!("{own}\n\\connect {precious}\nDROP TABLE item;"),
            format!("{own}\n\\c {precious}\nDROP TABLE item;"),
            format!("{own}\nSELECT 1 \\connect {precious}\n;\nDROP TABLE item;"),
            format!("{own}\n\\connect shop {precious}\nDROP TABLE item;"),
            format!("{own}\n\\connect shop \\connect {precious}\nDROP TABLE item;"),
            format!("{own}\n\\connect shop \\! touch {marker}"),
            format!("{own}\n\\connect `touch {marker}`"),
            format!(
                "{own}\n\\connect -reuse-previous=on \"dbname='shop' dbname='{precious}'\"\nDROP TABLE item;"
            ),
            format!("{own}\n\\connect \"dbname={precious}\"\nDROP TABLE item;"),
            format!("{own}\n\\connect postgresql:///{precious}\nDROP TABLE item;"),
            format!("{own}\nALTER DATABASE {precious} RENAME TO stolen;"),
            format!("{own}\nDROP DATABASE {precious};"),
            format!("{own}\nSELECT '\n\\connect {precious}\n';\nDROP TABLE item;"),
        ]
    } else {
        vec![
            format!(
                "DROP DATABASE {precious};\nCREATE DATABASE {precious};\nUSE {precious};\nCREATE TABLE t (x int);"
            ),
            format!("USE {precious};\nDROP TABLE item;"),
            format!("/*!40000 USE {precious}*/;\nDROP TABLE item;"),
            format!("{own}\nUSE {precious};\nDROP TABLE item;"),
            format!("{own}\n/*!40000 USE {precious}*/;\nDROP TABLE item;"),
            format!("{own}\n/*!40000 SELECT 1*/; /*! USE {precious} */;\nDROP TABLE item;"),
            format!("{own}\n/*M! USE {precious} */;\nDROP TABLE item;"),
            format!("{own}\nDELIMITER ;;\nUSE {precious} ;;\nDROP TABLE item ;;\n"),
            format!("{own}\nDELIMITER ;;\nUSE shop; USE {precious}; DROP TABLE item ;;\n"),
            format!("USE shop\nUSE {precious};\nDROP TABLE item;"),
            format!("USE `shop``{precious}`;\nDROP TABLE item;"),
            format!("{own}\n\\u {precious}\nDROP TABLE item;"),
            format!("{own}\nSELECT '\nUSE {precious};\n';\nDROP TABLE item;"),
            format!("{own}\nDROP DATABASE {precious};"),
            format!("{own}\nCREATE DATABASE stolen;"),
            format!("{own}\nDROP TABLE {precious}.item;"),
        ]
    };
    let head = if is_postgres {
        "-- PostgreSQL database dump\n\nSET client_encoding = 'UTF8';\n"
    } else {
        "-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)\n\nSET @a = 1;\n"
    };
    attacks.into_iter().map(|attack| format!("{head}{attack}\n-- Dump completed\n")).collect()
}

#[test]
fn no_dump_of_one_database_leads_to_another() {
    let (mut tried, mut refused) = (0, 0);
    for subject in Subject::each() {
        if matches!(subject, Subject::Mongo(_)) {
            continue;
        }
        let precious = subject.plain(20);
        let before = subject.snapshot(precious.name());
        let context = TestContext::new();
        let profile = subject.profile(precious.name());
        profile.write(&context);
        let world = World {
            marker: context.root().join("marker"),
            secret: context.root().join("secret"),
            precious: precious.name().to_owned(),
        };
        for attack in share(&subject, wrapped(&world, &subject)) {
            let path = context.data("attack.sql");
            fs::write(&path, &attack).unwrap();
            let target = subject.target("wrapped");
            let ran = load(&context, &profile, &path, target.name(), &ALL);
            let is_made = subject.databases().iter().any(|name| name == target.name());
            assert_eq!(is_made, ran.code == 0, "{attack}\n{}", ran.stderr);
            assert!(!world.marker.exists(), "{attack}");
            refused += usize::from(ran.code != 0);
            tried += 1;
        }
        before.assert_restored(&subject.snapshot(precious.name()));
        assert!(!subject.databases().iter().any(|name| name == "stolen" || name == "shop"));
    }
    say(&format!(
        "attacks behind a database of their own: {tried}, {refused} of them refused; programs run 0, other \
         databases changed 0"
    ));
    assert!(refused >= 28 && tried > refused, "{refused} of {tried}");
}

/// Runs every attack, and returns how many that were.
fn attack(subject: &Subject, attacks: &dyn Fn(&World) -> Vec<String>) -> usize {
    let precious = subject.plain(20);
    let before = subject.snapshot(precious.name());
    let context = TestContext::new();
    let profile = subject.profile(precious.name());
    profile.write(&context);
    let world = World {
        marker: context.root().join("marker"),
        secret: context.root().join("secret"),
        precious: precious.name().to_owned(),
    };
    fs::write(&world.secret, "CREATE TABLE stolen (x int);\n").unwrap();
    let attacks = share(subject, attacks(&world));
    for attack in &attacks {
        refused(&context, &profile, subject, attack, "Kronos does not load that");
        assert!(!world.marker.exists(), "{attack}");
    }
    before.assert_restored(&subject.snapshot(precious.name()));
    assert!(!subject.databases().iter().any(|name| name == "stolen"));
    attacks.len()
}

/// MariaDB and MySQL are attacked with the same payloads; each takes one half, unless there is time for all.
fn share(subject: &Subject, attacks: Vec<String>) -> Vec<String> {
    let is_mine = |number: usize| match subject {
        Subject::Mysql(server) => crate::full() || number.is_multiple_of(2) == server.is_mariadb(),
        _ => true,
    };
    attacks
        .into_iter()
        .enumerate()
        .filter(|(number, _)| is_mine(*number))
        .map(|(_, text)| text)
        .collect()
}

/// Fails to load `attack` for what `why` says, and leaves nothing.
fn refused(context: &TestContext, profile: &Profile, subject: &Subject, attack: &str, why: &str) {
    let path = context.data("attack.sql");
    fs::write(&path, attack).unwrap();
    let target = subject.target("attacked");
    let ran = load(context, profile, &path, target.name(), &ALL);
    assert_eq!(ran.code, 1, "{attack}\n{}", ran.stderr);
    assert!(ran.stderr.contains(why), "{attack}\n{}", ran.stderr);
    assert!(!subject.databases().iter().any(|name| name == target.name()), "{attack}");
}

#[test]
fn no_attack_leaves_the_new_database() {
    let mut tried = 0;
    for subject in Subject::each() {
        tried += match &subject {
            Subject::Postgres(_) => attack(&subject, &postgres),
            Subject::Mysql(server) => attack(&subject, &|world| mysql(world, server.is_mariadb())),
            Subject::Mongo(_) => 0,
        };
    }
    say(&format!(
        "attacks in dumps: {tried}; programs run on this computer 0, files made 0, other databases changed 0"
    ));
    assert!(tried >= 25, "{tried}");
}

/// A program of the dump may change how texts are read, and whoever only reads the dump does not see it. What it hides
/// from Kronos is stopped by the client, which takes no commands from this dump.
#[test]
fn what_the_dump_hides_from_a_reader_is_stopped_by_the_client() {
    let Some(server) = PostgresServer::wanted() else { return };
    let subject = Subject::Postgres(server);
    let precious = subject.plain(20);
    let context = TestContext::new();
    let profile = subject.profile(precious.name());
    profile.write(&context);
    let marker = context.root().join("marker");
    let attack = format!(
        "-- PostgreSQL database dump\n\nSET client_encoding = 'UTF8';\n\
         DO $$BEGIN PERFORM set_config('standard_' || 'conforming_strings', 'off', false); END$$;\n\
         SELECT '\\'' \\! touch {}\n';\n",
        marker.display()
    );
    refused(&context, &profile, &subject, &attack, "backslash commands are restricted");
    assert!(!marker.exists());
}

/// The same payloads work where nobody stands in their way.
#[test]
fn the_attacks_are_real() {
    let mut real = 0;
    for subject in Subject::each() {
        let context = TestContext::new();
        let marker = context.root().join("marker");
        let attack = format!("\\! touch {}\n", marker.display());
        let mut client = match &subject {
            Subject::Postgres(server) => {
                let mut psql = Command::new(server.tools().join("psql"));
                psql.args([
                    "-X",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    &server.port.to_string(),
                    "-U",
                    &server.user,
                    "postgres",
                ]);
                psql.env("PGPASSWORD", &server.password);
                psql
            }
            Subject::Mysql(server) if server.is_mariadb() => {
                let mut client = Command::new(server.client());
                client.arg(format!("--defaults-file={}", server.setting("OPTION_FILE")));
                client
            }
            // Its newest client runs no programs by itself.
            Subject::Mysql(_) | Subject::Mongo(_) => continue,
        };
        feed(&mut client, &attack);
        assert!(marker.exists(), "{}", subject.name());
        real += 1;
    }
    assert!(real >= 2, "{real}");
}

fn feed(client: &mut Command, text: &str) {
    use std::io::Write;
    let mut child = client.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// A folder that leads a tool to files of this computer.
#[test]
fn no_folder_leads_out_of_itself() {
    let mut tried = 0;
    for subject in Subject::each() {
        let source = subject.plain(10);
        let context = TestContext::new();
        let profile = subject.profile(source.name());
        profile.write(&context);
        for dump in crate::looks::dumps(&context, &subject, source.name()) {
            if !dump.path.is_dir() {
                continue;
            }
            let link = leading_out(&dump.path, &context);
            let target = subject.target("led_out");
            let ran = load(&context, &profile, &dump.path, target.name(), &ALL);
            assert_eq!(ran.code, 1, "{}", ran.stderr);
            assert!(ran.stderr.contains("leads out of the folder"), "{}", ran.stderr);
            assert!(!subject.databases().iter().any(|name| name == target.name()));
            fs::remove_file(link).unwrap();
            tried += 1;
        }
    }
    assert!(tried >= 3, "{tried}");
}

fn leading_out(folder: &Path, context: &TestContext) -> PathBuf {
    let secret = context.root().join("elsewhere");
    fs::write(&secret, "secret").unwrap();
    let link = folder.join("link.dat");
    std::os::unix::fs::symlink(secret, &link).unwrap();
    link
}
