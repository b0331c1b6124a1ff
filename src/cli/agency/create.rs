//! `agency create`: key → schema → first leaf → register, in that order. Each step finds what an earlier try left, so
//! a creation that was cut short is finished by asking again; only what stands in the register exists.

use serde_json::json;

use crate::cli::commands::{self, Ask, EngineReply, actor, no_agency, refused, unanswered};
use crate::cli::language::say;
use crate::cli::opened::{DatabaseRole, Opened};
use crate::cli::output::{self, Form};
use crate::cli::{Failure, Settings, opened};
use subsidy_core::agencies::{Agency, CreateAgency};
use subsidy_core::book::{Command, Outcome};
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::{AgencyCode, Date, Instant, Line, Role, Subject};
use subsidy_store::db::migrate;
use subsidy_store::db::pool::{Database, DatabaseConfig};
use subsidy_store::engine::fit::register_row;
use subsidy_store::engine::store;
use subsidy_store::engine::store::AgencyRow;
use subsidy_store::engine::{Engine, SubmitError};
use subsidy_store::keys::KeyError;

#[derive(Debug, Clone, clap::Args)]
pub struct CreateArgs {
    /// Its code: 1 to 40 of a-z, 0-9, _
    code: AgencyCode,
    /// Its name
    #[arg(long, value_parser = name)]
    name: Line,
    /// For trying things out: its business date may be set by hand. Never for real money
    #[arg(long)]
    sandbox: bool,
    /// The business date that a sandbox begins at
    #[arg(long, value_name = "YYYY-MM-DD", requires = "sandbox")]
    business_date: Option<Date>,
    /// The time zone of its dates
    #[arg(long, value_name = "IANA_NAME", default_value_t = Zone::default())]
    zone: Zone,
    /// Who is recorded as having made it: an opaque id
    #[arg(long, value_name = "ID", default_value = "operator", value_parser = commands::subject)]
    subject: Subject,
    #[command(flatten)]
    form: Form,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Create {
    /// The first command of its log.
    pub command: CreateAgency,
    pub subject: Subject,
}

/// The blanks around a name are nobody's intention.
fn name(text: &str) -> Result<Line, String> {
    Line::parse(text.trim()).map_err(|_| format!("1 to {} characters in one line", Line::CHARS_MAX))
}

pub(super) async fn run(args: &CreateArgs, settings: &Settings) -> Result<(), Failure> {
    let asked = Create {
        command: CreateAgency {
            code: args.code.clone(),
            name: args.name.clone(),
            zone: args.zone,
            sandbox: args.sandbox,
            business_date: args.business_date,
        },
        subject: args.subject.clone(),
    };
    let row = opened::with(settings, async |opened| {
        opened.ensure_shared().await?;
        let engine = opened.engine().await?;
        let made = create(opened, &engine, asked).await;
        engine.shut_down().await;
        made?.ok_or_else(|| Failure::new(say!("已有机构 {0}", "agency {0} exists", args.code)))
    })
    .await?;
    show(&row, args.form)
}

fn show(row: &AgencyRow, form: Form) -> Result<(), Failure> {
    if form.json {
        return output::json(&json!({
            "code": row.code, "name": row.name, "zone": row.zone, "sandbox": row.sandbox,
            "origin": row.origin, "verifier_key": row.verifier_key,
        }));
    }
    output::pairs(&[
        ("agency", row.code.clone()),
        ("name", row.name.clone()),
        ("zone", row.zone.clone()),
        ("sandbox", row.sandbox.to_string()),
        ("verifier key", row.verifier_key.clone()),
    ])
}

/// Makes the agency; none if it exists.
pub async fn create(
    opened: &Opened<'_>,
    engine: &Engine,
    asked: Create,
) -> Result<Option<AgencyRow>, Failure> {
    let code = asked.command.code.clone();
    if register(engine).await?.iter().any(|row| row.code == code.as_str()) {
        return Ok(None);
    }
    let keys = engine.keys();
    if keys.log_key(&code)?.is_none() && has_begun(engine, &code).await? {
        let path = keys.log_path(&code);
        return Err(KeyError::Missing { path }.into());
    }
    let seed = keys.create_log_key(&code)?;
    migrate::create_agency(&opened.url(DatabaseRole::Owner), &code).await?;
    let agency = begin(engine, &asked).await?;
    let row = register_row(&agency, keys.account_key(), &seed, began(engine, &code).await?)?;
    // the role that serves reads the register and no more
    let owner = Database::connect(DatabaseConfig::new(opened.url(DatabaseRole::Owner))).await?;
    let conn = owner.admin().await?;
    let added = AgencyRow::insert(&conn, std::slice::from_ref(&row)).await;
    added.map_err(Failure::doing(format!("cannot register agency {code}")))?;
    Ok(Some(row))
}

/// Whether an earlier try began the log: its key was made before.
async fn has_begun(engine: &Engine, code: &AgencyCode) -> Result<bool, Failure> {
    let conn = engine.reader(code).await?;
    if store::has_head(&conn).await?.is_none_or(|found| found.count == 0) {
        return Ok(false);
    }
    Ok(store::head(&conn).await?.is_some())
}

async fn began(engine: &Engine, code: &AgencyCode) -> Result<Instant, Failure> {
    let conn = engine.reader(code).await?;
    let first = store::log_between(&conn, 0..1).await?.into_iter().next();
    Ok(Instant::new(first.ok_or_else(|| no_agency(code))?.recorded_at))
}

async fn register(engine: &Engine) -> Result<Vec<AgencyRow>, Failure> {
    let conn = engine.database().admin().await?;
    Ok(store::agencies(&conn).await?)
}

/// The first leaf: the agency as the log has it.
async fn begin(engine: &Engine, asked: &Create) -> Result<Agency, Failure> {
    let code = &asked.command.code;
    let request = serde_json::to_string(&asked.command)?;
    let command = Command::CreateAgency(asked.command.clone());
    let ask = Ask::new(actor(&asked.subject, Role::Operator), format!("agency create {code}"), command);
    match ask.of(engine, code, &request).await {
        Ok(EngineReply::Accepted(outcome)) => match *outcome {
            Outcome::Agency(agency) => Ok(agency),
            _ => Err(Failure::new(say!("日志的第一条不是机构", "the log's first leaf is no agency"))),
        },
        // a try that was cut short had begun the log with other values, or as another subject: they stand
        Ok(EngineReply::Refused { code: refusal, .. }) if refusal == "agency_exists" => {
            begun(engine, code).await
        }
        Err(SubmitError::KeyReused) => begun(engine, code).await,
        Ok(EngineReply::Refused { line, .. }) => Err(refused(&line)),
        Err(error) => Err(unanswered(code)(error)),
    }
}

async fn begun(engine: &Engine, code: &AgencyCode) -> Result<Agency, Failure> {
    let conn = engine.reader(code).await?;
    let head = store::head(&conn).await?.ok_or_else(|| no_agency(code))?.read(code)?;
    let agency = head.agency.ok_or_else(|| no_agency(code))?;
    tracing::warn!(agency = %code, "its creation was cut short once: it is finished with the values it was begun with");
    Ok(agency)
}
