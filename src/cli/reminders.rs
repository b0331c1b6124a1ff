//! Beside a service: once a business day each agency's tasks that are late or about to be due are told of, as events of its log.
//!
//! Every process looks, and none keeps a note of what it did: the key under which a day's reminders are asked for is made of the
//! day, so that the log has them once, however many processes there are and however often they start. A sandbox's day is moved by
//! hand, and so are its reminders asked for by hand (`POST /v1/tasks/remind`).

use std::convert::Infallible;
use std::time::Duration;

use chrono::Utc;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Failure;
use super::commands::{actor, subject};
use subsidy_core::domain::{AgencyCode, Date, Instant, Role};
use subsidy_core::reminders::AHEAD_DAYS;
use subsidy_store::engine::{Answer, Engine, Run, Submission, Work, store};
use subsidy_store::tasks;

/// How long after the service began it is looked first.
const FIRST_LOOK: Duration = Duration::from_mins(1);
/// How often it is looked whether a day has begun.
const LOOK: Duration = Duration::from_mins(10);
/// As whom it acts: no account has this name.
pub(super) const REMINDER: &str = "reminders";
/// The most tasks of one group of leaves.
const GROUP_MAX: usize = 200;

/// Tells of what is late and due, day after day. It begins a while after the service: who starts it is answered first.
pub async fn remind_daily(engine: &Engine) -> Infallible {
    let mut pause = FIRST_LOOK;
    loop {
        tokio::time::sleep(pause).await;
        pause = LOOK;
        if let Err(error) = all(engine).await {
            tracing::warn!(error = %error.line(), "tasks that are due are not told of yet");
        }
    }
}

/// Every agency that is no sandbox. Error: the register cannot be read; of one agency it is logged.
async fn all(engine: &Engine) -> Result<(), Failure> {
    let agencies = {
        let conn = engine.database().admin().await?;
        store::agencies(&conn).await?
    };
    for row in agencies.iter().filter(|row| !row.sandbox) {
        let agency = AgencyCode::parse(&row.code)?;
        match one(engine, &agency).await {
            Ok(0) => {}
            Ok(reminded) => {
                tracing::info!(%agency, reminded, "tasks that are late or about to be due were told of")
            }
            Err(error) => {
                tracing::warn!(%agency, error = %error.line(), "tasks that are due are not told of yet")
            }
        }
    }
    Ok(())
}

/// An agency's tasks of today; none where they were told of before.
pub async fn one(engine: &Engine, agency: &AgencyCode) -> Result<usize, Failure> {
    let mut reminded = 0;
    for number in 0_u32.. {
        let Some(today) = waits(engine, agency).await? else { break };
        match engine.submit(group(agency, today, number)?).await? {
            Answer::Refused { refusal, .. } => return Err(Failure::new(refusal.to_string())),
            // answered before: another process was first, or this one before it was started anew
            Answer::Accepted { members, replayed, .. } => {
                reminded += if replayed { 0 } else { members.len() };
                if members.len() < GROUP_MAX {
                    // what falls due later on this day is told of on the next
                    break;
                }
            }
        }
    }
    Ok(reminded)
}

/// The business date, where something is to be told of on it: a day without is no leaf.
async fn waits(engine: &Engine, agency: &AgencyCode) -> Result<Option<Date>, Failure> {
    let conn = engine.reader(agency).await?;
    let Some(head) = store::head(&conn).await? else { return Ok(None) };
    let head = head.read(agency).map_err(|error| Failure::new(error.to_string()))?;
    let now = Instant::new(Utc::now()).max(head.recorded_at);
    let Some(today) = head.agency.map(|known| known.business_date_at(now)) else { return Ok(None) };
    let found = tasks::to_remind(&conn, today, AHEAD_DAYS, 1).await?;
    Ok((!found.is_empty()).then_some(today))
}

fn group(agency: &AgencyCode, today: Date, number: u32) -> Result<Submission, Failure> {
    let subject = subject(REMINDER)?;
    let key = Sha256::digest(format!("tasks of {today}, group {number}")).into();
    let (run, limit) = (Run::Tasks { days: AHEAD_DAYS }, u32::try_from(GROUP_MAX).unwrap_or(u32::MAX));
    Ok(Submission {
        agency: agency.clone(),
        subject: subject.clone(),
        key,
        request: key,
        request_id: Uuid::now_v7().to_string(),
        work: Work::Run { actor: actor(&subject, Role::Officer), run, limit, due: Vec::new() },
        texts: Vec::new(),
        accounts: Vec::new(),
    })
}
