//! What organisations say of invoices, and what claims hold of that.
//!
//! A statement is one organisation's: what it types of a number binds nobody else, and no answer tells another that the
//! number is known. An e-invoice's file that names it as a party, or an officer, confirms it. Claims take of their own
//! organisation's statement, up to its amount less what red invoices 红字 took back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{EvidenceError, InvoiceFacts, Party};
use crate::domain::money::OutOfRange;
use crate::domain::{ClaimId, CreditCode, InvoiceNumber, Money, Revision, Stamp, TextHash};

/// Who stands for a statement, the weakest first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = InvoiceConfirmedBy)]
#[derive(strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Confirmation {
    /// Who brought it typed it.
    #[default]
    Typed,
    /// The file of an e-invoice says all of it, and names the organisation as a party.
    Einvoice,
    /// An officer looked at it.
    Officer,
}

/// One organisation's statement of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvoiceKey {
    pub organisation: CreditCode,
    pub number: InvoiceNumber,
}

/// What a claim holds of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceHold {
    pub claim: ClaimId,
    /// CNY that the claim takes of the invoice.
    pub amount: Money,
}

/// What an organisation says of an invoice, however many of its files show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub organisation: CreditCode,
    pub facts: InvoiceFacts,
    pub confirmed: Confirmation,
    /// CNY of it that claims hold or were paid for.
    pub allocated: Money,
    /// The same by claim, in the order in which they took it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<InvoiceHold>,
    /// CNY that red invoices took back.
    pub reversed: Money,
    /// Why what was paid on it is to come back, as the last red invoice has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversal: Option<TextHash>,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// What other organisations' claims are held against: the short form of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// CNY, tax included, as it was said; none where nobody said it.
    pub amount: Option<Money>,
    /// To whom the invoice was issued.
    pub buyer: Option<Party>,
    pub confirmed: Confirmation,
}

/// All statements of one invoice.
pub type Statements = BTreeMap<CreditCode, Statement>;

impl Statement {
    /// Whether two say the same of amount and buyer. What names no buyer says that whoever brought it is the buyer.
    fn agrees(&self, other: &Self) -> bool {
        self.amount == other.amount && self.buyer.is_some() && self.buyer == other.buyer
    }
}

impl From<&Invoice> for Statement {
    fn from(invoice: &Invoice) -> Self {
        let facts = &invoice.facts;
        Self { amount: facts.amount, buyer: facts.buyer, confirmed: invoice.confirmed }
    }
}

/// Another organisation whose statement contradicts an organisation's own and is no weaker; an officer's word ends it.
pub fn disputed(statements: &Statements, organisation: CreditCode) -> Option<CreditCode> {
    let own = statements.get(&organisation).filter(|own| own.confirmed < Confirmation::Officer)?;
    contradicting(statements, organisation, own)
        .find(|(_, one)| one.confirmed >= own.confirmed)
        .map(|(who, _)| who)
}

/// Another organisation for which an officer confirmed what contradicts this.
pub fn confirmed_for_another(statements: &Statements, organisation: CreditCode) -> Option<CreditCode> {
    let own = statements.get(&organisation)?;
    let mut others = contradicting(statements, organisation, own);
    others.find(|(_, one)| one.confirmed == Confirmation::Officer).map(|(who, _)| who)
}

fn contradicting<'a>(
    statements: &'a Statements,
    organisation: CreditCode,
    own: &'a Statement,
) -> impl Iterator<Item = (CreditCode, &'a Statement)> {
    let others = statements.iter().filter(move |(who, _)| **who != organisation);
    others.filter(move |(_, one)| !one.agrees(own)).map(|(who, one)| (*who, one))
}

impl Invoice {
    /// A statement of which nothing is taken yet.
    pub fn new(organisation: CreditCode, facts: InvoiceFacts, stamp: &Stamp) -> Self {
        Self {
            organisation,
            confirmed: Self::by_file(organisation, &facts),
            facts,
            allocated: Money::ZERO,
            holds: Vec::new(),
            reversed: Money::ZERO,
            reversal: None,
            revision: Revision::first(stamp),
        }
    }

    pub fn key(&self) -> InvoiceKey {
        InvoiceKey { organisation: self.organisation, number: self.facts.number.clone() }
    }

    /// Who stands for facts before any officer does.
    pub fn by_file(organisation: CreditCode, facts: &InvoiceFacts) -> Confirmation {
        let party = Some(Party::Organisation(organisation));
        if facts.einvoice && (facts.buyer == party || facts.seller == party) {
            Confirmation::Einvoice
        } else {
            Confirmation::Typed
        }
    }

    /// CNY that claims may take of it in all: its amount less what red invoices took back. Error: out of range.
    pub fn backing(&self) -> Result<Money, OutOfRange> {
        Ok(self.facts.amount.unwrap_or_default().minus(self.reversed)?.max(Money::ZERO))
    }

    /// CNY that it takes back of another: it is a red one.
    pub fn takes_back(&self) -> Result<Money, OutOfRange> {
        let amount = self.facts.amount.unwrap_or_default().min(Money::ZERO);
        Money::ZERO.minus(amount)
    }

    /// With what a claim holds of it now, perhaps nothing. Error: out of range.
    pub fn held_by(&self, claim: ClaimId, amount: Money, stamp: &Stamp) -> Result<Self, OutOfRange> {
        let mut holds = self.holds.clone();
        match holds.iter_mut().find(|hold| hold.claim == claim) {
            Some(hold) => hold.amount = amount,
            None => holds.push(InvoiceHold { claim, amount }),
        }
        holds.retain(|hold| hold.amount.is_positive());
        let allocated = Money::sum(holds.iter().map(|hold| hold.amount))?;
        Ok(Self { holds, allocated, revision: self.revision.next(stamp), ..self.clone() })
    }

