use crate::book::Key;
use crate::book::context::{Context, Decide, Reads, named};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::guards::programmes;
use crate::book::refusal::{AccessError, Stop};
use crate::domain::Money;
use crate::organisations::rules as organisations;
use crate::programmes::rules::allows_related;
use crate::rentals::{RegisterRental, rules};

impl Decide for RegisterRental {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.extend([
            Key::Organisation(self.organisation),
            Key::Organisation(self.provider),
            Key::Contract(self.contract()),
            Key::Rental(self.id),
        ]);
        for code in reads.book.agency.iter().flat_map(|agency| &agency.related_programmes) {
            programmes::read(code, reads);
        }
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        if !context.acts_for(self.organisation) {
            return Err(AccessError::NotFound { pointer: Some("/organisation".to_owned()) }.into());
        }
        let book = context.book;
        let organisation =
            organisations::may_begin(book.organisations.get(&self.organisation)?, self.organisation)?;
        let provider = organisations::may_begin(book.organisations.get(&self.provider)?, self.provider)?;
        let facts = rules::Facts {
            organisation,
            provider,
            existing: book.contracts.get(&self.contract())?.copied(),
            related_allowed: related_allowed(context)?,
        };
        let total = Money::sum(self.lines.iter().map(|l| l.amount.money()))?;
        let rental = rules::register(&facts, self, total, context.actor, context.stamp)?;
        let step = Transition::new("rental", &rental.id, None, "registered");
        let effects = Effects::step(Change::Rental(Box::new(rental.clone())), step);
        Ok(Decision { effects, outcome: Outcome::Rental(Box::new(rental)) })
    }
}

/// Whether an active programme of the agency lets related providers in today.
fn related_allowed(context: Context<'_>) -> Result<bool, Stop> {
    for code in &context.agency()?.related_programmes {
        let programme = named(context.book.programmes.get(code)?, "/provider")?;
        let versions = programmes::versions(context.book, programme)?;
        if allows_related(programme, versions, context.stamp.business_date) {
            return Ok(true);
        }
    }
    Ok(false)
}
