//! What a statement of a foreign script may do on its way to `mysql` or `mariadb`.
//!
//! Owns the list of what a dump of one database holds, and the search for names of other databases: the user of
//! the profile may write to those, so only this keeps a dump out of them. What stands in a text that a server
//! puts together and runs cannot be seen; statements that do so are refused.

use std::collections::BTreeSet;

use super::super::foreign::{OwnDatabase, Quotes, Rules, Token, Verdict, shown};
use super::foreign_modes::Modes;

/// As much of a statement as decides what it does.
const MAX_HEAD: usize = 64;
/// The statements that dumps have.
const KNOWN: [&str; 23] = [
    "SET",
    "CREATE",
    "DROP",
    "ALTER",
    "INSERT",
    "REPLACE",
    "LOCK",
    "UNLOCK",
    "START",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SELECT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "RENAME",
    "ANALYZE",
    "OPTIMIZE",
    "CHECK",
    "DO",
    "SAVEPOINT",
    "END",
];
/// What can be made, changed or dropped.
const KINDS: [&str; 21] = [
    "TABLE",
    "TABLES",
    "VIEW",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "SEQUENCE",
    "INDEX",
    "PACKAGE",
    "DATABASE",
    "SCHEMA",
    "USER",
    "ROLE",
    "SERVER",
    "TABLESPACE",
    "LOGFILE",
    "UNDO",
    "RESOURCE",
    "INSTANCE",
    "LIBRARY",
];
const OF_DATABASE: usize = 10;
/// Statements that must not follow another one in a block.
const NEVER: [&str; 11] = [
    "USE",
    "GRANT",
    "REVOKE",
    "LOAD",
    "INSTALL",
    "UNINSTALL",
    "CHANGE",
    "SHUTDOWN",
    "KILL",
    "FLUSH",
    "RESET",
];
/// Words that reach files of the server or other servers, wherever they stand.
const REACHING: [&str; 8] = [
    "OUTFILE",
    "DUMPFILE",
    "LOAD_FILE",
    "SONAME",
    "FEDERATED",
    "SPIDER",
    "DIRECTORY",
    "CONNECTION",
];
/// Character sets in which the second byte of a character may be a backslash or a quote.
const CHARACTER_SETS: [&str; 5] = ["gbk", "sjis", "big5", "cp932", "gb18030"];
/// Settings by which texts are read.
const READ_BY: [&str; 5] = [
    "SQL_MODE",
    "CHARACTER_SET_CLIENT",
    "CHARACTER_SET_CONNECTION",
    "COLLATION_CONNECTION",
    "CHARSET",
];
/// What a name of a table, a routine or a database follows.
const BEFORE_NAMES: [&str; 17] = [
    "INTO",
    "FROM",
    "JOIN",
    "UPDATE",
    "TABLE",
    "TABLES",
    "EXISTS",
    "VIEW",
    "TRIGGER",
    "PROCEDURE",
    "FUNCTION",
    "EVENT",
    "CALL",
    "REFERENCES",
    "TRUNCATE",
    "RENAME",
    "TO",
];
const POSITION: &str = "its place in the log of the old server";
const DEFAULTS: &str =
    "what the old database had as its character set, which the new one does not take over";

/// One token of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Word(String),
    Name(String),
    Text(String),
    Symbol(u8),
}

impl Part {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text == word)
    }

    /// Whether it is this word, in quotes or not.
    pub(super) fn means(&self, word: &str) -> bool {
        self.name().is_some_and(|name| name.eq_ignore_ascii_case(word))
    }

    fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// The name that it may be, in lower case.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Word(name) | Self::Name(name) => Some(name.to_lowercase()),
            _ => None,
        }
    }
}

/// The rules, between two tokens.
#[derive(Debug)]
pub(super) struct MysqlRules {
    /// The other databases of the server, in lower case.
    others: BTreeSet<String>,
    /// The tables that the script has made so far, in lower case.
    made: BTreeSet<String>,
    own: OwnDatabase,
    head: Vec<Part>,
    /// The words and names of the head as they are spelled, in a statement that may name a database.
    spelled: Vec<String>,
    is_whole: bool,
    /// The last two tokens.
    last: [Option<Part>; 2],
    in_block: bool,
    /// Tokens since the last semicolon in a block.
    since: Option<Vec<Part>>,
    depth: u32,
    stays_off: bool,
    modes: Modes,
}

