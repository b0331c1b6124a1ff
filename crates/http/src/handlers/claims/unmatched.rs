//! `/usage/unmatched`, `/invoices/unmatched`: usage that no claim is for, and invoices that claims take of and no usage
//! names. A provider sees its own: what it delivered and nobody claims, and what it billed and did not meter.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use strum::VariantArray;
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::claims::reconciliation::{MonthView, Papers, invoices, uses};
use crate::problem::Problem;
use subsidy_core::claims::matching::{InvoiceMatch, MatchingFacts, matched, redeemed};
use subsidy_core::claims::{Claim, ClaimStatus, backing};
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{ClaimId, CreditCode, Line, Money, RentalId};
use subsidy_core::rentals::Rental;
use subsidy_core::rentals::allocations::ContractAllocations;
use subsidy_core::usage::{Metered, RentalUsage};
use subsidy_store::claims::ClaimRow;
use subsidy_store::claims::queries;
use subsidy_store::db::pool::Connection;
use subsidy_store::rentals::queries as rentals;
use subsidy_store::usage::RentalUsageRow;
use subsidy_store::usage::queries as usage;

/// The claims on each contract and on its vouchers.
async fn claims(
    conn: &Connection,
    rentals: &[uuid::Uuid],
) -> Result<BTreeMap<RentalId, Vec<Claim>>, Problem> {
    let places = queries::of_rentals(conn, rentals).await?;
    let ids: Vec<_> = places.iter().map(|place| place.id).collect();
    let rows = ClaimRow::by_keys(conn, &ids).await?;
    let known: BTreeMap<ClaimId, Claim> =
        decode_all(&rows, ClaimRow::read)?.into_iter().map(|claim| (claim.id, claim)).collect();
    let mut found: BTreeMap<RentalId, Vec<Claim>> = BTreeMap::new();
    for place in places {
        let claim = known.get(&ClaimId::new(place.id)).cloned();
        found.entry(RentalId::new(place.rental)).or_default().extend(claim);
    }
    Ok(found)
}

/// Usage that no claim is for.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmatchedView {
    rental_id: RentalId,
    contract_no: Line,
    organisation: CreditCode,
    provider: CreditCode,
    /// The months of which something is left.
    months: Vec<MonthView>,
    /// CNY of these months, rounded once.
    metered: Money,
    /// CNY of them that no claim is for and no redemption of a voucher settles.
    unclaimed: Money,
}

/// `GET /usage/unmatched`: contracts with usage that no claim is for, a page of contracts with usage at a time.
pub async fn unmatched(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, visibility) = (request.page()?, request.visibility());
    let conn = request.reader().await?;
    let rows = rentals::metered(&conn, page.query(), visibility.parties(), visibility.all).await;
    let (rows, next) = page.cut(rows?, |row| row.created);
    let found = decode_all(&rows, subsidy_store::rentals::RentalRow::read)?;
    let ids: Vec<RentalId> = found.iter().map(|rental| rental.id).collect();
    let keys: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
    let usage = RentalUsageRow::by_keys(&conn, &keys).await?;
    let usage: BTreeMap<RentalId, RentalUsage> =
        decode_all(&usage, RentalUsageRow::read)?.into_iter().map(|usage| (usage.rental, usage)).collect();
    let (mut uses, mut claims) = (uses(&conn, &ids).await?, claims(&conn, &keys).await?);
    let views = found.iter().map(|rental| {
        let (uses, claims) = (uses.remove(&rental.id), claims.remove(&rental.id));
        left(rental, usage.get(&rental.id), &uses.unwrap_or_default(), &claims.unwrap_or_default())
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    Reply::list((views.into_iter().filter(|view| !view.months.is_empty()).collect(), next))
}

fn left(
    rental: &Rental,
    usage: Option<&RentalUsage>,
    uses: &ContractAllocations,
    claims: &[Claim],
) -> Result<UnmatchedView, OutOfRange> {
    let (metered, invoices) = (BTreeMap::new(), BTreeMap::new());
    let redeemed = redeemed(claims)?;
    let known = MatchingFacts { rental, usage, metered, invoices, claims: &[], uses, redeemed };
    let months: Vec<_> =
        matched(&known)?.months.into_iter().filter(|month| !month.unclaimed.is_zero()).collect();
    let sum = months.iter().try_fold(Metered::default(), |sum, one| sum.plus(one.metered))?;
    Ok(UnmatchedView {
        rental_id: rental.id,
        contract_no: rental.contract_no.clone(),
        organisation: rental.organisation,
        provider: rental.provider,
        metered: sum.round()?,
        unclaimed: Money::sum(months.iter().map(|month| month.unclaimed))?,
        months: months.iter().map(MonthView::of).collect::<Result<_, _>>()?,
    })
}

/// An invoice that no usage names.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmeteredInvoiceView {
    /// The number of the invoice, with its code before a hyphen where it has one.
    invoice: String,
    /// CNY; null where nobody said its amount.
    amount: Option<Money>,
    /// CNY that claims on the contract take of it.
    claimed: Money,
}

