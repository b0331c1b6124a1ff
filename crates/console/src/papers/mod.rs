//! Papers that leave the house: what they say, a place for signatures, a code that opens their verification. Each is a page
//! to print; those that are sent are a PDF too.

mod pdf;
pub mod sent;
mod typeface;
mod typeset;

use askama::Template;
use fast_qr::{ECL, QRBuilder};

use super::cases::{Document, documents};
use super::doc::Doc;
use super::figures;
use super::form::Refusal;
use super::layout::{Frame, Link};
use super::records::cell::{Cell, Column, Show, cells, col, short};
use super::records::{Rows, Table, table, tables};
use super::texts::T;
use super::visit::{Shown, Visit, render, with_query};

/// Where anybody sees whether a paper is genuine.
struct Proof {
    url: String,
    code: Drawn,
}

/// A text as a QR code.
#[derive(Debug)]
pub struct Drawn {
    /// The dark modules, as the path of an SVG.
    pub path: String,
    pub size: usize,
    /// The same as columns and rows.
    dark: Vec<(usize, usize)>,
}

pub fn drawn(text: &str) -> Drawn {
    let (mut dark, mut size) = (Vec::new(), 0);
    if let Ok(code) = QRBuilder::new(text).ecl(ECL::M).build() {
        size = code.size;
        for (y, row) in code.data.chunks_exact(size.max(1)).take(size).enumerate() {
            dark.extend(row.iter().enumerate().filter(|(_, module)| module.value()).map(|(x, _)| (x, y)));
        }
    }
    let path = dark.iter().map(|(x, y)| format!("M{x} {y}h1v1h-1z")).collect();
    Drawn { path, size, dark }
}

fn proof(visit: &Visit<'_>, id: &str) -> Proof {
    let agency = visit.who.identity.agency.as_str().to_owned();
    let query = [("agency".to_owned(), agency), ("code".to_owned(), id.to_owned())];
    let url = format!("{}{}", visit.base, with_query("/verify", &query));
    let code = drawn(&url);
    Proof { url, code }
}

#[derive(Template)]
#[template(path = "papers/paper.html")]
struct PaperPage {
    page: Frame,
    t: T,
    title: &'static str,
    number: String,
    lead: String,
    facts: Vec<Cell>,
    /// The amount in figures and in words; empty where there is none.
    amount: String,
    words: String,
    tables: Vec<Rows>,
    documents: Option<Vec<Document>>,
    end: &'static str,
    signs: Vec<&'static str>,
    proof: Option<Proof>,
    /// Where it is a PDF; empty where it is none.
    pdf: String,
    /// The document's version, and when it was made.
    version: String,
    made: String,
}

/// What a paper says beside its document.
struct Text {
    title: &'static str,
    number: String,
    lead: String,
    facts: &'static [Column],
    amount: String,
    tables: &'static [Table],
    end: &'static str,
    signs: Vec<&'static str>,
}

async fn paper(visit: &Visit<'_>, list: Link, document: &Doc, text: Text) -> PaperPage {
    let (t, id) = (visit.t, document.text("id"));
    let facts: Vec<Column> =
        text.facts.iter().filter(|fact| !document.text(fact.member).is_empty()).copied().collect();
    let own = list.href.clone();
    let name = if text.number.is_empty() { short(&id) } else { text.number };
    let crumbs = vec![list, Link::new(format!("{own}/{}", visit.part(1)), name.clone())];
    PaperPage {
        t,
        title: text.title,
        number: name,
        lead: text.lead,
        facts: cells(visit, document, &facts).await,
        words: if t.is_english() { String::new() } else { figures::in_words(&text.amount) },
        amount: figures::amount(&text.amount),
        tables: tables(visit, text.tables, document).await,
        documents: None,
        end: text.end,
        signs: text.signs,
        proof: Some(proof(visit, &id)).filter(|_| !id.is_empty()),
        pdf: if sent::is_sent(&visit.path) { visit.with("format", "pdf") } else { String::new() },
        version: format!("{id}@{}", document.text("revision")),
        made: document.text("updated_at"),
        page: visit.frame(text.title.to_owned(), crumbs).await,
    }
}

