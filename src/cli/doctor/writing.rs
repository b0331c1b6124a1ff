//! Whether the database takes writes. That the role that serves may be taken on shows where agencies are asked.

use super::Check;
use crate::cli::Failure;
use crate::cli::opened::Opened;
use subsidy_store::engine::store::{TakesWrites, takes_writes};

const NAME: &str = "serving";

pub(super) async fn check(opened: &Opened<'_>) -> Check {
    match asked(opened).await {
        Ok(true) => Check::ok(NAME, "the database takes writes"),
        Ok(false) => {
            Check::failed(NAME, "the database takes no writes: it is a standby, or set read-only".to_owned())
        }
        Err(failure) => Check::failed(NAME, failure.line()),
    }
}

async fn asked(opened: &Opened<'_>) -> Result<bool, Failure> {
    let database = opened.connect().await?;
    let conn = database.admin().await?;
    Ok(matches!(takes_writes(&conn).await?, Some(TakesWrites { takes_writes: true })))
}
