//! What is paid, by batches twice a month, what of it the bank sends back, and what is asked back later.

use super::super::seed::{actor, deputy};
use super::plan::{Due, Plan, Work, workday};
use crate::cli::Failure;

use subsidy_core::book::Command;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{Date, Line, Money, Month, PaymentBatchId, RecoveryId, Role};
use subsidy_core::payments::{
    ApprovePaymentBatch, ClaimIds, NAME_MAX, PaymentResult, ProposePaymentBatch, SettlePayment,
};
use subsidy_core::recoveries::{
    ApproveRecovery, ProposeRecovery, ReceiveRecovery, RejectRecovery, WriteOffRecovery,
};

/// Batches of all claims that are due, from the first day on; what was paid.
pub(super) fn pay(plan: &mut Plan, first: Date) -> Result<Vec<Due>, Failure> {
    let mut waiting = std::mem::take(&mut plan.due);
    waiting.sort_by_key(|due| due.day);
    let (mut paid, mut lines) = (Vec::new(), 0_u64);
    for month in Month::of(first).through(Month::of(plan.until)) {
        for after in [9, 24] {
            let day = workday(month.first_day(), after);
            let ready = |due: &Due| workday(due.day, 1) < day;
            let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
            waiting = later;
            if now.is_empty() || day > plan.until {
                continue;
            }
            let back = batch(plan, day, now, (&mut paid, &mut lines))?;
            waiting.extend(back);
        }
    }
    // what is left is proposed on the last day, and waits for its approval
    let left = waiting.into_iter().take(4).map(|due| due.claim).collect::<Vec<_>>();
    if !left.is_empty() {
        let id = PaymentBatchId::new(Plan::id("last batch", plan.until));
        plan.step(plan.until, "last batch", actor(Role::Officer)?, propose(id, left)?);
    }
    Ok(paid)
}

fn propose(id: PaymentBatchId, claims: Vec<subsidy_core::domain::ClaimId>) -> Result<Command, Failure> {
    let claims = ClaimIds::new(claims)?;
    Ok(Command::ProposePaymentBatch(Box::new(ProposePaymentBatch {
        id,
        claims: Some(claims),
        name_max: NAME_MAX,
        letters: None,
    })))
}

/// A batch with the bank's answers; what the bank sent back.
fn batch(
    plan: &mut Plan,
    day: Date,
    claims: Vec<Due>,
    (paid, lines): (&mut Vec<Due>, &mut u64),
) -> Result<Vec<Due>, Failure> {
    let (key, mut back) = (format!("batch {day}"), Vec::new());
    let id = PaymentBatchId::new(Plan::id(&key, day));
    let propose = propose(id, claims.iter().map(|due| due.claim).collect())?;
    let officer = actor(Role::Officer)?;
    plan.agreed(day, &key, propose, Command::ApprovePaymentBatch(ApprovePaymentBatch { id }))?;
    let answered = workday(day, 7);
    for due in claims {
        *lines += 1;
        let returned = lines.is_multiple_of(29);
        let bank_reference =
            Line::parse(&format!("{}{:06}", answered.to_string().replace('-', ""), 40_217 + *lines * 13))?;
        let settle = |outcome, reason| {
            Command::SettlePayment(SettlePayment {
                batch: id,
                claim: due.claim,
                outcome,
                amount: None,
                bank_reference,
                date: answered,
                reason,
                statement: None,
            })
        };
        let step = format!("result {day} {}", due.key);
        let after = Due { day: answered, ..due };
        if returned {
            let why = "收款人户名与账号不符，银行退汇";
            plan.explained(answered, step, officer.clone(), why, |reason| {
                settle(PaymentResult::Returned, Some(reason))
            });
            back.extend((answered <= plan.until).then_some(after));
        } else {
            plan.step(answered, step.clone(), officer.clone(), settle(PaymentResult::Paid, None));
            if answered <= plan.until {
                paid.push(Due { key: step, ..after });
            }
        }
    }
    Ok(back)
}

/// How a recovery fares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Received,
    InParts,
    /// A receipt was recorded in error, and reversed.
    Mistaken,
    WrittenOff,
    Refused,
    /// It is asked back, and nobody paid yet.
    Open,
}

/// Which of the payments, counted from the first, is asked back, of a hundred CNY how many, and what becomes of that.
const RECOVERIES: [(usize, i64, Fate); 9] = [
    (4, 30, Fate::Received),
    (13, 100, Fate::Received),
    (22, 45, Fate::InParts),
    (31, 20, Fate::Mistaken),
    (38, 15, Fate::WrittenOff),
    (47, 60, Fate::Refused),
    (56, 25, Fate::InParts),
    (70, 35, Fate::Open),
    (83, 50, Fate::Received),
];