/// Invoices that claims take of and no usage names.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmeteredView {
    rental_id: RentalId,
    contract_no: Line,
    organisation: CreditCode,
    provider: CreditCode,
    /// Whether any usage of the contract was imported.
    metered: bool,
    invoices: Vec<UnmeteredInvoiceView>,
    /// CNY that claims on the contract take of them.
    claimed: Money,
}

/// `GET /invoices/unmatched`: contracts with invoices that claims take of and no usage names, a page of contracts with
/// invoices at a time.
pub async fn unmetered(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, visibility) = (request.page()?, request.visibility());
    let holding = ClaimStatus::VARIANTS.iter().filter(|status| backing::holds(**status));
    let holding: Vec<_> = holding.map(|status| status.into_str().to_owned()).collect();
    let conn = request.reader().await?;
    let rows = rentals::invoiced(&conn, page.query(), visibility.parties(), visibility.all, &holding).await;
    let (rows, next) = page.cut(rows?, |row| row.created);
    let found = decode_all(&rows, subsidy_store::rentals::RentalRow::read)?;
    let keys: Vec<_> = found.iter().map(|rental| rental.id.uuid()).collect();
    let mut names: BTreeMap<RentalId, BTreeMap<String, Metered>> = BTreeMap::new();
    for row in usage::named_of(&conn, &keys).await? {
        names.entry(RentalId::new(row.rental)).or_default().insert(row.invoice, Metered::default());
    }
    let metered = RentalUsageRow::by_keys(&conn, &keys).await?;
    let metered: BTreeSet<_> = metered.iter().map(|row| RentalId::new(row.rental)).collect();
    let (nothing, none, claims) = (BTreeMap::new(), Vec::new(), claims(&conn, &keys).await?);
    let papers: Vec<Papers<'_>> = found
        .iter()
        .map(|rental| {
            let (names, claims) = (names.get(&rental.id), claims.get(&rental.id));
            (rental.organisation, names.unwrap_or(&nothing), claims.unwrap_or(&none).as_slice())
        })
        .collect();
    let known = invoices(&conn, &papers).await?;
    let mut views = Vec::new();
    for ((rental, (_, names, claims)), invoices) in found.iter().zip(papers).zip(known) {
        let (uses, redeemed) = (ContractAllocations::default(), Money::ZERO);
        let known = MatchingFacts {
            rental,
            usage: None,
            metered: names.clone(),
            invoices,
            claims,
            uses: &uses,
            redeemed,
        };
        let invoices = matched(&known)?.invoices;
        views.push(unnamed(rental, metered.contains(&rental.id), &invoices)?);
    }
    Reply::list((views.into_iter().filter(|view| !view.invoices.is_empty()).collect(), next))
}

fn unnamed(rental: &Rental, metered: bool, invoices: &[InvoiceMatch]) -> Result<UnmeteredView, OutOfRange> {
    let unnamed = || invoices.iter().filter(|one| one.metered.is_none() && one.claimed.is_positive());
    let view = |one: &InvoiceMatch| UnmeteredInvoiceView {
        invoice: one.invoice.clone(),
        amount: one.amount,
        claimed: one.claimed,
    };
    Ok(UnmeteredView {
        rental_id: rental.id,
        contract_no: rental.contract_no.clone(),
        organisation: rental.organisation,
        provider: rental.provider,
        metered,
        invoices: unnamed().map(view).collect(),
        claimed: Money::sum(unnamed().map(|one| one.claimed))?,
    })
}
