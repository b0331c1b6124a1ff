//! `/evidence`: bring a file, list, read, download.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::Query;
use crate::handler::{
    self, Parsed, ReadRequest, Reply, UploadRequest, WriteRequest, decode_all, load_related,
};
use crate::handlers::rentals::applicant;
use crate::problem::Problem;
use crate::route::Permission;
use crate::text::Reason;
use crate::view;
use subsidy_core::book::Command;
use subsidy_core::domain::letters;
use subsidy_core::domain::{
    Actor, Code, ContentHash, CreditCode, Date, EvidenceId, Instant, InvoiceNumber, Money, Role, Sequence,
    Subject, TextHash,
};
use subsidy_core::evidence::einvoice;
use subsidy_core::evidence::einvoice::{Einvoice, XML_BYTES_MAX};
use subsidy_core::evidence::rules;
use subsidy_core::evidence::rules::InvoiceStatement;
use subsidy_core::evidence::{
    ConfirmInvoice, Confirmation, Evidence, EvidenceError, EvidenceKind, Invoice, InvoiceFacts, InvoiceKey,
    MediaType, Party, RegisterEvidence,
};
use subsidy_files::objects::FileState;
use subsidy_files::packed::{Member, PackedError};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::pool::Connection;
use subsidy_store::engine::submission::NewText;
use subsidy_store::evidence::{InvoiceRow, statement_columns};

/// Who buys or sells.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PartyView {
    /// None where the invoice names the party by something else.
    credit_code: Option<CreditCode>,
    /// The name on the invoice; null where it has none.
    name: Option<String>,
}

/// An invoice's number.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberView {
    /// The number of the invoice, without its code.
    number: String,
    /// Of an older invoice.
    code: Option<String>,
}

/// An invoice record: what one organisation says of an invoice's number, whichever of its files said so. It binds nobody
/// else, and nobody else is told of it, until it is confirmed: by the file of an e-invoice (数电票 XML) that names the
/// organisation as buyer or seller, or by an officer (`POST /v1/evidence/{id}/confirm`). Where organisations contradict each
/// other, claims on the record that is no stronger wait (`invoice_disputed`) until an officer confirms one.
///
/// A red invoice (红字) has an amount below zero and an `original`. It backs no claim; the original's `reversed` rises, and
/// what claims may take of that is its amount less `reversed`. A claim that is left without backing waits
/// (`invoice_reversed`), one that was approved not paid before it is recalculated (`backing_withdrawn`); of one that was paid a
/// recovery is proposed. Example: 1,060.00 with a red one of −560.00 backs
/// 500.00; a paid claim of 200.00 that took 1,000.00 of it rested on 500.00 that are gone, so 100.00 are to come back.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    /// The number of the invoice, without its code.
    number: String,
    /// Of an older invoice.
    code: Option<String>,
    /// CNY, tax included; below zero of a red invoice (红字); none while nobody said it.
    amount: Option<Money>,
    /// Of a red invoice: the one that it takes back.
    original: Option<NumberView>,
    tax: Option<Money>,
    /// Who stands for it: `typed` by who brought it, the file of an `einvoice` that names the organisation, an `officer`.
    /// Until one of the latter two does, it binds nobody but the organisation itself.
    confirmed: Confirmation,
    /// CNY of it that claims hold or were paid for.
    allocated: Money,
    /// CNY that red invoices took back.
    reversed: Money,
    buyer: Option<PartyView>,
    seller: Option<PartyView>,
    issued_on: Option<Date>,
}

/// A file that backs claims.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvidenceView {
    id: EvidenceId,
    kind: EvidenceKind,
    organisation: CreditCode,
    sha256: ContentHash,
    /// How many bytes the file has.
    bytes: u32,
    media_type: MediaType,
    /// true of an invoice whose file is a picture, or in no form that is read: what is known of it was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<bool>,
    /// As the organisation states it, whichever of its files said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<InvoiceView>,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

