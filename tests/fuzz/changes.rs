//! What is done to a file.

use fastrand::Rng;

const LENGTH_MAX: usize = 16_384;
const BYTES: [u8; 16] =
    [0, 1, b'"', b',', b';', b'\n', b'\r', b'<', b'>', b'{', b'[', b'\\', 0x1a, 0x7f, 0x80, 0xff];
const NUMBERS: [&str; 16] = [
    "0",
    "-0",
    "1",
    "-1",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "18446744073709551615",
    "99999999999999999999",
    "1e999",
    "0.1",
];

/// One to eight changes, most of them small; words of the format among them.
pub(super) fn change(bytes: &mut Vec<u8>, words: &[&str], rng: &mut Rng) {
    for _ in 0..=rng.u32(0..8) {
        once(bytes, words, rng);
        bytes.truncate(LENGTH_MAX);
    }
}

fn once(bytes: &mut Vec<u8>, words: &[&str], rng: &mut Rng) {
    if bytes.is_empty() {
        bytes.push(rng.u8(..));
    }
    let at = rng.usize(..bytes.len());
    let end = (at + 1 + rng.usize(..32)).min(bytes.len());
    match rng.u8(..12) {
        0 => bytes[at] ^= 1 << rng.u8(..8),
        1 => bytes[at] = rng.u8(..),
        2 => bytes[at] = BYTES[rng.usize(..BYTES.len())],
        3 => drop(bytes.drain(at..end)),
        4 => bytes.extend_from_within(at..end),
        5 => bytes.truncate(at),
        6 | 7 if !words.is_empty() => insert(bytes, at, words[rng.usize(..words.len())].as_bytes()),
        8 => in_place_of_a_number(bytes, at, rng),
        9 => {
            let (from, to) = (rng.usize(..bytes.len()), rng.usize(..bytes.len()));
            let piece = bytes[from.min(to)..from.max(to)].to_vec();
            insert(bytes, at, &piece);
        }
        10 => {
            let four = rng.u32(..).to_le_bytes();
            let some = [[0; 4], [0xff; 4], [1, 0, 0, 0], four][rng.usize(..4)];
            bytes.iter_mut().skip(at).zip(some).for_each(|(byte, new)| *byte = new);
        }
        _ => {
            let other = rng.usize(..bytes.len());
            bytes.swap(at, other);
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

/// The digits at or after a place become another number.
fn in_place_of_a_number(bytes: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let Some(start) = bytes.iter().skip(at).position(u8::is_ascii_digit).map(|found| at + found) else {
        return;
    };
    let digits = bytes.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
    bytes.splice(start..start + digits, NUMBERS[rng.usize(..NUMBERS.len())].bytes());
}
