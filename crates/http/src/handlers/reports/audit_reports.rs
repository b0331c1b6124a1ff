//! The auditor's room: the reports, each in every format.

use sha2::{Digest, Sha256};

use crate::handler::{FileReply, ReadRequest, Reply};
use crate::handlers::reports::report_response::{
    Format, ReportRequest, answer_made, answer_reading, file_name, read_request, read_request_in,
};
use crate::problem::Problem;
use subsidy_core::book::Command;
use subsidy_core::book::Duty;
use subsidy_core::domain::dates::FiscalYear;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{AgencyCode, Code, Date, Money};
use subsidy_core::ledger::Account;
use subsidy_reports::journal;
use subsidy_reports::journal::Dialect;
use subsidy_reports::lines::Filter;
use subsidy_reports::process_sums::ProcessSums;
use subsidy_reports::report::{Dimension, NONE, Only, Scope};
use subsidy_reports::sample;
use subsidy_reports::sample::Draw;
use subsidy_reports::scope::At;
use subsidy_reports::turnovers;
use subsidy_reports::turnovers::TurnoverSums;
use subsidy_reports::{
    account_statement, ageing, budget_execution, duties, exceptions, flow, funnel, operations, overlaps,
    recalculation, roles, voucher_rollforward,
};

/// The dimensions that a query names, apart by commas; none where it names none.
fn dimensions(request: &ReadRequest, known: &[Dimension]) -> Result<Vec<Dimension>, Problem> {
    let Some(text) = request.query.text("by") else { return Ok(Vec::new()) };
    let one = |name: &str| name.parse().ok().filter(|one| known.contains(one));
    let named = text.split(',').map(one).collect::<Option<Vec<_>>>();
    named.ok_or_else(|| Problem::new(Code::InvalidQuery).with("parameter", "by"))
}

/// `GET /reports/budget-execution`
pub async fn budget_execution(request: ReadRequest) -> Result<Reply, Problem> {
    let parts = [
        Dimension::Programme,
        Dimension::Level,
        Dimension::Organisation,
        Dimension::Region,
        Dimension::FiscalYear,
    ];
    let by = dimensions(&request, &parts)?;
    let refused = |parameter: &str| Err(Problem::new(Code::InvalidQuery).with("parameter", parameter));
    if by.len() > 1 {
        return refused("by");
    }
    let asked = read_request(&request).await?;
    let Only { level, organisation, region, fiscal_year } = &asked.scope.only;
    // what a part is paid takes no year's money of its own, and is not the whole programme
    let part = level.is_some() || organisation.is_some() || region.is_some();
    let by_year = by.first().map(|by| *by == Dimension::FiscalYear);
    if part && matches!(by.first(), Some(Dimension::FiscalYear | Dimension::Programme)) {
        return refused("by");
    }
    if fiscal_year.is_some() && (part || by_year == Some(false)) {
        return refused("fiscal_year");
    }
    let of = (&asked.scope, known(&request, &asked));
    answer_made(&request, &asked, budget_execution::read(&asked.conn, of, by.first().copied())).await
}

/// The fiscal year that a request names, else that of its last day; its scope reads to the end of that year.
async fn read_year_request(request: &ReadRequest) -> Result<(ReportRequest, FiscalYear), Problem> {
    let refused = || Problem::new(Code::InvalidQuery).with("parameter", "fiscal_year");
    let year = request.query.number::<i32>("fiscal_year")?.map(FiscalYear::new);
    let year = year.transpose().map_err(|_| refused())?;
    let mut asked = read_request(request).await?;
    let year = year.unwrap_or(asked.scope.as_of.year());
    // all years are read: what this one's money was spent on follows from the earlier ones
    asked.scope.only = Only::default();
    let last: Date = format!("{year}-12-31").parse().map_err(|_| refused())?;
    asked.scope.as_of = asked.scope.as_of.min(last);
    Ok((asked, year))
}

/// `GET /reports/carry-over`
pub async fn carry_over(request: ReadRequest) -> Result<Reply, Problem> {
    let (asked, _) = read_year_request(&request).await?;
    let of = (&asked.scope, known(&request, &asked));
    answer_made(&request, &asked, budget_execution::carry_over::read(&asked.conn, of)).await
}

/// `GET /reports/performance`
pub async fn performance(request: ReadRequest) -> Result<Reply, Problem> {
    let (asked, year) = read_year_request(&request).await?;
    let of = (&asked.scope, known(&request, &asked));
    answer_made(&request, &asked, budget_execution::performance::read(&asked.conn, of, year)).await
}

/// `GET /reports/turnovers`
pub async fn turnovers(request: ReadRequest) -> Result<Reply, Problem> {
    let by = dimensions(&request, &Dimension::ALL)?;
    let asked = read_request(&request).await?;
    let of = (&asked.scope, known(&request, &asked));
    answer_made(&request, &asked, turnovers::read(&asked.conn, of, &by)).await
}

/// `GET /reports/voucher-rollforward`
pub async fn voucher_rollforward(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    answer_made(&request, &asked, voucher_rollforward::read(&asked.conn, &asked.scope)).await
}

