use super::events::{LoanEvent, history, in_order};
use super::{
    CONFIRMATIONS_MAX, ConfirmInterest, EVENTS_MAX, InterestPaid, Loan, LoanError, RATE_MAX,
    RecordLoanEvents, RegisterLoan,
};
use crate::domain::{Actor, Date, LoanId, Revision, Stamp};

/// A new loan. `existing` is one of the same parties with the same number.
pub fn register(
    existing: Option<LoanId>,
    command: &RegisterLoan,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Loan, LoanError> {
    if let Some(id) = existing {
        return Err(LoanError::LoanExists { loan_no: command.loan_no.clone(), id });
    }
    if command.annual_rate_percent > RATE_MAX {
        return Err(LoanError::RateTooHigh { pointer: "/annual_rate_percent".to_owned(), limit: RATE_MAX });
    }
    if command.matures_on <= command.signed_on {
        return Err(LoanError::InvalidTerm { pointer: "/matures_on".to_owned() });
    }
    happened(command.signed_on, "/signed_on", stamp)?;
    let loan = Loan {
        id: command.id,
        organisation: command.organisation,
        bank: command.bank,
        loan_no: command.loan_no.clone(),
        annual_rate_percent: command.annual_rate_percent,
        signed_on: command.signed_on,
        matures_on: command.matures_on,
        project: command.project.clone(),
        events: Vec::new(),
        interest: Vec::new(),
        created_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    };
    with_events(loan, &command.events, stamp)
}

/// The loan with more that happened. What is new stands behind what is known of the same day.
pub fn record_events(loan: &Loan, command: &RecordLoanEvents, stamp: &Stamp) -> Result<Loan, LoanError> {
    let loan = Loan { revision: loan.revision.next(stamp), ..loan.clone() };
    with_events(loan, &command.events, stamp)
}

fn with_events(loan: Loan, new: &[LoanEvent], stamp: &Stamp) -> Result<Loan, LoanError> {
    let known = loan.events.len();
    if known.saturating_add(new.len()) > EVENTS_MAX {
        return Err(LoanError::TooManyEvents { limit: EVENTS_MAX.to_string() });
    }
    for (index, event) in new.iter().enumerate() {
        not_before_signing(event.date, loan.signed_on, &format!("/events/{index}/date"))?;
    }
    let all: Vec<LoanEvent> = loan.events.iter().chain(new).copied().collect();
    let (places, events): (Vec<usize>, Vec<LoanEvent>) = in_order(&all).into_iter().unzip();
    // what is new may make an event that is known a contradiction: then all that is new is at fault
    let pointer = |index: usize| {
        let place = places.get(index).and_then(|place| place.checked_sub(known));
        place.map_or_else(|| "/events".to_owned(), |place| format!("/events/{place}"))
    };
    history(loan.signed(), &events, pointer)?;
    for (index, event) in new.iter().enumerate() {
        happened(event.date, &format!("/events/{index}/date"), stamp)?;
    }
    Ok(Loan { events, ..loan })
}

/// Nothing happens to a loan before it is signed.
pub fn not_before_signing(date: Date, signed_on: Date, pointer: &str) -> Result<(), LoanError> {
    if date < signed_on {
        return Err(LoanError::BeforeSigning { pointer: pointer.to_owned(), date, signed_on });
    }
    Ok(())
}

/// What has not happened yet is no fact.
fn happened(date: Date, pointer: &str, stamp: &Stamp) -> Result<(), LoanError> {
    let business_date = stamp.business_date;
    if date > business_date {
        return Err(LoanError::NotYetHappened { pointer: pointer.to_owned(), date, business_date });
    }
    Ok(())
}

/// The loan with the interest that its bank confirms. A period that was confirmed before is confirmed anew: the newer
/// word counts, the older stands in the log.
pub fn confirm(
    loan: &Loan,
    command: &ConfirmInterest,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Loan, LoanError> {
    let period = command.period;
    period.check()?;
    not_before_signing(period.from, loan.signed_on, "/period/from")?;
    let business_date = stamp.business_date;
    if period.until > business_date {
        let (pointer, until) = ("/period/until".to_owned(), period.until);
        return Err(LoanError::PeriodNotOver { pointer, until, business_date });
    }
    let mut interest: Vec<InterestPaid> =
        loan.interest.iter().filter(|known| known.period != period).cloned().collect();
    if let Some(other) = interest.iter().find(|known| known.period.overlaps(&period)) {
        return Err(LoanError::InterestConfirmed { from: other.period.from, until: other.period.until });
    }
    if interest.len() >= CONFIRMATIONS_MAX {
        return Err(LoanError::TooManyConfirmations { limit: CONFIRMATIONS_MAX.to_string() });
    }
    interest.push(InterestPaid {
        period,
        interest_paid: command.interest_paid,
        penalty_interest: command.penalty_interest,
        confirmed_on: business_date,
        confirmed_by: actor.subject.clone(),
    });
    interest.sort_by_key(|known| known.period.from);
    Ok(Loan { interest, revision: loan.revision.next(stamp), ..loan.clone() })
}
