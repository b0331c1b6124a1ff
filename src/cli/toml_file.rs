//! TOML files that people write: an error names the file and the line, in one line.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::Failure;

/// Reads a text of a file into a type. The error is one of usage: somebody wrote the file.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Failure::Usage(format!("{}, line {line}: {}", path.display(), error.message()))
    })
}
