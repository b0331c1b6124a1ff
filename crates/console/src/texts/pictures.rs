//! What stands on pictures and their tables, and on the page of a verification.

use super::T;
use subsidy_http::language::Language;

texts! {
    verifications: "核验记录" / "Verifications";
    begin_verification: "核验全部账簿" / "Verify the whole ledger";
    about_verification_job: "逐条重放日志，并与每张表的每一行比对；只读，不影响他人办理。" / "Plays the log again and compares every row of every table with it; it only reads, and nobody has to wait.";
    verification_good: "核验通过：账簿与日志一致。" / "Verified: the books are what the log says.";
    verification_bad: "核验不通过：以下内容在服务之外被改动。" / "Not verified: this was changed behind the service's back.";
    verification_failed: "核验未能完成，没有结论。请重新发起；原因见服务日志。" / "There is no verdict. Begin again; the service's log says why.";
    verification_interrupted: "服务在核验途中停止，没有结论。请重新发起。" / "The service stopped on the way: there is no verdict. Begin again.";
    verified_under: "据以核验的检查点" / "Checkpoint that it was held against";
    compared_lines: "比对分录行" / "Lines compared";
    opened_accounts: "核对密封账号" / "Sealed account numbers opened";
    place_of_finding: "位置" / "Place";
    stored_value: "现存" / "Stored";
    is_missing: "缺失" / "Missing";
    no_such_row: "日志中没有这一行" / "The log makes no such row";
    rest_not_looked_at: "其余内容因此未能核验。" / "Because of this the rest was not looked at.";
    replayed_value: "重放" / "Replayed";
    started_by: "发起人" / "Begun by";
    started_at: "发起时间" / "Begun";
    finished_at: "完成时间" / "Ended";
    looks_again: "本页每 2 秒自动更新。" / "This page looks again every 2 seconds.";
    do_not_look_again: "停止自动更新" / "Do not look again";
    look_again: "查看最新进度" / "See how far it is";
    adjusted_budget: "调整后预算" / "adjusted budget";
    paid_last_year: "上年同期已支付" / "paid by the same month of last year";
    budget_above: "调整后预算高出图幅，其线标在上沿；数额见表。" / "The adjusted budget lies above the picture, and its line stands at the upper edge; the table says it.";
    funnel: "办理漏斗" / "Funnel";
    about_funnel: "件数为到过该步的件，天数为距上一步天数的中位数，金额为指标账余额。" / "Cases that ever reached a step, the median of the days since the step before, and balances of the budget's book.";
    step_applied: "申请" / "applied";
    step_issued: "发放或立项" / "issued or awarded";
    step_claimed: "申领" / "claimed";
    step_approved: "核定" / "approved";
    step_paid: "已支付" / "paid";
    median_days_short: "天数中位数" / "median days";
    money_flow: "资金流向" / "Flow of money";
    about_flow: "预算 → 专项 → 单位 → 服务商或银行，按核定金额。" / "Budget, programme, organisation, provider or bank, by what is approved.";
    provider_or_bank: "服务商或银行" / "provider or bank";
    others: "其他" / "others";
    of_nobody: "未指明" / "nobody named";
    forecast: "贴息支出测算" / "Forecast of interest";
    about_forecast: "按今天的余额和利率，逐笔逐月测算到受理期结束；每月的数按天均摊，得出指标用完之日。" / "From today's balances and rates, loan by loan and month by month to the end of the window; a month's cost is spread evenly over its days.";
    budget_lasts: "已下达的指标够用到最后。" / "What is left of the budget lasts to the end.";
    cost_of_month: "当月" / "in the month";
    cost_so_far: "累计" / "so far";
    left_of_budget: "可用指标" / "what is left of the budget";
    usage_against_contract: "用量与合同金额" / "Usage against the contract";
    about_usage_picture: "逐月累计的计量金额，深色为已申领；横线为合同总额。" / "What was metered, month after month together; the darker part is claimed, the line is the contract's total.";
    metered_so_far: "累计计量" / "metered so far";
    claimed_so_far: "其中已申领" / "of it claimed";
    contract_total: "合同总额" / "contract total";
    no_verifications: "还没有核验过。" / "Nothing was verified yet.";
}

filled_texts! {
    cases(count: &str): "{count} 件" / "{count} cases";
    median_days(days: &str): "中位数 {days} 天" / "median {days} days";
    forecast_ends(date: &str): "按测算，可用指标在 {date} 用完。" / "By this forecast what is left of the budget ends on {date}.";
    more_rows(count: usize): "另有 {count} 行" / "{count} more rows";
    verified_so_far(done: &str, total: &str): "已核验 {done} / {total} 条记录" / "{done} of {total} entries verified";
}
