//! Approvals by somebody who was in the way 四眼: asked of each by the rule that refuses them, so that the two never
//! differ. This service lets nobody: what is found was not decided by it.

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::reading::Part;
use super::report::Window;
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::book::Duty;
use subsidy_core::book::segregation;
use subsidy_core::book::segregation::InTheWay;
use subsidy_core::book::{Book, Fault, Keys, Outcome};
use subsidy_core::domain::{FoldedSubject, Subject};
use subsidy_store::db::convert::Unreadable;
use subsidy_store::engine;
use subsidy_store::{rows, statement};

/// Approvals whose sets are read together.
const APPROVALS: usize = 512;

rows! {
    struct SubjectRow { subject: String }
}

rows! {
    struct ApprovalRow { sequence: i64, subject: String, leaf: Vec<u8> }
}

statement! {
    fn acting(until: i64, kinds: &[&str]) -> Vec<SubjectRow> =
        "SELECT DISTINCT subject FROM log WHERE sequence <= $1 AND kind = ANY($2)";
    /// Of all subjects, or of some.
    fn approvals(Window { after, until }; kinds: &[&str], subjects: Option<&[String]>) -> Vec<ApprovalRow> =
        "SELECT sequence, subject, leaf FROM log \
          WHERE sequence > $1 AND sequence <= $2 AND kind = ANY($3) AND ($4::text[] IS NULL OR subject = ANY($4)) ORDER BY sequence";
}

/// An approval by somebody who was in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub sequence: i64,
    pub subject: String,
    pub by: InTheWay,
}

/// Those who took part in anything: whoever did nothing but approve is in nobody's way. It takes a look at the whole log to
/// know them, which spares looking at most approvals; a page judges the few that it has.
#[derive(Debug, Default)]
pub struct Watch {
    subjects: Option<Vec<String>>,
}

impl Watch {
    /// Approvals of a window whose subject was in the way, in order; `known_at` is the end of the report.
    pub async fn find(
        &mut self,
        conn: &AsyncPgConnection,
        (window, part): (Window, Part),
        known_at: i64,
    ) -> Result<Vec<Approval>, ReadError> {
        if self.subjects.is_none() && part == Part::Long {
            self.subjects = Some(approvers(conn, known_at).await?);
        }
        let approvals = approvals(conn, window, &Duty::Approves.kinds(), self.subjects.as_deref()).await?;
        let mut found = Vec::new();
        for some in approvals.chunks(APPROVALS) {
            found.extend(judge(conn, some).await?);
        }
        Ok(found)
    }
}

/// Who approved anything and took part in anything, each under every spelling in which they approved.
async fn approvers(conn: &AsyncPgConnection, known_at: i64) -> Result<Vec<String>, ReadError> {
    let folded = |found: &SubjectRow| person(&found.subject);
    let parts = acting(conn, known_at, segregation::PARTS).await?;
    let parts: BTreeSet<FoldedSubject> = parts.iter().map(folded).collect::<Result<_, _>>()?;
    let mut approvers = Vec::new();
    for found in acting(conn, known_at, &Duty::Approves.kinds()).await? {
        if parts.contains(&folded(&found)?) {
            approvers.push(found.subject);
        }
    }
    Ok(approvers)
}

/// Whose subject it is: two spellings of one person are one person.
pub fn person(subject: &str) -> Result<FoldedSubject, ReadError> {
    Ok(Subject::parse(subject).map_err(|error| unreadable(&error))?.folded())
}

/// What the rule says of each of these.
async fn judge(conn: &AsyncPgConnection, approvals: &[ApprovalRow]) -> Result<Vec<Approval>, ReadError> {
    let leaves = approvals.iter().map(|found| Leaf::decode(&found.leaf));
    let leaves: Vec<Leaf> = leaves.collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
    let keys = |book: &Book| -> Keys {
        leaves.iter().flat_map(|leaf| segregation::keys(&leaf.command, book)).collect()
    };
    let mut book = engine::read_book(conn, keys).await?;
    let mut found = Vec::new();
    for (approval, leaf) in approvals.iter().zip(&leaves) {
        // a claim's days may be others since
        if let Outcome::Claim { claim, .. } = &leaf.outcome {
            book.claims.load(claim.id, (**claim).clone());
        }
        let subject = Subject::parse(&approval.subject).map_err(|error| unreadable(&error))?;
        let in_the_way = segregation::in_the_way(&book, &leaf.command, &subject, leaf.sequence);
        let in_the_way = in_the_way.map_err(|fault: Fault| unreadable(&fault))?;
        let subject = &approval.subject;
        found.extend(in_the_way.map(|by| Approval {
            sequence: approval.sequence,
            subject: subject.clone(),
            by,
        }));
    }
    Ok(found)
}

fn unreadable(error: &dyn std::fmt::Display) -> ReadError {
    Unreadable(error.to_string()).into()
}
