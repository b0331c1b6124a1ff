//! Loans: drawn, repaid, overdue now and then, their interest confirmed by the banks each quarter and claimed by the firms; and
//! banks that are paid ahead and deduct what they owe their borrowers.

use super::super::cases::Firm;
use super::super::seed::{actor, of};
use super::books;
use super::plan::{Fate, Filing, Plan, Settling, Work, claim, turn, workday};
use crate::cli::Failure;
use subsidy_core::book::Command;
use subsidy_core::claims::{ClaimPeriod, ClaimRequest, InterestTerms};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    CreditCode, Date, Label, Line, LoanId, Money, Percent, PrefundId, ProgrammeCode, Role, TrueUpId,
};
use subsidy_core::loans::{
    Change, ConfirmInterest, InterestPeriod, LoanEvent, Project, RecordLoanEvents, RegisterLoan,
};
use subsidy_core::prefunds::true_up::{ApproveTrueUp, TrueUpAction};
use subsidy_core::prefunds::{ApprovePrefund, PrefundYearKey, ProposePrefund};
use subsidy_core::tags::TagSubject;

/// Loans of a programme.
pub(super) struct Scheme {
    pub(super) programme: &'static str,
    /// The list that its loans are on.
    pub(super) tag: &'static str,
    pub(super) firms: &'static [Firm],
    pub(super) banks: &'static [&'static str],
    pub(super) prefix: &'static str,
    pub(super) count: u64,
    /// The first is drawn then, another every so many days.
    pub(super) first: &'static str,
    pub(super) every: u64,
    /// CNY 10,000 that are borrowed.
    pub(super) principals: &'static [i64],
    /// The days up to which interest is paid.
    pub(super) ends: &'static [&'static str],
    /// CNY that each bank is paid ahead, and the days on which.
    pub(super) ahead: Option<(&'static str, &'static [&'static str])>,
    /// Of each bank in its order, the year of which a true-up is proposed, on which day, and what becomes of what is left.
    pub(super) settled: &'static [(&'static str, &'static str, Left)],
    /// Hundredths of a percent a year that are paid for, and the most CNY that earn.
    pub(super) points: i64,
    pub(super) most: i64,
}

/// What becomes of what is left of a bank's year.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left {
    /// It rolls into the next, and somebody agreed to it.
    Rolled,
    /// It came back, and nobody has agreed to that yet.
    Returned,
}

const PROJECTS: [&str; 10] = [
    "智算中心二期液冷服务器购置",
    "大模型训练集群扩容",
    "自动驾驶仿真平台算力改造",
    "药物分子动力学计算平台",
    "遥感影像实时处理中心",
    "工业质检边缘算力节点",
    "影视渲染农场更新改造",
    "生物样本测序算力平台",
    "智能语音推理集群",
    "卫星数据下行处理站",
];

impl Scheme {
    pub(super) fn plan(&self, plan: &mut Plan) -> Result<(), Failure> {
        let first = Date::parse(self.first)?;
        for bank in self.banks {
            let (amount, days) = self.ahead.unwrap_or_default();
            days.iter().try_for_each(|day| self.prefund(plan, Date::parse(day)?, (bank, amount)))?;
        }
        for (place, (bank, settled)) in (3..).zip(self.banks.iter().zip(self.settled)) {
            self.settle(plan, (place, bank), settled)?;
        }
        (0..self.count).try_for_each(|number| self.loan(plan, number, workday(first, number * self.every)))
    }

    fn prefund(&self, plan: &mut Plan, day: Date, (bank, amount): (&str, &str)) -> Result<(), Failure> {
        let key = format!("prefund {} {bank} {day}", self.programme);
        let id = PrefundId::new(Plan::id(&key, day));
        let propose = ProposePrefund {
            id,
            programme: ProgrammeCode::parse(self.programme)?,
            bank: CreditCode::parse(bank)?,
            amount: Amount::parse(amount)?,
            fiscal_year: day.year(),
            document: Line::parse(&format!("财金预拨〔{}〕{} 号", day.year().number(), 8 + self.count))?,
            effective_date: None,
        };
        let approve = Command::ApprovePrefund(ApprovePrefund { id });
        plan.agreed(day, &key, Command::ProposePrefund(Box::new(propose)), approve)
    }

    fn settle(
        &self,
        plan: &mut Plan,
        (place, bank): (u64, &str),
        (year, day, left): &(&str, &str, Left),
    ) -> Result<(), Failure> {
        let (day, key) = (Date::parse(day)?, format!("true-up {} {bank} {year}", self.programme));
        let id = TrueUpId::new(Plan::id(&key, day));
        let action = match left {
            Left::Rolled => TrueUpAction::Roll { date: None },
            Left::Returned => TrueUpAction::Return {
                bank_reference: Line::parse(&format!("TH{}0001", day.to_string().replace('-', "")))?,
                date: day,
            },
        };
        let settling = Settling {
            id,
            year: PrefundYearKey {
                programme: ProgrammeCode::parse(self.programme)?,
                bank: CreditCode::parse(bank)?,
                year: Date::parse(&format!("{year}-12-31"))?.year(),
            },
            action,
            document: Line::parse(&format!("财金清算〔{}〕{} 号", day.year().number(), place))?,
        };
        plan.work(day, key.clone(), actor(Role::Officer)?, Work::Settle(Box::new(settling)));
        if matches!(left, Left::Rolled) {
            let approve = Command::ApproveTrueUp(ApproveTrueUp { id });
            plan.step(workday(day, 1), format!("approve {key}"), actor(Role::Approver)?, approve);
        }
        Ok(())
    }

