//! Rankings, which name organisations and post nothing.

use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, found, named};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::{backing, parties, programmes};
use crate::book::refusal::Stop;
use crate::domain::{Date, RankingId};
use crate::programmes::rules::in_force;
use crate::programmes::{Programme, ProgrammeError, ProgrammeStatus, RulesVersion};
use crate::rankings::{
    ApproveRanking, ProposeRanking, Ranking, RankingError, RankingStatus, RejectRanking, rules,
};

impl Decide for ProposeRanking {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Ranking(self.id));
        programmes::read(&self.programme, reads);
        for entry in &self.entries {
            parties::read_alone((&self.programme, None), entry.organisation, reads);
            reads.extend(entry.evidence.iter().copied().map(Key::Evidence));
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let book = context.book;
        let programme = named(book.programmes.get(&self.programme)?, "/programme")?;
        let (version, today) = measured_today(context, programme)?;
        if self.year > today.year() {
            let year = self.year.to_string();
            return Err(RankingError::YearNotBegun { pointer: "/year", year }.into());
        }
        rules::fit(self)?;
        let mut entries = Vec::with_capacity(self.entries.len());
        for (place, entry) in self.entries.iter().enumerate() {
            let organisation = parties::let_in(context, (entry.organisation, today), version)?.organisation;
            for (number, id) in entry.evidence.iter().enumerate() {
                let pointer = format!("/entries/{place}/evidence/{number}");
                backing::own(context, entry.organisation, *id, &pointer)?;
            }
            entries.push((entry, organisation.revision.created));
        }
        let places = rules::places(&self.metrics, &entries).map_err(RankingError::from)?;
        Ok(decided(None, rules::propose(self, places, context.actor, context.stamp)))
    }
}

/// The version of the rules in force today, of a programme that is active; and today.
fn measured_today<'a>(context: Context<'a>, programme: &Programme) -> Result<(&'a RulesVersion, Date), Stop> {
    if programme.status != ProgrammeStatus::Active {
        return Err(ProgrammeError::ProgrammeNotActive { programme: programme.code.clone() }.into());
    }
    let today = context.stamp.business_date;
    let version = in_force(programmes::versions(context.book, programme)?, today);
    Ok((version.ok_or(ProgrammeError::WindowClosed { date: today })?, today))
}

fn existing(context: Context<'_>, id: RankingId) -> Result<&Ranking, Stop> {
    let ranking = found(context.book.rankings.get(&id)?)?;
    context.same_version(&ranking.revision)?;
    rules::proposed(ranking)?;
    context.may_approve()?;
    Ok(ranking)
}

impl Decide for ApproveRanking {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Ranking(self.id));
        let Some(ranking) = reads.book.rankings.peek(&self.id) else { return };
        programmes::read(&ranking.programme, reads);
        for place in ranking.named() {
            parties::read_alone((&ranking.programme, None), place.organisation, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let programme = found(context.book.programmes.get(&before.programme)?)?;
        let (version, today) = measured_today(context, programme)?;
        for place in before.named() {
            parties::let_in(context, (place.organisation, today), version)?;
        }
        Ok(decided(Some(before.status), rules::decide(before, None, context.actor, context.stamp)))
    }
}

impl Decide for RejectRanking {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Ranking(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let ranking = rules::decide(before, Some(self.reason), context.actor, context.stamp);
        Ok(decided(Some(before.status), ranking))
    }
}

fn decided(from: Option<RankingStatus>, ranking: Ranking) -> Decision {
    let step = Transition::new("ranking", &ranking.id, from, ranking.status);
    let effects = Effects::step(Change::Ranking(Box::new(ranking.clone())), step);
    Decision { effects, outcome: Outcome::Ranking(Box::new(ranking)) }
}
