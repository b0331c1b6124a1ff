//! Claims in groups: drafted, filed, reviewed, approved, put into payment batches, paid.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::load::{Request, Target, ask};
use super::stage::batch;
use subsidy_core::payments::CLAIMS_MAX;
use subsidy_ledger::cli::Failure;

/// Drafts of one request: with more of them its body is over the limit.
const DRAFTS: usize = 500;

/// How long each step took for all claims.
#[derive(Debug)]
pub(super) struct Steps {
    claims: usize,
    took: Vec<(&'static str, Duration)>,
}

impl Steps {
    pub(super) fn as_json(&self) -> Value {
        let micros = |took: &Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let step = |(what, took): &(&str, Duration)| json!({ "what": what, "elapsed_us": micros(took) });
        json!({ "claims": self.claims, "steps": self.took.iter().map(step).collect::<Vec<_>>() })
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{:<26} {:>10} {:>12}",
            format!("{} claims, in groups", self.claims),
            "seconds",
            "claims/s"
        )?;
        for (what, took) in &self.took {
            let (millis, micros) = (took.as_millis(), took.as_micros().max(1));
            let seconds = format!("{}.{:03}", millis / 1_000, millis % 1_000);
            let rate = u128::try_from(self.claims).unwrap_or(0) * 1_000_000 / micros;
            writeln!(out, "{what:<26} {seconds:>10} {rate:>12}")?;
        }
        Ok(())
    }
}

/// Takes a claim on each of the vouchers, all of them issued, from draft to payment.
pub(super) async fn measure(
    officer: &Target,
    approver: &Target,
    vouchers: &[Uuid],
    day: &str,
) -> Result<Steps, Failure> {
    let mut took = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |what: &'static str| {
        took.push((what, clock.elapsed()));
        clock = Instant::now();
    };
    let mut claims = Vec::with_capacity(vouchers.len());
    for some in vouchers.chunks(DRAFTS) {
        let answer = asked(officer, batch(some.iter().map(|v| ("/v1/claims".to_owned(), draft(v))))).await?;
        claims.extend(ids(&answer)?);
    }
    lap("draft");
    each(officer, &claims, "submit", &json!({})).await?;
    lap("submit");
    each(officer, &claims, "review", &json!({"decision": "pass"})).await?;
    lap("review");
    each(approver, &claims, "approve", &json!({})).await?;
    lap("approve");
    let mut batches = Vec::new();
    for some in claims.chunks(CLAIMS_MAX) {
        let answer = asked(officer, one("/v1/payment-batches", &json!({"claim_ids": some}))).await?;
        batches.push((answer.get("id").and_then(Value::as_str).unwrap_or_default().to_owned(), some));
    }
    lap("propose payment");
    for (id, _) in &batches {
        asked(approver, one(&format!("/v1/payment-batches/{id}/approve"), &json!({}))).await?;
    }
    lap("approve payment");
    for (id, some) in &batches {
        let result = |claim: &String| {
            let reference = format!("B-{claim}");
            json!({"claim_id": claim, "outcome": "paid", "bank_reference": reference, "date": day})
        };
        let results: Vec<_> = some.iter().map(result).collect();
        asked(officer, one(&format!("/v1/payment-batches/{id}/results"), &json!({"results": results})))
            .await?;
    }
    lap("pay");
    Ok(Steps { claims: claims.len(), took })
}

fn draft(voucher: &Uuid) -> Value {
    let settlement = json!([{"item": "compute", "amount": "5.00"}]);
    json!({"kind": "voucher_redemption", "voucher_id": voucher, "settlement": settlement, "final": true})
}

/// One step of every claim.
async fn each(target: &Target, claims: &[String], step: &str, body: &Value) -> Result<(), Failure> {
    for some in claims.chunks(CLAIMS_MAX) {
        asked(target, batch(some.iter().map(|id| (format!("/v1/claims/{id}/{step}"), body.clone())))).await?;
    }
    Ok(())
}

fn one(path: &str, body: &Value) -> Request {
    Request { path: path.to_owned(), body: Bytes::from(body.to_string()), postings: 1 }
}

async fn asked(target: &Target, request: Request) -> Result<Value, Failure> {
    let body = ask(target, &request).await.map_err(Failure::Failed)?;
    serde_json::from_slice(&body).map_err(|error| Failure::new(error.to_string()))
}

/// The ids of the resources that a batch made.
fn ids(answer: &Value) -> Result<Vec<String>, Failure> {
    let results = answer.get("results").and_then(Value::as_array);
    let id = |one: &Value| one.pointer("/body/id").and_then(Value::as_str).map(str::to_owned);
    let ids: Option<Vec<String>> = results.map(|all| all.iter().map(id).collect()).unwrap_or_default();
    ids.ok_or_else(|| Failure::new("a claim without an id"))
}
