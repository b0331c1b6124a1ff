//! The file of a payment batch: what the bank is to pay, as ISO 20022 has it, as a workbook, as comma-separated values.
//!
//! It holds the lines that have no result yet: a line that came back may stand in another batch by now, and one that was
//! paid is not to be paid again. Between two results its bytes are the same on a day, whoever asks: nothing in it is of the
//! hour, and its time is that of the batch's approval. Another day it asks the bank to pay on another day, under the same
//! message id: a bank that took the first one refuses the second.

mod pain001;
mod queries;
mod sheet;
mod table;

use std::fmt;

use diesel_async::AsyncPgConnection;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::ReadError;
use super::formats::FormatError;
use subsidy_core::domain::text::Malformed;
use subsidy_core::domain::{
    ClaimId, Code, CreditCode, Date, Instant, Line, Money, PaymentBatchId, ProgrammeCode, Subject, TextHash,
};
use subsidy_core::organisations::BankCode;
use subsidy_core::payments::{FileFormat, PaymentBatch, rules};
use subsidy_core::programmes::BudgetCodes;
use subsidy_files::bank_files::profile::{BankProfile, NameMax};
use subsidy_files::bank_files::template::Template;
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;

/// Who pays and from where: the agency's account as its bank knows it. A setting, not a document: the account is the
/// treasury's, and no rule reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debtor {
    /// 付款户名; the agency's name where it is left out.
    pub name: Option<Line>,
    /// 联行号
    pub bank_code: BankCode,
    /// 付款账号
    pub account_number: DebtorAccount,
    /// The most characters of a payee's name that the bank takes: 1 to 140, which is what ISO 20022 has room for.
    name_max: Option<NameMax>,
    /// Which of the banks that the settings describe it is.
    pub bank: Option<String>,
    /// What the settings say of it.
    #[serde(skip)]
    pub profile: BankProfile,
}

impl Debtor {
    /// The most characters of a payee's name: the agency's own setting, else its bank's.
    pub fn name_max(&self) -> u32 {
        self.name_max.or(self.profile.name_max).unwrap_or_default().number()
    }
}

/// An account number of the agency: 6 to 34 digits and letters. It is not printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DebtorAccount(String);

impl TryFrom<String> for DebtorAccount {
    type Error = Malformed;

    fn try_from(text: String) -> Result<Self, Malformed> {
        if (6..=34).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text))
        } else {
            Err(Malformed { code: Code::InvalidAccountNumber })
        }
    }
}

impl fmt::Debug for DebtorAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebtorAccount(..)")
    }
}

/// Where a payee is paid.
#[derive(Debug, Clone)]
pub struct PayeeAccount {
    /// 户名
    pub name: Line,
    /// 联行号
    pub bank_code: BankCode,
    /// What the log knows the number by.
    pub mac: TextHash,
    /// 账号, sealed as it is stored.
    pub sealed: Vec<u8>,
}

/// A line of the batch.
#[derive(Debug, Clone)]
pub struct Payment {
    pub claim: ClaimId,
    pub payee: CreditCode,
    pub name: Line,
    /// Where it is paid; none where it has no account.
    pub account: Option<PayeeAccount>,
    /// CNY.
    pub amount: Money,
    /// 专项
    pub programme: ProgrammeCode,
    /// What the programme is called.
    pub title: Line,
    /// 券号
    pub voucher: Option<String>,
    /// Under which codes the programme's money is budgeted.
    pub budget_codes: Option<BudgetCodes>,
}

/// What a batch's file is made of; account numbers are sealed.
#[derive(Debug, Clone)]
pub struct PaymentFile {
    pub batch: PaymentBatch,
    /// Its lines without a result, in the order of their claims.
    pub payments: Vec<Payment>,
    pub approved_by: Option<Subject>,
    pub approved_at: Instant,
    /// When the bank is to pay: the first working day from the day of the reading on.
    pub execution_date: Date,
    pub agency: Line,
}

/// A payment with its account number in clear.
#[derive(Debug)]
pub struct Opened<'a> {
    pub payment: &'a Payment,
    number: Option<Zeroizing<String>>,
}

impl<'a> Opened<'a> {
    /// With the number that was opened.
    pub const fn new(payment: &'a Payment, number: Option<Zeroizing<String>>) -> Self {
        Self { payment, number }
    }

    fn number(&self) -> Option<&str> {
        self.number.as_ref().map(|number| number.as_str())
    }
}

