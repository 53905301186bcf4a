//! Which statistical neighbours report to the region: with too few of them nothing is compared.

use crate::config::settings::Settings;
use crate::domain::authority::Authority;
use crate::domain::letter::digest::facts::NeighboursFact;
use crate::domain::scope::Recipient;
use crate::pipeline::comparing::NEIGHBOURS_MIN;
use crate::pipeline::facts;

/// The authorities with a list of neighbours of which fewer are in the region than a median needs.
#[must_use]
pub fn too_few(settings: &Settings, recipient: &Recipient) -> Vec<NeighboursFact> {
    let seen = settings.authorities.iter().filter(|one| recipient.may_see(&one.code));
    let few = |it: &NeighboursFact| it.inside < NEIGHBOURS_MIN as usize;
    seen.filter_map(|one| of(settings, one)).filter(few).collect()
}

/// The same of the whole region, in one sentence for whoever configures it; nothing where none has too few.
#[must_use]
pub fn in_words(settings: &Settings) -> Option<String> {
    let all: Vec<NeighboursFact> = settings.authorities.iter().filter_map(|one| of(settings, one)).collect();
    let few: Vec<&NeighboursFact> = all.iter().filter(|it| it.inside < NEIGHBOURS_MIN as usize).collect();
    let inside = || few.iter().map(|it| it.inside);
    let (least, most) = (inside().min()?, inside().max()?);
    let how_many = if least == most { most.to_string() } else { format!("{least} to {most}") };
    Some(format!(
        "statistical neighbours (list `{}`): of {} of {} authorities with a list, only {how_many} neighbours \
         are in this region, fewer than the {NEIGHBOURS_MIN} that a comparison needs; their figures are \
         compared with neighbours only where a published collection has figures for the same time",
        settings.region.neighbours_version,
        few.len(),
        all.len(),
    ))
}

fn of(settings: &Settings, one: &Authority) -> Option<NeighboursFact> {
    let list = one.neighbours.iter().find(|list| list.version == settings.region.neighbours_version)?;
    let is_inside = |number: &&String| settings.authorities.iter().any(|other| other.dfe_number == **number);
    let inside = list.dfe_numbers.iter().filter(is_inside).count();
    Some(NeighboursFact {
        authority: facts::named(settings, &one.code),
        listed: list.dfe_numbers.len(),
        inside,
    })
}
