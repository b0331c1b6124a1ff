//! Decisions on evidence, and what a file and a request say together of an invoice.

use super::einvoice::Einvoice;
use super::{
    Confirmation, Evidence, EvidenceError, EvidenceKind, Invoice, InvoiceFacts, MediaType, Party,
    RegisterEvidence,
};
use crate::domain::money::Amount;
use crate::domain::{Actor, CreditCode, Date, InvoiceNumber, Money, Revision, Stamp};

/// What a request says of an invoice, as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InvoiceStatement<'a> {
    /// `invoice_number`
    pub number: Option<&'a str>,
    /// `invoice_code`
    pub code: Option<&'a str>,
    /// `amount`
    pub amount: Option<&'a str>,
    /// `original_number`
    pub original_number: Option<&'a str>,
    /// `original_code`
    pub original_code: Option<&'a str>,
}

impl InvoiceStatement<'_> {
    /// Whether it says nothing.
    pub fn is_silent(&self) -> bool {
        let said = [self.number, self.code, self.amount, self.original_number, self.original_code];
        said.iter().all(Option::is_none)
    }

    /// The number, to which the file's own is taken where only a code is said.
    fn invoice_number(&self, of_file: Option<&str>) -> Result<Option<InvoiceNumber>, EvidenceError> {
        let number = match (self.code, self.number) {
            (None, None) => return Ok(None),
            (code, number) => InvoiceNumber::parse(code, number.or(of_file).unwrap_or_default()),
        };
        number.map(Some).map_err(|_| EvidenceError::InvoiceNumber { pointer: "/invoice_number".to_owned() })
    }

    fn money(&self) -> Result<Option<Money>, EvidenceError> {
        self.amount.map(signed).transpose()
    }

    /// What a red invoice takes back, as far as the request says it.
    fn original(&self) -> Result<Option<InvoiceNumber>, EvidenceError> {
        if self.original_code.is_none() && self.original_number.is_none() {
            return Ok(None);
        }
        let number = InvoiceNumber::parse(self.original_code, self.original_number.unwrap_or_default());
        number.map(Some).map_err(|_| EvidenceError::InvoiceNumber { pointer: "/original_number".to_owned() })
    }
}

fn invalid_amount() -> EvidenceError {
    EvidenceError::InvalidAmount { pointer: "/amount".to_owned() }
}

/// Error: a file of this type cannot be that.
pub fn fits(kind: EvidenceKind, media_type: MediaType) -> Result<(), EvidenceError> {
    if kind.takes(media_type) { Ok(()) } else { Err(EvidenceError::FileType { kind }) }
}

/// An amount of an invoice, below zero where it is a red one.
fn signed(text: &str) -> Result<Money, EvidenceError> {
    let amount = Amount::parse(text.strip_prefix('-').unwrap_or(text)).map_err(|_| invalid_amount())?.money();
    if text.starts_with('-') { amount.negated().map_err(|_| invalid_amount()) } else { Ok(amount) }
}

/// An amount as invoices print it, which is not 0.00.
fn printed(text: &str) -> Result<Money, EvidenceError> {
    Money::parse_printed(text).ok().filter(|amount| !amount.is_zero()).ok_or_else(invalid_amount)
}

/// The day in front of a time, in any of the forms that invoices have.
fn day(text: &str) -> Option<Date> {
    let plain = text.replace(['年', '月'], "-").replace('日', "");
    Date::parse(&plain.chars().take(10).collect::<String>()).ok()
}

/// What a request and the file say together. Whichever is silent leaves it to the other; where both speak, they agree.
pub fn facts(said: &InvoiceStatement<'_>, file: Option<&Einvoice>) -> Result<InvoiceFacts, EvidenceError> {
    let pointer = || "/invoice_number".to_owned();
    let of_file = file.and_then(|file| file.number.as_deref());
    let of_request = said.invoice_number(of_file)?;
    // an older invoice's code stands apart from its number: the file joins them, or the request
    let code = file.and_then(|file| file.code.as_deref()).or(said.code);
    let of_file = of_file.map(|number| InvoiceNumber::parse(code.filter(|_| number.len() == 8), number));
    let of_file = of_file.transpose().map_err(|_| EvidenceError::InvoiceNumber { pointer: pointer() })?;
    let number = match (of_request, of_file) {
        (Some(said), Some(found)) if said != found => {
            return Err(EvidenceError::InvoiceNumberContradicts { pointer: pointer() });
        }
        (Some(number), _) | (None, Some(number)) => number,
        (None, None) => return Err(EvidenceError::InvoiceNumber { pointer: pointer() }),
    };
    let silent = Einvoice::default();
    let file = file.unwrap_or(&silent);
    let printed = file.amount.as_deref().map(printed).transpose()?;
    let amount = agreed("amount", said.money()?, printed)?;
    let original = agreed("original", said.original()?, file.original.clone())?;
    let red = amount.is_some_and(|amount| amount < Money::ZERO);
    if red != original.is_some() || original.as_ref() == Some(&number) {
        return Err(EvidenceError::OriginalInvoice { pointer: "/original_number".to_owned() });
    }
    Ok(InvoiceFacts {
        number,
        amount,
        original,
        einvoice: file.number.is_some() && printed.is_some() && file.buyer.is_some() && file.seller.is_some(),
        // an exempt invoice has 免税 or `***` in its place, which is no amount
        tax: file.tax.as_deref().and_then(|tax| Money::parse_printed(tax).ok()),
        buyer: file.buyer.as_deref().map(Party::of),
        buyer_name: None,
        seller: file.seller.as_deref().map(Party::of),
        seller_name: None,
        issued_on: file.issued_on.as_deref().and_then(day),
    })
}

