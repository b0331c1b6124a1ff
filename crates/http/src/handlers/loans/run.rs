//! `/loans/interest-run`: for which loans a bank confirmed interest of some days, and which of them a claim is for.
//! Whoever claims for all that are open sends the drafts as one batch.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::problem::Problem;
use crate::view;
use subsidy_core::claims::ClaimStatus;
use subsidy_core::claims::interest::confirmed_days;
use subsidy_core::domain::{ClaimId, Code, CreditCode, Date, Line, LoanId, Money, ProgrammeCode};
use subsidy_core::loans::{InterestPeriod, Loan};
use subsidy_core::programmes::calculation::CalculationError;
use subsidy_core::programmes::rules::usable;
use subsidy_core::programmes::{Instrument, Programme};
use subsidy_store::db::convert;
use subsidy_store::db::pool::Connection;
use subsidy_store::loans::LoanRow;
use subsidy_store::loans::queries::{ClaimOnDaysRow, ConfirmedQuery, claims_on, confirmed};

/// What a run does with a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterestRunState {
    /// Its days are confirmed without a gap, and no claim is for any of them.
    Open,
    /// A claim under this programme is for some of them.
    Claimed,
    /// Its days are confirmed without a gap, and claims under other programmes alone are for some of them: this one may pay
    /// only where each suffers the other beside it.
    ClaimedElsewhere,
    /// A day between the first that is confirmed and the last is not.
    Gap,
}

/// A claim for some of the days.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterestRunClaim {
    claim_id: ClaimId,
    programme: ProgrammeCode,
    status: ClaimStatus,
    from: Date,
    /// The day after the last.
    until: Date,
    amount: Money,
}

/// A loan of which a bank confirmed interest in the period.
#[derive(Debug, Serialize, ToSchema)]
pub struct InterestRunView {
    loan_id: LoanId,
    loan_no: Line,
    organisation: CreditCode,
    bank: CreditCode,
    state: InterestRunState,
    /// The days of the period that are confirmed, as a claim would name them; none where there is a gap.
    period: Option<InterestPeriod>,
    /// CNY of ordinary interest that the bank confirmed for these days.
    interest_paid: Option<Money>,
    /// Claims that count, or may yet, under whichever programme, oldest first.
    claims: Vec<InterestRunClaim>,
}

/// `GET /loans/interest-run?programme=&from=&until=`
pub async fn show(request: ReadRequest) -> Result<Reply, Problem> {
    let page = request.page()?;
    let missing = |name: &str| Problem::new(Code::InvalidQuery).with("parameter", name);
    let day = |name: &str| request.query.value::<Date>(name)?.ok_or_else(|| missing(name));
    let period = InterestPeriod { from: day("from")?, until: day("until")? };
    period.check().map_err(|_| missing("until"))?;
    let code = request.query.value::<ProgrammeCode>("programme")?.ok_or_else(|| missing("programme"))?;
    let conn = request.reader().await?;
    let programme: Programme = view::find(&conn, &code, |_| true).await?;
    usable(&programme, Instrument::InterestSubsidy).map_err(Problem::refusal)?;
    let [from, until] = [period.from.to_string(), period.until.to_string()];
    let query = ConfirmedQuery { after: page.after, from: &from, until: &until, limit: page.rows() };
    let (rows, next) = page.cut(confirmed(&conn, query).await?, |row| row.created);
    let loans = decode_all(&rows, LoanRow::read)?;
    let mut claims = claims(&conn, &loans, period).await?;
    let views =
        loans.iter().map(|loan| view(loan, (&code, period), claims.remove(&loan.id).unwrap_or_default()));
    Reply::list((views.collect::<Result<Vec<_>, _>>()?, next))
}

async fn claims(
    conn: &Connection,
    loans: &[Loan],
    period: InterestPeriod,
) -> Result<BTreeMap<LoanId, Vec<InterestRunClaim>>, Problem> {
    let ids: Vec<Uuid> = loans.iter().map(|loan| loan.id.uuid()).collect();
    let days = period.from.naive()..period.until.naive();
    let mut found: BTreeMap<LoanId, Vec<InterestRunClaim>> = BTreeMap::new();
    for row in claims_on(conn, days, &ids).await? {
        let loan = LoanId::new(row.loan);
        found.entry(loan).or_default().push(claim(&row)?);
    }
    Ok(found)
}

fn claim(row: &ClaimOnDaysRow) -> Result<InterestRunClaim, Problem> {
    Ok(InterestRunClaim {
        claim_id: ClaimId::new(row.id),
        programme: convert::read(&row.programme)?,
        status: convert::read(&row.status)?,
        from: Date::from_naive(row.period_from),
        until: Date::from_naive(row.period_until),
        amount: convert::money(row.amount)?,
    })
}

fn view(
    loan: &Loan,
    (programme, period): (&ProgrammeCode, InterestPeriod),
    mut claims: Vec<InterestRunClaim>,
) -> Result<InterestRunView, Problem> {
    let confirmed = confirmed_days(loan, period);
    let confirmed = confirmed.map_err(|_| Problem::refusal(CalculationError::AmountOutOfRange))?;
    if let Some((days, _)) = confirmed {
        claims.retain(|claim| claim.from < days.until && claim.until > days.from);
    }
    let state = match &confirmed {
        _ if claims.iter().any(|claim| claim.programme == *programme) => InterestRunState::Claimed,
        None => InterestRunState::Gap,
        Some(_) if claims.is_empty() => InterestRunState::Open,
        Some(_) => InterestRunState::ClaimedElsewhere,
    };
    Ok(InterestRunView {
        loan_id: loan.id,
        loan_no: loan.loan_no.clone(),
        organisation: loan.organisation,
        bank: loan.bank,
        state,
        period: confirmed.map(|(days, _)| days),
        interest_paid: confirmed.map(|(_, paid)| paid),
        claims,
    })
}
