//! `GET /tasks`, `GET /reminders`, `GET /events`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::agencies::today;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::domain::{Code, Date, Instant, ObjectionId, Role, Sequence};
use subsidy_core::reminders::{Reminder, TaskKey};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_reports::work;
use subsidy_store::db::convert;
use subsidy_store::db::list::PageQuery;
use subsidy_store::tasks;

/// The largest sequence that JSON's readers take, as the OpenAPI document has it.
const SEQUENCE_MAX: i64 = 9_007_199_254_740_991;

/// What waits for the caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskView {
    /// `voucher`, `claim`, `claim_override`, `voucher_override`, `call`, `awards`, `application`, `award`, `acceptance`, `extension`, `ranking`, `payment_batch`, `payment_result`, `recovery`, `prefund`, `true_up`, `statutory_limit`, `cap_group`, `calendar`, `tag`, `tag_end`, `tag_import`, `bank_account`, `programme`, `rules`, `appropriation`, `role_grant`, ….
    kind: String,
    /// The document's id or code.
    document: String,
    /// The document that it is a part of: of an objection its claim, of a billing file its contract; else null.
    parent: Option<String>,
    /// What is to be done: `review`, `issue`, `approve`, `apply`, `score`, `resolve`, `accept`; `pay`: approved claims of a programme wait for a payment batch.
    action: String,
    /// Where the document is in its life.
    status: String,
    /// The code of its programme; null where it belongs to none.
    programme: Option<String>,
    /// The credit code of whose document it is; null where it is nobody's.
    organisation: Option<String>,
    updated_at: Instant,
    /// The day on which it began to wait.
    since: Date,
    /// The working days that the programme's rules give it; null where they give none.
    term_days: Option<u16>,
    /// The day by which it is to be done: so many working days after the day on which it began to wait, or after the last day of
    /// its publicity. Of a payment batch, that of the claim in it that is due first. Null where there is no term.
    due_on: Option<Date>,
    /// Whether that day is over.
    late: bool,
}

/// A document's step.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitionView {
    /// What kind of document it is, such as `claim`.
    kind: String,
    /// The document that took the step: its id or its code.
    document: String,
    /// Null for a new document.
    from: Option<String>,
    /// The status that it has since.
    to: String,
}

/// What changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    sequence: Sequence,
    recorded_at: Instant,
    /// Which command was accepted, such as `approve_claim`.
    kind: String,
    /// The document that the command was about: its id or its code.
    document: String,
    transitions: Vec<TransitionView>,
}

/// `GET /tasks`: what is late on top, then what is due next, then what has no term.
pub async fn tasks(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, actor) = (request.page()?, &request.actor);
    let conn = request.reader().await?;
    let subject = actor.subject.to_string();
    // where tokens say the roles a proposal changes nothing, so that nobody need be in a hurry
    let grants = request.grants_roles && actor.has(Role::Security);
    let folded = actor.subject.folded();
    let today = today(&conn, &request.agency).await?.business_date;
    let working_days = tasks::working_days(&conn, today).await?;
    let query = tasks::TaskQuery {
        officer: actor.has(Role::Officer),
        approver: actor.has(Role::Approver),
        organisation: &request.visibility().parties().organisation,
        after: page.after,
        limit: page.rows(),
        expert: if actor.has(Role::Expert) { subject.as_str() } else { "" },
        security: if grants { folded.as_str() } else { "" },
        today: today.naive(),
        working_days: &working_days,
        remind_until: None,
    };
    let rows = tasks::tasks(&conn, query).await?;
    // a page of what waits may show less than was asked for, with a cursor
    let (rows, next) = page.cut(rows, |row| row.place);
    let rows = work::unhindered(&conn, rows, actor).await?;
    let view = |row: tasks::TaskRow| TaskView {
        kind: row.kind,
        document: row.document,
        parent: row.parent,
        action: row.action,
        status: row.status,
        programme: row.programme,
        organisation: row.organisation,
        updated_at: Instant::new(row.updated_at),
        since: Date::from_naive(row.since),
        term_days: row.term_days.and_then(|days| u16::try_from(days).ok()),
        due_on: row.due_on.map(Date::from_naive),
        late: row.due_on.is_some_and(|due| due < today.naive()),
    };
    Reply::list((rows.into_iter().map(view).collect(), next))
}

