//! A year of a large city, made in memory and copied into a schema of its own: vouchers and rental subsidies of many
//! programmes, each paid by four levels, with what goes wrong on the way. The same number of lines makes the same
//! ledger, whenever it is made. Every command is decided as the service decides it, so that the leaves replay.

mod cases;

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::command;
use crate::bulk::Bulk;
use subsidy_core::agencies::{Agency, CreateAgency};
use subsidy_core::book::{Command, Envelope, Outcome};
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::{AgencyCode, CreditCode, Instant, Line, Role};
use subsidy_ledger::cli::commands::{actor, salted, subject};
use subsidy_ledger::cli::opened::{DatabaseRole, Opened};
use subsidy_ledger::cli::{Failure, output};
use subsidy_store::db::copy::Copying;
use subsidy_store::db::migrate;
use subsidy_store::db::target::Target;
use subsidy_store::engine::fit::register_row;
use subsidy_store::engine::store::AgencyRow;
use subsidy_store::keys::Keys;
use subsidy_store::keys::keyed::AnswerKey;

/// Lines that a case comes to, paid: what the number of cases is reckoned from.
const LINES_OF_CASE: u64 = 41;
/// Working days of the year that cases are spread over.
const DAYS: u64 = 220;
/// Seconds of a working day, from 9:00 to 17:00.
const DAY_SECONDS: u64 = 8 * 3_600;
/// Monday the sixth of January 2025, 9:00 in Shanghai.
const FIRST: i64 = 1_736_125_200;
const PROGRAMMES: u64 = 12;
const CLOUDS: u64 = 20;
/// Claims of a payment batch.
const BATCH: usize = 100;
/// Months of a contract that are claimed one by one.
const MONTHS: u64 = 12;

/// Who asks: officers propose and review, the approver approves.
#[derive(Debug, Clone, Copy)]
enum Who {
    Lin,
    Zhao,
    Chen,
}

