//! Every sentence of the console, in Chinese and in English. A text is a method of [`T`]: one that is missing in a
//! language, or takes something else there, does not compile.

use super::words;
use crate::http::language::Language;
use subsidy_core::domain::Role;

/// The texts of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct T(Language);

macro_rules! texts {
    ($($name:ident: $zh:literal / $en:literal;)+) => {
        impl T {
            $(pub const fn $name(self) -> &'static str {
                match self.0 { Language::Chinese => $zh, Language::English => $en }
            })+
        }
        /// Every text that takes nothing: its name, Chinese, English.
        pub const PLAIN: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en)),+];
    };
}

macro_rules! filled_texts {
    ($($name:ident($($argument:ident: $kind:ty),+): $zh:literal / $en:literal;)+) => {
        impl T {
            $(pub fn $name(self, $($argument: $kind),+) -> String {
                match self.0 { Language::Chinese => format!($zh), Language::English => format!($en) }
            })+
        }
        /// Every text that something is filled into: its name, what, Chinese, English.
        pub const FILLED: &[(&str, &[&str], &str, &str)] =
            &[$((stringify!($name), &[$(stringify!($argument)),+], $zh, $en)),+];
    };
}

impl T {
    pub const fn new(language: Language) -> Self {
        Self(language)
    }

    pub const fn chinese() -> Self {
        Self(Language::Chinese)
    }

    pub const fn english() -> Self {
        Self(Language::English)
    }

    pub const fn language(self) -> Language {
        self.0
    }

    pub fn is_english(self) -> bool {
        self.0 == Language::English
    }

    /// Of a text in both languages, the one.
    pub fn of(self, both: &[String; 2]) -> &str {
        let [zh, en] = both;
        if self.is_english() { en } else { zh }
    }

    pub const fn role(self, role: Role) -> &'static str {
        match self.0 {
            Language::Chinese => role.name_zh(),
            Language::English => role.into_str(),
        }
    }

    /// Why applications are usually returned.
    pub const fn usual_reasons(self) -> [&'static str; 3] {
        [self.reason_stamp(), self.reason_invoice(), self.reason_period()]
    }

    /// What a code of the API is called: a state, a kind, an item. One that has no name is shown as it is.
    pub fn word(self, code: &str) -> String {
        words::of(code, self.is_english()).map_or_else(|| code.to_owned(), str::to_owned)
    }

    /// The same at the beginning of a heading.
    pub fn heading(self, code: &str) -> String {
        let word = self.word(code);
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// What a field is called, by its pointer or its name.
    pub fn field(self, pointer: &str) -> String {
        self.word(pointer.rsplit('/').next().unwrap_or(pointer))
    }

    /// How good or bad a state is: a class of the stylesheet.
    pub fn tone(self, state: &str) -> &'static str {
        match state {
            "paid" | "issued" | "active" | "approved" | "redeemed" | "closed" => "ok",
            "returned" | "suspended" | "expired" | "draft" | "proposed" => "warn",
            "rejected" | "cancelled" | "blocked" => "bad",
            _ => "info",
        }
    }
}