/// An officer's word for what an organisation says of an invoice: the record binds then, whatever others say. Refused
/// (`invoice_confirmed`) while an officer's word stands for another organisation that contradicts it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceConfirmation {
    /// false takes the word back; true where left out.
    confirmed: Option<bool>,
}

impl InvoiceView {
    fn of(invoice: &Invoice, attached: &Related) -> Self {
        let facts = &invoice.facts;
        let party = |party: Option<Party>, name: Option<TextHash>| {
            party.is_some().then(|| PartyView {
                credit_code: party.and_then(Party::credit_code),
                name: attached.text(name),
            })
        };
        Self {
            number: facts.number.number().to_owned(),
            code: facts.number.code().map(str::to_owned),
            amount: facts.amount,
            original: facts.original.as_ref().map(|original| NumberView {
                number: original.number().to_owned(),
                code: original.code().map(str::to_owned),
            }),
            tax: facts.tax,
            confirmed: invoice.confirmed,
            allocated: invoice.allocated,
            reversed: invoice.reversed,
            buyer: party(facts.buyer, facts.buyer_name),
            seller: party(facts.seller, facts.seller_name),
            issued_on: facts.issued_on,
        }
    }
}

impl EvidenceView {
    /// What its view shows beside it.
    pub fn related_keys(_: &Evidence, invoice: Option<&Invoice>, wanted: &mut RelatedKeys) {
        if let Some(Invoice { facts, .. }) = invoice {
            wanted.text(facts.buyer_name);
            wanted.text(facts.seller_name);
        }
    }

    /// The view of a file with the invoice that it shows.
    pub fn of(evidence: &Evidence, invoice: Option<&Invoice>, attached: &Related) -> Self {
        Self {
            id: evidence.id,
            kind: evidence.kind,
            organisation: evidence.organisation,
            sha256: evidence.sha256,
            bytes: evidence.bytes,
            media_type: evidence.media_type,
            unread: evidence.invoice.as_ref().filter(|facts| !facts.einvoice).map(|_| true),
            invoice: invoice.map(|invoice| InvoiceView::of(invoice, attached)),
            created_by: evidence.created_by.clone(),
            revision: version(evidence, invoice),
            updated_at: evidence
                .revision
                .updated_at
                .max(invoice.map_or(evidence.revision.updated_at, |invoice| invoice.revision.updated_at)),
        }
    }
}

/// The version of what a view shows: a file never changes, what is known of its invoice does.
pub fn version(evidence: &Evidence, invoice: Option<&Invoice>) -> Sequence {
    let own = evidence.revision.version;
    invoice.map_or(own, |invoice| own.max(invoice.revision.version))
}

fn kind(query: &Query) -> Result<EvidenceKind, Problem> {
    query.word("kind")?.ok_or_else(|| Problem::new(Code::InvalidQuery).with("parameter", "kind"))
}

fn organisation(actor: &Actor, query: &Query) -> Result<CreditCode, Problem> {
    let named = query.text("organisation").map(CreditCode::parse).transpose();
    let named = named.map_err(|_| Problem::new(Code::InvalidQuery).with("parameter", "organisation"))?;
    applicant(actor, named)
}

fn corrects(query: &Query) -> Result<bool, Problem> {
    Ok(query.value::<bool>("corrects")?.unwrap_or(false))
}

fn read_statement(query: &Query) -> InvoiceStatement<'_> {
    InvoiceStatement {
        number: query.text("invoice_number"),
        code: query.text("invoice_code"),
        amount: query.text("amount"),
        original_number: query.text("original_number"),
        original_code: query.text("original_code"),
    }
}

/// `POST /evidence/{id}/confirm`
pub fn confirm(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let (evidence, body) = (request.path.value("id")?, request.body::<InvoiceConfirmation>()?);
    let confirmed = body.confirmed.unwrap_or(true);
    Ok(Parsed::new(Command::ConfirmInvoice(ConfirmInvoice { evidence, confirmed })))
}

