//! A ledger for a test: a database of its own, an engine on it, and what must hold of it at any time.

use std::sync::Arc;

use rust_decimal::Decimal;
use subsidy_core::book::{Command, Envelope};
use subsidy_core::domain::*;
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::policy::{
    Eligibility, ItemRatio, PointsRule, RelatedProvider, ServiceDays, Stacking,
};
use subsidy_core::programmes::*;
use subsidy_core::rentals::RegisterRental;
use subsidy_core::vouchers::{ApplyForVoucher, IssueVoucher, ReviewDecision, ReviewVoucher};
use subsidy_store::db::pool::{Database, DatabaseConfig};
use subsidy_store::engine::{Accepted, Answer, Engine, Submission, SubmitError, Work};
use tokio_postgres::Client;
use uuid::Uuid;

use super::world::{by, date, label, line, organisation, percent, programme, year};
use super::{TestDatabase, agency, keys};

/// What every voucher of [`Ledger::with_vouchers`] is worth: 20 % of 5,000.00.
pub const FACE: &str = "1000.00";

pub struct Ledger {
    pub database: TestDatabase,
    pub engine: Engine,
}

impl Ledger {
    /// An agency without anything in it; its business date is 2025-06-30.
    pub async fn open() -> Self {
        let ledger = Self::unborn().await;
        ledger.accept([create_agency()]).await;
        ledger
    }

    /// A schema without a head.
    pub async fn unborn() -> Self {
        let database = TestDatabase::create().await;
        let engine = engine(&database.url("subsidy_app")).await;
        Self { database, engine }
    }

    /// Another process's engine on the same database.
    pub async fn another_engine(&self) -> Engine {
        engine(&self.database.url("subsidy_app")).await
    }

    /// Submits in order; every command must be accepted.
    pub async fn accept(&self, envelopes: impl IntoIterator<Item = Envelope>) -> Vec<Accepted> {
        let submissions = envelopes.into_iter().map(submission).collect();
        self.engine.submit_each(submissions).await.into_iter().map(accepted).collect()
    }

    /// Vouchers that wait to be issued, each worth [`FACE`] on a contract of its own, and a pot that pays for so
    /// many of them.
    pub async fn with_vouchers(&self, count: usize, fits: usize) -> Vec<VoucherId> {
        let everybody = (0..11).map(register);
        self.accept(everybody.chain(funded_programme(fits))).await;
        let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
        let rentals = ids.iter().zip(0..).map(|(id, number)| rental(RentalId::new(*id), number));
        self.accept(rentals).await;
        let apply = |id: &Uuid| {
            let (id, rental) = (VoucherId::new(*id), RentalId::new(*id));
            by(
                "officer-1",
                Command::ApplyForVoucher(ApplyForVoucher {
                    id,
                    programme: programme(0),
                    rental,
                    other_funding: None,
                }),
            )
        };
        self.accept(ids.iter().map(apply)).await;
        let pass = |id: &Uuid| {
            let (id, decision) = (VoucherId::new(*id), ReviewDecision::Pass);
            by(
                "officer-2",
                Command::ReviewVoucher(ReviewVoucher { id, decision, reason: None, assessment: None }),
            )
        };
        self.accept(ids.iter().map(pass)).await;
        ids.into_iter().map(VoucherId::new).collect()
    }

