//! What is set up before anything is measured: an agency, a programme with a pot that does not run dry,
//! and a voucher for every posting, reviewed and waiting to be issued.

use hyper::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::load::Request;
use super::naive::Naive;
use subsidy_auth::token::Mint;
use subsidy_core::book::{Command, Envelope};
use subsidy_core::domain::{AgencyCode, Role, Subject, canonical};
use subsidy_ledger::cli::agency::{Create, create};
use subsidy_ledger::cli::commands;
use subsidy_ledger::cli::commands::actor;
use subsidy_ledger::cli::opened::{DatabaseRole, Opened};
use subsidy_ledger::cli::{Failure, output, serve};
use subsidy_store::engine::{Answer, Engine, Submission, Work};
use subsidy_store::keys::Keys;

/// Postings before the first measurement.
pub(super) const WARM_UP: usize = 2_000;

/// The agency of a measurement.
pub(super) const AGENCY: &str = "bench";
pub(super) const DAY: &str = "2025-01-02";
const FIRM: &str = "91310000MA1FL0000N";
const CLOUD: &str = "91440300MA5F00011B";

/// All that is set up.
#[derive(Debug)]
pub(super) struct Stage {
    pub token: String,
    pub officer: String,
    /// Vouchers that wait to be issued.
    pub vouchers: Vec<Uuid>,
    pub naive: Naive,
}

/// Sets up so many vouchers.
pub(super) async fn set(opened: &Opened<'_>, vouchers: usize) -> Result<Stage, Failure> {
    let settings = opened.settings();
    let agency = AgencyCode::parse(AGENCY)?;
    let vouchers =
        with_office(opened, &agency, async |office| prepare(opened, office, vouchers).await).await?;
    let keys = Keys::open(&settings.keys_folder())?;
    let mint = Mint::new(keys.token_key())?;
    let issue = |who: &str, role| -> Result<String, Failure> {
        let ttl = chrono::TimeDelta::hours(6);
        Ok(mint.issue(&agency, &actor(&subject(who)?, role), chrono::Utc::now(), ttl)?)
    };
    let (token, officer) = (issue("chen", Role::Approver)?, issue("lin", Role::Officer)?);
    let tools = subsidy_store::db::cluster::tools()?;
    let naive = Naive::set(&tools, &settings.data, opened.url(DatabaseRole::Owner)).await?;
    Ok(Stage { token, officer, vouchers, naive })
}