/// What of a file can be refused before it is read.
pub fn check_query(actor: &Actor, query: &Query) -> Result<(), Problem> {
    let kind = kind(query)?;
    organisation(actor, query)?;
    let corrects = corrects(query)?;
    if corrects {
        Permission::Roles(&[Role::Officer]).check(actor)?;
    }
    if kind != EvidenceKind::Invoice && (corrects || !read_statement(query).is_silent()) {
        return Err(Problem::new(Code::InvoiceOnly).with("kind", kind.into_str()));
    }
    Ok(())
}

/// `POST /evidence`
pub fn upload(request: &UploadRequest<'_>) -> Result<Parsed, Problem> {
    let (kind, file) = (kind(request.query)?, request.file);
    let media_type = file.media_type.filter(|found| !found.belies(request.declared));
    let media_type = media_type.ok_or_else(|| Problem::refusal(EvidenceError::FileType { kind }))?;
    rules::fits(kind, media_type).map_err(Problem::refusal)?;
    let einvoice = match (media_type, &file.text) {
        (MediaType::Xml, Some(xml)) => einvoice::read(xml).map_err(Problem::refusal)?,
        (MediaType::Xml, None) => return Err(Problem::too_large(XML_BYTES_MAX, "bytes of XML")),
        (MediaType::Ofd | MediaType::Zip, _) => within(&request.within).map_err(Problem::refusal)?,
        _ => None,
    };
    // a ZIP is taken for the invoice that is read of it, and for nothing else
    if media_type == MediaType::Zip && einvoice.is_none() {
        return Err(Problem::refusal(EvidenceError::FileType { kind }));
    }
    let (mut invoice, mut texts, mut reason) = (None, Vec::new(), None);
    if kind == EvidenceKind::Invoice {
        let facts =
            rules::facts(&read_statement(request.query), einvoice.as_ref()).map_err(Problem::refusal)?;
        reason = facts.original.as_ref().map(|original| taken_back(&facts, original)).transpose()?;
        texts.extend(reason.clone());
        invoice = Some(with_names(facts, einvoice.as_ref(), &mut texts));
    }
    let reason = reason.map(|text: NewText| text.hash);
    let command = Command::RegisterEvidence(Box::new(RegisterEvidence {
        id: EvidenceId::new(handler::new_id()),
        kind,
        organisation: organisation(request.actor, request.query)?,
        sha256: file.sha256,
        bytes: u32::try_from(file.bytes).unwrap_or(u32::MAX),
        media_type,
        invoice,
        corrects: corrects(request.query)?,
        reason,
    }));
    Ok(Parsed { command, texts, accounts: Vec::new() })
}

/// The one invoice that a container holds.
pub fn within(members: &Result<Vec<Member>, PackedError>) -> Result<Option<Einvoice>, EvidenceError> {
    let malformed = |reason: &str| EvidenceError::MalformedXml { reason: reason.to_owned() };
    let mut found = None;
    for member in members.as_ref().map_err(|error| malformed(error.0))? {
        let Some(one) = einvoice::read(&member.bytes)? else { continue };
        if found.replace(one.clone()).is_some_and(|other| other != one) {
            return Err(malformed("two_invoices"));
        }
    }
    Ok(found)
}

/// Why what was paid on the original of a red invoice is to come back.
fn taken_back(facts: &InvoiceFacts, original: &InvoiceNumber) -> Result<NewText, Problem> {
    let reason = format!("红字发票 {} 冲减发票 {original}，所付补贴失去依据", facts.number);
    Ok(Reason::parse(&reason).map_err(|error| Problem::fault(&error))?.salted())
}

/// The parties' names stand beside the log, where they can be erased. Names of what is no organisation are not kept.
fn with_names(facts: InvoiceFacts, file: Option<&Einvoice>, texts: &mut Vec<NewText>) -> InvoiceFacts {
    let mut named = |party: Option<Party>, name: Option<&String>| {
        let name = name.filter(|_| party.and_then(Party::credit_code).is_some())?;
        let text = Reason::parse(&letters::readable(name)).ok()?.salted();
        let hash = text.hash;
        texts.push(text);
        Some(hash)
    };
    let buyer_name = named(facts.buyer, file.and_then(|file| file.buyer_name.as_ref()));
    let seller_name = named(facts.seller, file.and_then(|file| file.seller_name.as_ref()));
    InvoiceFacts { buyer_name, seller_name, ..facts }
}

