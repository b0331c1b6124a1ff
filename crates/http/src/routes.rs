//! All routes on one page. From this table come the handlers, the OpenAPI document, the authorisation matrix and the
//! dispatch of batches.

use futures_util::FutureExt;

use super::callers::*;
use super::file_shapes::*;
use super::handler::{ReadRequest, Reply, Upload};
use super::handlers::batches::{BatchResults, NewBatch};
use super::handlers::claims::{credits, drafts, objections, recalculations, reconciliation, unmatched};
use super::handlers::grants::{self, applications, awards};
use super::handlers::loans::{estimate as estimates, quote as quotes, run as interest_run};
use super::handlers::payments::{answers as bank_answers, file as payment_file};
use super::handlers::prefunds::true_ups;
use super::handlers::reports::{audit, audit_reports as room, exports, work};
use super::handlers::usage::{errors as usage_errors, imports as usage_imports};
use super::handlers::{
    agencies, audit_notes, calendar, cap_groups, claims, evidence, loans, organisations, overrides, payments,
    periods, prefunds, programmes, rankings, recoveries, reference_rates as rates, rentals, reports,
    reversals, role_grants, statutory_limits, tags, tokens, usage, verifications, vouchers,
};
use super::parameters::*;
use super::permissions;
use super::problem::Problem;
use super::route::Method::{Get, Post, Put};
use super::route::Permission::SignedIn;
use super::route::{Handler, Route, Shape, asks, get, of, page, post};
use super::runs::{self, Expired, ExpiryRun, Reminded, ReminderRun, TaskReminderRun, TasksReminded};
use subsidy_core::domain::Role;
use subsidy_core::programmes::StatutoryLimits;
use subsidy_core::programmes::calculation::Calculation;

/// A handler that reads.
macro_rules! read {
    ($handler:path) => {
        Handler::Read(|request| $handler(request).boxed_local())
    };
}

