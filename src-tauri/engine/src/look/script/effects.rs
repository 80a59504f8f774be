//! What a script does beside filling a database.
//!
//! Owns what counts as noteworthy, and the words for it.

use std::collections::BTreeSet;

use super::super::SqlDialect;
use super::scanner::Piece;
use super::statement::{created, name, tokens};
use crate::contents::{ObjectCount, ObjectKind};
use crate::database::forms::Token;

/// More objects than a person looks at.
const MAX_OBJECTS: usize = 100_000;
/// As many examples of one kind as are ever shown, and how long one is.
const MAX_EXAMPLES: usize = 10;
const MAX_EXAMPLE: usize = 60;

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Effects {
    pub objects: Vec<ObjectCount>,
    pub is_complete: bool,
    /// Databases that it creates or drops.
    pub databases: Vec<String>,
    /// Databases that it changes to.
    pub uses: Vec<String>,
    pub drops_first: bool,
    pub sets_log_place: bool,
    shell: Vec<String>,
    client: Vec<String>,
    server: Vec<String>,
    users: Vec<String>,
    programs: Vec<String>,
    definers: Vec<String>,
    seen: BTreeSet<(ObjectKind, String)>,
}

impl Default for Effects {
    fn default() -> Self {
        Self {
            objects: Vec::new(),
            is_complete: true,
            databases: Vec::new(),
            uses: Vec::new(),
            drops_first: false,
            sets_log_place: false,
            shell: Vec::new(),
            client: Vec::new(),
            server: Vec::new(),
            users: Vec::new(),
            programs: Vec::new(),
            definers: Vec::new(),
            seen: BTreeSet::new(),
        }
    }
}

impl Effects {
    /// Takes a part of the script into account.
    pub fn add(&mut self, piece: &Piece<'_>, dialect: SqlDialect) {
        match piece {
            Piece::Command(line) => self.command(line, dialect),
            Piece::Statement { text, .. } => self.statement(text, dialect),
        }
    }

    /// Examples of what is dangerous, with the sentence that leads to them.
    pub fn warnings(&self) -> impl Iterator<Item = (&[String], &'static str)> {
        let all = [
            (&self.shell, "It contains shell commands"),
            (&self.client, "It contains commands for the client"),
            (&self.server, "It lets the server read or write files or run programs"),
            (&self.users, "It creates or changes users or rights"),
            (&self.programs, "It makes programs that the server runs, or runs them"),
            (&self.definers, "It makes objects that act with the rights of another user"),
        ];
        all.into_iter()
            .filter(|(texts, _)| !texts.is_empty())
            .map(|(texts, what)| (texts.as_slice(), what))
    }

    /// All databases that it names so.
    pub fn own_databases(&self) -> Vec<String> {
        let mut names = self.databases.clone();
        names.extend(self.uses.iter().filter(|name| !self.databases.contains(name)).cloned());
        names
    }

    fn command(&mut self, line: &[u8], dialect: SqlDialect) {
        let shown = example(line);
        let word: String = shown.chars().skip(1).take_while(char::is_ascii_alphabetic).collect();
        match word.to_ascii_lowercase().as_str() {
            // What the dump tools write by themselves.
            "restrict" | "unrestrict" if dialect == SqlDialect::Postgres => {}
            "encoding" if shown == "\\encoding SQL_ASCII" => {}
            "" if shown == "\\." => {}
            "connect" | "c" | "u" if shown.starts_with('\\') => {
                keep(&mut self.uses, connected(line));
            }
            word => {
                let runs = shown.starts_with("\\!")
                    || shown.contains(['`', '|'])
                    || ["system", "ystem", "shell", "hell"].contains(&word)
                    || shown.to_ascii_lowercase().contains("program");
                keep(if runs { &mut self.shell } else { &mut self.client }, shown);
            }
        }
    }

    fn statement(&mut self, text: &[u8], dialect: SqlDialect) {
        let tokens = tokens(text);
        let Some(Token::Word(first)) = tokens.first() else { return };
        match first.to_ascii_uppercase().as_str() {
            "CREATE" => self.create(&tokens, text),
            "DROP" => self.drop(&tokens, dialect),
            "USE" => keep_name(&mut self.uses, &tokens[1..]),
            "GRANT" | "REVOKE" => keep(&mut self.users, example(text)),
            "ALTER" if is_user(tokens.get(1)) => keep(&mut self.users, example(text)),
            "ALTER" if tokens.get(1).is_some_and(|token| token.is("DATABASE")) => {
                keep_name(&mut self.databases, &tokens[2..]);
            }
            "SET" if tokens.iter().any(|token| token.is("GTID_PURGED")) => {
                self.sets_log_place = true;
            }
            "SET"
                if tokens
                    .get(1)
                    .is_some_and(|token| token.is("PASSWORD") || token.is("GLOBAL")) =>
            {
                keep(&mut self.users, example(text));
            }
            "ATTACH" | "LOAD" => keep(&mut self.server, example(text)),
            "COPY" => self.copy(&tokens, text),
            // For MySQL `DO` only calls a function; its dumps set sequences with it.
            "DO" if dialect == SqlDialect::Postgres => keep(&mut self.programs, example(text)),
            "CALL" | "PREPARE" | "EXECUTE" => keep(&mut self.programs, example(text)),
            "INSERT" | "REPLACE" => {}
            _ => self.calls(&tokens, text),
        }
    }

