//! What of a script goes on when only some tables are wanted.
//!
//! Owns the choice: a statement that is about a table goes where its table goes; programs stay behind, but
//! for the triggers of wanted tables; everything else goes on. A statement is judged by its beginning, so
//! rows are never held.

use std::collections::BTreeSet;
use std::io;

use memchr::memchr;

use super::ItemKind;
use super::head::{Token, Tokens, kind_of};
use super::scanner::Scanner;

/// By then a statement has said what it is about.
const TOLD: usize = 16 * 1024;

/// Passes a script on, without the statements about what is not wanted.
pub(in super::super) struct ChoiceFilter {
    wanted: BTreeSet<String>,
    scanner: Scanner,
    /// The beginning of a statement that has not been judged yet.
    head: Vec<u8>,
    /// Whether the statement that is going by goes on; `None` between two.
    passes: Option<bool>,
    triggers: BTreeSet<String>,
}

/// What a statement is about.
#[derive(Debug, PartialEq, Eq)]
enum About {
    /// This table, view or sequence.
    Relation(String),
    /// This trigger of this table.
    Trigger(String, String),
    /// A program that is no trigger.
    Program,
    /// Nothing in particular.
    Everything,
}

impl ChoiceFilter {
    /// A filter at the beginning of a script of which these tables, views and sequences are wanted.
    pub(in super::super) fn new(wanted: BTreeSet<String>) -> Self {
        Self {
            wanted,
            scanner: Scanner::new(),
            head: Vec::new(),
            passes: None,
            triggers: BTreeSet::new(),
        }
    }

