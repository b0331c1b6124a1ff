//! The steps of a year, each on its day. What would fall after the demonstration's last day is left out, with all that
//! would follow from it: so some work waits wherever somebody has to act.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::super::cases::Firm;
use super::super::seed::actor;
use crate::cli::Failure;
use crate::cli::commands::salted;
use subsidy_core::book::Command;
use subsidy_core::claims::{ApproveClaim, ClaimRequest, NameClaim, ReviewClaim, WriteClaim};
use subsidy_core::domain::{Actor, ClaimId, Date, Line, Money, RentalId, Role, TextHash, TrueUpId};
use subsidy_core::evidence::RegisterEvidence;
use subsidy_core::prefunds::PrefundYearKey;
use subsidy_core::prefunds::true_up::TrueUpAction;
use subsidy_core::programmes::assessment::Assessment;
use subsidy_core::vouchers::ReviewDecision;
use subsidy_store::engine::NewText;

pub(in crate::cli::demo) enum Work {
    Command(Box<Command>),
    /// An organisation with its account, whose number is sealed as it is registered.
    Register(&'static Firm),
    /// A file that is kept, and registered.
    Paper(Box<RegisterEvidence>, Vec<u8>),
    /// A cloud's billing file.
    Bill(Bill),
    /// The posting of an earlier step taken back.
    Reverse(String),
    /// A year of a bank's prefunds, as the bank states it.
    Settle(Box<Settling>),
}

/// How a year of a bank's prefunds is to be settled.
pub(in crate::cli::demo) struct Settling {
    pub(in crate::cli::demo) id: TrueUpId,
    pub(in crate::cli::demo) year: PrefundYearKey,
    /// What becomes of what is left.
    pub(in crate::cli::demo) action: TrueUpAction,
    pub(in crate::cli::demo) document: Line,
}

/// A billing file of a contract.
pub(in crate::cli::demo) struct Bill {
    pub(in crate::cli::demo) rental: RentalId,
    pub(in crate::cli::demo) provider: &'static str,
    /// Which of the contract's.
    pub(in crate::cli::demo) number: u32,
    pub(in crate::cli::demo) file: String,
}

pub(in crate::cli::demo) struct Step {
    pub(super) day: Date,
    /// Names it once and for all: its idempotency key.
    pub(super) key: String,
    pub(super) actor: Actor,
    pub(super) work: Work,
    pub(super) text: Option<NewText>,
}

/// An approved claim, which is to be paid, or was.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub(super) claim: ClaimId,
    pub(super) key: String,
    /// The day of its approval, or of its payment.
    pub(super) day: Date,
    /// About what it comes to: no more than that.
    pub(super) amount: Money,
}

/// How a claim fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Paid,
    /// Returned for a reason, written anew, and paid in the end.
    Amended,
    Returned,
    /// Refused by the officer who looked at it.
    Rejected,
    /// Passed, and refused by the approver.
    Refused,
    Withdrawn,
}

/// A claim on its way.
pub(super) struct Filing {
    pub(super) key: String,
    pub(super) firm: Actor,
    pub(super) day: Date,
    pub(super) write: WriteClaim,
    pub(super) fate: Fate,
    pub(super) amount: Money,
    /// From its review to its approval, days.
    pub(super) wait: u64,
    /// What its review finds, where the rules ask for that.
    pub(super) assessment: Option<Assessment>,
    /// Whether payment batches pay it.
    pub(super) batched: bool,
}

pub(super) struct Plan {
    /// The demonstration's last day.
    pub(super) until: Date,
    pub(super) steps: Vec<Step>,
    pub(super) due: Vec<Due>,
}

/// A day of work, so many days after another.
pub(super) fn workday(day: Date, after: u64) -> Date {
    let days = (after..after + 3).filter_map(|after| day.plus_days(after));
    days.into_iter().find(|day| !day.is_weekend()).unwrap_or(day)
}

/// The place of a number in a table that begins again at its end.
pub(super) fn turn<T>(table: &[T], number: u64) -> Result<&T, Failure> {
    let places = u64::try_from(table.len()).unwrap_or(1).max(1);
    let place = usize::try_from(number % places).unwrap_or(0);
    table.get(place).ok_or_else(|| Failure::new("the demonstration has an empty table"))
}

impl Plan {
    pub(super) fn new(until: &str) -> Result<Self, Failure> {
        Ok(Self { until: Date::parse(until)?, steps: Vec::new(), due: Vec::new() })
    }

    /// An id that follows from its key, and sorts by its day as others do.
    pub(super) fn id(key: &str, day: Date) -> Uuid {
        let digest: [u8; 32] = Sha256::digest(key).into();
        let (random, _) = digest.split_first_chunk::<10>().unwrap_or((&[0; 10], &[]));
        let noon = day.naive().and_hms_opt(4, 0, 0).map_or(0, |noon| noon.and_utc().timestamp_millis());
        Builder::from_unix_timestamp_millis(u64::try_from(noon).unwrap_or(0), random).into_uuid()
    }

