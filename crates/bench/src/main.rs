//! Measurements of the service: postings a second over HTTP, beside PostgreSQL doing the same naively.
//!
//! The service runs in a process of its own on a private cluster with fsync on; the load is callers over
//! keep-alive HTTP, each posting under an idempotency key of its own; every posting issues a voucher of
//! one programme, so all of them move the same two balances. In the same run, on the same cluster,
//! `pgbench -M prepared` plays `naive.pgbench`: one transaction of separate statements that locks the hot
//! balance and inserts the same rows. The ratios count; the rates are this machine's.
//!
//! `--leaves` measures the other end: what it takes to prove such a log. `--entries` measures the auditor's room, `--xlsx` a workbook.

mod bulk;
mod interest;
mod lists;
mod load;
mod memory;
mod naive;
mod pages;
mod report;
mod room;
mod service;
mod stage;
mod verification;
mod workbook;
mod workflow;
mod year;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use load::Target;
use report::Row;
use subsidy_ledger::cli::output;
use subsidy_ledger::cli::output::Form;
use subsidy_ledger::cli::{Failure, GlobalArgs, ListenArgs, Settings, conclude, opened};

/// Measure postings a second over HTTP, beside PostgreSQL doing the same naively
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "subsidy-bench", version, about)]
pub struct BenchArgs {
    /// Postings of one measurement at 8 connections and more; fewer at 1
    #[arg(long, default_value_t = 20_000)]
    postings: usize,
    /// How many callers at once
    #[arg(long, value_delimiter = ',', default_value = "1,8,64,256")]
    connections: Vec<usize>,
    /// Postings of one request in the measurement of batches; 0 leaves it out
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Claims that go from draft to payment in groups; 0 leaves it out
    #[arg(long, default_value_t = 1_000)]
    claims: usize,
    /// Instead: how long it takes to export and verify a log of about so many entries
    #[arg(long, value_name = "ENTRIES", conflicts_with_all = ["postings", "connections", "batch", "claims"])]
    leaves: Option<usize>,
    /// Instead: how long the auditor's reports and lists take over so many lines; several numbers one after the other
    #[arg(long, value_name = "LINES", value_delimiter = ',', conflicts_with_all = ["postings", "connections", "batch", "claims", "leaves"])]
    entries: Vec<u64>,
    /// How often each page of the console is opened over so many lines, at most, within four seconds
    #[arg(long, default_value_t = 20)]
    times: usize,
    /// Instead: how long a workbook of so many rows takes to write, and how much memory
    #[arg(long, value_name = "ROWS", conflicts_with_all = ["postings", "connections", "batch", "claims", "leaves", "entries"])]
    xlsx: Option<usize>,
    /// Instead: how long so many interest subsidies take to calculate, on one core and without a database
    #[arg(long, value_name = "LOAN_PERIODS", conflicts_with_all = ["postings", "connections", "batch", "claims", "leaves"])]
    loans: Option<u32>,
    /// Where the cluster of the measurement is made, and removed afterwards
    #[arg(long, value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    #[command(flatten)]
    form: Form,
}

impl BenchArgs {
    /// How many postings are measured with so many callers.
    fn postings_at(&self, connections: usize) -> usize {
        if connections == 1 { (self.postings / 10).max(100) } else { self.postings }
    }

