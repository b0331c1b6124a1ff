//! Papers that are sent, as PDF.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use super::pdf::{self, About, PdfError};
use super::typeface::Typeface;
use super::typeset::{Contents, TableText};
use super::{
    PaperPage, Proof, SheetPage, payment_paper, receipt_paper, recovery_paper, sheet_page, statement_paper,
    voucher_paper,
};
use crate::form::Refusal;
use crate::records::Rows;
use crate::texts::T;
use crate::visit::Visit;
use subsidy_core::domain::Code;
use subsidy_http::batches::matched;
use subsidy_http::problem::Problem;

/// Two papers are set at a time, and others wait: a morning's payment lists take neither all processors nor all threads for
/// what blocks.
static SETTING: Semaphore = Semaphore::const_new(2);

/// Papers that are sent: as PDF too.
const SENT: [&str; 6] = [
    "/vouchers/{id}/paper",
    "/claims/{id}/receipt",
    "/claims/{id}/sheet",
    "/payment-batches/{id}/list",
    "/recoveries/{id}/decision",
    "/organisations/{credit_code}/statement",
];

/// A paper before it is set.
struct PaperText {
    contents: Contents,
    /// The document's version, and when it was made.
    version: String,
    made: String,
}

/// Whether the paper at a path is a PDF too.
pub fn is_sent(path: &str) -> bool {
    SENT.iter().any(|paper| matched(paper, path).is_some())
}

/// The paper that stands at the visit's path.
async fn asked(visit: &Visit<'_>) -> Result<PaperText, Refusal> {
    let paper = match (visit.part(0), visit.part(2)) {
        ("vouchers", _) => voucher_paper(visit).await?,
        ("payment-batches", _) => payment_paper(visit).await?,
        ("recoveries", _) => recovery_paper(visit).await?,
        ("organisations", _) => statement_paper(visit).await?,
        (_, "sheet") => return Ok(sheet_page(visit).await?.sent()),
        _ => receipt_paper(visit).await?,
    };
    let contents = paper.contents();
    Ok(PaperText { contents, version: paper.version, made: paper.made })
}

/// `GET /vouchers/{id}/paper?format=pdf` and the like. Errors: those of the read; `font_missing`, `font_lacks_letter`.
pub async fn as_pdf(visit: &Visit<'_>) -> Result<HttpResponse, Refusal> {
    let PaperText { contents, version, made } = asked(visit).await?;
    let problem = |problem: Problem| Refusal::from_problem(&problem, visit);
    let made = DateTime::parse_from_rfc3339(&made).map(|made| made.with_timezone(&Utc)).unwrap_or_default();
    let (t, language) = (visit.t, visit.t.language().tag());
    let name = format!("inline; filename=\"{}.pdf\"", file_name(&version));
    let about = About { language, id: version, made };
    let set = visit.console.font.clone();
    let turn = SETTING.acquire().await.map_err(|error| problem(Problem::fault(&error)))?;
    // a font is megabytes, and its letters are packed
    let written = web::block(move || {
        // it ends with the work: whoever asked may be gone before
        let _turn = turn;
        let typeface = Typeface::find(set.as_deref())?;
        Some(pdf::written(&contents, &about, typeface, &|page, of| t.page_of_pages(page, of)))
    });
    match written.await {
        Ok(Some(Ok(bytes))) => Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/pdf"))
            .insert_header((header::CONTENT_DISPOSITION, name))
            .body(bytes)),
        Ok(Some(Err(PdfError::Letter(letter)))) => {
            tracing::warn!(%letter, "the font of papers lacks a letter");
            Err(problem(Problem::new(Code::FontLacksLetter)))
        }
        Ok(Some(Err(error @ PdfError::Fault(_)))) => Err(problem(Problem::fault(&error))),
        Ok(None) => Err(problem(Problem::new(Code::FontMissing))),
        Err(error) => Err(problem(Problem::fault(&error))),
    }
}

/// Letters and digits alone: headers take no others.
fn file_name(version: &str) -> String {
    let name = version.split('@').next().unwrap_or_default();
    name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
}

impl Contents {
    /// With the code that opens its verification, where it has one.
    fn proved(mut self, t: T, proof: Option<&Proof>) -> Self {
        let number = |number: usize| i32::try_from(number).unwrap_or_default();
        if let Some(known) = proof {
            self.dark = known.code.dark.iter().map(|(x, y)| (number(*x), number(*y))).collect();
            self.modules = number(known.code.size);
            self.proof = (t.verify_here().to_owned(), known.url.clone());
        }
        self
    }
}

impl SheetPage {
    /// What of it stands on paper: the sheet line by line, and what it comes to.
    fn sent(self) -> PaperText {
        let t = self.t;
        let heads = [(t.step(), false), (t.basis(), false), (t.formula(), true), (t.amount_cny(), true)];
        let due = [t.due_amount().to_owned(), String::new(), String::new(), self.sheet.money("amount")];
        let rows = self.sheet_rows.into_iter().map(|row| vec![row.step, row.basis, row.formula, row.amount]);
        let table = TableText {
            title: t.calculation().to_owned(),
            heads: heads.map(|(name, figures)| (name.to_owned(), figures)).into(),
            rows: rows.chain([due.into()]).collect(),
        };
        let sheet = &self.sheet;
        let facts = [
            (t.organisation(), self.organisation),
            (t.programme(), self.programme),
            (t.matter(), t.word(&self.claim.text("kind"))),
            (t.state(), t.word(&self.claim.text("status"))),
        ];
        let contents = Contents {
            office: self.page.agency.clone(),
            title: t.calculation().to_owned(),
            number: format!("{} {}", t.number(), self.number),
            lead: t.sheet_version(&sheet.text("version"), &sheet.text("rules_version")),
            facts: facts.map(|(name, value)| (name.to_owned(), value)).into(),
            amount: [t.amount_cny().to_owned(), self.claim.money("amount"), self.words],
            tables: vec![table],
            ..Contents::default()
        };
        let version = format!("{}@{}", self.claim.text("id"), self.claim.text("revision"));
        PaperText {
            contents: contents.proved(t, self.proof.as_ref()),
            version,
            made: self.claim.text("updated_at"),
        }
    }
}

impl PaperPage {
    /// What of it stands on paper.
    fn contents(&self) -> Contents {
        let t = self.t;
        let table = |table: &Rows| TableText {
            title: table.title.to_owned(),
            heads: table.columns.iter().map(|(name, class)| (name.clone(), *class == "num")).collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect())
                .collect(),
        };
        let documents = self.documents.iter().flatten();
        let documents = TableText {
            title: t.documents().to_owned(),
            heads: vec![
                (t.matter().to_owned(), false),
                (t.number().to_owned(), false),
                (t.amount_cny().to_owned(), true),
            ],
            rows: documents.map(|one| vec![one.kind.clone(), one.text.clone(), one.amount.clone()]).collect(),
        };
        let contents = Contents {
            office: self.page.agency.clone(),
            title: self.title.to_owned(),
            number: format!("{} {}", t.number(), self.number),
            lead: self.lead.clone(),
            facts: self.facts.iter().map(|cell| (cell.label.clone(), cell.text.clone())).collect(),
            amount: [t.amount_cny().to_owned(), self.amount.clone(), self.words.clone()],
            tables: self.tables.iter().map(table).chain([documents]).collect(),
            end: self.end.to_owned(),
            signs: self.signs.iter().map(|sign| (*sign).to_owned()).collect(),
            ..Contents::default()
        };
        contents.proved(t, self.proof.as_ref())
    }
}
