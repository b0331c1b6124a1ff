//! Vouchers of Beijing: contracts signed all over the year, each with a voucher on it and the claims that redeem it.

use super::super::cases::{Firm, PROGRAMME, PROVIDER};
use super::super::seed::{actor, of};
use super::firms::{BEIJING, PROVIDERS};
use super::papers;
use super::plan::{Fate, Filing, Plan, claim, turn, workday};
use crate::cli::Failure;
use subsidy_core::book::Command;
use subsidy_core::claims::ClaimRequest;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    Actor, CreditCode, Date, Label, Line, Money, ProgrammeCode, RentalId, Role, VoucherId,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::rentals::RegisterRental;
use subsidy_core::vouchers::{
    ApplyForVoucher, ChangeVoucher, ExpireVoucher, IssueVoucher, ReviewDecision, ReviewVoucher,
};

/// How many, and over how many days their contracts are signed.
const COUNT: u64 = 134;
const DAYS: u64 = 450;

/// CNY that contracts come to, before what tells one from another.
const SUMS: [i64; 13] = [
    372_000, 851_000, 193_600, 2_560_000, 1_280_000, 637_440, 4_300_000, 1_504_800, 317_800, 9_600_000,
    3_280_000, 480_000, 1_024_600,
];
/// Percent of a contract that its claims settle, each after the days that are said; the last of some closes the voucher.
const PLANS: [(&[(i64, u64)], bool); 5] = [
    (&[(45, 40), (35, 95), (20, 160)], true),
    (&[(100, 60)], true),
    (&[(30, 35), (40, 110)], false),
    (&[(50, 45), (50, 130)], true),
    (&[(35, 70)], false),
];
/// How contracts of each provider are numbered.
const PREFIXES: [&str; 5] = ["JYZS", "JCYS", "BDX-SL", "WLKX", "SGY-ZS"];

/// A contract with a voucher on it.
struct Contract {
    number: u64,
    no: String,
    firm: &'static Firm,
    provider: &'static str,
    signed: Date,
    sum: Money,
}

impl Contract {
    fn new(number: u64, first: Date) -> Result<Self, Failure> {
        let firm = turn(&BEIJING, number * 7 + number / 44)?;
        let provides = number * 3 + number / 5;
        let provider = match provides % 5 {
            0 => PROVIDER,
            other => turn(&PROVIDERS, other - 1)?.code,
        };
        let signed = workday(first, number * DAYS / COUNT);
        let more = if number.is_multiple_of(9) { 0 } else { i64::try_from(number % 29)? * 13_731 };
        let sum = Money::from_fen(turn(&SUMS, number)? * 100 + more);
        let no = format!(
            "{}-{}{:03}",
            turn(&PREFIXES, provides % 5)?,
            signed.to_string().replace('-', ""),
            11 + number % 83
        );
        Ok(Self { number, no, firm, provider, signed, sum })
    }

    fn actor(&self) -> Result<Actor, Failure> {
        of(Role::Enterprise, self.firm.code)
    }

    fn rental(&self, items: &[(&str, i64)], months: u32) -> Result<RegisterRental, Failure> {
        let line = |(item, fen): &(&str, i64)| {
            let amount = Amount::parse(&Money::from_fen(*fen).to_string())?;
            Ok(SettledLine::new(Label::parse(item)?, amount, None))
        };
        Ok(RegisterRental {
            id: self.rental_id(),
            organisation: CreditCode::parse(self.firm.code)?,
            provider: CreditCode::parse(self.provider)?,
            contract_no: Line::parse(&self.no)?,
            signed_on: self.signed,
            from: self.signed,
            until: self.signed.plus_months(months).unwrap_or(self.signed),
            order_no: None,
            scenario: None,
            lines: items.iter().map(line).collect::<Result<_, Failure>>()?,
        })
    }

    fn rental_id(&self) -> RentalId {
        RentalId::new(Plan::id(&format!("rental {}", self.no), self.signed))
    }

    fn voucher_id(&self) -> VoucherId {
        VoucherId::new(Plan::id(&format!("voucher {}", self.no), self.signed))
    }
}

pub(super) fn plan(plan: &mut Plan, first: Date) -> Result<(), Failure> {
    for number in 0..COUNT {
        let contract = Contract::new(number, first)?;
        let issued = applied(plan, &contract)?;
        if let Some(issued) = issued {
            used(plan, &contract, issued)?;
        }
    }
    Ok(())
}

