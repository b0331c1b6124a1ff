//! Invoices that claims of two programmes take.
//!
//! Nothing leads from an invoice to the claims that take it, and claims that share one may lie years apart: which claims ever
//! took an invoice is kept as the log grows. What is shared is then read whole, as it was known at the end of the report.

use std::collections::{BTreeMap, BTreeSet};
use std::vec;

use diesel_async::AsyncPgConnection;

use super::{AllocationRow, ContractAllocations, programmes, step_of};
use crate::ReadError;
use crate::known::Summed;
use crate::report::{Scope, Window};
use crate::scope::At;
use subsidy_store::{rows, statement};

/// Claims that are read whole together.
const TOGETHER: usize = 2_048;

rows! {
    /// That a claim of a programme was written with an invoice; when the claim was made.
    pub struct TakenInvoiceRow { code: String, number: String, programme: String, claim: i64 }
}

/// Claims with each invoice that they took by what was last written of them.
macro_rules! taken {
    ($columns:literal) => {
        concat!(
            "SELECT DISTINCT ",
            $columns,
            " FROM claims AS k ",
            step_of!("'claim'", "k.id"),
            "JOIN LATERAL ( \
                 SELECT convert_from(l.leaf, 'UTF8')::jsonb #> ARRAY['command', l.kind, 'invoices'] AS parts \
                   FROM calculations AS c JOIN log AS l ON l.sequence = c.sequence AND l.kind IN ('draft_claim', 'rewrite_claim') \
                  WHERE c.document = k.id::text AND c.sequence <= $3 ORDER BY c.version DESC LIMIT 1) AS w ON w.parts IS NOT NULL \
             JOIN LATERAL jsonb_array_elements(w.parts) AS part ON true \
             JOIN LATERAL (SELECT i.invoice_code, i.invoice_number FROM evidence AS i \
                  WHERE i.id = (part ->> 'evidence_id')::uuid LIMIT 1) AS e ON true \
             WHERE k.created > $1 AND k.created <= $2 "
        )
    };
}

statement! {
    /// What claims were written with after `$1` up to `$2`.
    fn written(Window { after, until }) -> Vec<TakenInvoiceRow> =
        "SELECT DISTINCT e.invoice_code AS code, e.invoice_number AS number, k.programme, k.created AS claim \
           FROM (SELECT kind, document, convert_from(leaf, 'UTF8')::jsonb #> ARRAY['command', kind, 'invoices'] AS parts \
                   FROM log WHERE sequence > $1 AND sequence <= $2 AND kind IN ('draft_claim', 'rewrite_claim')) AS w \
           JOIN claims AS k ON k.id = CASE WHEN w.kind IN ('draft_claim', 'rewrite_claim') THEN w.document::uuid END \
          CROSS JOIN LATERAL jsonb_array_elements(w.parts) AS part \
           JOIN LATERAL (SELECT i.invoice_code, i.invoice_number FROM evidence AS i \
                WHERE i.id = (part ->> 'evidence_id')::uuid LIMIT 1) AS e ON true";
    /// Claims made at sequences of `$4` with what they take.
    fn decode_all(Window { after, until }; known_at: i64, claims: &[i64]) -> Vec<AllocationRow> =
        concat!(
            taken!(
                "'invoice' AS kind, e.invoice_code AS subject, e.invoice_number AS number, k.organisation, \
                 coalesce(k.provider, '') AS counterparty, k.programme, 'claim' AS document_kind, \
                 k.id::text AS document, t.to_status AS status, k.created"
            ),
            "AND k.created = ANY($4)",
        );
}

/// An invoice's code, of at most 12 digits, and number, of at most 20: in the order of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place([u8; 32]);

impl Place {
    fn of(code: &str, number: &str) -> Self {
        let mut place = [0; 32];
        place.iter_mut().take(12).zip(code.bytes()).for_each(|(to, digit)| *to = digit);
        place.iter_mut().skip(12).zip(number.bytes()).for_each(|(to, digit)| *to = digit);
        Self(place)
    }
}

