//! A bank's own table, by a mapping of its columns that an operator wrote.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;

use super::{ANSWERS_MAX, Answer, AnswerKind, Answers, BankFileError};
use crate::domain::{Date, Instant, Money};

/// Days since 30 December 1899, as spreadsheets count them: 1954 to 2119.
const SERIALS: std::ops::RangeInclusive<u64> = 20_000..=80_000;

/// Which columns of a table say what, by their titles. Rows above the titles are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The column that gives back `EndToEndId`.
    pub reference: Option<String>,
    /// What went out; of what came back too, where `returned_amount` is no column of its own.
    pub amount: String,
    pub returned_amount: Option<String>,
    /// The payee's account number.
    pub account: Option<String>,
    pub date: String,
    /// As `strftime` has it; `2025-01-02`, `20250102`, `2025/1/2` and the days of a workbook are known without it.
    pub date_format: Option<String>,
    /// What the bank calls the payment.
    pub bank_reference: Option<String>,
    /// What became of it, in the words that `paid` and `returned` list; without it a row is what was booked.
    pub status: Option<String>,
    #[serde(default)]
    pub paid: Vec<String>,
    #[serde(default)]
    pub returned: Vec<String>,
    /// The bank's code for why.
    pub code: Option<String>,
    /// The same in words.
    pub reason: Option<String>,
}

/// Where the columns of a mapping stand.
struct Columns<'m, 't> {
    mapping: &'m Mapping,
    titles: &'t [String],
}

impl<'m> Columns<'m, '_> {
    fn place(&self, title: &str) -> Option<usize> {
        self.titles.iter().position(|cell| cell.trim() == title.trim())
    }

    /// A cell that says something.
    fn cell<'r>(&self, row: &'r [String], title: Option<&String>) -> Option<&'r str> {
        let cell = row.get(self.place(title?)?)?.trim();
        Some(cell).filter(|cell| !cell.is_empty())
    }

    /// The first column that the titles lack.
    fn missing(&self) -> Option<&'m String> {
        let Mapping {
            reference,
            amount,
            returned_amount,
            account,
            date,
            bank_reference,
            status,
            code,
            reason,
            ..
        } = self.mapping;
        let some = [reference, returned_amount, account, bank_reference, status, code, reason];
        let all = some.into_iter().flatten().chain([amount, date]);
        all.into_iter().find(|title| self.place(title).is_none())
    }
}

/// Reads a table's rows.
pub fn read(rows: &[Vec<String>], mapping: &Mapping, zone: Tz) -> Result<Answers, BankFileError> {
    let missing = |titles: &Vec<String>| Columns { mapping, titles }.missing();
    let Some(head) = rows.iter().position(|row| missing(row).is_none()) else {
        let named = |row: &&Vec<String>| row.iter().any(|cell| cell.trim() == mapping.amount.trim());
        let closest = rows.iter().find(named);
        let column = closest.and_then(missing).unwrap_or(&mapping.amount);
        return Err(BankFileError::Column { column: column.clone() });
    };
    let titles = rows.get(head).map(Vec::as_slice).unwrap_or_default();
    let mut found = Answers { format: "table", ..Answers::default() };
    for (row, place) in rows.iter().zip(1_u32..).skip(head + 1) {
        found.answers.extend(answer(&Columns { mapping, titles }, (row, place), zone)?);
        if found.answers.len() > ANSWERS_MAX {
            return Err(BankFileError::TooMany);
        }
    }
    Ok(found)
}

/// What a row says; nothing where it has no amount: a total, an empty line.
fn answer(
    columns: &Columns<'_, '_>,
    (row, place): (&[String], u32),
    zone: Tz,
) -> Result<Option<Answer>, BankFileError> {
    let mapping = columns.mapping;
    let wrong = |column: &String, found: &str| BankFileError::Cell {
        row: place,
        column: column.clone(),
        found: found.chars().take(40).collect(),
    };
    let read = |title: &String| match columns.cell(row, Some(title)) {
        Some(found) => amount(found)
            .ok_or_else(|| wrong(title, found))
            .map(|amount| amount.filter(|a| *a != Money::ZERO)),
        None => Ok(None),
    };
    let (out, back) =
        (read(&mapping.amount)?, mapping.returned_amount.as_ref().map(read).transpose()?.flatten());
    let Some(amount) = out.or(back) else { return Ok(None) };
    // a row of totals has a word where the others have a day
    let found = columns.cell(row, Some(&mapping.date)).filter(|found| found.contains(char::is_numeric));
    let Some(found) = found else { return Ok(None) };
    let date = day(found, mapping.date_format.as_deref(), zone).ok_or_else(|| wrong(&mapping.date, found))?;
    let booked = if out.is_none() || amount < Money::ZERO { AnswerKind::Returned } else { AnswerKind::Paid };
    let said = mapping.status.as_ref().map_or(booked, |status| {
        let word = columns.cell(row, Some(status)).unwrap_or_default();
        let listed = |words: &[String]| words.iter().any(|known| known.trim() == word);
        match (listed(&mapping.paid), listed(&mapping.returned)) {
            (true, false) => booked,
            (false, true) => AnswerKind::Returned,
            _ => AnswerKind::Pending,
        }
    });
    let text = |title: &Option<String>| columns.cell(row, title.as_ref()).map(str::to_owned);
    let amount = amount.to_string();
    Ok(Some(Answer {
        place,
        said,
        end_to_end_id: columns.cell(row, mapping.reference.as_ref()).and_then(id),
        instruction_id: None,
        amount: Some(amount.trim_start_matches('-').to_owned()),
        currency: None,
        accounts: text(&mapping.account).map(|number| number.replace([' ', '-'], "")).into_iter().collect(),
        date: Some(date),
        bank_reference: text(&mapping.bank_reference),
        code: text(&mapping.code),
        text: text(&mapping.reason),
    }))
}

/// The id of a payment within what people may have written around it: 32 hexadecimal digits.
fn id(text: &str) -> Option<String> {
    let plain = text.replace('-', "");
    let runs = plain.split(|letter: char| !letter.is_ascii_hexdigit());
    runs.into_iter().find(|run| run.len() == 32).map(str::to_lowercase)
}

/// An amount as banks print it; none of a cell that says that there is none.
fn amount(text: &str) -> Option<Option<Money>> {
    let plain: String =
        text.chars().filter(|letter| !matches!(letter, ',' | ' ' | '¥' | '￥' | '，' | '\u{a0}')).collect();
    let plain = plain.trim_start_matches("CNY").trim_start_matches("RMB").trim_start_matches('+');
    if matches!(plain, "" | "-" | "--") {
        return Some(None);
    }
    Money::parse_printed(plain).ok().map(Some)
}

fn day(text: &str, format: Option<&str>, zone: Tz) -> Option<Date> {
    if let (Ok(_), None) = (Instant::parse(text), format) {
        return super::day(text, zone);
    }
    let front = text.split([' ', 'T']).next().unwrap_or_default();
    let formats = ["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"];
    let by = |format: &str| {
        NaiveDate::parse_from_str(front, format).or_else(|_| NaiveDate::parse_from_str(text, format)).ok()
    };
    let found = format.map_or_else(|| formats.iter().find_map(|known| by(known)), by);
    let serial = || {
        let days = front.split('.').next()?.parse::<u64>().ok().filter(|days| SERIALS.contains(days))?;
        NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(chrono::Days::new(days))
    };
    let found = found.or_else(serial).map(Date::from_naive)?;
    // the years that the ledger knows
    Date::parse(&found.to_string()).ok()
}
