//! `/rentals/{id}/reconciliation`: what was contracted, metered, invoiced, claimed and paid.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::evidence;
use crate::handlers::usage::{IncompleteMonthView, find_visible};
use crate::problem::Problem;
use subsidy_core::claims::matching::{
    ClaimMatch, Difference, InvoiceMatch, Matching, MatchingFacts, MonthMatch, matched, redeemed,
};
use subsidy_core::claims::{Claim, ClaimPeriod, ClaimStatus};
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{ClaimId, CreditCode, InvoiceNumber, Line, Money, Month, ProgrammeCode, RentalId};
use subsidy_core::evidence::{Invoice, InvoiceKey};
use subsidy_core::rentals::Rental;
use subsidy_core::rentals::allocations::ContractAllocations;
use subsidy_core::usage::{Metered, RentalUsage};
use subsidy_store::claims::ClaimRow;
use subsidy_store::claims::queries;
use subsidy_store::db::pool::Connection;
use subsidy_store::rentals::allocations::{ContractAllocationRow, uses_of};
use subsidy_store::usage::RentalUsageRow;
use subsidy_store::usage::queries as usage;

/// The most invoices that rows of a contract are shown by.
const INVOICES_MAX: i64 = 10_000;

/// A month's usage, and who claims it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MonthView {
    /// Of the agency's zone.
    month: Month,
    /// CNY.
    metered: Money,
    /// The same without rounding.
    #[schema(value_type = String)]
    metered_exact: Metered,
    /// The claims that count and are for it.
    claims: Vec<ClaimId>,
    /// CNY of it that no claim is for and no redemption of a voucher settles.
    unclaimed: Money,
}

/// An invoice, and what rows come to under it.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceMatchView {
    /// The number of the invoice, with its code before a hyphen where it has one.
    invoice: String,
    /// CNY; null where nobody brought it or said its amount.
    amount: Option<Money>,
    /// CNY; null where no row names it.
    metered: Option<Money>,
    /// The same without rounding; null where no row names it.
    #[schema(value_type = Option<String>)]
    metered_exact: Option<Metered>,
    /// metered less amount, where both are there.
    difference: Option<Money>,
    /// CNY that claims on the contract take of it.
    claimed: Money,
}

/// A claim, and what documents show of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimMatchView {
    claim_id: ClaimId,
    programme: ProgrammeCode,
    status: ClaimStatus,
    period: Option<ClaimPeriod>,
    /// CNY, ineligible items included.
    settled: Money,
    /// CNY; null where it names no invoice.
    invoiced: Option<Money>,
    /// CNY of its months; null where nothing was metered.
    metered: Option<Money>,
    /// CNY of what it settles that documents show.
    documented: Money,
    /// CNY, its newest sheet's.
    amount: Money,
    approved: Money,
    /// CNY that was paid or offset and is not asked back by a recalculation.
    paid: Money,
}

/// Something that does not match.
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    /// `invoice_missing`, `invoice_not_metered`, `invoice_differs`, `usage_not_claimed`, `redeemed_beyond_usage`,
    /// `usage_replaced`, `not_documented`, `not_paid`, `beyond_contract`.
    #[schema(value_type = String)]
    code: subsidy_core::claims::matching::DifferenceCode,
    /// Which invoice, month or claim.
    of: Option<String>,
    amount: Money,
}

/// Sums of a contract, CNY.
#[derive(Debug, Serialize, ToSchema)]
pub struct SumsView {
    contract: Money,
    metered: Money,
    /// Of the invoices that are known.
    invoiced: Money,
    approved: Money,
    paid: Money,
}

/// A contract's figures side by side.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationView {
    rental_id: RentalId,
    organisation: CreditCode,
    provider: CreditCode,
    contract_no: Line,
    sums: SumsView,
    months: Vec<MonthView>,
    invoices: Vec<InvoiceMatchView>,
    claims: Vec<ClaimMatchView>,
    differences: Vec<DifferenceView>,
    /// Months of which rows of billing files were refused.
    incomplete: Vec<IncompleteMonthView>,
}

impl MonthView {
    /// The view of a month.
    pub(super) fn of(month: &MonthMatch) -> Result<Self, OutOfRange> {
        Ok(Self {
            month: month.month,
            metered: month.metered.round()?,
            metered_exact: month.metered,
            claims: month.claims.clone(),
            unclaimed: month.unclaimed,
        })
    }
}

impl InvoiceMatchView {
    fn of(one: &InvoiceMatch) -> Result<Self, OutOfRange> {
        let metered = one.metered.map(Metered::round).transpose()?;
        let difference =
            metered.zip(one.amount).map(|(metered, amount)| metered.minus(amount)).transpose()?;
        Ok(Self {
            invoice: one.invoice.clone(),
            amount: one.amount,
            metered,
            metered_exact: one.metered,
            difference,
            claimed: one.claimed,
        })
    }
}

impl ClaimMatchView {
    fn of(found: &ClaimMatch<'_>) -> Self {
        Self {
            claim_id: found.claim.id,
            programme: found.claim.programme.clone(),
            status: found.claim.status,
            period: found.claim.subject.period(),
            settled: found.settled,
            invoiced: found.invoiced,
            metered: found.metered,
            documented: found.documented,
            amount: found.claim.amount,
            approved: found.approved,
            paid: found.paid,
        }
    }
}

