//! Rows of a billing file on their way into the database: converted, told apart, and what is wrong with the others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;
use tokio::sync::mpsc::Receiver;

use super::error::IntakeError;
use super::limits::{CHUNK, ERRORS_KEPT_MAX};
use super::metered::ErrorsDigest;
use subsidy_core::domain::{AgencyCode, ContentHash, Date, Instant, Label, Month, RentalId, UsageImportId};
use subsidy_core::reference_rates::ReferenceRate;
use subsidy_core::usage::charge::{CNY, Charge, RefusedRow};
use subsidy_core::usage::delivery::Refusals;
use subsidy_core::usage::focus::Column;
use subsidy_core::usage::{CellError, Finding, Findings, Metered, Mode, RowError, UsedRate};
use subsidy_store::db::convert;
use subsidy_store::reference_rates::queries::in_force;
use subsidy_store::usage::queries;
use subsidy_store::usage::{UsageErrorRow, UsageRowRow};

/// What a file is imported as.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    pub agency: AgencyCode,
    /// The id that the edge made.
    pub id: UsageImportId,
    pub rental: RentalId,
    /// How the file is taken.
    pub mode: Mode,
    /// The imports of which it takes the place.
    pub replaces: Vec<UsageImportId>,
    /// Whether it adds to what counts of the same time.
    pub adds: bool,
    /// The digest of the file.
    pub sha256: ContentHash,
    /// Whether nothing is to be kept.
    pub dry_run: bool,
    /// How many errors are told at once.
    pub errors_max: usize,
}

/// Rows on their way.
pub(super) struct RowIntake<'a> {
    conn: &'a AsyncPgConnection,
    wanted: &'a ImportRequest,
    zone: Tz,
    rates: BTreeMap<(String, Date), Option<ReferenceRate>>,
    used: BTreeSet<UsedRate>,
    rejected: u32,
    kept: usize,
    errors: Vec<RowError>,
    digest: ErrorsDigest,
    findings: Findings,
    refusals: Refusals,
}

/// What became of the rows, beside those that count.
#[derive(Debug)]
pub struct RowsResult {
    /// Rows that are wrong.
    pub rejected: u32,
    pub errors: Vec<RowError>,
    /// The digest of all that are kept.
    pub errors_sha256: ContentHash,
    /// The rates that amounts were converted at.
    pub rates: Vec<UsedRate>,
    /// Where the rows that are wrong belong.
    pub refusals: Refusals,
    /// What is wrong, by cause.
    pub findings: Vec<Finding>,
}

impl<'a> RowIntake<'a> {
    /// Before the first row.
    pub fn new(conn: &'a AsyncPgConnection, wanted: &'a ImportRequest, zone: Tz) -> Self {
        Self {
            conn,
            wanted,
            zone,
            rates: BTreeMap::new(),
            used: BTreeSet::new(),
            rejected: 0,
            kept: 0,
            errors: Vec::new(),
            digest: ErrorsDigest::default(),
            findings: Findings::default(),
            refusals: Refusals::default(),
        }
    }

    /// Takes the rows in chunks; `progress` is told how many there were.
    pub async fn all(
        &mut self,
        mut rows: Receiver<Result<Charge, RefusedRow>>,
        progress: impl Fn(u32),
    ) -> Result<(), IntakeError> {
        let (mut done, mut chunk) = (0_u32, Vec::with_capacity(CHUNK));
        while rows.recv_many(&mut chunk, CHUNK).await > 0 {
            done = done.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
            let (mut good, mut wrong) = (Vec::with_capacity(chunk.len()), Vec::new());
            for row in chunk.drain(..) {
                match self.converted(row).await? {
                    Ok(row) => good.push(row),
                    Err(refused) => wrong.push(refused),
                }
            }
            self.report(wrong).await?;
            if !self.in_vain() {
                UsageRowRow::insert(self.conn, &good).await?;
            }
            progress(done);
        }
        Ok(())
    }

    /// Whether nothing of the file will count: of one that is taken strictly a row is wrong.
    fn in_vain(&self) -> bool {
        self.wanted.mode == Mode::Strict && self.rejected > 0
    }

    fn month(&self, at: DateTime<Utc>) -> Month {
        Month::of(Instant::new(at).date_in(self.zone))
    }

