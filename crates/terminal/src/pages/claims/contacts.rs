//! Whom to ask about claims, and where the review bodies explain them (G33): on the pages themselves, as 「サポート」 and 「参考資料」 show it.

use domain::support_directory::desk::Matter;
use ui::language::Words;

use crate::pages::reference_material::{self, Line};
use crate::pages::support::{self, DeskView};
use crate::serve::App;

/// Whom to ask, and where to read.
pub(in crate::pages) struct Contacts {
    /// What the desks are for.
    pub(in crate::pages) about: String,
    pub(in crate::pages) desks: Vec<DeskView>,
    /// Of when the list of desks is.
    pub(in crate::pages) edition: String,
    pub(in crate::pages) material: Vec<Line>,
    /// Of when the list of material is.
    pub(in crate::pages) as_of: String,
}

impl Contacts {
    /// As the data files and the inventory of this terminal say it now.
    pub(in crate::pages) fn of(app: &App, words: &Words) -> Self {
        let matter = Matter::Claims;
        let listed = app.reference_material.read().data;
        let material = listed.material.iter().filter(|it| it.claims);
        Self {
            about: words
                .choose(matter.label_ja(), matter.label_en())
                .to_owned(),
            desks: support::desks_of(app, words, matter),
            edition: app.upkeep.support.directory().data.as_of().to_owned(),
            material: material
                .map(|it| reference_material::line(it, words))
                .collect(),
            as_of: listed.as_of.clone(),
        }
    }
}
