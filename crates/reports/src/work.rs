//! What waits for whom, and what changed.

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::ReadError;
use subsidy_core::book::{Book, Command, Fault, Keys, segregation};
use subsidy_core::calendar::ApproveCalendar;
use subsidy_core::cap_groups::ApproveCapGroup;
use subsidy_core::claims::objection::{Resolution, ResolveObjection};
use subsidy_core::claims::recalculation::ApproveRecalculation;
use subsidy_core::claims::{ApproveClaim, ReviewClaim};
use subsidy_core::domain::{Actor, RecoveryId, Sequence, TextHash};
use subsidy_core::grants::awards::{NameAward, ResolveAwardObjection};
use subsidy_core::grants::{NameCall, ReviewApplication, ScoreApplication};
use subsidy_core::organisations::ApproveBankAccount;
use subsidy_core::payments::{ApprovePaymentBatch, ApproveResult};
use subsidy_core::prefunds::ApprovePrefund;
use subsidy_core::prefunds::true_up::ApproveTrueUp;
use subsidy_core::programmes::overrides::{ApproveOverride, Overridden};
use subsidy_core::programmes::{ApproveBudgetChange, ApproveProgramme, ApproveRules};
use subsidy_core::rankings::ApproveRanking;
use subsidy_core::recoveries::ApproveRecovery;
use subsidy_core::reversals::ApproveReversal;
use subsidy_core::role_grants::ApproveRoleGrant;
use subsidy_core::statutory_limits::ApproveStatutoryLimit;
use subsidy_core::tags::{ApproveTag, ApproveTagEnd, ApproveTagImport};
use subsidy_core::usage::ApproveUsageImport;
use subsidy_core::vouchers::{IssueVoucher, ReviewDecision, ReviewVoucher};
use subsidy_store::db::convert::{Unreadable, read};
use subsidy_store::db::list::{Own, PageQuery};
use subsidy_store::engine;
use subsidy_store::tasks::TaskRow;
use subsidy_store::{rows, statement};

/// Of these, what neither four eyes nor a conflict of interest would refuse: asked of each by the rule that refuses it.
pub async fn unhindered(
    conn: &AsyncPgConnection,
    tasks: Vec<TaskRow>,
    actor: &Actor,
) -> Result<Vec<TaskRow>, ReadError> {
    let asked = tasks.into_iter().map(|task| Ok((decision(&task)?, task)));
    let asked: Vec<(Option<Command>, TaskRow)> = asked.collect::<Result<_, Unreadable>>()?;
    let keys = |book: &Book| -> Keys {
        let commands = asked.iter().filter_map(|(command, _)| command.as_ref());
        let keys = |c| segregation::keys(c, book).into_iter().chain(segregation::keys_of_parties(c, book));
        commands.flat_map(keys).collect()
    };
    let book = engine::read_book(conn, keys).await?;
    let mut left = Vec::new();
    for (command, task) in asked {
        let refused = command.as_ref().map_or(Ok(false), |command| refuses(&book, command, actor));
        if !refused.map_err(|fault| Unreadable(fault.to_string()))? {
            left.push(task);
        }
    }
    Ok(left)
}

fn refuses(book: &Book, command: &Command, actor: &Actor) -> Result<bool, Fault> {
    let in_the_way = segregation::in_the_way(book, command, &actor.subject, Sequence::new(u64::MAX))?;
    Ok(in_the_way.is_some() || segregation::concerned(book, command, actor)?.is_some())
}

