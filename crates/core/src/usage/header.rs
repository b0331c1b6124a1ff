//! The header of a billing file: where the columns that are read stand, or whose own export it is instead.

use super::finding::{CellError, Findings, RowError};
use super::focus::{Column, Mode, Need, folded};
use super::native::{Foreign, native};

/// Where the columns that are read stand in a file.
#[derive(Debug, Clone)]
pub struct Header {
    places: Vec<Option<usize>>,
    left_out: Vec<Column>,
    /// Columns that go by another name, which the file writes so.
    renamed: Vec<(Column, String)>,
    /// Whether it names the host of a service, as FOCUS has it since 1.3, and not a publisher.
    names_hosts: bool,
    width: usize,
}

/// Why a file's first line is no header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderError {
    /// A column that is needed is missing.
    Missing(Column),
    /// A column stands there more than once.
    Repeated(Column),
    /// A column goes by another name in a file that is taken strictly.
    Renamed(Column, String),
    /// A column of amounts in floating point, of a file that is taken strictly.
    Inexact(Column, String),
    /// A column of a type that such a column cannot be of, or packed by a codec that is not unpacked: which.
    Unreadable(Column, String),
    /// It is no FOCUS file but a provider's own export, or of another format altogether.
    Native(Foreign),
}

impl Header {
    /// Finds the columns. Errors: whose export it is where it is none of FOCUS, else all columns that are missing or
    /// repeated.
    pub fn read(names: &[&str], mode: Mode) -> Result<Self, Vec<HeaderError>> {
        let names_hosts = names.iter().any(|name| name.trim() == Column::Publisher.name());
        let (places, left_out, renamed) = (Vec::new(), Vec::new(), Vec::new());
        let mut header = Self { places, left_out, renamed, names_hosts, width: names.len() };
        let mut errors = Vec::new();
        for column in Column::ALL.iter().copied() {
            match (header.place(names, column), column.need(), mode) {
                (Ok(Some(_)), Need::Always | Need::Strict, Mode::Strict) => {
                    errors.extend(
                        header.renamed.pop().map(|(column, name)| HeaderError::Renamed(column, name)),
                    );
                }
                (Ok(None), Need::Always, _) | (Ok(None), Need::Strict, Mode::Strict) => {
                    errors.push(HeaderError::Missing(column));
                }
                (Ok(None), Need::Strict, Mode::Lenient) => header.left_out.push(column),
                (Ok(_), _, _) => {}
                (Err(repeated), _, _) => errors.push(repeated),
            }
        }
        if errors.is_empty() {
            return Ok(header);
        }
        Err(native(names).map_or(errors, |foreign| vec![HeaderError::Native(foreign)]))
    }

    /// Where a column stands: under its own name, else under one that can mean nothing else.
    fn place(&mut self, names: &[&str], column: Column) -> Result<Option<usize>, HeaderError> {
        let trimmed = |name: &&str| name.trim().to_owned();
        let at = |same: &dyn Fn(&str) -> bool| {
            let found = names.iter().enumerate().filter(|(_, name)| same(name.trim()));
            found.map(|(at, _)| at).collect::<Vec<_>>()
        };
        let own = column.names().iter().map(|id| at(&|name| name == *id)).find(|found| !found.is_empty());
        let found = own.unwrap_or_else(|| {
            let known = column.names().iter().copied().chain(column.older());
            // `Id` alone may be anything's in other letters
            let known: Vec<String> = known.filter(|name| *name != "Id").map(folded).collect();
            at(&|name| known.contains(&folded(name)))
        });
        let place = match found.as_slice() {
            [] => None,
            [place] => Some(*place),
            [_, _, ..] => return Err(HeaderError::Repeated(column)),
        };
        let name = place.and_then(|place| names.get(place)).map(trimmed);
        if let Some(name) = name.filter(|name| !column.names().contains(&name.as_str())) {
            self.renamed.push((column, name));
        }
        self.places.push(place);
        Ok(place)
    }

    /// Whether the publisher's column names hosts, which some services do not have.
    pub const fn names_hosts(&self) -> bool {
        self.names_hosts
    }

    /// How many cells a row has.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The columns that are read, with where they stand.
    pub fn columns(&self) -> impl Iterator<Item = (Column, usize)> {
        Column::ALL.iter().copied().zip(&self.places).filter_map(|(column, place)| Some((column, (*place)?)))
    }

