//! The permission matrix 权限矩阵: which role may call what, from the table of routes that the service itself decides by.

use super::handler::{ReadRequest, Reply};
use super::problem::Problem;
use super::route::{Handler, Route};
use crate::handlers::reports::report_response::{answer, read_request};
use subsidy_core::domain::Role;
use subsidy_reports::formats::Column;
use subsidy_reports::report::{Report, Row};

const COLUMNS: &[Column] = &[
    Column::plain("方法 method", 8),
    Column::plain("路径 path", 56),
    Column::plain("中文说明 name_zh", 32),
    Column::plain("英文说明 name_en", 44),
    Column::plain("效果 effect", 12),
    Column::plain("经办 officer", 10),
    Column::plain("复核 approver", 10),
    Column::plain("申报单位 enterprise", 10),
    Column::plain("服务商 provider", 10),
    Column::plain("银行 bank", 10),
    Column::plain("审计 auditor", 10),
    Column::plain("运维 operator", 10),
    Column::plain("专家 expert", 10),
    Column::plain("安全 security", 10),
];

/// `GET /reports/permissions`: of the release that answers; no posting changes it.
pub async fn report(request: ReadRequest, routes: &[Route]) -> Result<Reply, Problem> {
    let asked = read_request(&request).await?;
    let rows = routes.iter().map(row).collect();
    answer(&request, &asked, &Report::of(["permissions", "权限矩阵"], COLUMNS, rows))
}

/// What a call does to the ledger.
const fn effect(route: &Route) -> &'static str {
    match route.handler {
        Handler::Read(_) | Handler::Ask(_) | Handler::Start(_) => "reads",
        Handler::Disclose(_) => "discloses",
        Handler::Write(_)
        | Handler::Group(_)
        | Handler::Upload(_)
        | Handler::Import
        | Handler::BankFile
        | Handler::Batch
        | Handler::Run(_) => "writes",
    }
}

fn row(route: &Route) -> Row {
    let [chinese, english] = route.summary;
    let row = Row::default()
        .text(route.method.into_str())
        .text(route.path)
        .text(chinese)
        .text(english)
        .text(effect(route));
    Role::ALL
        .iter()
        .fold(row, |row, role| row.text(if route.permission.allows_role(*role) { "yes" } else { "no" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::ROUTES;

    #[test]
    fn a_column_stands_for_each_role_in_its_order() {
        let roles: Vec<&str> = COLUMNS.iter().skip(5).map(Column::key).collect();
        assert!(Role::ALL.iter().map(Role::into_str).eq(roles));
        assert!(ROUTES.iter().all(|route| row(route).cells.len() == COLUMNS.len()));
    }
}
