//! Plain-text journals of all three books, for tools that others wrote: hledger and beancount balance every transaction
//! themselves, and check what stands on each account at every month's end.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::formats::Column;
use super::formats::file::FileFormat;
use super::lines::walk::ByDay;
use super::lines::{Filter, LineRow};
use super::reading::{self, Part};
use super::report::{ROWS_MAX, Row, Scope};
use subsidy_core::domain::{Date, Money, Month};
use subsidy_core::ledger::{Account, BookCode, Side};
use subsidy_store::db::convert;
use subsidy_store::db::convert::Unreadable;

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Dialect {
    /// hledger 1.x.
    Hledger,
    /// Beancount 2 and 3.
    Beancount,
}

impl Dialect {
    pub const fn format(self) -> FileFormat {
        match self {
            Self::Hledger => FileFormat::Hledger,
            Self::Beancount => FileFormat::Beancount,
        }
    }

    /// What it calls an account. Beancount wants one of five roots, and no full stop in a name.
    fn account(self, account: Account) -> String {
        match self {
            Self::Hledger => format!("{}:{}", account.book().into_str(), account.code()),
            Self::Beancount => {
                let root = match (account.book(), account.side()) {
                    (BookCode::F, Side::Debit) if account.code().starts_with("F5") => "Expenses",
                    (BookCode::Y, Side::Debit) => "Expenses",
                    (BookCode::Y, Side::Credit) => "Income",
                    (BookCode::F, Side::Credit) if account == Account::F4001 => "Income",
                    (BookCode::B | BookCode::F, Side::Debit) => "Assets",
                    (BookCode::B | BookCode::F, Side::Credit) => "Liabilities",
                };
                format!("{root}:{}:{}", account.book().into_str(), account.code().replace('.', "-"))
            }
        }
    }
}

fn signed(line: &LineRow) -> Result<(Account, Money), ReadError> {
    let account = Account::parse(&line.account).ok_or_else(|| Unreadable(line.account.clone()))?;
    let amount = convert::money(line.amount)?;
    Ok((account, if line.side == "D" { amount } else { amount.negated()? }))
}

/// The journal up to a day, as it was known at a sequence. Error: more lines than a report has rows.
pub async fn read(conn: &AsyncPgConnection, scope: &Scope, dialect: Dialect) -> Result<String, ReadError> {
    let mut reading = Reading::begin(conn, scope.clone(), dialect).await?;
    let mut journal = String::new();
    while let Some(texts) = reading.texts(conn).await? {
        journal.extend(texts);
        if reading.lines_read > ROWS_MAX {
            return Err(ReadError::TooManyRows { limit: ROWS_MAX });
        }
    }
    Ok(journal)
}

/// A journal that is written transaction by transaction.
#[derive(Debug)]
pub struct Reading {
    scope: Scope,
    dialect: Dialect,
    lines: ByDay,
    /// What is written before the first transaction.
    head: Option<String>,
    /// The last lines that were read: of a transaction that may go on.
    carried: Vec<LineRow>,
    /// The month that is being written, and what stands on each account.
    month: Option<Month>,
    balances: BTreeMap<Account, Money>,
    lines_read: usize,
}

/// What a journal's row is: a text as it stands in the file.
pub const COLUMNS: &[Column] = &[Column::plain("文本 text", 80)];

pub const NAME: [&str; 2] = ["journal", "文本账"];

impl Reading {
    /// Before the first line.
    pub async fn begin(conn: &AsyncPgConnection, scope: Scope, dialect: Dialect) -> Result<Self, ReadError> {
        let lines = ByDay::begin(conn, scope.clone(), Filter::default(), None).await?;
        let used = super::turnovers::sums(conn, &scope, &[]).await?;
        let used: Vec<Account> = used.into_keys().map(|(_, account)| account).collect();
        let mut reading = Self {
            scope,
            dialect,
            lines,
            head: None,
            carried: Vec::new(),
            month: None,
            balances: BTreeMap::new(),
            lines_read: 0,
        };
        reading.carried = reading.read_lines(conn).await?.unwrap_or_default();
        reading.head = Some(head(&reading.scope, dialect, &used, reading.carried.first()));
        Ok(reading)
    }

    /// The next lines, of days that have any; none after the last.
    async fn read_lines(&mut self, conn: &AsyncPgConnection) -> Result<Option<Vec<LineRow>>, ReadError> {
        while let Some(lines) = self.lines.next(conn, Part::Long).await? {
            self.lines_read += lines.len();
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }

    /// The next texts; none after the last.
    async fn texts(&mut self, conn: &AsyncPgConnection) -> Result<Option<Vec<String>>, ReadError> {
        let mut texts: Vec<String> = self.head.take().into_iter().collect();
        let more = self.read_lines(conn).await?;
        let ended = more.is_none();
        self.carried.extend(more.into_iter().flatten());
        if ended && self.carried.is_empty() && self.month.is_none() {
            return Ok(Some(texts).filter(|texts| !texts.is_empty()));
        }
        // the last transaction may have lines on the next page
        let last = self.carried.last().map(|line| line.sequence).filter(|_| !ended);
        let whole = last
            .map_or(self.carried.len(), |last| self.carried.partition_point(|line| line.sequence != last));
        let later = self.carried.split_off(whole.min(self.carried.len()));
        let now = std::mem::replace(&mut self.carried, later);
        for transaction in now.chunk_by(|one, other| one.sequence == other.sequence) {
            self.transaction(transaction, &mut texts)?;
        }
        if ended {
            texts.extend(self.month.take().map(|month| self.closed(month)));
        }
        Ok(Some(texts))
    }

    /// A transaction, and before it, where a month is over, what stood at its end.
    fn transaction(&mut self, lines: &[LineRow], texts: &mut Vec<String>) -> Result<(), ReadError> {
        let Some(first) = lines.first() else { return Ok(()) };
        let month = Month::of(Date::from_naive(first.effective_date));
        if let Some(over) = self.month.replace(month).filter(|before| *before != month) {
            texts.push(self.closed(over));
        }
        texts.push(written(self.dialect, lines)?);
        for line in lines {
            let (account, amount) = signed(line)?;
            let balance = self.balances.entry(account).or_default();
            *balance = balance.plus(amount)?;
        }
        Ok(())
    }

    fn closed(&self, month: Month) -> String {
        asserted(self.dialect, month.last_day().min(self.scope.as_of), &self.balances)
    }
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, _: Part) -> Result<Option<Vec<Row>>, ReadError> {
        let texts = self.texts(conn).await?;
        Ok(texts.map(|texts| texts.into_iter().map(|text| Row::default().text(text)).collect()))
    }
}

fn head(scope: &Scope, dialect: Dialect, used: &[Account], first: Option<&LineRow>) -> String {
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
    let first = first.map_or(scope.as_of, |line| Date::from_naive(line.effective_date));
    for account in used {
        let name = dialect.account(*account);
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
    text
}

fn put(text: &mut String, line: impl AsRef<str>) {
    text.push_str(line.as_ref());
}

/// A transaction's lines, in their order.
fn written(dialect: Dialect, lines: &[LineRow]) -> Result<String, ReadError> {
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