texts! {
    product: "算力补贴台账" / "Compute subsidy ledger";
    to_content: "跳到正文" / "Skip to content";
    menu: "主菜单" / "Main menu";
    breadcrumb: "当前位置" / "Breadcrumb";
    business_date: "业务日期" / "Business date";
    sign_out: "退出" / "Sign out";
    large_type: "大字版" / "Large type";
    normal_type: "标准字" / "Normal type";
    work: "办理" / "Work";
    programme: "专项" / "Programme";
    books: "账簿" / "Books";
    mine: "我的券与申报" / "My vouchers and claims";
    tasks: "工作台" / "Work list";
    vouchers: "算力券" / "Vouchers";
    claims: "申领" / "Claims";
    programmes: "专项与预算" / "Programmes and budgets";
    trial_balance: "试算平衡" / "Trial balance";
    reports: "报表" / "Reports";
    transactions: "分录" / "Transactions";
    show_api: "查看接口" / "Show the API";
    about_api: "本页由以下接口得出；令牌见部署手册，接口说明见" / "This page is made of these requests; the operators' manual says how to get a token, the reference is at";
    signed_in_again: "已重新登录。下面是您之前填写的内容，尚未提交，请确认后再次提交。" / "You are signed in again. What you had typed is below and was not sent: check it and send it again.";
    request: "请求编号" / "Request";
    to_start: "回到首页" / "Back to the start";
    sign_in: "登录" / "Sign in";
    demonstration: "演示人员" / "People of the demonstration";
    about_demonstration: "这是演示环境，数据均为虚构。点选一人即可进入，随时可以退出换人。" / "This is a demonstration; everything in it is invented. Choose a person to go in as; sign out to become another.";
    by_token: "使用令牌登录" / "Sign in with a token";
    about_token: "由管理员以 subsidy-ledger token 签发，或由本单位身份平台签发。" / "Issued by an administrator with subsidy-ledger token, or by your identity provider.";
    token: "令牌" / "Token";
    token_refused: "令牌无效或已过期，请向管理员索取新的令牌。" / "The token is not valid or no longer valid: ask an administrator for a new one.";
    session_ended: "您已退出，或会话已结束。请登录后继续。" / "You are signed out, or the session ended. Sign in to go on.";
    kept_form: "刚才填写的内容已保留，登录后会原样带回。" / "What you typed is kept and comes back after you sign in.";
    who_am_i: "我的账户" / "My account";
    roles: "角色" / "Roles";
    agency: "主管部门" / "Agency";
    organisation: "单位" / "Organisation";
    provider: "服务商" / "Provider";
    subject: "账号" / "Account";
    until: "会话最迟结束于" / "The session ends at the latest at";
    nothing_to_see: "此角色没有业务页面；运维命令见手册。" / "This role has no pages of business; its commands are in the manual.";
    number: "编号" / "Number";
    matter: "事项" / "Matter";
    amount_cny: "金额（元）" / "Amount (CNY)";
    waiting: "等待" / "Waiting";
    next_step: "下一步" / "Next step";
    state: "状态" / "State";
    all: "全部" / "All";
    filter: "筛选" / "Filter";
    next_page: "下一页" / "Next page";
    first_page: "回到第一页" / "First page";
    no_tasks: "没有等您办理的事项。" / "Nothing waits for you.";
    no_tasks_hint: "新的申请提交后会出现在这里；也可以查看全部申领或算力券。" / "New applications appear here; you can also look through all claims or vouchers.";
    none_found: "没有符合条件的记录。" / "Nothing matches.";
    none_found_hint: "请放宽筛选条件，或回到全部。" / "Widen the filter, or show all.";
    face_value: "面额" / "Face value";
    available: "可用" / "Available";
    redeemed: "已兑付" / "Redeemed";
    held: "占用" / "Held";
    released: "已释放" / "Released";
    expired: "已失效" / "Expired";
    valid: "有效期" / "Valid";
    payee: "收款人" / "Payee";
    paid: "已拨付" / "Paid";
    payable: "待拨付" / "To be paid";
    offset: "已抵扣" / "Offset";
    recovered: "应追回" / "To come back";
    submitted_on: "提交日" / "Submitted on";
    period: "期间" / "Period";
    contract: "合同" / "Contract";
    metered: "用量" / "Metered";
    invoiced: "发票" / "Invoiced";
    paid_of_it: "付款" / "Paid";
    settled: "结算" / "Settled";
    conclusion: "结论" / "Conclusion";
    side_by_side: "合同 · 用量 · 发票 · 付款" / "Contract · usage · invoices · payments";
    matches: "相符" / "Matches";
    differences: "不符之处" / "What does not match";
    calculation: "计算单" / "Calculation sheet";
    no_calculation: "尚未核算：提交审核后在此逐行列出。" / "Not calculated yet: the sheet appears here line by line.";
    step: "步骤" / "Step";
    basis: "依据" / "Basis";
    formula: "算式" / "Formula";
    due_amount: "核定金额" / "Amount";
    not_supported: "不在支持范围" / "Not paid for";
    sum_exact: "合计（未舍入）" / "Sum, before rounding";
    rounded: "舍入到分" / "Rounded to the fen";
    before_cuts: "上限前" / "Before caps";
    cap_not_reached: "未触及" / "Not reached";
    actions: "办理" / "Act";
    no_actions: "您目前没有可办理的操作。" / "There is nothing for you to do here now.";
    blocked_now: "目前不能办理：" / "Not possible now: ";
    opinion: "意见（退回、驳回时必填）" / "Opinion (needed to return or reject)";
    reason: "理由" / "Reason";
    pass: "通过" / "Pass";
    send_back: "退回补正" / "Return";
    reject: "驳回" / "Reject";
    approve: "批准" / "Approve";
    issue: "发放" / "Issue";
    submit: "提交" / "Submit";
    withdraw: "撤回" / "Withdraw";
    suspend: "暂停使用" / "Suspend";
    reinstate: "恢复使用" / "Reinstate";
    cancel: "作废" / "Cancel";
    effective_date: "生效日（留空为业务日期）" / "Effective date (empty: the business date)";
    ready_reasons: "常用理由" / "Ready reasons";
    reason_stamp: "材料缺少盖章页，请补正后重新提交" / "A page lacks its stamp; please complete it and submit again";
    reason_invoice: "发票与结算金额不符，请核对后重新提交" / "The invoices do not match the settlement; please check and submit again";
    reason_period: "服务期间与合同不符，请说明或更正" / "The period of service does not match the contract; please explain or correct it";
    history: "经过" / "History";
    why_stopped: "为何退回、驳回或停用" / "Why it was returned, rejected or stopped";
    documents: "材料" / "Evidence";
    no_documents: "没有上传材料。" / "No evidence was brought.";
    of_voucher: "所属券" / "Its voucher";
    claims_on_it: "本券的申领" / "Claims on this voucher";
    no_claims_yet: "还没有申领。" / "No claims yet.";
    legal_basis: "政策依据" / "Legal basis";
    window: "受理期" / "Window";
    instrument: "方式" / "Instrument";
    budget: "预算" / "Budget";
    appropriated: "下达" / "Appropriated";
    reserved: "预留" / "Reserved";
    committed: "已承诺" / "Committed";
    approved_payable: "核定待支付" / "Approved, to be paid";
    expended: "已支付" / "Expended";
    lapsed: "收回失效" / "Lapsed";
    execution_rate: "执行率" / "Execution rate";
    rules: "规则" / "Rules";
    rules_versions: "规则各版本" / "Versions of the rules";
    no_rules: "没有生效的规则。" / "No rules are in force.";
    budget_changes: "指标变动" / "Changes of the budget";
    no_budget_changes: "还没有指标变动。" / "No changes of the budget yet.";
    propose_appropriation: "提出指标下达" / "Propose an appropriation";
    fiscal_year: "年度" / "Fiscal year";
    document_no: "文号" / "Document";
    source: "来源" / "Source";
    propose: "提出（须另一人批准）" / "Propose (somebody else approves)";
    account: "科目" / "Account";
    debit: "借方" / "Debit";
    credit: "贷方" / "Credit";
    balance: "余额" / "Balance";
    side: "方向" / "Side";
    total: "合计" / "Total";
    balanced: "三本账均平衡" / "All three books balance";
    as_of: "截至" / "As of";
    known_at: "按记录号" / "As known at";
    recorded_at: "记录时间" / "Recorded at";
    who: "经手" / "By";
    document: "单据" / "Document";
    kind: "操作" / "Kind";
    leaf: "日志叶" / "Leaf of the log";
    reversed: "已冲销" / "Reversed";
    reverses: "冲销的是" / "Reverses";
    show_document: "查看单据" / "Open the document";
    export: "导出" / "Export";
    print: "打印" / "Print";
    report: "报表" / "Report";
    about_report: "内容" / "What it says";
    rows: "行" / "rows";
    my_vouchers: "我的算力券" / "My vouchers";
    my_claims: "我的申报" / "My claims";
    no_vouchers: "还没有算力券。" / "No vouchers yet.";
    no_vouchers_hint: "登记租用合同后，可在专项页面查看规则并申请。" / "Once a contract is recorded, see the programmes' rules and apply.";
    days_left_head: "剩余" / "Left";
    progress: "进度" / "Progress";
    missing: "需要您做的" / "What you are to do";
    nothing_missing: "无" / "Nothing";
    to_submit: "草稿尚未提交" / "Draft, not submitted yet";
    to_mend: "已退回，请补正后重新提交" / "Returned: mend it and submit again";
    wait: "等待主管部门办理" / "The agency is at work on it";
    yes: "是" / "Yes";
    no: "否" / "No";
    anyone: "不限" / "Anyone";
    unlimited: "不设" / "None";
    credit_code: "统一社会信用代码" / "Credit code";
    accept_incomplete: "确认用量虽不完整，申领金额仍然正确（意见中写明理由）" / "The claim is right although the usage is incomplete (say why above)";
    effective_date_short: "生效日" / "Effective on";
    amount_hint: "元，两位小数，如 1000000.00" / "CNY with two decimals, such as 1000000.00";
    level: "资金级次" / "Level";
    fill_in: "请填写必填的条件后查询。" / "Fill in what is required.";
    startups_only: "仅限初创企业" / "start-ups only";
    in_cny: "单位：元" / "CNY";
    page_of: "本页" / "This page";
}

