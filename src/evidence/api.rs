//! `/evidence`: bring a file, list, read, download.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::einvoice::{self, Einvoice, XML_BYTES_MAX};
use super::queries;
use super::rules::{self, Said};
use super::store::{EvidenceRow, InvoiceRow, invoice_columns};
use super::{
    Evidence, EvidenceError, EvidenceKind, Invoice, InvoiceFacts, MediaType, Party, RegisterEvidence,
};
use crate::book::Command;
use crate::db::convert;
use crate::db::pool::Connection;
use crate::domain::{
    Actor, ContentHash, CreditCode, Date, EvidenceId, Instant, InvoiceNumber, Money, Role, Sequence, Subject,
    TextHash,
};
use crate::engine::submission::NewText;
use crate::http::extract::Query;
use crate::http::list::Filters;
use crate::http::problem::Problem;
use crate::http::text::Reason;
use crate::http::verb::{self, Parsed, ReadRequest, Reply, UploadRequest, attached, whole};
use crate::objects::ObjectError;
use crate::rentals::api::applicant;
use crate::reports::attachments::{Attachments, Wanted};

/// Who buys or sells.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PartyView {
    /// None where the invoice names the party by something else.
    credit_code: Option<CreditCode>,
    name: Option<String>,
}

/// An invoice that a file shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvoiceView {
    number: String,
    /// Of an older invoice.
    code: Option<String>,
    /// CNY, tax included; none while nobody said it.
    amount: Option<Money>,
    tax: Option<Money>,
    /// CNY of it that claims hold or were paid for.
    allocated: Money,
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
    bytes: u32,
    media_type: MediaType,
    /// As the agency knows it, whichever file said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<InvoiceView>,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl InvoiceView {
    fn of(invoice: &Invoice, attached: &Attachments) -> Self {
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
            tax: facts.tax,
            allocated: invoice.allocated,
            buyer: party(facts.buyer, facts.buyer_name),
            seller: party(facts.seller, facts.seller_name),
            issued_on: facts.issued_on,
        }
    }
}

impl EvidenceView {
    /// What its view shows beside it.
    pub fn wants(_: &Evidence, invoice: Option<&Invoice>, wanted: &mut Wanted) {
        if let Some(Invoice { facts, .. }) = invoice {
            wanted.text(facts.buyer_name);
            wanted.text(facts.seller_name);
        }
    }

