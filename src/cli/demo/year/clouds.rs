//! Rentals from three clouds: a billing file of each month, in the form of FOCUS that each has, and claims from what was metered.

use super::super::cases::{FOREIGN_CLOUD, Firm, PROVIDER, RENTING};
use super::super::seed::{actor, of};
use super::firms::{BEIJING, PROVIDERS};
use super::plan::{Bill, Fate, Filing, Plan, Work, claim, turn, workday};
use crate::cli::Failure;
use subsidy_core::book::Command;
use subsidy_core::claims::{ClaimPeriod, ClaimRequest};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    CreditCode, Date, Label, Line, Money, Month, Percent, ProgrammeCode, RentalId, Role,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::reference_rates::LoadReferenceRate;
use subsidy_core::rentals::RegisterRental;

/// A cloud, and how its files look.
struct Cloud {
    provider: &'static str,
    /// As its files have it.
    name: &'static str,
    account: &'static str,
    currency: &'static str,
    /// The names of the columns of provider and publisher: newer files call them otherwise.
    columns: &'static str,
    prefix: &'static str,
    /// Hundredths of a unit of currency for a GPU hour, and the hours of a week.
    price: i64,
    hours: i64,
}

fn clouds() -> [Cloud; 3] {
    let [other, ..] = PROVIDERS;
    [
        Cloud {
            provider: PROVIDER,
            name: "示例京云",
            account: "jy-8823",
            currency: "CNY",
            columns: "ProviderName,PublisherName",
            prefix: "JYDY",
            price: 2_190,
            hours: 2_880,
        },
        Cloud {
            provider: other.code,
            name: "京昌云枢",
            account: "jcys-0417",
            currency: "CNY",
            columns: "ProviderName,PublisherName",
            prefix: "JCDY",
            price: 1_275,
            hours: 3_360,
        },
        Cloud {
            provider: FOREIGN_CLOUD,
            name: "Demo Wu Cloud",
            account: "acct-90",
            currency: "USD",
            columns: "ServiceProviderName,HostProviderName",
            prefix: "WYDY",
            price: 264,
            hours: 1_440,
        },
    ]
}

/// Dollars on the last days of months.
const RATES: [(&str, &str); 5] = [
    ("2024-12-31", "7.1884"),
    ("2025-01-27", "7.1698"),
    ("2025-02-28", "7.1738"),
    ("2025-03-31", "7.1782"),
    ("2025-04-30", "7.2014"),
];

/// The months that are billed, and claimed.
const MONTHS: [&str; 2] = ["2025-01", "2025-05"];

pub(super) fn plan(plan: &mut Plan) -> Result<(), Failure> {
    for (date, percent) in RATES {
        let date = Date::parse(date)?;
        let (name, percent) = (Label::parse("USD/CNY")?, Percent::parse(percent)?);
        let load = Command::LoadReferenceRate(LoadReferenceRate { name, date, percent });
        plan.step(workday(date, 1), format!("rate {date}"), actor(Role::Officer)?, load);
    }
    for (place, cloud) in (0_u64..).zip(&clouds()) {
        for number in 0..2 {
            contract(plan, cloud, turn(&BEIJING, 8 + place * 9 + number * 4)?, number)?;
        }
    }
    Ok(())
}

