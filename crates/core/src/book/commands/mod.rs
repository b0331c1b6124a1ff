//! Commands: of each, what it reads and what is decided on it, under each other in the file of its noun.

mod agencies;
mod audit_notes;
mod award_lists;
mod awards;
mod calendar;
mod cap_groups;
mod claim_decisions;
mod claims;
mod corrections;
mod deductions;
mod evidence;
mod grants;
mod loans;
mod objections;
mod offsets;
mod organisations;
mod overrides;
mod payment_proposals;
mod payments;
mod periods;
mod prefunds;
mod programmes;
mod rankings;
mod recalculations;
mod recoveries;
mod reminders;
mod rentals;
mod reversals;
mod role_grants;
mod statutory_limits;
mod tags;
mod true_ups;
mod usage;
mod voucher_changes;
pub(super) mod vouchers;

use award_lists::{ApproveAwards, RefuseAwards};
use awards::{Accept, CancelAward, Extend, RefuseAcceptance, RefuseExtension};
use claims::{Draft, Rewrite, Submit, Withdraw};
use grants::{
    DraftApplication, OpenCall, RefuseCall, RewriteApplication, SubmitApplication, WithdrawApplication,
};
use organisations::{Block, RejectAccount, Unblock};
use voucher_changes::{Cancel, Reinstate, Suspend};

use super::command::commands;
use super::context::{Context, Decide, Reads};
use super::effects::{Change, Decision};
use super::refusal::Stop;
use super::reversible::reversible;
use super::{Book, Command, Duty, Envelope, Fault, Key, Keys, segregation};
use crate::domain::{Stamp, Subject};

/// How often a load may show that more is needed.
pub const ROUNDS_MAX: usize = 5;

/// The key that says whether a caller is known, which every command reads.
pub fn caller(subject: &Subject) -> Key {
    Key::Person(subject.folded())
}

/// The keys that a command reads, as far as the book shows them already.
///
/// Asked again after each load, at most [`ROUNDS_MAX`] times: the document that a command names, then what that document
/// names, then parents' counters and balances, then the reference rates that a programme's rules name. Asking for more
/// than `decide` reads costs a little; asking for less is a fault, and a property test looks for it.
pub fn needs(command: &Command, stamp: &Stamp, book: &Book) -> Keys {
    let mut reads = Reads::new(book, stamp.business_date, segregation::keys(command, book));
    command.needs(&mut reads);
    reads.into_keys()
}

/// Decides a command. It is a function of the book, the command and the stamp, and of nothing else.
pub fn decide(book: &Book, envelope: &Envelope, stamp: &Stamp) -> Result<Decision, Stop> {
    let newcomer = segregation::recognise(book, &envelope.actor.subject, stamp)?;
    let context = Context { book, envelope, actor: &envelope.actor, if_match: envelope.if_match, stamp };
    let mut decision = envelope.command.decide(context)?;
    decision.effects.changes.extend(newcomer);
    // of reviews and rejections; an approval has said so before
    segregation::impartial(book, envelope)?;
    let kind = envelope.command.kind();
    if Duty::of(kind) == Duty::Approves && segregation::holds(&envelope.command, book)?.is_empty() {
        return Err(Fault::Broken(format!("{kind} is held against nobody")).into());
    }
    let grown = segregation::recorded(book, envelope, &decision, stamp)?;
    decision.effects.changes.extend(grown);
    let effects = &decision.effects;
    let posting = effects
        .effective_date
        .and_then(|day| reversible(&envelope.command, &decision.outcome, &effects.posting, day));
    if let Some(posting) = posting {
        decision.effects.changes.push(Change::Reversible { sequence: stamp.sequence, posting });
    }
    Ok(decision)
}

macro_rules! dispatch {
    ($($(#[$doc:meta])* $name:ident($type:ty $(as $apart:ident)?) $kind:literal $duty:ident, |$c:pat_param| $document:expr;)*) => {
        impl Decide for Command {
            fn needs(&self, reads: &mut Reads<'_>) {
                match self { $(Self::$name(c) => $($apart)?(c).needs(reads),)* }
            }

            fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
                match self { $(Self::$name(c) => $($apart)?(c).decide(context),)* }
            }
        }
    };
}

commands!(dispatch);