/// `GET /claims/{id}/receipt`: 受理回执
pub async fn receipt(visit: &Visit<'_>) -> Shown {
    render(&receipt_paper(visit).await?)
}

async fn receipt_paper(visit: &Visit<'_>) -> Result<PaperPage, Refusal> {
    const FACTS: &[Column] = &[
        col("kind", Show::Word),
        col("programme", Show::Programme),
        col("id", Show::Code),
        col("status", Show::Word),
    ];
    let (t, id) = (visit.t, visit.part(1));
    let claim = visit.read(&format!("/v1/claims/{id}")).await?;
    let organisation = visit.organisation(&claim.text("organisation")).await;
    let text = Text {
        title: t.receipt(),
        number: String::new(),
        lead: t.receipt_says(&organisation, &claim.text("submitted_on")),
        facts: FACTS,
        amount: claim.text("amount"),
        tables: &[],
        end: t.about_receipt(),
        signs: Vec::new(),
    };
    let page = paper(visit, Link::new("/claims", t.claims()), &claim, text).await;
    Ok(PaperPage { documents: Some(documents(visit, &claim).await), ..page })
}

/// `GET /vouchers/{id}/paper`: 算力券
pub async fn voucher(visit: &Visit<'_>) -> Shown {
    render(&voucher_paper(visit).await?)
}

async fn voucher_paper(visit: &Visit<'_>) -> Result<PaperPage, Refusal> {
    const FACTS: &[Column] = &[
        col("organisation", Show::Party),
        col("provider", Show::Party),
        col("programme", Show::Programme),
        col("valid_from", Show::Date),
        col("valid_until", Show::Date),
        col("status", Show::Word),
    ];
    let (t, id) = (visit.t, visit.part(1));
    let voucher = visit.read(&format!("/v1/vouchers/{id}")).await?;
    let text = Text {
        title: t.voucher_paper(),
        number: voucher.text("number"),
        lead: String::new(),
        facts: FACTS,
        amount: voucher.text("face_value"),
        tables: &[],
        end: t.about_voucher_paper(),
        signs: Vec::new(),
    };
    Ok(paper(visit, Link::new("/vouchers", t.vouchers()), &voucher, text).await)
}

/// `GET /payment-batches/{id}/list`: 拨付清单
pub async fn payment_list(visit: &Visit<'_>) -> Shown {
    render(&payment_paper(visit).await?)
}

async fn payment_paper(visit: &Visit<'_>) -> Result<PaperPage, Refusal> {
    const FACTS: &[Column] = &[
        col("count", Show::Code),
        col("status", Show::Word),
        col("created_by", Show::Person),
        col("approved_by", Show::Person),
        col("approved_on", Show::Date),
    ];
    const LINES: &[Table] = &[table(
        T::payment_lines,
        "lines",
        &[
            col("claim_id", Show::Short),
            col("payee", Show::Party),
            col("status", Show::Word),
            col("bank_reference", Show::Code),
            col("date", Show::Date),
            col("amount", Show::Money),
        ],
    )];
    let (t, id) = (visit.t, visit.part(1));
    let batch = visit.read(&format!("/v1/payment-batches/{id}")).await?;
    let text = Text {
        title: t.payment_list(),
        number: String::new(),
        lead: String::new(),
        facts: FACTS,
        amount: batch.text("total"),
        tables: LINES,
        end: "",
        signs: vec![t.prepared_by(), t.checked_by(), t.approved_sign()],
    };
    Ok(paper(visit, Link::new("/payment-batches", t.payments()), &batch, text).await)
}

/// `GET /recoveries/{id}/decision`: 追回决定书
pub async fn decision(visit: &Visit<'_>) -> Shown {
    render(&recovery_paper(visit).await?)
}

async fn recovery_paper(visit: &Visit<'_>) -> Result<PaperPage, Refusal> {
    const FACTS: &[Column] = &[
        col("programme", Show::Programme),
        col("claim_id", Show::Short),
        col("reason", Show::Text),
        col("fraud", Show::Truth),
        col("effective_date", Show::Date),
        col("received", Show::Money),
        col("outstanding", Show::Money),
        col("status", Show::Word),
    ];
    let (t, id) = (visit.t, visit.part(1));
    let recovery = visit.read(&format!("/v1/recoveries/{id}")).await?;
    let organisation = visit.organisation(&recovery.text("organisation")).await;
    let text = Text {
        title: t.recovery_decision(),
        number: recovery.text("decision_no"),
        lead: t.decision_says(&organisation),
        facts: FACTS,
        amount: recovery.text("amount"),
        tables: &[],
        end: t.about_decision(),
        signs: vec![t.seal()],
    };
    Ok(paper(visit, Link::new("/recoveries", t.recoveries()), &recovery, text).await)
}

