//! The figures that the sentences of a check tell, and of when each is: so that none gets past disclosure.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::domain::check::Told;
use crate::domain::sentence;

/// What the program fills in itself.
const FILLED_IN: [&str; 8] =
    ["area", "authority", "collection", "indicator", "quarter", "period", "periods", "same_period_last_year"];
/// The numbers of the finding's own figure, of its own quarter unless the header says otherwise.
const OWN: [&str; 4] = ["value", "stated", "numerator", "denominator"];
/// The sentence about the region, and what the program counts for it.
const REGIONAL: (&str, [&str; 2]) = ("regional", ["n", "of"]);

/// Reads `[figures]` and `harmless`, and looks for every placeholder of every sentence in them.
///
/// # Errors
/// The key at fault, and what is wrong, in words.
pub(super) fn read(
    header: &Table,
    says: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Told>, (String, String)> {
    let mut figures: BTreeMap<String, Told> =
        OWN.iter().map(|name| ((*name).to_owned(), Told::of_word("quarter"))).collect();
    figures.insert("target".to_owned(), Told::Nothing);
    for name in harmless(header)? {
        figures.insert(name, Told::Nothing);
    }
    for (name, of) in declared(header)? {
        figures.insert(name, of);
    }
    for (variant, template) in says {
        let key = if variant == "says" { variant.clone() } else { format!("says_{variant}") };
        let names =
            sentence::placeholders(template).map_err(|error| (key.clone(), format!("`{key}`: {error}")))?;
        let regional = |name: &str| variant == REGIONAL.0 && REGIONAL.1.contains(&name);
        let undeclared = names.iter().find(|name| {
            !FILLED_IN.contains(&name.as_str()) && !figures.contains_key(*name) && !regional(name)
        });
        if let Some(name) = undeclared {
            return Err((key.clone(), unknown(&key, name)));
        }
    }
    Ok(figures)
}

fn unknown(key: &str, name: &str) -> String {
    format!(
        "`{key}`: of when is `{{{name}}}`? Write under `[figures]` `{name} = \"..\"`: the key of `detail` \
         that holds its quarter, or history, region or neighbours; or add it to `harmless` when it tells no \
         figure"
    )
}

fn harmless(header: &Table) -> Result<Vec<String>, (String, String)> {
    let Some(value) = header.get("harmless") else { return Ok(Vec::new()) };
    let names = value.as_array().and_then(|all| {
        all.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    });
    let wrong = || ("harmless".to_owned(), format!("`harmless = {value}`: expected a list of placeholders"));
    names.ok_or_else(wrong)
}

fn declared(header: &Table) -> Result<Vec<(String, Told)>, (String, String)> {
    let Some(value) = header.get("figures") else { return Ok(Vec::new()) };
    let wrong = || ("figures".to_owned(), "`figures`: expected a table".to_owned());
    let table = value.as_table().ok_or_else(wrong)?;
    let read = |(name, of): (&String, &Value)| {
        let words = || format!("`{name} = {of}`: expected history, region, neighbours, or keys of `detail`");
        let told = match of {
            Value::String(word) => Some(Told::of_word(word)),
            Value::Array(keys) => {
                let keys: Option<Vec<String>> =
                    keys.iter().map(|key| key.as_str().map(str::to_owned)).collect();
                keys.map(Told::Quarters)
            }
            _ => None,
        };
        Ok((name.clone(), told.ok_or_else(|| (name.clone(), words()))?))
    };
    table.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(header: &str, says: &[(&str, &str)]) -> Result<BTreeMap<String, Told>, (String, String)> {
        let says = says.iter().map(|(variant, text)| ((*variant).to_owned(), (*text).to_owned())).collect();
        read(&header.parse().unwrap(), &says)
    }

    #[test]
    fn each_figure_of_a_sentence_says_of_when_it_is() {
        let header = "harmless = [\"way\"]\n[figures]\nfirst = \"first_quarter\"\nmean = \"history\"";
        let says = "{area}: {way} from {first} to {value:number}, usually {mean}, target {target}";
        let figures = read_of(header, &[("says", says)]).unwrap();
        assert_eq!(figures["first"], Told::of_word("first_quarter"));
        assert_eq!(figures["value"], Told::of_word("quarter"));
        assert_eq!([&figures["mean"], &figures["way"]], [&Told::History, &Told::Nothing]);
    }

    #[test]
    fn a_figure_of_which_nobody_says_when_is_refused_with_what_to_write() {
        let (key, words) = read_of("", &[("up", "from {first:points}")]).unwrap_err();
        assert_eq!(key, "says_up");
        assert_eq!(
            words,
            "`says_up`: of when is `{first}`? Write under `[figures]` `first = \"..\"`: the key of `detail` \
             that holds its quarter, or history, region or neighbours; or add it to `harmless` when it tells \
             no figure"
        );
    }

    #[test]
    fn the_program_counts_for_the_sentence_about_the_region_only() {
        assert!(read_of("", &[("regional", "{n} of {of} authorities")]).is_ok());
        assert!(read_of("", &[("says", "{n} of them")]).is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let (_, words) = read_of("harmless = \"n\"", &[]).unwrap_err();
        assert_eq!(words, "`harmless = \"n\"`: expected a list of placeholders");
        let (key, words) = read_of("[figures]\nfirst = 3", &[]).unwrap_err();
        assert_eq!(
            (key.as_str(), words.as_str()),
            ("first", "`first = 3`: expected history, region, neighbours, or keys of `detail`")
        );
    }
}
