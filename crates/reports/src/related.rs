//! What documents name and do not hold: free texts by their hash, calculation sheets by document and number, what the bank
//! calls a payment, which claim is objected to.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ReadError;
use subsidy_core::domain::{ClaimId, Date, ObjectionId, PaymentBatchId, TextHash};
use subsidy_core::programmes::calculation::Calculation;
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::list::PageQuery;
use subsidy_store::db::rows::ColumnText;
use subsidy_store::{rows, statement};

rows! {
    struct StoredTextRow { sha256: Vec<u8>, salt: Option<Vec<u8>>, body: Option<String> }
}

rows! {
    struct PaidLineRow { batch: Uuid, claim: Uuid, bank_reference: String }
}

rows! {
    struct ObjectionClaimRow { id: Uuid, claim: Uuid }
}

rows! {
    pub struct SheetRow { document: String, version: i32, sheet: serde_json::Value }
}

statement! {
    fn texts(hashes: &[Vec<u8>]) -> Vec<StoredTextRow> = "SELECT * FROM texts WHERE sha256 = ANY($1)";
    fn paid_lines(claims: &[Uuid]) -> Vec<PaidLineRow> =
        "SELECT batch, claim, bank_reference FROM payment_lines WHERE claim = ANY($1) AND status = 'paid'";
    fn claims_of_objections(ids: &[Uuid]) -> Vec<ObjectionClaimRow> =
        "SELECT id, claim FROM objections WHERE id = ANY($1)";
    /// A page of a document's sheets, the first first.
    pub fn sheets_of(PageQuery { after, limit }; document: &str) -> Vec<SheetRow> =
        "SELECT document, version, sheet FROM calculations WHERE document = $3 AND version > $1 \
         ORDER BY version LIMIT $2";
    fn sheets(documents: &[String], versions: &[i32]) -> Vec<SheetRow> =
        "SELECT c.document, c.version, c.sheet FROM unnest($1, $2) AS w(document, version) \
         JOIN calculations AS c ON c.document = w.document AND c.version = w.version";
}

impl SheetRow {
    /// The sheet of a row.
    pub fn read(&self) -> Result<Calculation, Unreadable> {
        convert::read_json(&self.sheet)
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct RelatedKeys {
    texts: BTreeSet<TextHash>,
    sheets: BTreeSet<(String, u32)>,
    paid: BTreeSet<ClaimId>,
    objections: BTreeSet<ObjectionId>,
}

impl RelatedKeys {
    /// What the bank calls its payments of a claim.
    pub fn references(&mut self, claim: ClaimId) {
        self.paid.insert(claim);
    }

    /// The claim that is objected to.
    pub fn claim_of(&mut self, objection: ObjectionId) {
        self.objections.insert(objection);
    }

    pub fn text(&mut self, hash: Option<TextHash>) {
        self.texts.extend(hash);
    }

    pub fn sheet(&mut self, document: String, version: u32) {
        self.sheets.insert((document, version));
    }
}

#[derive(Debug, Default, Clone)]
pub struct Related {
    texts: BTreeMap<TextHash, String>,
    sheets: BTreeMap<(String, u32), Calculation>,
    references: BTreeMap<(PaymentBatchId, ClaimId), String>,
    objections: BTreeMap<ObjectionId, ClaimId>,
    /// The business date, where what is shown depends on it.
    pub today: Option<Date>,
}

impl Related {
    /// Puts a text that is known already.
    pub fn put_text(&mut self, hash: TextHash, body: String) {
        self.texts.insert(hash, body);
    }

    /// Puts a sheet that is known already.
    pub fn put_sheet(&mut self, document: String, sheet: Calculation) {
        self.sheets.insert((document, sheet.version), sheet);
    }

    /// A text; none where it was erased, or changed in the database.
    pub fn text(&self, hash: Option<TextHash>) -> Option<String> {
        self.texts.get(&hash?).cloned()
    }

    /// What the bank calls its payment of a claim with a batch.
    pub fn reference(&self, batch: PaymentBatchId, claim: ClaimId) -> Option<String> {
        self.references.get(&(batch, claim)).cloned()
    }

    /// The claim that is objected to.
    pub fn claim_of(&self, objection: ObjectionId) -> Option<ClaimId> {
        self.objections.get(&objection).copied()
    }

    pub fn sheet(&self, document: &str, version: u32) -> Option<Calculation> {
        self.sheets.get(&(document.to_owned(), version)).cloned()
    }

    /// What of this is wanted and was not put yet.
    pub fn missing(&self, wanted: RelatedKeys) -> RelatedKeys {
        RelatedKeys {
            texts: wanted.texts.into_iter().filter(|hash| !self.texts.contains_key(hash)).collect(),
            sheets: wanted.sheets.into_iter().filter(|key| !self.sheets.contains_key(key)).collect(),
            paid: wanted.paid,
            objections: wanted.objections,
        }
    }

    /// Looks for what is wanted.
    pub async fn load(&mut self, conn: &AsyncPgConnection, wanted: &RelatedKeys) -> Result<(), ReadError> {
        if !wanted.texts.is_empty() {
            let hashes: Vec<Vec<u8>> = wanted.texts.iter().map(|hash| hash.as_bytes().to_vec()).collect();
            for found in texts(conn, &hashes).await? {
                let StoredTextRow { sha256, salt: Some(salt), body: Some(body) } = found else { continue };
                // words that were changed in the database are nobody's, and shown to nobody
                let digest: [u8; 32] =
                    Sha256::new().chain_update(&salt).chain_update(&body).finalize().into();
                if digest.as_slice() == sha256 {
                    self.texts.insert(TextHash::new(digest), body);
                } else {
                    tracing::error!(text = sha256.shown(), "a free text was changed: it is not shown");
                }
            }
        }
        if !wanted.paid.is_empty() {
            let claims: Vec<Uuid> = wanted.paid.iter().map(|claim| claim.uuid()).collect();
            for PaidLineRow { batch, claim, bank_reference } in paid_lines(conn, &claims).await? {
                let key = (PaymentBatchId::new(batch), ClaimId::new(claim));
                self.references.insert(key, bank_reference);
            }
        }
        if !wanted.objections.is_empty() {
            let ids: Vec<Uuid> = wanted.objections.iter().map(|objection| objection.uuid()).collect();
            for ObjectionClaimRow { id, claim } in claims_of_objections(conn, &ids).await? {
                self.objections.insert(ObjectionId::new(id), ClaimId::new(claim));
            }
        }
        if wanted.sheets.is_empty() {
            return Ok(());
        }
        let numbered = wanted.sheets.iter().filter_map(|(d, v)| Some((d.clone(), i32::try_from(*v).ok()?)));
        let (documents, versions): (Vec<String>, Vec<i32>) = numbered.unzip();
        for row in sheets(conn, &documents, &versions).await? {
            let sheet = row.read()?;
            self.sheets.insert((row.document, convert::read_count(row.version)?), sheet);
        }
        Ok(())
    }
}

impl RelatedKeys {
    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.sheets.is_empty() && self.paid.is_empty() && self.objections.is_empty()
    }
}
