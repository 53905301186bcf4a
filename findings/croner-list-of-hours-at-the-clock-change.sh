#!/usr/bin/env bash
# croner 4.0.3 with chrono-tz 0.10.4 (crates.io), in Europe/London when the clocks change.
#
# `0 1 * * *` is a fixed time: on the night when 01:00 comes twice it fires once, and on the night when 01:00 is left
# out it fires at 02:00. `0 1,13 * * *` names the same 01:00, but a list of hours is not a fixed time to croner: it
# fires twice in the one night and not at all in the other.
#
# Seen:
#   0 1 * * *      repeated: 2017-10-29T01:00:00+01:00
#   0 1,13 * * *   repeated: 2017-10-29T01:00:00+01:00 2017-10-29T01:00:00+00:00
#   0 1 * * *      left out: 2017-03-26T02:00:00+01:00
#   0 1,13 * * *   left out:
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "clock-change"
version = "0.1.0"
edition = "2021"

[dependencies]
chrono = "=0.4.45"
chrono-tz = "=0.10.4"
croner = "=4.0.3"
TOML
cat >src/main.rs <<'RUST'
use chrono::{Duration, TimeZone};
use chrono_tz::Europe::London;

fn main() {
    for (night, what) in [((2017, 10, 28), "repeated"), ((2017, 3, 25), "left out")] {
        for pattern in ["0 1 * * *", "0 1,13 * * *"] {
            let cron: croner::Cron = pattern.parse().expect("a pattern");
            let start = London.with_ymd_and_hms(night.0, night.1, night.2, 23, 0, 0).unwrap();
            let fired: Vec<String> = cron
                .iter_after(start)
                .take_while(|at| *at < start + Duration::hours(10))
                .map(|at| at.to_rfc3339())
                .collect();
            println!("{pattern} {what}: {}", fired.join(" "));
        }
    }
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = "0 1 * * * repeated: 2017-10-29T01:00:00+01:00
0 1,13 * * * repeated: 2017-10-29T01:00:00+01:00 2017-10-29T01:00:00+00:00
0 1 * * * left out: 2017-03-26T02:00:00+01:00
0 1,13 * * * left out: " ]
