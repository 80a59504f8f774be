//! What is wrong with wrong files, in the words that the user reads.

use super::{STORAGE, problems};

/// Problems of `table`, which is followed by a storage.
#[track_caller]
fn profile(table: &str, expected: &str) {
    assert_eq!(problems(&format!("{table}\n{STORAGE}")), expected, "{table}");
}

#[track_caller]
fn file(text: &str, expected: &str) {
    assert_eq!(problems(text), expected, "{text}");
}

#[test]
fn all_problems_come_at_once_and_in_file_order() {
    let text = r#"# comment
[settings]
appearence = "dark"
notifications = "yes"

[databases.shop]
engine = "sqlit"
pathh = "/a.db"
storage = "usbb"

[databases.mysql]
host = ""
port = 70000
databases = ["a", "", 3, "a"]

[storages.usb]
type = "locall"

[compresion]
codec = "gzip"

[schedule]
cron = "0 2 * *"
"#;
    let expected = "\
line 3: `settings.appearence`: Kronos knows no such key (did you mean `appearance`?)
line 4: `settings.notifications`: This must be `true` or `false`, not text
line 7: `databases.shop.engine`: `sqlit` is not one of `sqlite`, `postgres`, `mysql`, `mongodb` (did you mean `sqlite`?)
line 8: `databases.shop.pathh`: Kronos knows no such key (did you mean `path`?)
line 9: `databases.shop.storage`: There is no storage `usbb` (did you mean `usb`?)
line 12: `databases.mysql.host`: This must not be empty
line 13: `databases.mysql.port`: This must be a number from 0 to 65535
line 14: `databases.mysql.databases`: An entry must not be empty
line 14: `databases.mysql.databases`: Every entry must be text, not a number
line 14: `databases.mysql.databases`: `a` stands here twice
line 17: `storages.usb.type`: `locall` is not one of `local`, `s3` (did you mean `local`?)
line 19: `compresion`: Kronos knows no such table (did you mean `compression`?)
line 23: `schedule.cron`: A schedule has five fields, as in `0 2 * * *`, this one has 4";
    file(text, expected);
}

