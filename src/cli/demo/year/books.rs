//! What the year rests on: who is registered and on which list, budgets, limits, the calendar; and the months that are closed.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::super::cases::{Firm, with_terms};
use super::super::seed::actor;
use super::plan::{Plan, Work, workday};
use crate::cli::Failure;
use crate::cli::programme::ProgrammeFile;
use subsidy_core::book::Command;
use subsidy_core::calendar::{ApproveCalendar, CalendarDay, CalendarDays, DayKind, ProposeCalendar};
use subsidy_core::cap_groups::{ApproveCapGroup, GroupCaps, ProposeCapGroup};
use subsidy_core::domain::money::{Amount, SignedAmount};
use subsidy_core::domain::{
    BudgetChangeId, CalendarId, CapGroupCode, ContentHash, CreditCode, Date, Line, Month, Points,
    ProgrammeCode, Role, StatutoryLimitId, TagId, TagImportId,
};
use subsidy_core::organisations::ChangeStanding;
use subsidy_core::periods::{ClosePeriod, ReopenPeriod};
use subsidy_core::programmes::{
    ApproveBudgetChange, ApproveProgramme, ApproveRules, BudgetChangeKind, BudgetRequest,
    ProposeBudgetChange, ProposeRules, StatutoryLimits,
};
use subsidy_core::statutory_limits::{ApproveStatutoryLimit, ProposeStatutoryLimit};
use subsidy_core::tags::{
    ApproveTag, ApproveTagEnd, ApproveTagImport, ProposeTag, ProposeTagEnd, ProposeTagImport, RejectTag,
    TagEntries, TagEntry, TagName, TagSubject,
};

pub(super) fn register(plan: &mut Plan, day: Date, firms: &'static [Firm]) -> Result<(), Failure> {
    for firm in firms {
        plan.work(day, format!("organisation {}", firm.code), actor(Role::Officer)?, Work::Register(firm));
    }
    Ok(())
}

/// A programme as its file has it, with budget for the years that are said.
pub(super) fn programme(
    plan: &mut Plan,
    day: Date,
    text: &str,
    years: &[(&str, &str)],
) -> Result<(), Failure> {
    let file = ProgrammeFile::parse(&with_terms(text), Path::new("programme"))?;
    let propose = file.command();
    let code = propose.code.clone();
    let (key, approve) = (format!("programme {code}"), ApproveProgramme { code: code.clone() });
    plan.step(day, key.clone(), actor(Role::Officer)?, Command::ProposeProgramme(Box::new(propose)));
    plan.step(day, format!("approve {key}"), actor(Role::Approver)?, Command::ApproveProgramme(approve));
    for (when, amount) in years {
        appropriate(plan, Date::parse(when)?, (code.as_str(), amount))?;
    }
    Ok(())
}

/// A further version of a programme's rules.
pub(super) fn version(plan: &mut Plan, day: Date, text: &str, why: &str) -> Result<(), Failure> {
    let command = ProgrammeFile::parse(&with_terms(text), Path::new("programme"))?.command();
    let (programme, effective_from) = (command.code, workday(day, 6));
    let key = format!("rules {programme} {day}");
    let (code, rules) = (programme.clone(), command.rules);
    let propose = |reason| {
        Command::ProposeRules(Box::new(ProposeRules { programme: code, effective_from, rules, reason }))
    };
    plan.explained(day, key.clone(), actor(Role::Officer)?, why, propose);
    let approve = Command::ApproveRules(ApproveRules { programme, number: 2 });
    plan.step(workday(day, 2), format!("approve {key}"), actor(Role::Approver)?, approve);
    Ok(())
}

pub(super) fn appropriate(
    plan: &mut Plan,
    day: Date,
    (programme, amount): (&str, &str),
) -> Result<(), Failure> {
    let year = day.year();
    let document = Line::parse(&format!("财建〔{}〕{} 号", year.number(), 17 + programme.len() * 3))?;
    let request = BudgetRequest::Appropriation {
        amount: Amount::parse(amount)?,
        fiscal_year: year,
        document,
        source: None,
        budget_codes: None,
        targets: Vec::new(),
        effective_date: None,
    };
    budget(plan, day, (programme, BudgetChangeKind::Appropriation), request)
}

fn budget(
    plan: &mut Plan,
    day: Date,
    (programme, kind): (&str, BudgetChangeKind),
    request: BudgetRequest,
) -> Result<(), Failure> {
    let key = format!("budget {programme} {day}");
    let (id, code) = (BudgetChangeId::new(Plan::id(&key, day)), ProgrammeCode::parse(programme)?);
    let approve = Command::ApproveBudgetChange(ApproveBudgetChange { programme: code.clone(), kind, id });
    let propose = Command::ProposeBudgetChange(ProposeBudgetChange { id, programme: code, request });
    plan.step(day, key.clone(), actor(Role::Officer)?, propose);
    plan.step(day, format!("approve {key}"), actor(Role::Approver)?, approve);
    Ok(())
}

