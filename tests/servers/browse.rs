//! Rows shown straight from a backup are the rows that the server gives for a `SELECT`, and `diff` sees what was
//! changed on a real server and nothing else.

use std::collections::BTreeMap;
use std::time::Instant;

use futures_util::TryStreamExt;
use mongodb::bson::{Bson, RawDocumentBuf, doc};
use serde_json::Value;

use crate::cli::{Ran, TestContext};
use crate::damage::damaged_copies;
use crate::rig::{Fresh, PROFILE, Subject};
use crate::servers::{PostgresSession, TextRow, cell, firsts};
use crate::{measure, say, scaled};

/// Rows that are asked for.
const LIMIT: usize = 60;
/// Bytes of a value that are shown.
const SHOWN: usize = 1024;

/// A backup of a database with everything in it.
struct Backed {
    context: TestContext,
    fresh: Fresh,
}

impl Backed {
    fn up(subject: &Subject, fresh: Fresh) -> Self {
        let context = TestContext::new();
        let profile = subject.profile(fresh.name());
        profile.write(&context);
        profile.ok(&context, &["backup", PROFILE]);
        Self { context, fresh }
    }

    fn kronos(&self, words: &[&str]) -> Ran {
        self.context.run(words)
    }

    /// The tables of the manifest that have rows, with their number.
    fn tables(&self) -> BTreeMap<String, u64> {
        let inspected = self.kronos(&["inspect", &self.context.id(), "--json"]).lines().remove(0);
        let objects = inspected["units"][0]["objects"].as_array().unwrap().clone();
        let is_table =
            |object: &Value| ["table", "collection"].contains(&object["kind"].as_str().unwrap());
        let with_rows = objects.into_iter().filter(is_table).filter_map(|object| {
            Some((object["name"].as_str().unwrap().to_owned(), object["rows"].as_u64()?))
        });
        with_rows.collect()
    }

    fn rows(&self, table: &str) -> Value {
        let limit = LIMIT.to_string();
        let id = self.context.id();
        let ran =
            self.kronos(&["inspect", &id, &format!("--rows={table}"), "--limit", &limit, "--json"]);
        assert_eq!(ran.code, 0, "{table}: {ran:?}");
        let found = ran.lines().remove(0);
        assert_eq!((&found["record"], &found["table"]), (&"rows".into(), &table.into()));
        found
    }
}

/// A value as both sides can be compared: nothing, or at most the bytes that are shown with the length of all.
type Shown = Option<(Vec<u8>, usize)>;

fn of_server(value: Option<&Vec<u8>>) -> Shown {
    let value = value?;
    let mut end = value.len().min(SHOWN);
    if let Ok(text) = std::str::from_utf8(value) {
        end = text.floor_char_boundary(end);
    }
    Some((value[..end].to_vec(), value.len()))
}

fn of_backup(cell: &Value) -> Shown {
    match cell["kind"].as_str().unwrap() {
        "null" => None,
        "text" => {
            let text = cell["text"].as_str().unwrap().as_bytes().to_vec();
            let length =
                cell["cut_from"].as_u64().map_or(text.len(), |all| all.try_into().unwrap());
            Some((text, length))
        }
        "binary" => {
            let hex = cell["hex"].as_str().unwrap();
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let bytes = (0..hex.len()).step_by(2).map(byte).collect();
            Some((bytes, cell["length"].as_u64().unwrap().try_into().unwrap()))
        }
        other => panic!("{other}"),
    }
}

/// The rows of the source, the names of whose columns the backup gives, as often as each is there.
fn counted(rows: impl Iterator<Item = Vec<Shown>>) -> BTreeMap<Vec<Shown>, usize> {
    let mut found = BTreeMap::new();
    rows.for_each(|row| *found.entry(row).or_default() += 1);
    found
}

/// Every row of the backup is one of the source, and there are as many as were asked for.
fn compare(table: &str, found: &Value, source: &[TextRow], count: u64) {
    let shown = found["rows"].as_array().unwrap();
    let is_complete = count <= LIMIT as u64;
    assert_eq!(shown.len() as u64, count.min(LIMIT as u64), "{table}");
    assert_eq!(found["is_complete"], is_complete, "{table}");
    assert_eq!(found["rows_in_backup"], count, "{table}");
    let mut left =
        counted(source.iter().map(|row| row.iter().map(Option::as_ref).map(of_server).collect()));
    for row in shown {
        let row: Vec<Shown> = row.as_array().unwrap().iter().map(of_backup).collect();
        let known = left.get_mut(&row).filter(|count| **count > 0);
        *known.unwrap_or_else(|| {
            panic!("{table}: {row:?} is not in the source: {:?}", source.first())
        }) -= 1;
    }
    if is_complete {
        assert_eq!(left.values().sum::<usize>(), 0, "{table}");
    }
}

fn columns(found: &Value, quote: impl Fn(&str) -> String) -> String {
    let names = found["columns"].as_array().unwrap().iter();
    names.map(|name| quote(name.as_str().unwrap())).collect::<Vec<_>>().join(", ")
}

