//! What rests on a contract or a loan under two programmes, a window of sequences at a time, and invoices after them.

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;

use super::invoices::{Invoices, TakenInvoices};
use super::{AllocationRow, ContractAllocations, WINDOW, programmes, step_of};
use crate::ReadError;
use crate::known::KnownSums;
use crate::report::{Scope, Window};
use crate::scope;
use subsidy_core::domain::AgencyCode;
use subsidy_store::{rows, statement};

rows! {
    struct MadeRow { created: i64 }
}

statement! {
    /// When contracts, loans and organisations were made, up to `$1`, on which documents of more than one programme ever
    /// rested; of organisations, more than one document.
    fn several(known_at: i64) -> Vec<MadeRow> =
        "SELECT r.created FROM rentals AS r JOIN (SELECT rental FROM contract_uses GROUP BY rental \
                  HAVING min(programme) <> max(programme)) AS u ON u.rental = r.id WHERE r.created <= $1 \
         UNION SELECT n.created FROM loans AS n JOIN (SELECT loan FROM loan_uses GROUP BY loan \
                  HAVING min(programme) <> max(programme)) AS u ON u.loan = n.id WHERE n.created <= $1 \
         UNION SELECT o.created FROM organisations AS o JOIN (SELECT organisation FROM ( \
                  SELECT organisation FROM awards UNION ALL SELECT p.place ->> 'organisation' \
                    FROM rankings AS r CROSS JOIN jsonb_array_elements(r.places) WITH ORDINALITY AS p (place, number) \
                   WHERE p.number <= r.top) AS h GROUP BY organisation HAVING count(*) > 1) AS h \
                ON h.organisation = o.credit_code WHERE o.created <= $1";
    /// Contracts made after `$1` up to `$2` with what rests on them, where that is of two programmes or more.
    fn contracts(Window { after, until }; known_at: i64) -> Vec<AllocationRow> =
        concat!(
            "SELECT 'contract' AS kind, r.id::text AS subject, r.contract_no AS number, r.organisation, \
                    r.provider AS counterparty, u.programme, u.kind AS document_kind, u.document::text AS document, \
                    t.to_status AS status, r.created \
               FROM rentals AS r JOIN contract_uses AS u ON u.rental = r.id ",
            step_of!("u.kind", "u.document"),
            "WHERE r.created > $1 AND r.created <= $2 \
                AND EXISTS (SELECT FROM contract_uses AS o WHERE o.rental = r.id AND o.programme <> u.programme) \
              ORDER BY r.created, u.programme COLLATE \"C\", u.document",
        );
    fn loans(Window { after, until }; known_at: i64) -> Vec<AllocationRow> =
        concat!(
            "SELECT 'loan' AS kind, n.id::text AS subject, n.loan_no AS number, n.organisation, \
                    n.bank AS counterparty, u.programme, 'claim' AS document_kind, u.claim::text AS document, \
                    t.to_status AS status, n.created \
               FROM loans AS n JOIN loan_uses AS u ON u.loan = n.id ",
            step_of!("'claim'", "u.claim"),
            "WHERE n.created > $1 AND n.created <= $2 \
                AND EXISTS (SELECT FROM loan_uses AS o WHERE o.loan = n.id AND o.programme <> u.programme) \
              ORDER BY n.created, u.programme COLLATE \"C\", u.claim",
        );
    /// Organisations registered after `$1` up to `$2` with the awards that they have and the rankings that name them, where
    /// those are of two programmes or more, or of one for the same project or year.
    fn honoured(Window { after, until }; known_at: i64) -> Vec<AllocationRow> =
        concat!(
            "WITH held AS (SELECT h.*, t.to_status FROM (SELECT organisation, programme, 'award' AS kind, id::text AS document, project AS same FROM awards \
               UNION ALL SELECT p.place ->> 'organisation', r.programme, 'ranking', r.id::text, r.year::text \
                 FROM rankings AS r CROSS JOIN jsonb_array_elements(r.places) WITH ORDINALITY AS p (place, number) \
                WHERE p.number <= r.top) AS h ",
            step_of!("h.kind", "h.document"),
            "WHERE t.to_status <> 'proposed') \
             SELECT 'organisation' AS kind, o.credit_code AS subject, '' AS number, o.credit_code AS organisation, \
                    '' AS counterparty, h.programme, h.kind AS document_kind, h.document, h.to_status AS status, o.created \
               FROM organisations AS o JOIN held AS h ON h.organisation = o.credit_code \
              WHERE o.created > $1 AND o.created <= $2 \
                AND EXISTS (SELECT FROM held AS e WHERE e.organisation = o.credit_code AND e.document <> h.document \
                     AND (e.programme <> h.programme OR e.same = h.same)) \
              ORDER BY o.created, h.programme COLLATE \"C\", h.document",
        );
}

