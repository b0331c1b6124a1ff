//! Invoices as claims take them, in files that can be opened; and some that an auditor should find.

use sha2::{Digest, Sha256};

use super::super::seed::of;
use super::firms::BEIJING;
use super::plan::{Plan, Work, turn, workday};
use crate::cli::Failure;
use subsidy_core::claims::backing::InvoicePart;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{ContentHash, CreditCode, Date, EvidenceId, InvoiceNumber, Money, Role};
use subsidy_core::evidence::{EvidenceKind, InvoiceFacts, MediaType, RegisterEvidence};

/// What a file shows.
struct Shown<'a> {
    number: &'a str,
    amount: Money,
    issued_on: Date,
    original: Option<&'a str>,
}

/// A fully digital invoice's number: year, region, and twenty digits in all.
fn number(key: &str, day: Date) -> String {
    let digest: [u8; 32] = Sha256::digest(key).into();
    let tail = digest.iter().fold(0_u64, |sum, byte| (sum * 31 + u64::from(*byte)) % 1_000_000_000);
    format!("{:02}112000{tail:012}", day.year().number() % 100)
}

/// An invoice over what a claim settles, brought on its day, and the part of it that the claim takes.
pub(super) fn invoice(
    plan: &mut Plan,
    key: &str,
    firm: &str,
    (day, settled): (Date, Amount),
) -> Result<Vec<InvoicePart>, Failure> {
    let shown = Shown { number: &number(key, day), amount: settled.money(), issued_on: day, original: None };
    let evidence_id = bring(plan, key, (firm, day), &shown)?;
    Ok(vec![InvoicePart { evidence_id, amount: settled }])
}

fn bring(
    plan: &mut Plan,
    key: &str,
    (firm, day): (&str, Date),
    shown: &Shown<'_>,
) -> Result<EvidenceId, Failure> {
    let key = format!("invoice {key}");
    let id = EvidenceId::new(Plan::id(&key, day));
    let file = pdf(&format!("e-Invoice {} CNY {} {}", shown.number, shown.amount, shown.issued_on));
    let original = shown.original.map(|number| InvoiceNumber::parse(None, number)).transpose()?;
    let facts = InvoiceFacts {
        amount: Some(shown.amount),
        original,
        issued_on: Some(shown.issued_on),
        ..InvoiceFacts::of(InvoiceNumber::parse(None, shown.number)?)
    };
    let register = RegisterEvidence {
        id,
        kind: EvidenceKind::Invoice,
        organisation: CreditCode::parse(firm)?,
        sha256: ContentHash::new(Sha256::digest(&file).into()),
        bytes: u32::try_from(file.len())?,
        media_type: MediaType::Pdf,
        invoice: Some(facts),
        corrects: false,
        reason: None,
    };
    plan.work(day, key, of(Role::Enterprise, firm)?, Work::Paper(Box::new(register), file));
    Ok(id)
}

/// A red invoice that takes back a part of one that a claim took.
pub(super) fn red(
    plan: &mut Plan,
    key: &str,
    firm: &str,
    (day, settled): (Date, Amount),
) -> Result<(), Failure> {
    let (original, back) = (number(key, day), Money::from_fen(settled.money().fen() / 8));
    let issued_on = workday(day, 60);
    let number = number(&format!("red {key}"), issued_on);
    let shown = Shown { number: &number, amount: back.negated()?, issued_on, original: Some(&original) };
    bring(plan, &format!("red {key}"), (firm, issued_on), &shown)?;
    Ok(())
}

/// An invoice shown twice by a firm, one of which two firms say different things, one dated later than it was brought.
pub(super) fn exceptions(plan: &mut Plan, first: Date) -> Result<(), Failure> {
    for (number_, days) in [(3_u64, 61_u64), (12, 187), (28, 301)] {
        let (day, firm, other) =
            (workday(first, days), turn(&BEIJING, number_)?, turn(&BEIJING, number_ + 9)?);
        let number = number(&format!("twice {number_}"), day);
        let amount = Money::from_fen(3_876_400 + i64::try_from(number_)? * 1_009);
        let shown = Shown { number: &number, amount, issued_on: day, original: None };
        bring(plan, &format!("twice {number_} a"), (firm.code, day), &shown)?;
        bring(plan, &format!("twice {number_} b"), (firm.code, workday(day, 6)), &shown)?;
        let more = Shown { amount: amount.plus(Money::from_fen(500_000))?, ..shown };
        bring(plan, &format!("twice {number_} c"), (other.code, workday(day, 9)), &more)?;
    }
    let (day, firm) = (workday(first, 250), turn(&BEIJING, 5)?);
    let ahead = number("ahead", day);
    let late = day.plus_days(12).unwrap_or(day);
    let shown = Shown { number: &ahead, amount: Money::from_fen(2_134_050), issued_on: late, original: None };
    bring(plan, "ahead", (firm.code, day), &shown)?;
    Ok(())
}

/// A page with a line on it.
fn pdf(line: &str) -> Vec<u8> {
    let drawn = format!("BT /F1 14 Tf 60 760 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawn}\nendstream", drawn.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let begins = file.len();
    let count = objects.len() + 1;
    file.push_str(&format!(
        "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{begins}\n%%EOF\n"
    ));
    file.into_bytes()
}