pub(super) fn recover(plan: &mut Plan, paid: &[Due]) -> Result<(), Failure> {
    for (number, (place, percent, fate)) in (1_u64..).zip(RECOVERIES) {
        if let Some(due) = paid.get(place) {
            recovery(plan, (number, percent, fate), due)?;
        }
    }
    // decided by nobody yet
    if let Some(due) = paid.iter().rev().nth(6) {
        let day = workday(plan.until, 0).min(plan.until);
        proposed(plan, (10, 5), due, day)?;
    }
    Ok(())
}

fn proposed(
    plan: &mut Plan,
    (number, percent): (u64, i64),
    due: &Due,
    day: Date,
) -> Result<(RecoveryId, Amount), Failure> {
    let id = RecoveryId::new(Plan::id(&format!("recovery {number}"), day));
    let amount = Amount::parse(&Money::from_fen(due.amount.fen() * percent / 125).to_string())?;
    let decision_no = Line::parse(&format!("京算追〔{}〕{number} 号", day.year().number()))?;
    let why = match number % 3 {
        0 => "专项审计发现同一用量重复结算，追回多付部分",
        1 => "企业提前解约，已拨付部分对应的服务未实际发生",
        _ => "事后核查发现结算单与供方账单不一致，差额予以追回",
    };
    let propose = |reason| {
        Command::ProposeRecovery(Box::new(ProposeRecovery {
            id,
            claim: due.claim,
            amount,
            decision_no,
            reason,
            fraud: number == 10,
            effective_date: None,
        }))
    };
    let officer = if number == 6 { deputy(Role::Officer)? } else { actor(Role::Officer)? };
    plan.explained(day, format!("recovery {number}"), officer, why, propose);
    Ok((id, amount))
}

fn recovery(plan: &mut Plan, (number, percent, fate): (u64, i64, Fate), due: &Due) -> Result<(), Failure> {
    let (day, officer, approver) = (workday(due.day, 30), actor(Role::Officer)?, actor(Role::Approver)?);
    let (id, amount) = proposed(plan, (number, percent), due, day)?;
    let decided = workday(day, 4);
    if fate == Fate::Refused {
        let reject = |reason| Command::RejectRecovery(RejectRecovery { id, reason });
        let why = "企业已补充供方确认函，差异属计费时区口径，不予追回";
        plan.explained(decided, format!("refuse recovery {number}"), approver, why, reject);
        return Ok(());
    }
    let approve = Command::ApproveRecovery(ApproveRecovery { id });
    plan.step(decided, format!("approve recovery {number}"), approver.clone(), approve);
    let half = Amount::parse(&Money::from_fen(amount.money().fen() / 2).to_string())?;
    let mut receive = |place: u64, amount: Amount| {
        let date = workday(decided, 9 + place * 21);
        let bank_reference = Line::parse(&format!("缴款回单 {}-{place}", 20_240_600 + number * 37))?;
        let receive = Command::ReceiveRecovery(ReceiveRecovery { id, amount, date, bank_reference });
        plan.step(date, format!("receipt {number} {place}"), officer.clone(), receive);
        Ok::<_, Failure>(date)
    };
    match fate {
        Fate::Received => drop(receive(1, amount)?),
        Fate::InParts => drop(receive(1, half)?),
        Fate::Mistaken => {
            let date = workday(receive(1, half)?, 2);
            let key = format!("reversal {number}");
            plan.work(date, key, officer, Work::Reverse(format!("receipt {number} 1")));
        }
        Fate::WrittenOff => {
            let date = workday(receive(1, half)?, 60);
            let why = "企业已注销，剩余款项无可供执行财产，经批准核销";
            let write_off = |reason| Command::WriteOffRecovery(WriteOffRecovery { id, reason });
            plan.explained(date, format!("write-off {number}"), deputy(Role::Approver)?, why, write_off);
        }
        Fate::Open | Fate::Refused => {}
    }
    Ok(())
}

/// A payment that the bank had not made: its posting is reversed, and the claim is due again.
pub(super) fn reverse(plan: &mut Plan, paid: &[Due]) -> Result<(), Failure> {
    for place in [17, 61] {
        if let Some(due) = paid.get(place) {
            let day = workday(due.day, 1);
            plan.work(
                day,
                format!("reversal of {}", due.key),
                actor(Role::Officer)?,
                Work::Reverse(due.key.clone()),
            );
        }
    }
    Ok(())
}
