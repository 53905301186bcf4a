//! What one reader was sent, as equations: the figures in the attached files, and the region's values with
//! the numbers behind them, each with who is in it.

use std::collections::{BTreeMap, BTreeSet};

use quarterdeck::config::settings::Settings;
use quarterdeck::domain::indicator::{Indicator, Unit};

use super::super::letters::Mail;
use super::solver::{Range, System};

/// An authority, what is counted, and the quarter.
pub(super) type Name = (String, String, String);

/// A figure that was sent without its numbers.
pub(super) type Withheld = BTreeSet<(String, String, String)>;

/// Everything read from the mails of one reader.
pub(super) struct Evidence<'a> {
    settings: &'a Settings,
    names: BTreeMap<Name, usize>,
    /// The number last told: a revised one is another unknown.
    told: BTreeMap<Name, i128>,
    unknowns: usize,
    /// Counts of one name that are not one count, such as the social workers of two days.
    apart: BTreeSet<String>,
    pub(super) system: System,
    /// Authority, indicator, quarter.
    pub(super) withheld: Withheld,
    /// Sums that were read.
    pub(super) sums: usize,
}

impl<'a> Evidence<'a> {
    pub(super) fn of(settings: &'a Settings, mails: &[&Mail]) -> Self {
        Self::with(settings, mails, &BTreeSet::new())
    }

    /// The same, where it is known which counts of one name are several.
    pub(super) fn with(settings: &'a Settings, mails: &[&Mail], apart: &BTreeSet<String>) -> Self {
        let mut it = Self {
            settings,
            names: BTreeMap::new(),
            told: BTreeMap::new(),
            unknowns: 0,
            apart: apart.clone(),
            system: System::default(),
            withheld: Withheld::new(),
            sums: 0,
        };
        for mail in mails {
            it.read(mail);
        }
        it
    }

    pub(super) fn unknown(&mut self, authority: &str, count: &str, quarter: &str) -> usize {
        let next = self.unknowns;
        let name = (authority.to_owned(), count.to_owned(), quarter.to_owned());
        *self.names.entry(name).or_insert_with(|| {
            self.unknowns += 1;
            next
        })
    }

    /// What stands above and below the line of an indicator; people in an area are known to all.
    pub(super) fn counts(&self, indicator: &str) -> (String, Option<String>) {
        let of = self.indicator(indicator);
        let below = match of.unit {
            Unit::Percent => of.denominator.clone(),
            _ => None,
        };
        // Of a share that is part of a rate's count, the whole is that count.
        let whole = of.identities.iter().map(|it| self.indicator(it.at_most.as_str()));
        let whole = whole.filter(|one| one.unit != Unit::Percent).map(|one| one.numerator.clone()).next();
        let own = |count: String| {
            if self.apart.contains(&count) { format!("{count} of {indicator}") } else { count }
        };
        (own(of.numerator.clone()), below.map(|below| own(whole.unwrap_or(below))))
    }

    /// The counts of one name for which one message has several numbers.
    pub(super) fn apart_in(settings: &'a Settings, mails: &[&Mail]) -> BTreeSet<String> {
        let it = Self::of(settings, &[]);
        let mut apart = BTreeSet::new();
        for mail in mails {
            let mut told: BTreeMap<Name, String> = BTreeMap::new();
            for row in figures(mail) {
                let (part, whole) = it.counts(&row["indicator"]);
                for (count, number) in [(Some(part), "numerator"), (whole, "denominator")] {
                    let (Some(count), number) = (count, &row[number]) else { continue };
                    let name = (row["authority"].clone(), count.clone(), row["quarter"].clone());
                    if !number.is_empty() && told.entry(name).or_insert_with(|| number.clone()) != number {
                        apart.insert(count);
                    }
                }
            }
        }
        apart
    }

