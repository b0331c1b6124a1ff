//! `POST /vouchers/expire`, `/vouchers/remind` and `/tasks/remind`: runs over what nobody names, in groups until none is left.
//!
//! The first group stands under the caller's key, each further one under a key made of it: asked again, the same
//! groups answer, and a run that broke off goes on where it did.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::json::Json;
use super::problem::Problem;
use super::route::Route;
use super::write::{self, Head, WriteAnswer};
use super::{AppState, render};
use subsidy_core::book::Outcome;
use subsidy_core::domain::money::OutOfRange;
use subsidy_core::domain::{Code, Date, Money, Sequence};
use subsidy_core::reminders::{AHEAD_DAYS, AHEAD_DAYS_MAX};
use subsidy_core::vouchers::{REMINDER_DAYS, REMINDER_DAYS_MAX};
use subsidy_store::engine::submission::{Accepted, Answer, Run, Submission, Work};

/// The most vouchers of a group.
const GROUP_MAX: u32 = 200;
/// The most vouchers that a dry run looks at.
const PREVIEW_MAX: u32 = 100_000;

/// For which day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpiryRun {
    /// The day that the last usable day lies before; the business date where none is given.
    as_of: Option<Date>,
}

/// What expired.
#[derive(Debug, Serialize, ToSchema)]
pub struct Expired {
    /// How many vouchers.
    expired: u32,
    /// CNY that was released.
    amount: Money,
}

/// Who is reminded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReminderRun {
    /// From which day on; the business date where none is given.
    as_of: Option<Date>,
    /// Vouchers whose last usable day is this day or comes within so many days of it; 30 where left out.
    #[schema(minimum = 1, maximum = 366)]
    days: Option<u16>,
}

/// Who was reminded.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reminded {
    /// How many vouchers; each of them is an event.
    reminded: u32,
    /// CNY on them that nobody holds.
    amount: Money,
}

/// Which tasks are told of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskReminderRun {
    /// Tasks that are late, or due on the business date or within so many days of it; 3 where left out.
    #[schema(minimum = 0, maximum = 60)]
    days: Option<u16>,
}

/// Which tasks were told of.
#[derive(Debug, Serialize, ToSchema)]
pub struct TasksReminded {
    /// How many tasks; each of them is an event. None was told of on the same day before.
    reminded: u32,
    /// How many of them are late.
    late: u32,
}

/// What the groups so far came to.
#[derive(Default)]
struct Sum {
    count: u32,
    /// How many of the tasks are late.
    late: u32,
    amount: Money,
    first: Option<(Sequence, bool)>,
}

impl Sum {
    fn add(&mut self, header: &Accepted, members: &[Accepted], replayed: bool) -> Result<(), OutOfRange> {
        self.first = self.first.or(Some((header.sequence, replayed)));
        for member in members {
            if let Outcome::Expiry { amount, .. } | Outcome::Reminder { amount, .. } = &member.outcome {
                self.count = self.count.saturating_add(1);
                self.amount = self.amount.plus(*amount)?;
            }
            if let Outcome::TaskReminder(reminder) = &member.outcome {
                self.count = self.count.saturating_add(1);
                self.late = self.late.saturating_add(u32::from(reminder.is_late()));
            }
        }
        Ok(())
    }

    fn shown(&self, run: Run, dry_run: bool) -> WriteAnswer {
        let body = match run {
            Run::Expiry { .. } => json!({"expired": self.count, "amount": self.amount}),
            Run::Reminder { .. } => json!({"reminded": self.count, "amount": self.amount}),
            Run::Tasks { .. } => json!({"reminded": self.count, "late": self.late}),
        };
        WriteAnswer::Resource {
            status: 200,
            body: if dry_run { render::previewed(body) } else { body },
            sequence: self.first.map(|(sequence, _)| sequence).filter(|_| !dry_run),
            version: None,
            replayed: self.first.is_some_and(|(_, replayed)| replayed),
        }
    }
}

/// `POST /vouchers/expire`
pub fn expire(body: &Json) -> Result<Run, Problem> {
    let ExpiryRun { as_of } = body.read()?;
    Ok(Run::Expiry { as_of })
}

/// `POST /vouchers/remind`
pub fn remind(body: &Json) -> Result<Run, Problem> {
    let ReminderRun { as_of, days } = body.read()?;
    let days = days.unwrap_or(REMINDER_DAYS);
    if (1..=REMINDER_DAYS_MAX).contains(&days) {
        Ok(Run::Reminder { as_of, days })
    } else {
        Err(Problem::new(Code::InvalidValue).at("/days"))
    }
}

/// `POST /tasks/remind`
pub fn remind_tasks(body: &Json) -> Result<Run, Problem> {
    let TaskReminderRun { days } = body.read()?;
    let days = days.unwrap_or(AHEAD_DAYS);
    if days <= AHEAD_DAYS_MAX {
        Ok(Run::Tasks { days })
    } else {
        Err(Problem::new(Code::InvalidValue).at("/days"))
    }
}

pub async fn answer(
    route: &'static Route,
    parse: fn(&Json) -> Result<Run, Problem>,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let head = Head::of(route, state, request).await?;
    if head.if_match.is_some() {
        return Err(Problem::new(Code::VersionConflict));
    }
    let body = write::body(request, payload).await?;
    let run = parse(&body)?;
    let digest = head.digest(request, &body);
    let mut sum = Sum::default();
    for number in 0_u32.. {
        let limit = if head.dry_run { PREVIEW_MAX } else { GROUP_MAX };
        match write::submit(state, group(&head, number, digest, run, limit), head.dry_run).await? {
            Answer::Refused { refusal, request_id, replayed, .. } => {
                let problem = Problem::refused(&refusal);
                let shown = WriteAnswer::Refused { problem, request_id, replayed };
                return Ok(shown.respond(request, &head.request_id));
            }
            Answer::Accepted { first, members, replayed } => {
                sum.add(&first, &members, replayed)?;
                let full = usize::try_from(limit).is_ok_and(|limit| members.len() == limit);
                if head.dry_run || !full {
                    break;
                }
            }
        }
    }
    Ok(sum.shown(run, head.dry_run).respond(request, &head.request_id))
}

fn group(head: &Head, number: u32, request: [u8; 32], run: Run, limit: u32) -> Submission {
    let key = match number {
        0 => head.key,
        _ => Sha256::new().chain_update(head.key).chain_update(number.to_be_bytes()).finalize().into(),
    };
    let actor = head.identity.actor.clone();
    Submission {
        agency: head.identity.agency.clone(),
        subject: actor.subject.clone(),
        key,
        request,
        request_id: head.request_id.clone(),
        work: Work::Run { actor, run, limit, due: Vec::new() },
        texts: Vec::new(),
        accounts: Vec::new(),
    }
}
