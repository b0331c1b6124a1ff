//! The file as the bank's own table, by the template in the settings. Cells are texts, amounts too, and stand as they are.

use chrono::DateTime;
use rust_xlsxwriter::{DocProperties, Workbook};

use super::pain001::remittance;
use super::{Debtor, Opened, PaymentFile};
use crate::formats::FormatError;
use subsidy_core::domain::Money;
use subsidy_files::bank_files::template::{Cell, Field, TableEncoding, TableFormat, Template};

pub(super) fn write(
    template: &Template,
    file: &PaymentFile,
    opened: &[Opened<'_>],
    debtor: &Debtor,
) -> Result<Vec<u8>, FormatError> {
    let batch = Batch { template, file, debtor, total: file.total()? };
    let head = (!template.head.is_empty()).then(|| batch.row(&template.head, None));
    let titles = template.titles.then(|| template.columns.iter().map(|cell| cell.title.clone()).collect());
    let payments = (1..).zip(opened).map(|payment| batch.row(&template.columns, Some(payment)));
    let rows: Vec<Vec<String>> = head.into_iter().chain(titles).chain(payments).collect();
    match template.format {
        TableFormat::Csv => separated(template, &rows),
        TableFormat::Xlsx => workbook(&rows, file),
    }
}

/// What is the same for all payments.
struct Batch<'a> {
    template: &'a Template,
    file: &'a PaymentFile,
    debtor: &'a Debtor,
    total: Money,
}

impl Batch<'_> {
    fn row(&self, cells: &[Cell], payment: Option<(usize, &Opened<'_>)>) -> Vec<String> {
        let said = |cell: &Cell| match cell.value {
            Some(field) => {
                self.of_batch(field).or_else(|| Some(of_payment(field, payment?))).unwrap_or_default()
            }
            None => cell.text.clone().unwrap_or_default(),
        };
        cells.iter().map(said).collect()
    }

    fn of_batch(&self, field: Field) -> Option<String> {
        Some(match field {
            Field::MessageId => self.file.message_id(),
            Field::Count => self.file.payments.len().to_string(),
            Field::Total => self.total.to_string(),
            Field::TotalFen => self.total.fen().to_string(),
            Field::ExecutionDate => {
                self.file.execution_date.naive().format(&self.template.date_format).to_string()
            }
            Field::PayerName => self.file.payer(Some(self.debtor)).to_string(),
            Field::PayerAccount => self.debtor.account_number.0.clone(),
            Field::PayerBankCode => self.debtor.bank_code.to_string(),
            _ => return None,
        })
    }
}

fn of_payment(field: Field, (number, opened): (usize, &Opened<'_>)) -> String {
    let payment = opened.payment;
    let account = payment.account.as_ref();
    match field {
        Field::Number => number.to_string(),
        Field::Reference => payment.claim.uuid().simple().to_string(),
        Field::CreditCode => payment.payee.to_string(),
        Field::Payee => payment.name.to_string(),
        Field::AccountName => account.map(|account| account.name.to_string()).unwrap_or_default(),
        Field::BankCode => account.map(|account| account.bank_code.to_string()).unwrap_or_default(),
        Field::AccountNumber => opened.number().unwrap_or_default().to_owned(),
        Field::Amount => payment.amount.to_string(),
        Field::AmountFen => payment.amount.fen().to_string(),
        Field::Programme => payment.programme.to_string(),
        Field::Voucher => payment.voucher.clone().unwrap_or_default(),
        Field::Remittance => remittance(payment),
        _ => String::new(),
    }
}

fn separated(template: &Template, rows: &[Vec<String>]) -> Result<Vec<u8>, FormatError> {
    let style = if template.quotes { csv::QuoteStyle::Necessary } else { csv::QuoteStyle::Never };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(template.separator.byte())
        .terminator(csv::Terminator::CRLF)
        .quote_style(style)
        .flexible(true)
        .from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.write_record(row))?;
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(match template.encoding {
        TableEncoding::Utf8 => bytes,
        TableEncoding::Gb18030 => {
            encoding_rs::GB18030.encode(&String::from_utf8_lossy(&bytes)).0.into_owned()
        }
    })
}

fn workbook(rows: &[Vec<String>], file: &PaymentFile) -> Result<Vec<u8>, FormatError> {
    let mut workbook = Workbook::new();
    // the same bytes whenever it is made
    let created = DateTime::from_timestamp(file.approved_at.utc().timestamp(), 0).unwrap_or_default();
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}