    /// Passes the next piece on.
    pub(in super::super) fn pass(
        &mut self,
        bytes: &[u8],
        on: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found + 1);
            self.line(&bytes[at..end], on)?;
            at = end;
        }
        Ok(())
    }

    /// Passes on what is still held. Returns the names of the triggers that went on.
    pub(in super::super) fn finish(
        mut self,
        on: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<BTreeSet<String>> {
        self.judge(on)?;
        Ok(self.triggers)
    }

    fn line(
        &mut self,
        piece: &[u8],
        on: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let was_in_block = self.scanner.in_block();
        self.scanner.feed(piece);
        let is_in_block = self.scanner.in_block();
        let has_ended = match (was_in_block, is_in_block) {
            (true, true) => self.scanner.take_finished().is_some(),
            (false, false) => self.scanner.is_between(),
            _ => true,
        };
        let is_over = piece.ends_with(b"\n") && has_ended;
        match self.passes {
            Some(true) => on(piece)?,
            Some(false) => {}
            None => {
                self.head.extend_from_slice(piece);
                if is_over || self.head.len() >= TOLD {
                    self.passes = Some(self.judge(on)?);
                }
            }
        }
        if is_over {
            self.passes = None;
        }
        Ok(())
    }

    /// Decides about what is held. Returns whether it went on.
    fn judge(&mut self, on: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<bool> {
        let head = std::mem::take(&mut self.head);
        let passes = match about(&head) {
            About::Relation(name) => self.wanted.contains(&name),
            About::Program => false,
            About::Everything => true,
            About::Trigger(name, table) => {
                let passes = self.wanted.contains(&table);
                if passes {
                    self.triggers.insert(name);
                }
                passes
            }
        };
        if passes {
            on(&head)?;
        }
        Ok(passes)
    }
}

/// What the statement with this beginning is about.
fn about(head: &[u8]) -> About {
    let mut tokens = Tokens::of(head).map(|(token, _)| token);
    let told = match tokens.next() {
        Some(token) if token.is("CREATE") || token.is("DROP") => made_or_dropped(&mut tokens),
        Some(token)
            if token.is("INSERT")
                || token.is("REPLACE")
                || token.is("ALTER")
                || token.is("LOCK") =>
        {
            // INSERT INTO, ALTER TABLE, LOCK TABLES
            let word = tokens.next();
            let is_of_table =
                word.is_some_and(|it| it.is("INTO") || it.is("TABLE") || it.is("TABLES"));
            let name = is_of_table.then(|| name(&mut tokens)).flatten();
            name.map(About::Relation)
        }
        // DO SETVAL(`sequence`, …)
        Some(token) if token.is("DO") || token.is("SELECT") => {
            let is_counter = tokens.next().is_some_and(|it| it.is("SETVAL"));
            let name = is_counter.then(|| tokens.find_map(quoted)).flatten();
            name.map(About::Relation)
        }
        _ => None,
    };
    told.unwrap_or(About::Everything)
}

fn made_or_dropped(tokens: &mut impl Iterator<Item = Token>) -> Option<About> {
    let kind = loop {
        let token = tokens.next()?;
        // CREATE DATABASE and DROP DATABASE are not in such a script.
        if token.is("DATABASE") {
            return None;
        }
        if let Some(kind) = kind_of(&token) {
            break kind;
        }
    };
    let name = name(tokens)?;
    Some(match kind {
        ItemKind::Table | ItemKind::View | ItemKind::Sequence => About::Relation(name),
        ItemKind::Trigger => {
            let on = tokens.find(|token| token.is("ON"));
            let table = on.and_then(|_| self::name(tokens));
            About::Trigger(name, table.unwrap_or_default())
        }
        _ => About::Program,
    })
}

/// The next name, without IF EXISTS before it and a database in front of it.
fn name(tokens: &mut impl Iterator<Item = Token>) -> Option<String> {
    let mut token = tokens.next()?;
    while ["IF", "NOT", "EXISTS", "BODY"].iter().any(|word| token.is(word)) {
        token = tokens.next()?;
    }
    token.into_name()
}

fn quoted(token: Token) -> Option<String> {
    match token {
        Token::Quoted(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "-- a comment
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `orders`;
CREATE TABLE `orders` (
  `id` int, `t` varchar(9) DEFAULT 'a;b'
);
/*!40000 ALTER TABLE `orders` DISABLE KEYS */;
INSERT INTO `orders` VALUES
(1,'INSERT INTO `log` VALUES'),
(2,'x;\\'');
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`u`@`h`*/ /*!50003 TRIGGER `later` AFTER INSERT ON `orders` FOR EACH ROW BEGIN
  SET @x = 1;
END */;;
DELIMITER ;
DROP TABLE IF EXISTS `log`;
CREATE TABLE `log` (`id` int);
INSERT INTO `log` VALUES (1),(2);
DELIMITER ;;
CREATE DEFINER=`u`@`h` TRIGGER `gone` BEFORE INSERT ON `log` FOR EACH ROW BEGIN
  SET @y = 1;
END ;;
DELIMITER ;
/*!50001 CREATE VIEW `all` AS SELECT 1 AS `id`*/;
CREATE SEQUENCE `s` start with 1;
DO SETVAL(`s`, 7, 0);
CREATE TABLE `two
lines` (`id` int);
INSERT INTO `two
lines` VALUES (1);
DELIMITER ;;
CREATE FUNCTION `f`() RETURNS int RETURN 1 ;;
DELIMITER ;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
-- Dump completed
";

    fn passed(wanted: &[&str], cut: usize) -> (String, Vec<String>) {
        let wanted = wanted.iter().map(|name| (*name).to_owned()).collect();
        let (mut filter, mut out) = (ChoiceFilter::new(wanted), Vec::new());
        let mut on = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok(())
        };
        for piece in SCRIPT.as_bytes().chunks(cut) {
            filter.pass(piece, &mut on).unwrap();
        }
        let triggers = filter.finish(&mut on).unwrap();
        (String::from_utf8(out).unwrap(), triggers.into_iter().collect())
    }

    #[test]
    fn a_table_comes_with_its_rows_and_its_triggers_however_the_script_is_cut() {
        for cut in [1, 2, 3, 7, 64, 10_000] {
            let (orders, triggers) = passed(&["orders"], cut);
            assert_eq!(triggers, ["later"], "{cut}");
            for there in [
                "TABLE `orders` (",
                "(2,'x;",
                "TRIGGER `later`",
                "@x = 1",
                "SET NAMES",
                "completed",
            ] {
                assert!(orders.contains(there), "{cut}: {there}: {orders}");
            }
            for gone in
                ["TABLE `log`", "(1),(2)", "@y = 1", "VIEW", "SEQUENCE", "lines`", "FUNCTION"]
            {
                assert!(!orders.contains(gone), "{cut}: {gone}: {orders}");
            }
            let (rest, triggers) = passed(&["log", "all", "s", "two\nlines"], cut);
            assert_eq!(triggers, ["gone"], "{cut}");
            for there in ["(1),(2)", "VIEW `all`", "SETVAL(`s`", "lines` VALUES (1)", "@y = 1"] {
                assert!(rest.contains(there), "{cut}: {there}: {rest}");
            }
            assert!(!rest.contains("orders` ("), "{cut}");
        }
    }
}
