//! Whether a loaded database is what the backup recorded.
//!
//! Owns the comparison. It counts every table; nothing is taken from estimates.

use std::collections::HashMap;

use super::catalogue::{self, Relation};
use super::session::Session;
use crate::cancel::CancellationToken;
use crate::contents::{DatabaseFacts, ObjectCount, ObjectKind};
use crate::error::{RestoreError, Result};
use crate::progress::Progress;

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// Tables.
    pub tables: u64,
    /// Rows in all of them.
    pub rows: u64,
    /// Size of the database.
    pub bytes: u64,
}

/// Compares what `session` sees with `expected`.
pub(super) async fn compare(
    session: &Session,
    expected: &DatabaseFacts,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Counted> {
    let catalogue = catalogue::read(session).await?;
    let found: HashMap<String, &Relation> =
        catalogue.relations.iter().map(|relation| (relation.shown(), relation)).collect();
    let total = expected.objects.iter().filter(|object| object.rows.is_some()).count();
    let mut number = 0;
    let mut counted = Counted::default();
    for object in &expected.objects {
        if object.kind == ObjectKind::LargeObjects {
            large_objects(session, object).await?;
        }
        if !is_relation(object.kind) {
            continue;
        }
        let relation = found.get(&object.name).filter(|found| found.object_kind() == object.kind);
        let Some(relation) = relation else {
            return mismatch(format!("`{}` is missing", object.name));
        };
        if let Some(rows) = object.rows {
            number += 1;
            progress.object(&format!("{} ({number} of {total}, counting)", object.name));
            let sql = format!("SELECT count(*) FROM ONLY {}", relation.quoted());
            let row = session.one_patiently(&sql, cancel).await?;
            let there = row.get::<_, i64>(0).unsigned_abs();
            if there != rows {
                return mismatch(format!("`{}` has {there} rows instead of {rows}", object.name));
            }
            counted.tables += u64::from(object.is_table());
            counted.rows += rows;
        }
    }
    let size = session.one("SELECT pg_database_size(current_database())", &[]).await?;
    counted.bytes = size.get::<_, i64>(0).unsigned_abs();
    Ok(counted)
}

fn is_relation(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Table
            | ObjectKind::VirtualTable
            | ObjectKind::View
            | ObjectKind::MaterializedView
            | ObjectKind::Sequence
    )
}

async fn large_objects(session: &Session, expected: &ObjectCount) -> Result<()> {
    let row = session.one("SELECT count(*) FROM pg_largeobject_metadata", &[]).await?;
    let there = row.get::<_, i64>(0).unsigned_abs();
    match expected.rows {
        Some(wanted) if wanted != there => {
            mismatch(format!("there are {there} large objects instead of {wanted}"))
        }
        _ => Ok(()),
    }
}

fn mismatch<T>(detail: String) -> Result<T> {
    Err(RestoreError::Mismatch { detail }.into())
}