/// A task that was late or about to be due, and told of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderView {
    /// What waits and what is to be done with it, as `/tasks` names them.
    task: TaskKey,
    /// What kind of document waits, as in `/tasks`.
    kind: String,
    /// The id or the code of the document.
    document: String,
    /// The document that it is a part of, as in `/tasks`; else null.
    parent: Option<String>,
    /// What is to be done with it, as in `/tasks`.
    action: String,
    /// The day after which its term counts.
    counted_from: Date,
    /// How many working days the rules give for it.
    term_days: u16,
    /// The day by which it was to be done, as the calendar was known when it was told of.
    due_on: Date,
    /// Whether that day was over when it was told of.
    late: bool,
    /// The business date on which it was told of last.
    told_on: Date,
    /// On how many days it was told of.
    times: u32,
    /// The leaf in which it was told of last.
    revision: Sequence,
    updated_at: Instant,
}

/// The objection for which a task waits. Of what else is a part of another document no rules give a term, so that nobody is
/// reminded of it.
fn objection(task: &TaskKey) -> Option<ObjectionId> {
    let (kind, document, _) = task.parts();
    (kind == "objection").then(|| document.parse().ok()).flatten()
}

impl View for ReminderView {
    type Document = Reminder;

    fn related_keys(reminder: &Reminder, wanted: &mut RelatedKeys) {
        if let Some(objection) = objection(&reminder.task) {
            wanted.claim_of(objection);
        }
    }

    fn of(reminder: &Reminder, related: &Related) -> Self {
        let (kind, document, action) = reminder.task.parts();
        let claim = objection(&reminder.task).and_then(|objection| related.claim_of(objection));
        Self {
            task: reminder.task.clone(),
            kind: kind.to_owned(),
            document: document.to_owned(),
            parent: claim.map(|claim| claim.to_string()),
            action: action.to_owned(),
            counted_from: reminder.counted_from,
            term_days: reminder.term_days,
            due_on: reminder.due_on,
            late: reminder.is_late(),
            told_on: reminder.told_on,
            times: reminder.times,
            revision: reminder.revision.version,
            updated_at: reminder.revision.updated_at,
        }
    }
}

/// `GET /reminders`: the tasks that were told of, perhaps on a day.
pub async fn reminders(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<()>()?;
    list.query.told_on = request.query.value::<Date>("on")?.map(Date::naive);
    view::list::<ReminderView>(&request, &list).await
}

/// `GET /events`: all, or what changed on the caller's own documents.
pub async fn events(request: ReadRequest) -> Result<Reply, Problem> {
    let (page, visibility) = (request.page()?, request.visibility());
    let after = match request.query.number::<u64>("after")? {
        // what is too large to be a sequence must not read as "from the beginning"
        Some(after) => i64::try_from(after)
            .ok()
            .filter(|after| *after <= SEQUENCE_MAX)
            .ok_or_else(|| Problem::new(Code::InvalidQuery).with("parameter", "after"))?,
        None => -1,
    };
    let after = after.max(page.after);
    let query = PageQuery { after, limit: page.rows() };
    let conn = request.reader().await?;
    let rows = if visibility.all {
        work::events(&conn, query).await
    } else {
        work::own_events(&conn, visibility.parties(), query).await
    };
    let (rows, next) = page.cut(rows?, |row| row.sequence);
    let sequences: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
    let steps = if visibility.all {
        work::transitions(&conn, &sequences).await
    } else {
        work::own_transitions(&conn, visibility.parties(), &sequences).await
    };
    let steps = steps?;
    let views = decode_all(&rows, |row| {
        let of_it = steps.iter().filter(|step| step.sequence == row.sequence);
        Ok(EventView {
            sequence: convert::read_sequence(row.sequence)?,
            recorded_at: Instant::new(row.recorded_at),
            kind: row.kind.clone(),
            document: row.document.clone(),
            transitions: of_it.map(step_view).collect(),
        })
    })?;
    Reply::list((views, next))
}

fn step_view(step: &work::StatusChangeRow) -> TransitionView {
    TransitionView {
        kind: step.kind.clone(),
        document: step.document.clone(),
        from: step.from_status.clone(),
        to: step.to_status.clone(),
    }
}
