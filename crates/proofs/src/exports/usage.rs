//! `tables/usage_rows.csv`: the rows of billing files that count, in the order of their imports.
//!
//! No leaf holds them, so that they are not made again but held to their import's leaf: by its digest, row by row, and
//! by what they come to.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::sheet::unquoted;
use super::{CheckError, place, sheet_of, unread};
use subsidy_core::audit::export::Damage;
use subsidy_core::book::Book;
use subsidy_core::domain::UsageImportId;
use subsidy_core::usage::charge::digest;
use subsidy_core::usage::months::ChargePeriod;
use subsidy_core::usage::{ServiceCategory, UsageImport};
use subsidy_files::billing_files::metered::{Charged, ImportTotals, Reckoned};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::rows::Table;
use subsidy_store::usage::UsageRowRow;

/// What is wrong with the rows, if anything is.
pub(super) fn rows(folder: &Path, book: &Book) -> Result<Option<Damage>, CheckError> {
    let path = sheet_of(UsageRowRow::NAME);
    let file = match File::open(place(folder, &path)) {
        Ok(file) => file,
        Err(error) => return Ok(Some(Damage::file(path, unread(&error)))),
    };
    let zone = book.agency.as_ref().map_or(Tz::UTC, |agency| agency.zone.tz());
    let mut rows = match Rows::begin(BufReader::new(file)) {
        Some(rows) => rows,
        None => return Ok(Some(Damage::file(path, "line 1 does not name its columns"))),
    };
    let mut reckoned = Reckoned::default();
    for (id, import) in book.usage_imports.iter() {
        if !rows.counted(*id, zone).is_some_and(|counted| counted.are_those_of(import)) {
            return Ok(Some(damage(path, import)));
        }
        reckoned.add(import).map_err(|error| CheckError::Unreadable(Unreadable(error.to_string())))?;
    }
    if rows.next.is_some() {
        return Ok(Some(Damage::file(path, format!("line {} is of no import that counts", rows.line()))));
    }
    let differs = book.rental_usage.iter().find(|(_, usage)| reckoned.differs(usage).is_some());
    Ok(differs.map(|(rental, usage)| {
        let what = format!("the rows of contract {rental} do not come to what its imports say");
        Damage { file: path, sequence: Some(usage.revision.version), what }
    }))
}

fn damage(file: String, import: &UsageImport) -> Damage {
    let what = format!("the rows of import {} are not those that its leaf names", import.id);
    Damage { file, sequence: Some(import.revision.created), what }
}

/// The rows of the sheet, one ahead.
struct Rows<R> {
    csv: csv::Reader<R>,
    next: Option<csv::StringRecord>,
}

impl<R: Read> Rows<R> {
    /// None where the sheet does not begin with its columns.
    fn begin(file: R) -> Option<Self> {
        let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
        let mut names = csv::StringRecord::new();
        csv.read_record(&mut names).ok().filter(|read| *read)?;
        // the reader passes over the byte order mark
        let mut rows =
            (names.iter().eq(UsageRowRow::COLUMNS.iter().copied())).then_some(Self { csv, next: None })?;
        rows.advance();
        Some(rows)
    }

    /// A row that cannot be read is the sheet's last: what should follow it is missing then.
    fn advance(&mut self) {
        let mut record = csv::StringRecord::new();
        let read = self.csv.read_record(&mut record).unwrap_or_default();
        self.next = read.then_some(record);
    }

    fn line(&self) -> u64 {
        self.next.as_ref().and_then(csv::StringRecord::position).map_or(0, csv::Position::line)
    }

    /// What the rows of an import come to; none where one of them cannot be counted.
    fn counted(&mut self, import: UsageImportId, zone: Tz) -> Option<ImportTotals> {
        let (import, mut counted) = (import.to_string(), ImportTotals::default());
        while let Some(record) = self.next.take_if(|record| record.get(0) == Some(import.as_str())) {
            let cells: Vec<&str> = record.iter().map(unquoted).collect();
            counted.add(&charged(&cells)?, zone).ok()?;
            self.advance();
        }
        Some(counted)
    }
}

/// A row as its cells have it.
fn charged<'a>(cells: &[&'a str]) -> Option<Charged<'a>> {
    let cell = |name: &str| {
        let at = UsageRowRow::COLUMNS.iter().position(|column| *column == name)?;
        cells.get(at).copied()
    };
    let instant = |name| {
        let read = DateTime::parse_from_rfc3339(cell(name)?).ok()?;
        Some(read.with_timezone(&Utc))
    };
    let period = ChargePeriod { start: instant("period_start")?, end: instant("period_end")? };
    let category = cell("service_category")?;
    ServiceCategory::find(category)?;
    let (digest, amount) = (digest(cells), cell("amount")?);
    // a period that ends before it begins has no months
    (period.start < period.end).then_some(Charged {
        digest,
        billing_period: cell("billing_period")?,
        category,
        amount,
        invoice: cell("invoice").filter(|invoice| !invoice.is_empty()),
        period,
    })
}
