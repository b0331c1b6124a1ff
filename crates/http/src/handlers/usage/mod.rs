//! `/rentals/{id}/usage`: what was used on a contract.

pub mod errors;
pub mod imports;

use serde::Serialize;
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::problem::Problem;
use crate::view;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{Actor, Instant, Label, Money, Month, Percent, RentalId, Role, UsageImportId};
use subsidy_core::rentals::Rental;
use subsidy_core::usage::{IncompleteMonth, Metered, RefusedRows, RentalUsage, UsageTotal, rules};
use subsidy_store::db::convert;
use subsidy_store::db::list::PageQuery;
use subsidy_store::db::pool::Connection;
use subsidy_store::usage::queries;
use subsidy_store::usage::{RentalUsageRow, UsageRowRow};

/// A row that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageRowView {
    import_id: UsageImportId,
    /// Its row in the file, from 1; the header is not counted.
    row: u32,
    /// The provider, as the file names it (ProviderName).
    provider: String,
    /// The account that is billed (BillingAccountId).
    billing_account: String,
    /// The account under it (SubAccountId); null where the file names none.
    sub_account: Option<String>,
    /// What was used (ResourceId); null where the file names none.
    resource: Option<String>,
    /// What is priced (SkuId); null where the file names none.
    sku: Option<String>,
    /// The category of FOCUS, such as `Compute`.
    service_category: String,
    /// The service, as the provider names it (ServiceName).
    service: String,
    /// Where it was used (RegionId); null where the file names none.
    region: Option<String>,
    /// What is charged for: `Usage`, `Purchase`, `Tax`, `Credit` or `Adjustment`.
    charge_category: String,
    /// Whether it corrects an earlier row (ChargeClass).
    correction: bool,
    /// The charge in the provider's words; null where there are none.
    description: Option<String>,
    charge_period_start: Instant,
    /// Not counted.
    charge_period_end: Instant,
    /// How much was used, in `consumed_unit`; null where it is not measured.
    consumed_quantity: Option<String>,
    /// The unit of what was used, such as `Hours`.
    consumed_unit: Option<String>,
    /// The invoice that bills it; null where the file names none.
    invoice_id: Option<String>,
    /// The currency that it is billed in, as ISO 4217 has it.
    currency: String,
    /// As it is billed.
    billed: String,
    /// CNY for one of the currency; none for CNY.
    rate: Option<Percent>,
    /// Exact CNY.
    amount: String,
}

impl UsageRowView {
    fn of(row: &UsageRowRow) -> Result<Self, convert::Unreadable> {
        Ok(Self {
            import_id: UsageImportId::new(row.import),
            row: convert::read_count(row.row)?,
            provider: row.provider.clone(),
            billing_account: row.billing_account.clone(),
            sub_account: row.sub_account.clone(),
            resource: row.resource.clone(),
            sku: row.sku.clone(),
            service_category: row.service_category.clone(),
            service: row.service.clone(),
            region: row.region.clone(),
            charge_category: row.category.clone(),
            correction: row.correction,
            description: row.description.clone(),
            charge_period_start: Instant::new(row.period_start),
            charge_period_end: Instant::new(row.period_end),
            consumed_quantity: row.consumed_quantity.clone(),
            consumed_unit: row.consumed_unit.clone(),
            invoice_id: row.invoice.clone(),
            currency: row.currency.clone(),
            billed: row.billed.clone(),
            rate: row.rate.map(convert::read_percent).transpose()?,
            amount: row.amount.clone(),
        })
    }
}

/// What a month and service category come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageTotalView {
    /// Of the agency's zone.
    month: Month,
    /// The category of FOCUS, such as `Compute`.
    service_category: String,
    /// The item that it is where a programme's `item_map` says nothing else.
    item: Option<Label>,
    /// Exact CNY, corrections netted.
    #[schema(value_type = String)]
    exact: Metered,
    /// The same to the fen.
    amount: Money,
    /// How many rows it is of.
    rows: u32,
}

/// A month of which rows of billing files were refused: what counts of it may be too little or too much.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncompleteMonthView {
    month: Month,
    /// How many rows.
    rows: u32,
}

