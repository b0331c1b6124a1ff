//! Statements and notifications: each booked entry of an account, payment by payment where the bank tells them apart. What
//! it books in one sum it names by the message or the group that the payments were sent in (`Btch`).

use chrono_tz::Tz;

use super::tree::Node;
use super::{Answer, AnswerKind, Answers, Whole, account, day, named, reason_code};

/// Returns, in the bank transaction codes of ISO 20022.
const RETURNS: [&str; 2] = ["RRTN", "PRTN"];

pub(super) fn read(parts: &[Node], zone: Tz) -> Answers {
    let mut found = Answers::default();
    for (answer, message_id) in
        parts.iter().filter(|part| part.name == "Ntry").flat_map(|part| entry(part, zone))
    {
        let place = found.answers.len() + found.whole.len() + 1;
        let answer = Answer { place: u32::try_from(place).unwrap_or(u32::MAX), ..answer };
        match message_id {
            None => found.answers.push(answer),
            Some(message_id) => {
                // the sum is of all, and of each what it is
                let total = answer.amount.clone();
                found.whole.push(Whole { message_id, answer, total });
            }
        }
    }
    found
}

/// An entry: one payment or several that were booked together, each by itself, or all of a message that it names.
fn entry(entry: &Node, zone: Tz) -> Vec<(Answer, Option<String>)> {
    let details: Vec<&Node> = entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let several = details.len() > 1;
    let number = |index: usize| several.then_some(index + 1);
    if several {
        let each = details.iter().enumerate().map(|(index, one)| answer(entry, one, number(index), zone));
        return each.map(|one| (one, None)).collect();
    }
    let one = details.first().copied().unwrap_or(entry);
    let found = answer(entry, one, None, zone);
    let names_a_payment =
        found.end_to_end_id.is_some() || found.instruction_id.is_some() || !found.accounts.is_empty();
    let message = batch(entry, one).filter(|_| !names_a_payment);
    vec![(found, message)]
}

/// The group of payments that an entry books in one sum, else their message.
fn batch(entry: &Node, one: &Node) -> Option<String> {
    let batch = entry.at("NtryDtls/Btch");
    let of_batch = |name: &str| named(batch.and_then(|batch| batch.text(name)));
    let of_payment = |name: &str| named(one.at("Refs").and_then(|refs| refs.text(name)));
    ["PmtInfId", "MsgId"].iter().find_map(|name| of_batch(name).or_else(|| of_payment(name)))
}

fn answer(entry: &Node, one: &Node, number: Option<usize>, zone: Tz) -> Answer {
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
        instruction_id: named(one.text("Refs/InstrId")),
        amount: amount.and_then(Node::said).map(str::to_owned),
        currency: amount.and_then(|amount| amount.currency.clone()),
        accounts: parties.iter().filter_map(|path| account(one.at(path))).collect(),
        date: date.iter().find_map(|path| entry.text(path)).and_then(|date| day(date, zone)),
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
