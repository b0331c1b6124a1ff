//! `interest run`: drafts claims for all loans of which a bank confirmed the interest of a period.
//!
//! A claim is for the days of the period that are confirmed without a gap, and says what the bank said. Doing it again
//! drafts nothing twice: a loan with a claim on any of these days is passed over.

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::commands::{self, Ask, EngineReply, actor, fresh_key, unanswered};
use super::language::say;
use super::output::{self, Form};
use super::verify::progress_bar;
use super::{Failure, Settings, opened};
use subsidy_core::book::{Command, Outcome};
use subsidy_core::claims::interest::confirmed_days;
use subsidy_core::claims::{ClaimPeriod, ClaimRequest, InterestTerms, WriteClaim};
use subsidy_core::domain::{AgencyCode, ClaimId, Date, Line, LoanId, Money, ProgrammeCode, Role, Subject};
use subsidy_core::loans::{InterestPeriod, Loan};
use subsidy_store::engine::Engine;
use subsidy_store::loans::LoanRow;
use subsidy_store::loans::queries;

/// How many loans are read at once.
const PAGE: i64 = 500;

/// Interest subsidies.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum InterestCommand {
    /// Draft claims for all loans with confirmed interest
    Run(RunArgs),
}

#[derive(Debug, Clone, clap::Args)]
pub struct RunArgs {
    /// The agency
    #[arg(long, value_name = "CODE", value_parser = AgencyCode::parse)]
    agency: AgencyCode,
    /// The programme that is to pay
    #[arg(long, value_name = "CODE", value_parser = ProgrammeCode::parse)]
    programme: ProgrammeCode,
    /// The days: the first counts, the last does not
    #[arg(long, value_name = "FROM..UNTIL", value_parser = period)]
    period: InterestPeriod,
    /// The officer who drafts: an opaque id, never a name
    #[arg(long, value_name = "ID", value_parser = commands::subject)]
    subject: Subject,
    #[command(flatten)]
    form: Form,
}

fn period(text: &str) -> Result<InterestPeriod, String> {
    let (from, until) = text.split_once("..").ok_or("write it as 2025-01-01..2025-04-01")?;
    let day = |text: &str| Date::parse(text).map_err(|error| error.to_string());
    let period = InterestPeriod { from: day(from)?, until: day(until)? };
    period.check().map_err(|error| error.to_string())?;
    Ok(period)
}

/// What became of a loan.
#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum LoanOutcome {
    Drafted {
        claim_id: ClaimId,
        from: Date,
        until: Date,
        interest_paid: Money,
        amount: Money,
    },
    /// There is a claim on these days.
    Claimed,
    /// Some day between the first that is confirmed and the last is not.
    Gap,
    Refused {
        code: String,
        refusal: String,
        #[serde(skip)]
        line: String,
    },
}

#[derive(Debug, Serialize)]
struct Row {
    loan_id: LoanId,
    loan_no: Line,
    #[serde(flatten)]
    became: LoanOutcome,
}

impl Row {
    fn line(&self) -> String {
        let Self { loan_no, .. } = self;
        match &self.became {
            LoanOutcome::Drafted { claim_id, from, until, interest_paid, amount } => {
                say!(
                    "{loan_no}  已起草 {claim_id}：{amount}，所付利息 {interest_paid}，{from}..{until}",
                    "{loan_no}  drafted {claim_id}: {amount} of {interest_paid}, {from}..{until}"
                )
            }
            LoanOutcome::Claimed => say!("{loan_no}  已有申领", "{loan_no}  claimed already"),
            LoanOutcome::Gap => say!(
                "{loan_no}  首日与末日之间有未经银行确认的日子",
                "{loan_no}  not every day between the first and the last is confirmed"
            ),
            LoanOutcome::Refused { line, .. } => {
                say!("{loan_no}  未起草：{line}", "{loan_no}  refused: {line}")
            }
        }
    }
}

pub async fn run(command: &InterestCommand, settings: &Settings) -> Result<(), Failure> {
    let InterestCommand::Run(args) = command;
    let rows = opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.agency).await?;
        let engine = opened.engine().await?;
        let rows = all(&engine, args).await;
        engine.shut_down().await;
        rows
    })
    .await?;
    show(args, &rows)
}

