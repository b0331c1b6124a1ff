//! `export --tables`: the ledger in the shape that audit software reads, a CSV and a Parquet file a table.

use std::fs::{self, File};
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::commands::no_agency;
use crate::cli::language::say;
use crate::cli::opened::DatabaseRole;
use crate::cli::output::{self, Form};
use crate::cli::{Failure, Settings, opened};
use subsidy_core::domain::AgencyCode;
use subsidy_reports::formats::file::{FileFormat, Writing};
use subsidy_reports::interchange::{self, AuditTable};
use subsidy_reports::report::{Only, Scope};
use subsidy_reports::scope::{self, At};
use subsidy_store::db::convert;
use subsidy_store::db::pool::{Connection, Database};
use subsidy_store::engine::store;

/// Whose shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// The table names of ISO 21378:2019, audit data collection; GB/T 24589 asks for the same tables
    Iso21378,
}

impl Shape {
    const fn said(self) -> &'static str {
        match self {
            Self::Iso21378 => {
                "aligned with the published table names of ISO 21378:2019 and the tables of GB/T 24589; not conformant"
            }
        }
    }
}

/// Writes every table, and last of all `about.json`: a folder without it was not finished.
pub(super) async fn run(
    shape: Shape,
    (agency, out): (&AgencyCode, &Path),
    form: Form,
    settings: &Settings,
) -> Result<(), Failure> {
    if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        let out = out.display();
        return Err(Failure::Usage(say!(
            "{out} 不是空的：导出要放在单独的目录中",
            "{out} is not empty: an export goes into a folder of its own"
        )));
    }
    let about = opened::reading(settings, async |opened| {
        let url = opened.url(DatabaseRole::Auditor);
        let database = Database::connect(opened.settings().database_config(&url)).await?;
        let conn = database.auditor(agency).await?;
        if store::has_head(&conn).await?.is_none_or(|found| found.count == 0) {
            return Err(no_agency(agency));
        }
        let head = store::head(&conn).await?.ok_or_else(|| no_agency(agency))?;
        let at = scope::at(&conn, head.next_sequence - 1).await?.ok_or_else(|| no_agency(agency))?;
        let as_of = scope::business_date(&conn, &at).await?;
        let scope = Scope {
            as_of,
            known_at: at.sequence,
            recorded_at: at.recorded_at,
            programme: None,
            only: Only::default(),
        };
        fs::create_dir_all(out)?;
        let mut tables = Vec::new();
        for table in AuditTable::ALL {
            tables.push(written(&conn, (&at, &scope), table, out).await?);
        }
        Ok(json!({
            "shape": shape.said(), "agency": agency, "known_at": convert::read_sequence(at.sequence)?,
            "recorded_at": at.recorded_at, "tables": tables,
        }))
    })
    .await?;
    fs::write(out.join("about.json"), serde_json::to_vec_pretty(&about)?)?;
    if form.json {
        return output::json(&about);
    }
    let out = out.display();
    output::line(format_args!(
        "agency {agency}: {} tables, {}, in {out}",
        AuditTable::ALL.len(),
        shape.said()
    ))
}

/// A table in both formats, read once.
async fn written(
    conn: &Connection,
    (at, scope): (&At, &Scope),
    table: AuditTable,
    out: &Path,
) -> Result<Value, Failure> {
    let begin = |format: FileFormat| -> Result<Writing<File>, Failure> {
        let file = File::create_new(out.join(format!("{}.{}", table.name(), format.ending())))?;
        Ok(Writing::begin(format, table.columns(), (table.name(), scope.recorded_at), file)?)
    };
    let (mut csv, mut parquet) = (begin(FileFormat::Csv)?, begin(FileFormat::Parquet)?);
    let mut sink = |cells: &[_]| {
        csv.row(cells)?;
        parquet.row(cells)
    };
    interchange::write(conn, (at, scope), table, &mut sink).await?;
    let (file, summary) = csv.finish(|_| Vec::new())?;
    file.sync_all()?;
    let known_at = scope.known_at.to_string();
    let (file, _) = parquet.finish(|_| vec![("known_at", known_at.clone())])?;
    file.sync_all()?;
    Ok(json!({ "name": table.name(), "rows": summary.rows, "sha256_of_csv": summary.sha256_of_csv }))
}