#[test]
fn profiles() {
    profile(
        "[databases.a]\nengine = \"sqlite\"",
        "line 1: `databases.a`: This profile has no database; add `path`, or `host` with `databases`",
    );
    profile(
        "[databases.a]\npath = \"/x\"",
        "line 1: `databases.a`: The key `engine` is missing, and the name is not that of an engine",
    );
    profile(
        "[databases.postgresql]\nhost = \"h\"\ndatabases = [\"a\"]",
        "line 1: `databases.postgresql`: The key `engine` is missing, and the name is not that of an engine (did you mean `postgres`?)",
    );
    profile(
        "[databases.sqlite]\nengine = \"mysql\"\npath = \"/x\"",
        "line 2: `databases.sqlite.engine`: A table named `sqlite` cannot have another engine",
    );
    profile(
        "[databases.sqlite]\npath = \"\"",
        "line 2: `databases.sqlite.path`: This must not be empty",
    );
    profile(
        "[databases.sqlite]\npaths = []",
        "line 2: `databases.sqlite.paths`: This must not be empty",
    );
    profile(
        "[databases.sqlite]\nhost = \"/a\"\ndatabases = []",
        "line 3: `databases.sqlite.databases`: This list must not be empty",
    );
    profile(
        "[databases.sqlite]\nhost = \"/a\"",
        "line 1: `databases.sqlite.databases`: This key is missing",
    );
    profile(
        "[databases.sqlite]\ndatabases = [\"a.db\"]",
        "line 1: `databases.sqlite.host`: This key is missing",
    );
    profile(
        "[databases.sqlite]\nhost = \"/a\"\ndatabases = \"a.db\"",
        "line 3: `databases.sqlite.databases`: This must be a list of texts, not text",
    );
    profile(
        "[databases.sqlite]\nhost = \"/a\"\ndatabases = [\"../a.db\", \"/b.db\"]",
        "line 3: `databases.sqlite.databases`: `../a.db` is not a file in the folder `host`; use `path`\nline 3: `databases.sqlite.databases`: `/b.db` is not a file in the folder `host`; use `path`",
    );
    profile(
        "[databases.sqlite]\npath = \"/a\"\npaths = [\"/b\"]",
        "line 3: `databases.sqlite.paths`: Either `path` or `paths` must be left out",
    );
    profile(
        "[databases.sqlite]\npath = \"/a\"\nhost = \"/b\"\ndatabases = [\"c\"]",
        "line 3: `databases.sqlite.host`: This cannot stand beside `path`, which names whole files",
    );
    profile(
        "[databases.sqlite]\npaths = [\n  \"/a\",\n  \"/./a\",\n]",
        "line 4: `databases.sqlite.paths`: `/./a` is a file that stands here already",
    );
    profile(
        "[databases.sqlite]\npath = \"~root/a\"",
        "line 2: `databases.sqlite.path`: `~` can only stand alone or before a slash, as in `~/shop.db`",
    );
    profile(
        "[databases.sqlite]\npath = \"/a\\u0000\"",
        "line 2: `databases.sqlite.path`: A path cannot contain a zero byte",
    );
    profile(
        "[databases.mysql]\npath = \"/a\"\nhost = \"h\"\ndatabases = [\"a\"]",
        "line 2: `databases.mysql.path`: This is only for SQLite; a server has `host` and `databases`",
    );
    profile(
        "[databases.mysql]\nhost = \"h\"\nport = \"3306\"\ndatabases = [\"a\"]",
        "line 3: `databases.mysql.port`: This must be a whole number, not text",
    );
    profile(
        "[databases.mysql]\nhost = \"h\"\npassword = 12345\ndatabases = [\"a\"]",
        "line 3: `databases.mysql.password`: This must be text, not a number",
    );
    profile("databases = 3", "line 1: `databases`: This must be a table, not a number");
    profile(
        "[[databases.sqlite]]\npath = \"/a\"",
        "line 1: `databases.sqlite`: This must be a table, not a list of tables",
    );
    profile(
        "databases.sqlite = \"/a\"",
        "line 1: `databases.sqlite`: This must be a table, not text",
    );
}

#[test]
fn names() {
    let table =
        |name: &str| format!("[databases.{name}]\nengine = \"sqlite\"\npath = \"/{name}\"\n");
    profile(
        &table("\"\"").replace("/\"\"", "/x"),
        "line 1: `databases.\"\"`: The name must not be empty",
    );
    profile(
        "[databases.\"a\\nb\"]\nengine = \"sqlite\"\npath = \"/x\"",
        "line 1: `databases.\"a\\nb\"`: The name must not contain a control character such as a line break",
    );
    profile(
        &table(&"x".repeat(61)),
        &format!(
            "line 1: `databases.{}`: The name must not be longer than 60 characters",
            "x".repeat(61)
        ),
    );
    profile(
        &(table("Shop") + &table("shop")),
        "line 4: `databases.shop`: Its backups would have the same file names as those of `Shop`; rename one of the two",
    );
    file(
        "[storage]\ntype = \"local\"\npath = \"/a\"\n[storages.default]\ntype = \"local\"\npath = \"/b\"\n",
        "line 4: `storages.default`: The `[storage]` table already has the name `default`",
    );
}