async fn all(engine: &Engine, args: &RunArgs) -> Result<Vec<Row>, Failure> {
    let bar = progress_bar(say!("项目 {0}", "programme {0}", args.programme));
    let [from, until] = [args.period.from.to_string(), args.period.until.to_string()];
    let (mut rows, mut after) = (Vec::new(), -1);
    loop {
        let page = {
            let conn = engine.reader(&args.agency).await?;
            let query = queries::ConfirmedQuery { after, from: &from, until: &until, limit: PAGE };
            queries::confirmed(&conn, query).await?
        };
        bar.inc_length(u64::try_from(page.len()).unwrap_or(0));
        let Some(last) = page.last() else { break };
        after = last.created;
        for row in &page {
            rows.push(one(engine, args, row).await?);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    Ok(rows)
}

async fn one(engine: &Engine, args: &RunArgs, row: &LoanRow) -> Result<Row, Failure> {
    let loan = row.read().map_err(|error| Failure::new(error.to_string()))?;
    Ok(Row { loan_id: loan.id, loan_no: loan.loan_no.clone(), became: became(engine, args, &loan).await? })
}

async fn became(engine: &Engine, args: &RunArgs, loan: &Loan) -> Result<LoanOutcome, Failure> {
    let confirmed = confirmed_days(loan, args.period).map_err(|error| Failure::new(error.to_string()))?;
    let Some((days, interest_paid)) = confirmed else { return Ok(LoanOutcome::Gap) };
    let [from, until] = [days.from.naive(), days.until.naive()];
    let known = {
        let conn = engine.reader(&args.agency).await?;
        queries::claims_of(&conn, from..until, loan.id.uuid(), args.programme.as_str()).await?
    };
    if known.as_ref().is_some_and(|known| known.open_claims > 0) {
        return Ok(LoanOutcome::Claimed);
    }
    let earlier = known.map_or(0, |known| known.all_claims);
    let terms = InterestTerms {
        period: ClaimPeriod { from: days.from, until: days.until },
        interest_paid,
        penalty_interest: Money::ZERO,
        other_points: None,
    };
    let request = ClaimRequest::InterestSubsidy { programme: args.programme.clone(), loan: loan.id, terms };
    // two runs at once draft one claim; what was refused once is asked anew
    let key = format!("interest run {earlier} {}", serde_json::to_string(&request)?);
    let mut answer = asked(engine, args, key, &request).await?;
    if matches!(answer, LoanOutcome::Refused { .. }) {
        answer = asked(engine, args, fresh_key(), &request).await?;
    }
    Ok(answer)
}

async fn asked(
    engine: &Engine,
    args: &RunArgs,
    key: String,
    request: &ClaimRequest,
) -> Result<LoanOutcome, Failure> {
    let draft = WriteClaim::new(ClaimId::new(Uuid::now_v7()), request.clone());
    let ask = Ask::new(actor(&args.subject, Role::Officer), key, Command::DraftClaim(Box::new(draft)));
    let content = serde_json::to_string(request)?;
    Ok(match ask.of(engine, &args.agency, &content).await.map_err(unanswered(&args.agency))? {
        EngineReply::Refused { code, refusal, line } => LoanOutcome::Refused { code, refusal, line },
        EngineReply::Accepted(outcome) => match *outcome {
            Outcome::Claim { claim, .. } => {
                let terms = claim.subject.interest().ok_or_else(|| other(&claim.id))?;
                let ClaimPeriod { from, until } = terms.period;
                let (claim_id, interest_paid, amount) = (claim.id, terms.interest_paid, claim.amount);
                LoanOutcome::Drafted { claim_id, from, until, interest_paid, amount }
            }
            _ => {
                return Err(Failure::new(say!(
                    "起草后得到的是另一种单据",
                    "a draft was answered with another kind of document"
                )));
            }
        },
    })
}

fn other(claim: &ClaimId) -> Failure {
    Failure::new(say!("申领 {claim} 不是贴息申领", "claim {claim} is not for interest"))
}

fn show(args: &RunArgs, rows: &[Row]) -> Result<(), Failure> {
    let drafted = rows.iter().filter_map(|row| match &row.became {
        LoanOutcome::Drafted { amount, .. } => Some(*amount),
        LoanOutcome::Claimed | LoanOutcome::Gap | LoanOutcome::Refused { .. } => None,
    });
    let count = drafted.clone().count();
    let amount = Money::sum(drafted).map_err(|error| Failure::new(error.to_string()))?;
    let claimed = rows.iter().filter(|row| matches!(row.became, LoanOutcome::Claimed)).count();
    let refused = rows.len() - count - claimed;
    if args.form.json {
        output::json(&json!({
            "programme": args.programme, "period": args.period, "drafted": count, "amount": amount,
            "claimed": claimed, "refused": refused, "loans": rows,
        }))?;
    } else {
        for row in rows {
            output::line(row.line())?;
        }
        output::line(say!(
            "{0} 笔贷款的利息经银行确认：起草 {count} 件，共 {amount}；已有申领 {claimed} 件；未起草 {refused} 件",
            "{0} loans with confirmed interest: {count} drafted, {amount}; {claimed} claimed already; {refused} not",
            rows.len()
        ))?;
    }
    // a repetition finds everything claimed, which is well; whatever else drafts nothing is for somebody to look at
    match (count, refused, rows.is_empty()) {
        (0, _, true) => Err(Failure::new(say!(
            "未起草任何申领：{0} 起、{1} 前的任何一日都没有银行确认的利息",
            "nothing was drafted: no bank confirmed interest of any day from {0} to before {1}",
            args.period.from,
            args.period.until
        ))),
        (0, 1.., _) => Err(Failure::new(say!(
            "未起草任何申领：{refused} 笔贷款未获接受或日期不连续",
            "nothing was drafted: {refused} loans were refused or have gaps"
        ))),
        _ => Ok(()),
    }
}
