//! What is said about wrong files, word for word.

use std::fmt::Write;
use std::path::Path;

use quarterdeck::config::files::Files;
use quarterdeck::config::load_files;

use super::{edited, said};

#[test]
fn an_unknown_key_a_bad_date_an_unknown_authority_a_duplicate_and_a_missing_file_are_told_at_once() {
    let files = edited(&[
        ("quarterdeck.toml", "# nobody is chased.\ndue_working_days", "# nobody is chased.\ndue_workingdays"),
        ("deadlines.toml", "on = 2017-12-01\n", "on = 2017-11-31\n"),
        ("deadlines.toml", "second = \"E06000024\"", "second = \"E06000042\""),
        ("recipients.toml", "id = \"torbay-director\"", "id = \"torbay-performance\""),
        ("recipients.toml", "\"performance@poole.example\"", "\"Performance@Bournemouth.example\""),
        ("recipients.toml", "[\"E06000029\"]\ndigests = [\"perf", "[\"E06000028\"]\ndigests = [\"perf"),
        (
            "recipients.toml",
            "[\"E06000022\"]\ndigests = [\"director",
            "[\"E06000222\"]\ndigests = [\"director",
        ),
    ])
    .without("bank-holidays.json");
    let expected = "\
config/bank-holidays.json:1:1: the file is missing; `quarterdeck init DIR` writes one into a new folder, to \
copy from there
config/deadlines.toml:107:6: deadline `challenge-event-2017`: `on = 2017-11-31`: invalid date, expected day \
between 01 and 30
config/deadlines.toml:144:10: deadline `neglect-first-pair`: unknown authority `E06000042`; did you mean \
`E06000024` (North Somerset)?
config/quarterdeck.toml:43:1: collection `quarterly`: unknown key `due_workingdays`; did you mean \
`due_working_days`?
config/recipients.toml:53:16: recipient `bathnes-director`: unknown authority `E06000222`; authorities.toml \
has none with this code
config/recipients.toml:203:11: recipient `poole-performance`: `Performance@Bournemouth.example` is already \
recipient `bournemouth-performance` with the same role and scope; remove one
config/recipients.toml:273:6: recipient `torbay-performance` is there twice; remove one";
    assert_eq!(load_files(&files, Path::new("config")).unwrap_err().to_string(), expected);
}

#[test]
fn a_value_of_the_wrong_kind_is_answered_with_what_was_expected() {
    let edit =
        ("quarterdeck.toml", "# nobody is chased.\ndue_working_days = 30", "\ndue_working_days = \"thirty\"");
    let expected = "config/quarterdeck.toml:43:20: collection `quarterly`: `due_working_days = \"thirty\"`: \
                    expected a whole number of days from 1 to 120";
    assert_eq!(said(&[edit]), expected);
}

#[test]
fn a_file_that_is_not_toml_does_not_hide_the_others() {
    let expected = "\
config/authorities.toml:46:8: authority `E06000023`: `code = E06000023`: string values must be quoted, \
expected literal string
config/quarterdeck.toml:515:20: schedule: `remind_from_hour = 24`: expected a whole number from 0 to 23
config/recipients.toml:33:8: recipient `operator`: `role = \"opertor\"`: expected `performance-lead`, \
`director`, `regional-lead` or `operator`; did you mean `operator`?";
    let edits = [
        ("authorities.toml", "code = \"E06000023\"", "code = E06000023"),
        ("recipients.toml", "role = \"operator\"", "role = \"opertor\""),
        ("quarterdeck.toml", "remind_from_hour = 8", "remind_from_hour = 24"),
    ];
    assert_eq!(said(&edits), expected);
}

#[test]
fn an_empty_folder_is_told_file_by_file() {
    let files = Files::of(Path::new("nowhere"), &[]);
    let problems = load_files(&files, Path::new("nowhere")).unwrap_err();
    assert_eq!(problems.list().len(), 6);
    let first = "nowhere/authorities.toml:1:1: the file is missing; `quarterdeck init nowhere` writes one to \
                 start from, `--config DIR` names another folder";
    assert_eq!(problems.list()[0].to_string(), first);
}

#[test]
fn a_deadline_beyond_the_known_bank_holidays_is_a_warning() {
    let edit = ("deadlines.toml", "\nbefore = 2018-07-01", "\nbefore = 2029-07-01");
    let loaded = load_files(&edited(&[edit]), Path::new("config")).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let expected = "config/deadlines.toml:153:10: deadline `neglect-challenge-2018`: bank holidays are known \
                    until 2028-12-31 only; refresh bank-holidays.json";
    assert_eq!(warnings, [expected]);
}

