//! The one database that a script makes and enters by itself: the one it was dumped from.
//!
//! Owns that there is only one, and that it is named before anything is made. What names it is left out, so
//! that the script fills the new database instead.

use super::{Verdict, shown};

/// What is left out.
pub(in super::super) const OWN: &str =
    "what makes and enters the database that it was dumped from; all of it went to the new one";

/// The database that a script names, as far as it has named one.
#[derive(Debug, Default)]
pub(in super::super) struct OwnDatabase {
    name: Option<String>,
    has_begun: bool,
}

impl OwnDatabase {
    /// Whether this is the database.
    pub(in super::super) fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }

    /// The script makes or changes something from here on.
    pub(in super::super) fn begin(&mut self) {
        self.has_begun = true;
    }

    /// The script makes this database, or drops it before that. `refusal` is the end of a sentence about it.
    pub(in super::super) fn make(
        &mut self,
        name: &str,
        refusal: String,
    ) -> Result<Verdict, String> {
        if self.has_begun {
            return Err(refusal);
        }
        self.enter(name, refusal)
    }

    /// The script enters this database.
    pub(in super::super) fn enter(
        &mut self,
        name: &str,
        refusal: String,
    ) -> Result<Verdict, String> {
        match &self.name {
            Some(own) if own == name => {}
            Some(own) => {
                let (own, name) = (shown(own), shown(name));
                return Err(format!("is of more than one database, `{own}` and `{name}`"));
            }
            None if self.has_begun => return Err(refusal),
            None => self.name = Some(name.to_owned()),
        }
        Ok(Verdict::LeaveOut(OWN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_database_is_left_out_and_only_at_the_beginning() {
        let refusal = || "refused".to_owned();
        let mut own = OwnDatabase::default();
        assert_eq!(own.make("shop", refusal()), Ok(Verdict::LeaveOut(OWN)));
        assert!(own.enter("other", refusal()).unwrap_err().contains("`shop` and `other`"));
        own.begin();
        assert!(own.enter("shop", refusal()).is_ok() && own.is("shop"));
        assert_eq!(own.make("shop", refusal()), Err(refusal()));
        let mut own = OwnDatabase::default();
        own.begin();
        assert_eq!(own.enter("shop", refusal()), Err(refusal()));
    }
}