impl MysqlRules {
    /// `others` are the databases that the script must stay out of, `modes` is the server's `sql_mode`.
    pub(super) fn new(others: impl IntoIterator<Item = String>, modes: &str) -> Self {
        const READABLE: [&str; 2] = ["information_schema", "performance_schema"];
        let others = others.into_iter().map(|name| name.to_lowercase());
        let others = others.filter(|name| !READABLE.contains(&name.as_str()));
        Self {
            others: others.chain(["mysql", "sys"].map(str::to_owned)).collect(),
            made: BTreeSet::new(),
            own: OwnDatabase::default(),
            head: Vec::new(),
            spelled: Vec::new(),
            is_whole: true,
            last: [None, None],
            in_block: false,
            since: None,
            depth: 0,
            stays_off: false,
            modes: Modes::new(modes),
        }
    }

    fn note(&mut self, part: &Part) -> Result<(), String> {
        if part.is_any(&REACHING) {
            let word = part.name().unwrap_or_default();
            return Err(format!("reaches files of the server, or another server, with `{word}`"));
        }
        let follows = |word: &str| self.last[1].as_ref().is_some_and(|before| before.is(word));
        let selects = self.head.first().is_some_and(|first| first.is_any(&["SELECT", "DO"]));
        if part.is("INTO") && selects {
            return Err("selects into a variable or a file".to_owned());
        }
        if part.is("CONNECT") && self.last[1] == Some(Part::Symbol(b'=')) {
            return Err("has a table that is a file of the server".to_owned());
        }
        if *part == Part::Symbol(b'=') && self.last[1] == Some(Part::Symbol(b':')) {
            return Err("sets a variable within a statement with `:=`".to_owned());
        }
        self.stays_off |= (part.is("DISABLE") || part.is("ENABLE")) && follows("PRESERVE");
        if *part == Part::Symbol(b'.') {
            self.qualifier()?;
        }
        if self.in_block {
            self.nested(part)?;
        }
        Ok(())
    }

    /// The token before a dot: the name of another database?
    fn qualifier(&self) -> Result<(), String> {
        let Some(name) = self.last[1].as_ref().and_then(Part::name) else { return Ok(()) };
        if !self.others.contains(&name) {
            return Ok(());
        }
        let before = self.last[0].as_ref();
        let is_index = self.head.iter().take(8).any(|part| part.is("INDEX"));
        let is_place = before
            .is_some_and(|before| before.is_any(&BEFORE_NAMES) || is_index && before.is("ON"));
        let in_list = before == Some(&Part::Symbol(b','))
            && self.head.first().is_some_and(|first| {
                first.is_any(&["UPDATE", "DELETE", "DROP", "TRUNCATE", "RENAME", "LOCK"])
            });
        if self.made.contains(&name) && !is_place && !in_list {
            return Ok(());
        }
        Err(format!("names another database of this server, `{}`", shown(&name)))
    }

    /// Statements that stand behind another one in the same block. Those of a body do so, too.
    fn nested(&mut self, part: &Part) -> Result<(), String> {
        if part.is("BEGIN")
            || part.is("CASE") && !self.last[1].as_ref().is_some_and(|last| last.is("END"))
        {
            self.depth += 1;
        } else if part.is("END") {
            self.depth = self.depth.saturating_sub(1);
        }
        if part.is_any(&["IF", "LOOP", "WHILE", "REPEAT", "FOR"])
            && self.last[1].as_ref().is_some_and(|last| last.is("END"))
        {
            self.depth += 1;
        }
        if *part == Part::Symbol(b';') {
            self.since = Some(Vec::new());
            return Ok(());
        }
        let depth = self.depth;
        let Some(since) = &mut self.since else { return Ok(()) };
        if since.len() >= 2 {
            return Ok(());
        }
        since.push(part.clone());
        let refused = match since.as_slice() {
            [first] => first.is_any(&NEVER) || depth == 0 && !first.is("END"),
            [first, kind] => {
                first.is_any(&["CREATE", "ALTER", "DROP"]) && kind.is_any(&KINDS[OF_DATABASE..])
            }
            _ => false,
        };
        if refused {
            return Err(
                "has a second statement behind a procedure, a trigger or an event".to_owned()
            );
        }
        Ok(())
    }

