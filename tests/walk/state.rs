//! A lived-in state: put back, damaged, asked what it holds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use quarterdeck::pipeline::backing_up::{self, BackedUp};
use quarterdeck::pipeline::rebuilding::Loss;
use quarterdeck::pipeline::repairing::{self, Probed, Rebuilt};
use quarterdeck::pipeline::{Moment, Step};
use quarterdeck::store::keep;

use super::figures::{csv, csv_with_referrals};
use super::region::{PROGRAM, Region, instant};

/// A Wednesday, before the hour of reminders: nothing new is due.
pub(super) const AFTERWARDS: &str = "2017-11-08T06:00:00Z";
pub(super) const QUARTER: &str = "2017-18 Q2";
pub(super) const DEVON: &str = "E10000008";

/// Two returns, one of them corrected; receipts and notices sent; every question asked.
pub(super) fn lived_in() -> Region {
    let region = Region::from_quarter(QUARTER);
    region.edit("quarterdeck.toml", "folder = \"state/backups\"", "folder = \"../backups\"");
    for code in [DEVON, "E06000027"] {
        region.publish(code, QUARTER, csv(code, QUARTER));
    }
    region.step("2017-11-06T09:00:00Z", Step::Collect);
    region.publish(DEVON, QUARTER, csv_with_referrals(DEVON, QUARTER, 8_765));
    region.step("2017-11-07T09:00:00Z", Step::Collect);
    region.walk("2017-11-08T05:00:00Z");
    region.walk(AFTERWARDS);
    region
}

/// Everything that the public views of figures, findings and versions show, every column.
pub(super) fn views(region: &Region) -> BTreeMap<&'static str, Vec<String>> {
    let all = ["observations", "observation_versions", "findings", "returns", "quarantine", "revisions"];
    let rows = |view: &str| {
        let mut rows = region.rows(&format!("SELECT one FROM {view} AS one"));
        rows.sort();
        rows
    };
    all.into_iter().map(|view| (view, rows(view))).collect()
}

pub(super) fn moment(now: &str) -> Moment {
    Moment { now: instant(now), machine: SystemTime::UNIX_EPOCH }
}

pub(super) fn probe(region: &Region, now: &str) -> anyhow::Result<Probed> {
    repairing::probe(&region.settings(), moment(now), Path::new(PROGRAM), &mut || false)
}

pub(super) fn rebuild(region: &Region, now: &str, loss: Loss) -> anyhow::Result<Rebuilt> {
    repairing::rebuild(&region.settings(), moment(now), Path::new(PROGRAM), loss)
}

pub(super) fn back_up(region: &Region, now: &str) -> BackedUp {
    backing_up::back_up(&region.settings(), moment(now), Path::new(PROGRAM), None).unwrap()
}

/// Copies a folder, which must not be there yet.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The state folder is again what `pristine` is, and nothing was sent.
pub(super) fn put_back(region: &Region, pristine: &Path) {
    for folder in [region.state(), region.path("outgoing")] {
        if folder.exists() {
            fs::remove_dir_all(folder).unwrap();
        }
    }
    copy(pristine, &region.state());
}

/// Every file below a folder, by its path inside, in order.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let inside = files(&path);
            let name = PathBuf::from(path.file_name().unwrap());
            found.extend(inside.into_iter().map(|file| name.join(file)));
        } else {
            found.push(path.file_name().unwrap().into());
        }
    }
    found.sort();
    found
}

/// The hash of every file below a folder, but for the lock: it may say who has it.
pub(super) fn hashes(folder: &Path) -> BTreeMap<PathBuf, String> {
    let hash = |file: &PathBuf| keep::hash(&fs::read(folder.join(file)).unwrap());
    let kept = files(folder).into_iter().filter(|file| !file.ends_with("lock"));
    kept.map(|file| (file.clone(), hash(&file))).collect()
}

/// The keys of what was sent besides notices to the operator.
pub(super) fn sent_again(region: &Region) -> Vec<String> {
    let keys = region.mails().into_iter().map(|mail| mail.key);
    keys.filter(|key| !key.starts_with("notice.")).collect()
}
