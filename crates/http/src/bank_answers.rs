//! A write that brings a file of the bank.
//!
//! The file is held against the batch as it is; what it says is proposed as a group like any other. Brought again it
//! proposes nothing twice, so that a lost answer is had again by bringing the file.

use std::io::Read;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono_tz::Tz;

use super::extract::PathParts;
use super::handlers::agencies::today;
use super::handlers::payments::PaymentBatchView;
use super::handlers::payments::answers::{self as api, BankFileView};
use super::problem::Problem;
use super::route::Route;
use super::view::View;
use super::write::{Head, WriteAnswer};
use super::{AppState, groups, in_time, render, uploads, view};
use subsidy_core::domain::PaymentBatchId;
use subsidy_core::payments::answers::Answers;
use subsidy_core::payments::answers::matching::{Matching, matched};
use subsidy_core::payments::{PaymentBatch, rules};
use subsidy_files::bank_files;
use subsidy_files::objects::Arrived;
use subsidy_reports::related::Related;

/// Answers a write that brings a file of the bank.
pub async fn answer(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    let id: PaymentBatchId = PathParts::of(request).value("id")?;
    let (file, _) = uploads::received(state, request, payload).await?;
    let zone = today(&state.engine.reader(&head.identity.agency).await?, &head.identity.agency).await?.zone;
    let said = read(state, &head, &file, zone.tz()).await?;
    let (format, statement) = (said.format, file.sha256);
    let shown = in_time(head.late(), async {
        let (batch, matching) = held(state, &head, id, said).await?;
        let group = api::proposals(&batch, statement, &matching)?;
        let mut shown = if group.commands.is_empty() {
            let body = serde_json::to_value(PaymentBatchView::of(&batch, &Related::default()))?;
            let status = route.success();
            WriteAnswer::Resource { status, body, sequence: None, version: None, replayed: false }
        } else {
            let digest = uploads::digest(&head, request, &file);
            groups::submitted(route, state, &head, (digest, group)).await?
        };
        if let WriteAnswer::Resource { body, .. } = &mut shown {
            let mut whole = serde_json::to_value(BankFileView::of((format, statement), &matching))?;
            if let Some(members) = whole.as_object_mut() {
                members.insert("batch".to_owned(), body.take());
            }
            *body = if head.dry_run { render::previewed(whole) } else { whole };
        }
        Ok(shown)
    });
    Ok(shown.await?.respond(request, &head.request_id))
}

/// What the file says, read where it holds up nobody.
async fn read(state: &AppState, head: &Head, file: &Arrived, zone: Tz) -> Result<Answers, Problem> {
    let mut opened = file.reopened().await?;
    let mapping = state.debtors.get(&head.identity.agency).and_then(|debtor| debtor.profile.results.clone());
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        opened.read_to_end(&mut bytes).map_err(|error| Problem::fault(&error))?;
        bank_files::read(&bytes, mapping.as_ref(), zone).map_err(api::unread)
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