    /// The view of a file with the invoice that it shows.
    pub fn of(evidence: &Evidence, invoice: Option<&Invoice>, attached: &Attachments) -> Self {
        Self {
            id: evidence.id,
            kind: evidence.kind,
            organisation: evidence.organisation,
            sha256: evidence.sha256,
            bytes: evidence.bytes,
            media_type: evidence.media_type,
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
    let text = query.text("kind").unwrap_or_default();
    convert::read(text).map_err(|_| Problem::new("invalid_query").with("parameter", "kind"))
}

fn organisation(actor: &Actor, query: &Query) -> Result<CreditCode, Problem> {
    let named = query.text("organisation").map(CreditCode::parse).transpose();
    let named = named.map_err(|_| Problem::new("invalid_query").with("parameter", "organisation"))?;
    applicant(actor, named)
}

fn corrects(query: &Query) -> Result<bool, Problem> {
    Ok(query.value::<bool>("corrects")?.unwrap_or(false))
}

fn said(query: &Query) -> Said<'_> {
    Said {
        number: query.text("invoice_number"),
        code: query.text("invoice_code"),
        amount: query.text("amount"),
    }
}

fn refused(error: &EvidenceError) -> Problem {
    match serde_json::to_value(error) {
        Ok(value) => Problem::refused(&value),
        Err(error) => Problem::fault(&error),
    }
}

/// What of a file can be refused before it is read.
pub fn asked(actor: &Actor, query: &Query) -> Result<(), Problem> {
    let kind = kind(query)?;
    organisation(actor, query)?;
    let corrects = corrects(query)?;
    if corrects && !actor.has(Role::Officer) {
        return Err(Problem::new("forbidden"));
    }
    if kind != EvidenceKind::Invoice && (corrects || !said(query).is_silent()) {
        return Err(Problem::new("invoice_only").with("kind", kind.as_str()));
    }
    Ok(())
}

/// `POST /evidence`
pub fn upload(request: &UploadRequest<'_>) -> Result<Parsed, Problem> {
    let (kind, file) = (kind(request.query)?, request.file);
    let media_type = file.media_type.filter(|found| !found.belies(request.declared));
    let media_type = media_type.ok_or_else(|| refused(&EvidenceError::FileType { kind }))?;
    rules::fits(kind, media_type).map_err(|error| refused(&error))?;
    let einvoice = match (media_type, &file.xml) {
        (MediaType::Xml, Some(xml)) => einvoice::read(xml).map_err(|error| refused(&error))?,
        (MediaType::Xml, None) => return Err(Problem::too_large(XML_BYTES_MAX, "bytes of XML")),
        _ => None,
    };
    let (mut invoice, mut texts) = (None, Vec::new());
    if kind == EvidenceKind::Invoice {
        let facts = rules::facts(&said(request.query), einvoice.as_ref()).map_err(|error| refused(&error))?;
        invoice = Some(with_names(facts, einvoice.as_ref(), &mut texts));
    }
    let command = Command::RegisterEvidence(Box::new(RegisterEvidence {
        id: EvidenceId::new(verb::new_id()),
        kind,
        organisation: organisation(request.actor, request.query)?,
        sha256: file.sha256,
        bytes: u32::try_from(file.bytes).unwrap_or(u32::MAX),
        media_type,
        invoice,
        corrects: corrects(request.query)?,
    }));
    Ok(Parsed { command, texts, accounts: Vec::new() })
}

/// The parties' names stand beside the log, where they can be erased. Names of what is no organisation are not kept.
fn with_names(facts: InvoiceFacts, file: Option<&Einvoice>, texts: &mut Vec<NewText>) -> InvoiceFacts {
    let mut named = |party: Option<Party>, name: Option<&String>| {
        let name = name.filter(|_| party.and_then(Party::credit_code).is_some())?;
        let text = Reason::parse(name).ok()?.salted();
        let hash = text.hash;
        texts.push(text);
        Some(hash)
    };
    let buyer_name = named(facts.buyer, file.and_then(|file| file.buyer_name.as_ref()));
    let seller_name = named(facts.seller, file.and_then(|file| file.seller_name.as_ref()));
    InvoiceFacts { buyer_name, seller_name, ..facts }
}

/// The invoices that files show.
async fn invoices(
    conn: &Connection,
    found: &[Evidence],
) -> Result<BTreeMap<InvoiceNumber, Invoice>, Problem> {
    let shown = found.iter().filter_map(|evidence| evidence.invoice.as_ref());
    let (codes, numbers): (Vec<_>, Vec<_>) = shown.map(|facts| invoice_columns(&facts.number)).unzip();
    if codes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = queries::invoices(conn, &codes, &numbers).await.map_err(|error| Problem::database(&error))?;
    let known = whole(&rows, InvoiceRow::read)?;
    Ok(known.into_iter().map(|invoice| (invoice.facts.number.clone(), invoice)).collect())
}

async fn views(conn: &Connection, found: &[Evidence]) -> Result<Vec<EvidenceView>, Problem> {
    let known = invoices(conn, found).await?;
    let shown = |evidence: &Evidence| evidence.invoice.as_ref().and_then(|facts| known.get(&facts.number));
    let mut wanted = Wanted::default();
    found.iter().for_each(|one| EvidenceView::wants(one, shown(one), &mut wanted));
    let attached = attached(conn, wanted).await?;
    Ok(found.iter().map(|one| EvidenceView::of(one, shown(one), &attached)).collect())
}

/// `GET /evidence`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, filters, sight) = (request.page()?, Filters::of(&request.query)?, request.sight());
    let kind = request.query.text("kind").map(|_| kind(&request.query)).transpose()?;
    let conn = request.reader().await?;
    let own = sight.organisation_text();
    let kind = kind.map(EvidenceKind::as_str);
    let [number, code] = ["invoice_number", "invoice_code"].map(|name| request.query.text(name));
    let organisation = filters.organisation.as_deref();
    let rows =
        queries::page(&conn, page.after, sight.all, &own, kind, organisation, number, code, page.rows());
    let rows = rows.await.map_err(|error| Problem::database(&error))?;
    let (rows, next) = page.cut(rows, |row| row.created);
    let found = whole(&rows, EvidenceRow::read)?;
    Reply::list((views(&conn, &found).await?, next))
}

/// A file that the caller may see: its organisation's own, or any for the agency.
async fn seen(request: &ReadRequest, conn: &Connection) -> Result<Evidence, Problem> {
    let id: EvidenceId = request.path.value("id")?;
    let row = queries::get(conn, id.uuid()).await.map_err(|error| Problem::database(&error))?;
    let row = row.ok_or_else(|| Problem::new("not_found"))?;
    let found = row.read().map_err(|error| Problem::fault(&error))?;
    let sight = request.sight();
    if sight.all || sight.organisation == Some(found.organisation) {
        return Ok(found);
    }
    Err(Problem::new("not_found"))
}

/// `GET /evidence/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let found = [seen(&request, &conn).await?];
    let views = views(&conn, &found).await?;
    let view = views.first().ok_or_else(|| Problem::new("not_found"))?;
    Reply::document(view, view.revision)
}

/// `GET /evidence/{id}/content`
pub async fn content(request: ReadRequest) -> Result<Reply, Problem> {
    let conn = request.reader().await?;
    let found = seen(&request, &conn).await?;
    drop(conn);
    let (bytes, stream) = request.objects.read(found.sha256).await.map_err(|error| match error {
        ObjectError::Missing(_) => Problem::fault(&error),
        error => Problem::objects(&error),
    })?;
    let known = found.invoice.as_ref().map(|facts| facts.number.to_string());
    let name = known.unwrap_or_else(|| found.id.to_string());
    Ok(Reply::Stored(verb::StoredFile {
        stream,
        bytes,
        media_type: found.media_type.as_str(),
        name: format!("{}-{name}.{}", found.kind.as_str(), found.media_type.extension()),
        digest: found.sha256.to_string(),
    }))
}
