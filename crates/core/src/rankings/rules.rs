use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Entry, Metric, Place, ProposeRanking, Ranking, RankingError, RankingStatus, TieBreak};
use crate::domain::money::OutOfRange;
use crate::domain::{Actor, Revision, Score, Sequence, Stamp, TextHash, WrongState};

/// Each organisation is measured once, by every metric.
pub fn fit(command: &ProposeRanking) -> Result<(), RankingError> {
    let mut seen = BTreeSet::new();
    for (place, entry) in command.entries.iter().enumerate() {
        if !seen.insert(entry.organisation) {
            let pointer = format!("/entries/{place}/organisation");
            return Err(RankingError::EntryTwice { pointer, organisation: entry.organisation });
        }
        if entry.values.len() != command.metrics.len() {
            let (pointer, metrics) = (format!("/entries/{place}/values"), command.metrics.len().to_string());
            return Err(RankingError::ValuesDiffer { pointer, metrics });
        }
    }
    Ok(())
}

/// How many have more of a metric, and one: ties share the better rank.
fn rank(entries: &[(&Entry, Sequence)], metric: usize, own: Score) -> Result<u32, OutOfRange> {
    let value = |entry: &Entry| entry.values.get(metric).copied().unwrap_or_default();
    let better = entries.iter().filter(|(entry, _)| value(entry) > own).count();
    u32::try_from(better.saturating_add(1)).map_err(|_| OutOfRange)
}

/// Everybody's place. `entries` come with the leaf that registered each organisation.
pub fn places(metrics: &[Metric], entries: &[(&Entry, Sequence)]) -> Result<Vec<Place>, OutOfRange> {
    let mut places = Vec::with_capacity(entries.len());
    for (entry, registered) in entries {
        let own = entry.values.iter().enumerate();
        let ranks =
            own.map(|(metric, value)| rank(entries, metric, *value)).collect::<Result<Vec<_>, _>>()?;
        let weighted = metrics.iter().zip(&ranks).map(|(metric, rank)| metric.weight.times(*rank));
        let sum = Score::sum(weighted.collect::<Result<Vec<_>, _>>()?)?;
        places.push(Place {
            organisation: entry.organisation,
            values: entry.values.clone(),
            evidence: entry.evidence.clone(),
            registered: *registered,
            ranks,
            sum,
            tie: None,
        });
    }
    let first = |place: &Place| place.values.first().copied().unwrap_or_default();
    let order = |one: &Place, other: &Place| {
        let by_sum = one.sum.cmp(&other.sum);
        by_sum.then(first(other).cmp(&first(one))).then(one.registered.cmp(&other.registered))
    };
    places.sort_by(order);
    let ties: Vec<Option<TieBreak>> = places
        .iter()
        .zip(places.iter().skip(1))
        .map(|(one, next)| match (one.sum.cmp(&next.sum), first(one).cmp(&first(next))) {
            (Ordering::Equal, Ordering::Equal) => Some(TieBreak::Registration),
            (Ordering::Equal, _) => Some(TieBreak::FirstMetric),
            _ => None,
        })
        .collect();
    for (place, tie) in places.iter_mut().zip(ties) {
        place.tie = tie;
    }
    Ok(places)
}

pub fn propose(command: &ProposeRanking, places: Vec<Place>, actor: &Actor, stamp: &Stamp) -> Ranking {
    Ranking {
        id: command.id,
        programme: command.programme.clone(),
        year: command.year,
        metrics: command.metrics.clone(),
        places,
        top: command.top,
        status: RankingStatus::Proposed,
        published_on: None,
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    }
}

/// Error: it was decided already.
pub fn proposed(ranking: &Ranking) -> Result<(), RankingError> {
    Ok(WrongState::unless(ranking.status, &[RankingStatus::Proposed])?)
}

/// A ranking approved, or refused where a reason says why.
pub fn decide(ranking: &Ranking, refused: Option<TextHash>, actor: &Actor, stamp: &Stamp) -> Ranking {
    let approved = refused.is_none();
    Ranking {
        status: if approved { RankingStatus::Approved } else { RankingStatus::Rejected },
        published_on: Some(stamp.business_date).filter(|_| approved),
        reason: refused,
        decided_by: Some(actor.subject.clone()),
        revision: ranking.revision.next(stamp),
        ..ranking.clone()
    }
}
