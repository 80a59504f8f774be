//! What the user may do, as the server lists it.
//!
//! Owns the reading of privileges. Where nobody has to log in, everything is allowed.

use mongodb::bson::{Array, Bson, Document, doc};

use super::connect::Session;
use crate::error::Result;

/// The rights of the user of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    privileges: Array,
    is_free: bool,
}

impl Rights {
    /// Asks the server.
    pub(super) async fn ask(session: &Session) -> Result<Self> {
        let status = session.admin(doc! { "connectionStatus": 1, "showPrivileges": true }).await?;
        Ok(Self::read(status.get_document("authInfo").unwrap_or(&Document::new())))
    }

    fn read(who: &Document) -> Self {
        let list = |key: &str| who.get_array(key).cloned().unwrap_or_default();
        Self {
            privileges: list("authenticatedUserPrivileges"),
            is_free: list("authenticatedUsers").is_empty(),
        }
    }

    /// Whether `action` is allowed on every collection of `database`.
    pub(super) fn allow(&self, action: &str, database: &str) -> bool {
        self.any(action, |resource| {
            let of = |key: &str| resource.get_str(key).ok();
            of("collection") == Some("")
                && of("db").is_some_and(|db| db.is_empty() || db == database)
        })
    }

    /// Whether the user sees the names of all databases.
    pub(super) fn allow_listing(&self) -> bool {
        self.any("listDatabases", |resource| resource.get_bool("cluster").unwrap_or(false))
    }

    fn any(&self, action: &str, concerns: impl Fn(&Document) -> bool) -> bool {
        let privileges = self.privileges.iter().filter_map(Bson::as_document);
        self.is_free
            || privileges.into_iter().any(|privilege| {
                let actions = privilege.get_array("actions").map_or(&[][..], Vec::as_slice);
                let is_of_this = privilege.get_document("resource").is_ok_and(|resource| {
                    resource.get_bool("anyResource").unwrap_or(false) || concerns(resource)
                });
                is_of_this && actions.iter().any(|found| found.as_str() == Some(action))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(resource: Document) -> Rights {
        let actions = ["find", "insert", "listDatabases"];
        Rights::read(&doc! {
            "authenticatedUsers": [{ "user": "ann" }],
            "authenticatedUserPrivileges": [{ "resource": resource, "actions": actions.as_slice() }],
        })
    }

    #[test]
    fn a_right_has_to_cover_the_whole_database() {
        let any = rights(doc! { "db": "", "collection": "" });
        assert!(any.allow("find", "copy") && !any.allow("dropDatabase", "copy"));
        assert!(rights(doc! { "db": "copy", "collection": "" }).allow("insert", "copy"));
        assert!(!rights(doc! { "db": "copy", "collection": "a" }).allow("insert", "copy"));
        assert!(!rights(doc! { "db": "shop", "collection": "" }).allow("insert", "copy"));
        assert!(rights(doc! { "anyResource": true }).allow("insert", "copy"));
        let cluster = rights(doc! { "cluster": true });
        assert!(!cluster.allow("insert", "copy") && cluster.allow_listing());
        assert!(!any.allow_listing());
    }

    #[test]
    fn without_a_login_everything_is_allowed() {
        assert!(Rights::read(&doc! { "authenticatedUsers": [] }).allow("insert", "copy"));
    }
}
