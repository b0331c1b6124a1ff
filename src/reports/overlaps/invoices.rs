//! Invoices that claims of two programmes take.
//!
//! Nothing leads from an invoice to the claims that take it, and claims that share one may lie years apart: the claims are
//! walked once for many invoices together, with no more kept of each than tells whether its programmes differ. What
//! differs is then read whole. Of more invoices than that the claims are walked again, so that memory stays what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::vec;

use diesel_async::AsyncPgConnection;

use super::{AllocationRow, ContractAllocations, WINDOW, step_of};
use crate::reports::ReadError;
use crate::reports::report::{Scope, Window};
use subsidy_store::{rows, statement};

/// Invoices of one walk over the claims: some 50 bytes each.
const SLICE: i64 = 500_000;
/// Claims that are read whole together.
const TOGETHER: usize = 2_048;

rows! {
    /// Claims of a programme that take an invoice.
    struct TakenInvoiceRow { code: String, number: String, programme: String, claim: i64 }
}

rows! {
    struct InvoiceKeyRow { code: String, number: String }
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

/// The invoices after one, up to and including another or to the last.
#[derive(Debug, Clone, Copy)]
struct Slice<'a> {
    known_at: i64,
    code: &'a str,
    number: &'a str,
    last_code: Option<&'a str>,
    last_number: Option<&'a str>,
}

statement! {
    /// The invoice so many after one, in the order of their numbers.
    fn bound(InvoiceKeyRow { code, number }; offset: i64) -> Option<InvoiceKeyRow> =
        "SELECT DISTINCT code, number FROM invoices WHERE (code, number) > ($1, $2) ORDER BY code, number OFFSET $3 LIMIT 1";
    /// What claims made after `$1` up to `$2` take of the invoices after one, up to and including another or to the last.
    fn select_takes(
        Window { after, until }, Slice<'_> { known_at, code, number, last_code, last_number }
    ) -> Vec<TakenInvoiceRow> =
        concat!(
            taken!("e.invoice_code AS code, e.invoice_number AS number, k.programme, k.created AS claim"),
            "AND (e.invoice_code, e.invoice_number) > ($4, $5) \
             AND ($6::text IS NULL OR (e.invoice_code, e.invoice_number) <= ($6, $7::text))",
        );
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
struct Place([u8; 32]);

impl Place {
    fn of(code: &str, number: &str) -> Self {
        let mut place = [0; 32];
        place.iter_mut().take(12).zip(code.bytes()).for_each(|(to, digit)| *to = digit);
        place.iter_mut().skip(12).zip(number.bytes()).for_each(|(to, digit)| *to = digit);
        Self(place)
    }
}

/// That a claim takes an invoice: the sequence that made the claim, and which of the programmes it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct InvoiceTake {
    invoice: Place,
    claim: i64,
    programme: u32,
}

/// Invoices, slice by slice in the order of their numbers.
#[derive(Debug)]
pub(super) struct Invoices {
    /// How many one walk is for.
    slice: i64,
    /// The last invoice of the slice that was walked for; none after the last slice.
    after: Option<InvoiceKeyRow>,
    /// Programmes by their numbers here.
    programmes: BTreeMap<String, u32>,
    /// By invoice that is of more than one programme: what takes it.
    shared: vec::IntoIter<Vec<InvoiceTake>>,
}

impl Invoices {
    pub(super) fn new() -> Self {
        Self::by(SLICE)
    }

    fn by(slice: i64) -> Self {
        let first = InvoiceKeyRow { code: String::new(), number: String::new() };
        Self { slice, after: Some(first), programmes: BTreeMap::new(), shared: Vec::new().into_iter() }
    }

    /// The next of more than one programme; nothing after the last.
    pub(super) async fn next(
        &mut self,
        conn: &AsyncPgConnection,
        scope: &Scope,
    ) -> Result<Option<Vec<ContractAllocations>>, ReadError> {
        let (mut places, mut claims) = (BTreeSet::new(), BTreeSet::new());
        while claims.len() < TOGETHER
            && let Some(taken) = self.shared.next()
        {
            places.extend(taken.first().map(|one| one.invoice));
            claims.extend(taken.iter().map(|one| one.claim));
        }
        if !places.is_empty() {
            return read(conn, scope, &places, &Vec::from_iter(claims)).await.map(Some);
        }
        let Some(after) = self.after.take() else { return Ok(None) };
        let last = bound(conn, after.clone(), self.slice - 1).await?;
        self.shared = self.walked(conn, scope, (&after, last.as_ref())).await?.into_iter();
        self.after = last;
        Ok(Some(Vec::new()))
    }

    /// What takes the invoices of a slice, by invoice, where that is of more than one programme.
    async fn walked(
        &mut self,
        conn: &AsyncPgConnection,
        scope: &Scope,
        (after, last): (&InvoiceKeyRow, Option<&InvoiceKeyRow>),
    ) -> Result<Vec<Vec<InvoiceTake>>, ReadError> {
        let (last_code, last_number) = last.map(|last| (last.code.as_str(), last.number.as_str())).unzip();
        let (code, number) = (after.code.as_str(), after.number.as_str());
        let slice = Slice { known_at: scope.known_at, code, number, last_code, last_number };
        let mut all: Vec<InvoiceTake> = Vec::new();
        for window in scope.windows(WINDOW) {
            for found in select_takes(conn, window, slice).await? {
                let next = u32::try_from(self.programmes.len()).unwrap_or(u32::MAX);
                all.push(InvoiceTake {
                    invoice: Place::of(&found.code, &found.number),
                    claim: found.claim,
                    programme: *self.programmes.entry(found.programme).or_insert(next),
                });
            }
        }
        all.sort_unstable();
        let of_several = |taken: &[InvoiceTake]| {
            taken.iter().any(|one| taken.first().map(|first| first.programme) != Some(one.programme))
        };
        let groups = all.chunk_by(|a, b| a.invoice == b.invoice).filter(|taken| of_several(taken));
        Ok(groups.map(<[InvoiceTake]>::to_vec).collect())
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