    fn indicator(&self, id: &str) -> &'a Indicator {
        self.settings.indicators.iter().find(|one| one.id.as_str() == id).unwrap()
    }

    fn read(&mut self, mail: &Mail) {
        let figures = figures(mail);
        let mut senders: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for row in &figures {
            let [authority, indicator, quarter] =
                ["authority", "indicator", "quarter"].map(|name| row[name].as_str());
            let is_withheld = row["status"] == "withheld";
            if is_withheld || row["status"] == "ok" {
                senders
                    .entry((indicator.to_owned(), quarter.to_owned()))
                    .or_default()
                    .push(authority.to_owned());
            }
            if is_withheld {
                self.withheld.insert((authority.to_owned(), indicator.to_owned(), quarter.to_owned()));
                continue;
            }
            let (part, whole) = self.counts(indicator);
            for (count, number) in [(Some(part), &row["numerator"]), (whole, &row["denominator"])] {
                if let (Some(count), Ok(number)) = (count, number.parse::<i128>()) {
                    self.is_told(&(authority.to_owned(), count, quarter.to_owned()), number);
                }
            }
        }
        for row in &figures {
            self.relates(&row["authority"], &row["indicator"], &row["quarter"]);
        }
        for (name, quarter, [part, whole], counted) in totals(&mail.page) {
            let shown = |one: &&Indicator| one.shown_name() == name;
            let Some(of) = self.settings.indicators.iter().find(shown) else { continue };
            let indicator = of.id.as_str().to_owned();
            let Some(who) = senders.get(&(indicator.clone(), quarter.clone())) else { continue };
            if who.len() == counted {
                self.adds_up(who, &indicator, &quarter, [part, whole]);
            }
        }
    }

    /// A number of a message; one that was told otherwise before was revised in between.
    fn is_told(&mut self, name: &Name, number: i128) {
        if self.told.insert(name.clone(), number).is_some_and(|before| before != number) {
            self.names.remove(name);
        }
        let (authority, count, quarter) = name;
        let unknown = self.unknown(authority, count, quarter);
        self.system.equation(&[(unknown, 1)], number);
    }

    /// Whether a message said anything of this number.
    pub(super) fn speaks_of(&self, name: &Name) -> bool {
        self.names.contains_key(name)
    }

    /// The sum of the counts of these authorities.
    pub(super) fn adds_up(&mut self, who: &[String], indicator: &str, quarter: &str, sums: [i128; 2]) {
        let (part, whole) = self.counts(indicator);
        for (count, sum) in [(Some(part), sums[0]), (whole, sums[1])] {
            let Some(count) = count else { continue };
            let parts: Vec<(usize, i128)> =
                who.iter().map(|authority| (self.unknown(authority, &count, quarter), 1)).collect();
            self.system.equation(&parts, sum);
            self.sums += 1;
        }
    }

    /// A share and what is left of it are the whole.
    fn relates(&mut self, authority: &str, indicator: &str, quarter: &str) {
        let (part, Some(whole)) = self.counts(indicator) else { return };
        let rest = format!("the rest of {indicator}");
        let parts = [(part, 1), (rest, 1), (whole, -1)]
            .map(|(count, factor)| (self.unknown(authority, &count, quarter), factor));
        self.system.equation(&parts, 0);
    }

    /// Who knows which numbers are small knows between what they lie.
    pub(super) fn knows_the_rule(&mut self, small: &BTreeMap<Name, i128>, small_max: i128) {
        for (authority, count, quarter) in small.keys() {
            let unknown = self.unknown(authority, count, quarter);
            self.system.range(unknown, (1, Some(small_max)));
        }
    }

    /// The small numbers that can be told, or but for one or two.
    pub(super) fn found(&self, small: &BTreeMap<Name, i128>) -> Vec<(Name, Range)> {
        let Some(solved) = self.system.solved() else { return Vec::new() };
        let told = small.keys().filter_map(|name| {
            let range = *solved.get(self.names.get(name)?)?;
            range.1.is_some_and(|most| most - range.0 < 2).then(|| (name.clone(), range))
        });
        told.collect()
    }
}

type Line = BTreeMap<String, String>;

/// The rows of the attached figures.
pub(super) fn figures(mail: &Mail) -> Vec<Line> {
    let Some(text) = mail.files.iter().find(|text| text.contains("region_value")) else { return Vec::new() };
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| headings.iter().cloned().zip(row.iter().map(str::to_owned)).collect()).collect()
}

/// The rows of the tables of the region's values: name, quarter, the numbers, and how many are counted.
fn totals(page: &str) -> Vec<(String, String, [i128; 2], usize)> {
    let mut found = Vec::new();
    for table in page.split("sum over sum").skip(1) {
        let before = &page[..table.as_ptr() as usize - page.as_ptr() as usize];
        let quarter = before.rfind(" Q").map(|at| before[at - 7..at + 3].to_owned()).unwrap();
        let rows = table.split("</table>").next().unwrap().split("<tr").skip(1);
        for row in rows {
            let cells: Vec<String> = row.replace("<th", "<td").split("<td").skip(1).map(words).collect();
            let [name, _, numbers, counted, ..] = cells.as_slice() else { continue };
            let pair = |text: &str| {
                let (one, other) = text.split_once(" of ")?;
                let number = |text: &str| text.trim().replace(',', "").parse::<i128>().ok();
                Some([number(one)?, number(other)?])
            };
            if let (Some(numbers), Some([counted, _])) = (pair(numbers), pair(counted)) {
                found.push((name.clone(), quarter.clone(), numbers, usize::try_from(counted).unwrap()));
            }
        }
    }
    found
}

/// The words of a cell, from inside its opening tag on.
fn words(cell: &str) -> String {
    let mut words = String::new();
    let mut inside = true;
    for letter in cell.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => words.push(letter),
            _ => {}
        }
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ").replace("&#x27;", "'").replace("&amp;", "&")
}