#[test]
fn storages() {
    file(
        "[databases.sqlite]\npath = \"/a\"\n",
        "`storage`: There is no place for backups; add a `[storage]` table with `type_` and `path`",
    );
    file("[storage]\npath = \"/a\"\n", "line 1: `storage.type_`: This key is missing");
    file(
        "[storage]\ntype = \"local\"\ntype_ = \"local\"\npath = \"/a\"\n",
        "line 3: `storage.type_`: Either `type` or `type_` must be left out",
    );
    file("[storage]\ntype_ = \"local\"\n", "line 1: `storage.path`: This key is missing");
    file(
        "[storage]\ntype_ = \"local\"\npath = \" \"\n",
        "line 3: `storage.path`: This must not be empty",
    );
    file(
        "[storage]\ntype_ = \"s3\"\n",
        "line 1: `storage.bucket`: This key is missing\nline 1: `storage.region`: This key is missing\nline 1: `storage.access_key`: This key is missing\nline 1: `storage.secret_key`: This key is missing",
    );
    file(
        "[storage]\ntype_ = \"s3\"\nbucket = \"b\"\nregion = \"r\"\naccess_key = \"\"\nsecret_key = [\"hunter2\"]\n",
        "line 6: `storage.secret_key`: This must be text, not a list",
    );
    file(
        "[storages.a]\ntype = \"local\"\npath = \"/b\"\n[storages.c]\ntype = \"local\"\npath = \"/b/.\"\n",
        "line 6: `storages.c.path`: This is the same folder as that of the storage `a`",
    );
    file("storages = [1]\n", "line 1: `storages`: This must be a table, not a list");
}

#[test]
fn compression_and_settings() {
    file(
        "[compression]\ncodec = \"gz\"\n",
        "line 2: `compression.codec`: `gz` is not one of `gzip`, `zstd`",
    );
    file(
        "[compression]\nlevel = 13\n",
        "line 2: `compression.level`: This must be a number from 1 to 12",
    );
    file(
        "[compression]\ncodec = \"zstd\"\nlevel = 0\n",
        "line 3: `compression.level`: This must be a number from 1 to 19",
    );
    file(
        "[compression]\nlevel = \"fastt\"\n",
        "line 2: `compression.level`: `fastt` is not one of `fast`, `balanced`, `small`, `max` (did you mean `fast`?)",
    );
    file(
        "[compression]\nlevel = 1.5\n",
        "line 2: `compression.level`: This must be a whole number, not a number with a point",
    );
    file(
        "[settings]\nappearance = \"Dark\"\n",
        "line 2: `settings.appearance`: `Dark` is not one of `system`, `light`, `dark` (did you mean `dark`?)",
    );
    file("[schedule]\n", "line 1: `schedule.cron`: This key is missing");
    profile(
        "[databases.sqlite]\npath = \"/a\"\n[databases.sqlite.compression]\nlevl = 1",
        "line 4: `databases.sqlite.compression.levl`: Kronos knows no such key (did you mean `level`?)",
    );
}

#[test]
fn syntax_errors_are_one_readable_sentence() {
    let cases = [
        (
            "",
            "line 1: The file is empty; put the configuration back, or delete the file to start again",
        ),
        (
            " \n\n",
            "line 1: The file is empty; put the configuration back, or delete the file to start again",
        ),
        ("\0\0\0", "line 1: The file contains zero bytes, as a crash can leave them"),
        ("# a\n[databases.sqlite\n", "line 2: The name of this table has no closing `]`"),
        ("a = \"x\n", "line 1: This text has no closing quotation mark"),
        (
            "\na = x\n",
            "line 2: This value is not in quotation marks and is neither a number nor `true` or `false`",
        ),
        ("a =\n", "line 1: The value after `=` is missing"),
        ("a\n", "line 1: A key without a value stands here; write `key = value`"),
        (
            "a = \"C:\\Users\"\n",
            "line 1: A backslash begins an escape here; put a path with backslashes between single quotes",
        ),
        ("a = [1,\n2\n", "line 2: This list has no closing `]`"),
        ("a = 1\nb = 2\na = 3\n", "line 3: `a`: This stands in the file a second time"),
        ("[a.b]\n[a.b]\n", "line 2: `b`: This stands in the file a second time"),
        (
            "a = 1 2\n",
            "line 1: This value is not in quotation marks and is neither a number nor `true` or `false`",
        ),
        ("a = \"b\"c\"\n", "line 1: Something stands here after the end of the value"),
        ("a = 01\n", "line 1: This is not valid TOML: unexpected leading zero, expected nothing"),
    ];
    for (text, expected) in cases {
        file(text, expected);
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let text = format!("a = {}", "[".repeat(100_000));
    assert!(problems(&text).contains("nested too deeply"), "{}", problems(&text));
}
