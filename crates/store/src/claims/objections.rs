//! Objections in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{columns, listed, rows, stored};
use subsidy_core::claims::objection::Objection;

rows! {
    pub struct ObjectionRow in "objections", versioned, fixed [claim, text, created_by, created_at, created] {
        key { id: Uuid }
        claim: Uuid,
        status: String,
        text: Vec<u8>,
        reason: Option<Vec<u8>>,
        created_by: String,
        created_at: DateTime<Utc>,
        resolved_by: Option<String>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Objection as ObjectionRow, |id| id.uuid() }
listed! { ObjectionRow in objections, by [claim, created_by] }

columns! {
    Objection as ObjectionRow { id, claim, status, text, reason, created_by, created_at, resolved_by }
}
