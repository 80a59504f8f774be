//! What a statement of a foreign script may do on its way to `psql`.
//!
//! Owns the list of what a dump of one database holds. Everything else is refused: another database, the
//! server as a whole, files and programs of the server. Owners and grants are left out, as they are for every
//! restore whose roles may be missing. What a function or a `DO` block does when it runs cannot be seen here.

use super::super::foreign::{OwnDatabase, Quotes, Rules, Token, Verdict, shown};

/// As much of a statement as decides what it does.
const MAX_HEAD: usize = 24;

/// The statements that dumps have.
const KNOWN: [&str; 36] = [
    "SET",
    "RESET",
    "SELECT",
    "WITH",
    "VALUES",
    "TABLE",
    "CREATE",
    "ALTER",
    "DROP",
    "COMMENT",
    "COPY",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "TRUNCATE",
    "BEGIN",
    "START",
    "COMMIT",
    "END",
    "SAVEPOINT",
    "RELEASE",
    "GRANT",
    "REVOKE",
    "SECURITY",
    "REFRESH",
    "ANALYZE",
    "ANALYSE",
    "DO",
    "CALL",
    "LOCK",
    "REINDEX",
    "CLUSTER",
    "IMPORT",
    "RETURN",
    "SHOW",
];
/// What belongs to the server and not to one database.
const OF_SERVER: [&str; 8] =
    ["DATABASE", "ROLE", "USER", "GROUP", "TABLESPACE", "SYSTEM", "SUBSCRIPTION", "OWNED"];
/// Functions that reach files or programs of the server.
const REACHING: [&str; 11] = [
    "PG_READ_FILE",
    "PG_READ_BINARY_FILE",
    "PG_LS_DIR",
    "PG_STAT_FILE",
    "LO_IMPORT",
    "LO_EXPORT",
    "PG_FILE_WRITE",
    "PG_FILE_UNLINK",
    "PG_FILE_RENAME",
    "DBLINK",
    "DBLINK_EXEC",
];
/// The setting that changes how texts are read.
const STRINGS: &str = "STANDARD_CONFORMING_STRINGS";
/// What `pg_dump` writes before it enters a database whose name has to be quoted; it sets the encoding again behind that.
const BEFORE_ODD_NAME: &str = "\\encoding SQL_ASCII";
/// The setting that changes where a character ends.
const ENCODING: &str = "CLIENT_ENCODING";
/// The encodings, as far as letters and digits spell them, in which no character ends with a byte of ASCII; and what
/// stands before one.
const READABLE: [&str; 16] = [
    "to",
    "utf8",
    "unicode",
    "sqlascii",
    "latin",
    "iso8859",
    "win125",
    "win866",
    "win874",
    "windows125",
    "windows866",
    "windows874",
    "koi8",
    "euc",
    "mule",
    "alt",
];
const NOT_FOLLOWED: &str = "changes how its texts are read, in a way that cannot be followed";
const OWNERS: &str = "owners and grants, because the objects belong to the user of the profile";
const DATABASE: &str =
    "comments on the database or an extension, which are not part of the new one";

/// One token of a statement's beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(String),
    Name(String),
    Text,
    Symbol(u8),
}

impl Part {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text == word)
    }

    /// The name that it may be, as the server would read it.
    fn name(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.to_ascii_lowercase()),
            Self::Name(name) => Some(name.clone()),
            Self::Text | Self::Symbol(_) => None,
        }
    }
}

/// The rules, between two tokens.
#[derive(Debug, Default)]
pub(super) struct PostgresRules {
    head: Vec<Part>,
    /// The last two tokens.
    last: [Option<Part>; 2],
    /// Tokens since `OWNER TO`.
    since_owner: Option<usize>,
    has_comma: bool,
    from_stdin: bool,
    depth: u32,
    escapes: bool,
    own: OwnDatabase,
}