    /// How many leaves the log has; it is gapless, the head stands at its end, and every balance is the sum of its
    /// postings.
    pub async fn ties(&self) -> usize {
        let client = self.database.client("subsidy_owner").await;
        let log = client
            .query_one("SELECT count(*), coalesce(max(sequence) + 1, 0)::bigint, (SELECT next_sequence FROM head) FROM log", &[])
            .await
            .expect("the log");
        let (count, end, next): (i64, i64, i64) = (log.get(0), log.get(1), log.get(2));
        assert_eq!((count, count), (end, next), "the log is gapless and the head stands at its end");
        for (name, sql) in [
            (
                "balances",
                "SELECT count(*) FROM (
                    SELECT account, programme, CASE WHEN account IN ('F1214', 'F2302') THEN organisation ELSE '' END AS payee,
                           abs(sum(CASE side WHEN 'D' THEN amount ELSE -amount END)) AS amount
                      FROM entries GROUP BY 1, 2, 3) AS e
                   FULL JOIN balances AS b USING (account, programme, payee)
                  WHERE e.amount IS DISTINCT FROM b.amount",
            ),
            (
                "totals",
                "SELECT count(*) FROM (
                    SELECT account, programme, sum(amount) FILTER (WHERE side = 'D') AS debit,
                           sum(amount) FILTER (WHERE side = 'C') AS credit
                      FROM entries GROUP BY account, programme) AS e
                   FULL JOIN (SELECT account, programme, sum(debit) AS debit, sum(credit) AS credit
                                FROM totals GROUP BY account, programme) AS t USING (account, programme)
                  WHERE (coalesce(e.debit, 0), coalesce(e.credit, 0)) IS DISTINCT FROM (t.debit, t.credit)",
            ),
            (
                "answers",
                "SELECT count(*) FROM idempotency AS i LEFT JOIN log AS l USING (sequence)
                  WHERE i.sequence IS NOT NULL AND l.sequence IS NULL",
            ),
        ] {
            let wrong: i64 = client.query_one(sql, &[]).await.expect(name).get(0);
            assert_eq!(wrong, 0, "{name} do not tie");
        }
        usize::try_from(count).expect("a count")
    }

    /// A number that a query answers, as the superuser.
    pub async fn number(&self, sql: &str) -> i64 {
        self.database.client("subsidy_owner").await.query_one(sql, &[]).await.expect(sql).get(0)
    }

    /// The balance of an account of programme 0.
    pub async fn balance(&self, account: &str) -> Decimal {
        let client = self.database.client("subsidy_owner").await;
        let row = client
            .query_opt("SELECT amount::text FROM balances WHERE account = $1", &[&account])
            .await
            .expect("a balance");
        row.map_or(Decimal::ZERO, |row| row.get::<_, String>(0).parse().expect("a decimal"))
    }

    /// Every row of every table with the transaction that wrote it.
    pub async fn everything(&self) -> Vec<(String, String)> {
        let client = self.database.client("subsidy_owner").await;
        let tables = client
            .query(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                  WHERE schemaname IN ('agency_test', 'public') ORDER BY 1",
                &[],
            )
            .await
            .expect("tables");
        let mut all = Vec::new();
        for table in tables {
            let name: String = table.get(0);
            let sql = format!("SELECT t.xmin::text || t.*::text FROM {name} AS t ORDER BY 1");
            let rows = client.query(&sql, &[]).await.expect("rows");
            all.extend(rows.iter().map(|row| (name.clone(), row.get(0))));
        }
        all
    }

    /// Holds the head's lock until the client is given back: the engine's batches wait.
    pub async fn hold_the_head(&self) -> Client {
        let client = self.database.client("subsidy_owner").await;
        client.batch_execute("BEGIN; SELECT FROM head FOR UPDATE").await.expect("the lock");
        client
    }

    /// Returns when a batch waits for the head.
    pub async fn a_batch_waits(&self) {
        let client = self.database.client("subsidy_owner").await;
        let sql =
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..400 {
            if client.query_opt(sql, &[]).await.expect("activity").is_some() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no batch waits for the head");
    }
}

/// An engine with the keys of every test's ledger.
pub async fn engine(url: &str) -> Engine {
    Engine::new(Database::connect(DatabaseConfig::new(url)).await.expect("a database"), Arc::new(keys()))
}

pub fn accepted(answer: Result<Answer, SubmitError>) -> Accepted {
    match answer {
        Ok(Answer::Accepted { first, .. }) => first,
        other => panic!("not accepted: {other:?}"),
    }
}

/// The code of a refusal.
pub fn refused(answer: &Result<Answer, SubmitError>) -> Option<&str> {
    match answer {
        Ok(Answer::Refused { refusal, .. }) => refusal["code"].as_str(),
        _ => None,
    }
}

/// A request of its own, under a key of its own.
pub fn submission(envelope: Envelope) -> Submission {
    Submission {
        agency: agency(),
        subject: envelope.actor.subject.clone(),
        key: rand::random(),
        request: rand::random(),
        request_id: Uuid::now_v7().to_string(),
        work: Work::One(Box::new(envelope)),
        texts: Vec::new(),
        accounts: Vec::new(),
    }
}

/// All or nothing.
pub fn group(subject: &str, members: Vec<Envelope>) -> Submission {
    let actor = super::world::officer(subject);
    let any = submission(by(
        subject,
        Command::OpenGroup(subsidy_core::book::command::OpenGroup { members: 1, as_of: None, days: None }),
    ));
    Submission { work: Work::All { actor, members }, ..any }
}

