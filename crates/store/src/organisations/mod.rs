//! Organisations in the database.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
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
listed! { OrganisationRow in organisations, by [status, credit_code], since [updated_at] }

impl OrganisationRow {
    /// The row of an organisation.
    pub fn new(o: &Organisation) -> Result<Self, Unreadable> {
        let account = o.bank_account.as_ref();
        Ok(Self {
            credit_code: o.credit_code.to_string(),
            name: o.name.to_string(),
            category: convert::text(&o.category),
            size: o.size.map(|s| convert::text(&s)),
            startup: o.startup,
            region: o.region.as_ref().map(ToString::to_string),
            controller: o.controller.as_ref().map(ToString::to_string),
            related: convert::json(&o.related)?,
            bank_name: account.map(|a| a.name.to_string()),
            bank_code: account.map(|a| a.bank_code.to_string()),
            account_masked: account.map(|a| a.masked.clone()),
            account_mac: account.map(|a| a.mac.to_string()),
            account_change: o.account_change.as_ref().map(convert::json).transpose()?,
            account_since: o.account_since.map(convert::sequence),
            status: o.status.into_str().to_owned(),
            reason: hash(o.reason),
            created_by: o.created_by.to_string(),
            created: convert::sequence(o.revision.created),
            version: convert::sequence(o.revision.version),
            updated_at: o.revision.updated_at.utc(),
        })
    }

    /// The organisation of a row.
    pub fn read(&self) -> Result<Organisation, Unreadable> {
        Ok(Organisation {
            credit_code: convert::read(&self.credit_code)?,
            name: convert::read(&self.name)?,
            category: convert::read(&self.category)?,
            size: convert::read_opt(self.size.as_deref())?,
            startup: self.startup,
            region: convert::read_opt(self.region.as_deref())?,
            controller: convert::read_opt(self.controller.as_deref())?,
            related: convert::read_json(&self.related)?,
            bank_account: self.bank_account()?,
            account_change: self.account_change.as_ref().map(convert::read_json).transpose()?,
            account_since: self.account_since.map(convert::read_sequence).transpose()?,
            status: convert::read(&self.status)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }

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
