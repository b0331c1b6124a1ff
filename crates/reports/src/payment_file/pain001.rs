//! ISO 20022 `CustomerCreditTransferInitiationV09` (`pain.001.001.09`): one group of transfers in CNY.
//!
//! Banks are named by their CNAPS code in the clearing system, payees by name, credit code and account. `EndToEndId` is
//! the claim's id without hyphens: the same in every file that the claim ever stands in, and what its result is found
//! by. What is not known of the debtor is said to be `NOTPROVIDED`, as ISO 20022's practice is: whoever uploads the file
//! chooses the account.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Debtor, Opened, Payment, PaymentFile};
use crate::formats::FormatError;
use subsidy_core::domain::Money;
use subsidy_core::organisations::BankCode;

const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09";
/// China's clearing system, as ISO 20022's external code set names it.
const CLEARING_SYSTEM: &str = "CNAPS";
const NOT_PROVIDED: &str = "NOTPROVIDED";
/// The most characters of a name and of a remittance's text.
pub(super) const TEXT_CHARS_MAX: usize = 140;

type Xml = Writer<Vec<u8>>;

/// The document's bytes.
pub(super) fn write(
    file: &PaymentFile,
    opened: &[Opened<'_>],
    debtor: Option<&Debtor>,
) -> Result<Vec<u8>, FormatError> {
    let total = file.total()?;
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("Document").with_attribute(("xmlns", NAMESPACE)).write_inner_content(|xml| {
        within(xml, "CstmrCdtTrfInitn", |xml| {
            within(xml, "GrpHdr", |xml| header(xml, file, total))?;
            within(xml, "PmtInf", |xml| transfers(xml, file, total, opened, debtor))
        })
    })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn header(xml: &mut Xml, file: &PaymentFile, total: Money) -> io::Result<()> {
    text(xml, "MsgId", &file.message_id())?;
    text(xml, "CreDtTm", &file.approved_at.to_string())?;
    text(xml, "NbOfTxs", &file.payments.len().to_string())?;
    text(xml, "CtrlSum", &total.to_string())?;
    within(xml, "InitgPty", |xml| text(xml, "Nm", file.agency.as_str()))
}

fn transfers(
    xml: &mut Xml,
    file: &PaymentFile,
    total: Money,
    opened: &[Opened<'_>],
    debtor: Option<&Debtor>,
) -> io::Result<()> {
    text(xml, "PmtInfId", &file.message_id())?;
    text(xml, "PmtMtd", "TRF")?;
    // a line a payment in the account's statement: what the bank answers is answered line by line
    text(xml, "BtchBookg", "false")?;
    text(xml, "NbOfTxs", &file.payments.len().to_string())?;
    text(xml, "CtrlSum", &total.to_string())?;
    within(xml, "ReqdExctnDt", |xml| text(xml, "Dt", &file.execution_date.to_string()))?;
    within(xml, "Dbtr", |xml| text(xml, "Nm", file.payer(debtor).as_str()))?;
    let number = debtor.map_or(NOT_PROVIDED, |debtor| &debtor.account_number.0);
    account(xml, "DbtrAcct", number, true)?;
    agent(xml, "DbtrAgt", debtor.map(|debtor| &debtor.bank_code))?;
    opened.iter().try_for_each(|payment| within(xml, "CdtTrfTxInf", |xml| transfer(xml, payment)))
}

fn transfer(xml: &mut Xml, opened: &Opened<'_>) -> io::Result<()> {
    let payment = opened.payment;
    let (Some(payee), Some(number)) = (&payment.account, opened.number()) else {
        return Err(io::Error::other("a payee has no account number"));
    };
    let reference = payment.claim.uuid().simple().to_string();
    within(xml, "PmtId", |xml| {
        text(xml, "InstrId", &reference)?;
        text(xml, "EndToEndId", &reference)
    })?;
    within(xml, "Amt", |xml| {
        let amount = xml.create_element("InstdAmt").with_attribute(("Ccy", "CNY"));
        amount.write_text_content(BytesText::new(&payment.amount.to_string())).map(|_| ())
    })?;
    agent(xml, "CdtrAgt", Some(&payee.bank_code))?;
    within(xml, "Cdtr", |xml| {
        text(xml, "Nm", payee.name.as_str())?;
        within(xml, "Id", |xml| {
            within(xml, "OrgId", |xml| {
                within(xml, "Othr", |xml| {
                    text(xml, "Id", payment.payee.as_str())?;
                    within(xml, "SchmeNm", |xml| text(xml, "Prtry", "GB 32100-2015"))
                })
            })
        })
    })?;
    account(xml, "CdtrAcct", number, false)?;
    within(xml, "RmtInf", |xml| {
        text(xml, "Ustrd", &remittance(payment))?;
        let Some(codes) = &payment.budget_codes else { return Ok(()) };
        let [project, function, economy, fund] = codes.in_order();
        within(xml, "Strd", |xml| {
            let said = format!("预算项目 {project} 功能分类 {function}");
            text(xml, "AddtlRmtInf", &said)?;
            text(xml, "AddtlRmtInf", &format!("经济分类 {economy} 资金性质 {fund}"))
        })
    })
}

/// 联行号 in its clearing system.
fn agent(xml: &mut Xml, name: &str, bank: Option<&BankCode>) -> io::Result<()> {
    within(xml, name, |xml| {
        within(xml, "FinInstnId", |xml| match bank {
            None => within(xml, "Othr", |xml| text(xml, "Id", NOT_PROVIDED)),
            Some(bank) => within(xml, "ClrSysMmbId", |xml| {
                within(xml, "ClrSysId", |xml| text(xml, "Cd", CLEARING_SYSTEM))?;
                text(xml, "MmbId", &bank.to_string())
            }),
        })
    })
}

fn account(xml: &mut Xml, name: &str, number: &str, currency: bool) -> io::Result<()> {
    within(xml, name, |xml| {
        within(xml, "Id", |xml| within(xml, "Othr", |xml| text(xml, "Id", number)))?;
        if currency { text(xml, "Ccy", "CNY") } else { Ok(()) }
    })
}

/// 附言: what is paid, in the payee's words. A title is named whole or by its programme's code, never in part.
pub(super) fn remittance(payment: &Payment) -> String {
    let of = payment.voucher.as_ref().map_or_else(|| payment.claim.to_string(), Clone::clone);
    let whole = format!("{} 兑付 {of}", payment.title);
    if whole.chars().count() <= TEXT_CHARS_MAX { whole } else { format!("{} 兑付 {of}", payment.programme) }
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(text)).map(|_| ())
}

fn within(xml: &mut Xml, name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> io::Result<()> {
    xml.create_element(name).write_inner_content(content).map(|_| ())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use subsidy_core::domain::{ClaimId, CreditCode, Line, ProgrammeCode};

    fn payment(title: &str, voucher: Option<&str>) -> Payment {
        Payment {
            budget_codes: None,
            claim: ClaimId::new(Uuid::from_u128(7)),
            payee: CreditCode::parse("91310000MA1FL0000N").unwrap(),
            name: Line::parse("甲").unwrap(),
            account: None,
            amount: Money::from_fen(1),
            programme: ProgrammeCode::parse("p").unwrap(),
            title: Line::parse(title).unwrap(),
            voucher: voucher.map(str::to_owned),
        }
    }

    /// What XML 1.0 lets stand in a document.
    fn is_xml(letter: char) -> bool {
        matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
    }

    proptest! {
        /// Whatever name was accepted, the file that carries it is well formed and says it.
        #[test]
        fn any_accepted_name_stands_in_a_well_formed_file(name in prop_oneof!["\\PC{1,60}", ".{1,20}", "[<>&'\"甲\u{FFFF}]{1,9}"]) {
            let Ok(name) = Line::parse(&name) else { return Ok(()) };
            let mut xml = Writer::new(Vec::new());
            text(&mut xml, "Nm", name.as_str()).unwrap();
            let written = String::from_utf8(xml.into_inner()).unwrap();
            prop_assert!(written.chars().all(is_xml), "{written:?}");
            let inner = written.strip_prefix("<Nm>").and_then(|rest| rest.strip_suffix("</Nm>")).unwrap();
            prop_assert!(!inner.contains('<'));
            prop_assert_eq!(quick_xml::escape::unescape(inner).unwrap(), name.as_str());
        }

        #[test]
        fn a_remittance_has_room_for_what_names_the_payment(title in "[券a-z<&]{1,200}") {
            let text = remittance(&payment(&title, Some("p-2025-000001")));
            prop_assert!(text.chars().count() <= TEXT_CHARS_MAX);
            prop_assert!(text.ends_with(" 兑付 p-2025-000001"));
            let without = remittance(&payment(&title, None));
            prop_assert!(without.chars().count() <= TEXT_CHARS_MAX && without.ends_with("-000000000007"));
        }
    }
}
