//! What accepted commands leave in the log, in the entries and their totals, in transitions and in sheets.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::answers;
use super::broken::BatchError;
use super::execute::{BatchResult, Record, Stored};
use super::store::{BankAccountRow, CalculationRow, IdempotencyRow, LogRow, TransitionRow};
use super::submission::Submission;
use crate::db::convert;
use crate::db::rows::Row;
use crate::db::statement_batch::Write;
use crate::keys::keyed::AnswerKey;
use crate::ledger::{BLOCK, EntryRow, TotalRow};
use crate::loans::allocations::points;
use subsidy_core::domain::{Date, Instant, TextHash};
use subsidy_core::ledger::{Flow, Line};
use subsidy_core::programmes::calculation::Calculation;
use subsidy_core::programmes::interest::Bound;

/// Rows of the engine's own tables and of the ledger.
#[derive(Debug, Default)]
pub struct Rows {
    pub log: Vec<LogRow>,
    pub entries: Vec<EntryRow>,
    pub transitions: Vec<TransitionRow>,
    pub calculations: Vec<CalculationRow>,
    pub totals: Totals,
    pub idempotency: Vec<IdempotencyRow>,
    pub texts: Vec<super::submission::NewText>,
    pub bank_accounts: Vec<BankAccountRow>,
}

impl Rows {
    pub fn of(
        result: &BatchResult,
        submissions: &[&Submission],
        key: &AnswerKey,
    ) -> Result<Self, BatchError> {
        let mut rows = Self::default();
        for record in &result.records {
            rows.record(record)?;
        }
        let kept: BTreeSet<TextHash> = result.records.iter().flat_map(|r| r.texts.iter().copied()).collect();
        let recorded_at = result.records.last().map(|r| r.accepted.recorded_at);
        let refused = result.stored.iter().filter(|(_, stored)| matches!(stored, Stored::Refusal(_))).count();
        let mut ordinal = result.refusals.saturating_sub(u64::try_from(refused).unwrap_or(u64::MAX));
        for (index, stored) in &result.stored {
            ordinal += u64::from(matches!(stored, Stored::Refusal(_)));
            let Some(submission) = submissions.get(*index) else { continue };
            rows.stored(submission, (stored, ordinal), (recorded_at, &kept), key);
        }
        Ok(rows)
    }

    /// Adds what an accepted command leaves in the log, the entries, the transitions and the sheets.
    pub fn record(&mut self, record: &Record) -> Result<(), BatchError> {
        let sequence = convert::sequence(record.accepted.sequence);
        let effects = &record.decision.effects;
        let document = record.envelope.command.document();
        let lines = effects.posting.lines();
        self.log.push(LogRow {
            sequence,
            leaf: record.leaf.clone(),
            hash: record.hash.to_vec(),
            line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
            kind: record.envelope.command.kind().to_owned(),
            document: document.clone(),
            effective_date: effects.effective_date.map(Date::naive),
            subject: record.envelope.actor.subject.to_string(),
            recorded_at: record.accepted.recorded_at.utc(),
        });
        let entries = entries(record, sequence, &document)?;
        let kind = record.envelope.command.kind();
        for (index, entry) in entries.iter().enumerate() {
            self.totals.count(entry, flow(kind, lines, index));
        }
        self.entries.extend(entries);
        for (index, step) in effects.transitions.iter().enumerate() {
            self.transitions.push(TransitionRow {
                sequence,
                ordinal: i16::try_from(index).unwrap_or(i16::MAX),
                kind: step.kind.to_owned(),
                document: step.document.clone(),
                from_status: step.from.map(str::to_owned),
                to_status: step.to.to_owned(),
            });
        }
        for sheet in &effects.sheets {
            self.calculations.push(CalculationRow {
                document: sheet.document.clone(),
                version: convert::count(sheet.sheet.version),
                sequence,
                sheet: convert::json(&sheet.sheet)?,
                points_max: sheet.sheet.segments.iter().map(|segment| segment.points).max().map(points),
                window_until: last_day(&sheet.sheet),
            });
        }
        Ok(())
    }

    fn stored(
        &mut self,
        submission: &Submission,
        (stored, ordinal): (&Stored, u64),
        (recorded_at, kept): (Option<Instant>, &BTreeSet<TextHash>),
        key: &AnswerKey,
    ) {
        let (sequence, refusal) = match stored {
            Stored::Sequence(sequence) => (Some(convert::sequence(*sequence)), None),
            Stored::Refusal(refusal) => (None, Some(refusal.clone())),
        };
        if sequence.is_some() {
            // words that no leaf says were kept are not
            self.texts.extend(submission.texts.iter().filter(|text| kept.contains(&text.hash)).cloned());
            self.bank_accounts.extend(submission.accounts.iter().map(|a| BankAccountRow {
                organisation: a.organisation.to_string(),
                mac: a.mac.as_bytes().to_vec(),
                sealed: a.sealed.clone(),
            }));
        }
        let recorded_at = recorded_at.unwrap_or_else(|| Instant::new(chrono::Utc::now()));
        let row = IdempotencyRow {
            subject: submission.subject.to_string(),
            key: submission.key.to_vec(),
            request: submission.request.to_vec(),
            sequence,
            refusal,
            recorded_at: recorded_at.utc(),
            mac: Vec::new(),
            ordinal: sequence.is_none().then(|| i64::try_from(ordinal).unwrap_or(i64::MAX)),
        };
        let mac = answers::mac(key, &submission.agency, &row).to_vec();
        self.idempotency.push(IdempotencyRow { mac, ..row });
    }
}

