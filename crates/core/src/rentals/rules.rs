//! Decisions on rental contracts.

use super::{RegisterRental, Rental, RentalError};
use crate::domain::{Actor, Money, RentalId, Revision, Stamp};
use crate::organisations::{Organisation, rules as organisations};

/// What a contract is held against.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Who rents, registered and not blocked.
    pub organisation: &'a Organisation,
    /// Who provides, registered and not blocked.
    pub provider: &'a Organisation,
    /// A contract of the same parties with the same number.
    pub existing: Option<RentalId>,
    /// Whether an active programme of the agency allows related providers.
    pub related_allowed: bool,
}

/// A new contract. `total` is the sum of its lines.
pub fn register(
    facts: &Facts<'_>,
    command: &RegisterRental,
    total: Money,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Rental, RentalError> {
    if let Some(id) = facts.existing {
        return Err(RentalError::ContractExists { contract_no: command.contract_no.clone(), id });
    }
    if command.until < command.from {
        return Err(RentalError::InvalidPeriod);
    }
    if !facts.related_allowed && organisations::related(facts.organisation, facts.provider) {
        return Err(RentalError::RelatedProvider { provider: command.provider });
    }
    Ok(Rental {
        id: command.id,
        organisation: command.organisation,
        provider: command.provider,
        contract_no: command.contract_no.clone(),
        signed_on: command.signed_on,
        from: command.from,
        until: command.until,
        order_no: command.order_no.clone(),
        scenario: command.scenario.clone(),
        lines: command.lines.clone(),
        total,
        created_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    })
}
