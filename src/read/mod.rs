//! Bytes of a received file into observations, strictly, in our own code.
//!
//! `sniff` says what a file is; `csv`, `json` and `packed` (workbooks, and what is compressed) make a `Grid`
//! of text cells with line numbers; `validate::understand` makes a `Reading` of it: observations, quarantined
//! rows and remarks. A file that cannot be trusted is refused whole with a `Refusal`. Rows read are always
//! rows accepted plus rows quarantined.

mod across;
mod archive;
mod biff;
mod biff_text;
mod breakdown;
mod cfb;
pub mod changes;
pub mod code;
mod container;
pub mod csv;
pub mod cut_short;
mod doubt;
mod duplicates;
mod encoding;
mod figures;
pub mod grid;
pub mod json;
mod json_scan;
mod kinds;
mod layout;
mod long;
mod meant;
mod merged;
mod missing;
pub mod named;
mod number;
mod objection;
mod ods;
mod ods_cell;
pub mod packed;
mod ragged;
pub mod reading;
pub mod replacing;
mod rows;
pub mod sheets;
mod shown;
pub mod sniff;
mod subject;
pub mod succession;
mod tally;
mod template;
mod text;
mod tidy;
pub mod validate;
mod wide;
pub mod workbook;
mod xml;
