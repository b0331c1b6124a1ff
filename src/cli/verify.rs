//! `verify`: replays every leaf of a ledger and holds the database to it. Exit code 3 and the first bad
//! sequence where something was changed behind the service's back.

use std::io::Write;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::audit::verify::Finding;
use crate::db::pool::Database;
use crate::domain::AgencyCode;
use crate::engine::verify::{Progress, Verdict, Verified, VerifyError, verify};

/// What is verified.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct VerifyArgs {
    /// The agency; all of them without it
    #[arg(long, value_parser = AgencyCode::parse)]
    pub agency: Option<AgencyCode>,
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFailure {
    /// A ledger could not be read to its end.
    #[error("agency {agency} was not verified")]
    Agency {
        /// Which.
        agency: AgencyCode,
        /// Why.
        #[source]
        source: VerifyError,
    },
    /// The agencies could not be listed.
    #[error("the agencies cannot be listed")]
    Agencies(#[source] VerifyError),
    /// The verdict could not be written.
    #[error("the verdict cannot be written")]
    Output(#[from] std::io::Error),
}

/// Verifies one agency or all, in order, each to its end, and says so on `out`. Answers whether all verify. The
/// database is one that an auditor may connect to.
pub async fn run(
    args: &VerifyArgs,
    database: &Database,
    out: &mut (impl Write + Send),
) -> Result<bool, VerifyFailure> {
    let agencies = match &args.agency {
        Some(agency) => vec![agency.clone()],
        None => agencies(database).await.map_err(VerifyFailure::Agencies)?,
    };
    let mut verdicts = Vec::with_capacity(agencies.len());
    for agency in agencies {
        let verdict = with_bar(database, &agency).await;
        let verdict = verdict.map_err(|source| VerifyFailure::Agency { agency: agency.clone(), source })?;
        if !args.json {
            writeln!(out, "{}", line(&agency, &verdict))?;
        }
        verdicts.push((agency, verdict));
    }
    if args.json {
        let all: Vec<Value> = verdicts.iter().map(|(agency, verdict)| object(agency, verdict)).collect();
        writeln!(out, "{:#}", Value::Array(all))?;
    }
    out.flush()?;
    Ok(verdicts.iter().all(|(_, verdict)| matches!(verdict, Verdict::Good(_))))
}

async fn agencies(database: &Database) -> Result<Vec<AgencyCode>, VerifyError> {
    let conn = database.admin().await?;
    let rows = crate::engine::store::agencies(&conn).await?;
    let read = |row: &crate::engine::store::AgencyRow| crate::db::convert::read(&row.code);
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The bar is drawn on standard error, and on a terminal alone.
async fn with_bar(database: &Database, agency: &AgencyCode) -> Result<Verdict, VerifyError> {
    let style = ProgressStyle::with_template("{msg} {bar:40} {human_pos}/{human_len} {per_sec}, {eta} left");
    let bar = ProgressBar::no_length().with_message(format!("agency {agency}"));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let verdict = verify(database, agency, |Progress { done, total }| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    verdict
}

/// A verdict for people.
fn line(agency: &AgencyCode, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Good(Verified { leaves, lines, .. }) => {
            format!("agency {agency}: {lines} lines posted, verified {leaves} entries")
        }
        Verdict::Bad(finding) => format!("agency {agency}: {finding}"),
    }
}

/// A verdict for programs.
fn object(agency: &AgencyCode, verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Good(Verified { leaves, lines, root }) => {
            let root: String = root.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "agency": agency, "verified": true, "entries": leaves, "lines": lines, "root": root })
        }
        Verdict::Bad(finding) => {
            let Finding { sequence, place, stored, replayed } = finding;
            json!({
                "agency": agency, "verified": false, "sequence": sequence, "place": place,
                "stored": stored, "replayed": replayed, "message": finding.to_string(),
            })
        }
    }
}
