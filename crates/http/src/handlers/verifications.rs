//! `/audit/verifications`: an auditor has the whole ledger verified, and watches how far it is.

use std::io;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handler::{ReadRequest, Reply};
use crate::problem::Problem;
use subsidy_core::audit::verify::Finding;
use subsidy_core::domain::{Code, Instant, RootHash, Sequence, Subject};
use subsidy_proofs::verify::Progress;
use subsidy_proofs::verify::jobs::{Outcome, Status, Verification};

/// The id of a verification.
#[derive(Debug, Serialize)]
pub struct VerificationId(Uuid);

subsidy_core::string_schema! {
    VerificationId as "VerificationId": "01890a5d-ac96-774b-bcce-b302099a8057", "The id of a verification.", pattern "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
}

/// Something that does not verify.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// The entry of the log that is to answer for it.
    sequence: Sequence,
    /// Table, key and column; or what of the leaf.
    place: String,
    /// What is stored; null where something is missing.
    stored: Option<String>,
    /// What the log gives when it is played again; null where there should be nothing.
    replayed: Option<String>,
}

impl From<Finding> for FindingView {
    fn from(found: Finding) -> Self {
        let Finding { sequence, place, stored, replayed } = found;
        Self { sequence, place, stored, replayed }
    }
}

/// A verification of the agency's whole ledger: hashes, root, replay, and every row equal to the replayed one.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationView {
    /// Which verification it is.
    id: VerificationId,
    /// `running`, `finished`, `failed` or `interrupted`; of the last two there is no verdict: begin another one.
    status: &'static str,
    started_by: Subject,
    started_at: Instant,
    finished_at: Option<Instant>,
    /// How many entries of the log have been verified so far.
    done: u64,
    /// How many entries the log has in all; 0 until it is known.
    total: u64,
    /// The newest signed checkpoint at its beginning: the verified log contains it.
    checkpoint: String,
    /// `good`, or `bad` where something was changed behind the service's back; null until it is finished.
    result: Option<&'static str>,
    /// The root hash over the verified entries, hexadecimal.
    #[schema(value_type = Option<String>)]
    root: Option<RootHash>,
    /// How many lines of the ledger were compared with the log.
    lines: Option<u64>,
    /// How many sealed account numbers were opened; null where they could not be.
    accounts: Option<u64>,
    /// How many places do not verify; null where all do, and until it is finished.
    found: Option<u64>,
    /// Whether all was looked at, so that nothing else differs; where the log breaks off nothing that follows can be. Null
    /// where all verifies, and until it is finished.
    complete: Option<bool>,
    /// The places that do not verify, by the entries that answer for them: the first 100, in the list of verifications the
    /// first alone.
    findings: Vec<FindingView>,
    /// Where this verification is.
    link: String,
}

impl VerificationView {
    fn of(Verification { begun, status }: Verification) -> Self {
        let mut view = Self {
            id: VerificationId(begun.id),
            status: "interrupted",
            started_by: begun.started_by,
            started_at: begun.started_at,
            finished_at: None,
            done: 0,
            total: 0,
            checkpoint: begun.checkpoint,
            result: None,
            root: None,
            lines: None,
            accounts: None,
            found: None,
            complete: None,
            findings: Vec::new(),
            link: format!("/v1/audit/verifications/{}", begun.id),
        };
        match status {
            Status::Running(Progress { done, total }) => {
                (view.status, view.done, view.total) = ("running", done, total);
            }
            Status::Finished { at, outcome } => {
                (view.status, view.finished_at) = ("finished", Some(at));
                view.come_to(outcome);
            }
            Status::Interrupted => {}
        }
        view
    }

    fn come_to(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Good { leaves, lines, root, accounts } => {
                (self.done, self.total, self.result) = (leaves, leaves, Some("good"));
                (self.lines, self.root, self.accounts) = (Some(lines), Some(root), accounts);
            }
            Outcome::Bad { found, complete, findings } => {
                (self.result, self.found, self.complete) = (Some("bad"), Some(found), Some(complete));
                self.findings = findings.into_iter().map(FindingView::from).collect();
            }
            Outcome::Failed => self.status = "failed",
        }
    }
}

fn unread(error: &io::Error) -> Problem {
    Problem::fault(error)
}

/// `POST /audit/verifications`. While one is under way it is answered again.
pub async fn start(request: ReadRequest) -> Result<Reply, Problem> {
    let (agency, subject) = (&request.agency, request.actor.subject.clone());
    let checkpoint = request.engine.checkpoint(agency).await?;
    let begun = request.verifications.begin(&request.engine, agency, (subject, checkpoint));
    Reply::json(&VerificationView::of(begun.map_err(|error| unread(&error))?))
}

/// `GET /audit/verifications`: the newest first.
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let found = request.verifications.list(&request.agency).map_err(|error| unread(&error))?;
    let mut views: Vec<_> = found.into_iter().map(VerificationView::of).collect();
    views.iter_mut().for_each(|view| view.findings.truncate(1));
    Reply::list((views, None))
}

/// `GET /audit/verifications/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let id: Uuid = request.path.value("id")?;
    let found = request.verifications.get(&request.agency, id).map_err(|error| unread(&error))?;
    Reply::json(&VerificationView::of(found.ok_or_else(|| Problem::new(Code::NotFound))?))
}
