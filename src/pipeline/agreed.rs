//! What was agreed with those who put files into a drop folder: where it is, and what a file is called.

use std::path::Path;

use crate::collect::looker::{Looker, Patience, lock_file};
use crate::collect::meant::Naming;
use crate::config::settings::{Collection, FolderSource, Settings, Source};
use crate::domain::authority::AuthorityCode;
use crate::domain::quarter::Quarter;

/// A drop folder in use: whose it is, how its names are read, and who looks into it.
#[derive(Debug)]
pub struct Place<'a> {
    /// The collection whose returns come there.
    pub collection: &'a Collection,
    /// How names are read.
    pub naming: Naming<'a>,
    /// The process that looks.
    pub looker: Looker,
}

impl<'a> Place<'a> {
    /// Sends a process of `program` to the folder of a collection.
    #[must_use]
    pub fn open(
        settings: &'a Settings,
        collection: &'a Collection,
        source: &'a FolderSource,
        program: &Path,
        patience: Patience,
    ) -> Self {
        let lock = lock_file(&settings.state, source);
        let looker = Looker::start(program, source, &lock, patience);
        Self { collection, naming: naming(settings, collection, source), looker }
    }
}

/// How the names in the folder of a collection are read.
pub(super) fn naming<'a>(
    settings: &'a Settings,
    collection: &Collection,
    source: &'a FolderSource,
) -> Naming<'a> {
    let by = |collection: &Collection, source: &'a FolderSource| Naming {
        source,
        authorities: &settings.authorities,
        called: format!("{} {}", collection.name, collection.title),
        beside: Vec::new(),
    };
    let others = settings.collections.iter().filter(|one| one.name != collection.name);
    let beside = others.filter_map(|one| match &one.source {
        Source::Folder(other) if other.path == source.path => Some(by(one, other)),
        _ => None,
    });
    Naming { beside: beside.collect(), ..by(collection, source) }
}

/// The folder in the words of those who send.
pub(super) fn folder_words(source: &FolderSource) -> String {
    source.shown_as.as_ref().map_or_else(
        || "the folder that was agreed with you".to_owned(),
        |shown| format!("the folder `{shown}`"),
    )
}

/// Where a return goes and what it is called, in a sentence for who sends it.
pub(super) fn how_to_put(
    settings: &Settings,
    collection: &Collection,
    source: &FolderSource,
    authority: &AuthorityCode,
    quarter: Quarter,
) -> String {
    let name = naming(settings, collection, source).exact(authority, quarter);
    let called = name.map_or_else(String::new, |name| {
        format!(", named `{name}` with the ending of its format, such as `{name}.xlsx`")
    });
    format!("Put the file into {}{called}; it is taken in within a working day.", folder_words(source))
}