impl Rules for PostgresRules {
    fn token(&mut self, token: &Token<'_>, _in_block: bool) -> Result<(), String> {
        let part = match token {
            Token::Word(word) => {
                check_reach(word)?;
                self.note_value(word)?;
                Part::Word(word.to_ascii_uppercase())
            }
            Token::Name(name) => {
                check_reach(name)?;
                Part::Name((*name).to_owned())
            }
            Token::Text(text) => {
                self.note_value(text)?;
                Part::Text
            }
            Token::Symbol(symbol) => Part::Symbol(*symbol),
            Token::Command(line) => return self.command(line),
            Token::End | Token::RowsEnd | Token::Delimiter => return Ok(()),
        };
        self.note(&part);
        if self.head.len() < MAX_HEAD {
            self.head.push(part.clone());
        }
        self.last = [self.last[1].take(), Some(part)];
        Ok(())
    }

    fn end(&mut self) -> Result<Verdict, String> {
        let mut own = std::mem::take(&mut self.own);
        let statement = std::mem::take(self);
        self.escapes = statement.escapes;
        let verdict = statement.judge(&mut own);
        self.own = own;
        verdict
    }

    fn only_inserts(&self) -> bool {
        self.head.first().is_some_and(|first| first.is("INSERT"))
    }

    fn quotes(&self) -> Option<Quotes> {
        Some(Quotes { escapes: self.escapes, has_double_names: true })
    }
}

