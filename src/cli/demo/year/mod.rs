//! A year of both agencies, beside the story that the documents walk through: enough that every chart, every list and every
//! state of the console has something in it.
//!
//! Each part makes its steps from tables and a number of its own, never from chance: the same figures every time. The steps go
//! to the engine in one order, many at a time, up to the day on which the story goes on.

mod books;
mod clouds;
mod contracts;
mod firms;
mod grants;
mod lending;
mod papers;
mod plan;
mod played;
mod treasury;
mod vouchers;

use super::cases::{BANK, CHENGDU_FIRST_DAY, FIRMS, FIRST_DAY, Firm, GRANTEES, PROGRAMME, TODAY};
use crate::cli::Failure;
pub(super) use firms::CHENGDU;
pub(super) use grants::LAST_DAY as CHENGDU_LAST_DAY;
use lending::Left;
use plan::{Plan, workday};
pub(super) use played::Year;
use subsidy_core::domain::Date;
use subsidy_core::tags::TagSubject;

const EQUIPMENT: &str =
    include_str!("../../../../config/programmes/beijing-equipment-loan-interest-2024.toml");
const SERVICES: &str = include_str!("../../../../config/programmes/service-loan-interest.toml");
const DISTRICT: &str = include_str!("../../../../config/programmes/beijing-etown-compute-voucher.toml");
const CENTRES: &str = include_str!("../../../../config/programmes/chengdu-compute-voucher.toml");

const NO_WORK_2025: [&str; 21] = [
    "2025-01-01",
    "2025-01-28",
    "2025-01-29",
    "2025-01-30",
    "2025-01-31",
    "2025-02-03",
    "2025-02-04",
    "2025-04-04",
    "2025-05-01",
    "2025-05-02",
    "2025-05-05",
    "2025-06-02",
    "2025-10-01",
    "2025-10-02",
    "2025-10-03",
    "2025-10-06",
    "2025-10-07",
    "2025-10-08",
    "2025-02-01",
    "2025-02-02",
    "2025-05-03",
];
const WORK_2025: [&str; 5] = ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"];

