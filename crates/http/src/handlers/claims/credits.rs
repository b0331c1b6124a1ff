//! `/rentals/{id}/credits`: what was subsidised of a contract, as credits on its bill: for people as JSON, for cost tools
//! as FOCUS rows.

use std::io::Cursor;

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::handler::{FileReply, ReadRequest, Reply, decode_all};
use crate::handlers::reports::report_response::{Format, read_request_in};
use crate::handlers::usage::find_visible;
use crate::problem::Problem;
use crate::view;
use subsidy_core::claims::ClaimPeriod;
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::{ClaimId, Code, CreditCode, Instant, Line, Money, Month, ProgrammeCode, RentalId};
use subsidy_core::organisations::Organisation;
use subsidy_core::rentals::Rental;
use subsidy_core::rentals::credits::{Credit, credits};
use subsidy_core::usage::charge::CNY;
use subsidy_core::usage::focus::ServiceCategory;
use subsidy_reports::formats::file::FileFormat;
use subsidy_reports::formats::{Cell, Column, FormatError, parquet};
use subsidy_store::claims::{ClaimRow, queries};

/// What a claim takes off a month of the contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditView {
    claim_id: ClaimId,
    programme: ProgrammeCode,
    month: Month,
    /// The claim's days in that month; the last is not counted.
    period: ClaimPeriod,
    /// CNY that was paid or offset and not asked back.
    amount: Money,
}

/// What was subsidised of a contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreditsView {
    rental_id: RentalId,
    contract_no: Line,
    organisation: CreditCode,
    provider: CreditCode,
    /// By month, within it in the order of the claims. A claim's amount is cut at the months of its days, by their
    /// number; a voucher's redemption counts on the first day on which it was paid.
    data: Vec<CreditView>,
    /// CNY of all of them.
    total: Money,
}

/// `GET /rentals/{id}/credits`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let format = match Format::of(&request)? {
        Format::File(FileFormat::Xlsx) => {
            return Err(Problem::new(Code::FormatNotSupported).with("format", "xlsx"));
        }
        format @ (Format::Json | Format::File(_)) => format,
    };
    let asked = read_request_in(&request, Format::Json).await?;
    let rental = find_visible(&request, &asked.conn).await?;
    let rows = queries::of_rental(&asked.conn, rental.id.uuid()).await?;
    let credits = credits(&decode_all(&rows, ClaimRow::read)?)?;
    let Format::File(format) = format else { return Reply::json(&shown(&rental, credits)?) };
    let bill = Bill {
        customer: view::find(&asked.conn, &rental.organisation, |_| true).await?,
        provider: view::find(&asked.conn, &rental.provider, |_| true).await?,
        rental: &rental,
        agency: &asked.at.agency,
        zone: asked.at.zone,
    };
    let bytes = bill.written(&credits, format)?;
    let name = format!("credits-{}.{}", rental.id, format.ending());
    let sha256 = Sha256::digest(&bytes).into();
    Ok(Reply::File(FileReply { name, media_type: format.media_type(), bytes, sha256, sequence: None }))
}

fn shown(rental: &Rental, credits: Vec<Credit>) -> Result<CreditsView, Problem> {
    let total = Money::sum(credits.iter().map(|credit| credit.amount))?;
    let view = |credit: Credit| CreditView {
        claim_id: credit.claim,
        programme: credit.programme,
        month: credit.month,
        period: credit.days,
        amount: credit.amount,
    };
    Ok(CreditsView {
        rental_id: rental.id,
        contract_no: rental.contract_no.clone(),
        organisation: rental.organisation,
        provider: rental.provider,
        data: credits.into_iter().map(view).collect(),
        total,
    })
}

