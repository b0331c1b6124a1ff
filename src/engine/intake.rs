//! Billing files on their way into the ledger: read, staged and compared with what counts already, all outside the
//! writer's lock. A small command then makes the rows count.
//!
//! The imports of one contract wait for each other on an advisory lock, which ends with its connection. Should it be
//! lost, the command says after how many imports its rows are new, and is refused where there are more. What is staged
//! and never counts is taken away by the next import of the contract; a mark holds rows and import together.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio::sync::mpsc::{self, Receiver};

use super::billing_file::{Billing, FileError};
use super::metered::Counted;
use super::store;
use crate::db::convert::{self, Unreadable};
use crate::db::pool::{Connection, Database, DatabaseError};
use crate::domain::money::OutOfRange;
use crate::domain::{AgencyCode, ContentHash, Date, Label, RentalId, UsageImportId};
use crate::reference_rates::ReferenceRate;
use crate::usage::charge::{CNY, Charge};
use crate::usage::store::{UsageErrorRow, UsageRowRow};
use crate::usage::{CellError, ImportUsage, Metered, Mode, RowError, UsedRate, focus::Column, queries};

/// Errors that an answer over HTTP shows.
pub const ERRORS_SHOWN_MAX: usize = 1_000;
/// Errors that are kept of a file; what is beyond is only counted.
pub const ERRORS_KEPT_MAX: usize = 100_000;
/// Rows of a statement.
const CHUNK: usize = 2_000;
/// How often an import waits for the one before it, 5 s each time.
const WAITS: usize = 5;

/// The work may take its time, and compares many rows at once.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = '5min'; \
     SET LOCAL plan_cache_mode = auto";

type Read1 = Result<Charge, Vec<RowError>>;

/// Why a file is not staged.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// No connection.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database refused a statement.
    #[error("the database refused a statement")]
    Query(#[from] diesel::result::Error),
    /// A stored value does not fit.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// Other imports of the contract go on.
    #[error("other imports of the contract go on")]
    Busy,
    /// Nothing of the file can be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Rows of a file that is taken strictly are wrong: the first of them, and how many rows there are.
    #[error("{rejected} rows are wrong")]
    Refused {
        /// The first errors.
        errors: Vec<RowError>,
        /// How many rows are wrong.
        rejected: u32,
    },
    /// Amounts beyond all measure.
    #[error("the amounts are out of range")]
    OutOfRange(#[from] OutOfRange),
    /// A fault of ours.
    #[error("the reader of the file broke off")]
    Broken,
}

/// What a file is imported as.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Whose ledger.
    pub agency: AgencyCode,
    /// The id that the edge made.
    pub id: UsageImportId,
    /// The contract.
    pub rental: RentalId,
    /// How the file is taken.
    pub mode: Mode,
    /// The digest of the file.
    pub sha256: ContentHash,
    /// Whether nothing is to be kept.
    pub dry_run: bool,
    /// How many errors are told at once.
    pub errors_max: usize,
}

/// A file that is staged, and the connection that holds other imports of the contract back.
#[derive(Debug)]
pub struct Staged {
    conn: Connection,
    /// What makes it count.
    pub command: ImportUsage,
    /// The first errors.
    pub errors: Vec<RowError>,
}

impl Staged {
    /// Lets the next import of the contract begin. Rows that did not come to count are taken away.
    pub async fn settle(self, counts: bool) -> Result<(), IntakeError> {
        if !counts {
            discard(&self.conn, self.command.rental, self.command.id).await?;
        }
        self.conn.close();
        Ok(())
    }
}

/// Stages a file. `progress` is told how many rows were read.
pub async fn stage(
    database: &Database,
    wanted: &Wanted,
    file: Billing,
    progress: impl Fn(u32),
) -> Result<Staged, IntakeError> {
    let conn = database.writer(&wanted.agency).await?;
    match staged(&conn, wanted, file, progress).await {
        Ok((command, errors)) => Ok(Staged { conn, command, errors }),
        // the lock ends with the connection, and so does what was begun on it
        Err(error) => {
            conn.close();
            Err(error)
        }
    }
}

