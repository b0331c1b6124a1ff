//! What holds the rows, and who may do what with them, against what this release makes: in `public` and in every agency's
//! schema.

use super::Check;
use crate::cli::Failure;
use crate::cli::language::say;
use crate::cli::opened::Opened;
use subsidy_core::domain::AgencyCode;
use subsidy_store::db::catalogue::{Catalogue, Difference, differences};
use subsidy_store::db::migrate::SchemaState;

const NAME: &str = "catalogue";

/// Schemas of another release are told by the check of schemas; they are not compared with this one's.
pub(super) async fn check(opened: &Opened<'_>, states: &[SchemaState]) -> Check {
    let own: Vec<&str> = states
        .iter()
        .filter(|state| state.applied == state.known)
        .map(|state| state.schema.as_str())
        .collect();
    match compared(opened, &own).await {
        Ok(None) => Check::ok(
            NAME,
            say!("{0} 个模式与本版本所建的一致", "{0} schemas are as this release makes them", own.len()),
        ),
        Ok(Some(found)) => Check::failed(NAME, found),
        Err(failure) => Check::failed(NAME, failure.line()),
    }
}

/// The first schema that is not as this release makes it, and its first object.
async fn compared(opened: &Opened<'_>, schemas: &[&str]) -> Result<Option<String>, Failure> {
    let database = opened.connect().await?;
    for schema in schemas {
        // what the server says of an object depends on the path of whoever asks
        let found = match schema.strip_prefix("agency_") {
            Some(code) => differences(&*database.reader(&AgencyCode::parse(code)?).await?, schema).await?,
            None => {
                let stored = Catalogue::read(&*database.admin().await?, schema).await?;
                Catalogue::released(schema).differences(&stored)
            }
        };
        if let Some(first) = found.first() {
            return Ok(Some(told(schema, first, found.len())));
        }
    }
    Ok(None)
}

fn told(schema: &str, first: &Difference, differences: usize) -> String {
    match differences.saturating_sub(1) {
        0 => format!("{schema}: {first}"),
        more => say!("{schema}: {first}（另有 {more} 处）", "{schema}: {first} (and {more} more)"),
    }
}
