//! What the server's own catalogues say: the databases, their tables, what belongs to what.
//!
//! Owns the questions. Which of the tables are dumped is decided in `selection`.

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::quote;
use super::session::Session;
use crate::contents::ObjectKind;
use crate::error::{Error, Result, ServerError};

/// The property with the encoding of a database; every one has it.
pub(super) const ENCODING: &str = "encoding";
/// What the name of a property begins with that is a setting of the database.
pub(super) const SETTING: &str = "setting ";

/// The longest value of a property.
pub(super) const MAX_TEXT: usize = 60 << 10;

/// One database of the server.
#[derive(Debug, Clone)]
pub(super) struct Database {
    /// Its name.
    pub name: String,
    /// Its size in bytes, where the user may ask.
    pub size: u64,
    /// Whether the user may connect.
    pub may_connect: bool,
    /// Whether its creation or removal was never finished.
    pub is_invalid: bool,
    /// Encoding, locale, owner and the like.
    pub properties: BTreeMap<String, String>,
}

/// A table, view, sequence or the like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    /// Its OID.
    pub oid: u32,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// PostgreSQL's letter for what it is.
    pub kind: char,
    /// Whether it is not written to the log, so that a standby has no rows of it.
    pub is_unlogged: bool,
    /// Its size in bytes, without indexes.
    pub size: u64,
    /// Its rows, as the server estimates them; `None` before the first estimate.
    pub rows: Option<u64>,
    /// Whether the user may read it.
    pub is_readable: bool,
    /// Whether row-level security hides some of its rows from the user.
    pub is_filtered: bool,
}

impl Relation {
    /// Its name for people and in the manifest.
    pub fn shown(&self) -> String {
        quote::shown(&self.schema, &self.name)
    }

    /// Its name in SQL.
    pub fn quoted(&self) -> String {
        quote::pattern(&self.schema, &self.name)
    }

    /// What it is, in the words of the manifest.
    pub fn object_kind(&self) -> ObjectKind {
        match self.kind {
            'v' => ObjectKind::View,
            'm' => ObjectKind::MaterializedView,
            'S' => ObjectKind::Sequence,
            'f' => ObjectKind::VirtualTable,
            _ => ObjectKind::Table,
        }
    }

    /// Whether it holds rows of its own.
    pub fn has_rows(&self) -> bool {
        self.kind == 'r'
    }

    /// Whether it is a table that can be locked: an ordinary or a partitioned one.
    pub fn is_lockable(&self) -> bool {
        matches!(self.kind, 'r' | 'p')
    }
}

/// Everything in one database that a dump has to know about.
#[derive(Debug, Clone)]
pub(super) struct Catalogue {
    /// Tables, views, sequences, in the order of their names.
    pub relations: Vec<Relation>,
    /// A table and the one that it is a partition or an heir of.
    pub parents: Vec<(u32, u32)>,
    /// A view and a relation that it reads.
    pub readers: Vec<(u32, u32)>,
    /// A foreign key: its OID, its table, the table that it refers to.
    pub foreign_keys: Vec<(u32, u32, u32)>,
    /// Roles that own something, or that a grant or a policy names.
    pub roles: Vec<String>,
    /// Of those, the ones without which a policy or a user mapping cannot be created.
    pub needed_roles: Vec<String>,
    /// Whether the server is a standby.
    pub is_standby: bool,
    /// How many subscriptions to other servers there are.
    pub subscriptions: u64,
    /// A large object that the user may not read.
    pub hidden_large_object: Option<u32>,
    /// How many triggers act on changes of the structure.
    pub event_triggers: u64,
    /// What the session is set to that `pg_dump` leaves alone and that shows in the text of a row.
    pub rows_written: String,
}

/// All databases that take connections, but for templates.
pub(super) async fn databases(session: &Session) -> Result<Vec<Database>> {
    let (provider, locale) = match session.version {
        170_000.. => ("d.datlocprovider::text", "d.datlocale"),
        150_000.. => ("d.datlocprovider::text", "d.daticulocale"),
        _ => ("'c'", "NULL::text"),
    };
    let sql = format!(
        "SELECT d.datname::text, pg_encoding_to_char(d.encoding)::text, d.datcollate::text, \
         d.datctype::text, {provider}, {locale}, pg_get_userbyid(d.datdba)::text, \
         has_database_privilege(d.oid, 'CONNECT'), d.datconnlimit = -2, \
         shobj_description(d.oid, 'pg_database'), d.datacl::text, \
         CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) END, \
         ARRAY(SELECT unnest(s.setconfig) FROM pg_db_role_setting s \
               WHERE s.setdatabase = d.oid AND s.setrole = 0) \
         FROM pg_database d WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.datname"
    );
    Ok(session.all(&sql, &[]).await?.iter().map(database).collect())
}

fn database(row: &Row) -> Database {
    let mut properties = BTreeMap::new();
    let mut keep = |name: &str, value: Option<String>| {
        // A record of an archive takes texts of up to 64 KiB.
        if let Some(value) = value.filter(|value| (1..MAX_TEXT).contains(&value.len())) {
            properties.insert(name.to_owned(), value);
        }
    };
    keep(ENCODING, row.get(1));
    keep("collate", row.get(2));
    keep("ctype", row.get(3));
    let provider = match row.get::<_, &str>(4) {
        "i" => "icu",
        "b" => "builtin",
        _ => "libc",
    };
    keep("locale_provider", Some(provider.to_owned()));
    keep("locale", row.get(5));
    keep("owner", row.get(6));
    keep("comment", row.get(9));
    keep("acl", row.get(10));
    for setting in row.get::<_, Vec<String>>(12) {
        if let Some((name, value)) = setting.split_once('=') {
            keep(&format!("{SETTING}{name}"), Some(value.to_owned()));
        }
    }
    Database {
        name: row.get(0),
        size: row.get::<_, Option<i64>>(11).map_or(0, i64::unsigned_abs),
        may_connect: row.get(7),
        is_invalid: row.get(8),
        properties,
    }
}

