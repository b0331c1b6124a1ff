//! What a body may look like, for the OpenAPI document: JSON type by type, each taken by every route that takes its type; a file
//! that is text route by route.

use super::route::Route;

const ID: &str = "01940000-0000-7000-8000-000000000001";

/// The name of a type, what its example shows, and the example; `ID` stands for an id.
const EXAMPLES: &[(&str, &str, &str)] = &[
    (
        "NewBatch",
        "two",
        r#"{"mode": "each", "operations": [
        {"method": "POST", "path": "/v1/vouchers", "body": {"programme": "bj-voucher", "rental_id": "ID"}, "idempotency_key": "voucher-1"},
        {"method": "POST", "path": "/v1/vouchers", "body": {"programme": "bj-voucher", "rental_id": "ID"}, "idempotency_key": "voucher-2"}]}"#,
    ),
    ("NewBusinessDate", "a day", r#"{"date": "2025-07-01"}"#),
    (
        "NewCalendar",
        "a holiday",
        r#"{"document": "国办发明电〔2024〕12号", "days": [
        {"date": "2025-10-01", "kind": "holiday"}, {"date": "2025-10-11", "kind": "workday"}]}"#,
    ),
    ("ByPath", "nothing", "{}"),
    ("Nothing", "nothing", "{}"),
    ("WithReason", "a reason", r#"{"reason": "合同缺少盖章页，请补充后重新提交"}"#),
    (
        "NewClaim",
        "voucher_redemption",
        r#"{"kind": "voucher_redemption", "voucher_id": "ID", "evidence": ["ID"],
        "settlement": [{"item": "compute", "amount": "50000.00"}]}"#,
    ),
    (
        "NewClaim",
        "rental_subsidy",
        r#"{"kind": "rental_subsidy", "programme": "sh-rental", "rental_id": "ID",
        "period": {"from": "2025-01-01", "until": "2025-04-01"}, "usage": true}"#,
    ),
    (
        "NewClaim",
        "interest_subsidy",
        r#"{"kind": "interest_subsidy", "programme": "sh-interest", "loan_id": "ID",
        "period": {"from": "2025-03-21", "until": "2025-06-21"}, "interest_paid": "35000.00"}"#,
    ),
    ("NewClaim", "grant_tranche", r#"{"kind": "grant_tranche", "award_id": "ID", "tranche": "首付"}"#),
    ("Approval", "as of a day", r#"{"effective_date": "2025-03-01"}"#),
    (
        "NewEligibilityQuestion",
        "a small enterprise",
        r#"{"category": "private_enterprise", "size": "small", "startup": true, "region": "浦东新区", "tags": ["software"]}"#,
    ),
    ("NewObjection", "a text", r#"{"text": "所列合同与公示金额不一致"}"#),
    ("NewResolution", "dismissed", r#"{"decision": "dismissed", "reason": "经核对合同原件，金额一致"}"#),
    (
        "NewRecalculation",
        "another amount",
        r#"{"reason": "结算单更正", "changes": {
        "settlement": [{"item": "compute", "amount": "45000.00"}]}}"#,
    ),
    ("ClaimReview", "pass", r#"{"decision": "pass"}"#),
    (
        "ClaimReview",
        "assessed",
        r#"{"decision": "pass", "assessment": {"lines": [{"item": "compute", "amount": "36500.00"}], "reason": "核减未付款部分"}}"#,
    ),
    (
        "NewOverride",
        "the cap of a year",
        r#"{"code": "annual_cap", "to": "2000000.00", "document": "专题会议纪要2号", "reason": "已备案模型"}"#,
    ),
    ("ClaimReview", "return", r#"{"decision": "return", "reason": "请补充结算单"}"#),
    ("InvoiceConfirmation", "confirmed", r#"{"confirmed": true}"#),
    (
        "NewQuote",
        "a loan",
        r#"{"programme": "sh-interest", "period": {"from": "2025-03-21", "until": "2025-06-21"},
        "loan": {"annual_rate_percent": "3.5", "matures_on": "2027-03-21", "events": [
            {"kind": "drawdown", "date": "2025-03-21", "amount": "10000000.00"},
            {"kind": "repayment", "date": "2025-05-21", "amount": "1000000.00"}]}}"#,
    ),
    (
        "NewLoan",
        "a loan",
        r#"{"bank": "91330100MA2AX00016", "loan_no": "JK-2025-001", "organisation": "91310000MA1FL0000N", "signed_on": "2025-03-01",
        "matures_on": "2027-03-21", "annual_rate_percent": "3.5", "project": {"code": "P-2025-7", "name": "智算中心一期"},
        "events": [{"kind": "drawdown", "date": "2025-03-21", "amount": "10000000.00"}]}"#,
    ),
    (
        "NewLoanEvents",
        "a repayment",
        r#"{"events": [{"kind": "repayment", "date": "2025-05-21", "amount": "1000000.00"}]}"#,
    ),
    (
        "NewLoanEvents",
        "another rate and a later maturity",
        r#"{"events": [{"kind": "rate_change", "date": "2025-04-01", "annual_rate_percent": "3.2"},
        {"kind": "extension", "date": "2025-05-01", "matures_on": "2028-03-21"}]}"#,
    ),
    (
        "NewInterestPaid",
        "a quarter",
        r#"{"period": {"from": "2025-03-21", "until": "2025-06-21"}, "interest_paid": "88472.22",
        "penalty_interest": "0.00"}"#,
    ),
    (
        "NewOrganisation",
        "an enterprise",
        r#"{"credit_code": "91310000MA1FL0000N", "name": "甲智算科技有限公司",
        "category": "private_enterprise", "size": "small", "region": "浦东新区", "bank_account": {
            "name": "甲智算科技有限公司", "bank_code": "102290000012", "account_number": "6222021001112223334"}}"#,
    ),
    (
        "NewBankAccount",
        "an account",
        r#"{"name": "甲智算科技有限公司", "bank_code": "102290000012",
        "account_number": "6222021001112223334"}"#,
    ),
    ("NewPaymentBatch", "a claim", r#"{"claim_ids": ["ID"]}"#),
    ("NewPaymentBatch", "everything", "{}"),
    (
        "NewPaymentResults",
        "paid",
        r#"{"results": [{"claim_id": "ID", "outcome": "paid", "bank_reference": "FT25010200017",
        "date": "2025-03-03", "amount": "10000.00"}]}"#,
    ),
    ("WaitingResults", "a claim", r#"{"claim_ids": ["ID"]}"#),
    ("RefusedResults", "a claim", r#"{"claim_ids": ["ID"], "reason": "回单属于另一批次"}"#),
    (
        "NewPrefund",
        "a year",
        r#"{"programme": "sh-interest", "bank": "91330100MA2AX00016", "fiscal_year": 2025,
        "amount": "1360000.00", "document": "预拨通知1号"}"#,
    ),
    (
        "NewTrueUp",
        "roll",
        r#"{"programme": "sh-interest", "bank": "91330100MA2AX00016", "fiscal_year": 2025, "action": "roll",
        "document": "清算表1号", "statement": {"deducted": "1200000.00", "left": "160000.00"}}"#,
    ),
    (
        "NewTrueUp",
        "return",
        r#"{"programme": "sh-interest", "bank": "91330100MA2AX00016", "fiscal_year": 2025, "action": "return",
        "bank_reference": "FT26011500001", "date": "2025-05-30", "document": "清算表2号",
        "statement": {"deducted": "1200000.00", "left": "160000.00"}}"#,
    ),
    (
        "NewProgramme",
        "vouchers",
        r#"{"code": "bj-voucher", "title": {"zh": "算力券", "en": "Compute vouchers"},
        "instrument": "voucher", "legal_basis": {"document": "京经信发〔2024〕1号"},
        "window": {"from": "2025-01-01", "until": "2026-12-31"},
        "rules": {"items": [{"item": "compute", "ratio_percent": "20"}], "validity_months": 12,
            "caps": {"annual": {"amount": "2000000.00", "counts": ["issue"]}}}}"#,
    ),
    (
        "NewAdjustment",
        "less",
        r#"{"amount": "-500.00", "document": "预算调整1号", "reason": "调减年度预算"}"#,
    ),
    (
        "NewAppropriation",
        "a year",
        r#"{"amount": "1360000.00", "fiscal_year": 2025, "document": "京财预〔2025〕1号"}"#,
    ),
    ("NewLapse", "what is left", r#"{"fiscal_year": 2025, "reason": "年度结余上缴"}"#),
    (
        "NewRules",
        "another ratio",
        r#"{"effective_from": "2025-07-01", "reason": "办法修订", "rules": {
        "items": [{"item": "compute", "ratio_percent": "30"}], "validity_months": 12}}"#,
    ),
    (
        "NewSimulation",
        "another ratio",
        r#"{"rules": {"items": [{"item": "compute", "ratio_percent": "30"}], "validity_months": 12},
        "filed": {"from": "2025-01-01", "until": "2025-12-31"}}"#,
    ),
    (
        "NewRecovery",
        "a part",
        r#"{"claim_id": "ID", "amount": "5000.00", "decision_no": "追缴决定1号", "reason": "结算单更正"}"#,
    ),
    ("NewOffset", "against a claim", r#"{"claim_id": "ID", "amount": "1000.00"}"#),
    (
        "NewReceipt",
        "a part",
        r#"{"amount": "1000.00", "bank_reference": "RC25030100001", "date": "2025-03-03"}"#,
    ),
    ("NewAuditNote", "a claim", r#"{"about": "claim/ID", "text": "合同附件三与结算单金额不一致，待补正"}"#),
    ("NewReferenceRate", "LPR", r#"{"name": "LPR5Y", "date": "2025-02-20", "percent": "3.1"}"#),
    (
        "NewRental",
        "a year",
        r#"{"contract_no": "HT-2025-001", "organisation": "91310000MA1FL0000N", "provider": "91440300MA5F00011B", "signed_on": "2024-12-20",
        "from": "2025-01-01", "until": "2025-12-31", "scenario": "large_model",
        "lines": [{"item": "compute", "amount": "1200000.00", "tax_percent": "6"}]}"#,
    ),
    (
        "NewTag",
        "a year",
        r#"{"tag": "little_giant", "subject": {"kind": "organisation", "id": "91310000MA1FL0000N"},
        "from": "2025-01-01", "until": "2025-12-31", "document": "公告1号"}"#,
    ),
    ("NewTagEnd", "earlier", r#"{"until": "2025-06-30", "document": "公告2号"}"#),
    ("TokensToRevoke", "of an account", r#"{"subject": "https://id.example#erp-1", "reason": "密钥泄露"}"#),
    ("NewVoucher", "on a contract", r#"{"programme": "bj-voucher", "rental_id": "ID"}"#),
    (
        "NewVoucher",
        "beside other money",
        r#"{"programme": "bj-voucher", "rental_id": "ID",
        "other_funding": [{"level": "district", "amount": "90000.00", "document": "区财〔2025〕3号"}]}"#,
    ),
    ("ExpiryRun", "today", "{}"),
    ("ReminderRun", "within 30 days", r#"{"days": 30}"#),
    ("TaskReminderRun", "within three days", r#"{"days": 3}"#),
    ("Issue", "as of a day", r#"{"effective_date": "2025-03-01"}"#),
    ("Review", "pass", r#"{"decision": "pass"}"#),
    (
        "NewCall",
        "a quarter",
        r#"{"programme": "sz-grant", "title": "2025 年度揭榜挂帅", "filing": {"from": "2025-03-01", "until": "2025-05-31"},
        "quota": {"count": 10}}"#,
    ),
    ("NewAwards", "as ranked", r#"{"awards": [{"application_id": "ID", "amount": "1000000.00"}]}"#),
    (
        "NewApplication",
        "a project",
        r#"{"call": "ID", "organisation": "91310000MA1FL0000N", "project": {"name": "国产算力适配", "from": "2025-07-01", "months": 18,
        "budget": [{"item": "equipment", "amount": "2000000.00"}]}}"#,
    ),
    ("ApplicationReview", "pass", r#"{"decision": "pass"}"#),
    (
        "NewExperts",
        "two",
        r#"{"experts": [{"subject": "https://id.example#e1"}, {"subject": "https://id.example#e2"}]}"#,
    ),
    (
        "NewScore",
        "two criteria",
        r#"{"criteria": [{"name": "创新", "score": "41.5"}, {"name": "基础", "score": "40"}],
        "comment": "路线清楚，团队有经验"}"#,
    ),
    (
        "NewAcceptance",
        "passed",
        r#"{"entitlement": "1000000.00", "document": "验收意见1号", "decision": "passed"}"#,
    ),
    ("NewExtension", "half a year", r#"{"until": "2027-06-30", "document": "延期批复1号"}"#),
    (
        "NewRanking",
        "two metrics",
        r#"{"programme": "sz-grant", "year": 2025, "top": 10,
        "metrics": [{"name": "算力规模", "weight": "60"}, {"name": "利用率", "weight": "40"}],
        "entries": [{"organisation": "91310000MA1FL0000N", "values": ["1200", "75.5"], "evidence": ["ID"]}]}"#,
    ),
    (
        "NewStatutoryLimit",
        "a longer window",
        r#"{"points_max": "1.5", "window_until": "2028-12-31", "document": "财金〔2027〕1号", "reason": "贴息政策延续"}"#,
    ),
    (
        "NewRoleGrant",
        "an officer for a year",
        r#"{"subject": "https://id.example#wang", "role": "officer", "from": "2026-01-01", "until": "2026-12-31",
        "document": "人事〔2025〕18号", "reason": "轮岗至经办岗位"}"#,
    ),
    ("NewCapGroup", "of a year", r#"{"code": "compute", "annual": "5000000.00"}"#),
];

/// A file that is text, as a route takes it.
#[derive(Debug, Clone, Copy)]
pub struct FileExample {
    pub path: &'static str,
    /// What the query says of it.
    pub query: &'static str,
    pub media_type: &'static str,
    /// The name under which the document gives it: what it shows.
    pub shows: &'static str,
    pub text: &'static str,
}

const FILES: &[FileExample] = &[
    FileExample {
        path: "/v1/tags/import",
        query: "tag=little_giant&document=2025-1",
        media_type: "text/csv",
        shows: "two organisations, one without an end",
        text: "id,from,until\n91310000MA1FL0000N,2025-01-01,2025-12-31\n91110108MA01A2B3CF,2025-01-01,\n",
    },
    FileExample {
        path: "/v1/evidence",
        query: "kind=delivery&organisation=91310000MA1FL0000N",
        media_type: "application/octet-stream",
        shows: "a delivery note as plain text",
        text: "交付确认单\n合同编号：HT-2025-001\n交付内容：智能算力 100 卡时\n",
    },
    FileExample {
        path: "/v1/rentals/{id}/usage",
        query: "mode=strict",
        media_type: "text/csv",
        shows: "a month of one service in CNY",
        text: "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ContractedCost,EffectiveCost,HostProviderName,InvoiceIssuerName,\
ListCost,PricingQuantity,PricingUnit,ServiceCategory,ServiceName,ServiceProviderName\n\
1250.00,999999999999,CNY,2025-04-01T00:00:00Z,2025-05-01T00:00:00Z,Usage,,Training,2025-04-01T00:00:00Z,\
2025-04-02T00:00:00Z,1250.00,1250.00,Cloud,Cloud,1250.00,100,Hours,AI and Machine Learning,Training,Cloud\n",
    },
    FileExample {
        path: "/v1/payment-batches/{id}/results/import",
        query: "",
        media_type: "application/xml",
        shows: "a payment that the bank rejected (pain.002)",
        text: r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>S-1</MsgId><CreDtTm>2025-03-03T10:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>B-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>B-1</OrgnlPmtInfId><TxInfAndSts>
<OrgnlEndToEndId>01940000000070008000000000000001</OrgnlEndToEndId><TxSts>RJCT</TxSts>
<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>账户已销户</AddtlInf></StsRsnInf>
</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>
"#,
    },
];

/// The examples of the file that a route takes; none where it takes none.
pub fn of_file(route: &Route) -> impl Iterator<Item = &'static FileExample> {
    let takes = route.takes.is_some();
    FILES.iter().filter(move |file| takes && file.path == route.path)
}

/// The examples of a type, each with what it shows.
pub fn of_type(name: &str) -> impl Iterator<Item = (&'static str, serde_json::Value)> {
    let found = EXAMPLES.iter().filter(move |(of, ..)| *of == name);
    found.map(|(_, shows, text)| {
        (*shows, serde_json::from_str(&text.replace("ID\"", &format!("{ID}\""))).unwrap_or_default())
    })
}

/// The type of a route's body; none where it takes a file or nothing.
pub fn type_name(route: &Route) -> Option<String> {
    use utoipa::openapi::RefOr;
    match (route.takes?.schema)() {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    }
}
