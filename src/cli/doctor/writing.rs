//! Whether the database takes writes. That the role that serves may be taken on shows where agencies are asked.

use super::Check;
use crate::cli::Failure;
use crate::cli::language::say;
use crate::cli::opened::Opened;
use subsidy_store::engine::store::{TakesWrites, takes_writes};

const NAME: &str = "serving";

pub(super) async fn check(opened: &Opened<'_>) -> Check {
    match asked(opened).await {
        Ok(true) => Check::ok(NAME, say!("数据库可以写入", "the database takes writes")),
        Ok(false) => Check::failed(
            NAME,
            say!(
                "数据库不可写入：是备库，或设为只读",
                "the database takes no writes: it is a standby, or set read-only"
            ),
        ),
        Err(failure) => Check::failed(NAME, failure.line()),
    }
}

async fn asked(opened: &Opened<'_>) -> Result<bool, Failure> {
    let database = opened.connect().await?;
    let conn = database.admin().await?;
    Ok(matches!(takes_writes(&conn).await?, Some(TakesWrites { takes_writes: true })))
}
