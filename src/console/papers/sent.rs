//! Papers that are sent, as PDF.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;

use super::pdf::{self, About, PdfError};
use super::typeface::Typeface;
use super::typeset::{Contents, TableText};
use super::{PaperPage, payment_paper, recovery_paper, voucher_paper};
use crate::console::form::Refusal;
use crate::console::records::Rows;
use crate::console::visit::Visit;
use crate::http::batches::matched;
use crate::http::problem::Problem;
use subsidy_core::domain::Code;

/// Two papers are set at a time, and others wait: a morning's payment lists take neither all processors nor all threads for
/// what blocks.
static SETTING: Semaphore = Semaphore::const_new(2);

/// Papers that are sent: as PDF too.
const SENT: [&str; 3] = ["/vouchers/{id}/paper", "/payment-batches/{id}/list", "/recoveries/{id}/decision"];

/// Whether the paper at a path is a PDF too.
pub fn is_sent(path: &str) -> bool {
    SENT.iter().any(|paper| matched(paper, path).is_some())
}

/// `GET /vouchers/{id}/paper?format=pdf` and the like. Errors: those of the read; `font_missing`, `font_lacks_letter`.
pub async fn as_pdf(visit: &Visit<'_>) -> Result<HttpResponse, Refusal> {
    let paper = match visit.part(0) {
        "vouchers" => voucher_paper(visit).await?,
        "payment-batches" => payment_paper(visit).await?,
        _ => recovery_paper(visit).await?,
    };
    let problem = |problem: Problem| Refusal::from_problem(&problem, visit);
    let made =
        DateTime::parse_from_rfc3339(&paper.made).map(|made| made.with_timezone(&Utc)).unwrap_or_default();
    let (t, language) = (visit.t, visit.t.language().tag());
    let about = About { language, id: paper.version.clone(), made };
    let name = format!("inline; filename=\"{}.pdf\"", paper.file_name());
    let (contents, set) = (paper.contents(), visit.console.font.clone());
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

impl PaperPage {
    /// Letters and digits alone: headers take no others.
    fn file_name(&self) -> String {
        let name: String = self.version.split('@').next().unwrap_or_default().to_owned();
        name.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect()
    }

    /// What of it stands on paper.
    fn contents(&self) -> Contents {
        let t = self.t;
        let number = |number: usize| i32::try_from(number).unwrap_or_default();
        let table = |table: &Rows| TableText {
            title: table.title.to_owned(),
            heads: table.columns.iter().map(|(name, class)| (name.clone(), *class == "num")).collect(),
            rows: table
                .rows
                .iter()
                .map(|row| row.cells.iter().map(|cell| cell.text.clone()).collect())
                .collect(),
        };
        let (mut dark, mut modules, mut proof) = (Vec::new(), 0, <_>::default());
        if let Some(known) = &self.proof {
            dark = known.code.dark.iter().map(|(x, y)| (number(*x), number(*y))).collect();
            modules = number(known.code.size);
            proof = (t.verify_here().to_owned(), known.url.clone());
        }
        Contents {
            office: self.page.agency.clone(),
            title: self.title.to_owned(),
            number: format!("{} {}", t.number(), self.number),
            lead: self.lead.clone(),
            facts: self.facts.iter().map(|cell| (cell.label.clone(), cell.text.clone())).collect(),
            amount: [t.amount_cny().to_owned(), self.amount.clone(), self.words.clone()],
            tables: self.tables.iter().map(table).collect(),
            end: self.end.to_owned(),
            signs: self.signs.iter().map(|sign| (*sign).to_owned()).collect(),
            proof,
            dark,
            modules,
        }
    }
}