impl ReconciliationView {
    fn of(rental: &Rental, usage: Option<&RentalUsage>, found: &Matching<'_>) -> Result<Self, OutOfRange> {
        let metered = found.months.iter().try_fold(Metered::default(), |sum, one| sum.plus(one.metered))?;
        let difference =
            |one: &Difference| DifferenceView { code: one.code, of: one.of.clone(), amount: one.amount };
        Ok(Self {
            rental_id: rental.id,
            organisation: rental.organisation,
            provider: rental.provider,
            contract_no: rental.contract_no.clone(),
            sums: SumsView {
                contract: rental.total,
                metered: metered.round()?,
                invoiced: Money::sum(found.invoices.iter().filter_map(|one| one.amount))?,
                approved: Money::sum(found.claims.iter().map(|one| one.approved))?,
                paid: Money::sum(found.claims.iter().map(|one| one.paid))?,
            },
            months: found.months.iter().map(MonthView::of).collect::<Result<_, _>>()?,
            invoices: found.invoices.iter().map(InvoiceMatchView::of).collect::<Result<_, _>>()?,
            claims: found.claims.iter().map(ClaimMatchView::of).collect(),
            differences: found.differences.iter().map(difference).collect(),
            incomplete: usage
                .iter()
                .flat_map(|usage| &usage.incomplete)
                .map(IncompleteMonthView::missing)
                .collect(),
        })
    }
}

/// `GET /rentals/{id}/reconciliation`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let rental = find_visible(&request, &conn).await?;
    let id = rental.id;
    let rows = queries::of_rental(&conn, id.uuid()).await?;
    let claims = decode_all(&rows, ClaimRow::read)?;
    let metered = metered(&conn, id).await?;
    let (usage, uses) = (used(&conn, id).await?, uses(&conn, &[id]).await?.remove(&id).unwrap_or_default());
    let invoices = invoices(&conn, &[(rental.organisation, &metered, &claims)]).await?;
    let known = MatchingFacts {
        rental: &rental,
        usage: usage.as_ref(),
        invoices: invoices.into_iter().next().unwrap_or_default(),
        metered,
        claims: &claims,
        uses: &uses,
        redeemed: redeemed(&claims)?,
    };
    let found = matched(&known)?;
    Reply::json(&ReconciliationView::of(&rental, usage.as_ref(), &found)?)
}

async fn used(conn: &Connection, id: RentalId) -> Result<Option<RentalUsage>, Problem> {
    let rows = RentalUsageRow::by_keys(conn, &[id.uuid()]).await?;
    rows.first().map(RentalUsageRow::read).transpose().map_err(Problem::from)
}

async fn metered(conn: &Connection, id: RentalId) -> Result<BTreeMap<String, Metered>, Problem> {
    let rows = usage::by_invoice(conn, id.uuid(), INVOICES_MAX).await?;
    let read = |row: &usage::InvoiceSumRow| Ok((row.invoice.clone(), row.read()?));
    Ok(decode_all(&rows, read)?.into_iter().collect())
}

/// What invoices of a contract are called: those that claims take, and those that rows name, by the row's own word.
fn named(metered: &BTreeMap<String, Metered>, claims: &[Claim]) -> BTreeMap<InvoiceNumber, String> {
    let mut names: BTreeMap<InvoiceNumber, String> = BTreeMap::new();
    for taken in claims.iter().flat_map(|claim| &claim.invoices) {
        names.insert(taken.invoice.clone(), taken.invoice.to_string());
    }
    for name in metered.keys() {
        let bare = names.keys().find(|known| known.number() == name).cloned();
        let coded =
            name.split_once('-').and_then(|(code, number)| InvoiceNumber::parse(Some(code), number).ok());
        let number = bare.or_else(|| InvoiceNumber::parse(None, name).ok()).or(coded);
        names.extend(number.map(|number| (number, name.clone())));
    }
    names
}

/// A contract's organisation, what rows name, and the claims on the contract.
pub(super) type Papers<'a> = (CreditCode, &'a BTreeMap<String, Metered>, &'a [Claim]);

/// The invoices that rows name or claims take, contract by contract, as far as its organisation brought them.
pub(super) async fn invoices(
    conn: &Connection,
    contracts: &[Papers<'_>],
) -> Result<Vec<BTreeMap<String, Invoice>>, Problem> {
    let names: Vec<_> = contracts.iter().map(|(_, metered, claims)| named(metered, claims)).collect();
    let key = |organisation: CreditCode, number: &InvoiceNumber| InvoiceKey {
        organisation,
        number: number.clone(),
    };
    let keys = contracts
        .iter()
        .zip(&names)
        .flat_map(|((organisation, ..), names)| names.keys().map(move |number| key(*organisation, number)));
    let known = evidence::invoices(conn, keys).await?;
    let brought = |(organisation, names): (CreditCode, BTreeMap<InvoiceNumber, String>)| {
        let one = |(number, name)| known.get(&key(organisation, &number)).map(|one| (name, one.clone()));
        names.into_iter().filter_map(one).collect()
    };
    Ok(contracts.iter().map(|(organisation, ..)| *organisation).zip(names).map(brought).collect())
}

/// What rests on each contract.
pub(super) async fn uses(
    conn: &Connection,
    rentals: &[RentalId],
) -> Result<BTreeMap<RentalId, ContractAllocations>, Problem> {
    let ids: Vec<_> = rentals.iter().map(|id| id.uuid()).collect();
    let rows = uses_of(conn, &ids).await?;
    let mut found: BTreeMap<RentalId, ContractAllocations> = BTreeMap::new();
    for (rental, user, one) in decode_all(&rows, ContractAllocationRow::read)? {
        found.entry(rental).or_default().insert(user, one);
    }
    Ok(found)
}