/// How far a search has come.
#[derive(Debug, Clone, Copy)]
enum At {
    /// Contracts, loans and organisations made up to this sequence are found.
    Sequence(i64),
    Invoices,
}

/// A search for what is of more than one programme: contracts, loans and organisations in the order in which they were
/// made, each whole in its window, then invoices in the order of their numbers.
#[derive(Debug)]
pub(super) struct Search {
    scope: Scope,
    at: At,
    /// When what may be of more than one programme was made: other windows have nothing.
    made: BTreeSet<i64>,
    invoices: Invoices,
}

impl Search {
    /// Before the first contract.
    pub(super) async fn begin(
        conn: &AsyncPgConnection,
        of: (&AgencyCode, &scope::At, &Scope),
        known: &KnownSums<TakenInvoices>,
    ) -> Result<Self, ReadError> {
        let (scope, known_at) = (of.2.clone(), of.2.known_at);
        let made = several(conn, known_at).await?.into_iter().map(|found| found.created).collect();
        let shared = known.read_with_later(conn, of, |taken| taken.shared(known_at)).await?;
        Ok(Self { scope, at: At::Sequence(-1), made, invoices: Invoices::new(shared) })
    }

    pub(super) const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The next that are found, until enough documents rest on them; fewer, or none, at the end.
    pub(super) async fn next(
        &mut self,
        conn: &AsyncPgConnection,
        enough: usize,
    ) -> Result<Vec<ContractAllocations>, ReadError> {
        let (mut found, mut documents) = (Vec::new(), 0);
        while documents < enough {
            let Some(mut more) = self.window(conn).await? else { break };
            let only = self.scope.programme.as_deref();
            more.retain(|uses| only.is_none_or(|only| programmes(uses).contains(only)));
            documents += more.iter().map(Vec::len).sum::<usize>();
            found.append(&mut more);
        }
        Ok(found)
    }

    /// What the next window has; nothing after the last.
    async fn window(
        &mut self,
        conn: &AsyncPgConnection,
    ) -> Result<Option<Vec<ContractAllocations>>, ReadError> {
        let At::Sequence(after) = self.at else { return self.invoices.next(conn, &self.scope).await };
        let Some(window) = self.scope.window(after, WINDOW) else {
            self.at = At::Invoices;
            return Ok(Some(Vec::new()));
        };
        self.at = At::Sequence(window.until);
        if window.within(&self.made).next().is_none() {
            return Ok(Some(Vec::new()));
        }
        documents(conn, window, self.scope.known_at).await.map(Some)
    }
}

/// Contracts, loans and organisations of a window, each with all of its documents.
async fn documents(
    conn: &AsyncPgConnection,
    window: Window,
    known_at: i64,
) -> Result<Vec<ContractAllocations>, ReadError> {
    let mut rows = contracts(conn, window, known_at).await?;
    rows.extend(loans(conn, window, known_at).await?);
    rows.extend(honoured(conn, window, known_at).await?);
    let mut found: Vec<ContractAllocations> = Vec::new();
    for row in rows {
        let same =
            |uses: &&mut ContractAllocations| uses.first().is_some_and(|one| one.subject == row.subject);
        match found.last_mut().filter(same) {
            Some(uses) => uses.push(row),
            None => found.push(vec![row]),
        }
    }
    // one organisation may have two of one programme
    found.retain(|uses| programmes(uses).len() > 1 || uses.iter().all(|one| one.kind == "organisation"));
    Ok(found)
}
