//! The header and the table of contents.
//!
//! Owns the order of their fields in every version of the format. Data blocks belong to `blocks`.

use std::ops::Range;

use super::Malformed;
use super::fields::{Field, Fields, there};

/// The versions of the format that are known.
const KNOWN: std::ops::RangeInclusive<(u8, u8)> = (1, 12)..=(1, 16);
/// The numbers of PostgreSQL's archive formats that have a table of contents.
const CUSTOM: u8 = 1;
const TAR: u8 = 3;
const DIRECTORY: u8 = 5;

/// The entry that says in which encoding the names of the others are.
const ENCODING: &str = "ENCODING";

/// The form of a dump with a table of contents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// One file, with the data behind the table of contents.
    #[default]
    Custom,
    /// A tar whose first member is the table of contents.
    Tar,
    /// A folder with the table of contents in a file of its own.
    Directory,
}

/// The table of contents with its header.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The server that was dumped: `15.18 (Debian 15.18-0+deb12u1)`.
    pub server: String,
    /// The `pg_dump` that wrote it, in the same form.
    pub tool: String,
    /// The database that was dumped.
    pub database: String,
    /// When, by the clock of the tool: second, minute, hour, day, month from 0, year from 1900.
    pub made_at: [i64; 6],
    /// What it is part of.
    pub form: Form,
    /// What is in it, in its order.
    pub entries: Vec<Entry>,
    pub(super) width: usize,
}

impl Contents {
    /// Bytes of a number in it: a sign and digits.
    pub fn number_len(&self) -> usize {
        1 + self.width
    }

    /// Entries that are followed by data.
    pub fn with_data(&self) -> usize {
        self.entries.iter().filter(|entry| entry.has_data).count()
    }
}

/// One entry of the table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number in the dump.
    pub id: i64,
    /// The catalogue that its object stands in, as an OID; 0 for data.
    pub catalogue: u32,
    /// The object's OID; for data that of its table.
    pub oid: u32,
    /// Its name, without the schema.
    pub name: String,
    /// What it is: `TABLE`, `TABLE DATA`, `FK CONSTRAINT`.
    pub kind: String,
    /// Its schema; empty where it is in none.
    pub schema: String,
    /// Its owner.
    pub owner: String,
    /// Whether data follows.
    pub has_data: bool,
    /// The numbers of the entries without which its object cannot be made.
    pub needs: Vec<i64>,
    /// Rows of its data, once they have gone by.
    pub rows: Option<u64>,
    /// The file that holds its data, in a folder or a tar.
    pub file: Option<String>,
}

/// Collects the table of contents from pieces.
#[derive(Default)]
pub(super) struct ContentsReader {
    pending: Vec<u8>,
    version: (u8, u8),
    left: Option<u64>,
    letters: Letters,
    contents: Contents,
    /// Whether somebody else made the dump, who may have chosen another form and compressed the data.
    is_foreign: bool,
}

/// How far the table of contents has come.
pub(super) enum Progressed {
    /// There is more of it.
    NeedsMore,
    /// It is complete, and `rest` follows it.
    Done { contents: Contents, rest: Vec<u8> },
}

/// A piece of the table of contents as it stands in the dump.
pub(super) enum Piece<'a> {
    /// All before the first entry.
    Header(&'a [u8]),
    /// An entry with its bytes, and the places of its statements in them.
    Entry { entry: &'a Entry, bytes: &'a [u8], statements: Statements },
}

/// Where in the bytes of an entry two of its fields stand, each with its length before it.
pub(super) struct Statements {
    /// The statement that creates its object.
    pub definition: Range<usize>,
    /// The `COPY` that its rows are for.
    pub copy: Range<usize>,
    /// Bytes of a length.
    prefix: usize,
}

impl Statements {
    /// The statement that creates the object of the entry with these bytes.
    pub fn definition_in<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.definition.start + self.prefix..self.definition.end]
    }

    /// The `COPY` of the entry with these bytes.
    pub fn copy_in<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.copy.start + self.prefix..self.copy.end]
    }
}

