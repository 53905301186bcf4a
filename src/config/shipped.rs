//! The shipped configuration, embedded: the reference of every key, and where an operator starts.

use std::fs;
use std::io;
use std::path::Path;

/// Every shipped file, by name.
pub const SHIPPED: [(&str, &str); 6] = [
    ("quarterdeck.toml", include_str!("../../config/quarterdeck.toml")),
    ("authorities.toml", include_str!("../../config/authorities.toml")),
    ("indicators.toml", include_str!("../../config/indicators.toml")),
    ("deadlines.toml", include_str!("../../config/deadlines.toml")),
    ("recipients.toml", include_str!("../../config/recipients.toml")),
    ("bank-holidays.json", include_str!("../../config/bank-holidays.json")),
];

/// Writes the shipped files into a folder, which is made when it is not there.
///
/// # Errors
/// When a file cannot be written. A file that is already there is never replaced: `AlreadyExists`.
pub fn write_shipped(into: &Path) -> io::Result<()> {
    fs::create_dir_all(into)?;
    if let Some((name, _)) = SHIPPED.iter().find(|(name, _)| into.join(name).exists()) {
        let sentence = format!("`{}` is already there; it is not replaced", into.join(name).display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, sentence));
    }
    for (name, text) in SHIPPED {
        let mut file = fs::File::create_new(into.join(name))?;
        io::Write::write_all(&mut file, text.as_bytes())?;
    }
    Ok(())
}
