//! What is said of each parameter, in the order in which it applies: which version, when, who, which tier, how much, what
//! bounds it, and who is paid.

/// A parameter and its sentence. `{value}` is what it says, `{number}` its place in a list, from 1, and each name of `with` a
/// member beside it that the same sentence says.
pub(super) struct Row {
    pub(super) pattern: &'static str,
    pub(super) with: &'static [&'static str],
    pub(super) said: Wording,
    /// Whether its values are words of [`WORDS`], not names that somebody gave.
    pub(super) worded: bool,
}

pub(super) enum Wording {
    /// In Chinese and in English.
    Always([&'static str; 2]),
    /// Each value with a sentence of its own, in Chinese and in English.
    Each(&'static [(&'static str, &'static str, &'static str)]),
}

/// Where the tiers are said.
pub(super) const TIERS: &str = "/tier_required";

const fn row(pattern: &'static str, zh: &'static str, en: &'static str) -> Row {
    Row { pattern, with: &[], said: Wording::Always([zh, en]), worded: false }
}

const fn with(with: &'static [&'static str], row: Row) -> Row {
    Row { with, ..row }
}

const fn worded(row: Row) -> Row {
    Row { worded: true, ..row }
}

const fn each(pattern: &'static str, choices: &'static [(&'static str, &'static str, &'static str)]) -> Row {
    Row { pattern, with: &[], said: Wording::Each(choices), worded: false }
}

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // which version, and when
    each("/rules_by", &[
        ("filing", "按申报日适用本版规则。", "This version applies by the day of the filing."),
        ("signed", "按合同或贷款签订日适用本版规则。", "This version applies by the day on which the contract or the loan was signed."),
        ("disbursed", "按贷款首次放款日适用本版规则。", "This version applies by the day on which the loan was drawn first."),
    ]),
    with(&["until"], row("/windows/filing/from", "受理期为 {value} 至 {until}，首尾两日均计入。", "Filings are taken from {value} to {until}, both days included.")),
    with(&["until"], row("/rounds/*/filing/from", "第 {number} 批受理期为 {value} 至 {until}。", "Round {number} takes filings from {value} to {until}.")),
    with(&["until"], row("/rounds/*/cost/from", "第 {number} 批只计 {value} 至 {until} 发生的费用。", "Round {number} pays for the days from {value} to {until}.")),
    with(&["until"], row("/windows/signed/from", "合同或贷款须在 {value} 至 {until} 签订。", "The contract or the loan was signed from {value} to {until}.")),
    with(&["until"], row("/windows/disbursed/from", "贷款须在 {value} 至 {until} 首次放款；此外发放的部分不贴息。", "The loan was drawn first from {value} to {until}; what is drawn outside earns nothing.")),
    with(&["until"], row("/windows/cost/from", "只计 {value} 至 {until} 发生的费用或利息。", "Only the days from {value} to {until} are paid for.")),
    worded(with(&["from"], row("/term/months_max", "最长补贴 {value} 个月，自{from}起算。", "At most {value} months are paid for, from {from} on."))),
    // who
    worded(row("/eligibility/categories", "申报单位须为：{value}。", "The organisation is one of: {value}.")),
    worded(row("/eligibility/sizes", "企业规模须为：{value}。", "Its size is one of: {value}.")),
    each("/eligibility/startup_only", &[
        ("true", "只限初创企业。", "Only start-ups may apply."),
        ("false", "不限初创企业。", "Start-ups and others may apply."),
    ]),
    row("/eligibility/regions", "须位于：{value}。", "It is in one of: {value}."),
    row("/eligibility/tags_any", "申报日须在名单之一上：{value}。", "On the day of the filing it is on one of the lists: {value}."),
    row("/eligibility/tags_all", "申报日须同时在名单上：{value}。", "On the day of the filing it is on all of the lists: {value}."),
    row("/eligibility/tags_none", "办理当日不得在名单上：{value}。", "On the day of each step it is on none of the lists: {value}."),
    each("/eligibility/related_provider", &[
        ("refuse", "与服务商（银行）有关联的，不予补贴。", "Nothing is paid where provider or bank and organisation are related."),
        ("allow", "与服务商（银行）有关联的，也可补贴。", "Provider or bank and organisation may be related."),
    ]),
    worded(row("/eligibility/provider/categories", "服务商须为：{value}。", "The provider is one of: {value}.")),
    row("/eligibility/provider/tags_any", "申报日服务商须在名单之一上：{value}。", "On the day of the filing the provider is on one of the lists: {value}."),
    row("/eligibility/provider/tags_none", "办理当日服务商不得在名单上：{value}。", "On the day of each step the provider is on none of the lists: {value}."),
    row("/eligibility/bank/tags_any", "申报日银行须在名单之一上：{value}。", "On the day of the filing the bank is on one of the lists: {value}."),
    row("/eligibility/bank/tags_none", "办理当日银行不得在名单上：{value}。", "On the day of each step the bank is on none of the lists: {value}."),
    row("/eligibility/project/tags_any", "申报日项目（贷款或合同）须在名单之一上：{value}。", "On the day of the filing the loan or contract is on one of the lists: {value}."),
    row("/eligibility/project/investment_min", "项目总投资不低于 {value} 元。", "The project costs at least CNY {value}."),
    row("/scenarios", "合同的应用场景须为：{value}。", "The contract serves one of the scenarios: {value}."),
    each("/one_per_contract", &[
        ("true", "一份合同只能用一张券。", "A contract carries one voucher."),
        ("false", "一份合同可以用多张券。", "A contract may carry several vouchers."),
    ]),
    each("/stacking", &[
        ("exclusive", "同一合同或贷款已由其他专项补贴的，不再补贴。", "Nothing is paid beside another programme for the same contract or loan."),
        ("within_ceiling", "其他资金可同时享受，合计以下列上限为限。", "Others may pay as well, all together within the ceiling below."),
        ("net_off", "其他专项已补贴的部分先扣除。", "What other programmes pay is taken off first."),
        ("allow", "可与其他专项同时享受。", "Other programmes may pay as well."),
    ]),
    each("/stacking/mode", &[
        ("exclusive", "同一合同或贷款已由其他专项补贴、或申报了其他资助的，不再补贴。", "Nothing is paid beside what others pay for the same contract or loan."),
        ("within_ceiling", "其他资金可同时享受，合计以下列上限为限。", "Others may pay as well, all together within the ceiling below."),
        ("net_off", "其他专项已补贴、或申报的其他资助先扣除。", "What others pay is taken off first."),
        ("allow", "可与其他专项同时享受。", "Other programmes may pay as well."),
    ]),
    worded(row("/stacking/levels", "上一项只针对下列级次的资金：{value}；其他级次的可同时享受。", "That is so of money of these levels alone: {value}; others may pay as well.")),
    row("/joint_ceiling_percent", "本补贴与其他财政资助合计不超过基数（贴息：已付利息）的 {value}%。", "This subsidy and all other money together come to at most {value} percent of the base (interest: of what was paid)."),
    each("/declare_other_funding", &[
        ("true", "申报时须说明同一费用的其他财政资助；没有的也须说明。", "Who asks says what others pay for the same costs, or that nobody does."),
        ("false", "无须说明其他财政资助。", "Nothing need be said of what others pay."),
    ]),
    with(&["spread_bp"], row("/rate_ceiling/*/reference", "第 {number} 项利率上限：签订日的 {value} 加 {spread_bp} 个基点。", "Rate ceiling {number}: {value} of the day of signing plus {spread_bp} basis points.")),
    row("/rate_ceiling/*/tenor_months_above", "第 {number} 项适用于期限超过 {value} 个月的贷款；同时超过几项的，按最长一项。", "Rate ceiling {number} is for loans of more than {value} months; of several the longest counts."),
    row("/rate_ceiling/tenor_months_above", "利率上限只适用于期限超过 {value} 个月的贷款。", "The rate ceiling is for loans of more than {value} months."),
    with(&["spread_bp"], row("/rate_ceiling/reference", "贷款利率不得高于签订日的 {value} 加 {spread_bp} 个基点。", "The contract rate is at most {value} of the day of signing plus {spread_bp} basis points.")),
    // which tier: the sentences of the tiers follow
    row("/when", "没有条件，适用于其余所有申报。", "has no conditions: it takes all that comes to it."),
    row("/when/tags_any", "申报日在名单之一上：{value}。", "for who is on one of the lists on the day of the filing: {value}."),
    worded(row("/when/categories", "单位类别为：{value}。", "for organisations that are one of: {value}.")),
    worded(row("/when/sizes", "企业规模为：{value}。", "for sizes: {value}.")),
    each("/when/startup", &[
        ("true", "属初创企业。", "for start-ups."),
        ("false", "不属初创企业。", "for who is no start-up."),
    ]),
    row("/when/regions", "位于：{value}。", "for regions: {value}."),
    row("/when/project_tags_any", "申报日项目（贷款或合同）在名单之一上：{value}。", "where the loan or contract is on one of the lists on the day of the filing: {value}."),
    row("/when/base_above", "基数超过 {value} 元。", "where the base is above CNY {value}."),
    row("/when/base_up_to", "基数不超过 {value} 元。", "where the base is at most CNY {value}."),
    each(TIERS, &[
        ("true", "不属于任何一档的，不予补贴。", "Who is in no tier gets nothing."),
        ("false", "不属于任何一档的，按下列规则办理。", "To who is in no tier the following applies."),
    ]),
    // how much
    with(&["item"], row("/item_map/*/service_category", "账单类别“{value}”计入“{item}”。", "The billing category \"{value}\" counts as \"{item}\".")),
    each("/base", &[
        ("tax_inclusive", "基数为含税金额。", "The base is the amount with its tax."),
        ("tax_exclusive", "基数为不含税金额，逐行计算到分。", "The base is the amount without tax, to the fen, line by line."),
    ]),
    with(&["item"], row("/items/*/ratio_percent", "“{item}”按 {value}% 补贴。", "{value} percent of \"{item}\" is paid.")),
    with(&["item"], row("/items/*/startup_ratio_percent", "“{item}”，初创企业按 {value}% 补贴。", "{value} percent of \"{item}\" is paid to start-ups.")),
    with(&["item"], row("/items/*/unit_price", "“{item}”每计量单位补贴 {value} 元；另有比例的，取两者较低。", "CNY {value} is paid for each unit of \"{item}\", at most the ratio where there is one.")),
    with(&["item"], row("/items/*/unit", "“{item}”的数量按“{value}”计。", "The quantity of \"{item}\" is in {value}.")),
    each("/prorate", &[
        ("by_day", "合同长于可补贴期间的，按天折算（算头不算尾）。", "A contract that runs longer than its costs are paid for counts by days, the last of which does not."),
    ]),
    each("/assessment", &[
        ("required", "审核时审定申报金额，按审定金额计算。", "What was filed is assessed at the review, and what was found counts."),
    ]),
    row("/points/max", "贴息最多 {value} 个百分点。", "At most {value} points of interest are paid."),
    row("/points/share_of_contract_rate_percent", "贴息不超过合同利率的 {value}%。", "At most {value} percent of the contract rate are paid."),
    with(&["percent"], row("/points/share_of_reference/name", "贴息不超过当日 {value} 的 {percent}%。", "At most {percent} percent of {value} of the day are paid.")),
    row("/paid_interest_percent", "补贴不超过期间内已付利息的 {value}%；没有百分点规则的，按此计算。", "At most {value} percent of the interest paid for the period is paid; without points, just that."),
    row("/principal_cap", "一个单位最多按 {value} 元本金贴息。", "At most CNY {value} of an organisation's principal earn."),
    worded(row("/day_count", "计息天数按{value}。", "Days are counted as {value}.")),
    row("/caps/minimum_base", "基数低于 {value} 元的，不予补贴。", "Nothing is paid for a base below CNY {value}."),
    each("/caps/minimum_base_per", &[
        ("claim", "该基数按每次申领计。", "That base is asked of each claim by itself."),
        ("year", "该基数按费用所属年度计：同一年度已提交的全部申领合计，批准时核对。", "That base is asked of a cost year: the bases of all its claims that are filed are summed, and each approval asks for it."),
    ]),
    each("/rounding/unit", &[
        ("fen", "金额计算到分。", "Amounts are in fen."),
        ("yuan", "金额和按天折算的金额不计到分，取整到元。", "Amounts, and what counts by days, are rounded to whole yuan in place of fen."),
    ]),
    worded(with(&["mode"], row("/rounding/scope", "{value}{mode}。", "{value}, {mode}."))),
    row("/grant/max_amount", "一个项目最多奖补 {value} 元。", "A project gets at most CNY {value}."),
    row("/grant/ratio_percent", "奖补不超过项目预算的 {value}%。", "At most {value} percent of the project's budget are paid."),
    row("/grant/months", "项目实施期最长 {value} 个月。", "A project takes at most {value} months."),
    row("/grant/quota/count", "每次征集最多立项 {value} 个。", "A call awards at most {value} projects."),
    row("/grant/quota/amount", "每次征集最多奖补 {value} 元。", "A call awards at most CNY {value}."),
    row("/grant/review/experts_min", "至少由 {value} 名专家评分。", "At least {value} experts score each application."),
    row("/grant/review/pass_score", "专家均分不低于 {value} 分的，方可立项。", "A mean of {value} passes."),
    each("/grant/review/drop_extremes", &[
        ("true", "专家五名以上的，去掉一个最高分和一个最低分。", "From five experts on, one highest and one lowest score are left out."),
        ("false", "所有评分均计入均分。", "The mean counts all scores."),
    ]),
    with(&["percent"], row("/grant/tranches/*/name", "第 {number} 笔分期拨款“{value}”为 {percent}%。", "Tranche {number}, \"{value}\", is {percent} percent.")),
    with(&["name"], each("/grant/tranches/*/on", &[
        ("award", "“{name}”在立项后拨付。", "\"{name}\" is paid once the project is awarded."),
        ("milestone", "“{name}”在中期报告通过后拨付。", "\"{name}\" is paid for a milestone."),
        ("acceptance", "“{name}”在验收后拨付。", "\"{name}\" is paid after the acceptance."),
    ])),
    each("/grant/prefund", &[
        ("true", "验收前拨付的为预拨，验收时结算。", "What is paid before the acceptance is an advance, which the acceptance settles."),
        ("false", "验收前拨付的列支，不作预拨。", "What is paid before the acceptance is no advance."),
    ]),
    // what bounds it, in the order of the cuts
    row("/caps/claim", "一次申领（一张券）最多 {value} 元。", "A claim or voucher is at most CNY {value}."),
    row("/caps/lifetime", "一个单位累计最多 {value} 元。", "An organisation gets at most CNY {value} in all."),
    worded(with(&["counts"], row("/caps/annual/amount", "一个单位每年最多 {value} 元，按{counts}分别计算。", "An organisation gets at most CNY {value} a year, counted by {counts}, each by itself."))),
    each("/caps/per", &[
        ("organisation", "年度和累计限额按单位计。", "The caps of a year and of all years are an organisation's."),
        ("project", "年度和累计限额按单位的每个项目计。", "The caps of a year and of all years are those of each project of an organisation."),
        ("loan", "年度和累计限额按每笔贷款计。", "The caps of a year and of all years are those of each loan."),
        ("contract", "年度和累计限额按每份合同计。", "The caps of a year and of all years are those of each contract."),
    ]),
    row("/caps/groups", "与其他专项共用合并限额：{value}。", "It shares the caps of these groups with other programmes: {value}."),
    each("/caps/annual/year", &[
        ("approval", "年度按批准日计。", "The year is that of the approval."),
        ("cost", "年度按费用发生的年份计。", "The year is that of the costs."),
    ]),
    each("/caps/annual/released", &[
        ("frees", "券退回的金额，恢复当年额度。", "What a voucher gives back frees the cap of its year."),
        ("stays", "券退回的金额，不恢复当年额度。", "What a voucher gives back stays counted in its year."),
    ]),
    worded(with(&["up_to"], row("/overrides/*/code", "{value}可逐案放宽至 {up_to} 元，由两人办理。", "{value} may be relaxed case by case up to CNY {up_to}, by two people."))),
    row("/minimums/interest_paid", "期间内已付利息低于 {value} 元的，不予补贴。", "Nothing is paid where less than CNY {value} of interest was paid for the period."),
    row("/minimums/amount", "扣减后低于 {value} 元的，不予补贴。", "Nothing is paid where less than CNY {value} is left after all cuts."),
    // who pays whom, and when
    worded(with(&["percent"], row("/shares/*/level", "{value}承担 {percent}%。", "{value} bears {percent} percent."))),
    row("/validity_months", "券自签发日起 {value} 个月内有效。", "A voucher is valid for {value} months."),
    row("/publicity_days", "审核后公示 {value} 天。", "A claim is published for {value} days after its review."),
    each("/publicity_counts", &[
        ("calendar", "公示天数按自然日计。", "Every day of the publicity counts."),
        ("working", "公示天数只计工作日。", "Only working days of the publicity count."),
    ]),
    row("/service_days/review", "申报后 {value} 个工作日内审核。", "A filing is reviewed within {value} working days."),
    row("/service_days/approval", "审核（公示期满）后 {value} 个工作日内批准或签发。", "It is approved or issued within {value} working days after its review and its publicity."),
    row("/service_days/objection", "异议在 {value} 个工作日内处理。", "An objection is decided on within {value} working days."),
    row("/service_days/payment", "批准后 {value} 个工作日内拨付。", "A claim is paid within {value} working days after its approval."),
    each("/claimant", &[
        ("enterprise", "由购买（租用）的单位申领。", "Who bought or rented claims."),
        ("provider", "由合同的服务商（运营方）就自身的服务申领；条件和限额均按服务商计。", "The provider of the contract claims on its own sales: conditions and caps are held against it."),
    ]),
    each("/payee", &[
        ("enterprise", "拨付给申报单位。", "The organisation is paid."),
        ("provider", "拨付给服务商。", "The provider is paid."),
        ("bank", "拨付给银行。", "The bank is paid."),
    ]),
    each("/prefund", &[
        ("true", "向银行预拨，由银行扣减利息。", "Banks are paid ahead and deduct the subsidy."),
        ("false", "不向银行预拨。", "Banks are not paid ahead."),
    ]),
    each("/expense", &[
        ("subsidy", "列为补贴支出。", "It is booked as a subsidy."),
        ("procurement", "列为采购支出。", "It is booked as procurement."),
    ]),
];

/// Values that people read as words: the value, in Chinese, in English.
#[rustfmt::skip]
pub(super) const WORDS: &[(&str, &str, &str)] = &[
    ("private_enterprise", "民营企业", "private enterprises"),
    ("state_owned_enterprise", "国有企业", "state-owned enterprises"),
    ("university", "高校", "universities"),
    ("research_institute", "科研院所", "research institutes"),
    ("government_department", "政府部门", "government departments"),
    ("micro", "微型", "micro"),
    ("small", "小型", "small"),
    ("medium", "中型", "medium"),
    ("large", "大型", "large"),
    ("issue", "签发", "issue"),
    ("redemption", "兑付", "redemption"),
    ("first_drawdown", "首次放款日", "the first drawdown"),
    ("signed", "签订日", "the day of signing"),
    ("claim", "合计后", "The sum is rounded once"),
    ("line", "逐行", "Each line is rounded by itself"),
    ("half_up", "四舍五入到分", "half up to the fen"),
    ("half_even", "四舍六入五成双到分", "half to even to the fen"),
    ("down", "舍去分以下", "down to the fen"),
    ("actual/360", "实际天数除以 360", "actual days over 360"),
    ("actual/365", "实际天数除以 365", "actual days over 365"),
    ("actual/actual", "实际天数除以当年天数", "actual days over those of the year"),
    ("actual/actual-icma", "实际天数除以所在周年天数", "actual days over those of the anniversary year"),
    ("30e/360", "每月 30 天、每年 360 天", "months of 30 days over 360"),
    ("claim_cap", "一次申领（一张券）的上限", "The cap of a claim or voucher"),
    ("lifetime_cap", "累计上限", "The cap in all"),
    ("annual_cap", "年度上限", "The cap of a year"),
    ("city", "市级", "the city"),
    ("district", "区级", "the district"),
    ("province", "省级", "the province"),
    ("central", "中央", "the central level"),
];
