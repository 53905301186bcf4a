//! What a walk could not look at: whether it is there is not known, so nobody is told that it is missing.

use std::collections::BTreeSet;

use crate::collect::Wanted;
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;

/// Returns whose source did not answer in this walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen(BTreeSet<(String, Option<AuthorityCode>, Option<Quarter>)>);

impl Unseen {
    /// The source of this return did not answer.
    pub fn add(&mut self, collection: &str, wanted: &Wanted) {
        self.0.insert((collection.to_owned(), wanted.authority.clone(), wanted.quarter));
    }

    /// Whether a return could not be looked at.
    #[must_use]
    pub fn has(&self, collection: &str, authority: &AuthorityCode, quarter: Quarter) -> bool {
        self.0.contains(&(collection.to_owned(), Some(authority.clone()), Some(quarter)))
    }
}
