//! Independent recalculation 独立复算: every calculation sheet computed again from the inputs that stand on it and the
//! rules that it names.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use serde_json::Value;

use super::ReadError;
use super::formats::Column;
use super::reading::{self, Part};
use super::report::{Link, Row, Scope, Window};
use subsidy_core::domain::dated::Dated;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{Money, Percent};
use subsidy_core::loans::InterestPeriod;
use subsidy_core::loans::events::Owed;
use subsidy_core::loans::subsidy as interest;
use subsidy_core::programmes::RulesVersion;
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::calculation::{Calculation, Question, sheet};
use subsidy_core::programmes::interest::{InterestInputs, LoanState};
use subsidy_store::db::convert;
use subsidy_store::programmes::RulesRow;
use subsidy_store::{rows, statement};

/// What a row says.
pub const COLUMNS: &[Column] = &[
    Column::plain("单据 document", 38),
    Column::plain("类别 kind", 10),
    Column::counts("版本 version", 8),
    Column::counts("序号 sequence", 10),
    Column::plain("专项 programme", 24),
    Column::counts("规则版本 rules_version", 10),
    Column::summed("计算单金额 amount", 20),
    Column::summed("复算金额 recalculated", 20),
    Column::summed("差额 difference", 20),
    Column::plain("结果 result", 26),
];

pub const NAME: [&str; 2] = ["recalculation", "独立复算"];

/// Sequences of a window: few of them make more than one sheet.
const WINDOW: i64 = 4_096;
/// The same of a page: each sheet of a window is computed, whether it is shown or not.
const SHORT_WINDOW: i64 = 512;

rows! {
    struct RecomputedSheetRow {
        document: String,
        kind: String,
        version: i32,
        sequence: i64,
        programme: String,
        sheet: Value,
    }
}

statement! {
    /// Sheets made after `$1` up to `$2`: the leaf that made one is about its document.
    fn sheets(Window { after, until }; programme: Option<&str>) -> Vec<RecomputedSheetRow> =
        "SELECT * FROM (SELECT c.document, CASE WHEN v.id IS NOT NULL THEN 'voucher' WHEN a.id IS NOT NULL THEN 'application' ELSE 'claim' END AS kind, c.version, \
                c.sequence, coalesce(v.programme, k.programme, a.programme, '') AS programme, c.sheet \
           FROM log AS l JOIN calculations AS c ON c.document = l.document AND c.sequence = l.sequence \
           LEFT JOIN vouchers AS v ON v.id = c.document::uuid LEFT JOIN claims AS k ON k.id = c.document::uuid \
           LEFT JOIN applications AS a ON a.id = c.document::uuid \
          WHERE l.sequence > $1 AND l.sequence <= $2) AS s \
         WHERE $3::text IS NULL OR programme = $3 ORDER BY sequence, document, version";
    fn rules(known_at: i64) -> Vec<RulesRow> = "SELECT * FROM rules_versions WHERE created <= $1";
}

/// What a sheet came to, computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Again {
    /// The same, line by line.
    Same,
    /// The same amount by other steps, or another amount.
    Differs(Money),
    /// It cannot be computed, and why.
    Not(&'static str),
}

/// Every sheet up to the sequence, window by window. Sheets know no day: `as_of` limits nothing.
#[derive(Debug)]
pub struct Reading {
    scope: Scope,
    versions: BTreeMap<(String, u32), RulesVersion>,
    after: i64,
}

impl Reading {
    /// Before the first sheet, or after those of a sequence; the rules are read once.
    pub async fn begin(
        conn: &AsyncPgConnection,
        scope: Scope,
        after: Option<i64>,
    ) -> Result<Self, ReadError> {
        let mut versions: BTreeMap<(String, u32), RulesVersion> = BTreeMap::new();
        for row in rules(conn, scope.known_at).await? {
            let version = row.read()?;
            versions.insert((version.programme.to_string(), version.number), version);
        }
        Ok(Self { scope, versions, after: after.unwrap_or(-1) })
    }
}

impl reading::Reading for Reading {
    async fn next(&mut self, conn: &AsyncPgConnection, part: Part) -> Result<Option<Vec<Row>>, ReadError> {
        let Some(window) = self.scope.window(self.after, part.pick(WINDOW, SHORT_WINDOW)) else {
            return Ok(None);
        };
        let found = sheets(conn, window, self.scope.programme.as_deref()).await?;
        self.after = window.until;
        found.iter().map(|sheet| row(sheet, &self.versions)).collect::<Result<_, _>>().map(Some)
    }
}

