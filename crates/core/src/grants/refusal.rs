//! Why a grant does not go on.

use serde::Serialize;

use crate::domain::money::OutOfRange;
use crate::domain::{ApplicationId, ClaimId, Date, Label, Money, Subject, WrongState};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum GrantError {
    #[error(transparent)]
    WrongState(#[from] WrongState),
    /// To return or reject needs a reason.
    #[error("a reason is missing")]
    ReasonMissing,
    /// The project takes longer than the rules allow.
    #[error("at most {months_max} months")]
    ProjectTooLong { months_max: String },
    #[error("at most {limit} applications")]
    TooManyApplications { limit: String },
    /// An application stays with its call and its organisation.
    #[error("the application is another's")]
    ApplicationDiffers { pointer: &'static str },
    /// An expert is named twice, or was before.
    #[error("{subject} is an expert of it")]
    ExpertNamed { pointer: String, subject: Subject },
    #[error("at most {limit} experts")]
    TooManyExperts { limit: String },
    /// Applications are filed until then.
    #[error("filed until {until}")]
    FilingOpen { until: Date },
    /// Each expert scores once.
    #[error("it is scored by them")]
    ScoreGiven,
    /// The rules ask for more experts.
    #[error("{named} of {experts_min} experts")]
    ExpertsMissing { application: ApplicationId, named: String, experts_min: String },
    /// An application was not decided on, or not by all of its experts.
    #[error("{application} is not scored")]
    ScoresMissing { application: ApplicationId },
    /// No application is good enough, or the first does not fit.
    #[error("nothing can be awarded")]
    NothingToAward,
    /// The list is not the ranking from its top.
    #[error("{application} does not come next")]
    AwardsOutOfOrder { pointer: String, application: ApplicationId },
    /// More than the project's part of its budget, or than the rules' maximum.
    #[error("at most {limit}")]
    AwardTooLarge { pointer: String, limit: Money },
    /// More grants, or more money, than the call may give.
    #[error("beyond the quota")]
    QuotaExceeded { pointer: String },
    /// The grant has no tranche of that name.
    #[error("no tranche {tranche}")]
    TrancheUnknown { pointer: &'static str, tranche: Label },
    /// Another claim has it.
    #[error("claim {claim} is for it")]
    TrancheClaimed { claim: ClaimId },
    /// It waits for the acceptance, or the acceptance settled it.
    #[error("{tranche} is not due")]
    TrancheNotDue { tranche: Label },
    /// A claim for a tranche is neither paid nor let go.
    #[error("claim {claim} is open")]
    TrancheOpen { claim: ClaimId },
    /// More than was awarded.
    #[error("{awarded} was awarded")]
    EntitlementTooLarge { pointer: &'static str, awarded: Money },
    /// A deadline is extended once.
    #[error("it was extended to {due_on}")]
    ExtendedAlready { due_on: Date },
    #[error("{due_on} is not earlier")]
    DeadlineNotLater { pointer: &'static str, due_on: Date },
    /// 公示 is not over.
    #[error("published until {until}")]
    PublicityRunning { until: Date },
    #[error("{count} objections are open")]
    ObjectionOpen { count: String },
    #[error("an objection was upheld")]
    ObjectionUpheld,
    #[error("at most {limit} objections")]
    TooManyObjections { limit: String },
    /// A sum left the range.
    #[error("a sum is out of range")]
    AmountOutOfRange,
}

crate::domain::coded! {
    GrantError:
    WrongState ReasonMissing FilingOpen ProjectTooLong TooManyApplications ApplicationDiffers ExpertNamed TooManyExperts
    ScoreGiven ExpertsMissing ScoresMissing NothingToAward AwardsOutOfOrder AwardTooLarge QuotaExceeded
    TrancheUnknown TrancheClaimed TrancheNotDue TrancheOpen EntitlementTooLarge
    ExtendedAlready DeadlineNotLater PublicityRunning ObjectionOpen ObjectionUpheld TooManyObjections
    AmountOutOfRange
}

impl From<OutOfRange> for GrantError {
    fn from(_: OutOfRange) -> Self {
        Self::AmountOutOfRange
    }
}

impl GrantError {
    pub(super) fn state<S: Into<&'static str>>(status: S) -> Self {
        WrongState::is(status.into()).into()
    }
}
