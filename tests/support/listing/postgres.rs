//! What is in a PostgreSQL database: every kind of object that `pg_dump` knows, from the catalogues.
//!
//! Owners, rights and comments are taken for all kinds at once, by the server's own names of objects.

use super::{Listing, digest};
use crate::servers::{PostgresSession, cell, firsts};

/// Objects of the system and members of extensions are the same in every database.
const OURS: &str = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = $CLASS AND d.objid = $OID AND d.deptype IN ('e', 'i'))
     AND $OID >= 16384";

/// For each kind a query for name and definition. `{ours CLASS OID}` leaves out what is not the user's.
const QUERIES: &[(&str, &str)] = &[
    ("database", "SELECT 'settings', concat_ws(' ', pg_encoding_to_char(encoding), datcollate, datctype) FROM pg_database WHERE datname = current_database()"),
    ("schema", "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"),
    ("extension", "SELECT extname, extversion || ' in ' || extnamespace::regnamespace FROM pg_extension"),
    ("relation", "SELECT oid::regclass, concat_ws(' ', relkind, relpersistence, pg_get_userbyid(relowner), relreplident, relrowsecurity, relforcerowsecurity,
          (SELECT amname FROM pg_am WHERE oid = relam), reloptions::text, pg_get_expr(relpartbound, oid), CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
          CASE WHEN relkind = 'm' THEN relispopulated::text END,
          (SELECT string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid))
          FROM pg_class c WHERE relkind NOT IN ('t', 'c') AND relnamespace <> 'pg_toast'::regnamespace AND {ours 'pg_class'::regclass oid}"),
    ("column", "SELECT attrelid::regclass || '.' || quote_ident(attname), concat_ws(' ', row_number() OVER (PARTITION BY attrelid ORDER BY attnum), format_type(atttypid, atttypmod),
          attcollation::regcollation, CASE WHEN attnotnull THEN 'not null' END, attidentity, attgenerated, attstorage, 'stats ' || coalesce(attstattarget, -1), attoptions::text, attfdwoptions::text,
          to_jsonb(a) ->> 'attcompression', 'local ' || attislocal, 'inherited ' || attinhcount, 'default ' || pg_get_expr(adbin, adrelid))
          FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
          WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {ours 'pg_class'::regclass c.oid}"),
    ("constraint", "SELECT CASE WHEN conrelid <> 0 THEN conrelid::regclass::text ELSE contypid::regtype::text END || '.' || quote_ident(conname),
          concat_ws(' ', pg_get_constraintdef(oid), condeferrable, condeferred, convalidated, conislocal, coninhcount,
          -- of the keys of partitions this says how they came to be, not what they are
          CASE WHEN contype NOT IN ('p', 'u') THEN connoinherit END)
          FROM pg_constraint WHERE {ours 'pg_constraint'::regclass oid} AND contype <> 't'"),
    ("index", "SELECT indexrelid::regclass, concat_ws(' ', pg_get_indexdef(indexrelid), indisclustered, indisreplident, indisvalid, indisready,
          (SELECT string_agg(attnum || ' ' || attstattarget, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = indexrelid AND attstattarget > 0))
          FROM pg_index WHERE indexrelid >= 16384 AND indrelid NOT IN (SELECT oid FROM pg_class WHERE relkind = 't')"),
    ("view", "SELECT oid::regclass, pg_get_viewdef(oid) FROM pg_class c WHERE relkind IN ('v', 'm') AND {ours 'pg_class'::regclass oid}"),
    ("routine", "SELECT oid::regprocedure, pg_get_functiondef(oid) FROM pg_proc WHERE prokind <> 'a' AND {ours 'pg_proc'::regclass oid}"),
    ("aggregate", "SELECT aggfnoid::regprocedure, concat_ws(' ', aggkind, aggtransfn, aggfinalfn, aggcombinefn, aggsortop::regoperator, aggtranstype::regtype, agginitval)
          FROM pg_aggregate WHERE {ours 'pg_proc'::regclass aggfnoid}"),
    ("trigger", "SELECT tgrelid::regclass || '.' || quote_ident(tgname), pg_get_triggerdef(oid) || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal"),
    ("event trigger", "SELECT evtname, concat_ws(' ', evtevent, evtfoid::regproc, evtenabled, evttags::text) FROM pg_event_trigger"),
    ("rule", "SELECT ev_class::regclass || '.' || quote_ident(rulename), pg_get_ruledef(oid) || ' ' || ev_enabled::text FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384"),
    ("policy", "SELECT polrelid::regclass || '.' || quote_ident(polname), concat_ws(' ', polcmd, polpermissive,
          (SELECT string_agg(CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r)::text END, ',' ORDER BY 1) FROM unnest(polroles) r), pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy"),
    ("type", "SELECT oid::regtype, concat_ws(' ', typtype, typcategory, typlen, typbasetype::regtype, format_type(typbasetype, typtypmod), typnotnull, typdefault, typcollation::regcollation,
          (SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
          (SELECT concat_ws(' ', rngsubtype::regtype, rngcollation::regcollation, rngcanonical, rngsubdiff) FROM pg_range WHERE rngtypid = t.oid))
          FROM pg_type t WHERE typtype <> 'p' AND typcategory <> 'A' AND {ours 'pg_type'::regclass oid}
          AND NOT EXISTS (SELECT FROM pg_class WHERE oid = typrelid AND relkind <> 'c')"),
    ("sequence", "SELECT seqrelid::regclass, concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle,
          (SELECT 'of ' || refobjid::regclass || '.' || attname FROM pg_depend d JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
           WHERE d.classid = 'pg_class'::regclass AND d.objid = seqrelid AND deptype IN ('a', 'i') AND refobjsubid > 0)) FROM pg_sequence"),
    ("default rights", "SELECT concat_ws(' ', pg_get_userbyid(defaclrole), defaclobjtype, defaclnamespace::regnamespace), (SELECT string_agg(a::text, ', ' ORDER BY a::text) FROM unnest(defaclacl) a) FROM pg_default_acl"),
    ("large object", "SELECT oid, concat_ws(' ', pg_get_userbyid(lomowner), md5(lo_get(oid)), length(lo_get(oid)), (SELECT string_agg(a::text, ', ' ORDER BY a::text) FROM unnest(lomacl) a)) FROM pg_largeobject_metadata"),
    ("cast", "SELECT castsource::regtype || ' to ' || casttarget::regtype, concat_ws(' ', castfunc::regprocedure, castcontext, castmethod) FROM pg_cast c WHERE {ours 'pg_cast'::regclass oid}"),
    ("operator", "SELECT oid::regoperator, concat_ws(' ', oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, oprcanhash, oprcanmerge) FROM pg_operator o WHERE {ours 'pg_operator'::regclass oid}"),
    ("operator class", "SELECT (pg_identify_object('pg_opclass'::regclass, oid, 0)).identity, opcintype::regtype || ' ' || opcdefault FROM pg_opclass WHERE {ours 'pg_opclass'::regclass oid}"),
    ("collation", "SELECT oid::regcollation, concat_ws(' ', collprovider, collencoding, collcollate, collctype, collisdeterministic, to_jsonb(c) ->> 'colliculocale') FROM pg_collation c WHERE {ours 'pg_collation'::regclass oid}"),
    ("text search", "SELECT oid::regconfig, (SELECT string_agg(concat_ws(' ', maptokentype, mapseqno, mapdict::regdictionary), ', ' ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map WHERE mapcfg = c.oid) FROM pg_ts_config c WHERE {ours 'pg_ts_config'::regclass oid}"),
    ("text search dictionary", "SELECT oid::regdictionary, dictinitoption FROM pg_ts_dict d WHERE {ours 'pg_ts_dict'::regclass oid}"),
    ("statistics", "SELECT stxnamespace::regnamespace || '.' || quote_ident(stxname), pg_get_statisticsobjdef(oid) || ' ' || coalesce(stxstattarget, -1) FROM pg_statistic_ext"),
    ("foreign server", "SELECT srvname, concat_ws(' ', (SELECT fdwname FROM pg_foreign_data_wrapper WHERE oid = srvfdw), (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(srvoptions) o), pg_get_userbyid(srvowner)) FROM pg_foreign_server"),
    ("user mapping", "SELECT srvname || ' ' || usename, (SELECT string_agg(o, ', ' ORDER BY o) FROM unnest(umoptions) o) FROM pg_user_mappings"),
    ("foreign table", "SELECT ftrelid::regclass, ftoptions::text FROM pg_foreign_table"),
    ("publication", "SELECT pubname, concat_ws(' ', puballtables, pubinsert, pubupdate, pubdelete, pubtruncate, (SELECT string_agg(p::text, ', ' ORDER BY p::text) FROM pg_publication_tables p WHERE p.pubname = o.pubname)) FROM pg_publication o"),
    ("security label", "SELECT objtype || ' ' || objname, provider || ' ' || label FROM pg_seclabels"),
    ("comment", "SELECT i.type || ' ' || i.identity, description FROM pg_description, pg_identify_object(classoid, objoid, objsubid) i WHERE objoid >= 16384
          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = classoid AND d.objid = objoid AND d.deptype = 'e')"),
    // Rights that are the default are stored as nothing after a restore.
    ("rights", "SELECT kind || ' ' || name, (SELECT string_agg(a::text, ', ' ORDER BY a::text) FROM unnest(acl) a) FROM (
          SELECT 'relation' kind, oid::regclass::text AS name, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", relowner)) acl FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {ours 'pg_class'::regclass oid}
          UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384
          UNION ALL SELECT 'routine', oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc WHERE {ours 'pg_proc'::regclass oid}
          UNION ALL SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
          UNION ALL SELECT 'type', oid::regtype::text, coalesce(typacl, acldefault('T', typowner)) FROM pg_type WHERE typtype IN ('d', 'e', 'c') AND typrelid NOT IN (SELECT oid FROM pg_class WHERE relkind <> 'c') AND {ours 'pg_type'::regclass oid}
          UNION ALL SELECT 'foreign server', srvname, coalesce(srvacl, acldefault('S', srvowner)) FROM pg_foreign_server) rights"),
    ("owner", "SELECT 'routine ' || oid::regprocedure, pg_get_userbyid(proowner) FROM pg_proc WHERE {ours 'pg_proc'::regclass oid}
          UNION ALL SELECT 'type ' || oid::regtype, pg_get_userbyid(typowner) FROM pg_type WHERE typtype <> 'p' AND typcategory <> 'A' AND {ours 'pg_type'::regclass oid}"),
];

/// Everything in the database of this session, read in one transaction.
pub fn snapshot_of(session: &PostgresSession) -> Listing {
    session.run(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL search_path = ''; SET LOCAL TimeZone = 'UTC';
         SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL row_security = off;
         SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;",
    );
    let mut listing = Listing::default();
    for (kind, query) in QUERIES {
        for row in session.rows(&with_ours(query)) {
            listing.object(kind, &cell(&row, 0), cell(&row, 1));
        }
    }
    tables(session, &mut listing);
    counters(session, &mut listing);
    session.run("COMMIT");
    listing
}

fn with_ours(query: &str) -> String {
    let mut text = query.to_owned();
    while let Some(begin) = text.find("{ours ") {
        let end = begin + text[begin..].find('}').unwrap();
        let (class, oid) = text[begin + 6..end].rsplit_once(' ').unwrap();
        let condition = OURS.replace("$CLASS", class).replace("$OID", oid);
        text.replace_range(begin..=end, &condition);
    }
    text
}

fn tables(session: &PostgresSession, listing: &mut Listing) {
    let tables = session.rows(&with_ours(
        "SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'm') AND {ours 'pg_class'::regclass oid}
         AND NOT (relkind = 'm' AND NOT relispopulated)",
    ));
    for table in firsts(&tables) {
        let rows = session.rows(&format!("SELECT * FROM ONLY {table}"));
        listing.rows.insert(table, digest(&rows));
    }
}

fn counters(session: &PostgresSession, listing: &mut Listing) {
    for row in session.rows("SELECT seqrelid::regclass, seqincrement FROM pg_sequence") {
        let (sequence, step) = (cell(&row, 0), cell(&row, 1));
        // The value that comes next, counted in the direction of the sequence.
        let next = session.one(&format!(
            "SELECT (last_value::numeric + CASE WHEN is_called THEN {step} ELSE 0 END) * sign({step}::numeric) FROM {sequence}"
        ));
        listing.counters.insert(sequence, next.parse().unwrap());
    }
}
