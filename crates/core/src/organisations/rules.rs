use super::{
    AccountChange, BankAccount, ChangeStanding, Organisation, OrganisationError, RegisterOrganisation,
    Standing,
};
use crate::domain::{Actor, CreditCode, Revision, Stamp, TextHash, WrongState};

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
        account_change: None,
        account_since: None,
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

/// The organisation with an account that waits for approval. One at a time, so that nobody approves another account than
/// the one that was looked at.
pub fn propose_account(
    organisation: &Organisation,
    account: &BankAccount,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Organisation, OrganisationError> {
    if organisation.account_change.is_some() {
        return Err(WrongState::not("proposed", &["unchanged"]).into());
    }
    if account.name != organisation.name {
        return Err(OrganisationError::AccountNameDiffers);
    }
    let change = AccountChange { account: account.clone(), proposed_by: actor.subject.clone() };
    Ok(Organisation {
        account_change: Some(Box::new(change)),
        revision: organisation.revision.next(stamp),
        ..organisation.clone()
    })
}

/// The account that waits for approval.
pub fn waiting_account(organisation: &Organisation) -> Result<&AccountChange, OrganisationError> {
    let none = || WrongState::not("unchanged", &["proposed"]).into();
    organisation.account_change.as_deref().ok_or_else(none)
}

/// The organisation with its new account. Batches proposed before do not pay to it unseen; to the first account that it
/// ever has they may, since nobody looked at another.
pub fn approve_account(organisation: &Organisation, change: &AccountChange, stamp: &Stamp) -> Organisation {
    Organisation {
        bank_account: Some(change.account.clone()),
        account_change: None,
        account_since: organisation.bank_account.as_ref().map(|_| stamp.sequence),
        revision: organisation.revision.next(stamp),
        ..organisation.clone()
    }
}

/// The organisation as it was, with the reason.
pub fn reject_account(organisation: &Organisation, reason: TextHash, stamp: &Stamp) -> Organisation {
    Organisation {
        account_change: None,
        reason: Some(reason),
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
