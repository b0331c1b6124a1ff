//! `agency list`: the register.

use serde_json::json;

use crate::cli::output::{self, Form};
use crate::cli::{Failure, Settings, opened};
use subsidy_store::engine::store;
use subsidy_store::engine::store::AgencyRow;

#[derive(Debug, Clone, clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    form: Form,
}

pub(super) async fn run(args: &ListArgs, settings: &Settings) -> Result<(), Failure> {
    let rows = opened::reading(settings, async |opened| {
        opened.ensure_shared().await?;
        let database = opened.connect().await?;
        let conn = database.admin().await?;
        Ok(store::agencies(&conn).await?)
    })
    .await?;
    if args.form.json {
        let agencies: Vec<_> = rows.iter().map(as_json).collect();
        return output::json(&agencies);
    }
    let width = rows.iter().map(|row| row.code.len()).max().unwrap_or(0);
    for AgencyRow { code, name, zone, sandbox, .. } in &rows {
        let kind = if *sandbox { "sandbox" } else { "real" };
        output::line(format_args!("{code:width$}  {kind:7}  {zone}  {name}"))?;
    }
    Ok(())
}

fn as_json(row: &AgencyRow) -> serde_json::Value {
    json!({
        "code": row.code, "name": row.name, "zone": row.zone, "sandbox": row.sandbox,
        "origin": row.origin, "verifier_key": row.verifier_key, "created_at": row.created_at,
    })
}