impl ContentsReader {
    /// A reader of what any `pg_dump` has written, not only of what Kronos lets it write.
    pub fn of_foreign() -> Self {
        Self { is_foreign: true, ..Self::default() }
    }

    /// Entries that have gone by.
    pub fn count(&self) -> usize {
        self.contents.entries.len()
    }

    /// What has gone by of it, once the header has.
    pub fn into_partial(self) -> Option<Contents> {
        self.left.is_some().then_some(self.contents)
    }

    pub fn is_untouched(&self) -> bool {
        self.left.is_none() && self.pending.is_empty()
    }

    /// Takes the next bytes. `on_piece` gets every entry with its bytes, and the places of its
    /// statements in them; before the first one it gets the header.
    pub fn feed(
        &mut self,
        bytes: &[u8],
        on_piece: &mut dyn FnMut(Piece<'_>),
    ) -> Result<Progressed, Malformed> {
        self.pending.extend_from_slice(bytes);
        let mut at = 0;
        if self.left.is_none() {
            let Some((taken, header)) = header(&self.pending, self.is_foreign)? else {
                return Ok(Progressed::NeedsMore);
            };
            self.version = header.version;
            self.left = Some(header.entries);
            self.contents = header.contents;
            on_piece(Piece::Header(&self.pending[..taken]));
            at = taken;
        }
        while let Some(left) = self.left.filter(|left| *left > 0) {
            let mut fields = Fields::new(&self.pending[at..], self.contents.width);
            let written = (self.version, self.contents.form, self.letters);
            let Some((entry, statements)) = entry(&mut fields, written)? else { break };
            let bytes = &self.pending[at..at + fields.taken()];
            if entry.kind == ENCODING {
                self.letters = Letters::said_by(statements.definition_in(bytes));
            }
            on_piece(Piece::Entry { entry: &entry, bytes, statements });
            at += fields.taken();
            self.left = Some(left - 1);
            self.contents.entries.push(entry);
        }
        self.pending.drain(..at);
        if self.left != Some(0) {
            return Ok(Progressed::NeedsMore);
        }
        let (contents, rest) =
            (std::mem::take(&mut self.contents), std::mem::take(&mut self.pending));
        Ok(Progressed::Done { contents, rest })
    }
}

struct Header {
    version: (u8, u8),
    entries: u64,
    contents: Contents,
}

fn header(bytes: &[u8], is_foreign: bool) -> Field<(usize, Header)> {
    const MAGIC: &[u8] = b"PGDMP";
    let seen = bytes.len().min(MAGIC.len());
    if bytes[..seen] != MAGIC[..seen] {
        return Err(Malformed::new("it is not in PostgreSQL's custom format"));
    }
    let Some(fixed) = bytes.get(MAGIC.len()..MAGIC.len() + 6) else { return Ok(None) };
    let (version, width, format) = ((fixed[0], fixed[1]), usize::from(fixed[3]), fixed[5]);
    if !KNOWN.contains(&version) {
        let (major, minor) = version;
        return Err(Malformed(format!(
            "it has the format {major}.{minor}, which this Kronos does not know"
        )));
    }
    let form = form(format).filter(|form| is_foreign || *form == Form::Custom);
    let Some(form) = form.filter(|_| (1..=32).contains(&width)) else {
        return Err(Malformed::new("it is not in PostgreSQL's custom format"));
    };
    let mut fields = Fields::new(bytes, width);
    fields.take(MAGIC.len() + 6);
    let compression = match version {
        (1, 15..) => fields.byte().map(i64::from),
        _ => fields.number()?,
    };
    match compression {
        None => return Ok(None),
        Some(0) => {}
        Some(_) if is_foreign => {}
        Some(_) => return Err(Malformed::new("it is compressed, although it must not be")),
    }
    let mut made_at = [0; 6];
    for part in &mut made_at {
        *part = there!(fields.number());
    }
    let _is_summer = there!(fields.number());
    let text = |bytes: Option<&[u8]>| Letters::Utf8.text(bytes);
    let database = text(there!(fields.text()));
    let server = text(there!(fields.text()));
    let tool = text(there!(fields.text()));
    let entries = there!(fields.number());
    let entries = u64::try_from(entries)
        .map_err(|_| Malformed::new("its table of contents has an impossible length"))?;
    let contents = Contents { server, tool, database, made_at, form, entries: Vec::new(), width };
    Ok(Some((fields.taken(), Header { version, entries, contents })))
}

fn form(number: u8) -> Option<Form> {
    match number {
        CUSTOM => Some(Form::Custom),
        TAR => Some(Form::Tar),
        DIRECTORY => Some(Form::Directory),
        _ => None,
    }
}

/// One entry, and where in it the statements stand that create its object and load its rows.
fn entry(
    fields: &mut Fields<'_>,
    (version, form, letters): ((u8, u8), Form, Letters),
) -> Field<(Entry, Statements)> {
    let text = |bytes: Option<&[u8]>| letters.text(bytes);
    let id = there!(fields.number());
    let has_data = there!(fields.number()) != 0;
    let catalogue = oid(there!(fields.text()));
    let oid = oid(there!(fields.text()));
    let name = text(there!(fields.text()));
    let kind = text(there!(fields.text()));
    let _section = there!(fields.number());
    let definition_from = fields.taken();
    there!(fields.text());
    let definition = definition_from..fields.taken();
    let _drop = there!(fields.text());
    let copy_from = fields.taken();
    there!(fields.text());
    let copy = copy_from..fields.taken();
    let schema = text(there!(fields.text()));
    let _tablespace = there!(fields.text());
    if version >= (1, 14) {
        let _access_method = there!(fields.text());
    }
    if version >= (1, 16) {
        let _relation_kind = there!(fields.number());
    }
    let owner = text(there!(fields.text()));
    let _with_oids = there!(fields.text());
    let mut needs = Vec::new();
    while let Some(number) = there!(fields.text()) {
        needs.extend(text(Some(number)).parse::<i64>());
    }
    let file = there!(place_of_data(fields, form));
    let rows = None;
    let entry =
        Entry { id, catalogue, oid, name, kind, schema, owner, has_data, needs, rows, file };
    let prefix = 1 + fields.width();
    Ok(Some((entry, Statements { definition, copy, prefix })))
}

/// Where the data of an entry is: the name of another file, or a flag and a place in this one that a stream
/// never has.
fn place_of_data(fields: &mut Fields<'_>, form: Form) -> Field<Option<String>> {
    if form == Form::Custom {
        return Ok(fields.take(1 + OFFSET_WIDTH).map(|_| None));
    }
    let file = there!(fields.text()).filter(|file| !file.is_empty());
    Ok(Some(file.map(|file| Letters::Utf8.text(Some(file)))))
}

/// Every `pg_dump` of the last twenty years has 64-bit file offsets.
const OFFSET_WIDTH: usize = 8;

/// What a name in a table of contents is written in: the encoding of its database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) enum Letters {
    /// UTF-8, or bytes that the server takes for no letters at all and hands out as they are.
    #[default]
    Utf8,
    /// ISO 8859-1, in which a byte is the number of its letter.
    Latin1,
    /// Another encoding.
    Other,
}

impl Letters {
    /// What the statement of the first entry says.
    pub fn said_by(definition: &[u8]) -> Self {
        let said = String::from_utf8_lossy(definition);
        let is = |name: &str| said.contains(&format!("'{name}'"));
        match () {
            () if is("UTF8") || is("SQL_ASCII") => Self::Utf8,
            () if is("LATIN1") => Self::Latin1,
            () => Self::Other,
        }
    }

    /// A name for a person. Two names never become one: of letters that are not known the bytes are told.
    fn text(self, bytes: Option<&[u8]>) -> String {
        let bytes = bytes.unwrap_or_default();
        let shown = |byte: &u8| {
            let letter = char::from(*byte);
            if byte.is_ascii() { letter.to_string() } else { format!("\u{fffd}{byte:02X}") }
        };
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Self::Other => bytes.iter().map(shown).collect(),
        }
    }
}

fn oid(bytes: Option<&[u8]>) -> u32 {
    Letters::Utf8.text(bytes).parse().unwrap_or_default()
}
