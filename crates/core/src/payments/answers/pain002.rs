//! Status reports: what became of a message that was sent, of its groups and of its payments.

use super::tree::Node;
use super::{Answer, AnswerKind, Answers, Whole, account, day, named, reason_code};

pub(super) fn read(parts: &[Node]) -> Answers {
    let header = parts.iter().find(|part| part.name == "GrpHdr");
    let header = header.cloned().unwrap_or_default();
    let mut found = Answers::default();
    for part in parts {
        match part.name.as_str() {
            "OrgnlGrpInfAndSts" => found.whole.extend(whole(&header, part, ["OrgnlMsgId", "GrpSts"])),
            "OrgnlPmtInfAndSts" => {
                found.whole.extend(whole(&header, part, ["OrgnlPmtInfId", "PmtInfSts"]));
                found.answers.extend(part.all("TxInfAndSts").map(|one| answer(&header, one, "TxSts")));
            }
            "TxInfAndSts" => found.answers.push(answer(&header, part, "TxSts")),
            _ => {}
        }
    }
    found
}

fn whole(header: &Node, part: &Node, [id, status]: [&str; 2]) -> Option<Whole> {
    part.text(status)?;
    Some(Whole { message_id: part.text(id)?.to_owned(), answer: answer(header, part, status) })
}

fn answer(header: &Node, one: &Node, status: &str) -> Answer {
    let amount = one.at("OrgnlTxRef/Amt/InstdAmt");
    let dates = ["AccptncDtTm", "FctvIntrBkSttlmDt/Dt", "FctvIntrBkSttlmDt/DtTm"];
    let date = dates.iter().find_map(|path| one.text(path)).or_else(|| header.text("CreDtTm"));
    let reference = ["AcctSvcrRef", "ClrSysRef", "StsId"].iter().find_map(|name| named(one.text(name)));
    let end_to_end_id = named(one.text("OrgnlEndToEndId"));
    // no two answers have the same: what the bank does not name is named by its message
    let ours = end_to_end_id.as_deref().unwrap_or("-");
    let message = header.text("MsgId").map(|message| format!("{message}/{ours}"));
    Answer {
        place: 0,
        said: said(one.text(status)),
        amount: amount.and_then(Node::said).map(str::to_owned),
        currency: amount.and_then(|amount| amount.currency.clone()),
        account: account(one.at("OrgnlTxRef/CdtrAcct")),
        date: date.and_then(day),
        bank_reference: reference.or(message),
        code: one.all("StsRsnInf").find_map(|reason| reason_code(Some(reason))),
        text: one.all("StsRsnInf").find_map(|reason| reason.texts("AddtlInf")),
        end_to_end_id,
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