    fn judge(&mut self) -> Result<Verdict, String> {
        let mut head = std::mem::take(&mut self.head);
        let spelled = std::mem::take(&mut self.spelled);
        // The first half of a delimiter is a symbol until the other half comes.
        while matches!(head.last(), Some(Part::Symbol(symbol)) if b";$|%~^&".contains(symbol)) {
            head.pop();
        }
        let Some(Part::Word(first)) = head.first() else {
            return match head.first() {
                None | Some(Part::Symbol(b'(')) => Ok(Verdict::Pass),
                Some(_) => Err("has a statement that is no SQL".to_owned()),
            };
        };
        if first == "USE" {
            let refusal = "enters a database by itself with `USE`".to_owned();
            return match spelled.get(1) {
                Some(name) if head.len() == 2 && !name.is_empty() => self.own.enter(name, refusal),
                _ => Err(refusal),
            };
        }
        if !KNOWN.contains(&first.as_str()) {
            return Err(format!("has a statement that dumps do not have, `{}`", shown(first)));
        }
        match first.as_str() {
            "SET" => self.setting(&head),
            "CREATE" | "ALTER" | "DROP" => self.definition(first, &head, &spelled),
            "START" | "BEGIN" | "COMMIT" => Ok(Verdict::Pass),
            _ => {
                self.own.begin();
                Ok(Verdict::Pass)
            }
        }
    }

    fn spell(&mut self, token: &Token<'_>) {
        const NAMING: [&str; 3] = ["USE", "CREATE", "DROP"];
        if self.head.first().is_none_or(|first| first.is_any(&NAMING)) {
            self.spelled.push(match token {
                Token::Word(text) | Token::Name(text) => (*text).to_owned(),
                _ => String::new(),
            });
        }
    }

    fn definition(
        &mut self,
        first: &str,
        head: &[Part],
        spelled: &[String],
    ) -> Result<Verdict, String> {
        let place = head.iter().skip(1).position(|part| part.is_any(&KINDS));
        let Some(place) = place else {
            return Err(format!("has a `{first}` that dumps do not have"));
        };
        let kind = &head[place + 1];
        if first == "ALTER" && kind.is_any(&["DATABASE", "SCHEMA"]) {
            // `mysqldump` puts this around what was made under another character set.
            return Ok(Verdict::LeaveOut(DEFAULTS));
        }
        if kind.is_any(&["DATABASE", "SCHEMA"]) {
            let refusal = format!("makes or drops a database by itself with `{first} DATABASE`");
            let mut names = (place + 2..head.len()).filter(|at| !is_condition(&head[*at]));
            let name = names.next().and_then(|at| spelled.get(at)).filter(|name| !name.is_empty());
            return name.map_or(Err(refusal.clone()), |name| self.own.make(name, refusal));
        }
        self.own.begin();
        if kind.is_any(&KINDS[OF_DATABASE..]) {
            let kind = kind.name().unwrap_or_default().to_uppercase();
            return Err(format!("changes the server as a whole with `{first} {kind}`"));
        }
        if first == "CREATE" && kind.is("EVENT") && !(self.stays_off && self.in_block) {
            return Err("makes an event that would run at once".to_owned());
        }
        if kind.is("TABLE") || kind.is("VIEW") {
            let mut names = head[place + 2..].iter().filter(|part| !is_condition(part));
            self.made.extend(names.next().and_then(Part::name));
        }
        Ok(Verdict::Pass)
    }

    fn setting(&mut self, head: &[Part]) -> Result<Verdict, String> {
        let has = |word: &str| head.iter().any(|part| part.means(word));
        if has("GTID_PURGED") || has("SQL_LOG_BIN") {
            return Ok(Verdict::LeaveOut(POSITION));
        }
        if let Some(word) =
            ["GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD", "ROLE"].iter().find(|word| has(word))
        {
            return Err(format!("changes the server as a whole with `SET {word}`"));
        }
        if has("STATEMENT") {
            return Err("has settings for one statement".to_owned());
        }
        for (at, part) in head.iter().enumerate() {
            check_value(part, &head[..at])?;
        }
        if !self.is_whole || head.contains(&Part::Symbol(b'(')) {
            return Err("computes a setting".to_owned());
        }
        self.modes.follow(&head[1..])?;
        Ok(Verdict::Pass)
    }
}

/// What stands between a kind and a name.
fn is_condition(part: &Part) -> bool {
    part.is_any(&["IF", "NOT", "EXISTS"])
}