#[test]
fn writing_to_a_role_that_nobody_has_is_a_warning() {
    let edit = ("recipients.toml", "role = \"regional-lead\"", "role = \"operator\"");
    let loaded = load_files(&edited(&[edit]), Path::new("config")).unwrap();
    assert_eq!(loaded.warnings.len(), 4);
    assert!(loaded.warnings[0].sentence.ends_with("nobody in recipients.toml has the role `regional-lead`"));
}

#[test]
fn a_deadline_that_is_called_off_keeps_its_ladder_and_is_right() {
    let edit = ("deadlines.toml", "cancelled = false", "cancelled = true");
    assert_eq!(said(&[edit]), "");
}

const HOLIDAYS: &str = "\"date\": \"2012-01-02\"";
const PAIR: &str = "second = \"E06000024\"";
const FOLDER: &str = "[mail.folder]\npath = \"state/outgoing\"";
const URL: &str = "https://returns.southwest-benchmarking.example/{quarter}/{authority}";
const TOKEN: &str = "[collection.http.bearer]\ntoken_file";

const PLAIN_SERVER: &str = "[mail.smtp]
host = \"smtp.region.example\"
port = 25
tls = \"loopback\"
timeout_seconds = 60
attempts_max = 8";
const NAMELESS: &str = "[mail.smtp]
host = \"smtp.region.example\"
port = 587
tls = \"starttls\"
hello = \"ls_data_01\"
timeout_seconds = 60
attempts_max = 8";
const INLINE_SECRET: &str = "[mail.smtp]
host = \"smtp.region.example\"
port = 587
tls = \"starttls\"
user = \"us\"
password = \"hush\"
timeout_seconds = 60
attempts_max = 8";

