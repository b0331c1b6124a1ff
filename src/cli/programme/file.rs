//! A programme as a file that people keep: the body of the REST request, the published texts that it rests on, the lists that
//! it expects, and worked examples. What is no part of the request stays with the file.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::language::{language, say};
use crate::cli::{Failure, toml_file};
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{Date, Label, Line, Points, ProgrammeCode};
use subsidy_core::organisations::{Category, Size};
use subsidy_core::programmes::{
    BudgetCodes, Instrument, LegalBasis, Level, Policy, ProposeProgramme, StatutoryLimits, Title,
};
use subsidy_core::tags::{TagName, TagSubjectKind};
use subsidy_http::problem::Problem;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeFile {
    pub(super) code: ProgrammeCode,
    pub(super) title: Title,
    pub(super) instrument: Instrument,
    /// Whose money it is.
    #[serde(default)]
    pub(super) level: Level,
    pub(super) legal_basis: LegalBasis,
    pub(super) window: Window,
    pub(super) budget_codes: Option<BudgetCodes>,
    pub(super) rules: Policy,
    /// Beyond those of the national measure: what the agency's limits have to be.
    pub(super) statutory_limits: Option<ExpectedLimits>,
    /// What the lists are that the rules name.
    #[serde(default)]
    pub(super) tags: Vec<ListNote>,
    pub(super) citations: Vec<Citation>,
    #[serde(default)]
    pub(super) examples: Vec<Example>,
}

/// Statutory limits that the rules go up to, and the text that allows them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedLimits {
    points_max: Points,
    window_until: Date,
    document: Line,
}

impl std::fmt::Display for ExpectedLimits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "points_max {}, window_until {}, document {}",
            self.points_max, self.window_until, self.document
        )
    }
}

/// A list that the rules name: whose it is, and where it is published.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListNote {
    pub(super) tag: TagName,
    /// Of what its entries are ids.
    pub(super) kind: TagSubjectKind,
    pub(super) list: Line,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Citation {
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

/// A case and what comes of it: an amount, or a refusal. Bodies stand as the API takes them, without who is meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Example {
    /// How the figure follows from the text.
    pub(super) zh: Line,
    pub(super) en: Line,
    /// The day on which it is filed and decided.
    pub(super) filed: Date,
    #[serde(default)]
    applicant: Party,
    #[serde(default)]
    provider: Party,
    #[serde(default)]
    bank: Party,
    contract: Option<Value>,
    loan: Option<Value>,
    /// Of a grant: the project that is applied for.
    project: Option<Value>,
    /// Further members of the voucher or the claim: `period`, `settlement`, `interest_paid`, `other_funding`, …
    #[serde(default)]
    claim: Value,
    /// Of the review, beside its decision.
    #[serde(default)]
    review: Value,
    /// An override, proposed and approved before the approval.
    #[serde(rename = "override")]
    exception: Option<Value>,
    pub(super) amount: Option<Amount>,
    /// What cut it, in the order of the cuts.
    #[serde(default)]
    cut_by: Vec<String>,
    /// The code with which it is refused.
    pub(super) refused: Option<String>,
}

/// Somebody in an example. Those with the same name are one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Party {
    name: Option<String>,
    category: Option<Category>,
    size: Option<Size>,
    startup: bool,
    region: Option<Label>,
    /// The lists that it is on.
    tags: Vec<TagName>,
}

impl ProgrammeFile {
    pub fn read(path: &Path) -> Result<(Self, String), Failure> {
        let text = std::fs::read_to_string(path).map_err(Failure::doing(say!(
            "无法读取 {0}",
            "cannot read {0}",
            path.display()
        )))?;
        Ok((Self::parse(&text, path)?, text))
    }

    /// Reads a file's text; `path` is for the error.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let file: Self = toml_file::parse(text, path)?;
        let wrong = |message: String| Err(Failure::Usage(format!("{}: {message}", path.display())));
        if file.citations.is_empty() {
            return wrong(say!(
                "没有引用已公布的文件（[[citations]]，须有 title）",
                "it cites no published text ([[citations]] with a title)"
            ));
        }
        let named = file.rules.expected_lists(file.instrument);
        if let Some(note) = file.tags.iter().find(|note| !named.contains(&(note.tag.clone(), note.kind))) {
            let kind = note.kind.into_str();
            return wrong(say!(
                "[[tags]] 说明的 {0}（{kind}）没有规则用到",
                "[[tags]] describes {0} of kind {kind}, which no rule names",
                note.tag
            ));
        }
        let undecided = |example: &&Example| example.amount.is_some() == example.refused.is_some();
        if let Some(example) = file.examples.iter().find(undecided) {
            return wrong(say!(
                "示例“{0}”须写 amount 或 refused 之一",
                "the example \"{0}\" needs either amount or refused",
                example.zh
            ));
        }
        Ok(file)
    }

    /// Holds the rules to the instrument, under the limits that it says it needs. The error names the line of the file, and
    /// what to do.
    pub fn check(&self, text: &str, path: &Path) -> Result<(), Failure> {
        let asked = |limits: &ExpectedLimits| StatutoryLimits {
            points_max: limits.points_max,
            window_until: limits.window_until,
        };
        let limits = self.statutory_limits.as_ref().map(asked).unwrap_or_default();
        let Err(error) = self.rules.check(self.instrument, &self.window, &limits) else { return Ok(()) };
        let refusal = serde_json::to_value(&error)?;
        let field = refusal.get("field").and_then(Value::as_str).unwrap_or_default();
        let place = line_of(text, &format!("/rules{field}"));
        let said = Problem::refused(&refusal).line(language());
        let path = path.display();
        Err(Failure::Usage(say!("{path} 第 {place} 行：{said}", "{path}, line {place}: {said}")))
    }

    pub fn command(&self) -> ProposeProgramme {
        ProposeProgramme {
            code: self.code.clone(),
            title: self.title.clone(),
            instrument: self.instrument,
            level: self.level,
            legal_basis: self.legal_basis.clone(),
            window: self.window,
            budget_codes: self.budget_codes.clone(),
            rules: self.rules.clone(),
        }
    }

    /// What the list is that the rules name, where the file says so.
    pub(super) fn note(&self, tag: &TagName, kind: TagSubjectKind) -> Option<&Line> {
        self.tags.iter().find(|note| note.tag == *tag && note.kind == kind).map(|note| &note.list)
    }
}

/// The line of what a JSON pointer names in a TOML text; of what is not there, that of the nearest above it.
fn line_of(text: &str, pointer: &str) -> usize {
    let start = DeTable::parse(text).map_or(0, |table| place(&table, pointer));
    text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1
}

/// Where a pointer's value begins in its text.
fn place(table: &Spanned<DeTable<'_>>, pointer: &str) -> usize {
    let mut names = pointer.split('/').skip(1);
    let Some((key, mut value)) = names.next().and_then(|name| table.get_ref().get_key_value(name)) else {
        return 0;
    };
    let mut start = key.span().start;
    for name in names {
        let next = match value.get_ref() {
            DeValue::Table(table) => table.get_key_value(name).map(|(key, value)| (key.span().start, value)),
            DeValue::Array(array) => {
                let found = name.parse().ok().and_then(|index: usize| array.get(index));
                found.map(|value| (value.span().start, value))
            }
            _ => None,
        };
        let Some((at, inner)) = next else { break };
        (start, value) = (at, inner);
    }
    start
}