impl Who {
    fn actor(self) -> Result<subsidy_core::domain::Actor, Failure> {
        let (name, role) = match self {
            Self::Lin => ("lin", Role::Officer),
            Self::Zhao => ("zhao", Role::Officer),
            Self::Chen => ("chen", Role::Approver),
        };
        Ok(actor(&subject(name)?, role))
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct YearSize {
    pub leaves: u64,
    pub lines: u64,
}

struct Year {
    bulk: Bulk,
    cases: u64,
    /// The one that is under way, and how many commands it has had.
    case: u64,
    step: u64,
    ids: u64,
    /// Claims that wait to be paid.
    approved: Vec<Uuid>,
    batches: u64,
    /// The contract whose months are claimed.
    leased: Uuid,
}

/// Makes about so many lines in an agency of their own.
pub(super) async fn make(opened: &Opened<'_>, agency: &AgencyCode, lines: u64) -> Result<YearSize, Failure> {
    let settings = opened.settings();
    opened.ensure_shared().await?;
    let keys = Keys::open_or_make(&settings.keys_folder())?;
    let seed = keys.create_log_key(agency)?;
    let url = opened.url(DatabaseRole::Owner);
    migrate::create_agency(&url, agency).await?;
    let config = settings.database_config(&url);
    let target = Target::parse(&url, config.connect_timeout)?;
    let bulk = Bulk::begin(&target, agency.clone(), AnswerKey::new(keys.account_key())).await?;
    let cases = lines.div_ceil(LINES_OF_CASE).max(24);
    let mut year =
        Year { bulk, cases, case: 0, step: 0, ids: 0, approved: Vec::new(), batches: 0, leased: Uuid::nil() };
    let (agency, began) = year.begin(agency)?;
    for case in 0..cases {
        (year.case, year.step) = (case, 0);
        if case.is_multiple_of(3) {
            year.voucher()?
        } else {
            year.rental()?
        }
        year.beside()?;
        if year.approved.len() >= BATCH {
            year.pay()?;
        }
        year.bulk.settle().await?;
        if case > 0 && case.is_multiple_of(50_000) {
            output::note(format_args!("{} lines …", year.bulk.lines()))?;
        }
    }
    let (leaves, lines) = year.bulk.finish().await?;
    let admin = Copying::plainly(&target).await?;
    let row = register_row(&agency, keys.account_key(), &seed, began)?;
    admin.run("SET search_path = public").await?;
    admin.rows::<AgencyRow, subsidy_store::db::copy::CopyError>([Ok(row)]).await?;
    // what autovacuum does in the background of a ledger that grows by itself
    admin.run("VACUUM ANALYZE").await?;
    Ok(YearSize { leaves, lines })
}

/// Credit codes of the year's organisations: firms of several districts, providers, a bank.
fn code(series: &str, number: u64) -> Result<CreditCode, Failure> {
    CreditCode::from_body(&format!("{series}{number:09}")).map_err(|error| Failure::new(error.to_string()))
}

/// The organisation of a number that applies.
pub(super) fn firm(number: u64) -> Result<CreditCode, Failure> {
    code("91310000", number)
}

fn cloud(number: u64) -> Result<CreditCode, Failure> {
    code("91440300", number)
}

/// CNY with two decimals.
fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// A number that looks like no other, the same for the same place.
const fn mixed(place: u64) -> u64 {
    let once = (place ^ (place >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    twice ^ (twice >> 31)
}

impl Year {
    /// When the command under way is asked for.
    fn now(&self) -> Result<Instant, Failure> {
        let place = u128::from(self.case) * u128::from(DAYS * DAY_SECONDS) * 1_000 / u128::from(self.cases);
        let millis = u64::try_from(place)?;
        let (day, within) = (millis / (DAY_SECONDS * 1_000), millis % (DAY_SECONDS * 1_000));
        let days = day / 5 * 7 + day % 5;
        let since = i64::try_from(days * 86_400_000 + within + self.step)?;
        let at = chrono::DateTime::from_timestamp_millis(FIRST * 1_000 + since);
        Ok(Instant::new(at.ok_or_else(|| Failure::new("no such instant"))?))
    }

    fn today(&self) -> Result<String, Failure> {
        Ok(self.now()?.date_in(Zone::default().tz()).to_string())
    }

    fn id(&mut self) -> Result<Uuid, Failure> {
        self.ids += 1;
        let millis = u64::try_from(self.now()?.utc().timestamp_millis())?;
        let mut random = [0; 10];
        random.iter_mut().zip(mixed(self.ids).to_be_bytes()).for_each(|(place, byte)| *place = byte);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    fn ask(&mut self, who: Who, command: Command) -> Result<(), Failure> {
        self.told(who, command, Vec::new())
    }

    fn told(
        &mut self,
        who: Who,
        command: Command,
        texts: Vec<subsidy_store::engine::NewText>,
    ) -> Result<(), Failure> {
        self.step += 1;
        let at = self.now()?;
        let kind = command.kind();
        let envelope = Envelope { actor: who.actor()?, if_match: None, command };
        let asked = self.bulk.ask(envelope, texts, at);
        asked.map(|_| ()).map_err(|error| Failure::new(format!("{kind}: {error}")))
    }

    fn say(&mut self, who: Who, kind: &str, members: &impl Serialize) -> Result<(), Failure> {
        self.ask(who, command(kind, members)?)
    }

    /// A command that gives a reason in words.
    fn reasoned(&mut self, who: Who, kind: &str, mut members: Value, reason: &str) -> Result<(), Failure> {
        let text = salted(reason);
        if let Some(members) = members.as_object_mut() {
            members.insert("reason".to_owned(), json!(text.hash));
        }
        self.told(who, command(kind, &members)?, vec![text])
    }

    /// The agency, its organisations and its programmes.
    fn begin(&mut self, agency: &AgencyCode) -> Result<(Agency, Instant), Failure> {
        let created = CreateAgency {
            code: agency.clone(),
            name: Line::parse(agency.as_str())?,
            zone: Zone::default(),
            sandbox: false,
            business_date: None,
        };
        let operator = actor(&subject("operator")?, Role::Operator);
        let envelope = Envelope { actor: operator, if_match: None, command: Command::CreateAgency(created) };
        let began = self.now()?;
        let outcome = self.bulk.ask(envelope, Vec::new(), began)?;
        for number in 0..self.firms() {
            let region = ["浦东新区", "徐汇区", "静安区", "临港新片区"].get(usize::try_from(number % 4)?);
            let startup = number.is_multiple_of(5);
            self.organisation(
                firm(number)?,
                &json!({"startup": startup, "region": region, "size": "small"}),
            )?;
        }
        for number in 0..CLOUDS {
            self.organisation(cloud(number)?, &json!({"startup": false}))?;
        }
        self.organisation(code("91330100", 1)?, &json!({"startup": false}))?;
        for number in 0..PROGRAMMES {
            self.programme(&format!("v{number:02}"), "voucher")?;
            self.programme(&format!("r{number:02}"), "rental_subsidy")?;
        }
        match outcome {
            Outcome::Agency(agency) => Ok((agency, began)),
            _ => Err(Failure::new("the log's first leaf is no agency")),
        }
    }

    fn firms(&self) -> u64 {
        (self.cases / 20).clamp(24, 20_000)
    }

    fn organisation(&mut self, code: CreditCode, more: &Value) -> Result<(), Failure> {
        let mut members = json!({
            "credit_code": code, "name": format!("单位 {code}"), "category": "private_enterprise", "related": [],
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            if let Some(members) = members.as_object_mut() {
                members.insert(name.clone(), value.clone());
            }
        }
        self.say(Who::Lin, "register_organisation", &members)
    }

    fn programme(&mut self, code: &str, instrument: &str) -> Result<(), Failure> {
        let mut rules = json!({
            "items": [{"item": "compute", "ratio_percent": "20"}], "stacking": "allow",
            "shares": [{"level": "中央", "percent": "40"}, {"level": "省级", "percent": "30"},
                       {"level": "市级", "percent": "20"}, {"level": "区级", "percent": "10"}],
        });
        if let Some(rules) = rules.as_object_mut().filter(|_| instrument == "voucher") {
            rules.insert("validity_months".to_owned(), json!("12"));
        }
        let proposed = json!({
            "code": code, "title": {"zh": code, "en": code}, "instrument": instrument, "rules": rules,
            "legal_basis": {"document": "测〔2025〕1号"}, "window": {"from": "2023-06-01", "until": "2027-12-31"},
        });
        self.say(Who::Lin, "propose_programme", &proposed)?;
        self.say(Who::Chen, "approve_programme", &json!({"code": code}))?;
        let id = self.id()?;
        let request = json!({"appropriation": {"amount": "90000000000.00", "fiscal_year": "2025", "document": "预1号"}});
        self.say(
            Who::Lin,
            "propose_budget_change",
            &json!({"id": id, "programme": code, "request": request}),
        )?;
        let approved = json!({"id": id, "programme": code, "kind": "appropriation"});
        self.say(Who::Chen, "approve_budget_change", &approved)
    }
}