impl PaymentFile {
    /// What the database knows of a batch's file; none where there is no such batch, or it was never approved.
    pub async fn load(
        conn: &AsyncPgConnection,
        batch: PaymentBatch,
        execution_date: Date,
    ) -> Result<Option<Self>, ReadError> {
        let id = batch.id.uuid();
        let Some(approval) = queries::approval(conn, &batch.id.to_string()).await? else { return Ok(None) };
        let payments = queries::open_lines(conn, id).await?;
        let payments =
            payments.iter().map(queries::PaymentFileRow::read).collect::<Result<_, Unreadable>>()?;
        let approved_at = Instant::new(approval.recorded_at);
        Ok(Some(Self {
            payments,
            approved_by: batch.approved_by.clone(),
            approved_at,
            execution_date,
            agency: convert::read(&approval.agency)?,
            batch,
        }))
    }

    pub const fn id(&self) -> PaymentBatchId {
        self.batch.id
    }

    /// What the bank knows the file by: the batch and the generation, 35 characters as ISO 20022 has room for. A bank
    /// that is sent the same file twice pays once.
    pub fn message_id(&self) -> String {
        let generation = rules::generation(&self.batch);
        let digit = |value: u32| char::from_digit(value % 36, 36).unwrap_or('0').to_ascii_uppercase();
        format!("{}-{}{}", self.id().uuid().simple(), digit(generation / 36), digit(generation))
    }

    /// What the file is called.
    pub fn name(&self, format: FileFormat, template: Option<&Template>) -> String {
        let ending = match format {
            FileFormat::Pain001 => "xml",
            FileFormat::Xlsx => "xlsx",
            FileFormat::Csv => "csv",
            FileFormat::Bank => template.map_or("csv", Template::ending),
        };
        format!("payment-batch-{}.{ending}", self.message_id())
    }

    /// Who pays, by name.
    pub fn payer<'a>(&'a self, debtor: Option<&'a Debtor>) -> &'a Line {
        debtor.and_then(|debtor| debtor.name.as_ref()).unwrap_or(&self.agency)
    }

    /// The first name of the agency's own that a `pain.001` has no room for, as it stands on both sides of the file.
    pub fn too_long<'a>(&'a self, debtor: Option<&'a Debtor>) -> Option<&'a Line> {
        let names = [&self.agency, self.payer(debtor)].into_iter();
        names.into_iter().find(|name| name.as_str().chars().count() > pain001::TEXT_CHARS_MAX)
    }

    /// CNY of its lines.
    pub fn total(&self) -> Result<Money, FormatError> {
        Ok(Money::sum(self.payments.iter().map(|payment| payment.amount))?)
    }

    /// The file's bytes. `opened` are its payments, in order, with their numbers in clear; for `pain.001` all of them
    /// have one.
    pub fn write(
        &self,
        format: FileFormat,
        opened: &[Opened<'_>],
        debtor: Option<&Debtor>,
    ) -> Result<Vec<u8>, FormatError> {
        match format {
            FileFormat::Pain001 => pain001::write(self, opened, debtor),
            FileFormat::Xlsx => sheet::workbook(self, opened),
            FileFormat::Csv => sheet::csv(opened),
            FileFormat::Bank => {
                match debtor.and_then(|debtor| Some((debtor, debtor.profile.payments.as_ref()?))) {
                    Some((debtor, template)) => table::write(template, self, opened, debtor),
                    None => Err(FormatError::Io(std::io::Error::other("the agency's bank has no table"))),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use subsidy_core::domain::{Revision, Sequence};
    use subsidy_core::payments::{BatchStatus, CLAIMS_MAX, NAME_MAX};

    fn file(open: u32) -> PaymentFile {
        let at = Instant::parse("2025-01-02T03:04:05Z").unwrap();
        let revision = Revision { created: Sequence::new(1), version: Sequence::new(2), updated_at: at };
        let subject: Subject = "lin".parse().unwrap();
        let batch = PaymentBatch {
            id: PaymentBatchId::new(Uuid::from_u128(u128::MAX)),
            status: BatchStatus::Approved,
            count: 1_000,
            open,
            waiting: 0,
            name_max: NAME_MAX,
            total: Money::from_fen(100),
            left_out: Vec::new(),
            reason: None,
            created_by: subject,
            approved_by: None,
            approved_on: None,
            revision,
        };
        let execution_date = at.date_in(chrono_tz::Asia::Shanghai);
        let agency = Line::parse("试验").unwrap();
        PaymentFile {
            batch,
            payments: Vec::new(),
            approved_by: None,
            approved_at: at,
            execution_date,
            agency,
        }
    }

    #[test]
    fn every_generation_of_the_largest_batch_has_a_message_id_of_its_own_that_fits() {
        let most = u32::try_from(CLAIMS_MAX).unwrap();
        let ids: BTreeSet<String> = (1..=most).map(|open| file(open).message_id()).collect();
        assert_eq!(ids.len(), CLAIMS_MAX);
        assert!(ids.iter().all(|id| id.len() == 35), "Max35Text");
        assert!(file(most).message_id().ends_with("-00") && file(1).message_id().ends_with("-RR"));
    }
}