/// What a file shows, as its organisation states it.
fn shown(evidence: &Evidence) -> Option<InvoiceKey> {
    let number = evidence.invoice.as_ref()?.number.clone();
    Some(InvoiceKey { organisation: evidence.organisation, number })
}

/// What organisations say of these invoices, as far as they brought them.
pub(super) async fn invoices(
    conn: &Connection,
    keys: impl Iterator<Item = InvoiceKey>,
) -> Result<BTreeMap<InvoiceKey, Invoice>, Problem> {
    let mut keys: Vec<_> = keys.map(|key| statement_columns(&key)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = InvoiceRow::by_keys(conn, &keys).await?;
    let known = decode_all(&rows, InvoiceRow::read)?;
    Ok(known.into_iter().map(|invoice| (invoice.key(), invoice)).collect())
}

async fn views(conn: &Connection, found: &[Evidence]) -> Result<Vec<EvidenceView>, Problem> {
    let known = invoices(conn, found.iter().filter_map(shown)).await?;
    let stated = |evidence: &Evidence| shown(evidence).and_then(|key| known.get(&key));
    let mut wanted = RelatedKeys::default();
    found.iter().for_each(|one| EvidenceView::related_keys(one, stated(one), &mut wanted));
    let attached = load_related(conn, wanted).await?;
    Ok(found.iter().map(|one| EvidenceView::of(one, stated(one), &attached)).collect())
}

/// `GET /evidence`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<()>()?;
    list.query.kind = request.query.word::<EvidenceKind>("kind")?.map(|kind| kind.into_str().to_owned());
    let [number, code] = ["invoice_number", "invoice_code"].map(|name| request.query.text(name));
    list.query.invoice_number = number.map(str::to_owned);
    list.query.invoice_code = number.map(|_| code.unwrap_or_default().to_owned());
    let conn = request.reader().await?;
    let (found, next) = view::documents(&conn, &list).await?;
    Reply::list((views(&conn, &found).await?, next))
}

/// A file that the caller may see: its organisation's own, or any for the agency.
async fn find_visible(request: &ReadRequest, conn: &Connection) -> Result<Evidence, Problem> {
    let visibility = request.visibility();
    let can_see = |one: &Evidence| visibility.all || visibility.organisation == Some(one.organisation);
    view::find(conn, &request.path.value("id")?, can_see).await
}

/// `GET /evidence/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let found = [find_visible(&request, &conn).await?];
    let views = views(&conn, &found).await?;
    let view = views.first().ok_or_else(|| Problem::new(Code::NotFound))?;
    Reply::document(view, view.revision)
}

/// `GET /evidence/{id}/content`. The file is held to its digest before it is handed on: somebody may have changed it, or
/// taken it away, where files are kept.
pub async fn content(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let found = find_visible(&request, &conn).await?;
    drop(conn);
    let state = request.objects.check(found.sha256).await.map_err(|error| Problem::objects(&error))?;
    let lost = match state {
        FileState::Whole => None,
        FileState::Missing => Some(Code::EvidenceMissing),
        FileState::Altered => Some(Code::EvidenceAltered),
    };
    if let Some(code) = lost {
        tracing::error!(evidence = %found.id, sha256 = %found.sha256, ?state, "a file of evidence is not whole");
        return Err(Problem::new(code));
    }
    let (bytes, stream) =
        request.objects.read(found.sha256).await.map_err(|error| Problem::objects(&error))?;
    let known = found.invoice.as_ref().map(|facts| facts.number.to_string());
    let name = known.unwrap_or_else(|| found.id.to_string());
    Ok(Reply::Stored(handler::StoredFile {
        stream,
        bytes,
        media_type: found.media_type.as_str(),
        name: format!("{}-{name}.{}", found.kind.into_str(), found.media_type.extension()),
        digest: found.sha256.to_string(),
    }))
}
