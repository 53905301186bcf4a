//! Whatever is done to a file, no row disappears and nothing panics.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::Index;
use quarterdeck::read::csv::delimited;
use quarterdeck::read::sniff::sniff;
use quarterdeck::read::workbook::workbook;

use super::fixtures::{HEADING, World, limits};

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("E06000022".to_owned()),
        Just("in_time_pct".to_owned()),
        Just("plan_count".to_owned()),
        Just("2017-18 Q2".to_owned()),
        Just("c".to_owned()),
        "-?[0-9]{1,6}(\\.[0-9]{1,2})?",
        "\"[a-z,\n]{0,5}\"",
        "\\PC{0,6}",
    ]
}

fn row() -> impl Strategy<Value = String> {
    let good = (1_u32..60, 60_u32..90)
        .prop_map(|(numerator, of)| format!("E06000022,in_time_pct,2017-18 Q2,{numerator},{of},,,"));
    prop_oneof![
        good,
        vec(cell(), 8).prop_map(|cells| cells.join(",")),
        vec(cell(), 0..10).prop_map(|cells| cells.join(","))
    ]
}

proptest! {
    #[test]
    fn rows_read_are_rows_accepted_and_quarantined(rows in vec(row(), 0..12)) {
        // `World::read` asserts the sum.
        drop(World::member().read(format!("{HEADING}{}\n", rows.join("\n"))));
    }

    #[test]
    fn mutated_bytes_never_panic_and_never_lose_a_row(
        rows in vec(row(), 1..8),
        changes in vec((any::<Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = format!("{HEADING}{}\n", rows.join("\n")).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drop(sniff(&bytes, "return.csv"));
        drop(World::member().read(&bytes));
    }

    #[test]
    fn plain_rows_are_all_in_the_grid(rows in vec("[a-z0-9]{1,4}(,[a-z0-9 ]{0,4}){2}", 1..30)) {
        let text = rows.join("\r\n");
        let grid = delimited(text.as_bytes(), &limits()).unwrap();
        assert_eq!(grid.rows.len() + grid.quarantined.len(), rows.len());
        let lines: Vec<String> = grid.rows.iter().map(|row| row.cells.join(",")).collect();
        assert_eq!(lines, rows);
    }

    #[test]
    fn bytes_that_begin_like_a_workbook_never_panic(tail in vec(any::<u8>(), 0..400)) {
        let bytes = [b"PK\x03\x04".as_slice(), &tail].concat();
        assert!(workbook(&bytes, None, &limits()).is_err());
    }

    #[test]
    fn quoting_every_field_changes_nothing(numbers in vec((1_u32..60, 60_u32..90), 1..2)) {
        let rows = |quote: &str| -> String {
            let row = |(numerator, of): &(u32, u32)| {
                let row = format!("E06000022,in_time_pct,2017-18 Q2,{numerator},{of},,,");
                format!("{quote}{}{quote}\n", row.replace(',', &format!("{quote},{quote}")))
            };
            numbers.iter().map(row).collect::<Vec<_>>().concat()
        };
        let world = World::member();
        assert_eq!(world.rows(&rows("\"")).observations, world.rows(&rows("")).observations);
    }
}
