//! The catalogue: what holds the rows, and who may do what with them, as this release makes it.

use diesel_async::AsyncPgConnection;

use super::{Verdict, VerifyError};
use subsidy_core::audit::verify::{Finding, Findings};
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

/// What is found of the rows and of the catalogue: no leaf answers for the catalogue, so it stands behind the last one.
/// Where rows could not be read, the catalogue may be why.
pub(super) fn beside(
    rows: Result<Verdict, VerifyError>,
    catalogue: Option<String>,
    next: Sequence,
) -> Result<Verdict, VerifyError> {
    let Some(place) = catalogue else { return rows };
    let finding = |sequence| Finding { sequence, place, stored: None, replayed: None };
    Ok(Verdict::Bad(match rows {
        Ok(Verdict::Good(verified)) => finding(Sequence::new(verified.leaves)).into(),
        Ok(Verdict::Bad(mut findings)) => {
            findings.add(finding(next));
            findings
        }
        Err(VerifyError::Query(_) | VerifyError::Unreadable(_)) => {
            let mut findings = Findings::from(finding(Sequence::default()));
            findings.stop();
            findings
        }
        Err(error) => return Err(error),
    }))
}
