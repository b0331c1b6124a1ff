//! A write that brings a file of the bank.
//!
//! The file is held against the batch as it is; what it says is proposed as a group like any other. Brought again it
//! proposes nothing twice, so that a lost answer is had again by bringing the file.

use std::io::Read;

use actix_web::{HttpRequest, HttpResponse, web};

use super::extract::PathParts;
use super::handlers::agencies::today;
use super::handlers::payments::PaymentBatchView;
use super::handlers::payments::answers::{self as api, BankFileView};
use super::problem::Problem;
use super::route::Route;
use super::view::View;
use super::write::{Head, Shown};
use super::{AppState, FILE_TIMEOUT, groups, in_time, render, uploads, view};
use crate::bank_files;
use crate::objects::Arrived;
use crate::reports::related::Related;
use subsidy_core::domain::{Code, PaymentBatchId};
use subsidy_core::payments::answers::Answers;
use subsidy_core::payments::answers::matching::{Matching, matched};
use subsidy_core::payments::{PaymentBatch, rules};

/// Answers a write that brings a file of the bank.
pub async fn answer(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let id: PaymentBatchId = PathParts::of(request).value("id")?;
    let received = tokio::time::timeout(FILE_TIMEOUT, uploads::received(state, request, payload)).await;
    let (file, _) = received.map_err(|_| Problem::new(Code::UnreadableBody))??;
    let said = read(state, &head, &file).await?;
    let statement = file.sha256;
    let format = said.format;
    let shown = in_time(head.late(), async {
        let (batch, matching) = held(state, &head, id, said).await?;
        let mut view = BankFileView::of((format, statement), &matching);
        let group = api::proposals(&batch, statement, &matching)?;
        if group.commands.is_empty() {
            view.batch = Some(PaymentBatchView::of(&batch, &Related::default()));
            let body = serde_json::to_value(&view)?;
            let body = if head.dry_run { render::previewed(body) } else { body };
            let status = route.success();
            return Ok(Shown::Resource { status, body, sequence: None, version: None, replayed: false });
        }
        let shown = groups::submitted(route, state, &head, (uploads::digest(&head, request, &file), group));
        match shown.await? {
            Shown::Resource { status, body, sequence, version, replayed } => {
                let mut whole = serde_json::to_value(&view)?;
                if let Some(members) = whole.as_object_mut() {
                    members.insert("batch".to_owned(), body);
                }
                let body = if head.dry_run { render::previewed(whole) } else { whole };
                Ok(Shown::Resource { status, body, sequence, version, replayed })
            }
            refused @ Shown::Refused { .. } => Ok(refused),
        }
    });
    Ok(shown.await?.respond(request, &head.request_id))
}

/// What the file says, read where it holds up nobody.
async fn read(state: &AppState, head: &Head, file: &Arrived) -> Result<Answers, Problem> {
    let mut opened = file.reopened().await?;
    let mapping = state.debtors.get(&head.identity.agency).and_then(|debtor| debtor.profile.results.clone());
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        opened.read_to_end(&mut bytes).map_err(|error| Problem::fault(&error))?;
        bank_files::read(&bytes, mapping.as_ref()).map_err(api::unread)
    });
    read.await.map_err(|error| Problem::fault(&error))?
}

/// The batch, and what the file is to it.
async fn held(
    state: &AppState,
    head: &Head,
    id: PaymentBatchId,
    said: Answers,
) -> Result<(PaymentBatch, Matching), Problem> {
    let agency = &head.identity.agency;
    let conn = state.engine.reader(agency).await?;
    let batch: PaymentBatch = view::find(&conn, &id, |_| true).await?;
    rules::was_at_the_bank(&batch).map_err(Problem::refusal)?;
    let known = api::known(&conn, id).await?;
    let today = today(&conn, agency).await?.business_date;
    let matching = matched(&batch, &known, said, (|number: &str| state.vault.mac(number), today));
    Ok((batch, matching))
}
