//! The nasty database: everything SQLite can hold that a careless backup loses.
//!
//! Owns the fixture and its variants: journal mode, page size, text encoding, vacuum mode.

use std::path::Path;

use rusqlite::{Connection, params};

/// How one nasty database differs from the next.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    pub journal: &'static str,
    pub page_size: u32,
    pub encoding: &'static str,
    /// 0 none, 1 full, 2 incremental.
    pub auto_vacuum: u8,
    /// Bytes of the largest value.
    pub largest_blob: usize,
}

/// Makes the database and returns its connection. In write-ahead mode the last rows are only in the
/// `-wal` file for as long as the connection is open.
pub fn create(path: &Path, variant: Variant) -> Connection {
    let database = Connection::open(path).unwrap();
    let Variant { journal, page_size, encoding, auto_vacuum, .. } = variant;
    // The order matters: these three are fixed with the first page.
    let settings = format!(
        "PRAGMA page_size = {page_size}; PRAGMA encoding = '{encoding}';
         PRAGMA auto_vacuum = {auto_vacuum}; PRAGMA journal_mode = {journal};
         PRAGMA user_version = 4242; PRAGMA application_id = 1263681870;
         PRAGMA foreign_keys = OFF; PRAGMA wal_autocheckpoint = 0;"
    );
    database.execute_batch(&settings).unwrap();
    database.execute_batch(TABLES).unwrap();
    database.execute_batch(LOGIC).unwrap();
    let modules = virtual_tables(&database);
    assert!(modules > 0, "this SQLite has neither FTS5 nor R-tree");
    database.execute_batch(ROWS).unwrap();
    fill(&database, variant.largest_blob);
    database
}

fn fill(database: &Connection, largest_blob: usize) {
    let blob: Vec<u8> =
        (0..largest_blob).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    let insert = "INSERT INTO types (name, value) VALUES (?1, ?2)";
    database.execute(insert, params!["largest", blob]).unwrap();
    database.execute(insert, params!["nul text", "a\0b\0"]).unwrap();
    database.execute(insert, params!["infinity", f64::INFINITY]).unwrap();
    // SQLite stores NaN as NULL; the restore has to say the same.
    database.execute(insert, params!["nan", f64::NAN]).unwrap();
    database.execute(insert, params!["minus zero", -0.0_f64]).unwrap();
    database.execute(insert, params!["smallest", 5e-324_f64]).unwrap();
    let mut number = database.prepare("INSERT INTO many VALUES (?1, ?2)").unwrap();
    database.execute_batch("BEGIN").unwrap();
    for i in 0..2000_i64 {
        number.execute(params![i * 7919 % 2003, format!("row {i} ✓")]).unwrap();
    }
    database.execute_batch("COMMIT").unwrap();
    // Free pages and a moved sequence: what was deleted must stay deleted.
    database
        .execute_batch("DELETE FROM many WHERE id % 5 = 0; DELETE FROM counted WHERE id > 3;")
        .unwrap();
}

/// Modules that are not compiled into every SQLite; returns how many are there.
fn virtual_tables(database: &Connection) -> usize {
    let modules = [
        "CREATE VIRTUAL TABLE search USING fts5(title, body);
         INSERT INTO search VALUES ('Ärger', 'über die Straße'), ('empty', ''), ('🗝', 'key');",
        "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, y0, y1);
         INSERT INTO places VALUES (1, 0.5, 1.5, -2, 2), (2, -1e30, 1e30, 0, 0);",
    ];
    modules.iter().filter(|sql| database.execute_batch(sql).is_ok()).count()
}