/// Sets up so many vouchers and issues them all: four leaves each.
pub(super) async fn issued(opened: &Opened<'_>, vouchers: usize) -> Result<(), Failure> {
    let agency = AgencyCode::parse(AGENCY)?;
    with_office(opened, &agency, async |office| {
        let made = prepare(opened, office, vouchers).await?;
        for some in made.chunks(2_000) {
            let issue = |id: &Uuid| command("issue_voucher", &json!({ "id": id }));
            office.ask("chen", Role::Approver, some.iter().map(issue).collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    })
    .await
}

/// An engine for as long as the work takes.
async fn with_office<T>(
    opened: &Opened<'_>,
    agency: &AgencyCode,
    work: impl AsyncFnOnce(&Office<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let engine = serve::start(opened).await?;
    let done = work(&Office { engine: &engine, agency }).await;
    engine.shut_down().await;
    done
}

fn subject(id: &str) -> Result<Subject, Failure> {
    Ok(commands::subject(id)?)
}

/// A command from what its leaf would say.
pub(super) fn command(kind: &str, members: &impl Serialize) -> Result<Command, Failure> {
    let said = canonical::encode(&json!({ kind: members }))?;
    Ok(canonical::decode(&said)?)
}

struct Office<'a> {
    engine: &'a Engine,
    agency: &'a AgencyCode,
}

impl Office<'_> {
    fn submission(&self, who: &str, role: Role, command: Command) -> Result<Submission, Failure> {
        let envelope = Envelope { actor: actor(&subject(who)?, role), if_match: None, command };
        Ok(Submission {
            agency: self.agency.clone(),
            subject: subject(who)?,
            key: rand::random(),
            request: rand::random(),
            request_id: "bench".to_owned(),
            work: Work::One(Box::new(envelope)),
            texts: Vec::new(),
            accounts: Vec::new(),
        })
    }

    /// Asks for all of them; every one must be accepted.
    async fn ask(&self, who: &str, role: Role, commands: Vec<Command>) -> Result<(), Failure> {
        let submissions: Vec<_> =
            commands.into_iter().map(|c| self.submission(who, role, c)).collect::<Result<_, _>>()?;
        for answer in self.engine.submit_each(submissions).await {
            if let Answer::Refused { refusal, .. } = answer? {
                return Err(Failure::new(format!("refused: {refusal}")));
            }
        }
        Ok(())
    }
}

async fn prepare(opened: &Opened<'_>, office: &Office<'_>, vouchers: usize) -> Result<Vec<Uuid>, Failure> {
    let asked = subsidy_core::agencies::CreateAgency {
        code: office.agency.clone(),
        name: subsidy_core::domain::Line::parse("bench")?,
        zone: subsidy_core::domain::dates::Zone::default(),
        sandbox: true,
        business_date: Some(subsidy_core::domain::Date::parse(DAY)?),
    };
    create(opened, office.engine, Create { command: asked, subject: subject("operator")? }).await?;
    let mut organisations = Vec::new();
    for code in [FIRM, CLOUD] {
        let members = json!({
            "credit_code": code, "name": code, "category": "private_enterprise", "startup": false, "related": [],
        });
        organisations.push(command("register_organisation", &members)?);
    }
    office.ask("lin", Role::Officer, organisations).await?;
    programme(office).await?;
    output::note(format_args!("setting up {vouchers} vouchers …"))?;
    let mut made = Vec::with_capacity(vouchers);
    while made.len() < vouchers {
        let many = (vouchers - made.len()).min(2_000);
        made.extend(reviewed(office, many, made.len()).await?);
    }
    Ok(made)
}

/// A programme without caps and a pot that does not run dry.
async fn programme(office: &Office<'_>) -> Result<(), Failure> {
    let proposed = json!({
        "code": "bench", "title": {"zh": "测速", "en": "bench"}, "instrument": "voucher",
        "legal_basis": {"document": "bench"}, "window": {"from": "2024-01-01", "until": "2027-12-31"},
        "rules": {"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": "12"},
    });
    office.ask("lin", Role::Officer, vec![command("propose_programme", &proposed)?]).await?;
    let approved = command("approve_programme", &json!({"code": "bench"}))?;
    office.ask("chen", Role::Approver, vec![approved]).await?;
    let id = Uuid::now_v7();
    let money = json!({
        "id": id, "programme": "bench",
        "request": {"appropriation": {"amount": "900000000000.00", "fiscal_year": "2025", "document": "bench"}},
    });
    office.ask("lin", Role::Officer, vec![command("propose_budget_change", &money)?]).await?;
    let approved =
        command("approve_budget_change", &json!({"id": id, "programme": "bench", "kind": "appropriation"}))?;
    office.ask("chen", Role::Approver, vec![approved]).await
}

/// Vouchers that wait to be issued, each on a contract of its own.
async fn reviewed(office: &Office<'_>, many: usize, from: usize) -> Result<Vec<Uuid>, Failure> {
    let (mut rentals, mut applications, mut reviews, mut ids) = (vec![], vec![], vec![], vec![]);
    for number in from..from + many {
        let (rental, voucher) = (Uuid::now_v7(), Uuid::now_v7());
        let contract = json!({
            "id": rental, "organisation": FIRM, "provider": CLOUD, "contract_no": format!("B-{number}"),
            "signed_on": "2025-01-01", "from": "2025-01-01", "until": "2025-12-31",
            "lines": [{"item": "compute", "amount": "5.00"}],
        });
        rentals.push(command("register_rental", &contract)?);
        let application = json!({"id": voucher, "programme": "bench", "rental": rental});
        applications.push(command("apply_for_voucher", &application)?);
        reviews.push(command("review_voucher", &json!({"id": voucher, "decision": "pass"}))?);
        ids.push(voucher);
    }
    for commands in [rentals, applications, reviews] {
        office.ask("lin", Role::Officer, commands).await?;
    }
    Ok(ids)
}

fn path(voucher: &Uuid) -> String {
    format!("/v1/vouchers/{voucher}/issue")
}

pub(super) fn singly(vouchers: impl Iterator<Item = Uuid>) -> Vec<Request> {
    vouchers.map(|v| Request { path: path(&v), body: Bytes::from_static(b"{}"), postings: 1 }).collect()
}

/// Requests of so many vouchers each.
pub(super) fn in_batches(vouchers: &[Uuid], size: usize) -> Vec<Request> {
    vouchers.chunks(size).map(|chunk| batch(chunk.iter().map(|v| (path(v), json!({}))))).collect()
}

/// One request of many operations, each by itself: their paths and bodies.
pub(super) fn batch(operations: impl Iterator<Item = (String, Value)>) -> Request {
    let operations: Vec<_> = operations
        .map(|(path, body)| {
            let key = Uuid::now_v7().to_string();
            json!({"method": "POST", "path": path, "body": body, "idempotency_key": key})
        })
        .collect();
    let postings = operations.len();
    let body = json!({"mode": "each", "operations": operations}).to_string();
    Request { path: "/v1/batches".to_owned(), body: Bytes::from(body), postings }
}