/// The columns that FOCUS 1.2 has in every file, and whose credit it is. The rows are those of one that issues credits and
/// charges nothing: what a price or a quantity would say is null, and so is `InvoiceId`, since no invoice bears a subsidy.
/// `InvoiceIssuerName` is the provider, who invoiced what is subsidised: with another name there FOCUS wants a
/// `BilledCost` of 0. Fixed words are ASCII, which FOCUS's validator asks of every text; names stay as they are.
const COLUMNS: &[Column] = &[
    Column::amounts("BilledCost", 18),
    Column::plain("BillingAccountId", 20),
    Column::plain("BillingAccountName", 30),
    Column::plain("BillingAccountType", 20),
    Column::plain("BillingCurrency", 5),
    Column::instants("BillingPeriodEnd", 20),
    Column::instants("BillingPeriodStart", 20),
    Column::plain("ChargeCategory", 10),
    Column::plain("ChargeClass", 10),
    Column::plain("ChargeDescription", 60),
    Column::plain("ChargeFrequency", 10),
    Column::instants("ChargePeriodEnd", 20),
    Column::instants("ChargePeriodStart", 20),
    Column::amounts("ContractedCost", 18),
    Column::amounts("EffectiveCost", 18),
    Column::plain("InvoiceId", 20),
    Column::plain("InvoiceIssuerName", 30),
    Column::amounts("ListCost", 18),
    Column::amounts("PricingQuantity", 18),
    Column::plain("PricingUnit", 10),
    Column::plain("ProviderName", 30),
    Column::plain("PublisherName", 30),
    Column::plain("ResourceId", 36),
    Column::plain("ServiceCategory", 24),
    Column::plain("ServiceName", 30),
    Column::plain("ServiceSubcategory", 30),
    Column::plain("SkuId", 20),
    Column::plain("SubAccountId", 30),
    Column::plain("x_Agency", 20),
    Column::plain("x_ClaimId", 36),
    Column::plain("x_Programme", 20),
    Column::plain("x_RowId", 46),
];

/// Whose bill the credits are on.
struct Bill<'a> {
    customer: Organisation,
    provider: Organisation,
    rental: &'a Rental,
    agency: &'a str,
    /// The agency's: months begin at its midnights.
    zone: Zone,
}

impl Bill<'_> {
    fn written(&self, credits: &[Credit], format: FileFormat) -> Result<Vec<u8>, FormatError> {
        let rows = credits.iter().map(|credit| self.row(credit));
        if format == FileFormat::Parquet {
            let mut file = parquet::Rows::begin(COLUMNS, Cursor::new(Vec::new()))?;
            for row in rows {
                file.row(&row?)?;
            }
            return Ok(file.finish(&[])?.into_inner());
        }
        // programs read this file: no mark at its beginning, and no cell that is guarded against spreadsheets
        let mut file = csv::Writer::from_writer(Vec::new());
        file.write_record(COLUMNS.iter().map(|column| column.name))?;
        for row in rows {
            file.write_record(row?.iter().map(|cell| match cell {
                Cell::Text(text) => text.clone(),
                Cell::Amount(amount) => amount.to_string(),
                Cell::Count(count) => count.to_string(),
                Cell::Empty => String::new(),
            }))?;
        }
        Ok(file.into_inner().map_err(|error| error.into_error())?)
    }

    /// The cells in the order of the columns.
    fn row(&self, credit: &Credit) -> Result<Vec<Cell>, FormatError> {
        let text = |text: &dyn std::fmt::Display| Cell::Text(text.to_string());
        let amount = Cell::Amount(credit.amount.negated()?);
        let begins = |day| text(&Instant::beginning(day, self.zone.tz()).utc().format("%Y-%m-%dT%H:%M:%SZ"));
        let category = self.service().as_str();
        Ok(vec![
            amount.clone(),
            text(&self.rental.organisation),
            text(&self.customer.name),
            text(&"Customer"),
            text(&CNY),
            begins(credit.month.next().first_day()),
            begins(credit.month.first_day()),
            text(&"Credit"),
            Cell::Empty,
            text(&format!("Compute subsidy: {} {}", credit.programme, self.rental.contract_no)),
            text(&"One-Time"),
            begins(credit.days.until),
            begins(credit.days.from),
            amount.clone(),
            amount.clone(),
            Cell::Empty,
            text(&self.provider.name),
            amount,
            Cell::Empty,
            Cell::Empty,
            text(&self.provider.name),
            text(&self.provider.name),
            text(&self.rental.id),
            text(&category),
            text(&"Compute rental"),
            text(&format!("Other ({category})")),
            Cell::Empty,
            text(&self.rental.contract_no),
            text(&self.agency),
            text(&credit.claim),
            text(&credit.programme),
            text(&format!("{}/{}", credit.claim, credit.month)),
        ])
    }

    /// What the contract is for: its items' category where they are of one, else several.
    fn service(&self) -> ServiceCategory {
        let mut items = self.rental.lines.iter().map(|line| &line.item);
        let one = items.next().filter(|first| items.all(|item| item == *first));
        let is_of = |category: &ServiceCategory| one.is_some_and(|item| item.as_str() == category.item());
        let mut known = ServiceCategory::ALL.iter().copied().filter(|category| category.item() != "other");
        known.find(is_of).unwrap_or(ServiceCategory::Other)
    }
}