/// What the process knows of the turnovers of the agency of a report.
const fn known<'a>(request: &'a ReadRequest, asked: &'a ReportRequest) -> TurnoverSums<'a> {
    TurnoverSums { agency: &request.agency, at: &asked.at, sums: &request.sums.turnovers }
}

/// Of which agency a report is, up to where, and of what.
pub(super) const fn of<'a>(
    request: &'a ReadRequest,
    asked: &'a ReportRequest,
) -> (&'a AgencyCode, &'a At, &'a Scope) {
    (&request.agency, &asked.at, &asked.scope)
}

/// `GET /reports/ageing`
pub async fn ageing(request: ReadRequest) -> Result<Reply, Problem> {
    let kind = request.query.text("kind");
    if kind.is_some_and(|kind| !ageing::KINDS.contains(&kind)) {
        return Err(Problem::new(Code::InvalidQuery).with("parameter", "kind"));
    }
    let asked = read_request(&request).await?;
    let open = &request.sums.open;
    answer_made(&request, &asked, ageing::read(&asked.conn, of(&request, &asked), kind, open)).await
}

/// `GET /reports/funnel`
pub async fn funnel(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let sums = (&request.sums.cases, &request.sums.turnovers);
    answer_made(&request, &asked, funnel::read(&asked.conn, of(&request, &asked), sums)).await
}

/// `GET /reports/flow`
pub async fn flow(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    answer_made(&request, &asked, flow::read(&asked.conn, of(&request, &asked), &request.sums.flows)).await
}

/// The accounts that a query names, apart by commas; none where it names none.
pub(super) fn accounts(request: &ReadRequest) -> Result<Vec<String>, Problem> {
    let Some(text) = request.query.text("account") else { return Ok(Vec::new()) };
    let refused = || Problem::new(Code::InvalidQuery).with("parameter", "account");
    let code = |code: &str| Account::parse(code).map(|account| account.code().to_owned());
    text.split(',').map(code).collect::<Option<_>>().ok_or_else(refused)
}

/// What lines a request asks for, up to where.
pub(super) async fn read_lines_request(request: &ReadRequest) -> Result<(ReportRequest, Filter), Problem> {
    let (accounts, query) = (accounts(request)?, &request.query);
    let flow = query.text("flow").map(str::to_owned);
    let known = ["appropriated", "adjusted", "issued", "redeemed", "released", "expired"];
    if flow.as_ref().is_some_and(|flow| !known.contains(&flow.as_str())) {
        return Err(Problem::new(Code::InvalidQuery).with("parameter", "flow"));
    }
    if accounts.is_empty() && flow.is_none() {
        return Err(Problem::new(Code::InvalidQuery).with("parameter", "account"));
    }
    let filter = Filter {
        accounts,
        flow,
        document: query.text("document").map(str::to_owned),
        voucher: query.text("voucher").map(str::to_owned),
        provider: query.text("provider").map(|code| if code == NONE { "" } else { code }.to_owned()),
        from: query.value::<Date>("from")?,
    };
    let until = query.value::<Date>("until")?;
    let mut asked = read_request(request).await?;
    if let Some(until) = until {
        asked.scope.as_of = asked.scope.as_of.min(until);
    }
    Ok((asked, filter))
}

/// `GET /reports/account-statement`. `until` is another word for `as_of`.
pub async fn account_statement(request: ReadRequest) -> Result<Reply, Problem> {
    let (asked, filter) = read_lines_request(&request).await?;
    let (scope, place) = (asked.scope.clone(), asked.place()?);
    let reading = account_statement::Reading::begin(&asked.conn, scope, filter, place).await?;
    answer_reading(&request, &asked, (account_statement::NAME, account_statement::COLUMNS), reading).await
}

/// `GET /reports/recalculation`
pub async fn recalculation(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let reading = recalculation::Reading::begin(&asked.conn, asked.scope.clone(), asked.place()?).await?;
    answer_reading(&request, &asked, (recalculation::NAME, recalculation::COLUMNS), reading).await
}

/// `GET /reports/overlaps`
pub async fn overlaps(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    answer_made(&request, &asked, overlaps::read(&asked.conn, of(&request, &asked), &request.sums.invoices))
        .await
}

/// What a request takes for an exception.
pub(super) fn read_exceptions(request: &ReadRequest) -> Result<exceptions::Question, Problem> {
    let query = &request.query;
    let invalid = |name: &str| Problem::new(Code::InvalidQuery).with("parameter", name);
    let usual = exceptions::Question::default();
    let hour = |name: &'static str, usual: u32| match query.number::<u32>(name)? {
        Some(24..) => Err(invalid(name)),
        hour => Ok(hour.unwrap_or(usual)),
    };
    let above_zero = |name: &'static str| -> Result<Option<Money>, Problem> {
        let parse = |text| Amount::parse(text).map(Amount::money).map_err(|_| invalid(name));
        query.text(name).map(parse).transpose()
    };
    let code = |name: &str| name.parse::<exceptions::Code>().map_err(|_| invalid("code"));
    Ok(exceptions::Question {
        code: query.text("code").map(code).transpose()?,
        near_percent: match query.number::<u8>("near_percent")? {
            Some(percent) if !(1..=99).contains(&percent) => return Err(invalid("near_percent")),
            percent => percent.unwrap_or(usual.near_percent),
        },
        threshold: above_zero("threshold")?,
        night: exceptions::Night {
            from: hour("night_from", usual.night.from)?,
            until: hour("night_until", usual.night.until)?,
        },
        round_unit: above_zero("round_unit")?.unwrap_or(usual.round_unit),
    })
}

