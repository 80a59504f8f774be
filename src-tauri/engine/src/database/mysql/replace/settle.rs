//! The end of a swap, also of one that somebody else began and did not live to see.
//!
//! Owns both ends: forward, when the tables have moved, and back, when they have not or when what belongs to
//! them cannot be made. Every step can be done twice.

use super::super::fault::number_of;
use super::super::script::ItemKind;
use super::super::session::{Session, USUAL_PATIENCE, identifier};
use super::journal::{self, Journal, State};
use super::side::Side;
use super::swap::LOCK_PATIENCE;
use super::{lock, programs};
use crate::database::names;
use crate::error::{Error, Result, ServerError};

/// The code for a routine that does not exist.
const NO_SUCH_ROUTINE: u16 = 1305;

/// The codes for a table, a column, a routine or a view that is gone or another one by now.
const CHANGED_SINCE: [u16; 7] = [1050, 1054, 1146, 1304, NO_SUCH_ROUTINE, 1347, 1356];

/// What has become of a swap.
pub(super) enum Ended {
    /// The new database is there; what could not be taken over is said.
    Forward(Vec<String>),
    /// The old database is there.
    Back,
}

/// Ends every swap of one of `targets` that was interrupted, and says what came of it, one sentence each.
pub(in super::super) async fn settle(
    session: &mut Session,
    targets: &[String],
) -> Result<Vec<String>> {
    let mut said = Vec::new();
    for kept in journal::unfinished(session).await? {
        if !names::is_previous(&kept) {
            continue;
        }
        let Some(journal) = journal::read(session, &kept).await? else {
            if journal::state(session, &kept).await?.is_some() {
                said.extend(foreign(&kept, targets));
            }
            continue;
        };
        if !targets.contains(&journal.target) {
            continue;
        }
        lock::take_swap(session, &journal.target).await?;
        // Whoever uses the database waits behind a rename that waits; the next start tries again.
        session.wait_for_locks(LOCK_PATIENCE).await?;
        let ended = end(session, &kept, &journal).await;
        session.wait_for_locks(USUAL_PATIENCE).await?;
        lock::release(session, &lock::of_swap(&journal.target)).await?;
        let what = match ended? {
            Some(Ended::Forward(_)) => "it has been finished now, and the new database is there",
            Some(Ended::Back) => "the old database has been put back now, complete",
            None => continue,
        };
        let target = &journal.target;
        said.push(format!("Replacing `{target}` was interrupted earlier; {what}"));
    }
    Ok(said)
}

/// What is to be said of a journal that somebody else has sealed: its statements are not run.
fn foreign(kept: &str, targets: &[String]) -> Option<String> {
    let target = targets.iter().find(|target| {
        kept.strip_prefix(target.as_str()).is_some_and(|rest| rest.starts_with("__kronos_before_"))
    })?;
    Some(format!(
        "Another user of the server has begun to replace `{target}`, and `{kept}` says that it has not ended: \
         triggers or views may be missing until that user runs Kronos again"
    ))
}

/// Ends a swap whose lock is held; `None` when it had ended already.
pub(super) async fn end(
    session: &mut Session,
    kept: &str,
    journal: &Journal,
) -> Result<Option<Ended>> {
    match journal::state(session, kept).await? {
        Some(State::Moved) => forward_or_back(session, kept, journal).await.map(Some),
        Some(State::Pending) => {
            back(session, kept, journal, State::Pending).await.map(|()| Some(Ended::Back))
        }
        None => Ok(None),
    }
}

/// Makes what belongs to the moved tables; if that is not possible, moves them back.
pub(super) async fn forward_or_back(
    session: &mut Session,
    kept: &str,
    journal: &Journal,
) -> Result<Ended> {
    match forward(session, kept, journal).await {
        Ok(warnings) => Ok(Ended::Forward(warnings)),
        Err(error) if is_lost(&error) => Err(error),
        Err(error) => {
            tracing::warn!(%error, target = journal.target, "the swap goes back");
            back(session, kept, journal, State::Moved).await?;
            Ok(Ended::Back)
        }
    }
}

