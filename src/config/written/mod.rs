//! What was typed: one structure per configuration file, and the JSON Schema of each.
//!
//! These structures are the only list of keys: serde reads by them, and the schema made from them is what
//! editors complete by and what the collecting walk in `shape` checks by. No `flatten`, `tag` or
//! `untagged`: places in the file would be lost.

pub mod analysis;
pub mod authorities;
pub mod collections;
pub mod deadlines;
pub mod indicators;
pub mod layouts;
pub mod mail;
pub mod quarterdeck;
pub mod recipients;
pub mod sources;
pub mod typed;

use serde_json::Value;

/// The JSON Schema of one TOML file of the configuration folder, by the file's name.
///
/// None for a name that is not one of the TOML files.
#[must_use]
pub fn schema(file: &str) -> Option<Value> {
    let schema = match file {
        "quarterdeck.toml" => schemars::schema_for!(quarterdeck::QuarterdeckToml),
        "authorities.toml" => schemars::schema_for!(authorities::AuthoritiesToml),
        "indicators.toml" => schemars::schema_for!(indicators::IndicatorsToml),
        "deadlines.toml" => schemars::schema_for!(deadlines::DeadlinesToml),
        "recipients.toml" => schemars::schema_for!(recipients::RecipientsToml),
        _ => return None,
    };
    Some(schema.to_value())
}