const TABLES: &str = r#"
CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL, value);
CREATE TABLE "quoted "" name" ("a ""column""" TEXT, 'single''s' INT, [br[acket] REAL);
CREATE TABLE "two
lines" ("new
line" TEXT DEFAULT 'x
y');
CREATE TABLE "🗝 keys 日本 é é" ("ключ" TEXT, "🙂" BLOB);
CREATE TABLE " leading space" (a);
CREATE TABLE "select" ("from" TEXT, "where" TEXT);
CREATE TABLE empty_table (a INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT (hex(randomblob(4))));
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
CREATE TABLE rowless (k1 TEXT COLLATE NOCASE, k2 BLOB, v, PRIMARY KEY (k1, k2 DESC)) WITHOUT ROWID;
CREATE TABLE strict_one (i INT, r REAL, t TEXT, b BLOB, a ANY) STRICT;
CREATE TABLE generated (price INT, amount INT,
  total INT GENERATED ALWAYS AS (price * amount) STORED,
  label TEXT AS ('total ' || total) VIRTUAL);
CREATE TABLE hen (id INTEGER PRIMARY KEY, egg INTEGER REFERENCES egg(id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE egg (id INTEGER PRIMARY KEY, hen INTEGER NOT NULL REFERENCES hen(id) ON DELETE CASCADE);
CREATE TABLE self (id INTEGER PRIMARY KEY, parent REFERENCES self(id), CHECK (id <> coalesce(parent, -1)));
CREATE TABLE many (id INTEGER, text TEXT);
CREATE TABLE log (at TEXT DEFAULT CURRENT_TIMESTAMP, what TEXT);
"#;

const LOGIC: &str = r#"
CREATE UNIQUE INDEX many_partial ON many (id) WHERE id > 100;
CREATE INDEX many_expression ON many (lower(text), id DESC);
CREATE INDEX "index with 'quotes' ""both""" ON types (name COLLATE NOCASE);
CREATE VIEW one AS SELECT name, typeof(value) AS kind FROM types;
CREATE VIEW two AS SELECT kind, count(*) AS n FROM one GROUP BY kind;
CREATE VIEW "three 🪆" AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3)
  SELECT two.kind, c.n FROM two, c;
CREATE VIEW broken AS SELECT * FROM a_table_that_is_gone;
CREATE TRIGGER counted_log AFTER INSERT ON counted WHEN new.text <> ';'
  BEGIN INSERT INTO log (at, what) VALUES ('fixed', 'new; ' || new.text); END;
CREATE TRIGGER view_write INSTEAD OF INSERT ON one
  BEGIN INSERT INTO types (name, value) VALUES (new.name, new.kind); END;
"#;

const ROWS: &str = r#"
INSERT INTO types (name, value) VALUES
  ('null', NULL), ('empty text', ''), ('empty blob', x''), ('zero', 0), ('one', 1), ('text one', '1'),
  ('real one', 1.0), ('blob one', x'31'), ('max', 9223372036854775807), ('min', -9223372036854775808),
  ('over', 9e999), ('under', -9e999), ('tenth', 0.1), ('pi', 3.141592653589793),
  ('blob nul', x'00ff00'), ('emoji', '👩‍👩‍👧‍👦 🏴‍☠️'), ('bidi', char(8238) || 'abc' || char(8236)), ('combining', 'é ≠ é'),
  ('quote', 'it''s "x" `y` [z]'), ('lines', 'a' || char(10) || char(13) || char(9) || 'b');
INSERT INTO "quoted "" name" VALUES ('a', 1, 1.5), (NULL, NULL, NULL);
INSERT INTO "two
lines" DEFAULT VALUES;
INSERT INTO "🗝 keys 日本 é é" VALUES ('ключ', x'f09f9982'), ('', x'');
INSERT INTO " leading space" VALUES (1), ('1'), (1.0), (x'31'), (NULL);
INSERT INTO "select" VALUES ('drop table', ';--');
INSERT INTO counted (text) VALUES ('a'), ('b'), ('c'), ('d'), ('e');
INSERT INTO rowless VALUES ('K', x'00', 1), ('L', x'', NULL), ('l', x'01', 'v');
INSERT INTO strict_one VALUES (1, 2.5, 'three', x'04', NULL), (NULL, NULL, NULL, NULL, 'any');
INSERT INTO generated (price, amount) VALUES (3, 4), (NULL, 1), (1000000, 1000000);
BEGIN; INSERT INTO hen VALUES (1, 1); INSERT INTO egg VALUES (1, 1); COMMIT;
INSERT INTO self VALUES (1, NULL), (2, 1), (3, 2);
"#;