/// What the process knows of where there is something to ask.
pub(super) const fn known_exceptions(request: &ReadRequest) -> exceptions::ExceptionSums<'_> {
    let ProcessSums { approvals, raised, prefunds, .. } = &request.sums;
    exceptions::ExceptionSums { approvals, raised, prefunds }
}

/// `GET /reports/exceptions`
pub async fn exceptions(request: ReadRequest) -> Result<Reply, Problem> {
    let question = read_exceptions(&request)?;
    let asked = read_request(&request).await?;
    let known = (known_exceptions(&request), asked.place()?);
    let reading = exceptions::Reading::begin(&asked.conn, of(&request, &asked), question, known).await?;
    answer_reading(&request, &asked, (exceptions::NAME, exceptions::COLUMNS), reading).await
}

/// How a request draws a sample.
pub(super) fn read_draw(request: &ReadRequest) -> Result<Draw, Problem> {
    let missing = |name: &str| Problem::new(Code::InvalidQuery).with("parameter", name);
    let seed = request.query.text("seed").filter(|seed| !seed.is_empty()).ok_or_else(|| missing("seed"))?;
    let interval = request.query.text("interval").and_then(|text| Amount::parse(text).ok());
    let account = match accounts(request)?.as_slice() {
        [] => Account::F2302.code().to_owned(),
        [one] => one.clone(),
        [..] => return Err(missing("account")),
    };
    let interval = interval.ok_or_else(|| missing("interval"))?.money();
    Ok(Draw { seed: seed.to_owned(), interval, account })
}

/// `GET /reports/sample`
pub async fn sample(request: ReadRequest) -> Result<Reply, Problem> {
    let draw = read_draw(&request)?;
    let asked = read_request(&request).await?;
    let reading = sample::Reading::new(asked.scope.clone(), &draw, asked.place()?);
    answer_reading(&request, &asked, (sample::NAME, sample::COLUMNS), reading).await
}

/// Whose journal a request asks for. Error: `format_not_supported`.
pub(super) fn read_dialect(request: &ReadRequest) -> Result<Dialect, Problem> {
    let name = request.query.text("format").unwrap_or("hledger");
    name.parse().map_err(|_| Problem::new(Code::FormatNotSupported).with("format", name))
}

/// `GET /reports/journal`
pub async fn journal(request: ReadRequest) -> Result<Reply, Problem> {
    let dialect = read_dialect(&request)?;
    let asked = read_request_in(&request, Format::Json).await?;
    let bytes = journal::read(&asked.conn, &asked.scope, dialect).await?.into_bytes();
    let (sha256, format) = (Sha256::digest(&bytes).into(), dialect.format());
    let name = file_name(journal::NAME, &asked, format.ending());
    let media_type = format.media_type();
    Ok(Reply::File(FileReply { name, media_type, bytes, sha256, sequence: None }))
}

/// `GET /reports/segregation-of-duties`
pub async fn duties(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let sums = (&request.sums.duties, &request.sums.approvals);
    answer_made(&request, &asked, duties::read(&asked.conn, of(&request, &asked), sums)).await
}

/// `GET /reports/roles`
pub async fn roles(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    answer_made(&request, &asked, roles::read(&asked.conn, &asked.scope)).await
}

pub(super) fn read_leaves(request: &ReadRequest) -> Result<operations::Filter, Problem> {
    let query = &request.query;
    let invalid = |name: &str| Problem::new(Code::InvalidQuery).with("parameter", name);
    let duty = |name: &str| name.parse::<Duty>().map_err(|_| invalid("duty"));
    let kind = query.text("kind").map(str::to_owned);
    if kind.as_ref().is_some_and(|kind| !Command::KINDS.contains(&kind.as_str())) {
        return Err(invalid("kind"));
    }
    Ok(operations::Filter {
        subject: query.text("subject").map(str::to_owned),
        kind,
        duty: query.text("duty").map(duty).transpose()?,
        document: query.text("document").map(str::to_owned),
        from: query.value::<Date>("from")?,
        until: query.value::<Date>("until")?,
        own: query.value::<bool>("same_document")?.unwrap_or_default(),
    })
}

/// `GET /reports/operations`
pub async fn operations(request: ReadRequest) -> Result<Reply, Problem> {
    let filter = read_leaves(&request)?;
    let asked = read_request(&request).await?;
    let known = (&request.sums.approvals, asked.place()?);
    let reading = operations::Reading::begin(&asked.conn, of(&request, &asked), filter, known).await?;
    answer_reading(&request, &asked, (operations::NAME, operations::COLUMNS), reading).await
}