    fn create(&mut self, tokens: &[Token], text: &[u8]) {
        let mut between = tokens.iter().enumerate().skip(1).take(3);
        let is_or = |token: &Token| token.is("OR") || token.is("REPLACE");
        let kind = between.find(|(_, token)| !is_or(token));
        if let Some((at, _)) = kind.filter(|(_, token)| token.is("DATABASE")) {
            return keep_name(&mut self.databases, &tokens[at + 1..]);
        }
        if is_user(tokens.get(1)) {
            return keep(&mut self.users, example(text));
        }
        self.program(tokens, text);
        let Some(object) = created(tokens) else { return };
        if self.objects.len() == MAX_OBJECTS {
            self.is_complete = false;
        } else if self.seen.insert((object.kind, object.name.clone())) {
            self.objects.push(object);
        }
    }

    /// Functions in languages that may do everything, events, and what acts for somebody else.
    fn program(&mut self, tokens: &[Token], text: &[u8]) {
        const TRUSTED: [&str; 5] = ["SQL", "PLPGSQL", "PLTCL", "PLPERL", "PLV8"];
        let is_event = created(tokens).is_some_and(|object| object.kind == ObjectKind::Event);
        let language = tokens.iter().skip_while(|token| !token.is("LANGUAGE")).nth(1);
        let is_untrusted = language.is_some_and(|language| match language {
            Token::Word(name) | Token::Quoted(name) => {
                !TRUSTED.iter().any(|trusted| name.eq_ignore_ascii_case(trusted))
            }
            Token::Symbol(_) => false,
        });
        if is_event || is_untrusted {
            keep(&mut self.programs, example(text));
        }
        if tokens.iter().take(12).any(|token| token.is("DEFINER")) {
            keep(&mut self.definers, example(text));
        }
    }

    fn drop(&mut self, tokens: &[Token], dialect: SqlDialect) {
        match tokens.get(1) {
            // Only for PostgreSQL a schema is something in a database.
            Some(token)
                if token.is("DATABASE")
                    || token.is("SCHEMA") && dialect != SqlDialect::Postgres =>
            {
                keep_name(&mut self.databases, &tokens[2..]);
            }
            Some(token) if token.is("TABLE") || token.is("SCHEMA") => self.drops_first = true,
            _ => {}
        }
    }

    fn copy(&mut self, tokens: &[Token], text: &[u8]) {
        let by_client = tokens.iter().any(|token| token.is("STDIN") || token.is("STDOUT"));
        if !by_client {
            keep(&mut self.server, example(text));
        }
    }

    /// Functions and clauses that reach beyond the database.
    fn calls(&mut self, tokens: &[Token], text: &[u8]) {
        const REACHING: [&str; 12] = [
            "OUTFILE",
            "DUMPFILE",
            "LOAD_FILE",
            "LOAD_EXTENSION",
            "PG_READ_FILE",
            "PG_READ_BINARY_FILE",
            "PG_LS_DIR",
            "LO_IMPORT",
            "LO_EXPORT",
            "PG_EXECUTE_SERVER_PROGRAM",
            "WRITEFILE",
            "READFILE",
        ];
        if tokens.iter().any(|token| REACHING.iter().any(|word| token.is(word))) {
            keep(&mut self.server, example(text));
        }
    }
}

/// The database that a line for the client enters.
fn connected(line: &[u8]) -> String {
    const LONGEST: usize = 512;
    let line = String::from_utf8_lossy(&line[..line.len().min(LONGEST)]);
    let target = line.split_once(' ').map_or("", |(_, target)| target.trim());
    let target = target.strip_prefix("-reuse-previous=on ").unwrap_or(target);
    let inner = match target.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
        Some((quoted, _)) => quoted,
        None => target.split_whitespace().next().unwrap_or_default(),
    };
    let name = inner.strip_prefix("dbname=").unwrap_or(inner);
    name.trim_matches(['"', '`', '\'', ';']).to_owned()
}

fn is_user(token: Option<&Token>) -> bool {
    token.is_some_and(|token| token.is("USER") || token.is("ROLE"))
}

/// Keeps the name that a statement goes on with.
fn keep_name(kept: &mut Vec<String>, tokens: &[Token]) {
    let is_between = |token: &&Token| ["IF", "NOT", "EXISTS"].iter().any(|word| token.is(word));
    let mut rest = tokens.iter().skip_while(is_between).cloned();
    if let Some(name) = name(&mut rest) {
        keep(kept, name);
    }
}

fn keep(kept: &mut Vec<String>, text: String) {
    if kept.len() < MAX_EXAMPLES && !text.is_empty() && !kept.contains(&text) {
        kept.push(text);
    }
}

/// The beginning of a statement on one line.
fn example(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * MAX_EXAMPLE)]);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_EXAMPLE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
