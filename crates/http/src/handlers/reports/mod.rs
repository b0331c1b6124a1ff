//! The ledger's accounts and transactions, and the trial balance.

pub mod audit;
pub mod audit_reports;
pub mod exports;
pub mod report_page;
pub mod report_response;
pub mod work;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::reports::report_response::{Format, answer, read_request};
use crate::problem::Problem;
use subsidy_core::domain::{Code, CreditCode, Date, Instant, Money, ProgrammeCode, Sequence, Subject};
use subsidy_core::ledger::{Account, BookCode, Turnover};
use subsidy_core::reversals::Reversal;
use subsidy_reports::report::Scope;
use subsidy_reports::transactions;
use subsidy_reports::transactions::{TransactionLineRow, TransactionRow};
use subsidy_reports::trial_balance::{Question, TrialBalance};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::pool::Connection;
use subsidy_store::reversals::ReversalRow;
use subsidy_store::reversals::queries::touching;

/// A name in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub struct Name {
    /// The name in Chinese, as the chart has it.
    zh: &'static str,
    /// The name in English, for whoever reads no Chinese.
    en: &'static str,
}

/// An account of the chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// The code of the account; its first letter is that of the book.
    #[schema(example = "B2001")]
    account: &'static str,
    name: Name,
    /// The book that it belongs to: B 指标账, F 财务会计 or Y 预算会计.
    #[schema(example = "B")]
    book: &'static str,
    /// The side its balance stands on: `debit` or `credit`.
    side: &'static str,
}

/// A line of a transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    /// The code of the account that it moves, such as B2001.
    account: String,
    /// `debit` or `credit`.
    side: &'static str,
    amount: Money,
    programme: ProgrammeCode,
    organisation: Option<CreditCode>,
    /// The funding level whose money it is; null where no level is told apart.
    level: Option<String>,
}

/// A transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionView {
    sequence: Sequence,
    /// Which command posted it.
    kind: String,
    effective_date: Option<Date>,
    recorded_at: Instant,
    /// Who asked for it.
    actor: Subject,
    /// The document that it is about: its id or its code.
    document: String,
    /// The transaction that it reverses.
    reverses: Option<Sequence>,
    /// The transaction that reverses it.
    reversed_by: Option<Sequence>,
    entries: Vec<EntryView>,
}

/// Debits and credits.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnoverView {
    debit: Money,
    credit: Money,
}

/// Debits and credits by book.
#[derive(Debug, Serialize, ToSchema)]
#[allow(non_snake_case, reason = "the books' letters")]
pub struct BooksView {
    /// 指标账
    B: TurnoverView,
    /// 财务会计
    F: TurnoverView,
    /// 预算会计
    Y: TurnoverView,
}

/// An account's turnovers and balance.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountBalanceView {
    /// The code of the account, such as B2001.
    account: &'static str,
    name: Name,
    debit: Money,
    credit: Money,
    /// On the account's own side.
    balance: Money,
    /// The side that its balance stands on: `debit` or `credit`.
    side: &'static str,
    /// The statement whose movements sum to the balance.
    link: String,
}

/// A trial balance.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialBalanceView {
    as_of: Date,
    /// The last sequence that counts; null for an empty ledger.
    known_at: Option<Sequence>,
    /// Of this programme alone; null where all of them are in it.
    programme: Option<String>,
    /// Of this funding level alone; empty for lines of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<String>,
    /// Of this organisation alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<String>,
    /// Of this district alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Of money of this fiscal year alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    fiscal_year: Option<String>,
    books: BooksView,
    total: TurnoverView,
    /// The whole chart.
    accounts: Vec<AccountBalanceView>,
}

const fn name(account: Account) -> Name {
    Name { zh: account.name_zh(), en: account.name_en() }
}

impl TurnoverView {
    const fn of(turnover: Turnover) -> Self {
        Self { debit: turnover.debit, credit: turnover.credit }
    }
}

impl EntryView {
    fn of(entry: &TransactionLineRow) -> Result<Self, Unreadable> {
        let organisation = Some(entry.organisation.as_str()).filter(|code| !code.is_empty());
        Ok(Self {
            account: entry.account.clone(),
            side: if entry.side == "D" { "debit" } else { "credit" },
            amount: convert::money(entry.amount)?,
            programme: convert::read(&entry.programme)?,
            organisation: convert::read_opt(organisation)?,
            level: Some(entry.level.clone()).filter(|level| !level.is_empty()),
        })
    }
}

impl TransactionView {
    fn of(
        leaf: &TransactionRow,
        entries: &[TransactionLineRow],
        reversals: &[Reversal],
    ) -> Result<Self, Unreadable> {
        let sequence = convert::read_sequence(leaf.sequence)?;
        let reverses = reversals.iter().find(|reversal| reversal.reversed_by == Some(sequence));
        let reversed = reversals.iter().find(|reversal| reversal.sequence == sequence);
        Ok(Self {
            sequence,
            kind: leaf.kind.clone(),
            effective_date: leaf.effective_date.map(Date::from_naive),
            recorded_at: Instant::new(leaf.recorded_at),
            actor: convert::read(&leaf.subject)?,
            document: leaf.document.clone(),
            reverses: reverses.map(|reversal| reversal.sequence),
            reversed_by: reversed.and_then(|reversal| reversal.reversed_by),
            entries: entries.iter().map(EntryView::of).collect::<Result<_, _>>()?,
        })
    }
}

