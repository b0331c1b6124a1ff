//! Decisions on organisations.

use super::{ChangeStanding, Organisation, OrganisationError, RegisterOrganisation, Standing};
use crate::domain::{Actor, CreditCode, Revision, Stamp};

/// A new organisation.
pub fn register(
    existing: Option<&Organisation>,
    command: &RegisterOrganisation,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Organisation, OrganisationError> {
    if existing.is_some() {
        return Err(OrganisationError::OrganisationExists { credit_code: command.credit_code });
    }
    if command.bank_account.as_ref().is_some_and(|a| a.name != command.name) {
        return Err(OrganisationError::AccountNameDiffers);
    }
    Ok(Organisation {
        credit_code: command.credit_code,
        name: command.name.clone(),
        category: command.category,
        size: command.size,
        startup: command.startup,
        region: command.region.clone(),
        controller: command.controller.clone(),
        related: command.related.clone(),
        bank_account: command.bank_account.clone(),
        status: Standing::Active,
        reason: None,
        created_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    })
}

/// The organisation blocked or unblocked, with the reason. Doing it again records the new reason.
pub fn change_standing(
    organisation: &Organisation,
    command: &ChangeStanding,
    to: Standing,
    stamp: &Stamp,
) -> Organisation {
    Organisation {
        status: to,
        reason: Some(command.reason),
        revision: organisation.revision.next(stamp),
        ..organisation.clone()
    }
}

/// The organisation, if it is registered and may begin something new.
pub fn may_begin(
    organisation: Option<&Organisation>,
    code: CreditCode,
) -> Result<&Organisation, OrganisationError> {
    let found = organisation.ok_or(OrganisationError::OrganisationNotRegistered { credit_code: code })?;
    match found.status {
        Standing::Active => Ok(found),
        Standing::Blocked => Err(OrganisationError::OrganisationBlocked { credit_code: code }),
    }
}

/// Whether two organisations are related: one lists the other, or both name the same controller.
/// An organisation is related to itself.
pub fn related(one: &Organisation, other: &Organisation) -> bool {
    one.credit_code == other.credit_code
        || one.related.contains(&other.credit_code)
        || other.related.contains(&one.credit_code)
        || one.controller.is_some() && one.controller == other.controller
}
