//! The end of a swap, forward or back, also of one that somebody else began and did not live to see.
//!
//! Owns both ends. Each looks where every collection is and gives it the name that is missing, so it can be
//! begun anywhere and done twice.

use futures_util::TryStreamExt;
use mongodb::bson::{Binary, Document, doc};

use super::super::connect::Session;
use super::hidden;
use super::journal::{self, Journal, Place, Side, View};
use crate::error::{Error, Result, ServerError};

/// How long one step waits for others, in milliseconds. An owner is not taken for dead meanwhile.
const STEP: i64 = 3000;

/// What a database holds, as the swap sees it.
#[derive(Debug, Default)]
pub(super) struct There {
    /// Collections by their present names.
    pub collections: Vec<Place>,
    /// Views.
    pub views: Vec<View>,
}

impl There {
    /// Looks.
    pub async fn look(session: &Session, database: &str) -> Result<Self> {
        let failed = |error| session.failures.of(&error, &session.source(database));
        let list = doc! { "listCollections": 1 };
        let cursor = session.client.database(database).run_cursor_command(list).await;
        let listed: Vec<Document> = cursor.map_err(failed)?.try_collect().await.map_err(failed)?;
        let mut there = Self::default();
        for entry in listed {
            let name = entry.get_str("name").unwrap_or_default().to_owned();
            let uuid = entry.get_document("info").ok().and_then(|info| match info.get("uuid") {
                Some(mongodb::bson::Bson::Binary(uuid)) => Some(uuid.clone()),
                _ => None,
            });
            match (entry.get_str("type"), uuid) {
                (Ok("view"), _) => {
                    let options = entry.get_document("options").cloned().unwrap_or_default();
                    there.views.push(View { name, options });
                }
                (_, Some(uuid)) if !name.starts_with("system.") => {
                    there.collections.push(Place { name, uuid });
                }
                _ => {}
            }
        }
        Ok(there)
    }

    fn name_of(&self, uuid: &Binary) -> Option<&str> {
        let found = self.collections.iter().find(|place| place.uuid == *uuid);
        found.map(|place| place.name.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.collections.iter().any(|place| place.name == name)
    }
}

/// A swap whose owner we are.
pub(super) struct End<'a> {
    pub session: &'a Session,
    pub database: &'a str,
    pub journal: &'a Journal,
}

