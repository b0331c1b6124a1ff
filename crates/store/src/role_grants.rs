//! Role grants in the database.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{columns, listed, rows, statement, stored};
use subsidy_core::role_grants::RoleGrant;

rows! {
    pub struct RoleGrantRow in "role_grants", versioned, fixed [
        subject, folded, role, organisation, valid_from, valid_until, document, reason, created_by, created,
    ] {
        key { id: Uuid }
        status: String,
        subject: String,
        folded: String,
        role: String,
        organisation: Option<String>,
        valid_from: Option<NaiveDate>,
        valid_until: Option<NaiveDate>,
        document: Option<String>,
        reason: Vec<u8>,
        rejection: Option<Vec<u8>>,
        end_reason: Option<Vec<u8>>,
        created_by: String,
        decided_by: Option<String>,
        decided: Option<i64>,
        decided_on: Option<NaiveDate>,
        ended_by: Option<String>,
        ended: Option<i64>,
        ended_on: Option<NaiveDate>,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

statement! {
    /// The grants of these people, as they are compared, that wait or count.
    pub fn open_of(people: &[String]) -> Vec<RoleGrantRow> =
        "SELECT * FROM role_grants WHERE folded = ANY($1) AND status IN ('proposed', 'approved')";
    /// The roles that anybody was ever granted, of those that grant and approve roles, each with the days from which.
    pub fn granted_administrators() -> Vec<GrantedRoleRow> =
        "SELECT DISTINCT role, valid_from FROM role_grants \
         WHERE role IN ('operator', 'security') AND status IN ('approved', 'ended')";
    /// All that were proposed up to a leaf.
    pub fn known_at(until: i64) -> Vec<RoleGrantRow> =
        "SELECT * FROM role_grants WHERE created <= $1 ORDER BY folded, role, created";
}

rows! {
    pub struct GrantedRoleRow { role: String, valid_from: Option<NaiveDate> }
}

stored! { RoleGrant as RoleGrantRow, |id| id.uuid() }
listed! { RoleGrantRow in role_grants, by [status, subject, role] }

columns! {
    RoleGrant as RoleGrantRow {
        id, status, subject, role, organisation, document, reason, rejection, end_reason, created_by, decided_by, decided,
        decided_on, ended_by, ended, ended_on,
    }
    renamed { from as valid_from, until as valid_until }
    row |grant| { folded: grant.subject.folded().as_str().to_owned() }
}
