//! Mutated files through the readers: no panic, no abort, no row lost, nothing that takes long.
//!
//! A short run with a fixed seed is part of the tests. The long run is ignored; its size and seed come from
//! the environment: `QUARTERDECK_FUZZ` inputs in all, `QUARTERDECK_FUZZ_SEED`. An input is made from the seed
//! and its number alone, so what is reported can be made again.

use std::cell::Cell;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::time::{Duration, Instant};

use fastrand::Rng;
use quarterdeck::config::settings::Limits;
use quarterdeck::read::sniff::{Format, sniff};
use quarterdeck::read::validate::understand;
use quarterdeck::read::{csv, json};

use crate::read::fixtures::{World, limits, packed};

mod changes;
mod seeds;

const SHORT: u64 = 4_000;
const LONG: u64 = 1_000_000;
/// Longer than this for a file of some kilobytes is a fault of its own, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// A reader, and its share of the inputs in percent.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Csv,
    Json,
    Workbook,
    Archive,
}

impl Reader {
    fn share(self) -> u64 {
        match self {
            Self::Csv => 42,
            Self::Json => 38,
            Self::Workbook => 13,
            Self::Archive => 7,
        }
    }

    fn input(self, rng: &mut Rng) -> (&'static str, Vec<u8>) {
        match self {
            Self::Csv => seeds::csv(rng),
            Self::Json => seeds::json(rng),
            Self::Workbook => seeds::workbook(rng),
            Self::Archive => seeds::archive(rng),
        }
    }
}

/// Small, so that a limit is met often and an input that escapes them is slow.
fn tight() -> Limits {
    Limits {
        file_bytes_max: 1 << 20,
        unpacked_bytes_max: 300_000,
        rows_max: 300,
        columns_max: 40,
        field_chars_max: 200,
        ..limits()
    }
}

/// How many rows were read; 0 for a file that is refused. A row lost is a panic.
fn read(world: &World, limits: &Limits, name: &str, bytes: &[u8]) -> u32 {
    let grid = sniff(bytes, name).and_then(|format| match format {
        Format::Delimited => csv::delimited(bytes, limits),
        Format::Json => json::json(bytes, limits),
        Format::Packed => packed(bytes, name, None, limits),
    });
    let Ok(grid) = grid else { return 0 };
    let lines = grid.rows.len() + grid.quarantined.len();
    let Ok(reading) = understand(&grid, &world.expected()) else { return 0 };
    let bad = u32::try_from(reading.quarantined.len()).unwrap();
    assert_eq!(reading.rows_read, reading.accepted + bad, "rows read = accepted + quarantined");
    assert!(reading.rows_read as usize <= lines, "more rows than lines");
    assert!(lines <= 302, "{lines} lines are more than the limit");
    assert!(reading.observations.len() <= reading.accepted as usize, "a figure without its row");
    reading.rows_read
}

thread_local! {
    /// Panics of this thread, those that a reader caught itself included.
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let told = take_hook();
        set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            told(panic);
        }));
    });
}

fn run(reader: Reader, inputs: u64, seed: u64) {
    count_panics();
    let (world, limits) = (World::member(), tight());
    let (mut understood, mut faults) = (0_u64, Vec::new());
    let begun = Instant::now();
    for number in 0..inputs {
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        let (name, bytes) = reader.input(&mut rng);
        let (started, panics) = (Instant::now(), PANICS.get());
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&world, &limits, name, &bytes)));
        let slow = started.elapsed() > PATIENCE;
        match outcome {
            Ok(_) if PANICS.get() != panics => faults.push((number, "panic inside", name, bytes)),
            Ok(rows) if !slow => understood += u64::from(rows > 0),
            Ok(_) => faults.push((number, "slow", name, bytes)),
            Err(_) => faults.push((number, "panic", name, bytes)),
        }
        if faults.len() >= 10 {
            break;
        }
    }
    let pace = u128::from(inputs) * 1000 / begun.elapsed().as_millis().max(1);
    println!("{reader:?}: {inputs} inputs with seed {seed}, {understood} understood, {pace} a second");
    for (number, what, name, bytes) in &faults {
        println!("{what}: {reader:?} seed {seed} number {number}: {name}: {}", bytes.escape_ascii());
    }
    assert!(faults.is_empty(), "{} faults, see above", faults.len());
    assert!(understood > 0 || inputs < 100, "no input was understood: the seeds are stale");
}

#[expect(clippy::disallowed_methods, reason = "a test that people start by hand has no arguments")]
fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

fn long(reader: Reader) {
    let inputs = number("QUARTERDECK_FUZZ", LONG) * reader.share() / 100;
    run(reader, inputs, number("QUARTERDECK_FUZZ_SEED", 1));
}

#[test]
fn a_few_thousand_mutated_files_lose_no_row_and_end_no_process() {
    for reader in [Reader::Csv, Reader::Json, Reader::Workbook, Reader::Archive] {
        run(reader, SHORT * reader.share() / 100, 20_171_117);
    }
}

#[test]
#[ignore = "takes minutes to hours: QUARTERDECK_FUZZ inputs"]
fn many_mutated_csv_files() {
    long(Reader::Csv);
}

#[test]
#[ignore = "takes minutes to hours: QUARTERDECK_FUZZ inputs"]
fn many_mutated_json_files() {
    long(Reader::Json);
}

#[test]
#[ignore = "takes minutes to hours: QUARTERDECK_FUZZ inputs"]
fn many_mutated_workbooks() {
    long(Reader::Workbook);
}

#[test]
#[ignore = "takes minutes to hours: QUARTERDECK_FUZZ inputs"]
fn many_mutated_archives() {
    long(Reader::Archive);
}
