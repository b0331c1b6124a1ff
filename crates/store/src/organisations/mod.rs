//! Organisations in the database.

pub mod queries;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::convert::{self, Unreadable};
use crate::{columns, listed, rows, stored};
use subsidy_core::organisations::{BankAccount, Organisation};

rows! {
    pub struct OrganisationRow in "organisations", versioned, fixed [
        name, category, size, startup, region, controller, related, created_by, created,
    ] {
        key { credit_code: String }
        name: String,
        category: String,
        size: Option<String>,
        startup: bool,
        region: Option<String>,
        controller: Option<String>,
        related: Value,
        bank_name: Option<String>,
        bank_code: Option<String>,
        account_masked: Option<String>,
        account_mac: Option<String>,
        account_change: Option<Value>,
        account_since: Option<i64>,
        status: String,
        reason: Option<Vec<u8>>,
        created_by: String,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Organisation as OrganisationRow, ToString::to_string }
listed! {
    OrganisationRow in organisations, by [status], any [credit_code in credit_codes], part [name in name_part],
    since [updated_at]
}

columns! {
    Organisation as OrganisationRow {
        credit_code, name, category, size, startup, region, controller, related, account_change, account_since, status,
        reason, created_by,
    }
    row |o| {
        bank_name: o.bank_account.as_ref().map(|account| account.name.to_string()),
        bank_code: o.bank_account.as_ref().map(|account| account.bank_code.to_string()),
        account_masked: o.bank_account.as_ref().map(|account| account.masked.clone()),
        account_mac: o.bank_account.as_ref().map(|account| account.mac.to_string()),
    }
    document |row| { bank_account: row.bank_account()? }
}

impl OrganisationRow {
    fn bank_account(&self) -> Result<Option<BankAccount>, Unreadable> {
        match (&self.bank_name, &self.bank_code, &self.account_masked, &self.account_mac) {
            (Some(name), Some(code), Some(masked), Some(mac)) => Ok(Some(BankAccount {
                name: convert::read(name)?,
                bank_code: convert::read(code)?,
                masked: masked.clone(),
                mac: convert::read(mac)?,
            })),
            (None, None, None, None) => Ok(None),
            _ => Err(Unreadable("half a bank account".to_owned())),
        }
    }
}
