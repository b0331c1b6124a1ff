//! Objections in the database.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::convert::{self, Unreadable, hash, read_hash};
use crate::{listed, rows, stored};
use subsidy_core::claims::objection::Objection;
use subsidy_core::domain::{ClaimId, Instant, ObjectionId};

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

impl ObjectionRow {
    /// The row of an objection.
    pub fn new(o: &Objection) -> Result<Self, Unreadable> {
        Ok(Self {
            id: o.id.uuid(),
            claim: o.claim.uuid(),
            status: o.status.into_str().to_owned(),
            text: o.text.as_bytes().to_vec(),
            reason: hash(o.reason),
            created_by: o.created_by.to_string(),
            created_at: o.created_at.utc(),
            resolved_by: o.resolved_by.as_ref().map(ToString::to_string),
            created: convert::sequence(o.revision.created),
            version: convert::sequence(o.revision.version),
            updated_at: o.revision.updated_at.utc(),
        })
    }

    /// The objection of a row.
    pub fn read(&self) -> Result<Objection, Unreadable> {
        let lost = || Unreadable("an objection without a text".to_owned());
        Ok(Objection {
            id: ObjectionId::new(self.id),
            claim: ClaimId::new(self.claim),
            status: convert::read(&self.status)?,
            text: read_hash(Some(&self.text))?.ok_or_else(lost)?,
            reason: read_hash(self.reason.as_deref())?,
            created_by: convert::read(&self.created_by)?,
            created_at: Instant::new(self.created_at),
            resolved_by: convert::read_opt(self.resolved_by.as_deref())?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