fn contract(plan: &mut Plan, cloud: &Cloud, firm: &Firm, number: u64) -> Result<(), Failure> {
    let no = format!("{}-20241223-{:02}", cloud.prefix, 7 + number * 5);
    let (signed, from) = (Date::parse("2024-12-23")?, Date::parse("2025-01-01")?);
    let id = RentalId::new(Plan::id(&format!("rental {no}"), signed));
    let total = Amount::parse(if cloud.currency == "USD" { "1200000.00" } else { "3600000.00" })?;
    let register = RegisterRental {
        id,
        organisation: CreditCode::parse(firm.code)?,
        provider: CreditCode::parse(cloud.provider)?,
        contract_no: Line::parse(&no)?,
        signed_on: signed,
        from,
        until: Date::parse("2025-12-31")?,
        order_no: Some(Line::parse(&format!("多云平台订单 20241223-{:04}", 131 + number * 17))?),
        scenario: None,
        lines: vec![SettledLine::new(Label::parse("compute")?, total, Some(Percent::parse("6")?))],
    };
    let enterprise = of(Role::Enterprise, firm.code)?;
    let register = Command::RegisterRental(Box::new(register));
    plan.step(workday(from, 5), format!("rental {no}"), enterprise.clone(), register);
    let [first, last] = MONTHS;
    for (place, month) in (0_u64..).zip(Month::parse(first)?.through(Month::parse(last)?)) {
        let billed = workday(month.next().first_day(), 4 + number);
        let bill = Bill {
            rental: id,
            provider: cloud.provider,
            number: u32::try_from(place + 1)?,
            file: file(cloud, month, number, i64::try_from(place)?),
        };
        plan.work(
            billed,
            format!("bill {no} {month}"),
            of(Role::Provider, cloud.provider)?,
            Work::Bill(bill),
        );
        let key = format!("{no} {month}");
        let request = ClaimRequest::RentalSubsidy {
            programme: ProgrammeCode::parse(RENTING)?,
            rental: id,
            period: ClaimPeriod { from: month.first_day(), until: month.next().first_day() },
            settlement: Vec::new(),
            usage: true,
        };
        let day = workday(billed, 5);
        let fate = if (place + number * 2) % 5 == 3 { Fate::Amended } else { Fate::Paid };
        let write = claim(&key, day, request);
        let amount = Money::from_fen(cloud.price * cloud.hours);
        plan.file(Filing {
            key,
            firm: enterprise.clone(),
            day,
            write,
            fate,
            amount,
            wait: 4,
            assessment: None,
            batched: true,
        })?;
    }
    Ok(())
}

/// A month's file: GPU hours of each week, storage and network.
fn file(cloud: &Cloud, month: Month, number: u64, place: i64) -> String {
    let ids = if cloud.currency == "USD" { "" } else { ",x_RowId,x_CorrectsRowId" };
    let mut file = format!(
        "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
         ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ContractedCost,EffectiveCost,InvoiceIssuerName,ListCost,\
         PricingQuantity,PricingUnit,{},ServiceCategory,ServiceName,ResourceId,SkuId,InvoiceId{ids}\n",
        cloud.columns
    );
    let hours = cloud.hours + place * 96 + i64::try_from(number).unwrap_or(0) * 240;
    let weeks = [("01", "08"), ("08", "15"), ("15", "22"), ("22", "28")];
    let mut rows = Vec::new();
    for ((from, until), week) in weeks.into_iter().zip(0_i64..) {
        let used = hours / 4 + week * 24;
        rows.push((from, until, "Compute", "GPU 小时", used, "Hours", used * cloud.price));
    }
    rows.push((
        "01",
        "28",
        "Storage",
        "对象存储",
        20_480 + place * 512,
        "GB",
        (20_480 + place * 512) * cloud.price / 180,
    ));
    rows.push(("01", "28", "Networking", "公网流量", 1_536, "GB", 1_536 * cloud.price / 60));
    for (row, (from, until, category, name, quantity, unit, fen)) in (1_u64..).zip(rows) {
        let cost = Money::from_fen(fen);
        let id = format!("{}-{month}-{number}-{row}", cloud.account);
        let ids = if cloud.currency == "USD" { String::new() } else { format!(",{id},") };
        file.push_str(&format!(
            "{cost},{account},{currency},{month}-01T00:00:00Z,{next}-01T00:00:00Z,Usage,,{name},{month}-{from}T00:00:00Z,\
             {month}-{until}T00:00:00Z,{cost},{cost},{issuer},{cost},{quantity},{unit},{issuer},{issuer},{category},{name},\
             {account}-{row},sku-{row},{ids}\n",
            account = cloud.account,
            currency = cloud.currency,
            next = month.next(),
            issuer = cloud.name,
        ));
    }
    file
}