/// What two say of a field; where one is silent, what the other says.
fn agreed<T: PartialEq>(field: &str, one: Option<T>, other: Option<T>) -> Result<Option<T>, EvidenceError> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            Err(EvidenceError::InvoiceContradicts { field: field.to_owned(), pointer: format!("/{field}") })
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// A file that is kept.
pub fn register(command: &RegisterEvidence, actor: &Actor, stamp: &Stamp) -> Evidence {
    Evidence {
        id: command.id,
        kind: command.kind,
        organisation: command.organisation,
        sha256: command.sha256,
        bytes: command.bytes,
        media_type: command.media_type,
        invoice: command.invoice.clone(),
        brought_on: stamp.business_date,
        created_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    }
}

/// A statement as a file shows it whose bringer, an officer, found that what was known is wrong. Error: claims rest on
/// that, or a red invoice became another thing.
pub fn corrected(
    known: Option<&Invoice>,
    (organisation, facts): (CreditCode, &InvoiceFacts),
    stamp: &Stamp,
) -> Result<Option<Invoice>, EvidenceError> {
    let Some(invoice) = known else {
        let new = Invoice::new(organisation, facts.clone(), stamp);
        return Ok(Some(Invoice { confirmed: Confirmation::Officer, ..new }));
    };
    if invoice.allocated.is_positive() {
        return Err(EvidenceError::InvoiceInUse { allocated: invoice.allocated });
    }
    let old = &invoice.facts;
    let red = |facts: &InvoiceFacts| facts.amount.map(|amount| amount < Money::ZERO);
    agreed("amount", red(old).filter(|_| old.original.is_some()), red(facts))?;
    let new = InvoiceFacts {
        number: old.number.clone(),
        amount: facts.amount.or(old.amount),
        original: agreed("original", old.original.clone(), facts.original.clone())?,
        einvoice: old.einvoice || facts.einvoice,
        tax: facts.tax.or(old.tax),
        buyer: facts.buyer.or(old.buyer),
        buyer_name: facts.buyer.map_or(old.buyer_name, |_| facts.buyer_name),
        seller: facts.seller.or(old.seller),
        seller_name: facts.seller.map_or(old.seller_name, |_| facts.seller_name),
        issued_on: facts.issued_on.or(old.issued_on),
    };
    Ok(restated(invoice, new, Confirmation::Officer, stamp))
}

/// A statement with what one more file says of it; none where it says nothing new. Error: it contradicts what the same
/// organisation said before.
pub fn learnt(
    known: Option<&Invoice>,
    (organisation, facts): (CreditCode, &InvoiceFacts),
    stamp: &Stamp,
) -> Result<Option<Invoice>, EvidenceError> {
    let Some(invoice) = known else { return Ok(Some(Invoice::new(organisation, facts.clone(), stamp))) };
    let old = &invoice.facts;
    let new = InvoiceFacts {
        number: old.number.clone(),
        amount: agreed("amount", old.amount, facts.amount)?,
        original: agreed("original", old.original.clone(), facts.original.clone())?,
        einvoice: old.einvoice || facts.einvoice,
        tax: agreed("tax", old.tax, facts.tax)?,
        buyer: agreed("buyer", old.buyer, facts.buyer)?,
        buyer_name: old.buyer_name.or(facts.buyer_name),
        seller: agreed("seller", old.seller, facts.seller)?,
        seller_name: old.seller_name.or(facts.seller_name),
        issued_on: agreed("issued_on", old.issued_on, facts.issued_on)?,
    };
    let confirmed = invoice.confirmed.max(Invoice::by_file(organisation, &new));
    Ok(restated(invoice, new, confirmed, stamp))
}