    /// What claims hold beyond what backs them, by claim: the last to take it is the first without. Error: out of range.
    pub fn unbacked(&self) -> Result<BTreeMap<ClaimId, Money>, OutOfRange> {
        let mut over = self.allocated.minus(self.backing()?)?;
        let mut unbacked = BTreeMap::new();
        for hold in self.holds.iter().rev() {
            let amount = hold.amount.min(over);
            if !amount.is_positive() {
                break;
            }
            unbacked.insert(hold.claim, amount);
            over = over.minus(amount)?;
        }
        Ok(unbacked)
    }

    /// The original of a red invoice that takes back so much more of it, or less where the red one was corrected; `reason`
    /// is why what was paid on it is to come back. Error: it is red itself, or out of range.
    pub fn reversed_by(
        &self,
        more: Money,
        reason: Option<TextHash>,
        stamp: &Stamp,
    ) -> Result<Self, ReversedError> {
        if self.takes_back()?.is_positive() {
            let field = "original".to_owned();
            let pointer = "/original_number".to_owned();
            return Err(EvidenceError::InvoiceContradicts { field, pointer }.into());
        }
        let reversed = self.reversed.plus(more)?;
        let reversal = reason.or(self.reversal);
        Ok(Self { reversed, reversal, revision: self.revision.next(stamp), ..self.clone() })
    }

    /// With an officer's word for it, or without it again.
    pub fn confirmed(&self, confirmed: bool, stamp: &Stamp) -> Self {
        let confirmed =
            if confirmed { Confirmation::Officer } else { Self::by_file(self.organisation, &self.facts) };
        Self { confirmed, revision: self.revision.next(stamp), ..self.clone() }
    }
}

/// Why an original is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReversedError {
    #[error(transparent)]
    Refused(#[from] EvidenceError),
    /// More than a ledger keeps.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::{Date, Instant, Sequence};

    fn code(text: &str) -> CreditCode {
        CreditCode::parse(text).unwrap()
    }

    fn stamp() -> Stamp {
        Stamp {
            sequence: Sequence::new(7),
            recorded_at: Instant::parse("2025-02-02T00:00:00Z").unwrap(),
            business_date: Date::parse("2025-02-02").unwrap(),
        }
    }

    fn statement(fen: i64, buyer: Option<&str>, confirmed: Confirmation) -> Statement {
        let buyer = buyer.map(|text| Party::Organisation(code(text)));
        Statement { amount: Some(Money::from_fen(fen)), buyer, confirmed }
    }

    const FIRM: &str = "91310000MA1FL0000N";
    const OTHER: &str = "91110108MA01A2B3CF";

    #[test]
    fn a_statement_that_is_no_weaker_is_a_dispute_until_an_officer_ends_it() {
        use Confirmation::{Einvoice, Officer, Typed};
        let disputed_by = |own: Statement, other: Statement| {
            let statements = Statements::from([(code(FIRM), own), (code(OTHER), other)]);
            disputed(&statements, code(FIRM)) == Some(code(OTHER))
        };
        assert!(
            disputed_by(statement(1, None, Typed), statement(1, None, Typed)),
            "both say that they bought it"
        );
        assert!(!disputed_by(statement(1, Some(FIRM), Einvoice), statement(9, None, Typed)));
        assert!(disputed_by(statement(1, None, Typed), statement(1, Some(OTHER), Einvoice)));
        assert!(disputed_by(statement(1, Some(FIRM), Einvoice), statement(1, Some(OTHER), Einvoice)));
        assert!(!disputed_by(statement(1, None, Officer), statement(9, Some(OTHER), Einvoice)));
        assert!(
            !disputed_by(statement(1, Some(FIRM), Einvoice), statement(1, Some(FIRM), Einvoice)),
            "its seller's copy"
        );
        let alone = Statements::from([(code(FIRM), statement(1, None, Typed))]);
        assert_eq!(disputed(&alone, code(FIRM)), None);
    }

    #[test]
    fn what_a_red_invoice_takes_back_is_missing_to_the_last_that_took_it() {
        let facts = InvoiceFacts {
            amount: Some(Money::from_fen(1_000)),
            ..InvoiceFacts::of(InvoiceNumber::parse(None, "24312000000012345678").unwrap())
        };
        let [one, two] = [1, 2].map(|n| ClaimId::new(uuid::Uuid::from_u128(n)));
        let invoice = Invoice::new(code(FIRM), facts, &stamp());
        let invoice = invoice.held_by(one, Money::from_fen(600), &stamp()).unwrap();
        let invoice = invoice.held_by(two, Money::from_fen(400), &stamp()).unwrap();
        assert_eq!((invoice.allocated.fen(), invoice.unbacked().unwrap().len()), (1_000, 0));
        let less = invoice.reversed_by(Money::from_fen(500), None, &stamp()).unwrap();
        let unbacked: Vec<_> =
            less.unbacked().unwrap().into_iter().map(|(claim, amount)| (claim, amount.fen())).collect();
        assert_eq!(unbacked, [(one, 100), (two, 400)]);
        let free = less.held_by(two, Money::ZERO, &stamp()).unwrap();
        assert_eq!((free.holds.len(), free.allocated.fen()), (1, 600));
    }
}