/// A value in a `SET` must mean what it says, because some values change how the rest is read.
fn check_value(part: &Part, before: &[Part]) -> Result<(), String> {
    let changes =
        |what: &str| Err(format!("changes how its texts are read, with `{}`", shown(what)));
    match part {
        Part::Text(text) => {
            let is_spliced = text.contains('\\') || matches!(before.last(), Some(Part::Text(_)));
            let is_coded = before.last().is_some_and(|before| before.is_any(&["X", "B"]));
            if is_spliced || is_coded || is_wide(text) { changes(text) } else { Ok(()) }
        }
        Part::Word(word) => {
            let is_number = word.starts_with(|first: char| first.is_ascii_digit());
            if is_number && is_read_by(before) || is_wide(word) { changes(word) } else { Ok(()) }
        }
        Part::Name(name) if is_wide(name) => changes(name),
        Part::Name(_) | Part::Symbol(_) => Ok(()),
    }
}

/// Whether a number behind this may choose how texts are read: as the mode, or as a variable that becomes it.
fn is_read_by(before: &[Part]) -> bool {
    let (at, equal) = (Part::Symbol(b'@'), Part::Symbol(b'='));
    match before {
        [.., name, last] if *last == equal && READ_BY.iter().any(|word| name.means(word)) => true,
        [.., two, one, Part::Word(_) | Part::Name(_) | Part::Text(_), last] if *last == equal => {
            *one == at && *two != at
        }
        _ => false,
    }
}

fn is_wide(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    CHARACTER_SETS.iter().any(|set| text.starts_with(set))
}

impl Rules for MysqlRules {
    fn token(&mut self, token: &Token<'_>, in_block: bool) -> Result<(), String> {
        let part = match token {
            Token::Word(word) => Part::Word(word.to_ascii_uppercase()),
            Token::Name(name) => Part::Name((*name).to_owned()),
            Token::Text(text) => Part::Text((*text).to_owned()),
            Token::Symbol(symbol) => Part::Symbol(*symbol),
            Token::Command(line) => {
                return Err(format!("has a command for the client, `{}`", shown(line)));
            }
            Token::End | Token::RowsEnd | Token::Delimiter => return Ok(()),
        };
        self.in_block = in_block;
        self.note(&part)?;
        if self.head.len() < MAX_HEAD {
            self.spell(token);
            self.head.push(part.clone());
        } else {
            self.is_whole = false;
        }
        self.last = [self.last[1].take(), Some(part)];
        Ok(())
    }

    fn end(&mut self) -> Result<Verdict, String> {
        let verdict = self.judge();
        (self.is_whole, self.last, self.since) = (true, [None, None], None);
        (self.depth, self.stays_off) = (0, false);
        verdict
    }

    fn only_inserts(&self) -> bool {
        self.head.first().is_some_and(|first| first.is_any(&["INSERT", "REPLACE"]))
    }