    fn loan(&self, plan: &mut Plan, number: u64, drawn: Date) -> Result<(), Failure> {
        let (firm, bank) = (turn(self.firms, number * 5 + 1)?, *turn(self.banks, number)?);
        let no = format!("{}{}字第{:05}号", self.prefix, drawn.year().number(), 317 + number * 61);
        let id = LoanId::new(Plan::id(&format!("loan {no}"), drawn));
        let principal = turn(self.principals, number)? * 1_000_000;
        let rate = 310 + i64::try_from(number % 6)? * 15;
        let (enterprise, of_bank) = (of(Role::Enterprise, firm.code)?, of(Role::Bank, bank)?);
        let money = |fen: i64| Amount::parse(&Money::from_fen(fen).to_string());
        let project = Project {
            code: Label::parse(&format!("{}-{:04}", drawn.year().number(), 1_108 + number * 7))?,
            name: Line::parse(turn(&PROJECTS, number)?)?,
            investment: Some(money(principal / 5 * 8)?),
        };
        let register = RegisterLoan {
            id,
            organisation: CreditCode::parse(firm.code)?,
            bank: CreditCode::parse(bank)?,
            loan_no: Line::parse(&no)?,
            annual_rate_percent: Percent::parse(&format!("{}.{:02}", rate / 100, rate % 100))?,
            signed_on: drawn,
            matures_on: drawn.plus_months(60).unwrap_or(drawn),
            project,
            events: vec![LoanEvent { date: drawn, change: Change::Drawdown(money(principal)?) }],
        };
        let registered = workday(drawn, 3);
        let register = Command::RegisterLoan(Box::new(register));
        plan.step(registered, format!("loan {no}"), enterprise.clone(), register);
        let document = format!("项目贷款备案清单 {}", registered);
        books::list(plan, registered, (self.tag, &document), &[TagSubject::Loan(id)])?;

        let (mut owed, mut from) = (principal, drawn);
        for (place, end) in (0_u64..).zip(self.ends) {
            let until = Date::parse(end)?;
            if until <= from {
                continue;
            }
            let days = (until.naive() - from.naive()).num_days();
            let period = InterestPeriod { from, until };
            let paid = Money::from_fen(owed / 10_000 * rate * days / 360);
            let key = format!("{no} {end}");
            let confirmed = workday(until, 3 + number % 3);
            // some banks are late with the last quarter
            if workday(until, 20) <= plan.until || number.is_multiple_of(2) {
                let confirm =
                    ConfirmInterest { id, period, interest_paid: paid, penalty_interest: Money::ZERO };
                plan.step(
                    confirmed,
                    format!("interest {key}"),
                    of_bank.clone(),
                    Command::ConfirmInterest(confirm),
                );
            }
            let terms = InterestTerms {
                period: ClaimPeriod { from, until },
                interest_paid: paid,
                penalty_interest: Money::ZERO,
                other_points: None,
            };
            let request = ClaimRequest::InterestSubsidy {
                programme: ProgrammeCode::parse(self.programme)?,
                loan: id,
                terms,
            };
            let day = workday(confirmed, 3);
            let amount = Money::from_fen(owed.min(self.most) / 10_000 * self.points * days / 366);
            let fate = match (number * 5 + place) % 17 {
                7 => Fate::Amended,
                13 => Fate::Returned,
                16 => Fate::Refused,
                _ => Fate::Paid,
            };
            let write = claim(&key, day, request);
            let (firm, batched) = (enterprise.clone(), self.ahead.is_none());
            plan.file(Filing { key, firm, day, write, fate, amount, wait: 3, assessment: None, batched })?;
            if let Some((change, after)) = changed(number, place, owed)? {
                let command = RecordLoanEvents { id, events: vec![LoanEvent { date: until, change }] };
                let key = format!("events {no} {end}");
                plan.step(
                    workday(until, 2),
                    key,
                    enterprise.clone(),
                    Command::RecordLoanEvents(Box::new(command)),
                );
                owed = after;
                // a loan that is paused earns nothing
                if matches!(change, Change::Pause) {
                    break;
                }
            }
            from = until;
        }
        Ok(())
    }
}

/// What happens to a loan at the end of a quarter, and the fen that are owed then.
fn changed(number: u64, place: u64, owed: i64) -> Result<Option<(Change, i64)>, Failure> {
    let part = owed / 10;
    let amount = Amount::parse(&Money::from_fen(part).to_string())?;
    Ok(match (number % 7, place) {
        (1, 1) => Some((Change::Repayment(amount), owed - part)),
        (2, 1) => Some((Change::Drawdown(amount), owed + part)),
        (3, 3) => Some((Change::RateChange(Percent::parse("2.95")?), owed)),
        (4, 3) => Some((Change::Overdue(amount), owed)),
        (5, 3) => Some((Change::Pause, owed)),
        (6, 2) => {
            Some((Change::Repayment(Amount::parse(&Money::from_fen(part * 2).to_string())?), owed - part * 2))
        }
        _ => None,
    })
}
