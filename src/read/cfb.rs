//! The compound file that an old workbook is kept in: its one stream, by its chain of sectors.
//!
//! Read here and not by the library that reads XLSX: that one follows a chain that bites its tail until the
//! memory ends, and reserves whatever a sheet says of its own size.

use crate::read::code::Refusal;

const HEADER_BYTES: usize = 512;
const ENTRY_BYTES: usize = 128;
const MINI_BYTES: usize = 64;
const END_OF_CHAIN: u32 = 0xffff_fffe;
/// From this on a sector number is none.
const NO_SECTOR: u32 = 0xffff_fffa;
const STREAM: u8 = 2;
const ROOT: u8 = 5;

/// The streams of a compound file.
pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    table: Vec<u32>,
    mini_table: Vec<u32>,
    mini_from: u32,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    kind: u8,
    start: u32,
    length: usize,
}

impl<'a> Compound<'a> {
    /// Reads the tables of a compound file.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let sector_bytes = match half(bytes, 30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => return Err(damaged()),
        };
        let mini_from = word(bytes, 56).ok_or_else(damaged)?;
        let mut file = Self {
            bytes,
            sector_bytes,
            table: Vec::new(),
            mini_table: Vec::new(),
            mini_from,
            entries: Vec::new(),
        };
        file.table = file.allocation()?;
        let directory = file.chain(word(bytes, 48).ok_or_else(damaged)?, usize::MAX)?;
        let is_large = sector_bytes == 4096;
        file.entries =
            directory.chunks_exact(ENTRY_BYTES).filter_map(|entry| Entry::read(entry, is_large)).collect();
        file.mini_table = words(&file.chain(word(bytes, 60).ok_or_else(damaged)?, usize::MAX)?).collect();
        Ok(file)
    }

    /// Whether there is a stream or folder of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// A stream by its name.
    pub(crate) fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let named = |entry: &&Entry| entry.kind == STREAM && entry.name.eq_ignore_ascii_case(name);
        let Some(entry) = self.entries.iter().find(named) else { return Ok(None) };
        let is_mini = u32::try_from(entry.length).is_ok_and(|length| length < self.mini_from);
        let stream = if is_mini { self.mini(entry)? } else { self.chain(entry.start, entry.length)? };
        if stream.len() < entry.length {
            return Err(damaged());
        }
        Ok(Some(stream))
    }

    /// The table that says of each sector which follows it.
    fn allocation(&self) -> Result<Vec<u32>, Refusal> {
        let most = self.bytes.len() / self.sector_bytes + 1;
        let mut sectors: Vec<u32> = words(self.bytes.get(76..HEADER_BYTES).ok_or_else(damaged)?).collect();
        let mut more = word(self.bytes, 68).ok_or_else(damaged)?;
        let mut steps = 0;
        while more < NO_SECTOR {
            let mut next: Vec<u32> = words(self.sector(more).ok_or_else(damaged)?).collect();
            more = next.pop().unwrap_or(END_OF_CHAIN);
            sectors.append(&mut next);
            steps += 1;
            if steps > most {
                return Err(damaged());
            }
        }
        sectors.retain(|sector| *sector < NO_SECTOR);
        if sectors.len() > most {
            return Err(damaged());
        }
        let mut table = Vec::new();
        for sector in sectors {
            table.extend(words(self.sector(sector).ok_or_else(damaged)?));
        }
        Ok(table)
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        // The header takes the place of one sector.
        let start = usize::try_from(number).ok()?.checked_add(1)?.checked_mul(self.sector_bytes)?;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty())?;
        // The last sector may be cut short.
        Some(rest.get(..self.sector_bytes).unwrap_or(rest))
    }

    /// The bytes of a chain, at most `length`. No sector may come twice: such a chain has no end.
    fn chain(&self, start: u32, length: usize) -> Result<Vec<u8>, Refusal> {
        let mut bytes = Vec::new();
        let mut taken = vec![false; self.table.len()];
        let mut next = start;
        while next < NO_SECTOR && bytes.len() < length {
            let at = usize::try_from(next).map_err(|_| damaged())?;
            if std::mem::replace(taken.get_mut(at).ok_or_else(damaged)?, true) {
                return Err(damaged());
            }
            bytes.extend_from_slice(self.sector(next).ok_or_else(damaged)?);
            next = *self.table.get(at).ok_or_else(damaged)?;
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// A short stream, from the chain that holds all short ones.
    fn mini(&self, entry: &Entry) -> Result<Vec<u8>, Refusal> {
        let root = self.entries.iter().find(|entry| entry.kind == ROOT).ok_or_else(damaged)?;
        let all = self.chain(root.start, root.length)?;
        let mut bytes = Vec::new();
        let mut next = entry.start;
        while next < NO_SECTOR && bytes.len() < entry.length {
            let number = usize::try_from(next).map_err(|_| damaged())?;
            let start = number.checked_mul(MINI_BYTES).ok_or_else(damaged)?;
            let end = all.len().min(start.saturating_add(MINI_BYTES));
            bytes.extend_from_slice(all.get(start..end).filter(|some| !some.is_empty()).ok_or_else(damaged)?);
            next = *self.mini_table.get(number).ok_or_else(damaged)?;
        }
        bytes.truncate(entry.length);
        Ok(bytes)
    }
}

impl Entry {
    fn read(entry: &[u8], is_large: bool) -> Option<Self> {
        let kind = *entry.get(66)?;
        let letters = usize::from(half(entry, 64)?).min(64).saturating_sub(2);
        let name: Vec<u16> = entry.get(..letters)?.chunks_exact(2).filter_map(|pair| half(pair, 0)).collect();
        let mut length = u64::from(word(entry, 120)?);
        if is_large {
            length |= u64::from(word(entry, 124)?) << 32;
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Some(Self { name: String::from_utf16_lossy(&name), kind, start: word(entry, 116)?, length })
    }
}

/// The refusal of an old workbook that is damaged.
pub(crate) fn damaged() -> Refusal {
    let reason = "the old .xls workbook is damaged: save it as .xlsx or .csv and send that";
    Refusal::new("broken-workbook", reason)
}

/// Two bytes, little end first.
pub(crate) fn half(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

/// Four bytes, little end first.
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

/// Eight bytes as a number with a point, little end first.
pub(crate) fn double(bytes: &[u8], at: usize) -> Option<f64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    Some(f64::from_le_bytes(eight.try_into().ok()?))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).filter_map(|four| word(four, 0))
}
