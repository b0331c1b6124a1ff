//! Which leaves can be reversed: told from what was asked and answered, the same when it is decided, replayed or read
//! from the log.

use super::{Command, Outcome};
use crate::domain::Date;
use crate::ledger::{Account, Part, Posting, Side};
use crate::payments::{LineStatus, PaymentResult};
use crate::reversals::{PostingOrigin, Reversible};

/// What a leaf that posts something can be reversed as; none where it cannot.
pub fn reversible(
    command: &Command,
    outcome: &Outcome,
    posting: &Posting,
    effective_date: Date,
) -> Option<Reversible> {
    let made = match (command, outcome) {
        (Command::ApproveBudgetChange(c), _) => PostingOrigin::BudgetChange(c.id),
        (Command::SettlePayment(c), _) if c.outcome == PaymentResult::Paid => {
            PostingOrigin::Payment { batch: c.batch, claim: c.claim }
        }
        (Command::ApproveResult(c), Outcome::Payment { line, .. }) if line.status == LineStatus::Paid => {
            PostingOrigin::Payment { batch: c.batch, claim: c.claim }
        }
        (Command::ApprovePrefund(c), _) => PostingOrigin::Prefund(c.id),
        (Command::ApproveClaim(c), _) if deducts(posting) => PostingOrigin::Deduction { claim: c.id },
        (Command::ReceiveRecovery(c), Outcome::Recovery(recovery)) => PostingOrigin::Receipt {
            recovery: c.id,
            number: recovery.receipts.len(),
            parts: receivable(posting),
        },
        (Command::WriteOffRecovery(c), _) => {
            PostingOrigin::WriteOff { recovery: c.id, parts: receivable(posting) }
        }
        _ => return None,
    };
    (!posting.is_empty()).then_some(Reversible { made, effective_date })
}

/// Whether a bank's prefund is drawn on.
fn deducts(posting: &Posting) -> bool {
    posting.lines().iter().any(|line| line.account == Account::F1214 && line.side == Side::Credit)
}

/// What leaves the receivable, by funding level.
fn receivable(posting: &Posting) -> Vec<Part> {
    let leaves = posting.lines().iter().filter(|l| l.account == Account::F1212 && l.side == Side::Credit);
    leaves.map(|line| Part { level: line.level.clone(), amount: line.amount }).collect()
}
