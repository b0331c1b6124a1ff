//! What stands on the pages of grants and rankings.

use super::T;
use subsidy_http::language::Language;

texts! {
    calls: "申报通知" / "Calls";
    propose_call: "提出申报通知" / "Propose a call";
    ranked: "评审排序" / "Applications, the best first";
    propose_awards: "按排序提出立项名单" / "Propose awards in this order";
    approve_awards: "批准立项名单" / "Approve the awards";
    reject_awards: "驳回立项名单" / "Reject the awards";
    applications: "申报书" / "Applications";
    write_application: "填写申报书" / "Write an application";
    project_budget: "项目预算" / "Budget of the project";
    scores: "专家评分" / "Scores";
    name_experts: "指派专家" / "Name experts";
    score: "评分" / "Score it";
    awards: "立项" / "Awards";
    tranches: "分期拨款" / "Tranches";
    accepted_whole: "验收通过" / "Accepted";
    accepted_in_part: "部分通过" / "Accepted in part";
    not_accepted: "不通过" / "Not accepted";
    approve_acceptance: "批准验收结论" / "Approve the acceptance";
    reject_acceptance: "驳回验收结论" / "Reject the acceptance";
    propose_extension: "提出延期" / "Propose a later deadline";
    approve_extension: "批准延期" / "Approve the later deadline";
    reject_extension: "驳回延期" / "Reject the later deadline";
    cancel_award: "撤销立项" / "Cancel the award";
    rankings: "排名" / "Rankings";
    metrics: "指标与权重" / "Metrics and weights";
    places: "名次" / "Places";
}