/// A file, a text that is there once, and what takes its place.
const CASES: [(&str, &str, &str); 64] = [
    ("quarterdeck.toml", "zone = \"Europe/London\"", "zone = \"Europe/Londen\""),
    ("quarterdeck.toml", "\nstate = \"state\"", "\nstat = \"state\""),
    ("quarterdeck.toml", "\nstate = \"state\"", ""),
    ("quarterdeck.toml", "neighbours = \"2021\"", "neighbours = \"2014\""),
    ("quarterdeck.toml", "code = \"E12000009\"", "code = \"South West\""),
    ("quarterdeck.toml", "bank_holidays = \"england-and-wales\"", "bank_holidays = \"england\""),
    ("quarterdeck.toml", "first_quarter = \"2014-15 Q1\"", "first_quarter = \"2014-16 Q1\""),
    ("quarterdeck.toml", "cadence = \"annual\"", "cadence = \"anual\""),
    ("quarterdeck.toml", "reporters = \"publisher\"", "reporters = \"publisher\"\ndue_working_days = 5"),
    ("quarterdeck.toml", URL, "http://returns.example/{quarter}/{authority}"),
    ("quarterdeck.toml", URL, "https://us:hush@returns.example/{quarter}/{authority}"),
    ("quarterdeck.toml", URL, "http://127.0.0.1:8080/{quarter}/{authority}"),
    ("quarterdeck.toml", URL, "ftp://returns.example/{quarter}/{authority}"),
    ("quarterdeck.toml", URL, "https://returns.example/{quarter}/{autority}"),
    ("quarterdeck.toml", URL, "https://returns.example/{authority}"),
    ("quarterdeck.toml", TOKEN, "[collection.http.bearer]\ntoken"),
    ("quarterdeck.toml", "settle_seconds = 30", "settle_seconds = -1"),
    ("quarterdeck.toml", "\"workforce_{authority}_{quarter}\"", "\"workforce_{authority\""),
    ("quarterdeck.toml", "numerator = \"Ended_episodes\"", "denominator = \"Ended_episodes\""),
    ("quarterdeck.toml", "\"cin_end_count\"", "\"cin_ended_count\""),
    ("quarterdeck.toml", "text = \"k\"", "text = \"z\""),
    (
        "quarterdeck.toml",
        "reference_month = 6\nreference_day = 30",
        "reference_month = 6\nreference_day = 31",
    ),
    ("quarterdeck.toml", "\"0 8 17 2,5,8,11 *\"", "\"0 8 30 2 *\""),
    ("quarterdeck.toml", "\"0 7,13 * * MON-FRI\"", "\"*/90 * * * *\""),
    ("quarterdeck.toml", "\"0 7,13 * * MON-FRI\"", "\"0 7 * * WORKDAYS\""),
    ("quarterdeck.toml", "\"0 7,13 * * MON-FRI\"", "\"0 7 13 * FRI\""),
    ("quarterdeck.toml", "cron = \"30 2 * * *\"", "cron = \"30 2 31 4 *\""),
    ("quarterdeck.toml", "cron = \"30 2 * * *\"", "cron = \"@daily\""),
    ("quarterdeck.toml", "after = [1, 5, 10]", "after = [1, 10, 5]"),
    ("quarterdeck.toml", "escalate_after = 10\n", ""),
    ("quarterdeck.toml", "reply_to = \"lead@", "reply_to = \"lead at "),
    ("quarterdeck.toml", FOLDER, PLAIN_SERVER),
    ("quarterdeck.toml", FOLDER, NAMELESS),
    ("recipients.toml", "\"performance@poole.example\"", "\"a..b@poole.example\""),
    ("quarterdeck.toml", FOLDER, INLINE_SECRET),
    ("quarterdeck.toml", FOLDER, ""),
    ("quarterdeck.toml", "rows_max = 1_000_000", "rows_max = 1e6"),
    ("authorities.toml", "code = \"E06000066\"\nname", "code = \"E0600066\"\nname"),
    ("authorities.toml", "dfe_number = \"803\"", "dfe_number = \"802\""),
    ("authorities.toml", "from = 2023-04-01", "from = 2023-04-01\nuntil = 2022-04-01"),
    ("indicators.toml", "id = \"ehe_rate\"", "id = \"EHE-rate\""),
    ("indicators.toml", "id = \"ehe_rate\"", "id = \"cla_rate\""),
    ("indicators.toml", "target = 85\nminimum", "target = 850\nminimum"),
    ("indicators.toml", "\nper = 1\n", "\n"),
    ("indicators.toml", "id = \"ehe_rate\"", "id = \"ehe_rate\"\ntarget = 10"),
    ("indicators.toml", "id = \"ehe_rate\"", "id = \"ehe_rate\"\nat_most = [\"cla_rat\", \"cpp_count\"]"),
    ("deadlines.toml", "\nbefore = 2018-07-01", "\non_or_before = 2018-06-30\nbefore = 2018-07-01"),
    ("deadlines.toml", "on = 2017-12-01\n", "before = 2017-12-01\n"),
    ("deadlines.toml", "on = 2017-12-01\n", "on = \"2017-12-01\"\n"),
    ("deadlines.toml", "id = \"challenge-event-2017\"", "id = \"regional_summit\""),
    ("deadlines.toml", "before = [20, 10, 5, 1]", "before = [1, 5, 10, 20]"),
    ("deadlines.toml", PAIR, "second = \"E06000022\""),
    ("deadlines.toml", PAIR, "second = \"E06000058\""),
    (
        "deadlines.toml",
        PAIR,
        "second = \"E06000024\"\n[[deadline.done]]\nparty = \"E06000024\"\non = 2017-10-02",
    ),
    ("recipients.toml", "themes = []", "themes = [\"front-dor\"]"),
    ("recipients.toml", "digests = [\"regional-lead\"]", "digests = [\"regional-leed\"]"),
    ("recipients.toml", "\"operator@southwest-benchmarking.example\"", "\"operator@region.gov.uk\""),
    ("recipients.toml", "id = \"operator\"", "id = \"operator\"\nauthorities = []"),
    ("bank-holidays.json", HOLIDAYS, "\"date\": \"2 January 2012\""),
    ("bank-holidays.json", HOLIDAYS, "\"date\": "),
    ("quarterdeck.toml", "\non = []", "\non = [\"cusum-drif\"]"),
    ("quarterdeck.toml", "\noff = []", "\noff = [\"peer-outlier\", \"peer-outlier\"]"),
    ("quarterdeck.toml", "trend_length = 6", "trend_length = 60"),
    ("quarterdeck.toml", "autocorrelation_max = 0.4", REBASE),
];

const REBASE: &str =
    "[[rebase]]\nindicator = \"ehe_rat\"\nauthority = \"E10000028\"\nquarter = \"2017 Q1\"\nreason = \"r\"";

/// Each line of `text` after `mark`.
fn marked(mark: char, text: &str) -> String {
    text.trim().lines().fold(String::new(), |lines, line| lines + &format!("{mark} {line}\n"))
}

#[test]
fn each_problem_is_told_in_one_sentence() {
    let mut text = String::new();
    for (file, from, to) in CASES {
        let said = said(&[(file, from, to)]);
        assert_ne!(said, "", "{file}: {to}");
        assert!(!said.contains("hush"), "a secret is never repeated");
        writeln!(text, "{file}\n{}{}{said}\n", marked('-', from), marked('+', to)).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_digest_is_named_as_it_stands_in_the_keys_of_its_messages() {
    let said = said(&[("quarterdeck.toml", "name = \"director\"\ntitle", "name = \"Director_now\"\ntitle")]);
    assert!(said.contains("digest `Director_now`: write lower-case letters, digits and hyphens"), "{said}");
}