async fn staged(
    conn: &AsyncPgConnection,
    wanted: &Wanted,
    file: Billing,
    progress: impl Fn(u32),
) -> Result<(ImportUsage, Vec<RowError>), IntakeError> {
    lock(conn, wanted.rental).await?;
    discard(conn, wanted.rental, wanted.id).await?;
    let zone = zone(conn, &wanted.agency).await?;
    let after = queries::usage(conn, wanted.rental.uuid()).await?;
    let after = after.map(|row| row.read()).transpose()?.map_or(0, |usage| usage.imports);
    (&mut &*conn).batch_execute(BEGIN).await?;
    queries::mark(conn, wanted.id.uuid(), wanted.rental.uuid()).await?;
    let (sender, rows) = mpsc::channel(CHUNK);
    let mode = wanted.mode;
    let reading =
        tokio::task::spawn_blocking(move || file.read(mode, |row| sender.blocking_send(row).is_ok()));
    let mut taking = Taking {
        conn,
        wanted,
        rates: BTreeMap::new(),
        used: BTreeSet::new(),
        rejected: 0,
        kept: 0,
        errors: Vec::new(),
    };
    taking.all(rows, progress).await?;
    let rows = reading.await.map_err(|_| IntakeError::Broken)??;
    let repeated = taking.compare().await?;
    if wanted.mode == Mode::Strict && taking.rejected > 0 {
        return Err(IntakeError::Refused { errors: taking.errors, rejected: taking.rejected });
    }
    let counted = Counted::of(conn, wanted.id, zone).await?;
    let command = ImportUsage {
        id: wanted.id,
        rental: wanted.rental,
        after,
        mode: wanted.mode,
        sha256: wanted.sha256,
        rows,
        accepted: counted.rows,
        repeated,
        rejected: taking.rejected,
        rows_sha256: counted.digest(),
        rates: taking.used.into_iter().collect(),
        totals: counted.totals.list(),
        invoices: Some(counted.invoices.list()),
    };
    (&mut &*conn).batch_execute(if wanted.dry_run { "ROLLBACK" } else { "COMMIT" }).await?;
    Ok((command, taking.errors))
}

