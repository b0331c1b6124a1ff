//! What a verification says, to people and to programs.

use std::io::Write;

use serde_json::{Value, json};

use super::evidence;
use crate::verify::{Numbers, Verdict, Verified};
use subsidy_core::audit::since::Older;
use subsidy_core::audit::verify::Finding;
use subsidy_core::domain::AgencyCode;

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
    /// How many entries the last verification here found.
    seen: Option<u64>,
}

impl Compared {
    pub(super) fn new(checkpoints: usize, seen: Option<&Older>) -> Self {
        Self { checkpoints, seen: seen.map(|older| older.checkpoint.size) }
    }

    fn line(self) -> String {
        match self {
            Self { checkpoints: 0, seen: None } => {
                "compared with nothing outside the database, where a log that was cut off looks whole: say --since CHECKPOINT_FILE"
                    .to_owned()
            }
            Self { checkpoints: 0, seen: Some(size) } => {
                format!("holds the {size} entries that were last seen here; compared with no checkpoint (--since)")
            }
            Self { checkpoints, seen: None } => format!("{checkpoints} older checkpoints held"),
            Self { checkpoints, seen: Some(size) } => {
                format!("{checkpoints} older checkpoints held, and the {size} entries that were last seen here")
            }
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
                writeln!(out, "agency {agency}: {}", self.outside.line())?;
                writeln!(out, "agency {agency}: {}", told(*numbers))?;
                writeln!(out, "agency {agency}: {lines} lines posted, verified {leaves} entries")
            }
            Verdict::Bad(finding) => writeln!(out, "agency {agency}: {finding}"),
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
            Verdict::Bad(finding) => {
                let Finding { sequence, place, stored, replayed } = finding;
                json!({
                    "agency": agency, "verified": false, "sequence": sequence, "place": place,
                    "stored": stored, "replayed": replayed, "message": finding.to_string(),
                })
            }
        };
        if let (Some(members), Some(read)) = (object.as_object_mut(), &self.evidence) {
            members.insert("evidence".to_owned(), read.object());
        }
        object
    }
}

/// What became of the sealed numbers, for people.
fn told(numbers: Numbers) -> String {
    match numbers {
        Numbers::Opened(count) => {
            format!("{count} sealed account numbers opened and compared, stored answers held to their keys")
        }
        Numbers::NoKeys => {
            "without the keys: sealed account numbers were not opened, stored refusals not checked".to_owned()
        }
        Numbers::NotReadable => {
            "sealed account numbers were not opened: who connects may not read them (connect as subsidy_app)"
                .to_owned()
        }
    }
}
