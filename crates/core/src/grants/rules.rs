use super::awards::{Award, AwardStatus, Tranche};
use super::ranking::Mean;
use super::{
    APPLICATIONS_MAX, Application, ApplicationStatus, AwardRequest, Call, CallStatus, Expert, ExpertScore,
    GrantError, Listed, NameExperts, ProposeCall, ReviewApplication, ScoreApplication, WriteApplication,
};
use crate::domain::apportion::largest_remainder;
use crate::domain::money::OutOfRange;
use crate::domain::{
    Actor, AwardId, Date, Money, Percent, Revision, Score, Stamp, Subject, TextHash, WrongState,
};
use crate::organisations::Organisation;
use crate::programmes::RulesVersion;
use crate::programmes::SettledLine;
use crate::programmes::calculation::{Calculation, CalculationError, Inputs, Question, sheet};
use crate::programmes::grants::{EXPERTS_MAX, GrantRules, Quota};
use crate::programmes::policy::Base;
use crate::vouchers::ReviewDecision;

pub fn propose_call(command: &ProposeCall, actor: &Actor, stamp: &Stamp) -> Call {
    Call {
        id: command.id,
        programme: command.programme.clone(),
        title: command.title.clone(),
        filing: command.filing,
        quota: command.quota,
        status: CallStatus::Proposed,
        rules_version: None,
        applications: Vec::new(),
        list: Vec::new(),
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    }
}

/// Error: who files until the last day is not passed over.
pub fn filing_over(call: &Call, today: Date) -> Result<(), GrantError> {
    let until = call.filing.until;
    if today <= until { Err(GrantError::FilingOpen { until }) } else { Ok(()) }
}

/// Error: a call is in another state.
pub fn call_in_state(call: &Call, status: CallStatus) -> Result<(), GrantError> {
    Ok(WrongState::unless(call.status, &[status])?)
}

/// A call approved under a version of the rules, which decides everything of it; or rejected.
pub fn decided_call(
    call: &Call,
    to: (CallStatus, Option<u32>, Option<TextHash>),
    actor: &Actor,
    stamp: &Stamp,
) -> Call {
    let (status, rules_version, reason) = to;
    Call {
        status,
        rules_version,
        reason,
        decided_by: Some(actor.subject.clone()),
        revision: call.revision.next(stamp),
        ..call.clone()
    }
}

/// The sheet of lines that all have one ratio, up to a limit.
pub fn graded(
    (rules, organisation): (&RulesVersion, &Organisation),
    lines: &[SettledLine],
    (ratio, limit): (Percent, Option<Money>),
    version: u32,
) -> Result<Calculation, CalculationError> {
    let inputs = Inputs {
        startup: organisation.startup,
        base: Some(Base::TaxInclusive),
        ratio_percent: Some(ratio),
        claim_cap: limit,
        ..Inputs::default()
    };
    sheet(Question { rules, policy: &rules.rules, tier: None, lines, version, inputs })
}

/// What a project may be awarded: the rules' part of its budget, up to their maximum.
pub fn grantable(
    of: (&RulesVersion, &Organisation),
    grant: &GrantRules,
    command: &WriteApplication,
    version: u32,
) -> Result<Calculation, CalculationError> {
    graded(of, &command.project.budget, (grant.ratio(), Some(grant.max_amount.money())), version)
}

/// Error: the project takes longer than the rules allow.
pub fn fits(grant: &GrantRules, command: &WriteApplication) -> Result<(), GrantError> {
    if (1..=grant.months).contains(&command.project.months) {
        return Ok(());
    }
    Err(GrantError::ProjectTooLong { months_max: grant.months.to_string() })
}

/// An application as it is written, or written anew.
pub fn written(
    before: Option<&Application>,
    command: &WriteApplication,
    (call, sheet): (&Call, &Calculation),
    actor: &Actor,
    stamp: &Stamp,
) -> Application {
    let (project, evidence) = (command.project.clone(), command.evidence.clone());
    let revision = before.map_or_else(|| Revision::first(stamp), |before| before.revision.next(stamp));
    Application {
        id: command.id,
        call: call.id,
        programme: call.programme.clone(),
        organisation: command.organisation,
        project,
        evidence,
        status: before.map_or(ApplicationStatus::Draft, |before| before.status),
        amount: sheet.amount,
        rules_version: sheet.rules_version,
        calculation: sheet.version,
        experts: Vec::new(),
        scores: Vec::new(),
        submitted_at: before.and_then(|before| before.submitted_at),
        reason: before.and_then(|before| before.reason),
        created_by: before.map_or_else(|| actor.subject.clone(), |before| before.created_by.clone()),
        reviewed_by: None,
        revision,
    }
}

impl Application {
    /// Error: it is in none of these states.
    pub fn in_state(&self, allowed: &[ApplicationStatus]) -> Result<(), GrantError> {
        Ok(WrongState::unless(self.status, allowed)?)
    }
}