async fn forward(session: &mut Session, kept: &str, journal: &Journal) -> Result<Vec<String>> {
    journal.new.complete(session, &journal.target).await?;
    let warnings = give(session, &journal.old).await?;
    // What is kept is complete with these, and useful without them.
    if let Err(error) = programs::set(session, kept, &asleep(&journal.old)).await {
        if is_lost(&error) {
            return Err(error);
        }
        tracing::warn!(%error, kept, "the replaced database is kept without some of its programs");
    }
    journal::end(session, kept).await?;
    Ok(warnings)
}

/// The programs of a database that is only kept: its events are off.
pub(super) fn asleep(side: &Side) -> Vec<programs::Program> {
    side.programs.iter().cloned().map(|program| program.switched("ENABLE", "DISABLE")).collect()
}

/// Gives the rights to single routines again. Returns what could not be given.
async fn give(session: &mut Session, side: &Side) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    for grant in &side.grants {
        match session.execute(grant).await {
            Err(error) if is_lost(&error) => return Err(error),
            Err(error) if number_of(&error) != Some(NO_SUCH_ROUTINE) => {
                failed.push(format!("A right was not taken over, `{grant}`: {error}"));
            }
            _ => {}
        }
    }
    Ok(failed)
}

/// Puts the old database back, wherever its tables are.
pub(super) async fn back(
    session: &mut Session,
    kept: &str,
    journal: &Journal,
    state: State,
) -> Result<()> {
    let target = &journal.target;
    let found = Found {
        there: tables_of(session, target).await?,
        in_kept: journal::without_journal(tables_of(session, kept).await?),
        in_beside: tables_of(session, &journal.beside).await?,
    };
    let moves = moves_back(journal, kept, &found, state);
    if moves.is_empty() && state == State::Pending {
        // What stands there is the old database, and whatever its users have made of it since.
        remake(session, journal).await?;
    } else {
        for database in [target.as_str(), kept] {
            let found = programs::read(session, database).await?;
            programs::clear_way(session, database, &found, &journal.old.tables).await?;
        }
        let beside = identifier(&journal.beside);
        session.execute(&format!("CREATE DATABASE IF NOT EXISTS {beside}")).await?;
        let turn = (state == State::Moved).then(|| journal::turn(kept, state));
        let all: Vec<String> = moves.into_iter().chain(turn).collect();
        session.execute(&format!("RENAME TABLE {}", all.join(", "))).await?;
        journal.old.complete(session, target).await?;
        give(session, &journal.old).await?;
    }
    let left = journal::without_journal(tables_of(session, kept).await?);
    let views = journal.old.programs.iter().filter(|program| program.kind == ItemKind::View);
    let views: Vec<&String> = views.map(|program| &program.name).collect();
    if let Some(table) = left.iter().find(|table| !views.contains(table)) {
        return Err(ServerError::Failed {
            object: target.clone(),
            detail: format!("the table `{table}` of the old database is still in `{kept}`"),
        }
        .into());
    }
    session.execute(&format!("DROP DATABASE {}", identifier(kept))).await?;
    session.execute(&format!("DROP DATABASE IF EXISTS {}", identifier(&journal.beside))).await
}

/// Makes again what had to go before the tables could move. Nothing that is there is touched.
async fn remake(session: &mut Session, journal: &Journal) -> Result<()> {
    match programs::add_missing(session, &journal.target, &journal.old.programs).await {
        Err(error) if number_of(&error).is_some_and(|number| CHANGED_SINCE.contains(&number)) => {
            // Its users have changed what it stands on, and nobody waits for it. Everything else may pass, and the
            // journal has the only copy.
            tracing::warn!(%error, target = journal.target, "a trigger or view could not be made again");
            Ok(())
        }
        outcome => outcome,
    }
}