/// The command that a task waits for, where four eyes look at it. What they do not look at is left as it is: days, reasons,
/// and the id of a recovery that there is not yet.
fn decision(task: &TaskRow) -> Result<Option<Command>, Unreadable> {
    let document = task.document.as_str();
    let (first, second) = document.split_once('/').unwrap_or((document, ""));
    let parent = task.parent.as_deref().unwrap_or_default();
    let effective_date = None;
    Ok(Some(match (task.kind.as_str(), task.action.as_str()) {
        ("voucher", "review") => {
            let decision = ReviewDecision::Pass;
            Command::ReviewVoucher(ReviewVoucher {
                id: read(document)?,
                decision,
                reason: None,
                assessment: None,
            })
        }
        ("claim", "review") => Command::ReviewClaim(ReviewClaim {
            id: read(document)?,
            decision: ReviewDecision::Pass,
            reason: None,
            accept_incomplete_usage: false,
            assessment: None,
        }),
        ("voucher", "issue") => Command::IssueVoucher(IssueVoucher { id: read(document)?, effective_date }),
        ("claim", "approve") => Command::ApproveClaim(ApproveClaim { id: read(document)?, effective_date }),
        ("recalculation", _) => Command::ApproveRecalculation(ApproveRecalculation {
            claim: read(first)?,
            number: Some(count(second)?),
            recovery: RecoveryId::new(Uuid::nil()),
            effective_date,
        }),
        ("objection", _) => Command::ResolveObjection(ResolveObjection {
            id: read(document)?,
            claim: read(parent)?,
            decision: Resolution::Dismissed,
            reason: TextHash::new([0; 32]),
        }),
        ("ranking", _) => Command::ApproveRanking(ApproveRanking { id: read(document)? }),
        ("call", "approve") => Command::ApproveCall(NameCall { id: read(document)? }),
        ("awards", _) => Command::ApproveAwards(NameCall { id: read(document)? }),
        ("application", "review") => Command::ReviewApplication(ReviewApplication {
            id: read(document)?,
            decision: ReviewDecision::Pass,
            reason: None,
        }),
        ("application", "score") => Command::ScoreApplication(ScoreApplication {
            id: read(document)?,
            organisation: None,
            criteria: Vec::new(),
            comment: TextHash::new([0; 32]),
        }),
        ("acceptance", _) => Command::ApproveAcceptance(NameAward { id: read(document)? }),
        ("extension", _) => Command::ApproveExtension(NameAward { id: read(document)? }),
        ("award", "resolve") => Command::ResolveAwardObjection(ResolveAwardObjection {
            id: read(document)?,
            number: 1,
            decision: Resolution::Dismissed,
            reason: TextHash::new([0; 32]),
        }),
        ("payment_batch", _) => Command::ApprovePaymentBatch(ApprovePaymentBatch { id: read(document)? }),
        ("payment_result", _) => {
            Command::ApproveResult(ApproveResult { batch: read(first)?, claim: read(second)? })
        }
        ("recovery", _) => Command::ApproveRecovery(ApproveRecovery { id: read(document)? }),
        ("prefund", _) => Command::ApprovePrefund(ApprovePrefund { id: read(document)? }),
        ("true_up", _) => Command::ApproveTrueUp(ApproveTrueUp { id: read(document)? }),
        ("bank_account", _) => {
            Command::ApproveBankAccount(ApproveBankAccount { credit_code: read(document)? })
        }
        ("statutory_limit", _) => {
            Command::ApproveStatutoryLimit(ApproveStatutoryLimit { id: read(document)? })
        }
        ("claim_override", _) => Command::ApproveOverride(ApproveOverride {
            of: Overridden::Claim(read(first)?),
            number: count(second)?,
        }),
        ("voucher_override", _) => {
            let of = Overridden::Voucher(read(first)?);
            Command::ApproveOverride(ApproveOverride { of, number: count(second)? })
        }
        ("cap_group", _) => Command::ApproveCapGroup(ApproveCapGroup { code: read(document)? }),
        ("calendar", _) => Command::ApproveCalendar(ApproveCalendar { id: read(document)? }),
        ("tag", _) => Command::ApproveTag(ApproveTag { id: read(document)? }),
        ("role_grant", _) => Command::ApproveRoleGrant(ApproveRoleGrant { id: read(document)? }),
        ("tag_end", _) => Command::ApproveTagEnd(ApproveTagEnd { id: read(document)? }),
        ("tag_import", _) => Command::ApproveTagImport(ApproveTagImport { id: read(document)? }),
        ("usage_import", _) => {
            Command::ApproveUsageImport(ApproveUsageImport { id: read(document)?, rental: read(parent)? })
        }
        ("reversal", _) => Command::ApproveReversal(ApproveReversal { sequence: sequence(document)? }),
        // what is approved and unpaid waits for a batch, which whoever may propose one proposes
        ("programme", "pay") => return Ok(None),
        ("programme", _) => Command::ApproveProgramme(ApproveProgramme { code: read(document)? }),
        ("rules", _) => {
            Command::ApproveRules(ApproveRules { programme: read(first)?, number: count(second)? })
        }
        (kind, "approve") => Command::ApproveBudgetChange(ApproveBudgetChange {
            programme: read(task.programme.as_deref().unwrap_or_default())?,
            kind: read(kind)?,
            id: read(document)?,
        }),
        _ => return Ok(None),
    }))
}