/// Whether it may be written anew, or filed.
pub fn writable(application: &Application) -> Result<(), GrantError> {
    application.in_state(&[ApplicationStatus::Draft, ApplicationStatus::Returned])
}

/// An application filed, and the call that knows it.
pub fn submit(
    application: &Application,
    call: &Call,
    stamp: &Stamp,
) -> Result<(Application, Call), GrantError> {
    writable(application)?;
    let filed = Application {
        status: ApplicationStatus::Submitted,
        submitted_at: Some(stamp.sequence),
        reason: None,
        revision: application.revision.next(stamp),
        ..application.clone()
    };
    let mut applications = call.applications.clone();
    if !applications.contains(&application.id) {
        applications.push(application.id);
    }
    if applications.len() > APPLICATIONS_MAX {
        return Err(GrantError::TooManyApplications { limit: APPLICATIONS_MAX.to_string() });
    }
    Ok((filed, Call { applications, revision: call.revision.next(stamp), ..call.clone() }))
}

/// An application taken back before it is awarded.
pub fn withdraw(application: &Application, stamp: &Stamp) -> Result<Application, GrantError> {
    use ApplicationStatus::{Draft, Passed, Returned, Submitted, Withdrawn};
    application.in_state(&[Draft, Submitted, Passed, Returned])?;
    Ok(Application { status: Withdrawn, revision: application.revision.next(stamp), ..application.clone() })
}