/// More money in the year, and what lapses of it after its end.
pub(super) fn adjust(
    plan: &mut Plan,
    day: Date,
    programme: &str,
    (amount, document, why): (&str, &str, &str),
) -> Result<(), Failure> {
    let key = format!("adjustment {programme} {day}");
    let (id, code) = (BudgetChangeId::new(Plan::id(&key, day)), ProgrammeCode::parse(programme)?);
    let (amount, document, kind) =
        (SignedAmount::parse(amount)?, Line::parse(document)?, BudgetChangeKind::Adjustment);
    let approve = ApproveBudgetChange { programme: code.clone(), kind, id };
    let propose = |reason| {
        let request = BudgetRequest::Adjustment { amount, document, reason };
        Command::ProposeBudgetChange(ProposeBudgetChange { id, programme: code, request })
    };
    plan.explained(day, key.clone(), actor(Role::Officer)?, why, propose);
    let approve = Command::ApproveBudgetChange(approve);
    plan.step(workday(day, 1), format!("approve {key}"), actor(Role::Approver)?, approve);
    Ok(())
}

pub(super) fn lapse(plan: &mut Plan, day: Date, (programme, amount): (&str, &str)) -> Result<(), Failure> {
    let key = format!("lapse {programme} {day}");
    let (id, code) = (BudgetChangeId::new(Plan::id(&key, day)), ProgrammeCode::parse(programme)?);
    let (amount, kind) = (Amount::parse(amount)?, BudgetChangeKind::Lapse);
    let approve = ApproveBudgetChange { programme: code.clone(), kind, id };
    let propose = |reason| {
        let request = BudgetRequest::Lapse { amount: Some(amount), fiscal_year: day.year(), reason };
        Command::ProposeBudgetChange(ProposeBudgetChange { id, programme: code, request })
    };
    plan.explained(day, key.clone(), actor(Role::Officer)?, "年度结余未结转部分收回", propose);
    let approve = Command::ApproveBudgetChange(approve);
    plan.step(workday(day, 1), format!("approve {key}"), actor(Role::Approver)?, approve);
    Ok(())
}

/// A list of a day, approved the same day.
pub(super) fn list(
    plan: &mut Plan,
    day: Date,
    (tag, document): (&str, &str),
    subjects: &[TagSubject],
) -> Result<(), Failure> {
    let Some(first) = subjects.first() else { return Ok(()) };
    let entries: Vec<_> = subjects.iter().map(|subject| TagEntry::new(subject, day, None)).collect();
    let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
    let key = format!("list {tag} {day} {}", first.id());
    let propose = ProposeTagImport {
        id: TagImportId::new(Plan::id(&key, day)),
        tag: TagName::parse(tag)?,
        kind: first.kind(),
        document: Line::parse(document)?,
        sha256: ContentHash::new(Sha256::digest(lines.join("\n")).into()),
        entries: TagEntries::new(entries)?,
    };
    let approve = Command::ApproveTagImport(ApproveTagImport { id: propose.id });
    plan.step(day, key.clone(), actor(Role::Officer)?, Command::ProposeTagImport(Box::new(propose)));
    plan.step(day, format!("approve {key}"), actor(Role::Approver)?, approve);
    Ok(())
}

/// A firm that begins nothing new any more.
pub(super) fn block(plan: &mut Plan, day: Date, (firm, why): (&Firm, &str)) -> Result<(), Failure> {
    let credit_code = CreditCode::parse(firm.code)?;
    let block = |reason| Command::BlockOrganisation(ChangeStanding { credit_code, reason });
    plan.explained(day, format!("block {credit_code}"), actor(Role::Approver)?, why, block);
    Ok(())
}

pub(super) fn organisations(firms: &[Firm]) -> Result<Vec<TagSubject>, Failure> {
    firms.iter().map(|firm| Ok(TagSubject::Organisation(CreditCode::parse(firm.code)?))).collect()
}

