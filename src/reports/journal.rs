//! Plain-text journals of all three books, for tools that others wrote: hledger and beancount balance every transaction
//! themselves, and check what stands on each account at every month's end.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::lines::{self, Filter, LineFound};
use super::report::{ROWS_MAX, Scope};
use crate::db::convert::{self, Unreadable};
use crate::domain::{Date, Money, Month};
use crate::ledger::{Account, BookCode, Side};

/// Whose journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// hledger 1.x.
    Hledger,
    /// Beancount 2 and 3.
    Beancount,
}

impl Dialect {
    /// The dialect of this name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "hledger" => Some(Self::Hledger),
            "beancount" => Some(Self::Beancount),
            _ => None,
        }
    }

    /// How its files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Hledger => "journal",
            Self::Beancount => "beancount",
        }
    }

    /// What it calls an account. Beancount wants one of five roots, and no full stop in a name.
    fn account(self, account: Account) -> String {
        match self {
            Self::Hledger => format!("{}:{}", account.book().as_str(), account.code()),
            Self::Beancount => {
                let root = match (account.book(), account.side()) {
                    (BookCode::F, Side::Debit) if account.code().starts_with("F5") => "Expenses",
                    (BookCode::Y, Side::Debit) => "Expenses",
                    (BookCode::Y, Side::Credit) => "Income",
                    (BookCode::F, Side::Credit) if account == Account::F4001 => "Income",
                    (BookCode::B | BookCode::F, Side::Debit) => "Assets",
                    (BookCode::B | BookCode::F, Side::Credit) => "Liabilities",
                };
                format!("{root}:{}:{}", account.book().as_str(), account.code().replace('.', "-"))
            }
        }
    }
}

/// Debits less credits.
fn signed(line: &LineFound) -> Result<(Account, Money), ReadError> {
    let account = Account::parse(&line.account).ok_or_else(|| Unreadable(line.account.clone()))?;
    let amount = convert::money(line.amount)?;
    Ok((account, if line.side == "D" { amount } else { amount.negated()? }))
}

/// The journal up to a day, as it was known at a sequence. Error: more lines than a report has rows.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope, dialect: Dialect) -> Result<String, ReadError> {
    let lines = lines::read(conn, scope, &Filter::default()).await?;
    if lines.len() > ROWS_MAX {
        return Err(ReadError::TooManyRows { limit: ROWS_MAX });
    }
    write(scope, dialect, &lines)
}

fn write(scope: &Scope, dialect: Dialect, lines: &[LineFound]) -> Result<String, ReadError> {
    let mut text = head(scope, dialect, lines)?;
    let mut balances: BTreeMap<Account, Money> = BTreeMap::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let month = Month::of(Date::from_naive(first.effective_date));
        let of_month = rest.partition_point(|line| Month::of(Date::from_naive(line.effective_date)) <= month);
        let (now, later) = rest.split_at(of_month);
        for transaction in now.chunk_by(|one, other| one.sequence == other.sequence) {
            text.push_str(&written(dialect, transaction)?);
        }
        for line in now {
            let (account, amount) = signed(line)?;
            let balance = balances.entry(account).or_default();
            *balance = balance.plus(amount)?;
        }
        text.push_str(&asserted(dialect, month.last_day().min(scope.as_of), &balances));
        rest = later;
    }
    Ok(text)
}

fn head(scope: &Scope, dialect: Dialect, lines: &[LineFound]) -> Result<String, ReadError> {
    let used: BTreeSet<Account> =
        lines.iter().map(|line| signed(line).map(|(account, _)| account)).collect::<Result<_, _>>()?;
    let programme = scope.programme.as_deref().unwrap_or("*");
    let mut text = format!(
        "; as_of {}, known_at {}, recorded_at {}, programme {programme}\n",
        scope.as_of, scope.known_at, scope.recorded_at
    );
    if dialect == Dialect::Hledger {
        text.push_str("commodity 1000.00 CNY\n");
    } else {
        text.push_str("option \"operating_currency\" \"CNY\"\n");
    }
    let first = lines.first().map_or(scope.as_of, |line| Date::from_naive(line.effective_date));
    for account in used {
        let name = dialect.account(account);
        put(
            &mut text,
            match dialect {
                Dialect::Hledger => {
                    format!("account {name}  ; {} {}\n", account.name_zh(), account.name_en())
                }
                Dialect::Beancount => format!("{first} open {name} CNY\n"),
            },
        );
    }
    text.push('\n');
    Ok(text)
}

fn put(text: &mut String, line: impl AsRef<str>) {
    text.push_str(line.as_ref());
}

/// A transaction's lines, in their order.
fn written(dialect: Dialect, lines: &[LineFound]) -> Result<String, ReadError> {
    let Some(first) = lines.first() else { return Ok(String::new()) };
    let (day, sequence) = (first.effective_date, first.sequence);
    let (kind, document) = (&first.kind, &first.about);
    let mut text = match dialect {
        Dialect::Hledger => format!("{day} * ({sequence}) {kind} | {document}\n"),
        Dialect::Beancount => format!("{day} * \"{kind}\" \"{document}\"\n  sequence: {sequence}\n"),
    };
    for line in lines {
        let (account, amount) = signed(line)?;
        put(&mut text, format!("    {}  {amount} CNY", dialect.account(account)));
        let tags =
            [("programme", &line.programme), ("organisation", &line.organisation), ("level", &line.level)];
        let tags = tags.into_iter().filter(|(_, value)| !value.is_empty());
        match dialect {
            Dialect::Hledger => {
                let tags: Vec<String> =
                    tags.map(|(name, value)| format!("{name}:{}", plain(value))).collect();
                put(&mut text, format!("  ; {}\n", tags.join(", ")));
            }
            Dialect::Beancount => {
                text.push('\n');
                tags.for_each(|(name, value)| {
                    put(&mut text, format!("      {name}: \"{}\"\n", plain(value)))
                });
            }
        }
    }
    text.push('\n');
    Ok(text)
}

/// A value that ends no tag and no string.
fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_control() || ",;\"\\".contains(c) { '_' } else { c }).collect()
}

/// What stands on every account at the end of a day. Beancount looks at the beginning of the day that it names.
fn asserted(dialect: Dialect, day: Date, balances: &BTreeMap<Account, Money>) -> String {
    let mut text = String::new();
    if dialect == Dialect::Hledger {
        put(&mut text, format!("{day} * {} balances\n", Month::of(day)));
    }
    let after = day.plus_days(1).unwrap_or(day);
    for (account, balance) in balances {
        let name = dialect.account(*account);
        put(
            &mut text,
            match dialect {
                Dialect::Hledger => format!("    {name}  0.00 CNY = {balance} CNY\n"),
                Dialect::Beancount => format!("{after} balance {name}  {balance} CNY\n"),
            },
        );
    }
    text.push('\n');
    text
}