impl reading::Paged for Reading {
    type Place = i64;

    fn place(&self) -> i64 {
        self.after
    }
}

fn row(
    found: &RecomputedSheetRow,
    versions: &BTreeMap<(String, u32), RulesVersion>,
) -> Result<Row, ReadError> {
    let row = Row::default()
        .linked(&found.document, Link::of(&format!("/v1/{}s/{}", found.kind, found.document)))
        .text(&found.kind)
        .count(i64::from(found.version))
        .linked(found.sequence, Link::of(&format!("/v1/audit/entries/{}", found.sequence)))
        .text(&found.programme);
    let Ok(stored) = convert::read_json::<Calculation>(&found.sheet) else {
        return Ok(row.empty().empty().empty().empty().text("unreadable_sheet"));
    };
    let rules = versions.get(&(found.programme.clone(), stored.rules_version));
    let row = row.count(i64::from(stored.rules_version)).amount(stored.amount);
    Ok(match again(&stored, rules) {
        Again::Same => row.amount(stored.amount).amount(Money::ZERO).text("same"),
        Again::Differs(amount) => {
            let difference = stored.amount.minus(amount)?;
            row.amount(amount).amount(difference).text("differs")
        }
        Again::Not(why) => row.empty().empty().text(why),
    })
}

/// Computes the sheet of an interest subsidy again.
fn accrued(stored: &Calculation, inputs: &InterestInputs, rules: &RulesVersion) -> Again {
    let state = |state: &LoanState| Dated {
        date: state.date,
        value: Owed {
            principal: state.principal,
            overdue: state.overdue,
            rate: state.annual_rate_percent,
            paused: state.paused,
        },
    };
    let history: Vec<Dated<Owed>> = inputs.loan.iter().map(state).collect();
    let policy = &*rules.rules.under(stored.tier);
    let question = interest::Question {
        policy,
        window: inputs.window,
        period: InterestPeriod { from: inputs.from, until: inputs.until },
        signed_on: inputs.signed_on,
        first_drawdown: inputs.first_drawdown,
        drawn_outside: &inputs.drawn_outside,
        annual_rate_percent: history.first().map_or(Percent::from_micro(0), |step| step.value.rate),
        matures_on: None,
        events: &[],
        reference: &inputs.reference,
        room: &inputs.room,
        others: &inputs.others,
        other_points: inputs.other_points,
        limits: interest::Limits {
            interest_paid: Some(inputs.counted()),
            statutory: inputs.statutory,
            lifetime: stored.inputs.lifetime.clone(),
            annual: stored.inputs.annual.clone(),
            groups: stored.inputs.groups.clone(),
            other_money: stored.inputs.other_money.clone(),
        },
    };
    let Ok(again) = interest::over(&question, &history) else { return Again::Not("refused_by_the_rules") };
    let interest::Subsidy { segments, exact, computed, rounding, reductions, amount, shares } = again;
    let sheet =
        Calculation { segments, exact, computed, rounding, reductions, amount, shares, ..stored.clone() };
    match sheet.or_nothing(policy) {
        Ok(again) if again == *stored => Again::Same,
        Ok(again) => Again::Differs(again.amount),
        Err(_) => Again::Not("refused_by_the_rules"),
    }
}

/// Computes a sheet again from what it says it was computed from.
fn again(stored: &Calculation, rules: Option<&RulesVersion>) -> Again {
    let Some(rules) = rules else { return Again::Not("rules_missing") };
    if rules.sha256 != stored.rules_sha256 {
        return Again::Not("rules_hash_differs");
    }
    if let Some(inputs) = &stored.inputs.interest {
        return accrued(stored, inputs, rules);
    }
    let mut lines = Vec::with_capacity(stored.lines.len());
    for line in &stored.lines {
        let Ok(amount) = Amount::parse(&line.amount.to_string()) else { return Again::Not("line_amount") };
        let of = SettledLine::new(line.item.clone(), amount, line.tax_percent);
        let (metered, quantity, unit) = (line.metered, line.quantity, line.unit.clone());
        lines.push(SettledLine { metered, quantity, unit, ..of });
    }
    let policy = &*rules.rules.under(stored.tier);
    let (tier, version, inputs) = (stored.tier, stored.version, stored.inputs.clone());
    let question = Question { rules, policy, tier, lines: &lines, version, inputs };
    match sheet(question) {
        Ok(computed) if computed == *stored => Again::Same,
        Ok(computed) => Again::Differs(computed.amount),
        Err(_) => Again::Not("refused_by_the_rules"),
    }
}