/// Every route of the contract.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    get("/v1/me", SignedIn, ["我是谁", "Who calls"], read!(agencies::me), of::<agencies::Me>()),
    Route {
        method: Put, path: "/v1/business-date", permission: OFFICER, summary: ["设定沙箱的业务日期", "Move a sandbox's business date"],
        query: &[], takes: Some(of::<agencies::NewBusinessDate>()), gives: of::<agencies::AgencyView>(), creates: false,
        handler: Handler::Write(agencies::move_business_date),
    },

    post("/v1/tokens/revoke", OPERATOR, ["吊销令牌", "Revoke tokens"], tokens::revoke, [of::<tokens::TokensToRevoke>(), of::<tokens::RevocationView>()]),

    post("/v1/role-grants", OPERATOR, ["提出授予角色", "Propose that somebody may have a role"], role_grants::propose, [of::<role_grants::NewRoleGrant>(), of::<role_grants::RoleGrantView>()]).creating(),
    get("/v1/role-grants", OVERSEERS, ["角色授予列表", "List who may have which role"], read!(role_grants::list), page::<role_grants::RoleGrantView>()).with(&[LIMIT, CURSOR, STATUS, SUBJECT, OF_ROLE]),
    get("/v1/role-grants/{id}", OVERSEERS, ["角色授予", "A role that somebody may have"], read!(role_grants::get), of::<role_grants::RoleGrantView>()),
    post("/v1/role-grants/{id}/approve", SECURITY, ["批准授予角色", "Approve a role"], role_grants::approve, [of::<claims::ByPath>(), of::<role_grants::RoleGrantView>()]),
    post("/v1/role-grants/{id}/reject", SECURITY, ["驳回授予角色", "Reject a role"], role_grants::reject, [of::<organisations::WithReason>(), of::<role_grants::RoleGrantView>()]),
    post("/v1/role-grants/{id}/end", ADMINISTRATORS, ["收回角色", "Take a role away at once"], role_grants::end, [of::<organisations::WithReason>(), of::<role_grants::RoleGrantView>()]),

    post("/v1/organisations", OFFICER, ["登记单位", "Register an organisation"], organisations::register, [of::<organisations::NewOrganisation>(), of::<organisations::OrganisationView>()]).creating(),
    get("/v1/organisations", EVERYONE, ["单位列表", "List organisations"], read!(organisations::list), page::<organisations::OrganisationView>()).with(&[LIMIT, CURSOR, STATUS, NAME_PART, CREDIT_CODES, SINCE]),
    get("/v1/providers", EVERYONE, ["服务商名录", "Look up providers"], read!(organisations::providers), page::<organisations::ProviderView>()).with(&[LIMIT, CURSOR]),
    get("/v1/organisations/{credit_code}", EVERYONE, ["单位", "An organisation"], read!(organisations::get), of::<organisations::OrganisationView>()),
    post("/v1/organisations/{credit_code}/block", APPROVER, ["冻结单位", "Block an organisation"], organisations::block, [of::<organisations::WithReason>(), of::<organisations::OrganisationView>()]),
    post("/v1/organisations/{credit_code}/unblock", APPROVER, ["解冻单位", "Unblock an organisation"], organisations::unblock, [of::<organisations::WithReason>(), of::<organisations::OrganisationView>()]),
    Route {
        method: Put, path: "/v1/organisations/{credit_code}/bank-account", permission: OFFICER, summary: ["提出变更银行账户", "Propose another bank account"],
        query: &[], takes: Some(of::<organisations::NewBankAccount>()), gives: of::<organisations::OrganisationView>(), creates: false, handler: Handler::Write(organisations::propose_account),
    },
    post("/v1/organisations/{credit_code}/bank-account/approve", APPROVER, ["批准变更银行账户", "Approve another bank account"], organisations::approve_account, [of::<programmes::Nothing>(), of::<organisations::OrganisationView>()]),
    post("/v1/organisations/{credit_code}/bank-account/reject", APPROVER, ["驳回变更银行账户", "Reject another bank account"], organisations::reject_account, [of::<organisations::WithReason>(), of::<organisations::OrganisationView>()]),

    post("/v1/reference-rates", OFFICER, ["录入参考利率", "Load a reference rate"], rates::load, [of::<rates::NewReferenceRate>(), of::<rates::ReferenceRateView>()]).creating(),
    get("/v1/reference-rates", EVERYONE, ["参考利率列表", "List reference rates"], read!(rates::list), page::<rates::ReferenceRateView>()).with(&[LIMIT, CURSOR, NAME]),
    post("/v1/calendar", OFFICER, ["提出工作日历变更", "Propose holidays, and workdays in their stead"], calendar::propose, [of::<calendar::NewCalendar>(), of::<calendar::CalendarView>()]).creating(),
    get("/v1/calendar", EVERYONE, ["工作日历", "The days that the calendar names"], read!(calendar::list), page::<calendar::NamedDayView>()).with(&[LIMIT, CURSOR, FIRST_DAY, LAST_DAY]),
    get("/v1/calendar/changes", INSIDE, ["工作日历变更列表", "List the changes of the calendar"], read!(calendar::changes), page::<calendar::CalendarView>()).with(&[LIMIT, CURSOR, STATUS]),
    get("/v1/calendar/{id}", INSIDE, ["工作日历变更", "A change of the calendar"], read!(calendar::get), of::<calendar::CalendarView>()),
    post("/v1/calendar/{id}/approve", APPROVER, ["批准工作日历变更", "Approve a change of the calendar"], calendar::approve, [of::<claims::ByPath>(), of::<calendar::CalendarView>()]),
    post("/v1/calendar/{id}/reject", APPROVER, ["驳回工作日历变更", "Reject a change of the calendar"], calendar::reject, [of::<organisations::WithReason>(), of::<calendar::CalendarView>()]),

    post("/v1/tags", OFFICER, ["提出名单标签", "Propose that somebody or something is on a list"], tags::propose, [of::<tags::NewTag>(), of::<tags::TagView>()]).creating(),
    get("/v1/tags", EVERYONE, ["名单标签列表", "List who and what is on which list"], read!(tags::list), page::<tags::TagView>()).with(&[LIMIT, CURSOR, STATUS, TAG, TAG_SUBJECT, ON]),
    Route {
        method: Post, path: "/v1/tags/import", permission: OFFICER, summary: ["导入名单（CSV：id,from,until）", "Import a list (CSV: id,from,until), to be decided as a whole"],
        query: &[TAG, TAG_DOCUMENT, TAG_KIND], takes: Some(Shape::file("text/csv", &[])), gives: of::<tags::lists::TagImportView>(), creates: true,
        handler: Handler::Upload(Upload { asked: tags::lists::check_query, requires: &["tag", "document"], parse: tags::lists::import }),
    },
    get("/v1/tags/imports", INSIDE, ["导入的名单列表", "List the lists that were imported"], read!(tags::lists::list), page::<tags::lists::TagImportView>()).with(&[LIMIT, CURSOR, STATUS]),
    get("/v1/tags/imports/{id}", INSIDE, ["导入的名单", "A list that was imported"], read!(tags::lists::get), of::<tags::lists::TagImportView>()),
    post("/v1/tags/imports/{id}/approve", APPROVER, ["批准导入的名单", "Approve a list, all of it"], tags::lists::approve, [of::<claims::ByPath>(), of::<tags::lists::TagImportView>()]),
    post("/v1/tags/imports/{id}/reject", APPROVER, ["驳回导入的名单", "Reject a list, all of it"], tags::lists::reject, [of::<organisations::WithReason>(), of::<tags::lists::TagImportView>()]),
    get("/v1/tags/{id}", EVERYONE, ["名单标签", "A tag"], read!(tags::get), of::<tags::TagView>()),
    post("/v1/tags/{id}/approve", APPROVER, ["批准名单标签", "Approve a tag"], tags::approve, [of::<claims::ByPath>(), of::<tags::TagView>()]),
    post("/v1/tags/{id}/reject", APPROVER, ["驳回名单标签", "Reject a tag"], tags::reject, [of::<organisations::WithReason>(), of::<tags::TagView>()]),
    post("/v1/tags/{id}/end", OFFICER, ["提出终止名单标签", "Propose that a tag ends earlier"], tags::propose_end, [of::<tags::NewTagEnd>(), of::<tags::TagEndView>()]).creating(),
    post("/v1/tags/{id}/end/approve", APPROVER, ["批准终止名单标签", "Approve that a tag ends earlier"], tags::approve_end, [of::<claims::ByPath>(), of::<tags::TagEndView>()]),
    post("/v1/tags/{id}/end/reject", APPROVER, ["驳回终止名单标签", "Reject that a tag ends earlier"], tags::reject_end, [of::<organisations::WithReason>(), of::<tags::TagEndView>()]),

    post("/v1/statutory-limits", OFFICER, ["提出法定上限", "Propose other statutory limits"], statutory_limits::propose, [of::<statutory_limits::NewStatutoryLimit>(), of::<statutory_limits::StatutoryLimitView>()]).creating(),
    get("/v1/statutory-limits", INSIDE, ["法定上限列表", "List the statutory limits that were proposed"], read!(statutory_limits::list), page::<statutory_limits::StatutoryLimitView>()).with(&[LIMIT, CURSOR, STATUS]),
    get("/v1/statutory-limits/current", EVERYONE, ["现行法定上限", "The statutory limits in force"], read!(statutory_limits::current), of::<StatutoryLimits>()),
    get("/v1/statutory-limits/{id}", INSIDE, ["法定上限", "A statutory limit that was proposed"], read!(statutory_limits::get), of::<statutory_limits::StatutoryLimitView>()),
    post("/v1/statutory-limits/{id}/approve", APPROVER, ["批准法定上限", "Approve statutory limits"], statutory_limits::approve, [of::<claims::ByPath>(), of::<statutory_limits::StatutoryLimitView>()]),
    post("/v1/statutory-limits/{id}/reject", APPROVER, ["驳回法定上限", "Reject statutory limits"], statutory_limits::reject, [of::<organisations::WithReason>(), of::<statutory_limits::StatutoryLimitView>()]),

    post("/v1/cap-groups", OFFICER, ["提出合并限额", "Propose caps that programmes share"], cap_groups::propose, [of::<cap_groups::NewCapGroup>(), of::<cap_groups::CapGroupView>()]).creating(),
    get("/v1/cap-groups", INSIDE, ["合并限额列表", "List the caps that programmes share"], read!(cap_groups::list), page::<cap_groups::CapGroupView>()).with(&[LIMIT, CURSOR, STATUS]),
    get("/v1/cap-groups/{code}", INSIDE, ["合并限额", "Caps that programmes share"], read!(cap_groups::get), of::<cap_groups::CapGroupView>()),
    post("/v1/cap-groups/{code}/approve", APPROVER, ["批准合并限额", "Approve caps that programmes share"], cap_groups::approve, [of::<claims::ByPath>(), of::<cap_groups::CapGroupView>()]),
    post("/v1/cap-groups/{code}/reject", APPROVER, ["驳回合并限额", "Reject caps that programmes share"], cap_groups::reject, [of::<organisations::WithReason>(), of::<cap_groups::CapGroupView>()]),

    post("/v1/programmes", OFFICER, ["提出专项", "Propose a programme"], programmes::propose, [of::<programmes::NewProgramme>(), of::<programmes::ProgrammeView>()]).creating(),
    get("/v1/programmes", EVERYONE, ["专项列表", "List programmes"], read!(programmes::list), page::<programmes::ProgrammeView>()).with(&[LIMIT, CURSOR, STATUS, SINCE]),
    get("/v1/programmes/{code}", EVERYONE, ["专项及其指标", "A programme with its budget"], read!(programmes::get), of::<programmes::ProgrammeView>()),
    get("/v1/programmes/{code}/estimate", INSIDE, ["贴息支出测算", "What a programme for interest will still cost"], read!(estimates::estimate), of::<estimates::EstimateView>()),
    post("/v1/programmes/{code}/approve", APPROVER, ["批准专项", "Approve a programme"], programmes::approve, [of::<programmes::Nothing>(), of::<programmes::ProgrammeView>()]),
    post("/v1/programmes/{code}/rules", OFFICER, ["提出规则新版本", "Propose new rules"], programmes::propose_rules, [of::<programmes::NewRules>(), of::<programmes::RulesView>()]).creating(),
    get("/v1/programmes/{code}/rules", INSIDE, ["规则各版本", "All versions of the rules"], read!(programmes::list_rules), page::<programmes::RulesView>()),
    get("/v1/programmes/{code}/rules/{version}/explained", EVERYONE, ["规则说明（中英文）", "A version of the rules in sentences, Chinese and English"], read!(programmes::explained::get), of::<programmes::explained::ExplainedRules>()),
    asks("/v1/programmes/{code}/rules/simulate", INSIDE, ["规则试算", "Try rules on what was decided already"], Handler::Ask(|request, body| programmes::simulation::simulate(request, body).boxed_local()), Shape::or_file::<programmes::simulation::SimulationView>(TABLES)).taking(of::<programmes::simulation::NewSimulation>()).with(&[FORMAT]),
    post("/v1/programmes/{code}/rules/{version}/approve", APPROVER, ["批准规则版本", "Approve rules"], programmes::approve_rules, [of::<programmes::Nothing>(), of::<programmes::RulesView>()]),
    post("/v1/programmes/{code}/appropriations", OFFICER, ["提出指标下达", "Propose an appropriation"], programmes::appropriate, [of::<programmes::NewAppropriation>(), of::<programmes::BudgetChangeView>()]).creating(),
    get("/v1/programmes/{code}/appropriations", INSIDE, ["指标变动列表", "List changes of the budget"], read!(programmes::list_changes), page::<programmes::BudgetChangeView>()).with(&[LIMIT, CURSOR, STATUS]),
    post("/v1/programmes/{code}/appropriations/{id}/approve", APPROVER, ["批准指标下达", "Approve an appropriation"], programmes::approve_appropriation, [of::<programmes::Nothing>(), of::<programmes::BudgetChangeView>()]),
    post("/v1/programmes/{code}/lapse", OFFICER, ["提出收回指标", "Propose a lapse"], programmes::lapse, [of::<programmes::NewLapse>(), of::<programmes::BudgetChangeView>()]).creating(),
    post("/v1/programmes/{code}/lapse/{id}/approve", APPROVER, ["批准收回指标", "Approve a lapse"], programmes::approve_lapse, [of::<programmes::Nothing>(), of::<programmes::BudgetChangeView>()]),
    post("/v1/programmes/{code}/adjustments", OFFICER, ["提出调整指标", "Propose an adjustment"], programmes::adjust, [of::<programmes::NewAdjustment>(), of::<programmes::BudgetChangeView>()]).creating(),
    post("/v1/programmes/{code}/adjustments/{id}/approve", APPROVER, ["批准调整指标", "Approve an adjustment"], programmes::approve_adjustment, [of::<programmes::Nothing>(), of::<programmes::BudgetChangeView>()]),

    asks("/v1/eligibility", SignedIn, ["申报条件自查", "Which programmes would let an organisation in, and why others would not"], Handler::Ask(|request, body| programmes::eligibility::ask(request, body).boxed_local()), of::<programmes::eligibility::EligibilityView>()).taking(of::<programmes::eligibility::NewEligibilityQuestion>()),

    post("/v1/rentals", APPLICANT, ["登记租用合同", "Record a rental"], rentals::register, [of::<rentals::NewRental>(), of::<rentals::RentalView>()]).creating(),
    get("/v1/rentals", PARTIES, ["租用合同列表", "List rentals"], read!(rentals::list), page::<rentals::RentalView>()).with(&[LIMIT, CURSOR, ORGANISATION, SINCE]),
    get("/v1/rentals/{id}", PARTIES, ["租用合同", "A rental"], read!(rentals::get), of::<rentals::RentalView>()),

    post("/v1/loans", APPLICANT, ["登记贷款", "Record a loan"], loans::register, [of::<loans::NewLoan>(), of::<loans::LoanView>()]).creating(),
    get("/v1/loans", LENT, ["贷款列表", "List loans"], read!(loans::list), page::<loans::LoanView>()).with(&[LIMIT, CURSOR, ORGANISATION, OF_BANK, SINCE]),
    get("/v1/loans/interest-run", INSIDE, ["贴息批量申领的依据", "Loans with confirmed interest in some days, and the claims for them"], read!(interest_run::show), page::<interest_run::InterestRunView>()).with(&[LIMIT, CURSOR, PROGRAMME, FIRST_INTEREST_DAY, AFTER_INTEREST]),
    get("/v1/loans/{id}", LENT, ["贷款", "A loan"], read!(loans::get), of::<loans::LoanView>()),
    post("/v1/loans/{id}/events", APPLICANT, ["登记贷款变动", "Record what happened to a loan"], loans::record_events, [of::<loans::NewLoanEvents>(), of::<loans::LoanView>()]),
    post("/v1/loans/{id}/interest-paid", BANK, ["银行确认已付利息", "The bank confirms the interest paid"], loans::confirm, [of::<loans::NewInterestPaid>(), of::<loans::LoanView>()]),
    Route {
        method: Post, path: "/v1/interest-subsidies/quote", permission: SignedIn, summary: ["贴息测算", "What an interest subsidy would come to"],
        query: &[], takes: Some(of::<quotes::NewQuote>()), gives: of::<quotes::QuoteView>(), creates: false,
        handler: Handler::Ask(|request, body| quotes::quote(request, body).boxed_local()),
    },
    Route {
        method: Post, path: "/v1/rentals/{id}/usage", permission: METERED, summary: ["导入用量账单（FOCUS）", "Import a billing file (FOCUS 1.0 to 1.4)"],
        query: &[MODE, REPLACES, ADDS], takes: Some(Shape::file("text/csv", &["application/vnd.apache.parquet", "application/gzip", "application/zip"])), gives: of::<usage_imports::UsageImportView>(), creates: true, handler: Handler::Import,
    },
    get("/v1/rentals/{id}/usage", PARTIES, ["合同用量", "What was used on a contract"], read!(usage::get), of::<usage::UsageView>()).with(PAGE),
    get("/v1/rentals/{id}/usage/imports", PARTIES, ["用量导入记录", "List the billing files of a contract"], read!(usage_imports::list), page::<usage_imports::UsageImportView>()).with(PAGE),
    get("/v1/rentals/{id}/usage/imports/{import}", PARTIES, ["用量导入", "A billing file of a contract"], read!(usage_imports::get), of::<usage_imports::UsageImportView>()),
    post("/v1/rentals/{id}/usage/imports/{import}/approve", APPROVER, ["批准用量替换", "Approve a billing file that takes the place of what claims were filed on"], usage_imports::approve, [of::<programmes::Nothing>(), of::<usage_imports::UsageImportView>()]),
    post("/v1/rentals/{id}/usage/imports/{import}/reject", APPROVER, ["驳回用量替换", "Reject a billing file that was to do so"], usage_imports::reject, [of::<organisations::WithReason>(), of::<usage_imports::UsageImportView>()]),
    get("/v1/rentals/{id}/usage/imports/{import}/errors", PARTIES, ["用量导入差错", "What is wrong with the rows of a billing file"], read!(usage_errors::errors), USAGE_ERRORS).with(&[LIMIT, CURSOR, FORMAT]),
    get("/v1/rentals/{id}/reconciliation", PARTIES, ["合同、用量、发票、支付核对", "A contract's figures side by side, and what does not match"], read!(reconciliation::get), of::<reconciliation::ReconciliationView>()),
    get("/v1/rentals/{id}/credits", PARTIES, ["合同已得补贴（FOCUS 抵扣行）", "What was subsidised of a contract, as credits (FOCUS)"], read!(credits::get), CREDITS).with(&[FORMAT]),
    get("/v1/usage/unmatched", PARTIES, ["未申领的用量", "Usage that no claim is for"], read!(unmatched::unmatched), page::<unmatched::UnmatchedView>()).with(PAGE),
    get("/v1/invoices/unmatched", PARTIES, ["没有用量的发票", "Invoices that claims take of and no usage names"], read!(unmatched::unmetered), page::<unmatched::UnmeteredView>()).with(PAGE),

    post("/v1/prefunds/true-ups", OFFICER, ["提出预拨年度清算", "Propose to settle a year of a bank's prefunds"], true_ups::propose, [of::<true_ups::NewTrueUp>(), of::<true_ups::TrueUpView>()]).creating(),
    get("/v1/prefunds/true-ups", BANKING, ["预拨年度清算列表", "List true-ups"], read!(true_ups::list), page::<true_ups::TrueUpView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, OF_BANK, SINCE]),
    get("/v1/prefunds/true-ups/{id}", BANKING, ["预拨年度清算", "A true-up"], read!(true_ups::get), of::<true_ups::TrueUpView>()),
    post("/v1/prefunds/true-ups/{id}/approve", APPROVER, ["批准预拨年度清算", "Approve a true-up: what is left rolls or came back"], true_ups::approve, [of::<claims::ByPath>(), of::<true_ups::TrueUpView>()]),
    post("/v1/prefunds/true-ups/{id}/reject", APPROVER, ["驳回预拨年度清算", "Reject a true-up"], true_ups::reject, [of::<organisations::WithReason>(), of::<true_ups::TrueUpView>()]),
    get("/v1/prefunds/balances", BANKING, ["各银行各年度预拨余额", "What each bank has of its prefunds, by year"], read!(prefunds::balances), page::<prefunds::PrefundYearView>()).with(&[LIMIT, CURSOR, PROGRAMME, OF_BANK]),
    post("/v1/prefunds", OFFICER, ["提出向银行预拨", "Propose to pay a bank ahead"], prefunds::propose, [of::<prefunds::NewPrefund>(), of::<prefunds::PrefundView>()]).creating(),
    get("/v1/prefunds", BANKING, ["预拨列表", "List prefunds"], read!(prefunds::list), page::<prefunds::PrefundView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, OF_BANK, SINCE]),
    get("/v1/prefunds/{id}", BANKING, ["预拨", "A prefund"], read!(prefunds::get), of::<prefunds::PrefundView>()),
    post("/v1/prefunds/{id}/approve", APPROVER, ["批准预拨", "Approve a prefund"], prefunds::approve, [of::<claims::ByPath>(), of::<prefunds::PrefundView>()]),
    post("/v1/prefunds/{id}/reject", APPROVER, ["驳回预拨", "Reject a prefund"], prefunds::reject, [of::<organisations::WithReason>(), of::<prefunds::PrefundView>()]),

    post("/v1/vouchers", APPLICANT, ["申请券", "Apply for a voucher"], vouchers::apply, [of::<vouchers::NewVoucher>(), of::<vouchers::VoucherView>()]).creating(),
    get("/v1/vouchers", PARTIES, ["券列表", "List vouchers"], read!(vouchers::list), page::<vouchers::VoucherView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, ORGANISATION, SINCE]),
    get("/v1/vouchers/{id}", PARTIES, ["券及其计算单", "A voucher with its calculation"], read!(vouchers::get), of::<vouchers::VoucherView>()),
    post("/v1/vouchers/{id}/review", OFFICER, ["审核券", "Review a voucher"], vouchers::review, [of::<vouchers::Review>(), of::<vouchers::VoucherView>()]),
    post("/v1/vouchers/{id}/overrides", OFFICER, ["提出放宽券上限", "Propose to relax a cap of a voucher"], overrides::propose_of_voucher, [of::<overrides::NewOverride>(), of::<overrides::OverrideView>()]).creating(),
    post("/v1/vouchers/{id}/overrides/{number}/approve", APPROVER, ["批准放宽券上限", "Relax a cap of a voucher"], overrides::approve_of_voucher, [of::<programmes::Nothing>(), of::<overrides::OverrideView>()]),
    post("/v1/vouchers/{id}/overrides/{number}/reject", APPROVER, ["驳回放宽券上限", "Refuse to relax a cap of a voucher"], overrides::reject_of_voucher, [of::<organisations::WithReason>(), of::<overrides::OverrideView>()]),
    post("/v1/vouchers/{id}/issue", APPROVER, ["发券", "Issue a voucher"], vouchers::issue, [of::<vouchers::Issue>(), of::<vouchers::VoucherView>()]),
    post("/v1/vouchers/{id}/cancel", APPROVER, ["撤销券", "Cancel a voucher"], vouchers::cancel, [of::<organisations::WithReason>(), of::<vouchers::VoucherView>()]),
    post("/v1/vouchers/{id}/suspend", APPROVER, ["暂停券", "Suspend a voucher"], vouchers::suspend, [of::<organisations::WithReason>(), of::<vouchers::VoucherView>()]),
    post("/v1/vouchers/{id}/reinstate", APPROVER, ["恢复券", "Reinstate a voucher"], vouchers::reinstate, [of::<organisations::WithReason>(), of::<vouchers::VoucherView>()]),

    asks("/v1/vouchers/expire", OFFICER, ["券到期处理", "Expire vouchers past their last usable day"], Handler::Run(runs::expire), of::<Expired>()).taking(of::<ExpiryRun>()),
    asks("/v1/vouchers/remind", OFFICER, ["券到期提醒", "Remind of vouchers that are about to expire"], Handler::Run(runs::remind), of::<Reminded>()).taking(of::<ReminderRun>()),
    Route {
        method: Post, path: "/v1/evidence", permission: APPLICANT, summary: ["上传佐证材料", "Bring a file that backs claims"],
        query: &[KIND, ORGANISATION, INVOICE_NUMBER, INVOICE_CODE, AMOUNT, ORIGINAL_NUMBER, ORIGINAL_CODE, CORRECTS], takes: Some(Shape::bytes()), gives: of::<evidence::EvidenceView>(), creates: true,
        handler: Handler::Upload(Upload { asked: evidence::check_query, requires: &["kind"], parse: evidence::upload }),
    },
    get("/v1/evidence", EVERYONE, ["佐证材料列表", "List evidence"], read!(evidence::list), page::<evidence::EvidenceView>()).with(&[LIMIT, CURSOR, KIND, ORGANISATION, OF_INVOICE_NUMBER, OF_INVOICE_CODE]),
    get("/v1/evidence/{id}", EVERYONE, ["佐证材料", "A file that backs claims"], read!(evidence::get), of::<evidence::EvidenceView>()),
    get("/v1/evidence/{id}/content", EVERYONE, ["佐证材料的内容", "The file itself, as an attachment"], read!(evidence::content), EVIDENCE_FILE),

    post("/v1/evidence/{id}/confirm", OFFICER, ["认定发票", "Stand for what an organisation says of an invoice"], evidence::confirm, [of::<evidence::InvoiceConfirmation>(), of::<evidence::EvidenceView>()]),
    post("/v1/claims", APPLICANT, ["填写申领", "Draft a claim"], drafts::draft, [of::<drafts::NewClaim>(), of::<claims::ClaimView>()]).creating(),
    get("/v1/claims", PARTIES, ["申领列表", "List claims"], read!(claims::list), page::<claims::ClaimView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, ORGANISATION, SINCE]),
    get("/v1/claims/{id}", PARTIES, ["申领及其计算单", "A claim with its calculation"], read!(claims::get), of::<claims::ClaimView>()),
    Route {
        method: Put, path: "/v1/claims/{id}", permission: APPLICANT, summary: ["修改申领", "Write a draft or a returned claim anew"],
        query: &[], takes: Some(of::<drafts::NewClaim>()), gives: of::<claims::ClaimView>(), creates: false, handler: Handler::Write(drafts::rewrite),
    },
    get("/v1/claims/{id}/calculation", PARTIES, ["申领的计算单", "A claim's calculation sheet: the newest, or the one of a version"], read!(recalculations::calculation), of::<Calculation>()).with(&[VERSION]),
    get("/v1/claims/{id}/calculations", PARTIES, ["申领的各版计算单", "All calculation sheets of a claim"], read!(recalculations::calculations), page::<Calculation>()).with(PAGE),
    post("/v1/claims/{id}/submit", APPLICANT, ["提交申领", "Submit a claim"], claims::submit, [of::<claims::ByPath>(), of::<claims::ClaimView>()]),
    post("/v1/claims/{id}/withdraw", APPLICANT, ["撤回申领", "Withdraw a claim"], claims::withdraw, [of::<claims::ByPath>(), of::<claims::ClaimView>()]),
    post("/v1/claims/{id}/review", OFFICER, ["审核申领", "Review a claim"], claims::review, [of::<claims::ClaimReview>(), of::<claims::ClaimView>()]),
    post("/v1/claims/{id}/overrides", OFFICER, ["提出放宽申领上限", "Propose to relax a cap of a claim"], overrides::propose_of_claim, [of::<overrides::NewOverride>(), of::<overrides::OverrideView>()]).creating(),
    post("/v1/claims/{id}/overrides/{number}/approve", APPROVER, ["批准放宽申领上限", "Relax a cap of a claim"], overrides::approve_of_claim, [of::<programmes::Nothing>(), of::<overrides::OverrideView>()]),
    post("/v1/claims/{id}/overrides/{number}/reject", APPROVER, ["驳回放宽申领上限", "Refuse to relax a cap of a claim"], overrides::reject_of_claim, [of::<organisations::WithReason>(), of::<overrides::OverrideView>()]),
    post("/v1/claims/{id}/approve", APPROVER, ["批准申领", "Approve a claim"], claims::approve, [of::<claims::Approval>(), of::<claims::ClaimView>()]),
    post("/v1/claims/{id}/reject", APPROVER, ["驳回申领", "Reject a claim"], claims::reject, [of::<organisations::WithReason>(), of::<claims::ClaimView>()]),
    post("/v1/claims/{id}/recalculate", OFFICER, ["提出重新核算", "Propose a recalculation"], recalculations::propose, [of::<recalculations::NewRecalculation>(), of::<recalculations::RecalculationView>()]).creating(),
    post("/v1/claims/{id}/recalculate/approve", APPROVER, ["批准待批的重新核算", "Approve the recalculation that waits"], recalculations::approve_waiting, [of::<claims::Approval>(), of::<recalculations::RecalculationView>()]),
    post("/v1/claims/{id}/recalculate/reject", APPROVER, ["驳回待批的重新核算", "Reject the recalculation that waits"], recalculations::reject_waiting, [of::<organisations::WithReason>(), of::<recalculations::RecalculationView>()]),
    get("/v1/claims/{id}/recalculations", PARTIES, ["重新核算列表", "List a claim's recalculations"], read!(recalculations::list), page::<recalculations::RecalculationView>()).with(PAGE),
    post("/v1/claims/{id}/recalculations/{version}/approve", APPROVER, ["批准重新核算", "Approve a recalculation"], recalculations::approve, [of::<claims::Approval>(), of::<recalculations::RecalculationView>()]),
    post("/v1/claims/{id}/recalculations/{version}/reject", APPROVER, ["驳回重新核算", "Reject a recalculation"], recalculations::reject, [of::<organisations::WithReason>(), of::<recalculations::RecalculationView>()]),
    get("/v1/publicity", EVERYONE, ["公示", "Claims that are published"], read!(objections::published), page::<objections::PublishedView>()).with(PAGE),
    post("/v1/claims/{id}/objections", OBJECTORS, ["提出异议", "Object to a published claim"], objections::raise, [of::<objections::NewObjection>(), of::<objections::ObjectionView>()]).creating(),
    get("/v1/claims/{id}/objections", PARTIES, ["异议列表", "List the objections to a claim"], read!(objections::list), page::<objections::ObjectionView>()).with(PAGE),
    post("/v1/claims/{id}/objections/{objection}/resolve", OFFICER, ["处理异议", "Resolve an objection"], objections::resolve, [of::<objections::NewResolution>(), of::<objections::ObjectionView>()]),

    post("/v1/calls", OFFICER, ["提出申报通知", "Propose a call for applications"], grants::propose, [of::<grants::NewCall>(), of::<grants::CallView>()]).creating(),
    get("/v1/calls", CALLED, ["申报通知列表", "List calls"], read!(grants::list), page::<grants::CallView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, SINCE]),
    get("/v1/calls/{id}", CALLED, ["申报通知", "A call"], read!(grants::get), of::<grants::CallView>()),
    get("/v1/calls/{id}/ranking", INSIDE, ["评审排序", "The applications that experts found good, the best first"], read!(grants::ranking), page::<grants::RankView>()),
    post("/v1/calls/{id}/approve", APPROVER, ["批准申报通知", "Approve a call"], grants::approve, [of::<claims::ByPath>(), of::<grants::CallView>()]),
    post("/v1/calls/{id}/reject", APPROVER, ["驳回申报通知", "Reject a call"], grants::reject, [of::<organisations::WithReason>(), of::<grants::CallView>()]),
    post("/v1/calls/{id}/awards", OFFICER, ["提出立项名单", "Propose the awards of a call"], grants::award, [of::<grants::NewAwards>(), of::<grants::CallView>()]).creating(),
    post("/v1/calls/{id}/awards/approve", APPROVER, ["批准立项名单", "Approve the awards of a call"], grants::approve_awards, [of::<claims::ByPath>(), of::<grants::CallView>()]),
    post("/v1/calls/{id}/awards/reject", APPROVER, ["驳回立项名单", "Reject the awards of a call"], grants::reject_awards, [of::<organisations::WithReason>(), of::<grants::CallView>()]),
    post("/v1/applications", APPLICANT, ["起草申报书", "Draft an application"], applications::draft, [of::<applications::NewApplication>(), of::<applications::ApplicationView>()]).creating(),
    get("/v1/applications", JUDGES, ["申报书列表", "List applications"], read!(applications::list), page::<applications::ApplicationView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, ORGANISATION, OF_CALL, SINCE]),
    get("/v1/applications/{id}", JUDGES, ["申报书", "An application"], read!(applications::get), of::<applications::ApplicationView>()),
    Route {
        method: Put, path: "/v1/applications/{id}", permission: APPLICANT, summary: ["修改申报书", "Write an application anew"],
        query: &[], takes: Some(of::<applications::NewApplication>()), gives: of::<applications::ApplicationView>(), creates: false, handler: Handler::Write(applications::rewrite),
    },
    post("/v1/applications/{id}/submit", APPLICANT, ["提交申报书", "File an application"], applications::submit, [of::<claims::ByPath>(), of::<applications::ApplicationView>()]),
    post("/v1/applications/{id}/withdraw", APPLICANT, ["撤回申报书", "Withdraw an application"], applications::withdraw, [of::<claims::ByPath>(), of::<applications::ApplicationView>()]),
    post("/v1/applications/{id}/review", OFFICER, ["形式审查", "Review an application"], applications::review, [of::<applications::ApplicationReview>(), of::<applications::ApplicationView>()]),
    post("/v1/applications/{id}/experts", OFFICER, ["指派专家", "Name the experts of an application"], applications::name_experts, [of::<applications::NewExperts>(), of::<applications::ApplicationView>()]),
    post("/v1/applications/{id}/scores", EXPERT, ["专家打分", "Score an application"], applications::score, [of::<applications::NewScore>(), of::<applications::ApplicationView>()]).creating(),
    get("/v1/awards", GRANTEES, ["立项列表", "List awards"], read!(awards::list), page::<awards::AwardView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, ORGANISATION, OF_CALL, SINCE]),
    get("/v1/awards/{id}", GRANTEES, ["立项", "An award"], read!(awards::get), of::<awards::AwardView>()),
    get("/v1/publicity/awards", EVERYONE, ["公示中的立项", "The awards that are published now"], read!(awards::published), page::<awards::PublishedAwardView>()).with(PAGE),
    post("/v1/awards/{id}/objections", OBJECTORS, ["对立项提出异议", "Object to a published award"], awards::object, [of::<objections::NewObjection>(), of::<awards::AwardView>()]).creating(),
    post("/v1/awards/{id}/objections/{number}/resolve", OFFICER, ["处理立项异议", "Uphold or dismiss an objection to an award"], awards::resolve, [of::<objections::NewResolution>(), of::<awards::AwardView>()]),
    post("/v1/awards/{id}/cancel", APPROVER, ["撤销立项", "Cancel an award of which nothing was claimed"], awards::cancel, [of::<organisations::WithReason>(), of::<awards::AwardView>()]),
    post("/v1/awards/{id}/acceptance", OFFICER, ["提出验收结论", "Propose the acceptance of a project"], awards::propose_acceptance, [of::<awards::NewAcceptance>(), of::<awards::ProposedAwardView>()]).creating(),
    post("/v1/awards/{id}/acceptance/approve", APPROVER, ["批准验收结论", "Approve an acceptance, which settles the award"], awards::approve_acceptance, [of::<claims::ByPath>(), of::<awards::AwardView>()]),
    post("/v1/awards/{id}/acceptance/reject", APPROVER, ["驳回验收结论", "Reject an acceptance"], awards::reject_acceptance, [of::<organisations::WithReason>(), of::<awards::AwardView>()]),
    post("/v1/awards/{id}/extension", OFFICER, ["提出延期", "Propose a later deadline"], awards::propose_extension, [of::<awards::NewExtension>(), of::<awards::ProposedAwardView>()]).creating(),
    post("/v1/awards/{id}/extension/approve", APPROVER, ["批准延期", "Approve a later deadline"], awards::approve_extension, [of::<claims::ByPath>(), of::<awards::AwardView>()]),
    post("/v1/awards/{id}/extension/reject", APPROVER, ["驳回延期", "Reject a later deadline"], awards::reject_extension, [of::<organisations::WithReason>(), of::<awards::AwardView>()]),

    post("/v1/rankings", OFFICER, ["提出排名", "Propose a ranking"], rankings::propose, [of::<rankings::NewRanking>(), of::<rankings::RankingView>()]).creating(),
    get("/v1/rankings", EVERYONE, ["排名列表", "List rankings"], read!(rankings::list), page::<rankings::RankingView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, SINCE]),
    get("/v1/rankings/{id}", EVERYONE, ["排名", "A ranking"], read!(rankings::get), of::<rankings::RankingView>()),
    post("/v1/rankings/{id}/approve", APPROVER, ["批准排名", "Approve a ranking, which publishes it"], rankings::approve, [of::<claims::ByPath>(), of::<rankings::RankingView>()]),
    post("/v1/rankings/{id}/reject", APPROVER, ["驳回排名", "Reject a ranking"], rankings::reject, [of::<organisations::WithReason>(), of::<rankings::RankingView>()]),
    get("/v1/rankings/{id}/certificates/{credit_code}", EVERYONE, ["入选证书", "The certificate of who is named"], read!(rankings::certificate), of::<rankings::CertificateView>()),

    post("/v1/payment-batches", OFFICER, ["提出拨付批次", "Propose a payment batch"], payments::propose, [of::<payments::NewPaymentBatch>(), of::<payments::PaymentBatchView>()]).creating(),
    get("/v1/payment-batches", INSIDE, ["拨付批次列表", "List payment batches"], read!(payments::list), page::<payments::PaymentBatchView>()).with(&[LIMIT, CURSOR, STATUS, SINCE]),
    get("/v1/payment-batches/{id}", INSIDE, ["拨付批次及其明细", "A payment batch with its lines"], read!(payments::get), of::<payments::PaymentBatchView>()),
    post("/v1/payment-batches/{id}/approve", APPROVER, ["批准拨付批次", "Approve a payment batch"], payments::approve, [of::<claims::ByPath>(), of::<payments::PaymentBatchView>()]),
    post("/v1/payment-batches/{id}/reject", APPROVER, ["驳回拨付批次", "Reject a payment batch"], payments::reject, [of::<organisations::WithReason>(), of::<payments::PaymentBatchView>()]),
    Route {
        method: Get, path: "/v1/payment-batches/{id}/file", permission: PAYERS, summary: ["拨付文件（含账号明文）", "The file for the bank, with account numbers in clear"],
        query: &[FILE_FORMAT], takes: None, gives: Shape::file("application/xml", &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "text/csv"]),
        creates: false, handler: Handler::Disclose(|request| payment_file::file(request).boxed_local()),
    },
    asks("/v1/payment-batches/{id}/results", OFFICER, ["录入银行回单", "Record the bank's results"], Handler::Group(payments::results), of::<payments::PaymentBatchView>()).taking(of::<payments::NewPaymentResults>()),
    asks("/v1/payment-batches/{id}/results/import", OFFICER, ["导入银行回单文件", "Bring a file of the bank: what it says of the batch waits for another person"], Handler::BankFile, of::<bank_answers::BankFileView>()).taking(BANK_FILE),
    asks("/v1/payment-batches/{id}/results/approve", APPROVER, ["批量确认回单结果", "Confirm results that wait: all or none"], Handler::Group(payments::approve_results), of::<payments::PaymentBatchView>()).taking(of::<payments::WaitingResults>()),
    asks("/v1/payment-batches/{id}/results/reject", APPROVER, ["批量驳回回单结果", "Refuse results that wait: all or none"], Handler::Group(payments::reject_results), of::<payments::PaymentBatchView>()).taking(of::<payments::RefusedResults>()),
    post("/v1/payment-batches/{id}/results/{claim}/approve", APPROVER, ["确认回单结果", "Confirm a result that waits: it counts"], payments::approve_result, [of::<claims::ByPath>(), of::<payments::PaymentBatchView>()]),
    post("/v1/payment-batches/{id}/results/{claim}/reject", APPROVER, ["驳回回单结果", "Refuse a result that waits: the line is what it was"], payments::reject_result, [of::<organisations::WithReason>(), of::<payments::PaymentBatchView>()]),

    post("/v1/recoveries", OFFICER, ["提出追回", "Propose a recovery"], recoveries::propose, [of::<recoveries::NewRecovery>(), of::<recoveries::RecoveryView>()]).creating(),
    get("/v1/recoveries", INSIDE, ["追回列表", "List recoveries"], read!(recoveries::list), page::<recoveries::RecoveryView>()).with(&[LIMIT, CURSOR, STATUS, PROGRAMME, ORGANISATION, SINCE]),
    get("/v1/recoveries/{id}", INSIDE, ["追回", "A recovery"], read!(recoveries::get), of::<recoveries::RecoveryView>()),
    post("/v1/recoveries/{id}/approve", APPROVER, ["批准追回", "Approve a recovery"], recoveries::approve, [of::<claims::ByPath>(), of::<recoveries::RecoveryView>()]),
    post("/v1/recoveries/{id}/reject", APPROVER, ["驳回追回", "Reject a recovery"], recoveries::reject, [of::<organisations::WithReason>(), of::<recoveries::RecoveryView>()]),
    post("/v1/recoveries/{id}/receipts", OFFICER, ["录入追回到账", "Record money that came back"], recoveries::receive, [of::<recoveries::NewReceipt>(), of::<recoveries::RecoveryView>()]),
    post("/v1/recoveries/{id}/offset", APPROVER, ["抵扣", "Keep what is due of a claim for a recovery"], recoveries::offset, [of::<recoveries::NewOffset>(), of::<recoveries::RecoveryView>()]),
    post("/v1/recoveries/{id}/write-off", APPROVER, ["核销追回", "Write off a recovery"], recoveries::write_off, [of::<organisations::WithReason>(), of::<recoveries::RecoveryView>()]),

    asks("/v1/batches", WRITERS, ["批量写入", "Many writes in one request"], Handler::Batch, of::<BatchResults>()).taking(of::<NewBatch>()),
    get("/v1/tasks", WORKERS, ["我的待办", "What waits for me"], read!(work::tasks), page::<work::TaskView>()).with(PAGE),
    asks("/v1/tasks/remind", OFFICER, ["催办", "Tell of tasks that are late or about to be due"], Handler::Run(runs::remind_tasks), of::<TasksReminded>()).taking(of::<TaskReminderRun>()),
    get("/v1/reminders", INSIDE, ["催办记录", "The tasks that were told of"], read!(work::reminders), page::<work::ReminderView>()).with(&[LIMIT, CURSOR, TOLD_ON]),
    get("/v1/events", PARTIES, ["变动记录", "What changed"], read!(work::events), page::<work::EventView>()).with(&[LIMIT, CURSOR, AFTER]),

    get("/v1/ledger/accounts", INSIDE, ["会计科目表", "The chart of accounts"], read!(reports::accounts), page::<reports::AccountView>()),
    get("/v1/ledger/transactions", INSIDE, ["分录列表", "List transactions"], read!(reports::list), page::<reports::TransactionView>())
        .with(&[LIMIT, CURSOR, PROGRAMME, ORGANISATION, ACCOUNT, DOCUMENT, FROM, UNTIL]),
    get("/v1/ledger/transactions/{sequence}", INSIDE, ["分录", "A transaction"], read!(reports::get), of::<reports::TransactionView>()),
    post("/v1/ledger/transactions/{sequence}/reverse", OFFICER, ["提出冲销", "Propose a reversal"], reversals::propose, [of::<organisations::WithReason>(), of::<reversals::ReversalView>()]).creating(),
    post("/v1/ledger/transactions/{sequence}/reverse/approve", APPROVER, ["批准冲销", "Approve a reversal"], reversals::approve, [of::<claims::ByPath>(), of::<reversals::ReversalView>()]),
    post("/v1/ledger/transactions/{sequence}/approve", APPROVER, ["批准冲销（同上）", "Approve a reversal (the same by a shorter path)"], reversals::approve, [of::<claims::ByPath>(), of::<reversals::ReversalView>()]),
    get("/v1/ledger/reversals", INSIDE, ["冲销列表", "List reversals"], read!(reversals::list), page::<reversals::ReversalView>()).with(&[LIMIT, CURSOR, STATUS]),
    get("/v1/periods", INSIDE, ["会计期间列表", "List periods"], read!(periods::list), page::<periods::PeriodView>()).with(PAGE),
    post("/v1/periods/{month}/close", APPROVER, ["结账", "Close a period and every one before it"], periods::close, [of::<claims::ByPath>(), of::<periods::PeriodView>()]),
    post("/v1/periods/{month}/reopen", APPROVER, ["反结账", "Reopen a period and every one after it"], periods::reopen, [of::<organisations::WithReason>(), of::<periods::PeriodView>()]),
    get("/v1/reports/trial-balance", INSIDE, ["试算平衡表", "Trial balance"], read!(reports::trial_balance), Shape::or_file::<reports::TrialBalanceView>(REPORTED.or_else))
        .with(&[AS_OF, KNOWN_AT, PROGRAMME, LEVEL, OF_LINES, REGION, FISCAL_YEAR, FORMAT]),
    get("/v1/reports/budget-execution", INSIDE, ["预算执行", "Budget execution, month by month"], read!(room::budget_execution), REPORTED)
        .with(&[LIMIT, CURSOR, BY_PART, AS_OF, KNOWN_AT, PROGRAMME, LEVEL, OF_LINES, REGION, FISCAL_YEAR, FORMAT]),
    get("/v1/reports/carry-over", INSIDE, ["结转结余", "What of each year's money is carried over, and what is left"], read!(room::carry_over), REPORTED).with(&[LIMIT, CURSOR, FISCAL_YEAR, AS_OF, KNOWN_AT, PROGRAMME, FORMAT]),
    get("/v1/reports/performance", INSIDE, ["绩效", "Targets of a fiscal year, and what was achieved"], read!(room::performance), REPORTED).with(&[LIMIT, CURSOR, FISCAL_YEAR, AS_OF, KNOWN_AT, PROGRAMME, FORMAT]),
    get("/v1/reports/turnovers", INSIDE, ["发生额", "Turnovers by programme, month, level, organisation, district"], read!(room::turnovers), REPORTED)
        .with(&[LIMIT, CURSOR, BY, AS_OF, KNOWN_AT, PROGRAMME, LEVEL, OF_LINES, REGION, FISCAL_YEAR, FORMAT]),
    get("/v1/reports/voucher-rollforward", INSIDE, ["券结转表", "Voucher roll-forward"], read!(room::voucher_rollforward), REPORTED)
        .with(&[LIMIT, CURSOR, AS_OF, KNOWN_AT, PROGRAMME, OF_LINES, REGION, FORMAT]),
    get("/v1/reports/account-statement", INSIDE, ["明细账", "Account statement with a running balance"], read!(room::account_statement), REPORTED)
        .with(&[LIMIT, CURSOR, ACCOUNTS, FLOW, OF_LINES, LEVEL, REGION, FISCAL_YEAR, DOCUMENT, OF_VOUCHER, OF_PROVIDER, FROM, UNTIL, AS_OF, KNOWN_AT, PROGRAMME, FORMAT]),
    get("/v1/reports/ageing", INSIDE, ["账龄", "Ageing of vouchers, claims and receivables"], read!(room::ageing), REPORTED)
        .with(&[LIMIT, CURSOR, WAITING, AS_OF, KNOWN_AT, PROGRAMME, OF_LINES, REGION, FORMAT]),
    get("/v1/reports/funnel", INSIDE, ["办理漏斗", "How many cases came how far, and in how many days"], read!(room::funnel), REPORTED).with(REPORT),
    get("/v1/reports/flow", INSIDE, ["资金流向", "From the budget to programmes, organisations, providers"], read!(room::flow), REPORTED).with(REPORT),
    get("/v1/reports/recalculation", INSIDE, ["独立复算", "Every calculation sheet computed again"], read!(room::recalculation), REPORTED)
        .with(&[LIMIT, CURSOR, AS_OF, KNOWN_AT, PROGRAMME, FORMAT]),
    get("/v1/reports/exceptions", INSIDE, ["疑点清单", "What an auditor looks at first"], read!(room::exceptions), REPORTED)
        .with(&[LIMIT, CURSOR, EXCEPTION, NEAR_PERCENT, THRESHOLD, NIGHT_FROM, NIGHT_UNTIL, ROUND_UNIT, AS_OF, KNOWN_AT, PROGRAMME, FORMAT]),
    get("/v1/reports/overlaps", INSIDE, ["重复资助登记", "Contracts, loans and invoices in more than one programme"], read!(room::overlaps), REPORTED).with(REPORT),
    get("/v1/reports/sample", INSIDE, ["货币单元抽样", "A monetary-unit sample"], read!(room::sample), REPORTED)
        .with(&[LIMIT, CURSOR, SEED, INTERVAL, ACCOUNTS, AS_OF, KNOWN_AT, PROGRAMME, FORMAT]),
    get("/v1/reports/segregation-of-duties", INSIDE, ["职责分离", "Who can both raise and approve"], read!(room::duties), REPORTED).with(&[LIMIT, CURSOR, AS_OF, KNOWN_AT, FORMAT]),
    get("/v1/reports/roles", ROLE_READERS, ["角色持有", "Who may have which role on a day, and who proposed and approved it"], read!(room::roles), REPORTED).with(&[LIMIT, CURSOR, AS_OF, KNOWN_AT, FORMAT]),
    get("/v1/reports/operations", INSIDE, ["操作日志", "Who did what when"], read!(room::operations), REPORTED)
        .with(&[LIMIT, CURSOR, SUBJECT, ACT, DUTY, ABOUT, RECORDED_FROM, RECORDED_UNTIL, SAME_DOCUMENT, AS_OF, KNOWN_AT, FORMAT]),
    asks("/v1/reports/account-statement/exports", INSIDE, ["导出明细账", "Write an account statement of any length to a file"], read!(exports::account_statement), of::<exports::ExportView>())
        .with(&[ACCOUNTS, FLOW, OF_LINES, LEVEL, REGION, FISCAL_YEAR, DOCUMENT, OF_VOUCHER, OF_PROVIDER, FROM, UNTIL, AS_OF, KNOWN_AT, PROGRAMME, FILE]),
    asks("/v1/reports/operations/exports", INSIDE, ["导出操作日志", "Write the operations log to a file"], read!(exports::operations), of::<exports::ExportView>())
        .with(&[SUBJECT, ACT, DUTY, ABOUT, RECORDED_FROM, RECORDED_UNTIL, SAME_DOCUMENT, AS_OF, KNOWN_AT, FILE]),
    asks("/v1/reports/exceptions/exports", INSIDE, ["导出疑点清单", "Write the exception list to a file"], read!(exports::exceptions), of::<exports::ExportView>())
        .with(&[EXCEPTION, NEAR_PERCENT, THRESHOLD, NIGHT_FROM, NIGHT_UNTIL, ROUND_UNIT, AS_OF, KNOWN_AT, PROGRAMME, FILE]),
    asks("/v1/reports/recalculation/exports", INSIDE, ["导出独立复算", "Write every calculation sheet computed again to a file"], read!(exports::recalculation), of::<exports::ExportView>())
        .with(&[AS_OF, KNOWN_AT, PROGRAMME, FILE]),
    asks("/v1/reports/overlaps/exports", INSIDE, ["导出重复资助登记", "Write the overlap register of any length to a file"], read!(exports::overlaps), of::<exports::ExportView>())
        .with(&[AS_OF, KNOWN_AT, PROGRAMME, FILE]),
    asks("/v1/reports/journal/exports", INSIDE, ["导出文本账", "Write a journal of any length to a file"], read!(exports::journal), of::<exports::ExportView>())
        .with(&[AS_OF, KNOWN_AT, PROGRAMME, DIALECT]),
    asks("/v1/reports/sample/exports", INSIDE, ["导出抽样", "Write a sample of any population to a file"], read!(exports::sample), of::<exports::ExportView>())
        .with(&[SEED, INTERVAL, ACCOUNTS, AS_OF, KNOWN_AT, PROGRAMME, FILE]),
    get("/v1/report-exports/{id}", INSIDE, ["导出进度", "How far an export is"], read!(exports::progress), of::<exports::ExportView>()),
    get("/v1/report-exports/{id}/content", INSIDE, ["导出的文件", "The file of a finished export"], read!(exports::content), Shape::file("text/csv", REPORTED.or_else)),
    get("/v1/reports/permissions", INSIDE, ["权限矩阵", "Which role may call what"], read!(permitted), REPORTED).with(&[LIMIT, CURSOR, AS_OF, KNOWN_AT, FORMAT]),
    get("/v1/reports/journal", INSIDE, ["文本账", "A plain-text journal of all books"], read!(room::journal), Shape::text()).with(&[AS_OF, KNOWN_AT, PROGRAMME, DIALECT]),
    get("/v1/audit/checkpoint", INSIDE, ["签名检查点", "The newest signed checkpoint"], read!(audit::checkpoint), Shape::text()),
    get("/v1/audit/tile/{*path}", INSIDE, ["日志瓦片", "A tile of the log (C2SP tlog-tiles)"], read!(audit::tile), Shape::bytes()),
    get("/v1/audit/entries/{sequence}", INSIDE, ["日志叶", "A leaf of the log"], read!(audit::leaf), Shape::object()),
    post("/v1/audit/notes", AUDITOR, ["写审计备注", "Write an audit note"], audit_notes::write, [of::<audit_notes::NewAuditNote>(), of::<audit_notes::AuditNoteView>()]).creating(),
    get("/v1/audit/notes", AUDITOR, ["审计备注列表", "List audit notes"], read!(audit_notes::list), page::<audit_notes::AuditNoteView>()).with(&[LIMIT, CURSOR, NOTED]),
    asks("/v1/audit/verifications", AUDITOR, ["核验全部账簿", "Begin to verify the whole ledger"], Handler::Start(|request| verifications::start(request).boxed_local()), of::<verifications::VerificationView>()),
    get("/v1/audit/verifications", INSIDE, ["核验记录", "List verifications, the newest first"], read!(verifications::list), page::<verifications::VerificationView>()),
    get("/v1/audit/verifications/{id}", INSIDE, ["核验进度与结果", "How far a verification is, and what it came to"], read!(verifications::get), of::<verifications::VerificationView>()),
    get("/v1/audit/proof/{sequence}", INSIDE, ["离线凭据", "An offline receipt of a leaf"], read!(audit::proof), of::<audit::ReceiptView>()),
];

async fn permitted(request: ReadRequest) -> Result<Reply, Problem> {
    permissions::report(request, ROUTES).await
}

/// Who may call what: a line a route, a column a role.
pub fn authorisation_matrix() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for route in ROUTES {
        let allowed = Role::ALL.iter().filter(|role| route.permission.allows_role(**role));
        let allowed: Vec<&str> = allowed.map(Role::into_str).collect();
        let line = writeln!(text, "{:<4} {:<56} {}", route.method.into_str(), route.path, allowed.join(" "));
        if line.is_err() {
            break;
        }
    }
    text
}