    /// How many postings the whole run takes.
    fn total(&self) -> usize {
        let single: usize = self.connections.iter().map(|c| self.postings_at(*c)).sum();
        single + if self.batch > 0 { self.postings } else { 0 } + stage::WARM_UP + self.claims
    }
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = BenchArgs::parse();
    let settings = Settings::read(&GlobalArgs::default(), &ListenArgs::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    conclude(settings.and_then(|settings| runtime?.block_on(run(&args, &settings))))
}

async fn run(args: &BenchArgs, settings: &Settings) -> Result<(), Failure> {
    if cfg!(debug_assertions) {
        output::note("warning: this is a debug build; measure with `cargo run --release -p subsidy-bench`")?;
    }
    if args.batch > 1_000 || args.connections.contains(&0) {
        return Err(Failure::Usage("at most 1,000 postings a request, at least one connection".to_owned()));
    }
    if let Some(loans) = args.loans {
        let measured = interest::measure(loans)?;
        return if args.form.json { output::json(&measured.as_json()) } else { measured.write() };
    }
    if !args.entries.is_empty() {
        return rooms(args, settings).await;
    }
    let scratch = service::Scratch::new(args.scratch.clone())?;
    if let Some(rows) = args.xlsx {
        let measured = workbook::measure(rows, &scratch.data())?;
        return if args.form.json { output::json(&measured.as_json()) } else { measured.write() };
    }
    let settings = settings.private_in(&scratch.data());
    if let Some(leaves) = args.leaves {
        let measured = opened::with(&settings, async |opened| {
            verification::measure(opened, leaves, &scratch.data()).await
        })
        .await?;
        return if args.form.json { output::json(&measured.as_json()) } else { measured.write() };
    }
    let (rows, steps) = opened::with(&settings, async |opened| {
        let stage = stage::set(opened, args.total()).await?;
        let running = service::Running::start(&scratch.data()).await?;
        let measured = measure(args, &stage, &running).await;
        running.stop().await?;
        measured
    })
    .await?;
    if args.form.json {
        let steps = steps.as_ref().map(workflow::Steps::as_json);
        return output::json(&json!({ "rows": report::as_json(&rows), "workflow": steps }));
    }
    let mut out = std::io::stdout().lock();
    report::as_table(&rows, &mut out)?;
    if let Some(steps) = steps {
        writeln!(out)?;
        steps.write(&mut out)?;
    }
    Ok(())
}

/// The auditor's room over ledgers of several lengths, each on a cluster of its own that is removed before the next.
async fn rooms(args: &BenchArgs, settings: &Settings) -> Result<(), Failure> {
    let mut all = Vec::new();
    for lines in &args.entries {
        let scratch = service::Scratch::new(args.scratch.clone())?;
        let settings = settings.private_in(&scratch.data());
        let measured = opened::with(&settings, async |opened| {
            room::measure(opened, *lines, &scratch.data(), args.times).await
        })
        .await?;
        if args.form.json { all.push(measured.as_json()) } else { measured.write()? }
    }
    if args.form.json { output::json(&all) } else { Ok(()) }
}

/// Every measurement, ours and the naive one in turn; then the steps of claims.
async fn measure(
    args: &BenchArgs,
    stage: &stage::Stage,
    running: &service::Running,
) -> Result<(Vec<Row>, Option<workflow::Steps>), Failure> {
    let target = Target { address: running.address.clone(), token: stage.token.clone() };
    let mut vouchers = stage.vouchers.clone().into_iter();
    let warm = stage::singly(vouchers.by_ref().take(stage::WARM_UP));
    load::run(&target, 8, warm).await.map_err(Failure::Failed)?;
    let mut rows = Vec::new();
    for connections in &args.connections {
        output::note(format_args!("measuring {connections} connections …"))?;
        let postings = args.postings_at(*connections);
        stage.naive.settle().await?;
        let naive = stage.naive.measure(*connections, postings).await?;
        let requests = stage::singly(vouchers.by_ref().take(postings));
        let service = load::run(&target, *connections, requests).await.map_err(Failure::Failed)?;
        rows.push(Row {
            what: "single requests".to_owned(),
            connections: *connections,
            service,
            naive: Some(naive),
        });
    }
    if args.batch > 0 {
        output::note(format_args!("measuring requests of {} postings …", args.batch))?;
        let left: Vec<_> = vouchers.by_ref().take(args.postings).collect();
        let requests = stage::in_batches(&left, args.batch);
        let service = load::run(&target, 8, requests).await.map_err(Failure::Failed)?;
        rows.push(Row { what: format!("batches of {}", args.batch), connections: 8, service, naive: None });
    }
    if args.claims == 0 {
        return Ok((rows, None));
    }
    output::note(format_args!("measuring {} claims from draft to payment …", args.claims))?;
    let left: Vec<_> = vouchers.by_ref().take(args.claims).collect();
    load::run(&target, 8, stage::in_batches(&left, 100)).await.map_err(Failure::Failed)?;
    let officer = Target { token: stage.officer.clone(), ..target.clone() };
    let steps = workflow::measure(&officer, &target, &left, stage::DAY).await?;
    Ok((rows, Some(steps)))
}