impl PostgresRules {
    /// `pg_dump` writes some of these lines itself; the client is restricted anyway.
    fn command(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_ascii_whitespace();
        let own = matches!(words.next(), Some("\\restrict" | "\\unrestrict"));
        let is_key =
            words.next().is_some_and(|key| key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let is_own = own && is_key && words.next().is_none() || line == BEFORE_ODD_NAME;
        if is_own && self.head.is_empty() {
            return Ok(());
        }
        match line.split_ascii_whitespace().next() {
            Some("\\connect" | "\\c") => {
                let refusal = "enters a database by itself with `\\connect`".to_owned();
                let name = connected(line).filter(|_| self.head.is_empty());
                // `pg_dump` makes it first.
                self.own.begin();
                name.map_or(Err(refusal.clone()), |name| self.own.enter(&name, refusal).map(drop))
            }
            _ => Err(format!("has a command for the client, `{}`", shown(line))),
        }
    }

    fn note(&mut self, part: &Part) {
        match part {
            Part::Symbol(b'(') => self.depth += 1,
            Part::Symbol(b')') => self.depth = self.depth.saturating_sub(1),
            Part::Symbol(b',') if self.depth == 0 => self.has_comma = true,
            _ => {}
        }
        let before = self.last[1].as_ref();
        let follows = |word: &str| before.is_some_and(|before| before.is(word));
        self.from_stdin |= self.depth == 0 && part.is("STDIN") && follows("FROM");
        self.since_owner = match self.since_owner {
            Some(count) => Some(count + 1),
            None => (self.depth == 0 && part.is("TO") && follows("OWNER")).then_some(0),
        };
    }

    /// `SET standard_conforming_strings = off` changes how the texts behind it are read, and so does the encoding.
    fn note_value(&mut self, value: &str) -> Result<(), String> {
        let is_setting = self.head.first().is_some_and(|first| first.is("SET"));
        if is_setting && self.head.iter().any(|part| part.is(ENCODING) || part.is("NAMES")) {
            check_encoding(value)?;
        } else if !is_setting && value.eq_ignore_ascii_case(ENCODING) {
            return Err("changes the encoding of its texts".to_owned());
        }
        if is_setting && self.head.iter().any(|part| part.is(STRINGS)) {
            self.escapes = match value.to_ascii_lowercase().as_str() {
                "on" => false,
                "off" => true,
                "to" => self.escapes,
                _ => return Err(NOT_FOLLOWED.to_owned()),
            };
        } else if !is_setting && value.eq_ignore_ascii_case(STRINGS) {
            return Err("changes how its texts are read".to_owned());
        }
        Ok(())
    }

    fn judge(&self, own: &mut OwnDatabase) -> Result<Verdict, String> {
        // An empty statement.
        let Some(first) = self.head.first() else { return Ok(Verdict::Pass) };
        let Part::Word(first) = first else {
            return match first {
                Part::Symbol(b'(') => Ok(Verdict::Pass),
                _ => Err("has a statement that is no SQL".to_owned()),
            };
        };
        if !KNOWN.contains(&first.as_str()) {
            return Err(format!("has a statement that dumps do not have, `{}`", shown(first)));
        }
        let verdict = self.verdict(first, own)?;
        let is_setting = ["SET", "RESET", "SELECT"].contains(&first.as_str());
        if !is_setting && !matches!(verdict, Verdict::LeaveOut(_)) {
            own.begin();
        }
        Ok(verdict)
    }

    fn verdict(&self, first: &str, own: &mut OwnDatabase) -> Result<Verdict, String> {
        match first {
            "COPY" => self.copy(),
            "CREATE" | "ALTER" | "DROP" | "IMPORT" => self.definition(first, own),
            "GRANT" | "REVOKE" => Ok(Verdict::LeaveOut(OWNERS)),
            "SET" | "RESET" => self.setting(),
            "COMMENT" if self.second_of(&["DATABASE", "EXTENSION"]) => {
                Ok(Verdict::LeaveOut(DATABASE))
            }
            "COMMENT" | "SECURITY" if self.second_of(&OF_SERVER) => {
                Err("says something about the server as a whole".to_owned())
            }
            _ => Ok(Verdict::Pass),
        }
    }

    /// Whether a word of the head behind `ON` is one of these.
    fn second_of(&self, words: &[&str]) -> bool {
        let behind = self.head.iter().skip_while(|part| !part.is("ON")).nth(1);
        behind.is_some_and(|part| words.iter().any(|word| part.is(word)))
    }

    fn copy(&self) -> Result<Verdict, String> {
        if self.from_stdin && !self.head.get(1).is_some_and(|part| *part == Part::Symbol(b'(')) {
            return Ok(Verdict::PassWithRows);
        }
        Err("lets the server read or write a file or run a program with `COPY`".to_owned())
    }

    fn definition(&self, first: &str, own: &mut OwnDatabase) -> Result<Verdict, String> {
        const BETWEEN: [&str; 5] = ["OR", "REPLACE", "GLOBAL", "LOCAL", "TRUSTED"];
        let mut kinds =
            self.head.iter().skip(1).filter(|part| !BETWEEN.iter().any(|word| part.is(word)));
        let kind = match kinds.next() {
            Some(Part::Word(kind)) => kind.as_str(),
            _ => "",
        };
        let is_mapping = kind == "USER" && kinds.next().is_some_and(|part| part.is("MAPPING"));
        if kind == "DATABASE" {
            return self.database(first, own);
        }
        if OF_SERVER.contains(&kind) && !is_mapping {
            return match self.head.iter().skip(3).take(3).collect::<Vec<_>>().as_slice() {
                // What a role has as its settings in the one database.
                [within, database, name]
                    if within.is("IN")
                        && database.is("DATABASE")
                        && name.name().is_some_and(|name| own.is(&name)) =>
                {
                    Ok(Verdict::LeaveOut(DATABASE))
                }
                _ => {
                    let kind = shown(kind);
                    Err(format!("changes the server as a whole with `{first} {kind}`"))
                }
            };
        }
        let gives_away = first == "ALTER" && self.since_owner == Some(1) && !self.has_comma;
        let about_rights = first == "ALTER" && kind == "DEFAULT";
        Ok(if gives_away || about_rights { Verdict::LeaveOut(OWNERS) } else { Verdict::Pass })
    }

    /// `pg_dump --create` makes the database that was dumped, sets it up and enters it.
    fn database(&self, first: &str, own: &mut OwnDatabase) -> Result<Verdict, String> {
        let refusal =
            format!("makes, changes or drops a database by itself with `{first} DATABASE`");
        let mut names =
            self.head.iter().skip(2).filter(|part| !part.is("IF") && !part.is("EXISTS"));
        match names.next().and_then(Part::name) {
            Some(name) if first == "ALTER" && own.is(&name) => Ok(Verdict::LeaveOut(DATABASE)),
            Some(name) if first != "ALTER" => own.make(&name, refusal),
            _ => Err(refusal),
        }
    }

    fn setting(&self) -> Result<Verdict, String> {
        let has = |word: &str| self.head.iter().take(4).any(|part| part.is(word));
        if self.head.iter().any(is_read_by) || has("NAMES") || has("ALL") {
            return if self.is_followed() {
                Ok(Verdict::Pass)
            } else {
                Err(NOT_FOLLOWED.to_owned())
            };
        }
        Ok(if has("ROLE") || has("AUTHORIZATION") {
            Verdict::LeaveOut(OWNERS)
        } else {
            Verdict::Pass
        })
    }

    /// Whether a setting by which texts are read is written as `pg_dump` writes it, and holds until the next one.
    fn is_followed(&self) -> bool {
        match self.head.as_slice() {
            [set, Part::Word(name), sign, Part::Word(_) | Part::Text] => {
                set.is("SET")
                    && (name == STRINGS || name == ENCODING)
                    && (*sign == Part::Symbol(b'=') || sign.is("TO"))
            }
            [set, names, Part::Word(_) | Part::Text] => set.is("SET") && names.is("NAMES"),
            _ => false,
        }
    }
}

/// The database that a line `\connect` enters, where `pg_dump` could have written it.
fn connected(line: &str) -> Option<String> {
    let is_plain = |name: &str| {
        let mut bytes = name.bytes();
        !name.is_empty()
            && bytes.all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.'
            })
    };
    let inner = |text: &str, quote: char| {
        let inner = text.strip_prefix(quote)?.strip_suffix(quote)?;
        (!inner.is_empty() && !inner.contains(['"', '\'', '\\'])).then(|| inner.to_owned())
    };
    let target = line.strip_prefix("\\connect ")?;
    if let Some(address) = target.strip_prefix("-reuse-previous=on ") {
        let address = address.strip_prefix('"')?.strip_suffix('"')?.strip_prefix("dbname=")?;
        return inner(address, '\'');
    }
    if is_plain(target) { Some(target.to_owned()) } else { inner(target, '"') }
}

