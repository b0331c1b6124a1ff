//! Grants: whose hands were in an application stand in the way of its award; who wrote it, in that of what is decided on
//! the award.

use super::with;
use crate::book::{Book, Fault};
use crate::domain::{ApplicationId, AwardId, CallId, CreditCode, RankingId};
use crate::people::{CountedParts, Hold, Matter};

/// Whoever proposed a call or its list of awards, wrote, reviewed or scored what is on it.
pub(super) fn of_list(call: CallId, book: &Book) -> Result<Vec<Hold>, Fault> {
    let list = book.calls.get(&call)?.into_iter().flat_map(|call| &call.list);
    let applications = list.map(|listed| Hold::other(Matter::application(listed.application)));
    let others = std::iter::once(Hold::other(Matter::call(call))).chain(applications);
    Ok(with(Hold::own(Matter::awards(call)), others))
}

/// Whoever proposed what is decided on an award, or wrote its application.
pub(super) fn of_award(own: Matter, award: AwardId, book: &Book) -> Result<Vec<Hold>, Fault> {
    let application = book.awards.get(&award)?.map(|award| Matter::application(award.application));
    let writers = |matter| Hold { counted: CountedParts::Writers, ..Hold::other(matter) };
    Ok(with(Hold::own(own), application.map(writers)))
}

/// Whose applications are on a list.
pub(super) fn listed(call: CallId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let list = book.calls.get(&call)?.into_iter().flat_map(|call| &call.list);
    Ok(list.map(|listed| listed.organisation).collect())
}

pub(super) fn of_application(id: ApplicationId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    Ok(book.applications.get(&id)?.map(|application| application.organisation).into_iter().collect())
}

pub(super) fn granted(id: AwardId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    Ok(book.awards.get(&id)?.map(|award| award.organisation).into_iter().collect())
}

pub(super) fn ranked(id: RankingId, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let places = book.rankings.get(&id)?.into_iter().flat_map(|ranking| &ranking.places);
    Ok(places.map(|place| place.organisation).collect())
}