impl End<'_> {
    /// Whether any collection of either side has changed its name, or the views of the old one are gone.
    async fn has_begun(&self) -> Result<bool> {
        let Journal { old, new, .. } = self.journal;
        let there = There::look(self.session, self.database).await?;
        let has_left = |place: &Place| {
            there.name_of(&place.uuid) == Some(hidden::name(&old.prefix, &place.name).as_str())
        };
        let has_come = |place: &Place| there.name_of(&place.uuid) == Some(place.name.as_str());
        let has_view = |view: &View| there.views.iter().any(|found| found.name == view.name);
        // Of a database without collections only the views change.
        let only_views = old.collections.is_empty() && new.collections.is_empty();
        Ok(old.collections.iter().any(has_left)
            || new.collections.iter().any(has_come)
            || only_views && !old.views.iter().all(has_view))
    }

    /// Gives the new collections their names, and the old ones hidden names.
    pub async fn forward(&self) -> Result<Vec<String>> {
        let Journal { old, new, .. } = self.journal;
        let mut strays = Vec::new();
        // Each name is nobody's for no longer than it takes to rename one collection.
        for place in &old.collections {
            self.hide(place, old).await?;
            if let Some(next) = new.collections.iter().find(|next| next.name == place.name) {
                strays.extend(self.show(next).await?);
            }
        }
        self.drop_views(&old.views, &new.views).await?;
        for place in &new.collections {
            strays.extend(self.show(place).await?);
        }
        self.make_views(&new.views).await?;
        let hidden: Vec<View> =
            new.views.iter().map(|view| hidden_view(&new.prefix, view)).collect();
        self.drop_views(&hidden, &[]).await?;
        self.journal.end(self.session, self.database).await?;
        Ok(strays)
    }

    /// Gives the old collections their names again, and the new ones hidden names.
    pub async fn back(&self) -> Result<Vec<String>> {
        let Journal { old, new, .. } = self.journal;
        let mut strays = Vec::new();
        for place in &new.collections {
            self.hide(place, new).await?;
            if let Some(before) = old.collections.iter().find(|before| before.name == place.name) {
                strays.extend(self.show(before).await?);
            }
        }
        self.drop_views(&new.views, &old.views).await?;
        for place in &old.collections {
            strays.extend(self.show(place).await?);
        }
        self.make_views(&old.views).await?;
        journal::forget(self.session, self.database, &self.journal.id).await?;
        Ok(strays)
    }

    async fn hide(&self, place: &Place, side: &Side) -> Result<()> {
        let there = There::look(self.session, self.database).await?;
        match there.name_of(&place.uuid) {
            Some(now) if now == place.name => {
                self.rename(now, &hidden::name(&side.prefix, &place.name)).await
            }
            _ => Ok(()),
        }
    }

    /// Gives a hidden collection its name. If a program has made another one of that name meanwhile, that is set
    /// aside and said.
    async fn show(&self, place: &Place) -> Result<Option<String>> {
        let there = There::look(self.session, self.database).await?;
        let Some(now) = there.name_of(&place.uuid) else {
            return Err(ServerError::Failed {
                object: self.session.source(self.database),
                detail: format!("the collection `{}` is not there any more", place.name),
            }
            .into());
        };
        if now == place.name {
            return Ok(None);
        }
        let mut said = None;
        if there.has(&place.name) {
            let aside = format!("kronos_aside_{:08x}.{}", rand::random::<u32>(), place.name);
            self.rename(&place.name, &aside).await?;
            said = Some(format!(
                "A program wrote to `{}` while it changed places; what it wrote is in `{aside}`",
                place.name
            ));
        } else if there.views.iter().any(|view| view.name == place.name) {
            self.drop_view(&place.name).await?;
        }
        self.rename(now, &place.name).await?;
        Ok(said)
    }

    async fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.journal.step(self.session, self.database).await?;
        let full = |name: &str| format!("{}.{name}", self.database);
        let rename = doc! {
            "renameCollection": full(from), "to": full(to), "maxTimeMS": STEP,
            "writeConcern": { "w": "majority" },
        };
        self.session.admin(rename).await.map(drop)
    }

    /// Drops those of `views` that are there and differ from `wanted`.
    async fn drop_views(&self, views: &[View], wanted: &[View]) -> Result<()> {
        let there = There::look(self.session, self.database).await?;
        for view in there.views.iter().filter(|view| !wanted.contains(view)) {
            if views.iter().any(|other| other.name == view.name) {
                self.drop_view(&view.name).await?;
            }
        }
        Ok(())
    }

    async fn drop_view(&self, name: &str) -> Result<()> {
        self.journal.step(self.session, self.database).await?;
        let view = self.session.client.database(self.database).collection::<Document>(name);
        view.drop().await.map_err(|error| self.failed(&error))
    }

    /// Makes what is missing. One whose view below is made later needs another try.
    async fn make_views(&self, views: &[View]) -> Result<()> {
        let there = There::look(self.session, self.database).await?;
        let mut missing: Vec<&View> =
            views.iter().filter(|view| !there.views.contains(view)).collect();
        loop {
            let (before, mut left, mut first) = (missing.len(), Vec::new(), None);
            for view in missing {
                self.journal.step(self.session, self.database).await?;
                if there.views.iter().any(|other| other.name == view.name) {
                    self.drop_view(&view.name).await?;
                }
                let mut create = doc! { "create": &view.name };
                create.extend(view.options.clone());
                let database = self.session.client.database(self.database);
                if let Err(error) = database.run_command(create).await {
                    left.push(view);
                    first = first.or(Some(self.failed(&error)));
                }
            }
            match first {
                None => return Ok(()),
                Some(_) if left.len() < before => missing = left,
                Some(error) => return Err(error),
            }
        }
    }

    fn failed(&self, error: &mongodb::error::Error) -> Error {
        self.session.failures.of(error, &self.session.source(self.database))
    }
}

fn hidden_view(prefix: &str, view: &View) -> View {
    View { name: hidden::name(prefix, &view.name), options: view.options.clone() }
}

/// Ends the swap in `database` that was interrupted, if there is one, and says what came of it.
pub(in super::super) async fn settle(session: &Session, database: &str) -> Result<Vec<String>> {
    let Some(journal) = journal::take_over(session, database).await? else { return Ok(Vec::new()) };
    let end = End { session, database, journal: &journal };
    if !end.has_begun().await? {
        // Nobody has seen the new one, and the old one may have been written to since.
        journal::forget(session, database, &journal.id).await?;
        let sentence = "was interrupted earlier, before anything was replaced; it is as it was";
        return Ok(vec![format!("Replacing `{database}` {sentence}")]);
    }
    let (what, strays) = match end.forward().await {
        Ok(strays) => ("it has been finished now, and the new database is there", strays),
        Err(error) if is_lost(&error) => return Err(error),
        Err(error) => {
            tracing::warn!(%error, database, "the swap goes back");
            ("the old database has been put back now, complete", end.back().await?)
        }
    };
    let sentence = format!("Replacing `{database}` was interrupted earlier; {what}");
    Ok(std::iter::once(sentence).chain(strays).collect())
}

/// Whether the server could not be asked any more.
pub(super) fn is_lost(error: &Error) -> bool {
    use ServerError::{ConnectionLost, NoAnswer, Tls, Unreachable};
    let Error::Server(error) = error else { return false };
    matches!(error, ConnectionLost { .. } | Unreachable { .. } | NoAnswer { .. } | Tls { .. })
}