/// Beijing, from 2024-04-01 to the day on which the story ends.
pub(super) fn beijing() -> Result<Year, Failure> {
    let (mut plan, first) = (Plan::new(TODAY)?, Date::parse(FIRST_DAY)?);
    let all: [&'static [Firm]; 3] = [&firms::BEIJING, &firms::PROVIDERS, &firms::BANKS];
    for firms in all {
        books::register(&mut plan, first, firms)?;
    }
    let (software, makers) = firms::BEIJING.split_at(30);
    books::list(
        &mut plan,
        first,
        ("software_it", "2024 年度软件和信息技术服务业企业名单"),
        &books::organisations(software)?,
    )?;
    books::list(
        &mut plan,
        first,
        ("manufacturing", "2024 年度制造业企业名单"),
        &books::organisations(makers)?,
    )?;
    books::tags(&mut plan, workday(first, 30), &firms::BEIJING)?;
    books::limits(&mut plan, first)?;
    books::calendar(&mut plan, workday(first, 226), "国办发明电〔2024〕12号", (&NO_WORK_2025, &WORK_2025))?;
    books::appropriate(&mut plan, first, (PROGRAMME, "30000000.00"))?;
    let more = ("4500000.00", "京财经一指〔2024〕1873 号", "下半年申领量超出年初测算，追加预算");
    books::adjust(&mut plan, Date::parse("2024-09-18")?, PROGRAMME, more)?;
    let less = ("-1200000.00", "京财经一指〔2024〕2410 号", "年底按执行进度压减");
    books::adjust(&mut plan, Date::parse("2024-11-27")?, PROGRAMME, less)?;
    books::programme(
        &mut plan,
        first,
        EQUIPMENT,
        &[(FIRST_DAY, "30000000.00"), ("2025-01-02", "45000000.00")],
    )?;
    books::programme(&mut plan, Date::parse("2025-03-17")?, SERVICES, &[("2025-03-17", "2000000.00")])?;
    let district = Date::parse("2024-11-25")?;
    books::cap_group(&mut plan, district, ("bj-zl-2025", "9000000.00"))?;
    let budgets = [("2024-11-25", "8000000.00"), ("2025-01-02", "30000000.00")];
    books::programme(&mut plan, district, DISTRICT, &budgets)?;
    let published = DISTRICT
        .replace("[rules]\n", "[rules]\npublicity_days = 7\n")
        .replace("[rules.caps.annual]", "[rules.caps]\ngroups = [\"bj-zl-2025\"]\n\n[rules.caps.annual]");
    books::version(
        &mut plan,
        Date::parse("2025-02-10")?,
        &published,
        "拟拨付名单须公示七日，并与多云租用合并计算年度上限",
    )?;

    vouchers::plan(&mut plan, first)?;
    papers::exceptions(&mut plan, first)?;
    let rented = contracts::Scheme {
        programme: "beijing-etown-compute-voucher",
        firms: &firms::BEIJING,
        providers: &firms::PROVIDERS,
        prefix: "YZSL",
        count: 11,
        first: Date::parse("2024-11-26")?,
        every: 8,
        quarters: 2,
        percent: 30,
        wait: 10,
        lists: &[],
        fates: 0,
        objections: true,
        assessed: true,
    };
    rented.plan(&mut plan)?;
    // of the enterprise that one can be on the sign-in page: returned, and waiting for it
    contracts::Scheme {
        firms: std::slice::from_ref(&FIRMS[2]),
        prefix: "YZSL-JM",
        count: 1,
        first: Date::parse("2025-03-03")?,
        quarters: 1,
        fates: 9,
        objections: false,
        ..rented
    }
    .plan(&mut plan)?;
    lending::Scheme {
        programme: "beijing-equipment-loan-interest-2024",
        tag: "beijing_equipment_project",
        firms: &firms::BEIJING,
        banks: &[BANK, firms::BANKS[0].code, firms::BANKS[1].code],
        prefix: "京贷",
        count: 21,
        first: "2024-04-15",
        every: 8,
        principals: &[2_000, 6_500, 1_200, 3_800, 950, 5_000, 1_600],
        ends: &["2024-06-21", "2024-09-21", "2024-12-21", "2025-03-21", "2025-06-21"],
        ahead: None,
        settled: &[],
        points: 250,
        most: i64::MAX,
    }
    .plan(&mut plan)?;
    lending::Scheme {
        programme: "service-loan-interest",
        tag: "consumption_service_loan",
        firms: &firms::BEIJING,
        banks: &[BANK],
        prefix: "沪商贷",
        count: 9,
        first: "2025-03-18",
        every: 3,
        principals: &[80, 45, 100, 60, 150],
        ends: &["2025-05-21", "2025-06-21"],
        ahead: Some(("120000.00", &["2025-04-01"])),
        settled: &[],
        points: 100,
        most: 100_000_000,
    }
    .plan(&mut plan)?;
    let bank = TagSubject::Organisation(subsidy_core::domain::CreditCode::parse(BANK)?);
    let banks = ("service_loan_bank", "财金〔2025〕81号 所列经办银行");
    books::list(&mut plan, Date::parse("2025-03-17")?, banks, &[bank])?;
    clouds::plan(&mut plan)?;

    let paid = treasury::pay(&mut plan, first)?;
    treasury::recover(&mut plan, &paid)?;
    treasury::reverse(&mut plan, &paid)?;
    books::close(&mut plan, ("2024-04", "2025-04"), "2024-12")?;
    let year_end = Date::parse("2024-12-30")?;
    books::lapse(&mut plan, year_end, (PROGRAMME, "7400000.00"))?;
    books::lapse(&mut plan, year_end, ("beijing-etown-compute-voucher", "2000000.00"))?;
    let why = "注册地址失联，列入经营异常名录";
    books::block(&mut plan, Date::parse(TODAY)?, (&firms::BEIJING[33], why))?;
    Ok(Year::new(plan.in_order()))
}

/// Chengdu, from its first day to the day on which its story ends.
pub(super) fn chengdu() -> Result<Year, Failure> {
    let (mut plan, first) = (Plan::new(grants::LAST_DAY)?, Date::parse(CHENGDU_FIRST_DAY)?);
    let all: [&'static [Firm]; 3] = [&firms::CHENGDU, &firms::CHENGDU_CENTRES, &firms::CHENGDU_BANKS];
    for firms in all {
        books::register(&mut plan, first, firms)?;
    }
    let centres = ("chengdu_centre", "国家超级计算成都中心、成都智算中心名单");
    books::list(&mut plan, first, centres, &books::organisations(&firms::CHENGDU_CENTRES)?)?;
    books::calendar(&mut plan, first, "国办发明电〔2024〕12号", (&NO_WORK_2025, &WORK_2025))?;
    let budgets = [(CHENGDU_FIRST_DAY, "10000000.00")];
    books::programme(&mut plan, first, CENTRES, &budgets)?;
    let services = Date::parse("2025-03-17")?;
    let budgets = [("2025-03-17", "1500000.00"), ("2026-01-05", "1500000.00")];
    books::programme(&mut plan, services, SERVICES, &budgets)?;
    let banks = ("service_loan_bank", "财金〔2025〕81号 所列经办银行");
    books::list(&mut plan, services, banks, &books::organisations(&firms::CHENGDU_BANKS)?)?;
    let rented = contracts::Scheme {
        programme: "chengdu-compute-voucher",
        firms: &firms::CHENGDU,
        providers: &firms::CHENGDU_CENTRES,
        prefix: "RCSL",
        count: 8,
        first: Date::parse("2025-01-13")?,
        every: 9,
        quarters: 3,
        percent: 30,
        wait: 4,
        lists: &["national_project", "provincial_project"],
        fates: 0,
        objections: false,
        assessed: false,
    };
    rented.plan(&mut plan)?;
    contracts::Scheme {
        firms: std::slice::from_ref(&GRANTEES[0]),
        prefix: "RCSL-WS",
        count: 1,
        first: Date::parse("2025-08-18")?,
        quarters: 1,
        lists: &["provincial_project"],
        fates: 9,
        ..rented
    }
    .plan(&mut plan)?;
    lending::Scheme {
        programme: "service-loan-interest",
        tag: "consumption_service_loan",
        firms: &firms::CHENGDU,
        banks: &[firms::CHENGDU_BANKS[0].code, firms::CHENGDU_BANKS[1].code],
        prefix: "蓉贷",
        count: 12,
        first: "2025-03-18",
        every: 11,
        principals: &[100, 60, 85, 40, 120],
        ends: &["2025-06-21", "2025-09-21", "2025-12-21"],
        ahead: Some(("150000.00", &["2025-04-01", "2026-01-06"])),
        settled: &[("2025", "2026-01-20", Left::Rolled), ("2025", "2026-03-17", Left::Returned)],
        points: 100,
        most: 100_000_000,
    }
    .plan(&mut plan)?;
    let paid = treasury::pay(&mut plan, first)?;
    treasury::recover(&mut plan, &paid)?;
    books::close(&mut plan, ("2025-01", "2026-01"), "2025-09")?;
    Ok(Year::new(plan.in_order()))
}