fn count(text: &str) -> Result<u32, Unreadable> {
    text.parse().map_err(|_| Unreadable(format!("a task is about number {text:?}")))
}

fn sequence(text: &str) -> Result<Sequence, Unreadable> {
    text.parse().map(Sequence::new).map_err(|_| Unreadable(format!("a task is about leaf {text:?}")))
}

rows! {
    /// A leaf of the log.
    pub struct EventRow { sequence: i64, recorded_at: DateTime<Utc>, kind: String, document: String }
}

rows! {
    pub struct StatusChangeRow {
        sequence: i64,
        kind: String,
        document: String,
        from_status: Option<String>,
        to_status: String,
    }
}

/// The documents of an organisation `$1`, which provides as `$2`.
macro_rules! own_documents {
    () => {
        "SELECT id::text AS document FROM vouchers WHERE organisation = $1 OR provider = $2 \
         UNION ALL SELECT id::text FROM claims WHERE organisation = $1 OR provider = $2 OR buyer = $1 \
         UNION ALL SELECT id::text FROM rentals WHERE organisation = $1 OR provider = $2 \
         UNION ALL SELECT id::text FROM loans WHERE organisation = $1 \
         UNION ALL SELECT id::text FROM applications WHERE organisation = $1 \
         UNION ALL SELECT id::text FROM awards WHERE organisation = $1 \
         UNION ALL SELECT id::text FROM evidence WHERE organisation = $1 \
         UNION ALL SELECT credit_code FROM organisations WHERE credit_code IN ($1, $2)"
    };
}

statement! {
    /// A page of everything that changed.
    pub fn events(PageQuery { after, limit }) -> Vec<EventRow> =
        "SELECT sequence, recorded_at, kind, document FROM log WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    /// A page of what changed on a party's own documents: their steps, and what is no step and yet news.
    pub fn own_events(Own { organisation, provider }, PageQuery { after, limit }) -> Vec<EventRow> =
        concat!(
            "SELECT sequence, recorded_at, kind, document FROM log WHERE sequence IN ( \
                 SELECT t.sequence FROM transitions AS t JOIN (", own_documents!(), ") AS own \
                   ON own.document = t.document WHERE t.sequence > $3 \
                 UNION ALL SELECT sequence FROM log WHERE sequence > $3 AND kind IN ('remind_voucher', 'expire_voucher') \
                   AND document IN (SELECT id::text FROM vouchers WHERE organisation = $1 OR provider = $2) \
                 UNION ALL SELECT sequence FROM log WHERE sequence > $3 AND document IN ($1, $2) \
                   AND kind IN ('propose_bank_account', 'approve_bank_account', 'reject_bank_account')) \
             ORDER BY sequence LIMIT $4"
        );
    /// The steps of some leaves.
    pub fn transitions(sequences: &[i64]) -> Vec<StatusChangeRow> =
        "SELECT sequence, kind, document, from_status, to_status FROM transitions \
         WHERE sequence = ANY($1) ORDER BY sequence, ordinal";
    /// The steps of some leaves on a party's own documents.
    pub fn own_transitions(Own { organisation, provider }; sequences: &[i64]) -> Vec<StatusChangeRow> =
        concat!(
            "SELECT t.sequence, t.kind, t.document, t.from_status, t.to_status FROM transitions AS t JOIN (",
            own_documents!(), ") AS own \
               ON own.document = t.document WHERE t.sequence = ANY($3) ORDER BY t.sequence, t.ordinal"
        );
}
