//! The table in which a bank takes payments, as an operator describes it: columns, their titles, and what stands in them.

use chrono::format::{Item, StrftimeItems};
use serde::Deserialize;

/// A table for the bank.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Described")]
pub struct Template {
    pub format: TableFormat,
    pub encoding: TableEncoding,
    pub separator: Separator,
    /// Whether a cell that holds the separator is quoted; where it is not, there is no such cell.
    pub quotes: bool,
    /// How days are written.
    pub date_format: String,
    /// What stands in one row above the payments.
    pub head: Vec<Cell>,
    /// Whether a row of titles stands above the payments.
    pub titles: bool,
    pub columns: Vec<Cell>,
}

/// The same as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    format: TableFormat,
    /// Of a CSV file.
    #[serde(default)]
    encoding: TableEncoding,
    /// Of a CSV file.
    #[serde(default)]
    separator: Separator,
    #[serde(default = "yes")]
    quotes: bool,
    date_format: Option<String>,
    #[serde(default)]
    head: Vec<Cell>,
    #[serde(default = "yes")]
    titles: bool,
    columns: Vec<Cell>,
}

const fn yes() -> bool {
    true
}

impl TryFrom<Described> for Template {
    type Error = &'static str;

    fn try_from(said: Described) -> Result<Self, Self::Error> {
        let Described { format, encoding, separator, quotes, date_format, head, titles, columns } = said;
        if columns.is_empty() {
            return Err("payments.columns names no column");
        }
        if head.iter().chain(&columns).any(|cell| cell.value.is_some() == cell.text.is_some()) {
            return Err("a column of payments has either a value or a text");
        }
        if head.iter().filter_map(|cell| cell.value).any(Field::is_of_a_payment) {
            return Err("payments.head stands above all payments and holds nothing of one");
        }
        let date_format = date_format.unwrap_or_else(|| "%Y-%m-%d".to_owned());
        if StrftimeItems::new(&date_format).any(|item| matches!(item, Item::Error)) {
            return Err("payments.date_format is none that strftime has");
        }
        Ok(Self { format, encoding, separator, quotes, date_format, head, titles, columns })
    }
}

impl Template {
    /// What a file's name ends with.
    pub const fn ending(&self) -> &'static str {
        match self.format {
            TableFormat::Csv => "csv",
            TableFormat::Xlsx => "xlsx",
        }
    }

    pub const fn media_type(&self) -> &'static str {
        match (self.format, self.encoding) {
            (TableFormat::Csv, TableEncoding::Utf8) => "text/csv; charset=utf-8",
            (TableFormat::Csv, TableEncoding::Gb18030) => "text/csv; charset=gb18030",
            (TableFormat::Xlsx, _) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The first letter of a text that would end its cell.
    pub fn ends_a_cell(&self, text: &str) -> Option<char> {
        let separator = char::from(self.separator.byte());
        let ends = |letter: &char| [separator, '"', '\r', '\n'].contains(letter);
        text.chars().find(ends).filter(|_| self.format == TableFormat::Csv && !self.quotes)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableFormat {
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum TableEncoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "gb18030")]
    Gb18030,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Separator {
    #[default]
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "\t")]
    Tab,
    #[serde(rename = "|")]
    Bar,
}

impl Separator {
    pub const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

/// A column, or a cell above them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// What a column is called.
    #[serde(default)]
    pub title: String,
    /// Something of the payment or of the batch.
    pub value: Option<Field>,
    /// The same in every row: a currency, a purpose.
    pub text: Option<String>,
}

/// What there is to say of a payment or of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 1, 2, 3, ….
    Number,
    /// `EndToEndId`
    Reference,
    CreditCode,
    Payee,
    AccountName,
    BankCode,
    AccountNumber,
    /// CNY, with two decimals.
    Amount,
    /// The same without a point.
    AmountFen,
    Programme,
    Voucher,
    /// What the payee is told: the programme's title and the voucher.
    Remittance,
    MessageId,
    /// How many payments there are.
    Count,
    /// CNY of all of them.
    Total,
    TotalFen,
    ExecutionDate,
    PayerName,
    PayerAccount,
    PayerBankCode,
}

impl Field {
    const fn is_of_a_payment(self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::Reference
                | Self::CreditCode
                | Self::Payee
                | Self::AccountName
                | Self::BankCode
                | Self::AccountNumber
                | Self::Amount
                | Self::AmountFen
                | Self::Programme
                | Self::Voucher
                | Self::Remittance
        )
    }
}
