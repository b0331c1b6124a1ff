//! What a payment file is read from.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use super::{PayeeAccount, Payment};
use subsidy_core::domain::ClaimId;
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::{rows, statement};

rows! {
    /// A batch's approval, and the agency.
    pub struct Approval { recorded_at: DateTime<Utc>, agency: String }
}

rows! {
    /// A line without a result.
    pub struct PaymentFileRow {
        claim: Uuid,
        payee: String,
        name: String,
        bank_name: Option<String>,
        bank_code: Option<String>,
        account_mac: Option<String>,
        sealed: Option<Vec<u8>>,
        amount: Decimal,
        programme: String,
        title: String,
        voucher: Option<String>,
        budget_codes: Option<Value>,
    }
}

statement! {
    /// When a batch was approved.
    pub fn approval(batch: &str) -> Option<Approval> =
        "SELECT l.recorded_at, h.name AS agency FROM transitions AS t \
         JOIN log AS l ON l.sequence = t.sequence CROSS JOIN head AS h \
         WHERE t.document = $1 AND t.kind = 'payment_batch' AND t.to_status = 'approved' ORDER BY t.sequence LIMIT 1";
    /// Its lines without a result.
    pub fn open_lines(batch: Uuid) -> Vec<PaymentFileRow> =
        "SELECT l.claim, l.payee, o.name, o.bank_name, o.bank_code, o.account_mac, b.sealed, \
                l.amount, c.programme, p.title_zh AS title, v.number AS voucher, p.budget_codes \
           FROM payment_lines AS l JOIN claims AS c ON c.id = l.claim \
           JOIN programmes AS p ON p.code = c.programme JOIN organisations AS o ON o.credit_code = l.payee \
           LEFT JOIN vouchers AS v ON v.id = c.voucher \
           LEFT JOIN bank_accounts AS b ON b.organisation = o.credit_code AND b.mac = decode(o.account_mac, 'hex') \
          WHERE l.batch = $1 AND l.status = 'open' ORDER BY l.claim";
}

impl PaymentFileRow {
    /// The payment of a row.
    pub fn read(&self) -> Result<Payment, Unreadable> {
        let account = match (&self.bank_name, &self.bank_code, &self.account_mac) {
            (Some(name), Some(bank_code), Some(mac)) => Some(PayeeAccount {
                name: convert::read(name)?,
                bank_code: convert::read(bank_code)?,
                mac: convert::read(mac)?,
                // one that was lost opens as little as one that was changed
                sealed: self.sealed.clone().unwrap_or_default(),
            }),
            (None, None, None) => None,
            _ => return Err(Unreadable("half a bank account".to_owned())),
        };
        Ok(Payment {
            claim: ClaimId::new(self.claim),
            payee: convert::read(&self.payee)?,
            name: convert::read(&self.name)?,
            account,
            amount: convert::money(self.amount)?,
            programme: convert::read(&self.programme)?,
            title: convert::read(&self.title)?,
            voucher: self.voucher.clone(),
            budget_codes: self.budget_codes.as_ref().map(convert::read_json).transpose()?,
        })
    }
}