    /// A charge in CNY, or what is wrong with it.
    async fn converted(
        &mut self,
        row: Result<Charge, RefusedRow>,
    ) -> Result<Result<UsageRowRow, RefusedRow>, IntakeError> {
        let charge = match row {
            Ok(charge) => charge,
            Err(refused) => return Ok(Err(refused)),
        };
        let (ids, billing_period) = ((self.wanted.id, self.wanted.rental), self.month(charge.billed_from));
        if charge.currency == CNY {
            let amount = Metered::of(charge.billed, None)?;
            return Ok(Ok(UsageRowRow::new(ids, billing_period, charge, None, amount)));
        }
        let Some(rate) = self.rate(&charge.currency, charge.billed_on).await? else {
            let error = RowError {
                row: charge.row,
                column: Some(Column::BillingCurrency.name()),
                code: CellError::ExchangeRateMissing,
                found: Some(charge.currency),
            };
            let (charged_from, billed_from) = (Some(charge.period.start), Some(charge.billed_from));
            return Ok(Err(RefusedRow { errors: vec![error], charged_from, billed_from }));
        };
        let amount = Metered::of(charge.billed, Some(rate.percent))?;
        self.used.insert(UsedRate { name: rate.name, date: rate.date, percent: rate.percent });
        Ok(Ok(UsageRowRow::new(ids, billing_period, charge, Some(rate.percent), amount)))
    }

    /// The rate to CNY in force on a day.
    async fn rate(&mut self, currency: &str, day: Date) -> Result<Option<ReferenceRate>, IntakeError> {
        let key = (currency.to_owned(), day);
        if let Some(known) = self.rates.get(&key) {
            return Ok(known.clone());
        }
        let name = Label::parse(&format!("{currency}/{CNY}")).map_err(|_| IntakeError::Broken)?;
        let row = in_force(self.conn, name.folded().as_str(), day.naive()).await?;
        let rate = row.map(|row| row.read()).transpose()?;
        self.rates.insert(key, rate.clone());
        Ok(rate)
    }

    async fn report(&mut self, wrong: Vec<RefusedRow>) -> Result<(), IntakeError> {
        let mut rows = Vec::new();
        for refused in wrong {
            self.rejected = self.rejected.saturating_add(1);
            let month = |at: Option<DateTime<Utc>>| at.map(|at| self.month(at));
            let (billing_period, charged) = (month(refused.billed_from), month(refused.charged_from));
            self.refusals.add(billing_period, charged);
            for (line, error) in (0_i32..).zip(refused.errors) {
                self.findings.add(&error);
                if self.kept < ERRORS_KEPT_MAX {
                    self.kept += 1;
                    rows.push(UsageErrorRow::new(self.wanted.id, line, &error));
                }
                if self.errors.len() < self.wanted.errors_max {
                    self.errors.push(error);
                }
            }
        }
        self.digest.add(&rows);
        if !self.in_vain() {
            UsageErrorRow::insert(self.conn, &rows).await?;
        }
        Ok(())
    }

    /// Tells equal rows apart, looks for what corrections name, and takes away what counts already where the file adds to
    /// it or is the same as one before. Answers how many rows that were. Error: a row of a file that is taken strictly is
    /// wrong.
    pub async fn compare(&mut self, readings: &mut Findings) -> Result<u32, IntakeError> {
        if self.in_vain() {
            return Err(self.refused());
        }
        let file = queries::StagedFile { import: self.wanted.id.uuid(), rental: self.wanted.rental.uuid() };
        queries::number_equals(self.conn, file.import).await?;
        let (column, code) = (Some(Column::CorrectsRowId.name()), CellError::CorrectionNamesNothing);
        for nameless in queries::nameless(self.conn, file).await? {
            let error = RowError { row: convert::read_count(nameless.row)?, column, code, found: None };
            if self.wanted.mode == Mode::Lenient {
                readings.read_as(&error, || "a row of its own".to_owned());
            } else {
                self.rejected = self.rejected.saturating_add(1);
                self.findings.add(&error);
                self.errors.push(error);
            }
        }
        if self.in_vain() {
            return Err(self.refused());
        }
        let named = !self.wanted.replaces.is_empty();
        let same = queries::same_bytes(self.conn, file.rental, self.wanted.sha256.as_bytes());
        let same = !named && same.await?.is_some_and(|found| found.count > 0);
        // beside what it neither replaces nor repeats a file counts whole, or is refused
        if !self.wanted.adds && !same {
            return Ok(0);
        }
        let replaced: Vec<_> = self.wanted.replaces.iter().map(|import| import.uuid()).collect();
        let repeated = queries::remove_repeated(self.conn, file, &replaced).await?;
        Ok(u32::try_from(repeated).unwrap_or(u32::MAX))
    }

    /// Why nothing of the file counts.
    pub fn refused(&mut self) -> IntakeError {
        IntakeError::Refused {
            findings: self.findings.list(),
            errors: std::mem::take(&mut self.errors),
            rejected: self.rejected,
            mode: self.wanted.mode,
        }
    }

    /// What became of the rows.
    pub fn finish(self) -> RowsResult {
        RowsResult {
            rejected: self.rejected,
            errors: self.errors,
            errors_sha256: self.digest.finish(),
            rates: self.used.into_iter().collect(),
            refusals: self.refusals,
            findings: self.findings.list(),
        }
    }
}
