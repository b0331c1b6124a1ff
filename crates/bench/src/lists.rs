//! How long a page of each list takes over HTTP, also where a filter lets little through: the answer is whole, from the
//! request to its last byte.

use std::path::Path;
use std::time::{Duration, Instant};

use super::load::{Target, read};
use super::pages::{self, OpenedPage};
use super::service::Running;
use super::year;
use subsidy_auth::token::Mint;
use subsidy_core::domain::{AgencyCode, Role};
use subsidy_ledger::cli::commands::{actor, subject};
use subsidy_ledger::cli::{Failure, Settings, output};
use subsidy_store::keys::Keys;

/// How often each page is read; the median counts, and the first reading does not.
const TIMES: usize = 5;

/// Pages of the lists over a year's ledger: of all, and of what is rare in it.
const PAGES: &[&str] = &[
    "/v1/organisations",
    "/v1/organisations?status=blocked",
    "/v1/programmes",
    "/v1/programmes/r00/appropriations",
    "/v1/rentals",
    "/v1/rentals?organisation={firm}",
    "/v1/loans",
    "/v1/loans?organisation={firm}",
    "/v1/vouchers",
    "/v1/vouchers?status=suspended",
    "/v1/vouchers?status=expired",
    "/v1/vouchers?status=submitted",
    "/v1/vouchers?programme=v07&status=suspended",
    "/v1/vouchers?organisation={firm}",
    "/v1/vouchers?updated_since={late}",
    "/v1/evidence",
    "/v1/evidence?kind=review",
    "/v1/evidence?organisation={firm}",
    "/v1/evidence?kind=invoice&invoice_number=25310000000000000003",
    "/v1/claims",
    "/v1/claims?status=rejected",
    "/v1/claims?status=withdrawn",
    "/v1/claims?status=approved",
    "/v1/claims?programme=r07&status=returned",
    "/v1/claims?organisation={firm}",
    "/v1/claims?updated_since={late}",
    "/v1/payment-batches",
    "/v1/payment-batches?status=rejected",
    "/v1/recoveries",
    "/v1/recoveries?status=settled",
    "/v1/recoveries?organisation={firm}",
    "/v1/usage/unmatched",
    "/v1/publicity",
    "/v1/tasks",
    "/v1/events",
    "/v1/ledger/transactions",
    "/v1/ledger/transactions?account=F1212",
    "/v1/ledger/transactions?organisation={firm}",
    "/v1/ledger/transactions?programme=v07&account=B1001",
    "/v1/ledger/transactions?document={nothing}",
    "/v1/ledger/transactions?from={late_day}",
    "/v1/ledger/reversals",
    "/v1/periods",
    "/v1/reports/operations?limit=50",
    "/v1/reports/operations?limit=50&kind=propose_recovery",
    "/v1/reports/operations?limit=50&document={nothing}",
];

/// A page, how long it took, and how many documents stood on it.
#[derive(Debug)]
pub(super) struct Page {
    pub path: String,
    pub took: Duration,
    pub documents: usize,
}

/// Reads all lists and the console from a service that is started for it.
pub(super) async fn measure(
    settings: &Settings,
    agency: &AgencyCode,
    data: &Path,
    times: usize,
) -> Result<(Vec<Page>, Vec<OpenedPage>), Failure> {
    let keys = Keys::open(&settings.keys_folder())?;
    let token = |name: &str, role: Role| -> Result<String, Failure> {
        let ttl = chrono::TimeDelta::hours(6);
        Ok(Mint::new(keys.token_key())?.issue(
            agency,
            &actor(&subject(name)?, role),
            chrono::Utc::now(),
            ttl,
        )?)
    };
    let (auditor, officer) = (token("sun", Role::Auditor)?, token("lin", Role::Officer)?);
    let running = Running::start(data).await?;
    let measured = async {
        let target = Target { address: running.address.clone(), token: auditor.clone() };
        let lists = lists(&target).await?;
        output::note("opening pages of the console …")?;
        let mut opened = Vec::new();
        for token in [&auditor, &officer] {
            pages::measure((&running.address, token), times, &mut opened).await?;
        }
        Ok((lists, opened))
    };
    let measured = measured.await;
    running.stop().await?;
    measured
}

async fn lists(target: &Target) -> Result<Vec<Page>, Failure> {
    output::note("reading lists …")?;
    let (firm, mut pages) = (year::firm(13)?, Vec::new());
    for path in PAGES {
        let path = path
            .replace("{firm}", firm.as_str())
            .replace("{late}", "2199-01-01T00:00:00Z")
            .replace("{late_day}", "2199-01-01")
            .replace("{nothing}", "01990000-0000-7000-8000-000000000000");
        pages.push(page(target, path).await?);
    }
    Ok(pages)
}

async fn page(target: &Target, path: String) -> Result<Page, Failure> {
    let (mut took, mut documents) = (Vec::with_capacity(TIMES), 0);
    for time in 0..=TIMES {
        let began = Instant::now();
        let body = read(target, &path).await.map_err(Failure::Failed)?;
        if time > 0 {
            took.push(began.elapsed());
        }
        let found: serde_json::Value = serde_json::from_slice(&body)?;
        let rows = ["data", "rows"].into_iter().find_map(|name| found.get(name)?.as_array());
        documents = rows.map_or(0, Vec::len);
    }
    took.sort_unstable();
    Ok(Page { path, took: took.get(TIMES / 2).copied().unwrap_or_default(), documents })
}