/// An application looked at: passed on to the experts, returned or rejected.
pub fn review(
    application: &Application,
    command: &ReviewApplication,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Application, GrantError> {
    application.in_state(&[ApplicationStatus::Submitted])?;
    let status = match command.decision {
        ReviewDecision::Pass => ApplicationStatus::Passed,
        ReviewDecision::Return => ApplicationStatus::Returned,
        ReviewDecision::Reject => ApplicationStatus::Rejected,
    };
    if command.decision != ReviewDecision::Pass && command.reason.is_none() {
        return Err(GrantError::ReasonMissing);
    }
    Ok(Application {
        status,
        reason: command.reason,
        reviewed_by: Some(actor.subject.clone()),
        revision: application.revision.next(stamp),
        ..application.clone()
    })
}

/// An application with more experts, and without those who do not score it after all. They may be named one request at a
/// time; nobody scores before as many are named as the rules ask for, and nobody is named once all have scored: who names
/// them has seen no score.
pub fn name_experts(
    application: &Application,
    command: &NameExperts,
    grant: &GrantRules,
    stamp: &Stamp,
) -> Result<Application, GrantError> {
    application.in_state(&[ApplicationStatus::Passed])?;
    let scored = |subject: &Subject| application.scores.iter().any(|one| one.subject == *subject);
    if application.is_scored() || command.excused.iter().any(scored) {
        return Err(GrantError::state("scored"));
    }
    let mut all = application.experts.clone();
    all.retain(|expert| !command.excused.contains(&expert.subject));
    for (place, expert) in command.experts.iter().enumerate() {
        let same = |known: &Expert| known.subject.folded() == expert.subject.folded();
        if all.iter().any(same) {
            let (pointer, subject) = (format!("/experts/{place}/subject"), expert.subject.clone());
            return Err(GrantError::ExpertNamed { pointer, subject });
        }
        all.push(expert.clone());
    }
    if all.len() > EXPERTS_MAX {
        return Err(GrantError::TooManyExperts { limit: EXPERTS_MAX.to_string() });
    }
    // excused without as many in their stead
    let were_enough = enough(application, application.experts.len(), grant).is_ok();
    if were_enough && all.len() < application.experts.len() {
        enough(application, all.len(), grant)?;
    }
    Ok(Application { experts: all, revision: application.revision.next(stamp), ..application.clone() })
}

/// An application that an expert scored.
pub fn score(
    application: &Application,
    command: &ScoreApplication,
    grant: &GrantRules,
    (actor, stamp): (&Actor, &Stamp),
) -> Result<Application, GrantError> {
    application.in_state(&[ApplicationStatus::Passed])?;
    enough(application, application.experts.len(), grant)?;
    if application.scores.iter().any(|one| one.subject == actor.subject) {
        return Err(GrantError::ScoreGiven);
    }
    let total = Score::sum(command.criteria.iter().map(|criterion| criterion.score))?;
    let mut scores = application.scores.clone();
    scores.push(ExpertScore {
        subject: actor.subject.clone(),
        criteria: command.criteria.clone(),
        total,
        comment: command.comment,
    });
    Ok(Application { scores, revision: application.revision.next(stamp), ..application.clone() })
}

/// Error: fewer experts than the rules ask for.
fn enough(application: &Application, named: usize, grant: &GrantRules) -> Result<(), GrantError> {
    let (named, least) = (u32::try_from(named).unwrap_or(u32::MAX), grant.review.experts_min);
    if named >= least {
        return Ok(());
    }
    let (named, experts_min) = (named.to_string(), least.to_string());
    Err(GrantError::ExpertsMissing { application: application.id, named, experts_min })
}

/// Error: an application waits for its review or a score, or has fewer experts than the rules ask for.
pub fn all_scored(applications: &[&Application], grant: &GrantRules) -> Result<(), GrantError> {
    for application in applications {
        let waits = match application.status {
            ApplicationStatus::Submitted => true,
            ApplicationStatus::Passed => {
                enough(application, application.experts.len(), grant)?;
                !application.is_scored()
            }
            _ => false,
        };
        if waits {
            return Err(GrantError::ScoresMissing { application: application.id });
        }
    }
    Ok(())
}

/// The list of awards: the ranking from its top. What is named must be that, each no more than it may be; where nothing is
/// named, as many as quota and budget let through until the first that does not fit.
pub fn list(
    ranked: &[(&Application, Mean)],
    named: &[AwardRequest],
    (quota, available): (Quota, Money),
    award: impl Fn(&Application) -> AwardId,
) -> Result<Vec<Listed>, GrantError> {
    let (mut list, mut sum) = (Vec::new(), Money::ZERO);
    for (place, (application, mean)) in ranked.iter().enumerate() {
        if !named.is_empty() && place >= named.len() {
            break;
        }
        let amount = match named.get(place) {
            Some(asked) => of_rank(asked, application, place)?,
            None => application.amount,
        };
        sum = sum.plus(amount)?;
        let many = quota.count.is_some_and(|most| usize::try_from(most).is_ok_and(|most| place >= most));
        let beyond = many || quota.amount.is_some_and(|most| sum > most.money());
        if beyond && !named.is_empty() {
            return Err(GrantError::QuotaExceeded { pointer: format!("/awards/{place}") });
        }
        if named.is_empty() && (beyond || sum > available) {
            break;
        }
        let (id, organisation) = (application.id, application.organisation);
        list.push(Listed { application: id, organisation, mean: *mean, amount, award: award(application) });
    }
    if let Some(extra) = named.get(list.len()) {
        let pointer = format!("/awards/{}/application_id", list.len());
        return Err(GrantError::AwardsOutOfOrder { pointer, application: extra.application });
    }
    if list.is_empty() { Err(GrantError::NothingToAward) } else { Ok(list) }
}

/// What is asked for the application of a rank.
fn of_rank(asked: &AwardRequest, ranked: &Application, place: usize) -> Result<Money, GrantError> {
    if asked.application != ranked.id {
        let pointer = format!("/awards/{place}/application_id");
        return Err(GrantError::AwardsOutOfOrder { pointer, application: asked.application });
    }
    if asked.amount.money() > ranked.amount {
        let pointer = format!("/awards/{place}/amount");
        return Err(GrantError::AwardTooLarge { pointer, limit: ranked.amount });
    }
    Ok(asked.amount.money())
}

/// CNY of a list.
pub fn listed(list: &[Listed]) -> Result<Money, OutOfRange> {
    Money::sum(list.iter().map(|one| one.amount))
}

/// The award of an application on a list, and the application that has it.
pub fn award(
    (application, listed, rank): (&Application, &Listed, u32),
    (rules, grant): (&RulesVersion, &GrantRules),
    stamp: &Stamp,
    published_until: Option<Date>,
) -> Result<(Application, Award), GrantError> {
    let weights: Vec<i128> = grant.tranches.iter().map(|t| i128::from(t.percent.micro())).collect();
    let amounts = largest_remainder(listed.amount, &weights)?;
    let tranches = grant.tranches.iter().zip(amounts).map(|(rule, amount)| Tranche {
        name: rule.name.clone(),
        percent: rule.percent,
        on: rule.on,
        amount,
        claim: None,
    });
    let today = stamp.business_date;
    let (from, months) = (application.project.from, application.project.months);
    let award = Award {
        id: listed.award,
        application: application.id,
        call: application.call,
        rank,
        programme: application.programme.clone(),
        organisation: application.organisation,
        project: application.project.name.clone(),
        status: AwardStatus::Awarded,
        amount: listed.amount,
        fiscal_year: today.year(),
        rules_version: rules.number,
        tranches: tranches.collect(),
        awarded_on: today,
        published_until,
        objections: Vec::new(),
        due_on: from.plus_months(months).ok_or(OutOfRange)?,
        extended: false,
        extension: None,
        acceptance: None,
        settled: None,
        reason: None,
        revision: Revision::first(stamp),
    };
    let status = ApplicationStatus::Awarded;
    let awarded = Application { status, revision: application.revision.next(stamp), ..application.clone() };
    Ok((awarded, award))
}