#[derive(Template)]
#[template(path = "papers/sheet.html")]
struct SheetPage {
    page: Frame,
    t: T,
    claim: Doc,
    organisation: String,
    programme: String,
    number: String,
    sheet: Doc,
    sheet_rows: Vec<super::cases::sheet::SheetRow>,
    words: String,
    proof: Option<Proof>,
    /// Where it is a PDF.
    pdf: String,
}

/// `GET /claims/{id}/sheet`: 计算单
pub async fn sheet(visit: &Visit<'_>) -> Shown {
    render(&sheet_page(visit).await?)
}

async fn sheet_page(visit: &Visit<'_>) -> Result<SheetPage, Refusal> {
    let (t, id) = (visit.t, visit.part(1));
    let claim = visit.read(&format!("/v1/claims/{id}")).await?;
    let crumbs = vec![Link::new("/claims", t.claims()), Link::new(format!("/claims/{id}"), short(id))];
    let sheet = claim.at("calculation");
    Ok(SheetPage {
        t,
        pdf: visit.with("format", "pdf"),
        organisation: visit.organisation(&claim.text("organisation")).await,
        programme: visit.programme(&claim.text("programme")).await,
        number: short(id),
        sheet_rows: super::cases::sheet::rows(t, &sheet),
        words: if t.is_english() { String::new() } else { figures::in_words(&claim.text("amount")) },
        sheet,
        proof: Some(proof(visit, id)),
        page: visit.frame(t.calculation().to_owned(), crumbs).await,
        claim,
    })
}

/// `GET /organisations/{credit_code}/statement`: 对账单
pub async fn statement(visit: &Visit<'_>) -> Shown {
    render(&statement_paper(visit).await?)
}

async fn statement_paper(visit: &Visit<'_>) -> Result<PaperPage, Refusal> {
    const FACTS: &[Column] = &[col("name", Show::Text), col("category", Show::Word)];
    const OF_IT: &[Table] = &[
        table(
            T::vouchers,
            "data",
            &[
                col("number", Show::Number),
                col("programme", Show::Programme),
                col("status", Show::Word),
                col("valid_until", Show::Date),
                col("balance.available", Show::Money),
                col("face_value", Show::Money),
            ],
        )
        .of("/v1/vouchers?organisation={credit_code}&limit=200"),
        table(
            T::claims,
            "data",
            &[
                col("number", Show::Number),
                col("kind", Show::Word),
                col("programme", Show::Programme),
                col("submitted_on", Show::Date),
                col("status", Show::Word),
                col("amount", Show::Money),
                col("paid", Show::Money),
                col("payable", Show::Money),
            ],
        )
        .of("/v1/claims?organisation={credit_code}&limit=200"),
        table(
            T::recoveries,
            "data",
            &[
                col("decision_no", Show::Code),
                col("programme", Show::Programme),
                col("status", Show::Word),
                col("amount", Show::Money),
                col("outstanding", Show::Money),
            ],
        )
        .of("/v1/recoveries?organisation={credit_code}&limit=200"),
    ];
    let (t, code) = (visit.t, visit.part(1));
    let organisation = visit.read(&format!("/v1/organisations/{code}")).await?;
    let today = visit.today().await;
    let text = Text {
        title: t.statement(),
        number: organisation.text("credit_code"),
        lead: t.statement_says(&organisation.text("name"), &today),
        facts: FACTS,
        amount: String::new(),
        tables: OF_IT,
        end: "",
        signs: vec![t.seal()],
    };
    let page = paper(visit, Link::new("/organisations", t.organisations()), &organisation, text).await;
    // what it says is of the day on which it is asked for, whenever the organisation changed last
    Ok(PaperPage { version: format!("{code}@{today}"), made: format!("{today}T00:00:00Z"), ..page })
}