impl IncompleteMonthView {
    /// The view of what was refused of a month.
    pub fn of(refused: &RefusedRows) -> Self {
        Self { month: refused.month, rows: refused.rows }
    }

    /// The view of what is missing of a contract's month.
    pub fn missing(incomplete: &IncompleteMonth) -> Self {
        Self { month: incomplete.month, rows: incomplete.rows }
    }
}

/// What was used on a contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageView {
    /// A page of the rows that count, in the order of their imports.
    data: Vec<UsageRowView>,
    /// Where the next page begins; null on the last.
    next_cursor: Option<String>,
    /// How many files were imported.
    imports: u32,
    /// CNY of all rows, rounded once.
    billed_total: Money,
    /// The same without rounding.
    #[schema(value_type = String)]
    billed_exact: Metered,
    totals: Vec<UsageTotalView>,
    /// Months of which rows were refused. A claim on one needs an officer's word at its review.
    incomplete: Vec<IncompleteMonthView>,
}

/// A contract that a caller may bring usage of: an officer any, a provider its own.
pub async fn metered(conn: &Connection, actor: &Actor, id: RentalId) -> Result<Rental, Problem> {
    let provides = |rental: &Rental| actor.has(Role::Provider) && actor.organisation == Some(rental.provider);
    view::find(conn, &id, |rental| actor.has(Role::Officer) || provides(rental)).await
}

/// A contract that the caller may see.
pub(super) async fn find_visible(request: &ReadRequest, conn: &Connection) -> Result<Rental, Problem> {
    let visibility = request.visibility();
    let can_see = |rental: &Rental| visibility.can_see(rental.organisation, rental.provider);
    view::find(conn, &request.path.value("id")?, can_see).await
}

/// A place among a contract's rows as a cursor has it: the import's leaf, and the row in it.
const ROW_BITS: u32 = 24;

fn place(created: i64, row: i32) -> i64 {
    created.saturating_mul(1 << ROW_BITS).saturating_add(row.into())
}

fn placed(after: i64) -> (i64, i32) {
    let after = after.max(0);
    (after >> ROW_BITS, i32::try_from(after & ((1 << ROW_BITS) - 1)).unwrap_or(i32::MAX))
}

/// `GET /rentals/{id}/usage`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, conn) = (request.page()?, request.reader().await?);
    let id = find_visible(&request, &conn).await?.id;
    let (after, row) = placed(page.after);
    let places = queries::places(&conn, PageQuery { after, limit: page.rows() }, id.uuid(), row).await?;
    let (places, next_cursor) = page.cut(places, |found| place(found.created, found.row));
    let keys: Vec<_> = places.iter().map(|found| (found.import, found.row)).collect();
    let mut rows = UsageRowRow::by_keys(&conn, &keys).await?;
    rows.sort_by_key(|row| keys.iter().position(|key| *key == (row.import, row.row)));
    let usage = RentalUsageRow::by_keys(&conn, &[id.uuid()]).await?;
    let usage = usage.first().map(RentalUsageRow::read).transpose()?;
    let data = decode_all(&rows, UsageRowView::of)?;
    let view = view(usage, data, next_cursor)?;
    Reply::json(&view)
}

fn view(
    usage: Option<RentalUsage>,
    data: Vec<UsageRowView>,
    next_cursor: Option<String>,
) -> Result<UsageView, OutOfRange> {
    let incomplete =
        usage.iter().flat_map(|usage| &usage.incomplete).map(IncompleteMonthView::missing).collect();
    let (imports, totals) = usage.map(|usage| (usage.imports, usage.totals)).unwrap_or_default();
    let billed_exact = rules::sum(&totals)?;
    let total = |total: &UsageTotal| {
        Ok(UsageTotalView {
            month: total.month,
            service_category: total.service_category.as_str().to_owned(),
            item: rules::item(total.service_category, &[]),
            exact: total.amount,
            amount: total.amount.round()?,
            rows: total.rows,
        })
    };
    let totals = totals.iter().map(total).collect::<Result<_, OutOfRange>>()?;
    let billed_total = billed_exact.round()?;
    Ok(UsageView { data, next_cursor, imports, billed_total, billed_exact, totals, incomplete })
}
