//! The database as the service finds it: in the role that serves, whether it takes writes.

use super::Check;
use crate::cli::Failure;
use crate::cli::opened::{DatabaseRole, Opened};
use subsidy_store::engine::store::{TakesWrites, takes_writes};

const NAME: &str = "serving";

pub(super) async fn check(opened: &Opened<'_>) -> Check {
    let role = DatabaseRole::App.name();
    match asked(opened).await {
        Ok(true) => Check::ok(NAME, format!("{role} reads, and may write")),
        Ok(false) => {
            Check::failed(NAME, "the database takes no writes: it is a standby, or set read-only".to_owned())
        }
        Err(failure) => Check::failed(NAME, format!("as {role}: {}", failure.line())),
    }
}

async fn asked(opened: &Opened<'_>) -> Result<bool, Failure> {
    let database = opened.connect().await?;
    let conn = database.admin().await?;
    Ok(matches!(takes_writes(&conn).await?, Some(TakesWrites { takes_writes: true })))
}