/// Waits for other imports of the contract.
async fn lock(conn: &AsyncPgConnection, rental: RentalId) -> Result<(), IntakeError> {
    for _ in 0..WAITS {
        match queries::lock(conn, &rental.to_string()).await {
            Ok(_) => return Ok(()),
            Err(diesel::result::Error::DatabaseError(_, why)) if why.message().contains("lock timeout") => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(IntakeError::Busy)
}

/// Takes away what was staged for a contract and does not count.
async fn discard(conn: &AsyncPgConnection, rental: RentalId, id: UsageImportId) -> Result<(), IntakeError> {
    (&mut &*conn).batch_execute(BEGIN).await?;
    let marks = queries::unmark(conn, rental.uuid(), id.uuid()).await?;
    let imports: Vec<_> = marks.iter().map(|row| row.import).collect();
    if !imports.is_empty() {
        queries::remove_rows(conn, &imports).await?;
        queries::remove_errors(conn, &imports).await?;
    }
    Ok((&mut &*conn).batch_execute("COMMIT").await?)
}

async fn zone(conn: &AsyncPgConnection, agency: &AgencyCode) -> Result<Tz, IntakeError> {
    let head = store::head(conn).await?.ok_or(IntakeError::Broken)?;
    let agency = head.read(agency)?.agency.ok_or(IntakeError::Broken)?;
    Ok(agency.zone.tz())
}

/// Rows on their way into the database.
struct Taking<'a> {
    conn: &'a AsyncPgConnection,
    wanted: &'a Wanted,
    rates: BTreeMap<(String, Date), Option<ReferenceRate>>,
    used: BTreeSet<UsedRate>,
    rejected: u32,
    kept: usize,
    errors: Vec<RowError>,
}

impl Taking<'_> {
    async fn all(&mut self, mut rows: Receiver<Read1>, progress: impl Fn(u32)) -> Result<(), IntakeError> {
        let (mut done, mut chunk) = (0_u32, Vec::with_capacity(CHUNK));
        while rows.recv_many(&mut chunk, CHUNK).await > 0 {
            done = done.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
            let (mut good, mut wrong) = (Vec::with_capacity(chunk.len()), Vec::new());
            for row in chunk.drain(..) {
                match self.converted(row).await? {
                    Ok(row) => good.push(row),
                    Err(errors) => wrong.push(errors),
                }
            }
            UsageRowRow::insert(self.conn, &good).await?;
            self.report(wrong).await?;
            progress(done);
        }
        Ok(())
    }

    /// A charge in CNY, or what is wrong with it.
    async fn converted(&mut self, row: Read1) -> Result<Result<UsageRowRow, Vec<RowError>>, IntakeError> {
        let charge = match row {
            Ok(charge) => charge,
            Err(errors) => return Ok(Err(errors)),
        };
        let ids = (self.wanted.id, self.wanted.rental);
        if charge.currency == CNY {
            let amount = Metered::of(charge.billed, None)?;
            return Ok(Ok(UsageRowRow::new(ids, charge, None, amount)));
        }
        let Some(rate) = self.rate(&charge.currency, charge.billed_on).await? else {
            let column = Some(Column::BillingCurrency.name());
            return Ok(Err(vec![RowError { row: charge.row, column, code: CellError::ExchangeRateMissing }]));
        };
        let amount = Metered::of(charge.billed, Some(rate.percent))?;
        self.used.insert(UsedRate { name: rate.name, date: rate.date, percent: rate.percent });
        Ok(Ok(UsageRowRow::new(ids, charge, Some(rate.percent), amount)))
    }

    /// The rate to CNY in force on a day.
    async fn rate(&mut self, currency: &str, day: Date) -> Result<Option<ReferenceRate>, IntakeError> {
        let key = (currency.to_owned(), day);
        if let Some(known) = self.rates.get(&key) {
            return Ok(known.clone());
        }
        let name = Label::parse(&format!("{currency}/{CNY}")).map_err(|_| IntakeError::Broken)?;
        let row = queries::rate(self.conn, name.as_str(), day.naive()).await?;
        let rate = row.map(|row| row.read()).transpose()?;
        self.rates.insert(key, rate.clone());
        Ok(rate)
    }

    async fn report(&mut self, wrong: Vec<Vec<RowError>>) -> Result<(), IntakeError> {
        let mut rows = Vec::new();
        for errors in wrong {
            self.rejected = self.rejected.saturating_add(1);
            for (line, error) in (0_i32..).zip(errors) {
                if self.errors.len() < self.wanted.errors_max {
                    self.errors.push(error);
                }
                if self.kept < ERRORS_KEPT_MAX {
                    self.kept += 1;
                    rows.push(UsageErrorRow {
                        import: self.wanted.id.uuid(),
                        row: convert::count(error.row),
                        line,
                        column: error.column.map(str::to_owned),
                        code: error.code.as_str().to_owned(),
                    });
                }
            }
        }
        UsageErrorRow::insert(self.conn, &rows).await?;
        Ok(())
    }

    /// Tells equal rows apart, refuses corrections that name nothing, takes away what counts already. Answers how many
    /// that were.
    async fn compare(&mut self) -> Result<u32, IntakeError> {
        let (id, rental) = (self.wanted.id.uuid(), self.wanted.rental.uuid());
        queries::number_equals(self.conn, id).await?;
        let mut nameless = queries::remove_nameless(self.conn, id, rental).await?;
        nameless.sort_by_key(|one| one.row);
        let (column, code) = (Some(Column::CorrectsRowId.name()), CellError::CorrectionNamesNothing);
        let mut errors = Vec::new();
        for one in nameless {
            errors.push(vec![RowError { row: convert::read_count(one.row)?, column, code }]);
        }
        self.report(errors).await?;
        self.errors.sort_by_key(|error| error.row);
        let repeated = queries::remove_repeated(self.conn, id, rental).await?;
        Ok(u32::try_from(repeated).unwrap_or(u32::MAX))
    }
}