async fn views(conn: &Connection, leaves: Vec<TransactionRow>) -> Result<Vec<TransactionView>, Problem> {
    let sequences: Vec<i64> = leaves.iter().map(|leaf| leaf.sequence).collect();
    let found = transactions::entries(conn, &sequences).await?;
    let reversals = touching(conn, &sequences).await?;
    let reversals = decode_all(&reversals, ReversalRow::read)?;
    let mut entries: BTreeMap<i64, Vec<TransactionLineRow>> = BTreeMap::new();
    for entry in found {
        entries.entry(entry.sequence).or_default().push(entry);
    }
    decode_all(&leaves, |leaf| {
        let lines = entries.get(&leaf.sequence).map(Vec::as_slice).unwrap_or_default();
        TransactionView::of(leaf, lines, &reversals)
    })
}

/// `GET /ledger/accounts`
pub async fn accounts(_: ReadRequest) -> Result<Reply, Problem> {
    let view = |account: &Account| AccountView {
        account: account.code(),
        name: name(*account),
        book: account.book().into_str(),
        side: account.side().into_str(),
    };
    Reply::list((Account::ALL.iter().map(view).collect(), None))
}

/// `GET /ledger/transactions`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, query) = (request.page()?, &request.query);
    let account = query.text("account");
    if account.is_some_and(|code| Account::parse(code).is_none()) {
        return Err(Problem::new(Code::InvalidQuery).with("parameter", "account"));
    }
    let filter = transactions::Filter {
        programme: query.value::<ProgrammeCode>("programme")?.map(|code| code.to_string()),
        organisation: query.value::<CreditCode>("organisation")?.map(|code| code.to_string()),
        account: account.map(str::to_owned),
        document: query.text("document").map(str::to_owned),
        from: query.value::<Date>("from")?.map(Date::naive),
        until: query.value::<Date>("until")?.map(Date::naive),
    };
    let conn = request.reader().await?;
    let found = transactions::page(&conn, page.after, &filter, page.limit()).await;
    let (leaves, next) = found?;
    Reply::list((views(&conn, leaves).await?, next.map(|next| page.cursor(next))))
}

/// A sequence in a path; one that no log reaches names nothing.
fn sequence(request: &ReadRequest) -> Result<i64, Problem> {
    let number: u64 = request.path.number("sequence")?;
    i64::try_from(number).map_err(|_| Problem::new(Code::NotFound))
}

/// `GET /ledger/transactions/{sequence}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let (sequence, conn) = (sequence(&request)?, request.reader().await?);
    let leaf = transactions::get(&conn, sequence).await?;
    let leaf = leaf.ok_or_else(|| Problem::new(Code::NotFound))?;
    let view = views(&conn, vec![leaf]).await?.into_iter().next();
    Reply::json(&view.ok_or_else(|| Problem::new(Code::NotFound))?)
}

/// `GET /reports/trial-balance`
pub async fn trial_balance(request: ReadRequest) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let scope = &asked.scope;
    let balance = if scope.only.is_all() {
        let programme = scope.programme.clone();
        TrialBalance::read(&asked.conn, &Question { as_of: scope.as_of, known_at: scope.known_at, programme })
            .await?
    } else {
        TrialBalance::of_part(&asked.conn, scope).await?
    };
    if asked.format == Format::Json {
        let view = trial_balance_view(scope, &balance);
        return Reply::json(&view?);
    }
    let report = balance.report(scope)?;
    answer(&request, &asked, &report)
}

fn trial_balance_view(
    scope: &Scope,
    balance: &TrialBalance,
) -> Result<TrialBalanceView, subsidy_core::domain::money::OutOfRange> {
    let book = |book| balance.of_book(book).map(TurnoverView::of);
    let account = |account: &Account| {
        let turnover = balance.of(*account);
        Ok(AccountBalanceView {
            account: account.code(),
            name: name(*account),
            debit: turnover.debit,
            credit: turnover.credit,
            balance: turnover.balance(account.side())?,
            side: account.side().into_str(),
            link: TrialBalance::link(scope, *account).text().to_owned(),
        })
    };
    let accounts = Account::ALL.iter().map(account).collect::<Result<_, _>>()?;
    Ok(TrialBalanceView {
        as_of: scope.as_of,
        known_at: convert::read_sequence(scope.known_at).ok(),
        programme: scope.programme.clone(),
        level: scope.only.level.clone(),
        organisation: scope.only.organisation.clone(),
        region: scope.only.region.clone(),
        fiscal_year: scope.only.fiscal_year.clone(),
        books: BooksView { B: book(BookCode::B)?, F: book(BookCode::F)?, Y: book(BookCode::Y)? },
        total: TurnoverView::of(balance.total()?),
        accounts,
    })
}