    fn quotes(&self) -> Option<Quotes> {
        Some(self.modes.current())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::foreign::Speech;
    use super::super::super::foreign::tests::through;
    use super::*;

    fn loaded(text: &str) -> Result<String, String> {
        let rules = || MysqlRules::new(["precious".to_owned(), "orders".to_owned()], "");
        let whole = through(Speech::Mysql, rules(), text, 1 << 20);
        assert_eq!(through(Speech::Mysql, rules(), text, 3), whole, "{text}");
        whole
    }

    #[test]
    fn what_dumps_hold_passes() {
        for text in [
            "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n",
            "CREATE TABLE `orders` (`a` int, KEY `b` (`a`)) ENGINE=InnoDB;\nSELECT `orders`.`a` FROM `orders`;\n",
            "CREATE VIEW v AS select orders.a AS a,orders.b AS b from (orders join t on(orders.a = t.a));\n"
                .trim_start_matches("CREATE VIEW v AS "),
            "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW \
             BEGIN IF new.a THEN SET new.a = CASE 1 WHEN 2 THEN 3 END; END IF; SET @x = 1; END */;;\nDELIMITER ;\n",
            "/*!50003 SET @saved_sql_mode = @@sql_mode */ ;\n/*!50003 SET sql_mode = 'ANSI_QUOTES' */ ;\n\
             SELECT \"precious\"  AS x;\n/*!50003 SET sql_mode = @saved_sql_mode */ ;\nSELECT \"\\\";\";\n",
            "DELIMITER ;;\n/*!50003 SET @saved_sql_mode = @@sql_mode */ ;;\n/*!50003 SET sql_mode = '' */ ;;\n\
             /*!50003 SET sql_mode = @saved_sql_mode */ ;;\nDELIMITER ;\n",
            "INSERT INTO `a` VALUES ('precious.x; USE y',1.5,NULL),(0x41,'\\'',-1);\n",
        ] {
            // A table has to be known before its name can be told from that of a database.
            let text = if text.starts_with("select") { format!("CREATE TABLE orders (a int);\n{text}") } else { text.to_owned() };
            assert_eq!(loaded(&text).as_deref(), Ok(text.as_str()));
        }
        assert_eq!(loaded("SET @@GLOBAL.GTID_PURGED='a:1';SET a=1;").as_deref(), Ok("SET a=1;"));
    }

    #[test]
    fn what_names_the_one_database_of_the_dump_is_left_out() {
        let head = "SET a=1;\n/*!40000 DROP DATABASE IF EXISTS `shop`*/;\n\
                    CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n\
                    USE `shop`;\n";
        let text = format!("{head}CREATE TABLE t (a int);\nUSE `shop`;\nSELECT 1;\n");
        assert_eq!(loaded(&text).as_deref(), Ok("SET a=1;\nCREATE TABLE t (a int);\nSELECT 1;\n"));
        assert_eq!(loaded("use shop;SET a=1;").as_deref(), Ok("SET a=1;"));
        for text in [
            "CREATE TABLE t (a int);\nUSE `other`;\n",
            "/*!40000 USE precious */;\n",
            "USE Shop;\n",
            "DELIMITER ;;\nUSE precious ;;\n",
            "DELIMITER ;;\nUSE shop; DROP TABLE t ;;\n",
            "USE shop DROP TABLE t;\n",
            "USE `shop`.`t`;\n",
            "CREATE DATABASE other;\n",
            "CREATE TABLE t (a int);\nDROP DATABASE shop;\n",
            "DROP TABLE precious.item;\n",
        ] {
            assert!(loaded(&format!("{head}{text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn what_leaves_the_database_is_refused() {
        for text in [
            "CREATE TABLE t (a int); USE precious",
            "CREATE TABLE t (a int); /*!50003 USE precious */",
            "INSERT INTO t VALUES (1); DROP DATABASE precious",
            "DROP TABLE Precious . `item`",
            "SELECT * FROM orders.x",
            "CREATE TABLE orders (a int); UPDATE t, orders.x SET a = 1",
            "CREATE INDEX i ON precious.item (a)",
            "SELECT a INTO @x",
            "SELECT @x := 'ANSI_QUOTES'",
            "SET sql_mode = @unknown",
            "SET sql_mode = 4",
            "SET character_set_client = 28",
            "SET @a = 'gb\\k'",
            "SET NAMES gbk",
            "SET NAMES `gbk`",
            "SET character_set_client = `gbk`",
            "SET `character_set_client` = 28",
            "SET sql_mode = DEFAULT",
            "SET @@GLOBAL.`sql_mode` = ''",
            "SET STATEMENT sql_mode='NO_BACKSLASH_ESCAPES' FOR SELECT 1",
            "SET `sql_mode` = 'NO_BACKSLASH_ESCAPES'; INSERT INTO t VALUES ('\\'); DROP TABLE precious.item; -- ')",
            "SET @@`sql_mode` = 'NO_BACKSLASH_ESCAPES'; INSERT INTO t VALUES ('\\'); DROP TABLE precious.item; -- ')",
            "SET @sql_mode = 'NO_BACKSLASH_ESCAPES'; SET sql_mode = @sql_mode; INSERT INTO t VALUES ('\\'); DROP TABLE precious.item; -- ')",
            "SET @a = CONCAT('a', 'b')",
            "SET PERSIST a = 1",
            "DELIMITER ;;\nSET sql_mode = @unknown ;;\n",
            "DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1; END; CALL q();;\n",
            "DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1; USE precious; END;;\n",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE DO SELECT 1",
            "CREATE TABLE t (a int) DATA DIRECTORY='/tmp'",
            "CREATE TABLE t (a int) ENGINE=CONNECT",
            "CREATE SERVER s FOREIGN DATA WRAPPER mysql",
            "\\! id",
        ] {
            assert!(loaded(&format!("{text};\n")).is_err(), "{text}");
        }
    }
}
