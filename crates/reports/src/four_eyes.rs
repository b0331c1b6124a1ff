//! Approvals by somebody who was in the way 四眼: asked of each by the rule that refuses them, so that the two never
//! differ. This service lets nobody: what is found was not decided by it.

use std::collections::BTreeSet;

use diesel_async::AsyncPgConnection;

use super::ReadError;
use super::known::{KnownSums, Summed};
use super::report::{Scope, Window};
use super::scope::At;
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::book::Duty;
use subsidy_core::book::segregation;
use subsidy_core::book::segregation::InTheWay;
use subsidy_core::book::{Book, Fault, Keys, Outcome};
use subsidy_core::domain::{AgencyCode, FoldedSubject, Subject};
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
    fn acting(Window { after, until }; kinds: &[&str]) -> Vec<SubjectRow> =
        "SELECT DISTINCT subject FROM log WHERE sequence > $1 AND sequence <= $2 AND kind = ANY($3)";
    fn approvals(Window { after, until }; kinds: &[&str], subjects: &[String]) -> Vec<ApprovalRow> =
        "SELECT sequence, subject, leaf FROM log \
          WHERE sequence > $1 AND sequence <= $2 AND kind = ANY($3) AND subject = ANY($4) ORDER BY sequence";
}

/// An approval by somebody who was in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub sequence: i64,
    pub subject: String,
    pub by: InTheWay,
}

/// The approvals of a log by somebody who was in the way, in order. Whoever did nothing but approve is in nobody's way, which
/// spares a look at most approvals.
#[derive(Debug, Default)]
pub struct Approvals {
    found: Vec<Approval>,
    /// Who took part in anything so far.
    parts: BTreeSet<FoldedSubject>,
}

impl Summed for Approvals {
    const ADDS_ALL: bool = true;
    // each approval is read with its leaf
    const WINDOW: i64 = 4_096;

    type Read = (BTreeSet<FoldedSubject>, Vec<Approval>);

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        _: (&At, &Scope),
        window: Window,
    ) -> Result<Self::Read, ReadError> {
        let taking = acting(conn, window, segregation::PARTS).await?;
        let parts: BTreeSet<FoldedSubject> =
            taking.iter().map(|found| person(&found.subject)).collect::<Result<_, _>>()?;
        let kinds = Duty::Approves.kinds();
        let mut subjects = Vec::new();
        for SubjectRow { subject } in acting(conn, window, &kinds).await? {
            let person = person(&subject)?;
            if self.parts.contains(&person) || parts.contains(&person) {
                subjects.push(subject);
            }
        }
        let mut found = Vec::new();
        for some in approvals(conn, window, &kinds, &subjects).await?.chunks(APPROVALS) {
            found.extend(judge(conn, some).await?);
        }
        Ok((parts, found))
    }

    fn add(&mut self, (parts, found): Self::Read) -> Result<(), ReadError> {
        self.parts.extend(parts);
        self.found.extend(found);
        Ok(())
    }
}

impl Approvals {
    /// Those up to a sequence.
    pub fn until(&self, known_at: i64) -> Vec<Approval> {
        let until = self.found.partition_point(|approval| approval.sequence <= known_at);
        self.found.iter().take(until).cloned().collect()
    }
}

/// The approvals up to the end of a report by somebody who was in the way, in order.
pub async fn in_the_way(
    conn: &AsyncPgConnection,
    of: (&AgencyCode, &At, &Scope),
    known: &KnownSums<Approvals>,
) -> Result<Vec<Approval>, ReadError> {
    known.read_with_later(conn, of, |all| all.until(of.2.known_at)).await
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