/// Single firms that come on a list, leave it, or are refused, and one that waits.
pub(super) fn tags(plan: &mut Plan, day: Date, firms: &[Firm]) -> Result<(), Failure> {
    let (officer, approver) = (actor(Role::Officer)?, actor(Role::Approver)?);
    for ((place, firm), number) in (0_u64..).zip(firms).step_by(11).take(4).zip(1_u64..) {
        let day = if number == 4 { workday(plan.until, 0).min(plan.until) } else { workday(day, place * 9) };
        let key = format!("tag {}", firm.code);
        let id = TagId::new(Plan::id(&key, day));
        let propose = ProposeTag {
            id,
            tag: TagName::parse("specialised_new")?,
            subject: TagSubject::Organisation(CreditCode::parse(firm.code)?),
            from: day,
            until: None,
            document: Line::parse(&format!(
                "京经信发〔{}〕{} 号 专精特新企业名单",
                day.year().number(),
                40 + place
            ))?,
        };
        plan.step(day, key.clone(), officer.clone(), Command::ProposeTag(Box::new(propose)));
        let decided = workday(day, 2);
        match number {
            1 | 2 => {
                let approve = Command::ApproveTag(ApproveTag { id });
                plan.step(decided, format!("approve {key}"), approver.clone(), approve);
            }
            3 => {
                let reject = |reason| Command::RejectTag(RejectTag { id, reason });
                plan.explained(decided, format!("reject {key}"), approver.clone(), "名单公示期未满", reject);
            }
            _ => {}
        }
        if number == 2 {
            let until = workday(decided, 90);
            let document = Line::parse("京经信发〔2025〕61 号 复核未通过名单")?;
            let end = Command::ProposeTagEnd(ProposeTagEnd { id, until, document });
            plan.agreed(
                workday(decided, 60),
                &format!("end {key}"),
                end,
                Command::ApproveTagEnd(ApproveTagEnd { id }),
            )?;
        }
    }
    Ok(())
}

/// Higher statutory limits, by the text that allows them.
pub(super) fn limits(plan: &mut Plan, day: Date) -> Result<(), Failure> {
    let id = StatutoryLimitId::new(Plan::id("limits", day));
    let limits =
        StatutoryLimits { points_max: Points::parse("2.5")?, window_until: Date::parse("2027-12-31")? };
    let document = Line::parse("京发改规〔2024〕4号")?;
    let propose =
        |reason| Command::ProposeStatutoryLimit(ProposeStatutoryLimit { id, limits, document, reason });
    let why = "本市设备购置与更新改造贷款贴息最高 2.5 个百分点";
    plan.explained(day, "limits", actor(Role::Officer)?, why, propose);
    let approve = Command::ApproveStatutoryLimit(ApproveStatutoryLimit { id });
    plan.step(day, "approve limits", actor(Role::Approver)?, approve);
    Ok(())
}

pub(super) fn cap_group(plan: &mut Plan, day: Date, (code, annual): (&str, &str)) -> Result<(), Failure> {
    let code = CapGroupCode::parse(code)?;
    let caps = GroupCaps { annual: Some(Amount::parse(annual)?), lifetime: None };
    let approve = Command::ApproveCapGroup(ApproveCapGroup { code: code.clone() });
    plan.step(
        day,
        format!("caps {code}"),
        actor(Role::Officer)?,
        Command::ProposeCapGroup(ProposeCapGroup { code: code.clone(), caps }),
    );
    plan.step(day, format!("approve caps {code}"), actor(Role::Approver)?, approve);
    Ok(())
}

/// The holidays of a year, and the workdays in their stead.
pub(super) fn calendar(
    plan: &mut Plan,
    day: Date,
    document: &str,
    (holidays, workdays): (&[&str], &[&str]),
) -> Result<(), Failure> {
    let named = |dates: &[&str], kind| {
        dates
            .iter()
            .map(|date| Ok(CalendarDay { date: Date::parse(date)?, kind }))
            .collect::<Result<Vec<_>, Failure>>()
    };
    let mut days = named(holidays, DayKind::Holiday)?;
    days.extend(named(workdays, DayKind::Workday)?);
    let id = CalendarId::new(Plan::id(document, day));
    let (days, document) = (CalendarDays::new(days)?, Line::parse(document)?);
    let propose = Command::ProposeCalendar(Box::new(ProposeCalendar { id, days, document }));
    plan.agreed(day, &format!("calendar {day}"), propose, Command::ApproveCalendar(ApproveCalendar { id }))
}

/// Months closed one after another, each in the middle of the next; the last one named was opened again, and closed.
pub(super) fn close(plan: &mut Plan, (first, last): (&str, &str), reopened: &str) -> Result<(), Failure> {
    let approver = actor(Role::Approver)?;
    let reopened = Month::parse(reopened)?;
    for month in Month::parse(first)?.through(Month::parse(last)?) {
        let day = workday(month.next().first_day(), 13);
        let close = || Command::ClosePeriod(ClosePeriod { month });
        plan.step(day, format!("close {month}"), approver.clone(), close());
        if month == reopened {
            let why = "补登上月银行回单一笔，需重新开放后结账";
            let reopen = |reason| Command::ReopenPeriod(ReopenPeriod { month, reason });
            plan.explained(workday(day, 1), format!("reopen {month}"), approver.clone(), why, reopen);
            plan.step(workday(day, 3), format!("close {month} again"), approver.clone(), close());
        }
    }
    Ok(())
}
