//! Statements and notifications: each booked entry of an account, payment by payment where the bank tells them apart.

use super::tree::Node;
use super::{Answer, AnswerKind, account, day, named, reason_code};

/// Returns, in the bank transaction codes of ISO 20022.
const RETURNS: [&str; 2] = ["RRTN", "PRTN"];

pub(super) fn read(parts: &[Node]) -> Vec<Answer> {
    parts.iter().filter(|part| part.name == "Ntry").flat_map(entry).collect()
}

/// An entry: one payment or several that were booked together.
fn entry(entry: &Node) -> Vec<Answer> {
    let details: Vec<&Node> = entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    if details.is_empty() {
        return vec![answer(entry, entry, None)];
    }
    let several = details.len() > 1;
    let number = |index: usize| several.then_some(index + 1);
    details.iter().enumerate().map(|(index, one)| answer(entry, one, number(index))).collect()
}

fn answer(entry: &Node, one: &Node, number: Option<usize>) -> Answer {
    let text = |path: &str| one.text(path).or_else(|| entry.text(path));
    let amount = ["Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"].iter().find_map(|path| one.at(path));
    let amount = amount.or_else(|| entry.at("Amt").filter(|_| number.is_none()));
    let returned = one.at("RtrInf");
    let own = named(one.text("Refs/AcctSvcrRef").or_else(|| one.text("Refs/TxId")));
    let whole = named(entry.text("AcctSvcrRef").or_else(|| entry.text("NtryRef")));
    // payments that were booked together share the entry's reference
    let shared =
        whole.map(|whole| number.map_or_else(|| whole.clone(), |number| format!("{whole}/{number}")));
    let date = ["BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"];
    let parties = ["RltdPties/CdtrAcct", "RltdPties/DbtrAcct"];
    let words = returned.and_then(|returned| returned.texts("AddtlInf"));
    Answer {
        place: 0,
        said: said(entry, one, text("CdtDbtInd")),
        end_to_end_id: named(one.text("Refs/EndToEndId")),
        amount: amount.and_then(Node::said).map(str::to_owned),
        currency: amount.and_then(|amount| amount.currency.clone()),
        account: parties.iter().find_map(|path| account(one.at(path))),
        date: date.iter().find_map(|path| entry.text(path)).and_then(day),
        bank_reference: own.or(shared),
        code: reason_code(returned),
        text: words.or_else(|| entry.text("AddtlNtryInf").map(str::to_owned)),
    }
}

/// Money that left the account paid somebody; money that came back says that it does.
fn said(entry: &Node, one: &Node, sign: Option<&str>) -> AnswerKind {
    let status = entry.text("Sts/Cd").or_else(|| entry.text("Sts/Prtry")).or_else(|| entry.text("Sts"));
    if status.is_some_and(|status| status != "BOOK") {
        return AnswerKind::Pending;
    }
    let reversed = entry.text("RvslInd").is_some_and(|text| matches!(text, "true" | "1"));
    let family = |node: &Node| node.text("BkTxCd/Domn/Fmly/SubFmlyCd").map(str::to_owned);
    let family = family(one).or_else(|| family(entry));
    let undoes =
        one.at("RtrInf").is_some() || reversed || family.is_some_and(|code| RETURNS.contains(&code.as_str()));
    match (sign, undoes) {
        (Some("DBIT"), false) => AnswerKind::Paid,
        (Some("CRDT"), true) => AnswerKind::Returned,
        _ => AnswerKind::Received,
    }
}
