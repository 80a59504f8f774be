//! What the tools of the servers' makers write is recognised by its bytes: every form, in every compression,
//! under names that say something else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kronos_engine::look::{DumpForm, ForeignLook, Look, SqlDialect, Wrapping, look};

use crate::cli::TestContext;
use crate::rig::Subject;
use crate::say;
use crate::servers::{MysqlServer, PostgresServer, Servers};

/// One dump and what it has to be taken for.
pub struct Dump {
    pub form: DumpForm,
    dialect: Option<SqlDialect>,
    /// What the tool itself has compressed it with.
    pub own: Wrapping,
    pub path: PathBuf,
    /// Whether it holds the table of [`Subject::plain`], and how that is called.
    table: Option<&'static str>,
}

pub const PACKERS: [(&str, Wrapping); 4] = [
    ("gzip", Wrapping::Gzip),
    ("zstd", Wrapping::Zstd),
    ("xz", Wrapping::Xz),
    ("bzip2", Wrapping::Bzip2),
];

/// Runs a tool, whose standard output is the file, and returns the file's path.
pub fn made(context: &TestContext, name: &str, command: &mut Command) -> PathBuf {
    try_made(context, name, command).unwrap_or_else(|said| panic!("{command:?}: {said}"))
}

/// The same, or what the tool says.
pub fn try_made(
    context: &TestContext,
    name: &str,
    command: &mut Command,
) -> Result<PathBuf, String> {
    let path = context.data(name);
    let output =
        command.stdout(fs::File::create(&path).unwrap()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(path).ok_or(said)
}

fn postgres(context: &TestContext, server: &PostgresServer, database: &str) -> Vec<Dump> {
    let pg_dump = |options: &[&str]| {
        let mut command = Command::new(server.tools().join("pg_dump"));
        command.args(["-h", "127.0.0.1", "-p", &server.port.to_string(), "-U", &server.user]);
        command.args(options).arg(database).env("PGPASSWORD", &server.password);
        command
    };
    let dump = |form, name: &str, options: &[&str]| Dump {
        form,
        dialect: (form == DumpForm::SqlScript).then_some(SqlDialect::Postgres),
        own: Wrapping::None,
        path: made(context, name, &mut pg_dump(options)),
        table: Some("public.item"),
    };
    let file = context.data("written.jpg");
    let written = Dump {
        path: file.clone(),
        ..dump(DumpForm::PgCustom, "said", &["-Fc", "-f", file.to_str().unwrap()])
    };
    let folder = context.data("folder");
    let directory = Dump {
        path: folder.clone(),
        ..dump(DumpForm::PgDirectory, "said", &["-Fd", "-f", folder.to_str().unwrap()])
    };
    vec![
        dump(DumpForm::SqlScript, "plain.tar.gz", &["-Fp"]),
        dump(DumpForm::SqlScript, "clean.db", &["-Fp", "--clean", "--if-exists"]),
        dump(DumpForm::SqlScript, "inserts.bson", &["-Fp", "--inserts", "--no-comments"]),
        dump(DumpForm::PgCustom, "custom.sql", &["-Fc"]),
        dump(DumpForm::PgCustom, "custom0.sql", &["-Fc", "-Z0"]),
        dump(DumpForm::PgTar, "tar.sql", &["-Ft"]),
        written,
        directory,
    ]
}

fn mysql(context: &TestContext, server: &MysqlServer, database: &str) -> Vec<Dump> {
    let (program, dialect) = if server.is_mariadb() {
        ("mariadb-dump", SqlDialect::Mariadb)
    } else {
        ("mysqldump", SqlDialect::Mysql)
    };
    let defaults = format!("--defaults-file={}", server.setting("OPTION_FILE"));
    let dump = |name: &str, options: &[&str]| {
        let mut command = Command::new(server.tools().join(program));
        command.arg(&defaults).args(options).arg(database);
        let (form, path) = (DumpForm::SqlScript, made(context, name, &mut command));
        Dump { form, dialect: Some(dialect), own: Wrapping::None, path, table: Some("item") }
    };
    vec![
        dump("plain.tar.zst", &[]),
        dump("databases.dump", &["--databases"]),
        dump("routines.db", &["--routines", "--triggers", "--events", "--hex-blob"]),
        dump("compact.jpg", &["--compact"]),
    ]
}

fn mongodb(context: &TestContext, subject: &Subject, database: &str) -> Vec<Dump> {
    let config = Servers::get().text("MONGODB_CONFIG_FILE").to_owned();
    let (user, _) = subject.login();
    let mongodump = |options: &[&str]| {
        let mut command = Command::new(subject.tools().join("mongodump"));
        command.args(["--config", &config, "--host", "127.0.0.1", "--username", user]);
        command.args(["--port", &subject.port().to_string(), "--authenticationDatabase", "admin"]);
        command.args(["--db", database]).args(options);
        command
    };
    let dump = |form, own, path| Dump { form, dialect: None, own, path, table: Some("item") };
    let folder = |name: &str, options: &[&str]| {
        let out = context.data(name);
        let out_option = format!("--out={}", out.display());
        made(context, "said", &mut mongodump(&[&[&*out_option], options].concat()));
        out
    };
    vec![
        dump(
            DumpForm::MongoArchive,
            Wrapping::None,
            made(context, "a.sql", &mut mongodump(&["--archive"])),
        ),
        dump(
            DumpForm::MongoArchive,
            Wrapping::Gzip,
            made(context, "a.db", &mut mongodump(&["--archive", "--gzip"])),
        ),
        dump(DumpForm::MongoFolder, Wrapping::None, folder("folder", &[])),
        dump(DumpForm::MongoFolder, Wrapping::Gzip, folder("packed", &["--gzip"])),
        dump(DumpForm::MongoFolder, Wrapping::None, context.data("folder").join(database)),
    ]
}

pub fn dumps(context: &TestContext, subject: &Subject, database: &str) -> Vec<Dump> {
    match subject {
        Subject::Postgres(server) => postgres(context, server, database),
        Subject::Mysql(server) => mysql(context, server, database),
        Subject::Mongo(_) => mongodb(context, subject, database),
    }
}

pub fn foreign(path: &Path) -> ForeignLook {
    match look(path).unwrap() {
        Look::Foreign(look) => *look,
        other => panic!("{}: {other:?}", path.display()),
    }
}

/// Compares what was seen with what it is, and returns how many files that were.
fn check(context: &TestContext, dump: &Dump, database: &str) -> usize {
    let check = |path: &Path, wrapping| {
        let seen = foreign(path);
        let what = format!("{} as {wrapping:?}: {seen:?}", path.display());
        assert_eq!(
            (seen.form, seen.dialect, seen.compression),
            (dump.form, dump.dialect, wrapping),
            "{what}"
        );
        let has = |name: &&str| seen.objects.iter().any(|object| object.name == **name);
        assert!(dump.table.as_ref().is_none_or(has), "{what}");
        assert!(!seen.objects.is_empty() && seen.is_complete, "{what}");
        if dump.form != DumpForm::SqlScript {
            assert_eq!(seen.source.as_deref(), Some(database), "{what}");
        }
        assert!(
            !seen.findings.iter().any(|finding| finding.sentence.contains("cut short")),
            "{what}"
        );
    };
    check(&dump.path, dump.own);
    if dump.path.is_dir() || dump.own != Wrapping::None {
        return 1;
    }
    for (packer, wrapping) in PACKERS {
        let mut command = Command::new(packer);
        let packed = made(context, "packed file.sql", command.arg("-c").arg(&dump.path));
        check(&packed, wrapping);
    }
    1 + PACKERS.len()
}

#[test]
fn every_form_of_every_tool_is_recognised() {
    let mut files = 0;
    for subject in Subject::each() {
        let source = subject.plain(300);
        let context = TestContext::new();
        for dump in dumps(&context, &subject, source.name()) {
            files += check(&context, &dump, source.name());
        }
    }
    if let Some(server) = PostgresServer::new() {
        let subject = Subject::Postgres(server);
        let source = subject.plain(300);
        let context = TestContext::new();
        for dump in dumps(&context, &subject, source.name()) {
            files += check(&context, &dump, source.name());
        }
    }
    say(&format!(
        "looked into {files} dumps of the servers' own tools, none taken for something else"
    ));
    assert!(files >= 30, "{files}");
}

/// Databases with everything in them that a careless reader trips over.
#[test]
fn what_is_hard_to_dump_is_recognised_too() {
    for subject in Subject::each() {
        let source = subject.nasty();
        let context = TestContext::new();
        for dump in dumps(&context, &subject, source.name()) {
            let seen = foreign(&dump.path);
            assert_eq!((seen.form, seen.dialect), (dump.form, dump.dialect), "{seen:?}");
            assert!(seen.objects.len() > 3, "{seen:?}");
            assert!(seen.is_complete, "{seen:?}");
        }
    }
}

#[test]
fn dumps_that_are_cut_are_not_taken_for_whole_ones() {
    for subject in Subject::each() {
        let source = subject.plain(3000);
        let context = TestContext::new();
        for dump in dumps(&context, &subject, source.name()) {
            if dump.path.is_dir() {
                continue;
            }
            let bytes = fs::read(&dump.path).unwrap();
            let cut = context.data("cut");
            fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
            let is_noticed = match look(&cut).unwrap() {
                Look::Damaged(_) => true,
                Look::Foreign(seen) => {
                    let said = |sentence: &str| sentence.contains("cut short");
                    seen.findings.iter().any(|finding| said(&finding.sentence))
                }
                other => panic!("{other:?}"),
            };
            // What the tool has packed itself has no end that can be seen without unpacking it; without
            // comments a script has no last line.
            let has_no_end = dump.own != Wrapping::None || dump.path.ends_with("compact.jpg");
            assert!(is_noticed || has_no_end, "{}: {:?}", dump.path.display(), look(&cut));
        }
    }
}
