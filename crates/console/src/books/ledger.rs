//! The trial balance and transactions.

use askama::Template;

use super::{exports, href};
use crate::acts::{Act, Action, REASON, act};
use crate::doc::Doc;
use crate::figures;
use crate::layout::{Frame, Link};
use crate::texts::T;
use crate::visit::{Shown, Visit, render};

struct Account {
    code: String,
    name: String,
    debit: String,
    credit: String,
    balance: String,
    side: String,
    href: String,
}

#[derive(Template)]
#[template(path = "books/trial_balance.html")]
struct TrialBalancePage {
    page: Frame,
    t: T,
    about: String,
    as_of: String,
    programme: String,
    accounts: Vec<Account>,
    debit: String,
    credit: String,
    balanced: bool,
    exports: Vec<(&'static str, String)>,
}

/// `GET /reports/trial-balance`
pub async fn trial_balance(visit: &Visit<'_>) -> Shown {
    let (t, path) = (visit.t, "/reports/trial-balance");
    let found = visit.read(&visit.filtered(&format!("/v1{path}"))).await?;
    let name = if t.is_english() { "name.en" } else { "name.zh" };
    let account = |row: &Doc| Account {
        code: row.text("account"),
        name: row.text(name),
        debit: row.money("debit"),
        credit: row.money("credit"),
        balance: row.money("balance"),
        side: t.word(&row.text("side")),
        href: href(&row.text("link")),
    };
    render(&TrialBalancePage {
        t,
        about: t.report_as_of(&found.text("as_of"), &found.text("known_at")),
        as_of: visit.filter("as_of").to_owned(),
        programme: visit.filter("programme").to_owned(),
        accounts: found.list("accounts").iter().map(account).collect(),
        debit: found.money("total.debit"),
        credit: found.money("total.credit"),
        balanced: found.text("total.debit") == found.text("total.credit"),
        exports: exports(path, &visit.query),
        page: visit.frame(t.trial_balance().to_owned(), Vec::new()).await,
    })
}

struct Posted {
    sequence: String,
    kind: String,
    date: String,
    who: String,
    amount: String,
    reversed: bool,
}

#[derive(Template)]
#[template(path = "books/transactions.html")]
struct TransactionsPage {
    page: Frame,
    t: T,
    rows: Vec<Posted>,
    from: String,
    until: String,
    next: String,
    first: bool,
}

/// `GET /ledger/transactions`
pub async fn transactions(visit: &Visit<'_>) -> Shown {
    let t = visit.t;
    let found = visit.read(&visit.filtered("/v1/ledger/transactions")).await?;
    let posted = |row: &Doc| Posted {
        sequence: row.text("sequence"),
        kind: t.word(&row.text("kind")),
        date: row.text("effective_date"),
        who: visit.person(&row.text("actor")),
        amount: row.list("entries").first().map(|entry| entry.money("amount")).unwrap_or_default(),
        reversed: row.has("reversed_by"),
    };
    let cursor = found.text("next_cursor");
    render(&TransactionsPage {
        t,
        rows: found.list("data").iter().map(posted).collect(),
        from: visit.filter("from").to_owned(),
        until: visit.filter("until").to_owned(),
        next: if cursor.is_empty() { String::new() } else { visit.with("cursor", &cursor) },
        first: visit.filter("cursor").is_empty(),
        page: visit.frame(t.transactions().to_owned(), Vec::new()).await,
    })
}

struct Entry {
    account: String,
    name: String,
    side: String,
    debit: String,
    credit: String,
    programme: String,
    organisation: String,
    level: String,
}

#[derive(Template)]
#[template(path = "books/transaction.html")]
struct TransactionPage {
    page: Frame,
    t: T,
    kind: String,
    transaction: Doc,
    who: String,
    document: String,
    entries: Vec<Entry>,
    actions: Vec<Action>,
}

const REVERSE: &[Act] = &[act("POST /v1/ledger/transactions/{sequence}/reverse", T::propose_reversal)
    .plain()
    .making()
    .asking(REASON)];

/// `GET /ledger/transactions/{sequence}`
pub async fn transaction(visit: &Visit<'_>) -> Shown {
    let (t, sequence) = (visit.t, visit.part(2));
    let found = visit.read(&format!("/v1/ledger/transactions/{sequence}")).await?;
    let accounts = visit.look("/v1/ledger/accounts").await?.list("data");
    let mut entries = Vec::new();
    for entry in found.list("entries") {
        entries.push(line(visit, &accounts, &entry).await);
    }
    let crumbs = vec![Link::new("/ledger/transactions", t.transactions())];
    let programme = found.list("entries").first().map(|entry| entry.text("programme")).unwrap_or_default();
    render(&TransactionPage {
        t,
        kind: t.word(&found.text("kind")),
        who: visit.person(&found.text("actor")),
        document: document(&found.text("kind"), &found.text("document"), &programme),
        entries,
        actions: if found.has("reversed_by") {
            Vec::new()
        } else {
            Action::folded(visit, REVERSE, &found).await
        },
        page: visit.frame(t.transaction_no(sequence), crumbs).await,
        transaction: found,
    })
}

async fn line(visit: &Visit<'_>, accounts: &[Doc], entry: &Doc) -> Entry {
    let (t, code) = (visit.t, entry.text("account"));
    let name = if t.is_english() { "name.en" } else { "name.zh" };
    let account = accounts.iter().find(|account| account.text("account") == code);
    let amount = figures::amount(&entry.text("amount"));
    let is_debit = entry.text("side") == "debit";
    let (debit, credit) = if is_debit { (amount, String::new()) } else { (String::new(), amount) };
    Entry {
        account: code,
        name: account.map(|account| account.text(name)).unwrap_or_default(),
        side: t.word(&entry.text("side")),
        debit,
        credit,
        programme: visit.programme(&entry.text("programme")).await,
        organisation: visit.organisation(&entry.text("organisation")).await,
        level: t.word(&entry.text("level")),
    }
}

/// The page of the document that a command was about.
fn document(kind: &str, id: &str, programme: &str) -> String {
    let is_about = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    if is_about(&["claim", "settle_payment", "recalculation", "payment_return"]) {
        format!("/claims/{id}")
    } else if is_about(&["voucher"]) {
        format!("/vouchers/{id}")
    } else if is_about(&["budget_change", "programme", "rules"]) {
        format!("/programmes/{programme}")
    } else {
        String::new()
    }
}