pub fn create_agency() -> Envelope {
    by(
        "operator",
        Command::CreateAgency(subsidy_core::agencies::CreateAgency {
            code: agency(),
            name: line("试验"),
            zone: subsidy_core::domain::dates::Zone::default(),
            sandbox: true,
            business_date: Some(date("2025-06-30")),
        }),
    )
}

pub fn register(number: u32) -> Envelope {
    register_as(number, &format!("单位{number}"))
}

pub fn register_as(number: u32, name: &str) -> Envelope {
    by(
        "officer-1",
        Command::RegisterOrganisation(Box::new(subsidy_core::organisations::RegisterOrganisation {
            credit_code: organisation(number),
            name: line(name),
            category: subsidy_core::organisations::Category::PrivateEnterprise,
            size: None,
            startup: false,
            region: None,
            controller: None,
            related: Vec::new(),
            bank_account: None,
        })),
    )
}

/// Programme 0 at 20 % with money for so many vouchers.
fn funded_programme(fits: usize) -> [Envelope; 4] {
    let code = programme(0);
    let items = vec![ItemRatio {
        item: label("compute"),
        ratio_percent: Some(percent("20")),
        startup_ratio_percent: None,
        unit_price: None,
        unit: None,
    }];
    let rules = Policy {
        eligibility: Eligibility { related_provider: RelatedProvider::Allow, ..Eligibility::default() },
        items: Some(items),
        validity_months: Some(6),
        stacking: Stacking::Allow.into(),
        service_days: Some(ServiceDays { approval: Some(1), ..ServiceDays::default() }),
        ..Policy::default()
    };
    let proposal = ProposeProgramme {
        code: code.clone(),
        title: Title { zh: line("算力券"), en: line("Compute vouchers") },
        instrument: Instrument::Voucher,
        level: Level::City,
        legal_basis: LegalBasis { document: line("1号"), valid_from: None, valid_until: None },
        window: subsidy_core::domain::dates::Window { from: date("2025-01-01"), until: date("2027-12-31") },
        budget_codes: None,
        rules,
    };
    let id = BudgetChangeId::new(Uuid::now_v7());
    let request = BudgetRequest::Appropriation {
        amount: money::Amount::parse(&format!("{fits}999.99")).expect("an amount"),
        fiscal_year: year(2025),
        document: line("预算1号"),
        source: None,
        budget_codes: None,
        targets: Vec::new(),
        effective_date: None,
    };
    [
        by("officer-1", Command::ProposeProgramme(Box::new(proposal))),
        by("approver-1", Command::ApproveProgramme(ApproveProgramme { code: code.clone() })),
        by(
            "officer-1",
            Command::ProposeBudgetChange(ProposeBudgetChange { id, programme: code.clone(), request }),
        ),
        by(
            "approver-1",
            Command::ApproveBudgetChange(ApproveBudgetChange {
                programme: code,
                kind: BudgetChangeKind::Appropriation,
                id,
            }),
        ),
    ]
}

/// Proposes a programme for interest at so many points, to a day, past whatever reads requests.
pub fn interest_programme(points: &str, until: &str) -> Envelope {
    let max = Points::parse(points).expect("points");
    let rules =
        Policy { points: Some(PointsRule { max: Some(max), ..PointsRule::default() }), ..Policy::default() };
    let proposal = ProposeProgramme {
        code: programme(7),
        title: Title { zh: line("贴息"), en: line("Interest") },
        instrument: Instrument::InterestSubsidy,
        level: Level::City,
        legal_basis: LegalBasis { document: line("1号"), valid_from: None, valid_until: None },
        window: subsidy_core::domain::dates::Window { from: date("2025-01-01"), until: date(until) },
        budget_codes: None,
        rules,
    };
    by("officer-1", Command::ProposeProgramme(Box::new(proposal)))
}

/// A contract of 5,000.00 between one of ten organisations and organisation 10.
fn rental(id: RentalId, number: u32) -> Envelope {
    let amount = money::Amount::parse("5000").expect("an amount");
    by(
        "officer-1",
        Command::RegisterRental(Box::new(RegisterRental {
            id,
            organisation: organisation(number % 10),
            provider: organisation(10),
            contract_no: line(&format!("合同{number}")),
            signed_on: date("2025-06-01"),
            from: date("2025-06-01"),
            until: date("2025-12-31"),
            order_no: None,
            scenario: None,
            lines: vec![SettledLine::new(label("compute"), amount, None)],
        })),
    )
}

pub fn issue(id: VoucherId) -> Envelope {
    by("approver-1", Command::IssueVoucher(IssueVoucher { id, effective_date: None }))
}