/// Whether it may name a setting by which texts are read.
fn is_read_by(part: &Part) -> bool {
    part.name().is_some_and(|name| {
        name.eq_ignore_ascii_case(STRINGS) || name.eq_ignore_ascii_case(ENCODING)
    })
}

/// In others a byte that looks like a backslash may be the half of a character.
fn check_encoding(name: &str) -> Result<(), String> {
    let spelled = name.chars().filter(char::is_ascii_alphanumeric);
    let spelled: String = spelled.map(|c| c.to_ascii_lowercase()).collect();
    if READABLE.iter().any(|readable| spelled.starts_with(readable)) {
        return Ok(());
    }
    Err(format!("has an encoding that not every client reads alike, `{}`", shown(name)))
}

fn check_reach(name: &str) -> Result<(), String> {
    if REACHING.iter().any(|reaching| name.eq_ignore_ascii_case(reaching)) {
        return Err(format!("calls `{}`, which reaches beyond the database", shown(name)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::foreign::Speech;
    use super::super::super::foreign::tests::through;
    use super::*;

    fn loaded(text: &str) -> Result<String, String> {
        let whole = through(Speech::Postgres, PostgresRules::default(), text, 1 << 20);
        assert_eq!(through(Speech::Postgres, PostgresRules::default(), text, 3), whole, "{text}");
        whole
    }

    #[test]
    fn what_dumps_hold_passes_without_owners_and_without_lines_for_the_client() {
        let text = "\\restrict abc\nSET client_encoding = 'UTF8';\nSET NAMES 'latin1';\nSET a = 1;\nCREATE TABLE t (owner text, \"to\" int);\n\
                    ALTER TABLE ONLY public.t OWNER TO somebody;\nALTER TABLE t ADD COLUMN o int;\n\
                    GRANT ALL ON TABLE t TO somebody;\nCOPY t (owner, \"to\") FROM stdin WITH (FORMAT csv);\n\
                    \\\\! x;'\n\\.\nSELECT pg_catalog.setval('s', 1, true);\n\\unrestrict abc\n";
        let expected = "SET client_encoding = 'UTF8';\nSET NAMES 'latin1';\nSET a = 1;\nCREATE TABLE t (owner text, \"to\" int);\nALTER TABLE t ADD COLUMN o int;\n\
                        COPY t (owner, \"to\") FROM stdin WITH (FORMAT csv);\n\\\\! x;'\n\\.\n\
                        SELECT pg_catalog.setval('s', 1, true);\n";
        let found = loaded(text).unwrap();
        let lines = |text: &str| {
            text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&found), lines(expected));
        let old = "SET standard_conforming_strings = off;\nINSERT INTO t VALUES ('a\\'; DROP DATABASE x; --');\n";
        assert_eq!(loaded(old).as_deref(), Ok(old));
        assert!(loaded(&old.replace("off", "on")).is_err());
    }

    #[test]
    fn what_names_the_one_database_of_the_dump_is_left_out() {
        for (name, line) in [
            ("shop", "\\connect shop"),
            ("\"My Shop\"", "\\connect \"My Shop\""),
            (
                "\"my-shop\"",
                "\\encoding SQL_ASCII\n\\connect -reuse-previous=on \"dbname='my-shop'\"",
            ),
        ] {
            let text = format!(
                "SET a = 1;\nDROP DATABASE IF EXISTS {name};\nCREATE DATABASE {name} WITH TEMPLATE = template0;\n\
                 ALTER DATABASE {name} OWNER TO somebody;\n\\unrestrict abc\n{line}\n\\restrict abc\n\
                 COMMENT ON DATABASE {name} IS 'x';\nALTER DATABASE {name} SET work_mem TO '5MB';\n\
                 ALTER ROLE app IN DATABASE {name} SET work_mem TO '5MB';\n{line}\nSELECT 2;\n"
            );
            let kept: String =
                loaded(&text).unwrap().lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(kept, "SET a = 1;SELECT 2;");
        }
        let head = "CREATE DATABASE shop;\n\\connect shop\n";
        for text in [
            "\\connect precious\n",
            "\\c shop\n",
            "\\encoding GBK\n",
            "\\connect shop precious\n",
            "\\connect shop \\! id\n",
            "\\connect -reuse-previous=on \"dbname=shop host=elsewhere\"\n",
            "\\connect \"dbname='shop'\"\n",
            "SELECT 1 \\connect shop\n;\n",
            "\\connect Shop\n",
            "ALTER DATABASE precious SET a = 1;\n",
            "ALTER ROLE app IN DATABASE precious SET a = 1;\n",
            "CREATE DATABASE other;\n",
            "CREATE TABLE t (a int);\nDROP DATABASE shop;\n",
        ] {
            assert!(loaded(&format!("{head}{text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn what_leaves_the_database_is_refused_with_its_line() {
        for text in [
            "ALTER DATABASE a SET b = 1",
            "CREATE ROLE a",
            "ALTER USER a SUPERUSER",
            "ALTER SYSTEM SET a = 1",
            "CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c",
            "DROP OWNED BY a",
            "COPY t FROM '/etc/passwd'",
            "COPY (SELECT 'FROM STDIN') TO PROGRAM 'id'",
            "COPY t TO STDOUT",
            "SELECT pg_catalog.\"pg_read_file\"('a')",
            "SELECT set_config('standard_conforming_strings', 'off', false)",
            "SET client_encoding = 'SJIS'",
            "SET \"client_encoding\" = 'SJIS'",
            "SET client_encoding TO DEFAULT",
            "SET \"standard_conforming_strings\" = off",
            "SET \"Standard_Conforming_Strings\" TO off",
            "SET standard_conforming_strings TO DEFAULT",
            "SET standard_conforming_strings = t",
            "SET standard_conforming_strings = 0",
            "SET LOCAL standard_conforming_strings = off",
            "SET SESSION standard_conforming_strings = off",
            "SET standard_conforming_strings FROM CURRENT",
            "RESET standard_conforming_strings",
            "RESET \"client_encoding\"",
            "RESET ALL",
            "SET standard_conforming_strings = off; ROLLBACK",
            "ABORT",
            "SET NAMES 'GBK'",
            "SET client_encoding = 'SJ'\n'IS'",
            "SELECT set_config('client_encoding', 'BIG5', false)",
            "LOAD 'a'",
            "EXECUTE a",
            "\\c other",
        ] {
            let refusal = loaded(&format!("SELECT 1;\n\n{text};\n")).unwrap_err();
            assert!(refusal.contains("(line 3)"), "{text}: {refusal}");
        }
    }
}