fn relational(subject: &Subject) {
    let backed = Backed::up(subject, subject.nasty());
    let tables = backed.tables();
    assert!(tables.len() > 15, "{tables:?}");
    let mut values = 0;
    for (table, count) in &tables {
        let found = backed.rows(table);
        values += found["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row.as_array().unwrap().len())
            .sum::<usize>();
        let source = match &backed.fresh {
            Fresh::Postgres(database) => {
                let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
                let session = database.session();
                let name = postgres_name(&session, table);
                session.run("SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 1");
                session.rows(&format!("SELECT {} FROM ONLY {name}", columns(&found, quote)))
            }
            Fresh::Mysql(database) => {
                let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
                let history = if table == "versioned" { " FOR SYSTEM_TIME ALL" } else { "" };
                let list = columns(&found, quote);
                let mut session = database.session();
                session.rows(&format!("SELECT {list} FROM {}{history}", quote(table)))
            }
            Fresh::Mongo(_) => unreachable!("documents are compared below"),
        };
        compare(table, &found, &source_as_shown(&found, source), *count);
    }
    say(&format!(
        "browse: {} tables and {values} values of {} as its SELECT gives them",
        tables.len(),
        subject.name()
    ));
}

/// A table in SQL, by the name that the manifest has for it: a part with a point or a quote is quoted.
fn postgres_name(session: &PostgresSession, shown: &str) -> String {
    let part = |name: &str| {
        format!(
            "CASE WHEN {name} ~ '[.\"]' THEN '\"' || replace({name}, '\"', '\"\"') || '\"' ELSE {name} END"
        )
    };
    let rows = session.rows(&format!(
        "SELECT {} || '.' || {}, quote_ident(nspname) || '.' || quote_ident(relname)
         FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r'",
        part("nspname"),
        part("relname")
    ));
    let row = rows.iter().find(|row| cell(row, 0) == shown);
    cell(row.unwrap_or_else(|| panic!("{shown} in {:?}", firsts(&rows))), 1)
}

/// PostgreSQL gives bytes as hex text.
fn source_as_shown(found: &Value, mut source: Vec<TextRow>) -> Vec<TextRow> {
    let is_binary = |column: usize| {
        let rows = found["rows"].as_array().unwrap();
        rows.iter().any(|row| row[column]["kind"] == "binary")
    };
    for column in 0..found["columns"].as_array().unwrap().len() {
        for row in source.iter_mut().filter(|_| is_binary(column)) {
            let Some(digits) = row[column].as_ref().and_then(|value| value.strip_prefix(b"\\x"))
            else {
                continue;
            };
            let byte =
                |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            row[column] = Some(digits.chunks(2).map(byte).collect());
        }
    }
    source
}

#[test]
fn rows_of_postgres_are_those_of_its_select() {
    let servers = [
        crate::servers::PostgresServer::wanted(),
        crate::servers::PostgresServer::old(),
        crate::servers::PostgresServer::new(),
    ];
    servers.into_iter().flatten().for_each(|server| relational(&Subject::Postgres(server)));
}

#[test]
fn rows_of_mariadb_are_those_of_its_select() {
    if let Some(server) = crate::servers::MysqlServer::mariadb() {
        relational(&Subject::Mysql(server));
    }
}

#[test]
fn rows_of_mysql_are_those_of_its_select() {
    if let Some(server) = crate::servers::MysqlServer::mysql() {
        relational(&Subject::Mysql(server));
    }
}

#[test]
fn documents_of_mongodb_are_those_of_its_find() {
    let Some(server) = crate::servers::MongoServer::standalone() else { return };
    let subject = Subject::Mongo(server.clone());
    let backed = Backed::up(&subject, subject.nasty());
    let session = server.session();
    let (mut whole, mut cut) = (0, 0);
    let tables = backed.tables();
    assert!(tables.len() > 15, "{tables:?}");
    for (collection, count) in tables {
        let found = backed.rows(&collection);
        assert_eq!(found["columns"], serde_json::json!(["document"]));
        let source: Vec<RawDocumentBuf> = session.wait(async {
            let documents =
                session.database(backed.fresh.name()).collection::<RawDocumentBuf>(&collection);
            documents.find(doc! {}).await.unwrap().try_collect().await.unwrap()
        });
        assert_eq!(source.len() as u64, count, "{collection}");
        let shown = found["rows"].as_array().unwrap();
        assert_eq!(shown.len(), source.len().min(LIMIT), "{collection}");
        let texts: Vec<String> = source.iter().map(relaxed).collect();
        for row in shown {
            let text = row[0]["text"].as_str().unwrap();
            match row[0]["cut_from"].as_u64() {
                None => {
                    assert!(texts.iter().any(|known| known == text), "{collection}: {text}");
                    whole += 1;
                }
                Some(length) => {
                    let is_it =
                        |known: &&String| known.starts_with(text) && known.len() as u64 == length;
                    assert!(texts.iter().any(|known| is_it(&known)), "{collection}: {text:.200}");
                    assert!(text.len() > 8000, "{}", text.len());
                    cut += 1;
                }
            }
        }
    }
    assert!(whole > 400 && cut > 5, "{whole} {cut}");
    say(&format!(
        "browse: {whole} documents of MongoDB as its find gives them, {cut} of them by beginning and length"
    ));
}

/// The document as text, by the driver value for value, with the keys in their order, also one that is there twice.
fn relaxed(document: &RawDocumentBuf) -> String {
    fn text(value: Bson) -> String {
        match value {
            Bson::Document(inner) => {
                let pairs = inner.into_iter().map(|(key, inner)| pair(&key, inner));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
            }
            Bson::Array(list) => {
                format!("[{}]", list.into_iter().map(text).collect::<Vec<_>>().join(","))
            }
            other => other.into_relaxed_extjson().to_string(),
        }
    }
    fn pair(key: &str, inner: Bson) -> String {
        format!("{}:{}", serde_json::to_string(key).unwrap(), text(inner))
    }
    let pairs = document.iter().map(|element| {
        let (key, inner) = element.unwrap();
        pair(key.as_str(), Bson::try_from(inner).unwrap())
    });
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

/// What the whole process may use at its peak.
const MEMORY: u64 = 100_000_000;

#[test]
fn the_last_table_of_a_large_archive_is_shown_in_little_memory() {
    for subject in Subject::each() {
        let is_first = matches!(subject, Subject::Postgres(_));
        let megabytes = scaled(if is_first { 256 } else { 128 }, 1000);
        let fresh = subject.plain(megabytes * 1000);
        add_last(&fresh);
        let backed = Backed::up(&subject, fresh);
        let (id, table) = (backed.context.id(), last_name(&subject));
        let command = backed.context.command(["inspect", &id, "--rows", table]);
        let begun = Instant::now();
        let measured = measure::measure(command, None, &backed.context.root().join("complaints"));
        let seconds = begun.elapsed().as_secs_f64();
        assert_eq!(measured.status, Some(0), "{measured:?}");
        let (name, peak) = (subject.name(), measured.own.peak);
        assert!((1_000_000..MEMORY).contains(&peak), "{name}: {measured:?}");
        let found = backed.rows(table);
        assert_eq!(found["rows"].as_array().unwrap().len(), 1, "{found}");
        let begun = Instant::now();
        let first = backed.rows(&last_name(&subject).replace("zz_last", "item"));
        let early = begun.elapsed().as_secs_f64();
        assert_eq!((&first["is_complete"], &first["is_checked"]), (&false.into(), &false.into()));
        assert_eq!(first["rows"].as_array().unwrap().len(), LIMIT);
        say(&format!(
            "browse: {name}, {megabytes} MB: last table in {seconds:.1} s, first in {early:.1} s, peak {} MB",
            peak / 1_000_000
        ));
    }
}

fn add_last(fresh: &Fresh) {
    match fresh {
        Fresh::Postgres(database) => {
            database.session().run("CREATE TABLE zz_last AS SELECT 1 AS id");
        }
        Fresh::Mysql(database) => database.session().run("CREATE TABLE zz_last AS SELECT 1 AS id"),
        Fresh::Mongo(database) => {
            let insert = doc! { "insert": "zz_last", "documents": [{ "_id": 1 }] };
            database.server.session().command(&database.name, insert);
        }
    }
}

fn last_name(subject: &Subject) -> &'static str {
    if matches!(subject, Subject::Postgres(_)) { "public.zz_last" } else { "zz_last" }
}

#[test]
fn a_damaged_archive_shows_the_same_rows_or_none() {
    for subject in Subject::each() {
        let backed = Backed::up(&subject, subject.plain(3000));
        let table = last_name(&subject).replace("zz_last", "item");
        let whole = backed.rows(&table)["rows"].clone();
        let archive = backed.context.archives().remove(0);
        let bytes = std::fs::read(&archive).unwrap();
        let words = ["inspect", &backed.context.id(), "--rows", &table, "--limit", "60", "--json"]
            .map(str::to_owned);
        let tries = scaled(60, 2000);
        let (mut refused, mut right) = (0, 0);
        for (at, changed) in damaged_copies(&bytes, tries) {
            std::fs::write(&archive, &changed).unwrap();
            let ran = backed.context.run(&words);
            assert!(!ran.stderr.contains("panicked"), "{ran:?}");
            if ran.code == 0 {
                assert_eq!(ran.lines()[0]["rows"], whole, "{} byte {at}", subject.name());
                right += 1;
            } else {
                assert!(matches!(ran.code, 1 | 4), "byte {at}: {ran:?}");
                refused += 1;
            }
        }
        assert!(refused > 5 && right > 5, "{refused} {right}");
        let name = subject.name();
        say(&format!(
            "browse: {name}, {tries} damaged archives: {refused} refused, {right} with the right rows, wrong 0"
        ));
    }
}