/// The contract and the application; the day on which the voucher is issued, if it is.
fn applied(plan: &mut Plan, contract: &Contract) -> Result<Option<Date>, Failure> {
    let (no, firm, id) = (&contract.no, contract.actor()?, contract.voucher_id());
    let filed = workday(contract.signed, 5 + contract.number % 9);
    let storage = if contract.number.is_multiple_of(4) { contract.sum.fen() / 19 } else { 0 };
    let mut items = vec![("compute", contract.sum.fen())];
    items.extend((storage > 0).then_some(("storage", storage)));
    let rental = Command::RegisterRental(Box::new(contract.rental(&items, 12)?));
    plan.step(filed, format!("rental {no}"), firm.clone(), rental);
    let (programme, rental) = (ProgrammeCode::parse(PROGRAMME)?, contract.rental_id());
    let apply = Command::ApplyForVoucher(ApplyForVoucher { id, programme, rental, other_funding: None });
    plan.step(filed, format!("voucher {no}"), firm, apply);
    let reviewed = workday(filed, 3);
    let (officer, review) = (actor(Role::Officer)?, format!("review voucher {no}"));
    match contract.number % 23 {
        6 => {
            let why = "合同附件缺少算力规格与单价清单，请补充后重新申请";
            let decide = |reason| decided(id, ReviewDecision::Return, Some(reason));
            plan.explained(reviewed, review, officer, why, decide);
            return Ok(None);
        }
        15 => {
            let why = "合同标的为整机采购，不属于算力租用服务";
            let decide = |reason| decided(id, ReviewDecision::Reject, Some(reason));
            plan.explained(reviewed, review, officer, why, decide);
            return Ok(None);
        }
        _ => {}
    }
    plan.step(reviewed, review, officer, decided(id, ReviewDecision::Pass, None));
    let issued = workday(reviewed, 3 + contract.number % 3);
    let issue = Command::IssueVoucher(IssueVoucher { id, effective_date: None });
    plan.step(issued, format!("issue {no}"), actor(Role::Approver)?, issue);
    Ok(Some(issued))
}

fn decided(
    id: VoucherId,
    decision: ReviewDecision,
    reason: Option<subsidy_core::domain::TextHash>,
) -> Command {
    Command::ReviewVoucher(ReviewVoucher { id, decision, reason, assessment: None })
}

/// What becomes of a voucher: claims, or it is taken back, held back, or past its last day.
fn used(plan: &mut Plan, contract: &Contract, issued: Date) -> Result<(), Failure> {
    let (id, approver) = (contract.voucher_id(), actor(Role::Approver)?);
    let change = |reason| ChangeVoucher { id, reason };
    match contract.number % 31 {
        10 => {
            let why = "企业注册地址迁出本市，合同终止，券予以作废";
            let cancel = |reason| Command::CancelVoucher(change(reason));
            plan.explained(workday(issued, 20), format!("cancel {}", contract.no), approver, why, cancel);
            return Ok(());
        }
        19 => {
            let why = "供方资质年审未通过，核查期间暂停使用";
            let suspend = |reason| Command::SuspendVoucher(change(reason));
            let key = format!("suspend {}", contract.no);
            plan.explained(workday(issued, 12), key, approver.clone(), why, suspend);
            if contract.number < 60 {
                let again = |reason| Command::ReinstateVoucher(change(reason));
                let key = format!("reinstate {}", contract.no);
                plan.explained(workday(issued, 26), key, approver, "核查结束，供方资质已恢复", again);
            }
            return Ok(());
        }
        _ => {}
    }
    let (claims, closes) = turn(&PLANS, contract.number)?;
    for (place, (percent, after)) in (0_u64..).zip(claims.iter()) {
        let last = closes.then_some(claims.len()).is_some_and(|count| u64::try_from(count) == Ok(place + 1));
        redeem(plan, contract, (place, *percent, last), workday(issued, after + contract.number % 11))?;
    }
    if !closes && let Some(over) = issued.plus_months(12) {
        let expire = Command::ExpireVoucher(ExpireVoucher { id, as_of: None });
        plan.step(workday(over, 1), format!("expire {}", contract.no), actor(Role::Officer)?, expire);
    }
    Ok(())
}

fn redeem(
    plan: &mut Plan,
    contract: &Contract,
    (place, percent, closing): (u64, i64, bool),
    day: Date,
) -> Result<(), Failure> {
    let key = format!("{} {}", contract.no, place + 1);
    let fen = contract.sum.fen() * percent / 100;
    let settled = Amount::parse(&Money::from_fen(fen).to_string())?;
    let line = SettledLine::new(Label::parse("compute")?, settled, None);
    let request =
        ClaimRequest::VoucherRedemption { voucher: contract.voucher_id(), settlement: vec![line], closing };
    let mut write = claim(&key, day, request);
    if (contract.number + place).is_multiple_of(4) {
        write.invoices = papers::invoice(plan, &key, contract.firm.code, (day, settled))?;
        if contract.number == 32 && place == 0 {
            papers::red(plan, &key, contract.firm.code, (day, settled))?;
        }
    }
    let fate = match (contract.number * 3 + place) % 23 {
        3 | 14 => Fate::Amended,
        8 => Fate::Returned,
        12 => Fate::Rejected,
        17 => Fate::Withdrawn,
        20 => Fate::Refused,
        _ => Fate::Paid,
    };
    plan.file(Filing {
        key,
        firm: contract.actor()?,
        day,
        write,
        fate,
        amount: Money::from_fen(fen / 5),
        wait: 3,
        assessment: None,
        batched: true,
    })
}
