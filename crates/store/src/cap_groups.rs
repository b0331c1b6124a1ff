//! Caps that programmes share, in the database.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{columns, listed, rows, stored};
use subsidy_core::cap_groups::CapGroup;

rows! {
    pub struct CapGroupRow in "cap_groups", versioned, fixed [created] {
        key { code: String }
        status: String,
        caps: Option<Value>,
        proposed: Option<Value>,
        rejection: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { CapGroup as CapGroupRow, ToString::to_string }
listed! { CapGroupRow in cap_groups, by [status] }

columns! {
    CapGroup as CapGroupRow { code, status, caps, proposed, rejection, created_by, decided_by }
}
