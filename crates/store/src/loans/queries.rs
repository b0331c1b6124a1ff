//! What is read of loans.

use std::ops::Range;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::loans::LoanRow;
use crate::{rows, statement};

rows! {
    /// Claims of some days.
    pub struct ClaimCountRow { all_claims: i64, open_claims: i64 }
}

rows! {
    /// A claim on some days of a loan.
    pub struct ClaimOnDaysRow {
        loan: Uuid,
        id: Uuid,
        programme: String,
        period_from: NaiveDate,
        period_until: NaiveDate,
        status: String,
        amount: Decimal,
    }
}

rows! {
    /// Up to which day claims take a loan.
    pub struct ClaimedRow { loan: Uuid, until: NaiveDate }
}

/// What loans a programme may still pay for.
#[derive(Debug, Clone, Copy)]
pub struct EstimatedQuery<'a> {
    pub programme: &'a str,
    /// Whose money it is.
    pub level: &'a str,
    pub after: NaiveDate,
    pub limit: i64,
}

/// A page of loans by the days, in ISO 8601, of which interest is confirmed.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmedQuery<'a> {
    pub after: i64,
    pub from: &'a str,
    pub until: &'a str,
    pub limit: i64,
}

statement! {
    /// Loans that a programme may still pay for: they mature after a day or were extended, their organisation is not blocked, and no
    /// other programme that suffers no money of its level beside it takes any of their days.
    pub fn estimated(EstimatedQuery<'_> { programme, level, after, limit }) -> Vec<LoanRow> =
        "SELECT l.* FROM loans AS l JOIN organisations AS o ON o.credit_code = l.organisation AND o.status = 'active' \
         WHERE (l.matures_on > $3 OR jsonb_path_exists(l.events, '$[*].change.extension')) AND NOT EXISTS (SELECT FROM loan_uses AS u \
           WHERE u.loan = l.id AND u.live AND jsonb_exists(u.refuses, $2) AND u.programme <> $1) \
         ORDER BY l.organisation, l.created LIMIT $4";
    /// Up to which day a programme's claims take each loan.
    pub fn claimed(programme: &str) -> Vec<ClaimedRow> =
        "SELECT loan, max(period_until) AS until FROM loan_uses WHERE programme = $1 AND live GROUP BY loan";
    /// A page of the loans of which a bank confirmed interest in some days, oldest first.
    pub fn confirmed(ConfirmedQuery<'_> { after, from, until, limit }) -> Vec<LoanRow> =
        "SELECT * FROM loans WHERE created > $1 AND EXISTS (SELECT FROM jsonb_array_elements(interest) AS i \
           WHERE i #>> '{period,from}' < $3 AND i #>> '{period,until}' > $2) ORDER BY created LIMIT $4";
    /// The claims of some days on loans, under whichever programme, that count or may yet, oldest first.
    pub fn claims_on(Range<NaiveDate> { start, end }; loans: &[Uuid]) -> Vec<ClaimOnDaysRow> =
        "SELECT loan, id, programme, period_from, period_until, status, amount FROM claims \
         WHERE loan = ANY($3) AND period_from < $2 AND period_until > $1 \
           AND status NOT IN ('rejected', 'withdrawn') ORDER BY created";
    /// How many claims of these days there are of a loan under a programme, and how many of them count or may yet.
    pub fn claims_of(Range<NaiveDate> { start, end }; loan: Uuid, programme: &str) -> Option<ClaimCountRow> =
        "SELECT count(*) AS all_claims, count(*) FILTER (WHERE status NOT IN ('rejected', 'withdrawn')) AS open_claims \
         FROM claims WHERE loan = $3 AND programme = $4 AND period_from < $2 AND period_until > $1";
}
