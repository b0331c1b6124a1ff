//! The catalogue: what holds the rows, and who may do what with them, as this release makes it.

use diesel_async::AsyncPgConnection;

use super::{Verdict, VerifyError};
use subsidy_core::audit::verify::Finding;
use subsidy_core::domain::{AgencyCode, Sequence};
use subsidy_store::db::catalogue::differences;

/// The first object that is not as this release makes it, and how many more there are.
pub(super) async fn difference(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
) -> Result<Option<String>, VerifyError> {
    let found = differences(conn, &agency.schema()).await?;
    Ok(found.first().map(|first| match found.len().saturating_sub(1) {
        0 => format!("catalogue: {first}"),
        more => format!("catalogue: {first} (and {more} more)"),
    }))
}

/// A row that is wrong is what there is to say. Where all rows are right, or could not be read, it is the catalogue: no
/// leaf answers for it, so it stands behind the last.
pub(super) fn beside(
    rows: Result<Verdict, VerifyError>,
    catalogue: Option<String>,
) -> Result<Verdict, VerifyError> {
    let size = match &rows {
        Ok(Verdict::Good(verified)) => verified.leaves,
        Err(VerifyError::Query(_) | VerifyError::Unreadable(_)) => 0,
        Ok(Verdict::Bad(_)) | Err(_) => return rows,
    };
    match catalogue {
        Some(place) => {
            Ok(Verdict::Bad(Finding { sequence: Sequence::new(size), place, stored: None, replayed: None }))
        }
        None => rows,
    }
}