    pub(super) fn work(&mut self, day: Date, key: String, actor: Actor, work: Work) {
        self.push(Step { day, key, actor, work, text: None });
    }

    pub(super) fn step(&mut self, day: Date, key: impl Into<String>, actor: Actor, command: Command) {
        self.work(day, key.into(), actor, Work::Command(Box::new(command)));
    }

    /// A step with a text that it names.
    pub(super) fn explained(
        &mut self,
        day: Date,
        key: impl Into<String>,
        actor: Actor,
        why: &str,
        command: impl FnOnce(TextHash) -> Command,
    ) {
        let text = salted(why);
        let work = Work::Command(Box::new(command(text.hash)));
        self.push(Step { day, key: key.into(), actor, work, text: Some(text) });
    }

    fn push(&mut self, step: Step) {
        if step.day <= self.until {
            self.steps.push(step);
        }
    }

    /// What an officer proposes and an approver lets happen, the next day of work.
    pub(super) fn agreed(
        &mut self,
        day: Date,
        key: &str,
        propose: Command,
        approve: Command,
    ) -> Result<(), Failure> {
        self.step(day, key, actor(Role::Officer)?, propose);
        self.step(workday(day, 1), format!("approve {key}"), actor(Role::Approver)?, approve);
        Ok(())
    }

    /// All steps in the order of their days.
    pub(super) fn in_order(mut self) -> Vec<Step> {
        self.steps.sort_by_key(|step| step.day);
        self.steps
    }

    /// A claim from its draft to its approval, or as far as it comes.
    pub(super) fn file(&mut self, filing: Filing) -> Result<(), Failure> {
        let Filing { key, firm, day, write, fate, amount, wait, assessment, batched } = filing;
        let id = write.id;
        let (officer, approver) = (actor(Role::Officer)?, actor(Role::Approver)?);
        self.step(day, format!("draft {key}"), firm.clone(), Command::DraftClaim(Box::new(write.clone())));
        let mut filed = workday(day, 2);
        let submit = || Command::SubmitClaim(NameClaim { id });
        self.step(filed, format!("submit {key}"), firm.clone(), submit());
        if fate == Fate::Withdrawn {
            let withdraw = Command::WithdrawClaim(NameClaim { id });
            self.step(workday(filed, 1), format!("withdraw {key}"), firm, withdraw);
            return Ok(());
        }
        if matches!(fate, Fate::Amended | Fate::Returned) {
            let why = "结算单未加盖供需双方公章，且缺少本期用量确认单，请补正后重新提交";
            let review = |reason| review(id, ReviewDecision::Return, Some(reason));
            self.explained(workday(filed, 3), format!("return {key}"), officer.clone(), why, review);
            if fate == Fate::Returned {
                return Ok(());
            }
            filed = workday(filed, 9);
            let rewrite = Command::RewriteClaim(Box::new(write));
            self.step(filed, format!("rewrite {key}"), firm.clone(), rewrite);
            self.step(filed, format!("submit again {key}"), firm, submit());
        }
        let reviewed = workday(filed, 4);
        if fate == Fate::Rejected {
            let why = "本期结算对应的服务发生在合同有效期之外，不予受理";
            let review = |reason| review(id, ReviewDecision::Reject, Some(reason));
            self.explained(reviewed, format!("reject {key}"), officer, why, review);
            return Ok(());
        }
        let act = format!("review {key}");
        if assessment.is_some() {
            let why = "经专家评审，结算金额与发票、用量记录相符";
            let passed = |reason| {
                let (decision, reason, accept_incomplete_usage) = (ReviewDecision::Pass, Some(reason), false);
                Command::ReviewClaim(ReviewClaim {
                    id,
                    decision,
                    reason,
                    accept_incomplete_usage,
                    assessment,
                })
            };
            self.explained(reviewed, act, officer, why, passed);
        } else {
            self.step(reviewed, act, officer, review(id, ReviewDecision::Pass, None));
        }
        let decided = workday(reviewed, wait);
        if fate == Fate::Refused {
            let why = "与供方对账差异超过百分之五，经集体研究不予批准";
            let reject = |reason| Command::RejectClaim(subsidy_core::claims::RejectClaim { id, reason });
            self.explained(decided, format!("refuse {key}"), approver, why, reject);
            return Ok(());
        }
        let approve = Command::ApproveClaim(ApproveClaim { id, effective_date: None });
        self.step(decided, format!("approve {key}"), approver, approve);
        if batched && decided <= self.until {
            self.due.push(Due { claim: id, key, day: decided, amount });
        }
        Ok(())
    }
}

pub(super) fn claim(key: &str, day: Date, request: ClaimRequest) -> WriteClaim {
    WriteClaim::new(ClaimId::new(Plan::id(&format!("claim {key}"), day)), request)
}

fn review(id: ClaimId, decision: ReviewDecision, reason: Option<TextHash>) -> Command {
    Command::ReviewClaim(ReviewClaim {
        id,
        decision,
        reason,
        accept_incomplete_usage: false,
        assessment: None,
    })
}