    /// The same of a file of which nothing but these columns is read, in this order.
    #[must_use]
    pub fn of_columns(self, read: &[usize]) -> Self {
        let moved = |place: Option<usize>| read.iter().position(|one| Some(*one) == place);
        let places = self.places.into_iter().map(moved).collect();
        Self { places, width: read.len(), ..self }
    }

    /// Tells which columns go by another name, and which that the specification has in every file this one left out:
    /// those that may be empty.
    pub fn tell(&self, readings: &mut Findings) {
        for column in &self.left_out {
            let (column, code) = (Some(column.name()), CellError::ColumnLeftOut);
            readings.read_as(&RowError { row: 0, column, code, found: None }, || "NULL".to_owned());
        }
        for (column, name) in &self.renamed {
            let (code, found) = (CellError::ColumnRenamed, Some(name.clone()));
            let error = RowError { row: 0, column: Some(column.name()), code, found };
            readings.read_as(&error, || column.name().to_owned());
        }
    }

    /// What a row says in a column; none where it says nothing.
    pub fn cell<'r>(&self, cells: &[&'r str], column: Column) -> Option<&'r str> {
        let place = Column::ALL.iter().position(|one| *one == column)?;
        let cell = cells.get(self.places.get(place).copied().flatten()?)?.trim();
        (!cell.is_empty() && cell != "NULL" && cell != "null").then_some(cell)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed look fails the test")]
mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "BilledCost",
        "BillingAccountId",
        "BillingCurrency",
        "BillingPeriodEnd",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodEnd",
        "ChargePeriodStart",
        "Provider",
        "ServiceCategory",
        "ServiceName",
        "Region",
    ];

    fn renamed(header: &Header) -> Vec<(&str, String)> {
        header.renamed.iter().map(|(column, name)| (column.name(), name.clone())).collect()
    }

    #[test]
    fn the_names_of_the_preview_are_read_leniently_and_told() {
        let header = Header::read(&NAMES, Mode::Lenient).unwrap();
        let expected = [("ServiceProviderName", "Provider".to_owned()), ("RegionId", "Region".to_owned())];
        assert_eq!(renamed(&header), expected);
        let cells: Vec<&str> = NAMES.to_vec();
        assert_eq!(header.cell(&cells, Column::Provider), Some("Provider"));
        let strict = Header::read(&NAMES, Mode::Strict).unwrap_err();
        assert!(
            strict.contains(&HeaderError::Renamed(Column::Provider, "Provider".to_owned())),
            "{strict:?}"
        );
        assert!(strict.contains(&HeaderError::Missing(Column::ListCost)), "{strict:?}");
    }

    #[test]
    fn case_blanks_and_underscores_are_read_leniently_and_the_own_name_goes_first() {
        let folded = NAMES.map(|name| match name {
            "BilledCost" => "BILLED_COST",
            "ServiceName" => " Service Name ",
            other => other,
        });
        let header = Header::read(&folded, Mode::Lenient).unwrap();
        assert_eq!(header.renamed.len(), 4);
        let both: Vec<&str> = NAMES.into_iter().chain(["billedcost", "ProviderName"]).collect();
        let header = Header::read(&both, Mode::Lenient).unwrap();
        assert_eq!(renamed(&header), [("RegionId", "Region".to_owned())]);
        let twice: Vec<&str> = folded.into_iter().chain(["billedcost"]).collect();
        let refused = Header::read(&twice, Mode::Lenient).unwrap_err();
        assert_eq!(refused, [HeaderError::Repeated(Column::BilledCost)]);
    }

    #[test]
    fn what_is_read_of_some_columns_stands_where_they_do() {
        let header = Header::read(&NAMES, Mode::Lenient).unwrap();
        let mut read: Vec<usize> = header.columns().map(|(_, place)| place).collect();
        read.sort_unstable();
        assert_eq!(read.len(), 12);
        let some = header.of_columns(&[9, 0]);
        assert_eq!((some.width(), some.cell(&["Compute", "1"], Column::BilledCost)), (2, Some("1")));
        assert_eq!(some.cell(&["Compute", "1"], Column::ServiceCategory), Some("Compute"));
    }
}