/// A statement with other facts or another word for it; none where both are what they were.
fn restated(
    invoice: &Invoice,
    facts: InvoiceFacts,
    confirmed: Confirmation,
    stamp: &Stamp,
) -> Option<Invoice> {
    let revision = invoice.revision.next(stamp);
    let changed = facts != invoice.facts || confirmed != invoice.confirmed;
    changed.then(|| Invoice { facts, confirmed, revision, ..invoice.clone() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::einvoice::{self, tests::WHOLE};
    use super::*;
    use crate::domain::{Instant, Sequence};

    const NUMBER: &str = "24312000000012345678";

    fn said<'a>(number: &'a str, amount: &'a str) -> InvoiceStatement<'a> {
        let text = |text: &'a str| Some(text).filter(|text| !text.is_empty());
        InvoiceStatement { number: text(number), amount: text(amount), ..InvoiceStatement::default() }
    }

    fn code(of: Result<InvoiceFacts, EvidenceError>) -> String {
        let value = serde_json::to_value(of.unwrap_err()).unwrap();
        format!("{} {}", value["code"].as_str().unwrap(), value["pointer"].as_str().unwrap())
    }

    fn stamp(sequence: u64) -> Stamp {
        let recorded_at = Instant::parse("2025-02-02T00:00:00Z").unwrap();
        Stamp {
            sequence: Sequence::new(sequence),
            recorded_at,
            business_date: Date::parse("2025-02-02").unwrap(),
        }
    }

    #[test]
    fn a_file_fills_in_what_the_request_does_not_say_and_the_other_way_round() {
        let file = einvoice::read(WHOLE.as_bytes()).unwrap();
        let all = facts(&InvoiceStatement::default(), file.as_ref()).unwrap();
        assert_eq!(all.number.number(), NUMBER);
        assert_eq!(
            (all.amount.unwrap().to_string(), all.tax.unwrap().to_string()),
            ("1060000.00".into(), "60000.00".into())
        );
        assert_eq!(all.buyer.unwrap().to_string(), "91310000MA1FL0000N");
        assert_eq!(all.issued_on.unwrap().to_string(), "2025-02-01");
        assert_eq!(facts(&said(NUMBER, "1060000"), file.as_ref()), Ok(all));
        let typed = facts(&said(NUMBER, "5.00"), None).unwrap();
        assert_eq!((typed.amount.unwrap().to_string(), typed.buyer), ("5.00".into(), None));
        let old = InvoiceStatement {
            number: Some("12345678"),
            code: Some("3100201130"),
            ..InvoiceStatement::default()
        };
        assert_eq!(facts(&old, None).unwrap().number.to_string(), "3100201130-12345678");
    }

    #[test]
    fn what_contradicts_is_refused_and_named() {
        let file = einvoice::read(WHOLE.as_bytes()).unwrap();
        let refused = |said: &InvoiceStatement<'_>| code(facts(said, file.as_ref()));
        assert_eq!(refused(&said("24312000000012345679", "")), "invoice_number_contradicts /invoice_number");
        assert_eq!(refused(&said(NUMBER, "1060000.01")), "invoice_contradicts /amount");
        assert_eq!(refused(&said("1234", "")), "invoice_number /invoice_number");
        assert_eq!(refused(&said("", "1.001")), "invalid_amount /amount");
        assert_eq!(code(facts(&InvoiceStatement::default(), None)), "invoice_number /invoice_number");
        assert_eq!(
            code(facts(&InvoiceStatement { code: Some("3100201130"), ..InvoiceStatement::default() }, None)),
            "invoice_number /invoice_number"
        );
    }

    #[test]
    fn an_amount_is_read_as_it_is_printed_and_a_red_invoice_names_its_original() {
        let amount = |text: &str| {
            let file = WHOLE.replace("1060000.00<", &format!("{text}<"));
            let file = einvoice::read(file.as_bytes()).unwrap();
            facts(&InvoiceStatement::default(), file.as_ref()).map(|facts| facts.amount.unwrap().to_string())
        };
        for (text, expected) in
            [("1060000", "1060000.00"), ("￥12.5", "12.50"), ("12.500000", "12.50"), ("12.000", "12.00")]
        {
            assert_eq!(amount(text).unwrap(), expected, "{text}");
        }
        for text in ["0.00", "-0.00", "--5", "12.345", "1e5", "1,060.00"] {
            assert!(matches!(amount(text), Err(EvidenceError::InvalidAmount { .. })), "{text}");
        }
        for text in ["-1060000.00", "-￥1060000.00", "¥-1060000.00"] {
            assert!(matches!(amount(text), Err(EvidenceError::OriginalInvoice { .. })), "{text}");
        }
        let tax = |text: &str| {
            let file = WHOLE.replace("60000.00</TotalTaxAm>", &format!("{text}</TotalTaxAm>"));
            let file = einvoice::read(file.as_bytes()).unwrap();
            facts(&InvoiceStatement::default(), file.as_ref()).unwrap().tax.map(Money::fen)
        };
        for (text, fen) in [
            ("¥18.00", Some(1_800)),
            ("18.000", Some(1_800)),
            ("￥ 18", Some(1_800)),
            ("0.00", Some(0)),
            ("***", None),
        ] {
            assert_eq!(tax(text), fen, "{text}");
        }
        let red = InvoiceStatement { original_number: Some("24312000000012345670"), ..said(NUMBER, "-5.00") };
        let facts = facts(&red, None).unwrap();
        assert_eq!(
            (facts.amount.unwrap().fen(), facts.original.unwrap().number()),
            (-500, "24312000000012345670")
        );
        for wrong in [
            InvoiceStatement { original_number: Some("24312000000012345670"), ..said(NUMBER, "5.00") },
            InvoiceStatement { original_number: Some(NUMBER), ..said(NUMBER, "-5.00") },
            said(NUMBER, "-5.00"),
        ] {
            assert_eq!(code(super::facts(&wrong, None)), "original_invoice /original_number");
        }
    }

    #[test]
    fn a_party_without_a_credit_code_is_not_kept_and_stays_another() {
        let file = WHOLE.replace("91310000MA1FL0000N", "310101199001011234");
        let file = einvoice::read(file.as_bytes()).unwrap();
        let facts = facts(&InvoiceStatement::default(), file.as_ref()).unwrap();
        assert_eq!(facts.buyer, Some(Party::Other));
        assert!(!serde_json::to_string(&facts).unwrap().contains("310101"));
    }

    #[test]
    fn an_invoice_learns_what_was_not_known_and_nothing_that_contradicts() {
        let typed = facts(&said(NUMBER, ""), None).unwrap();
        let file = einvoice::read(WHOLE.as_bytes()).unwrap();
        let whole = facts(&InvoiceStatement::default(), file.as_ref()).unwrap();
        let firm = CreditCode::parse("91310000MA1FL0000N").unwrap();
        let first = learnt(None, (firm, &typed), &stamp(7)).unwrap().unwrap();
        assert_eq!(first.confirmed, Confirmation::Typed);
        assert_eq!((first.allocated, first.facts.amount), (Money::ZERO, None));
        let second = learnt(Some(&first), (firm, &whole), &stamp(9)).unwrap().unwrap();
        assert_eq!(second.confirmed, Confirmation::Einvoice);
        assert_eq!((&second.facts, second.revision.version), (&whole, Sequence::new(9)));
        assert_eq!(learnt(Some(&second), (firm, &typed), &stamp(11)), Ok(None));
        let other = facts(&said(NUMBER, "5.00"), None).unwrap();
        let refused = learnt(Some(&second), (firm, &other), &stamp(11)).unwrap_err();
        assert!(matches!(refused, EvidenceError::InvoiceContradicts { field, .. } if field == "amount"));
    }

    #[test]
    fn a_correction_replaces_what_it_says_while_nothing_rests_on_it() {
        let wrong = facts(&said(NUMBER, "106000"), None).unwrap();
        let right = facts(&said(NUMBER, "1060000"), None).unwrap();
        let firm = CreditCode::parse("91310000MA1FL0000N").unwrap();
        let known = learnt(None, (firm, &wrong), &stamp(7)).unwrap().unwrap();
        let mended = corrected(Some(&known), (firm, &right), &stamp(9)).unwrap().unwrap();
        assert_eq!(mended.confirmed, Confirmation::Officer);
        assert_eq!((&mended.facts, mended.revision.version), (&right, Sequence::new(9)));
        assert_eq!(corrected(Some(&mended), (firm, &right), &stamp(11)), Ok(None));
        let silent = facts(&said(NUMBER, ""), None).unwrap();
        assert_eq!(
            corrected(Some(&mended), (firm, &silent), &stamp(11)),
            Ok(None),
            "what it does not say stays"
        );
        let used = Invoice { allocated: Money::from_fen(1), ..mended };
        assert!(matches!(
            corrected(Some(&used), (firm, &wrong), &stamp(13)),
            Err(EvidenceError::InvoiceInUse { .. })
        ));
    }

    #[test]
    fn an_invoice_is_no_table_and_a_bank_statement_may_be_one() {
        assert!(fits(EvidenceKind::Invoice, MediaType::Xml).is_ok());
        assert_eq!(
            fits(EvidenceKind::Invoice, MediaType::Text),
            Err(EvidenceError::FileType { kind: EvidenceKind::Invoice })
        );
        assert!(fits(EvidenceKind::BankStatement, MediaType::Csv).is_ok());
        assert!(fits(EvidenceKind::LoanContract, MediaType::Csv).is_err());
    }
}