/// The last day that earns, of an interest subsidy.
fn last_day(sheet: &Calculation) -> Option<chrono::NaiveDate> {
    // days after the agency's limit stand on the sheet and earn nothing
    let earning = sheet.segments.iter().filter(|one| !one.bound_by.contains(&Bound::StatutoryWindow));
    earning.map(|segment| segment.until).max().and_then(|until| until.naive().pred_opt())
}

/// The entry rows of a record: lines 1 to n, each about the document of the command or the recovery that it names.
fn entries(record: &Record, sequence: i64, document: &str) -> Result<Vec<EntryRow>, BatchError> {
    let effects = &record.decision.effects;
    let lines = effects.posting.lines();
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let effective =
        effects.effective_date.ok_or_else(|| BatchError::unreadable("a posting without a day"))?;
    Ok(lines
        .iter()
        .zip(1_i16..)
        .map(|(line, number)| EntryRow {
            sequence,
            line: number,
            account: line.account.code().to_owned(),
            side: if line.side == subsidy_core::ledger::Side::Debit { "D" } else { "C" }.to_owned(),
            amount: convert::decimal(line.amount),
            programme: line.programme.to_string(),
            organisation: line.organisation.map(|o| o.to_string()).unwrap_or_default(),
            level: line.level.as_ref().map(ToString::to_string).unwrap_or_default(),
            fiscal_year: convert::year(Some(line.fiscal_year)),
            effective_date: effective.naive(),
            document: line.recovery.map_or_else(|| document.to_owned(), |id| id.to_string()),
        })
        .collect())
}

/// The flow of a line, which has its other side beside it.
fn flow(kind: &str, lines: &[Line], index: usize) -> Option<Flow> {
    let [line, counter] = [index, index ^ 1].map(|index| lines.get(index));
    Flow::of(kind, line?.account, counter?.account)
}

type TotalKey = <TotalRow as Row>::Key;

/// Turnovers of a key of `totals`, and the last sequence that added to them.
#[derive(Debug, Default, Clone, Copy)]
pub struct Total {
    pub debit: Decimal,
    pub credit: Decimal,
    pub last: i64,
}

/// Turnovers, added up once per key.
#[derive(Debug, Default)]
pub struct Totals(BTreeMap<TotalKey, Total>);

impl Totals {
    fn count(&mut self, entry: &EntryRow, flow: Option<Flow>) {
        let key = (
            entry.account.clone(),
            entry.programme.clone(),
            entry.level.clone(),
            entry.fiscal_year,
            entry.effective_date,
            flow.map(<&str>::from).unwrap_or_default().to_owned(),
            entry.sequence / BLOCK,
        );
        let total = self.0.entry(key).or_default();
        let side = if entry.side == "D" { &mut total.debit } else { &mut total.credit };
        *side = side.checked_add(entry.amount).unwrap_or(Decimal::MAX);
        total.last = entry.sequence;
    }

    /// With those of later sequences.
    pub fn extend(&mut self, later: Self) {
        for (key, more) in later.0 {
            let total = self.0.entry(key).or_default();
            total.debit = total.debit.checked_add(more.debit).unwrap_or(Decimal::MAX);
            total.credit = total.credit.checked_add(more.credit).unwrap_or(Decimal::MAX);
            total.last = more.last;
        }
    }

    /// Each as a row, in the order of their keys, with the last sequence that added to it.
    pub fn rows(&self) -> impl Iterator<Item = (TotalRow, i64)> {
        self.0.iter().map(|((account, programme, level, fiscal_year, date, flow, block), total)| {
            let row = TotalRow {
                account: account.clone(),
                programme: programme.clone(),
                level: level.clone(),
                fiscal_year: *fiscal_year,
                effective_date: *date,
                flow: flow.clone(),
                block: *block,
                debit: total.debit,
                credit: total.credit,
            };
            (row, total.last)
        })
    }

    /// Adds them to what their blocks hold: nobody need read that.
    pub fn adding(rows: &[TotalRow]) -> Option<Write<'_>> {
        let verb = "(account, programme, level, fiscal_year, effective_date, flow, block) \
                    DO UPDATE SET debit = totals.debit + excluded.debit, credit = totals.credit + excluded.credit";
        TotalRow::inserting(rows).map(|write| write.on_conflict(verb))
    }
}