/// What tells this server from every other; empty where the user may not ask.
pub(super) async fn identity(session: &Session) -> String {
    let sql = "SELECT system_identifier::text FROM pg_control_system()";
    session.one(sql, &[]).await.map(|row| row.get(0)).unwrap_or_default()
}

/// Members of an extension come with the extension.
const OWN: &str = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS \
    (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')";

/// Reads the catalogue of the database that `session` is connected to, and the sizes of its tables.
pub(super) async fn read_with_sizes(session: &Session) -> Result<Catalogue> {
    match relations(session, "pg_table_size(c.oid)").await {
        // Asking for the size of a table waits for whoever has locked it.
        Err(Error::Server(ServerError::Failed { .. })) => read(session).await,
        outcome => complete(session, outcome?).await,
    }
}

/// Reads the catalogue without waiting for anybody; sizes are those of the last estimate.
pub(super) async fn read(session: &Session) -> Result<Catalogue> {
    complete(session, relations(session, "c.relpages::int8 * 8192").await?).await
}

async fn complete(session: &Session, relations: Vec<Relation>) -> Result<Catalogue> {
    let pairs = |rows: Vec<Row>| rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let parents = session.all("SELECT inhrelid, inhparent FROM pg_inherits", &[]).await?;
    let readers = session
        .all(
            "SELECT DISTINCT r.ev_class, d.refobjid FROM pg_rewrite r JOIN pg_depend d \
             ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid \
             WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class",
            &[],
        )
        .await?;
    let keys = session
        .all("SELECT oid, conrelid, confrelid FROM pg_constraint WHERE contype = 'f'", &[])
        .await?;
    let (roles, needed_roles) = roles(session).await?;
    let row = session
        .one(
            "SELECT pg_is_in_recovery(), (SELECT count(*) FROM pg_event_trigger), \
             (SELECT count(*) FROM pg_subscription WHERE subdbid = \
             (SELECT oid FROM pg_database WHERE datname = current_database())), \
             concat('bytea ', current_setting('bytea_output'), \
             ', money ', current_setting('lc_monetary'))",
            &[],
        )
        .await?;
    Ok(Catalogue {
        hidden_large_object: hidden_large_object(session).await?,
        relations,
        parents: pairs(parents),
        readers: pairs(readers),
        foreign_keys: keys.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect(),
        roles,
        needed_roles,
        is_standby: row.get(0),
        event_triggers: row.get::<_, i64>(1).unsigned_abs(),
        subscriptions: row.get::<_, i64>(2).unsigned_abs(),
        rows_written: row.get(3),
    })
}

/// Tables, views, materialised views, sequences and foreign tables, with `size` as their size.
async fn relations(session: &Session, size: &str) -> Result<Vec<Relation>> {
    let sql = format!(
        "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence::text, \
         CASE WHEN c.relkind IN ('r', 'm') THEN {size} ELSE 0 END, c.reltuples::float8, \
         has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), \
         row_security_active(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {OWN} ORDER BY 2, 3"
    );
    Ok(session.all(&sql, &[]).await?.iter().map(relation).collect())
}

fn relation(row: &Row) -> Relation {
    let letter = |column: usize| row.get::<_, &str>(column).chars().next().unwrap_or('r');
    let rows: f64 = row.get(6);
    Relation {
        oid: row.get(0),
        schema: row.get(1),
        name: row.get(2),
        kind: letter(3),
        is_unlogged: letter(4) == 'u',
        size: row.get::<_, i64>(5).unsigned_abs(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
        rows: (rows >= 0.0).then_some(rows as u64),
        is_readable: row.get(7),
        is_filtered: row.get(8),
    }
}

/// A large object that the user may not read. No role may read all of them but a superuser.
async fn hidden_large_object(session: &Session) -> Result<Option<u32>> {
    let is_readable = if session.version >= 180_000 {
        "has_largeobject_privilege(m.oid, 'SELECT')"
    } else {
        "pg_has_role(m.lomowner, 'USAGE') OR EXISTS (SELECT FROM aclexplode(m.lomacl) a \
         WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))"
    };
    let sql =
        format!("SELECT m.oid FROM pg_largeobject_metadata m WHERE NOT ({is_readable}) LIMIT 1");
    let rows = session.all(&sql, &[]).await?;
    Ok(rows.first().map(|row| row.get(0)))
}

/// The roles that the database's objects name, and those that cannot be left out at a restore.
async fn roles(session: &Session) -> Result<(Vec<String>, Vec<String>)> {
    let sql = "SELECT r.rolname::text, bool_or(d.deptype = 'r' OR d.classid = 'pg_user_mapping'::regclass) \
         FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid \
         WHERE d.refclassid = 'pg_authid'::regclass AND d.dbid = (SELECT oid FROM pg_database WHERE \
         datname = current_database()) AND r.rolname !~ '^pg_' GROUP BY 1 ORDER BY 1";
    let rows = session.all(sql, &[]).await?;
    let all = rows.iter().map(|row| row.get(0)).collect();
    let needed = rows.iter().filter(|row| row.get(1)).map(|row| row.get(0)).collect();
    Ok((all, needed))
}
