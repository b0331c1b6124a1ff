//! Who may have which role on a day 角色持有: every grant that counts on it, with who proposed and who approved it.
//!
//! What became of a grant after the last leaf that counts is left out, so an earlier answer stays what it was. Where the
//! service takes the roles that tokens and accounts say, this is what was granted beside them.

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::report::{Link, Report, Row, Scope};
use subsidy_core::domain::{Date, Sequence};
use subsidy_core::role_grants::{RoleGrant, RoleGrantStatus};
use subsidy_store::role_grants::known_at;

const COLUMNS: &[Column] = &[
    Column::plain("账号 subject", 32),
    Column::plain("角色 role", 12),
    Column::plain("单位 organisation", 20),
    Column::plain("起 from", 12),
    Column::plain("止 until", 12),
    Column::plain("提出人 proposed_by", 32),
    Column::plain("批准人 approved_by", 32),
    Column::plain("批准日期 approved_on", 12),
    Column::plain("依据 document", 24),
    Column::plain("编号 grant", 38),
];

/// The first and the last day of a grant, as far as the log goes up to a leaf; none where it never counted.
fn days(grant: &RoleGrant, known_at: Sequence) -> Option<(Date, Option<Date>)> {
    let approved_on = grant.decided_on.filter(|_| grant.decided.is_some_and(|leaf| leaf <= known_at));
    let approved_on = approved_on.filter(|_| grant.status != RoleGrantStatus::Rejected)?;
    let ended_on = grant.ended_on.filter(|_| grant.ended.is_some_and(|leaf| leaf <= known_at));
    // on the day on which it was taken away it counted for a part, which is enough to have acted
    let last = match (grant.until, ended_on) {
        (Some(until), Some(ended)) => Some(until.min(ended)),
        (until, ended) => until.or(ended),
    };
    Some((grant.from.map_or(approved_on, |from| from.max(approved_on)), last))
}

/// Every grant that was known at a leaf, with the days on which it counted.
pub async fn held(
    conn: &AsyncPgConnection,
    known: i64,
) -> Result<Vec<(RoleGrant, Date, Option<Date>)>, ReadError> {
    let leaf = Sequence::new(u64::try_from(known).unwrap_or_default());
    let mut all = Vec::new();
    for row in known_at(conn, known).await? {
        let grant = row.read()?;
        if let Some((from, until)) = days(&grant, leaf) {
            all.push((grant, from, until));
        }
    }
    Ok(all)
}

/// The grants that count on the day of the scope.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope) -> Result<Report, ReadError> {
    let counts = |from: Date, until: Option<Date>| {
        from <= scope.as_of && until.is_none_or(|until| scope.as_of <= until)
    };
    let all = held(conn, scope.known_at).await?;
    let on_the_day = all.into_iter().filter(|(_, from, until)| counts(*from, *until));
    let rows = on_the_day.map(|(grant, from, until)| row(&grant, from, until)).collect();
    Ok(Report::of(["roles", "角色持有"], COLUMNS, rows))
}

fn row(grant: &RoleGrant, from: Date, until: Option<Date>) -> Row {
    let or_nothing = |text: Option<String>| text.unwrap_or_default();
    let row = Row::default()
        .text(&grant.subject)
        .text(grant.role.into_str())
        .text(or_nothing(grant.organisation.map(|code| code.to_string())))
        .text(from)
        .text(or_nothing(until.map(|day| day.to_string())))
        .text(&grant.created_by)
        .text(or_nothing(grant.decided_by.as_ref().map(ToString::to_string)))
        .text(or_nothing(grant.decided_on.map(|day| day.to_string())))
        .text(or_nothing(grant.document.as_ref().map(ToString::to_string)))
        .text(grant.id);
    let place = COLUMNS.len().saturating_sub(1);
    Row { links: vec![(place, Link::of(&format!("/v1/role-grants/{}", grant.id)))], ..row }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use chrono::DateTime;
    use subsidy_core::domain::{Instant, Revision, Role, RoleGrantId, Subject, TextHash};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_grant_counts_from_its_approval_until_it_is_taken_away_as_far_as_is_known() {
        let day = |text| Date::parse(text).ok();
        let (first, at) =
            (Sequence::new(1), Instant::new(DateTime::from_timestamp(1_750_000_000, 0).unwrap()));
        let grant = RoleGrant {
            id: RoleGrantId::new(Uuid::from_u128(1)),
            status: RoleGrantStatus::Ended,
            subject: Subject::parse("i#wang").unwrap(),
            role: Role::Officer,
            organisation: None,
            from: day("2025-01-01"),
            until: day("2025-12-31"),
            document: None,
            reason: TextHash::new([0; 32]),
            rejection: None,
            end_reason: Some(TextHash::new([1; 32])),
            created_by: Subject::parse("i#ops").unwrap(),
            decided_by: Subject::parse("i#sec").ok(),
            decided: Some(Sequence::new(5)),
            decided_on: day("2025-02-03"),
            ended_by: Subject::parse("i#ops").ok(),
            ended: Some(Sequence::new(9)),
            ended_on: day("2025-06-15"),
            revision: Revision { created: first, version: Sequence::new(9), updated_at: at },
        };
        let known = |leaf| days(&grant, Sequence::new(leaf));
        assert_eq!(known(4), None);
        assert_eq!(known(8), Some((day("2025-02-03").unwrap(), day("2025-12-31"))));
        assert_eq!(known(9), Some((day("2025-02-03").unwrap(), day("2025-06-15"))));
        let rejected = RoleGrant { status: RoleGrantStatus::Rejected, ..grant };
        assert_eq!(days(&rejected, Sequence::new(9)), None);
    }
}
