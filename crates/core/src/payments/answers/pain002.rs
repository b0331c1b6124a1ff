//! Status reports: what became of a message that was sent, of its groups and of its payments. What a payment does not say
//! itself its group says, and what a group does not say the message does.

use chrono_tz::Tz;

use super::tree::Node;
use super::{Answer, AnswerKind, Answers, Whole, account, day, named, reason_code};

pub(super) fn read(parts: &[Node], zone: Tz) -> Answers {
    let named = |name: &str| parts.iter().find(|part| part.name == name);
    let header = named("GrpHdr").cloned().unwrap_or_default();
    let of_message = named("OrgnlGrpInfAndSts").and_then(|message| message.text("GrpSts"));
    let mut found = Answers::default();
    let mut messages = Vec::new();
    let place = |found: &Answers| u32::try_from(found.answers.len() + 1).unwrap_or(u32::MAX);
    for part in parts {
        match part.name.as_str() {
            "OrgnlGrpInfAndSts" => messages.extend(whole(&header, part, ["OrgnlMsgId", "GrpSts"], zone)),
            "OrgnlPmtInfAndSts" => {
                found.whole.extend(whole(&header, part, ["OrgnlPmtInfId", "PmtInfSts"], zone));
                let of_group = part.text("PmtInfSts").or(of_message);
                for one in part.all("TxInfAndSts") {
                    let status = one.text("TxSts").or(of_group);
                    found.answers.push(Answer { place: place(&found), ..answer(&header, one, status, zone) });
                }
            }
            "TxInfAndSts" => {
                let status = part.text("TxSts").or(of_message);
                found.answers.push(Answer { place: place(&found), ..answer(&header, part, status, zone) });
            }
            _ => {}
        }
    }
    // a group says more of its payments than the message it came in
    found.whole.extend(messages);
    found
}

fn whole(header: &Node, part: &Node, [id, status]: [&str; 2], zone: Tz) -> Option<Whole> {
    let answer = answer(header, part, Some(part.text(status)?), zone);
    Some(Whole { message_id: part.text(id)?.to_owned(), answer, total: None })
}

fn answer(header: &Node, one: &Node, status: Option<&str>, zone: Tz) -> Answer {
    let amount = one.at("OrgnlTxRef/Amt/InstdAmt");
    let dates = ["AccptncDtTm", "FctvIntrBkSttlmDt/Dt", "FctvIntrBkSttlmDt/DtTm"];
    let date = dates.iter().find_map(|path| one.text(path)).or_else(|| header.text("CreDtTm"));
    let reference = ["AcctSvcrRef", "ClrSysRef", "StsId"].iter().find_map(|name| named(one.text(name)));
    let end_to_end_id = named(one.text("OrgnlEndToEndId"));
    let instruction_id = named(one.text("OrgnlInstrId"));
    // no two answers have the same: what the bank does not name is named by its message
    let ours = end_to_end_id.as_deref().or(instruction_id.as_deref()).unwrap_or("-");
    let message = header.text("MsgId").map(|message| format!("{message}/{ours}"));
    Answer {
        place: 0,
        said: said(status),
        amount: amount.and_then(Node::said).map(str::to_owned),
        currency: amount.and_then(|amount| amount.currency.clone()),
        accounts: account(one.at("OrgnlTxRef/CdtrAcct")).into_iter().collect(),
        date: date.and_then(|date| day(date, zone)),
        bank_reference: reference.or(message),
        code: one.all("StsRsnInf").find_map(|reason| reason_code(Some(reason))),
        text: one.all("StsRsnInf").find_map(|reason| reason.texts("AddtlInf")),
        end_to_end_id,
        instruction_id,
    }
}

/// Only what is final is a result; ISO 20022's other statuses say how far a payment is.
fn said(status: Option<&str>) -> AnswerKind {
    match status {
        Some("ACSC" | "ACCC") => AnswerKind::Paid,
        Some("RJCT" | "CANC") => AnswerKind::Returned,
        _ => AnswerKind::Pending,
    }
}