filled_texts! {
    done(sequence: &str): "已办理，记录号 {sequence}。" / "Done: entry {sequence} of the log.";
    waiting_since(date: &str, days: i64): "{date} 起 · {days} 天" / "since {date} · {days} days";
    waiting_today(date: &str): "{date} 起 · 今日" / "since {date} · today";
    waits_for_you(count: usize): "等我办理 {count} 件" / "{count} wait for me";
    sheet_version(version: &str, rules: &str): "第 {version} 版 · 规则第 {rules} 版" / "sheet {version} · rules version {rules}";
    version_from(version: &str, date: &str): "第 {version} 版，{date} 起" / "version {version}, from {date}";
    differs_by(amount: &str): "差 {amount}" / "differs by {amount}";
    cap_used(cap: &str, used: &str): "上限 {cap} · 已用 {used}" / "cap {cap} · used {used}";
    cap_of(cap: &str): "上限 {cap}" / "cap {cap}";
    days(count: &str): "{count} 天" / "{count} days";
    months(count: &str): "{count} 个月" / "{count} months";
    days_left(count: i64): "还剩 {count} 天" / "{count} days left";
    days_over(count: i64): "已过期 {count} 天" / "ended {count} days ago";
    points_of(points: &str): "{points} 个百分点" / "{points} points";
    ratio(item: &str, percent: &str): "{item}：不超过 {percent}%" / "{item}: at most {percent} %";
    ratio_startup(item: &str, percent: &str, startup: &str): "{item}：不超过 {percent}%，初创企业 {startup}%" / "{item}: at most {percent} %, start-ups {startup} %";
    per_claim(amount: &str): "每件不超过 {amount} 元" / "at most CNY {amount} each";
    per_year(amount: &str, counts: &str): "每单位每自然年不超过 {amount} 元（计入：{counts}）" / "at most CNY {amount} per organisation and calendar year (counting {counts})";
    in_all(amount: &str): "每单位累计不超过 {amount} 元" / "at most CNY {amount} per organisation in all";
    at_least(amount: &str): "基数不低于 {amount} 元" / "the base is at least CNY {amount}";
    points_max(points: &str): "不超过 {points} 个百分点" / "at most {points} points";
    of_contract_rate(percent: &str): "不超过合同利率的 {percent}%" / "at most {percent} % of the contract's rate";
    of_reference(percent: &str, name: &str): "不超过 {name} 的 {percent}%" / "at most {percent} % of {name}";
    ceiling(name: &str, spread: &str): "贷款利率不高于 {name} 加 {spread} 个基点" / "the loan's rate is at most {name} plus {spread} basis points";
    principal(amount: &str): "贴息本金不超过 {amount} 元" / "at most CNY {amount} of principal";
    day_basis(count: &str): "计息天数：{count}" / "day count: {count}";
    related(said: &str): "关联服务商：{said}" / "related providers: {said}";
    transaction_no(sequence: &str): "分录 {sequence}" / "Transaction {sequence}";
    report_as_of(date: &str, sequence: &str): "截至 {date} · 第 {sequence} 号记录" / "as of {date} · entry {sequence}";
    show_of(shown: usize): "本页 {shown} 条" / "{shown} on this page";
    acts_for(organisation: &str): "代表 {organisation}" / "for {organisation}";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn every_text_stands_in_both_languages() {
        let filled = FILLED.iter().map(|(name, _, zh, en)| (*name, *zh, *en));
        for (name, zh, en) in PLAIN.iter().copied().chain(filled) {
            assert!(has_chinese(zh), "{name}: {zh}");
            assert!(!en.trim().is_empty() && !has_chinese(en), "{name}: {en}");
        }
    }

    #[test]
    fn what_is_filled_in_is_filled_in_in_both_languages() {
        for (name, arguments, zh, en) in FILLED {
            for argument in *arguments {
                let place = format!("{{{argument}}}");
                assert!(zh.contains(&place) && en.contains(&place), "{name} leaves {argument} out");
            }
        }
    }
}
