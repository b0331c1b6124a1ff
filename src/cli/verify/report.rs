//! What a verification says, to people and to programs.

use std::io::Write;

use serde_json::{Value, json};

use super::evidence;
use crate::cli::language::say;
use subsidy_core::audit::since::Older;
use subsidy_core::audit::verify::Finding;
use subsidy_core::domain::AgencyCode;
use subsidy_proofs::verify::{Numbers, Verdict, Verified};

/// What a verification of one agency came to.
pub(super) struct Checked {
    pub agency: AgencyCode,
    pub verdict: Verdict,
    pub outside: Compared,
    pub evidence: Option<evidence::Read>,
}

/// What of a log was compared with something that lies outside its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compared {
    checkpoints: usize,
    /// How many entries were last seen here.
    seen: Option<u64>,
}

impl Compared {
    pub(super) fn new(checkpoints: usize, seen: &[Older]) -> Self {
        Self { checkpoints, seen: seen.iter().map(|older| older.checkpoint.size).max() }
    }

    fn line(self) -> String {
        match self {
            Self { checkpoints: 0, seen: None } => say!(
                "未与数据库之外的任何内容比较；被截断的日志看起来也是完整的：请指明 --since CHECKPOINT_FILE",
                "compared with nothing outside the database, where a log that was cut off looks whole: say --since CHECKPOINT_FILE"
            ),
            Self { checkpoints: 0, seen: Some(size) } => say!(
                "含有上次在此见到的 {size} 条；未与任何检查点比较（--since）",
                "holds the {size} entries that were last seen here; compared with no checkpoint (--since)"
            ),
            Self { checkpoints, seen: None } => {
                say!("与 {checkpoints} 个较早的检查点相符", "{checkpoints} older checkpoints held")
            }
            Self { checkpoints, seen: Some(size) } => say!(
                "与 {checkpoints} 个较早的检查点、以及上次在此见到的 {size} 条相符",
                "{checkpoints} older checkpoints held, and the {size} entries that were last seen here"
            ),
        }
    }
}

impl Checked {
    pub(super) fn is_good(&self) -> bool {
        let whole = self.evidence.as_ref().is_none_or(evidence::Read::is_whole);
        matches!(self.verdict, Verdict::Good(_)) && whole
    }

    pub(super) fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let agency = &self.agency;
        for line in self.evidence.iter().flat_map(|read| read.lines(agency)) {
            writeln!(out, "{line}")?;
        }
        match &self.verdict {
            Verdict::Good(Verified { leaves, lines, numbers, .. }) => {
                let (outside, numbers) = (self.outside.line(), told(*numbers));
                writeln!(out, "{}", say!("机构 {agency}：{outside}", "agency {agency}: {outside}"))?;
                writeln!(out, "{}", say!("机构 {agency}：{numbers}", "agency {agency}: {numbers}"))?;
                let verified = say!(
                    "机构 {agency}：分录 {lines} 行，已核验日志 {leaves} 条，无误",
                    "agency {agency}: {lines} lines posted, verified {leaves} entries"
                );
                writeln!(out, "{verified}")
            }
            Verdict::Bad(findings) => {
                for finding in findings.kept() {
                    writeln!(
                        out,
                        "{}",
                        say!("机构 {agency} 核验不符：{finding}", "agency {agency}: {finding}")
                    )?;
                }
                if findings.beyond() > 0 {
                    let more = findings.beyond();
                    let more = say!(
                        "机构 {agency} 另有 {more} 处不符",
                        "agency {agency}: {more} more do not verify"
                    );
                    writeln!(out, "{more}")?;
                }
                if !findings.is_complete() {
                    let rest = say!(
                        "机构 {agency}：其余内容因此未能核验",
                        "agency {agency}: because of this the rest was not looked at"
                    );
                    writeln!(out, "{rest}")?;
                }
                Ok(())
            }
        }
    }

    pub(super) fn object(&self) -> Value {
        let agency = &self.agency;
        let mut object = match &self.verdict {
            Verdict::Good(Verified { leaves, lines, root, numbers }) => {
                let root = hex::encode(root);
                let opened = match numbers {
                    Numbers::Opened(count) => Some(count),
                    Numbers::NoKeys | Numbers::NotReadable => None,
                };
                json!({
                    "agency": agency, "verified": true, "entries": leaves, "lines": lines, "root": root,
                    "account_numbers_opened": opened, "checkpoints_held": self.outside.checkpoints,
                    "entries_verified_before": self.outside.seen,
                })
            }
            Verdict::Bad(findings) => {
                let all: Vec<Value> = findings.kept().iter().map(said).collect();
                json!({
                    "agency": agency, "verified": false, "message": findings.to_string(), "found": findings.count(),
                    "complete": findings.is_complete(), "findings": all,
                })
            }
        };
        if let (Some(members), Some(read)) = (object.as_object_mut(), &self.evidence) {
            members.insert("evidence".to_owned(), read.object());
        }
        object
    }
}

/// A finding, for programs.
fn said(finding: &Finding) -> Value {
    let Finding { sequence, place, stored, replayed } = finding;
    json!({
        "sequence": sequence, "place": place, "stored": stored, "replayed": replayed,
        "message": finding.to_string(),
    })
}

/// What became of the sealed numbers, for people.
fn told(numbers: Numbers) -> String {
    match numbers {
        Numbers::Opened(count) => say!(
            "打开并比对了 {count} 个加密的账号，核对了已存答复与其密钥",
            "{count} sealed account numbers opened and compared, stored answers held to their keys"
        ),
        Numbers::NoKeys => say!(
            "没有密钥：未打开加密的账号，未核对已存的拒绝",
            "without the keys: sealed account numbers were not opened, stored refusals not checked"
        ),
        Numbers::NotReadable => say!(
            "未打开加密的账号：所用的数据库用户无权读取（请以 subsidy_app 连接）",
            "sealed account numbers were not opened: who connects may not read them (connect as subsidy_app)"
        ),
    }
}