/// Which claims ever took which invoice: some 100 bytes an invoice.
#[derive(Debug, Default)]
pub struct TakenInvoices {
    /// Programmes by their numbers here.
    programmes: BTreeMap<String, u32>,
    /// By invoice: the sequence that made the claim, and its programme.
    takes: BTreeMap<Place, BTreeSet<(i64, u32)>>,
    /// What claims of two programmes took.
    shared: BTreeSet<Place>,
}

impl TakenInvoices {
    /// The invoices that claims of two programmes took, in the order of their numbers, each with the claims that were made up
    /// to a sequence.
    pub(super) fn shared(&self, known_at: i64) -> Vec<(Place, Vec<i64>)> {
        let until = |place: &Place| {
            let takes = self.takes.get(place).into_iter().flatten();
            (*place, takes.map(|(claim, _)| *claim).filter(|claim| *claim <= known_at).collect())
        };
        self.shared.iter().map(until).collect()
    }
}

impl Summed for TakenInvoices {
    const ADDS_ALL: bool = true;
    // each claim is read with its leaf
    const WINDOW: i64 = 16_384;

    type Read = Vec<TakenInvoiceRow>;

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        _: (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        Ok(written(conn, window).await?)
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        for found in read {
            let next = u32::try_from(self.programmes.len()).unwrap_or(u32::MAX);
            let programme = *self.programmes.entry(found.programme).or_insert(next);
            let place = Place::of(&found.code, &found.number);
            let takes = self.takes.entry(place).or_default();
            if takes.iter().any(|(_, other)| *other != programme) {
                self.shared.insert(place);
            }
            takes.insert((found.claim, programme));
        }
        Ok(())
    }
}

/// Invoices in the order of their numbers, some at a time.
#[derive(Debug)]
pub(super) struct Invoices(vec::IntoIter<(Place, Vec<i64>)>);

impl Invoices {
    pub(super) fn new(shared: Vec<(Place, Vec<i64>)>) -> Self {
        Self(shared.into_iter())
    }

    /// The next of more than one programme, where there are any; nothing after the last.
    pub(super) async fn next(
        &mut self,
        conn: &AsyncPgConnection,
        scope: &Scope,
    ) -> Result<Option<Vec<ContractAllocations>>, ReadError> {
        let (mut places, mut claims) = (BTreeSet::new(), BTreeSet::new());
        while claims.len() < TOGETHER
            && let Some((place, taking)) = self.0.next()
        {
            places.insert(place);
            claims.extend(taking);
        }
        if places.is_empty() {
            return Ok(None);
        }
        let mut found = read(conn, scope, &places, &Vec::from_iter(claims)).await?;
        // a claim may have been written without an invoice that it took before
        found.retain(|uses| programmes(uses).len() > 1);
        Ok(Some(found))
    }
}

/// Invoices with what takes them, whole.
async fn read(
    conn: &AsyncPgConnection,
    scope: &Scope,
    places: &BTreeSet<Place>,
    claims: &[i64],
) -> Result<Vec<ContractAllocations>, ReadError> {
    let mut invoices: BTreeMap<Place, ContractAllocations> = BTreeMap::new();
    let all = Window { after: -1, until: scope.known_at };
    for found in decode_all(conn, all, scope.known_at, claims).await? {
        let place = Place::of(&found.subject, &found.number);
        if places.contains(&place) {
            invoices.entry(place).or_default().push(found);
        }
    }
    for uses in invoices.values_mut() {
        uses.sort_by(|a, b| (&a.programme, &a.document).cmp(&(&b.programme, &b.document)));
    }
    Ok(invoices.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart_and_in_the_order_of_their_texts() {
        let mut texts = [
            ("", "12345678901234567890"),
            ("", "12345678901234567891"),
            ("1234567890", "00000001"),
            ("1234567890", "12345678"),
            ("123456789012", "00000001"),
            ("2000000000", "00000000"),
        ];
        texts.sort_unstable();
        let places = texts.map(|(code, number)| Place::of(code, number));
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
    }
}
