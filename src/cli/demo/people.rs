//! The people of the demonstration: who opens the sign-in page may be any of them.

use super::cases::{BANK, BEIJING, BEIJING_NAME, CHENGDU, CHENGDU_NAME, FIRM, GRANTEES, PROVIDER};
use super::seed::{actor, deputy, of};
use crate::cli::Failure;
use subsidy_console::Person;
use subsidy_core::domain::{Actor, AgencyCode, Role};

pub(super) fn all() -> Result<Vec<Person>, Failure> {
    let beijing = [
        (actor(Role::Officer)?, ["王文", "Wang Wen"]),
        (actor(Role::Approver)?, ["陈立", "Chen Li"]),
        (of(Role::Enterprise, FIRM)?, ["李航", "Li Hang"]),
        (of(Role::Provider, PROVIDER)?, ["赵云", "Zhao Yun"]),
        (of(Role::Bank, BANK)?, ["周宁", "Zhou Ning"]),
        (actor(Role::Auditor)?, ["孙静", "Sun Jing"]),
        (actor(Role::Operator)?, ["吴维", "Wu Wei"]),
        (deputy(Role::Approver)?, ["郑明", "Zheng Ming"]),
        (actor(Role::Security)?, ["高安", "Gao An"]),
    ];
    let applicant = GRANTEES.first().map_or(FIRM, |firm| firm.code);
    let chengdu = [
        (actor(Role::Officer)?, ["王文", "Wang Wen"]),
        (actor(Role::Approver)?, ["陈立", "Chen Li"]),
        (of(Role::Enterprise, applicant)?, ["何川", "He Chuan"]),
        (actor(Role::Expert)?, ["林岳", "Lin Yue"]),
    ];
    let beijing = beijing.into_iter().map(|one| person((BEIJING, BEIJING_NAME), one));
    let chengdu = chengdu.into_iter().map(|one| person((CHENGDU, CHENGDU_NAME), one));
    beijing.chain(chengdu).collect()
}

fn person((agency, agency_name): (&str, &str), (actor, name): (Actor, [&str; 2])) -> Result<Person, Failure> {
    let (agency, agency_name) = (AgencyCode::parse(agency)?, agency_name.to_owned());
    Ok(Person { agency, agency_name, actor, name: name.map(str::to_owned) })
}