/// Which tables are where.
struct Found {
    there: Vec<String>,
    in_kept: Vec<String>,
    in_beside: Vec<String>,
}

/// Where a server moves several tables one by one, some may have moved. The old ones leave first, so a table
/// of both names is the new one as soon as the old one is kept. One that is still beside has not come, so
/// whatever has its name was made by somebody else.
fn moves_back(journal: &Journal, kept: &str, found: &Found, state: State) -> Vec<String> {
    let Found { there, in_kept, in_beside } = found;
    let (target, beside, kept) =
        (identifier(&journal.target), identifier(&journal.beside), identifier(kept));
    let has_begun =
        state == State::Moved || journal.old.tables.iter().all(|table| in_kept.contains(table));
    let has_come = |table: &&String| {
        let has_left = !journal.old.tables.contains(table) || in_kept.contains(table);
        has_begun && there.contains(table) && has_left && !in_beside.contains(table)
    };
    let new = journal.new.tables.iter().filter(has_come);
    let new = new.map(|table| (&target, table, &beside));
    let old = journal.old.tables.iter().filter(|table| in_kept.contains(table));
    let old = old.map(|table| (&kept, table, &target));
    let all = new.chain(old);
    all.map(|(from, table, to)| format!("{from}.{0} TO {to}.{0}", identifier(table))).collect()
}

async fn tables_of(session: &mut Session, database: &str) -> Result<Vec<String>> {
    let question = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?";
    session.rows(question, (database,)).await
}

/// Whether the server could not be asked any more.
pub(super) fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Server(
            ServerError::ConnectionLost { .. }
                | ServerError::Unreachable { .. }
                | ServerError::NoAnswer { .. }
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(tables: &[&str]) -> Side {
        serde_json::from_value(serde_json::json!({
            "tables": tables, "programs": [], "character_set": "", "collation": "", "grants": [],
        }))
        .unwrap()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// However far a server has come that moves one table after the other.
    #[test]
    fn what_has_moved_is_known_by_where_it_is() {
        let (old, new) = (side(&["a", "b"]), side(&["a", "c"]));
        let journal = Journal::new("shop", "beside", old, new, jiff::Timestamp::UNIX_EPOCH);
        let back = |there: &[&str], in_kept: &[&str], in_beside: &[&str]| {
            let [there, in_kept, in_beside] = [there, in_kept, in_beside].map(names);
            let found = Found { there, in_kept, in_beside };
            moves_back(&journal, "kept", &found, State::Pending).join(", ")
        };
        assert_eq!(back(&["a", "b"], &[], &["a", "c"]), "");
        assert_eq!(back(&["a", "b", "c"], &[], &["a", "c"]), "", "somebody has made `c`");
        assert_eq!(back(&["a", "b", "c"], &[], &[]), "", "nothing comes before all have left");
        assert_eq!(back(&["b"], &["a"], &["a", "c"]), "`kept`.`a` TO `shop`.`a`");
        assert_eq!(
            back(&[], &["a", "b"], &["a", "c"]),
            "`kept`.`a` TO `shop`.`a`, `kept`.`b` TO `shop`.`b`"
        );
        assert_eq!(
            back(&["a", "c"], &["a", "b"], &[]),
            "`shop`.`a` TO `beside`.`a`, `shop`.`c` TO `beside`.`c`, `kept`.`a` TO `shop`.`a`, \
             `kept`.`b` TO `shop`.`b`"
        );
    }

    #[test]
    fn the_journal_of_somebody_else_is_only_spoken_of() {
        let targets = names(&["shop", "crm"]);
        assert!(foreign("shop__kronos_before_20261122_135401_1f2e", &targets).is_some());
        assert!(foreign("other__kronos_before_20261122_135401_1f2e", &targets).is_none());
    }
}
