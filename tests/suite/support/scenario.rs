//! A ledger's life as commands with fixed ids: every kind of command, a group, a year's end. Driven through an engine
//! or decided with fixed stamps, so that its leaves are the same for ever.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subsidy_core::audit::leaf::{Leaf, VERSION, posted};
use subsidy_core::book::command::OpenGroup;
use subsidy_core::book::{Book, Command, Envelope, decide};
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Instant, KeyHash, Sequence, Stamp, canonical};
use subsidy_store::engine::NewBankAccount;
use subsidy_store::keys::Secret;
use subsidy_store::keys::accounts::{AccountVault, Sealed};

/// What is asked for at once.
pub enum Step {
    One(Envelope),
    All(Vec<Envelope>),
}

/// How many contracts, each with its voucher.
const CONTRACTS: u32 = 70;

pub fn actor(subject: &str, role: &str) -> Actor {
    let actor = json!({ "subject": subject, "roles": [role] });
    canonical::decode_value(&actor).expect("an actor")
}

fn by(subject: &str, role: &str, command: Value) -> Envelope {
    let command = canonical::decode_value(&command).unwrap_or_else(|e| panic!("{e}: {command}"));
    Envelope { actor: actor(subject, role), if_match: None, command }
}

fn officer(command: Value) -> Envelope {
    by("officer-1", "officer", command)
}

fn approver(command: Value) -> Envelope {
    by("approver-1", "approver", command)
}

fn id(kind: u32, number: u32) -> String {
    format!("01900000-0000-7000-8{kind:03}-{number:012}")
}

fn code(number: u32) -> String {
    CreditCode::from_body(&format!("91310000{number:09}")).expect("a body").to_string()
}

fn reason(byte: u8) -> String {
    format!("{byte:02x}").repeat(32)
}

/// The account numbers of the scenario's organisations.
const ACCOUNTS: [u8; 5] = [7, 11, 12, 13, 15];

fn number(account: u8) -> String {
    format!("62220210011122{account:04}")
}

/// The vault of the keys that every test's ledger has.
fn vault() -> AccountVault {
    AccountVault::new(&Secret::new([7; 32]))
}

fn mac(account: u8) -> String {
    vault().mac(&number(account)).to_string()
}

/// The account number that a command names, sealed.
pub fn sealed(agency: &AgencyCode, command: &Command) -> Option<NewBankAccount> {
    let (organisation, named) = match command {
        Command::RegisterOrganisation(c) => (c.credit_code, c.bank_account.as_ref()?.mac),
        Command::ProposeBankAccount(c) => (c.credit_code, c.account.mac),
        _ => return None,
    };
    let vault = vault();
    let number = ACCOUNTS.map(number).into_iter().find(|number| vault.mac(number) == named)?;
    let Sealed { mac, bytes } = vault.of(agency).seal(organisation, &number).expect("sealed");
    Some(NewBankAccount { organisation, mac, sealed: bytes })
}

pub fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = founding().into_iter().map(Step::One).collect();
    for number in 0..CONTRACTS {
        steps.extend(voucher(number));
    }
    steps.extend(redemptions());
    steps.extend(corrections());
    steps.extend(reminders_and_accounts());
    steps.extend(lending());
    steps.extend(leasing());
    steps.extend(prefunding());
    steps.extend(granting());
    let review = |n| officer(json!({ "review_voucher": { "id": id(2, n), "decision": "pass" } }));
    steps.push(Step::All((0..5).map(|n| 10 * n + 9).map(review).collect()));
    let issue = |n| approver(json!({ "issue_voucher": { "id": id(2, n) } }));
    steps.push(Step::All((0..4).map(|n| 10 * n + 9).map(issue).collect()));
    steps.push(Step::One(by(
        "operator-1",
        "operator",
        json!({ "move_business_date": { "date": "2027-01-04" } }),
    )));
    let late = json!({ "cancel_voucher": { "id": id(2, 0), "reason": reason(9) } });
    steps.push(Step::One(approver(late)));
    steps.extend(budget(
        3,
        json!({ "lapse": { "fiscal_year": "2026", "amount": "1000", "reason": reason(8) } }),
    ));
    let appropriation = json!({ "appropriation": { "amount": "777.77", "fiscal_year": "2027", "document": "预〔2027〕1号" } });
    steps.extend(budget(4, appropriation));
    let original = (leaves_of(&steps) - 1).to_string();
    let propose = json!({ "propose_reversal": { "sequence": original, "reason": reason(10) } });
    steps.push(Step::One(officer(propose)));
    steps.push(Step::One(approver(json!({ "approve_reversal": { "sequence": original } }))));
    let close = |month: &str| Step::One(approver(json!({ "close_period": { "month": month } })));
    steps.push(close("2026-03"));
    let reopen = json!({ "reopen_period": { "month": "2026-03", "reason": reason(11) } });
    steps.push(Step::One(approver(reopen)));
    steps.push(close("2026-02"));
    steps
}

/// How many leaves steps make: a group has a header.
fn leaves_of(steps: &[Step]) -> usize {
    let leaves = steps.iter().map(|step| match step {
        Step::One(_) => 1,
        Step::All(members) => 1 + members.len(),
    });
    leaves.sum()
}

fn founding() -> Vec<Envelope> {
    let mut all = vec![by(
        "operator-1",
        "operator",
        json!({ "create_agency": { "code": "test", "name": "测试局", "zone": "Asia/Shanghai", "sandbox": "true",
            "business_date": "2026-03-02" } }),
    )];
    all.push(officer(
        json!({ "load_reference_rate": { "name": "LPR5Y", "date": "2026-02-20", "percent": "3.5" } }),
    ));
    for number in 0..6 {
        let mut organisation = json!({ "credit_code": code(number), "name": format!("单位 {number}"),
            "category": "private_enterprise", "size": "small", "startup": (number % 2 == 0).to_string(),
            "region": "高新区", "related": [] });
        if number == 0 {
            organisation["bank_account"] = json!({ "name": "单位 0", "bank_code": "102290000001",
                "masked": "****0007", "mac": mac(7) });
        }
        all.push(officer(json!({ "register_organisation": organisation })));
    }
    let block = |kind: &str| approver(json!({ kind: { "credit_code": code(3), "reason": reason(1) } }));
    all.extend([block("block_organisation"), block("unblock_organisation")]);
    let rules = |ratio: &str| {
        json!({ "items": [{ "item": "compute", "ratio_percent": ratio, "startup_ratio_percent": "50" }],
            "validity_months": "12", "caps": { "claim": "50000",
                "annual": { "amount": "400000", "counts": ["issue"] } } })
    };
    all.push(officer(json!({ "propose_programme": { "code": "voucher2026",
        "title": { "zh": "算力券", "en": "Compute vouchers" }, "instrument": "voucher",
        "legal_basis": { "document": "测试〔2026〕1号" },
        "window": { "from": "2026-01-01", "until": "2027-12-31" }, "rules": rules("30") } })));
    all.push(approver(json!({ "approve_programme": { "code": "voucher2026" } })));
    all.push(officer(json!({ "propose_rules": { "programme": "voucher2026", "effective_from": "2026-02-01",
        "rules": rules("33.333333"), "reason": reason(2) } })));
    all.push(approver(json!({ "approve_rules": { "programme": "voucher2026", "number": "2" } })));
    let appropriation = json!({ "appropriation": { "amount": "5000000", "fiscal_year": "2026", "document": "预〔2026〕1号" } });
    let adjustment =
        json!({ "adjustment": { "amount": "-20000.01", "document": "预〔2026〕2号", "reason": reason(3) } });
    for step in budget(1, appropriation).into_iter().chain(budget(2, adjustment)) {
        if let Step::One(envelope) = step {
            all.push(envelope);
        }
    }
    all
}

fn budget(number: u32, request: Value) -> Vec<Step> {
    let id = id(3, number);
    let kind = request.as_object().expect("a request").keys().next().expect("its kind").clone();
    let propose =
        json!({ "propose_budget_change": { "id": id, "programme": "voucher2026", "request": request } });
    let approve = json!({ "approve_budget_change": { "id": id, "programme": "voucher2026", "kind": kind } });
    vec![Step::One(officer(propose)), Step::One(approver(approve))]
}

/// A contract and what becomes of its voucher.
pub fn voucher(number: u32) -> Vec<Step> {
    let (rental, voucher) = (id(1, number), id(2, number));
    let amount = format!("{}.{:02}", 1_000 + 1_777 * u64::from(number), number % 100);
    let mut all = vec![
        officer(
            json!({ "register_rental": { "id": rental, "organisation": code(number % 4), "provider": code(4),
            "contract_no": format!("C-{number:04}"), "signed_on": "2026-02-10", "from": "2026-02-11",
            "until": "2026-12-31", "lines": [{ "item": "compute", "amount": amount, "tax_percent": "6" },
                { "item": "consulting", "amount": "10" }] } }),
        ),
        officer(
            json!({ "apply_for_voucher": { "id": voucher, "programme": "voucher2026", "rental": rental } }),
        ),
    ];
    let review = |decision: &str| {
        let why = json!({ "id": voucher, "decision": decision, "reason": reason(4) });
        let pass = json!({ "id": voucher, "decision": decision });
        officer(json!({ "review_voucher": if decision == "pass" { pass } else { why } }))
    };
    let issue = approver(json!({ "issue_voucher": { "id": voucher, "effective_date": "2026-03-02" } }));
    let change = |kind: &str| approver(json!({ kind: { "id": voucher, "reason": reason(5) } }));
    match number % 10 {
        9 => {}
        8 => all.push(review("return")),
        7 => all.push(review("reject")),
        6 => all.extend([review("pass"), issue, change("cancel_voucher")]),
        5 => all.extend([review("pass"), issue, change("suspend_voucher")]),
        4 => all.extend([review("pass"), issue, change("suspend_voucher"), change("reinstate_voucher")]),
        _ => all.extend([review("pass"), issue]),
    }
    all.into_iter().map(Step::One).collect()
}

/// A part of a voucher redeemed, one redeemed and closed, one held.
fn redemptions() -> Vec<Step> {
    let mut all = evidence();
    for (number, last) in [(61, "false"), (62, "true"), (63, "false")] {
        let request = json!({ "voucher_redemption": { "voucher": id(2, number), "final": last,
            "settlement": [{ "item": "compute", "amount": "20000.33", "tax_percent": "6" }] } });
        let claim = id(4, number);
        let mut draft = json!({ "id": claim, "request": request });
        if number == 62 {
            draft["invoices"] = json!([{ "evidence_id": id(9, 1), "amount": "20000.33" }]);
            draft["evidence"] = json!([id(9, 2)]);
        }
        all.push(officer(json!({ "draft_claim": draft })));
        all.push(officer(json!({ "submit_claim": { "id": claim } })));
        if number != 63 {
            all.push(by(
                "officer-2",
                "officer",
                json!({ "review_claim": { "id": claim, "decision": "pass" } }),
            ));
            all.push(approver(json!({ "approve_claim": { "id": claim } })));
        }
    }
    let batch = id(5, 1);
    let claims = [61, 62].map(|number| id(4, number).replace('-', "")).concat();
    all.push(officer(
        json!({ "propose_payment_batch": { "id": batch, "claims": claims, "name_max": "140" } }),
    ));
    all.push(approver(json!({ "approve_payment_batch": { "id": batch } })));
    let result = |number: u32, outcome: &str| {
        officer(json!({ "settle_payment": { "batch": batch, "claim": id(4, number), "outcome": outcome,
            "bank_reference": format!("FT{number}"), "date": "2026-03-02" } }))
    };
    all.extend([result(61, "paid"), result(62, "returned")]);
    let recovery = id(6, 1);
    all.push(officer(json!({ "propose_recovery": { "id": recovery, "claim": id(4, 61), "amount": "100.01",
        "decision_no": "追1", "reason": reason(6), "fraud": "false" } })));
    all.push(approver(json!({ "approve_recovery": { "id": recovery } })));
    all.push(officer(json!({ "receive_recovery": { "id": recovery, "amount": "50", "date": "2026-03-02",
        "bank_reference": "R1" } })));
    all.into_iter().map(Step::One).collect()
}

/// A holder reminded, an account that took another's place, one that waits, a file for the bank.
fn reminders_and_accounts() -> Vec<Step> {
    let account = |number: u32, byte: u8| {
        json!({ "credit_code": code(number), "account": { "name": format!("单位 {number}"),
            "bank_code": "102100099996", "masked": format!("****00{byte}"), "mac": mac(byte) } })
    };
    let batch = id(5, 2);
    let all = vec![
        officer(json!({ "remind_voucher": { "id": id(2, 60), "days": "366" } })),
        officer(
            json!({ "remind_task": { "task": format!("claim/{}/approve", id(4, 61)), "counted_from": "2026-02-20",
            "term_days": "5", "days": "3" } }),
        ),
        officer(json!({ "propose_bank_account": account(1, 11) })),
        approver(json!({ "approve_bank_account": { "credit_code": code(1) } })),
        officer(json!({ "propose_bank_account": account(1, 12) })),
        approver(json!({ "approve_bank_account": { "credit_code": code(1) } })),
        officer(json!({ "propose_bank_account": account(2, 13) })),
        approver(json!({ "reject_bank_account": { "credit_code": code(2), "reason": reason(14) } })),
        officer(json!({ "propose_bank_account": account(2, 15) })),
        officer(json!({ "propose_payment_batch": { "id": batch, "claims": id(4, 53).replace('-', ""),
            "name_max": "140" } })),
        approver(json!({ "approve_payment_batch": { "id": batch } })),
        officer(json!({ "propose_calendar": { "id": id(13, 1), "document": "放假通知",
            "days": [{ "date": "2026-03-02", "kind": "holiday" }, { "date": "2026-03-07", "kind": "workday" }] } })),
        approver(json!({ "approve_calendar": { "id": id(13, 1) } })),
        officer(json!({ "propose_calendar": { "id": id(13, 2), "document": "放假通知",
            "days": [{ "date": "2026-03-04", "kind": "holiday" }] } })),
        officer(json!({ "propose_tag": { "id": id(14, 1), "tag": "little_giant", "document": "公告1号",
            "subject": { "kind": "organisation", "id": code(1) }, "from": "2026-01-01", "until": "2026-12-31" } })),
        approver(json!({ "approve_tag": { "id": id(14, 1) } })),
        officer(
            json!({ "propose_tag_end": { "id": id(14, 1), "until": "2026-06-30", "document": "公告2号" } }),
        ),
        approver(json!({ "approve_tag_end": { "id": id(14, 1) } })),
        officer(json!({ "propose_tag": { "id": id(14, 2), "tag": "barred", "document": "公告3号",
            "subject": { "kind": "organisation", "id": code(2) }, "from": "2026-01-01" } })),
        approver(json!({ "reject_tag": { "id": id(14, 2), "reason": reason(17) } })),
        officer(
            json!({ "propose_tag_import": { "id": id(15, 1), "tag": "recognised", "kind": "organisation",
            "document": "名单1号", "sha256": reason(18), "entries": [format!("{},2026-01-01,", code(1)),
            format!("{},2026-01-01,2026-12-31", code(2))] } }),
        ),
        approver(json!({ "approve_tag_import": { "id": id(15, 1) } })),
        officer(
            json!({ "propose_tag_end": { "id": id(14, 1), "until": "2026-05-31", "document": "公告4号" } }),
        ),
        approver(json!({ "reject_tag_end": { "id": id(14, 1), "reason": reason(17) } })),
        officer(
            json!({ "propose_tag_import": { "id": id(15, 100), "tag": "recognised", "kind": "organisation",
            "document": "名单2号", "sha256": reason(18), "entries": [format!("{},2026-01-01,", code(1))] } }),
        ),
        approver(json!({ "reject_tag_import": { "id": id(15, 100), "reason": reason(17) } })),
        officer(
            json!({ "propose_statutory_limit": { "id": id(16, 1), "document": "京发改规〔2024〕4号", "reason": reason(17),
            "limits": { "points_max": "2.5", "window_until": "2028-12-31" } } }),
        ),
        approver(json!({ "approve_statutory_limit": { "id": id(16, 1) } })),
        officer(json!({ "propose_cap_group": { "code": "ai", "caps": { "annual": "100000.00" } } })),
        approver(json!({ "approve_cap_group": { "code": "ai" } })),
        officer(
            json!({ "propose_statutory_limit": { "id": id(16, 2), "document": "文2", "reason": reason(18),
            "limits": { "points_max": "9", "window_until": "2099-12-31" } } }),
        ),
        officer(json!({ "read_accounts": { "batch": batch, "format": "csv", "execution_date": "2026-03-03",
            "sha256": reason(16) } })),
    ];
    all.into_iter().map(Step::One).collect()
}

/// A claim recalculated, a recovery offset against another, an objection to a third.
fn corrections() -> Vec<Step> {
    let claim = id(4, 62);
    let settled = |amount: &str| json!([{ "item": "compute", "amount": amount, "tax_percent": "6" }]);
    let recalculate = |amount: &str, number: u8| {
        officer(
            json!({ "propose_recalculation": { "claim": claim, "changes": { "settlement": settled(amount) },
            "reason": reason(10 + number) } }),
        )
    };
    let mut all = vec![
        recalculate("15000.33", 1),
        approver(json!({ "approve_recalculation": { "claim": claim, "recovery": id(6, 2) } })),
        recalculate("10000", 2),
        approver(json!({ "reject_recalculation": { "claim": claim, "number": "5", "reason": reason(13) } })),
        recalculate("12000", 3),
    ];
    let policy = json!({ "items": [{ "item": "compute", "ratio_percent": "33.333333", "startup_ratio_percent": "50" }],
        "validity_months": "12", "publicity_days": "2", "caps": { "claim": "50000" } });
    all.push(officer(json!({ "propose_rules": { "programme": "voucher2026", "effective_from": "2026-03-02",
        "rules": policy, "reason": reason(14) } })));
    for number in [53, 51] {
        if number == 51 {
            all.push(approver(json!({ "approve_rules": { "programme": "voucher2026", "number": "3" } })));
        }
        let request = json!({ "voucher_redemption": { "voucher": id(2, number), "final": "false",
            "settlement": settled("20000") } });
        let claim = id(4, number);
        all.push(officer(json!({ "draft_claim": { "id": claim, "request": request } })));
        all.push(officer(json!({ "submit_claim": { "id": claim } })));
        let pass = json!({ "review_claim": { "id": claim, "decision": "pass" } });
        all.push(by("officer-2", "officer", pass));
    }
    all.push(approver(json!({ "approve_claim": { "id": id(4, 53) } })));
    all.push(approver(
        json!({ "offset_recovery": { "id": id(6, 1), "claim": id(4, 53), "amount": "10.01" } }),
    ));
    let object = |number: u32| {
        let objection = json!({ "id": id(7, number), "claim": id(4, 51), "text": reason(15) });
        by("officer-3", "officer", json!({ "raise_objection": objection }))
    };
    all.extend([object(1), object(2)]);
    all.push(by(
        "officer-2",
        "officer",
        json!({ "resolve_objection": { "id": id(7, 1), "claim": id(4, 51), "decision": "upheld", "reason": reason(16) } }),
    ));
    all.into_iter().map(Step::One).collect()
}

/// A loan with two drawdowns, what happened to it since, and what its bank says was paid.
fn lending() -> Vec<Step> {
    let loan = id(8, 1);
    let drawn = |date: &str, amount: &str| json!({ "date": date, "change": { "drawdown": amount } });
    let register = json!({ "register_loan": { "id": loan, "organisation": code(0), "bank": code(5),
        "loan_no": "贷-1", "annual_rate_percent": "3.25", "signed_on": "2025-06-20", "matures_on": "2034-06-20",
        "project": { "code": "P1", "name": "智算中心", "investment": "90000000" },
        "events": [drawn("2025-09-01", "20000000"), drawn("2025-06-21", "30000000")] } });
    let events = json!([{ "date": "2025-12-01", "change": { "repayment": "5000000" } },
        { "date": "2026-01-01", "change": { "rate_change": "3.05" } },
        { "date": "2026-02-01", "change": { "overdue": "1000000" } },
        { "date": "2026-02-03", "change": { "overdue_cleared": "1000000" } }]);
    let more = json!({ "record_loan_events": { "id": loan, "events": events } });
    let mut paid = by(
        "bank-1",
        "bank",
        json!({ "confirm_interest": { "id": loan,
        "period": { "from": "2025-06-21", "until": "2025-09-21" }, "interest_paid": "285277.78",
        "penalty_interest": "0.00" } }),
    );
    paid.actor.organisation = Some(CreditCode::parse(&code(5)).expect("a code"));
    let mut steps = vec![officer(register), officer(more), paid];
    steps.extend(subsidised(&loan));
    steps.into_iter().map(Step::One).collect()
}

/// A programme for interest, and a claim on the loan that is filed.
fn subsidised(loan: &str) -> Vec<Envelope> {
    let programme = json!({ "propose_programme": { "code": "interest2026", "title": { "zh": "贴息", "en": "Interest" },
        "instrument": "interest_subsidy", "legal_basis": { "document": "沪1号" },
        "window": { "from": "2023-06-01", "until": "2027-12-31" },
        "rules": { "points": { "max": "1.5" }, "principal_cap": "40000000" } } });
    let claim = json!({ "draft_claim": { "id": id(3, 900), "request": { "interest_subsidy": {
        "programme": "interest2026", "loan": loan, "terms": { "interest_paid": "285277.78", "penalty_interest": "0.00",
        "period": { "from": "2025-06-21", "until": "2025-09-21" } } } } } });
    vec![
        officer(programme),
        approver(json!({ "approve_programme": { "code": "interest2026" } })),
        officer(claim),
        officer(json!({ "submit_claim": { "id": id(3, 900) } })),
    ]
}

/// A bank paid ahead, a claim that it deducted, and its year on the way to be settled.
fn prefunding() -> Vec<Step> {
    let (code_of, loan, claim) = ("prefund2026", id(8, 2), id(3, 901));
    let propose = json!({ "propose_programme": { "code": code_of, "title": { "zh": "预拨贴息", "en": "Prefunded" },
        "instrument": "interest_subsidy", "legal_basis": { "document": "沪2号" },
        "window": { "from": "2023-06-01", "until": "2027-12-31" },
        "rules": { "points": { "max": "1.5" }, "payee": "bank", "prefund": "true" } } });
    let budget = json!({ "id": id(3, 10), "programme": code_of, "request": { "appropriation":
        { "amount": "50000", "fiscal_year": "2026", "document": "预〔2026〕4号" } } });
    let prefund = |number: u32, amount: &str| {
        let prefund = json!({ "id": id(11, number), "programme": code_of, "bank": code(5), "amount": amount,
            "fiscal_year": "2026", "document": "预拨1号" });
        officer(json!({ "propose_prefund": prefund }))
    };
    let drawn = json!([{ "date": "2025-06-21", "change": { "drawdown": "1000000" } }]);
    let register = json!({ "register_loan": { "id": loan, "organisation": code(1), "bank": code(5),
        "loan_no": "贷-2", "annual_rate_percent": "3.25", "signed_on": "2025-06-20", "matures_on": "2034-06-20",
        "project": { "code": "P2", "name": "智算中心" }, "events": drawn } });
    let request = json!({ "interest_subsidy": { "programme": code_of, "loan": loan, "terms": {
        "interest_paid": "2708.33", "penalty_interest": "0.00",
        "period": { "from": "2025-06-21", "until": "2025-07-21" } } } });
    let pass = json!({ "review_claim": { "id": claim, "decision": "pass" } });
    let true_up = json!({ "id": id(12, 1), "programme": code_of, "bank": code(5), "fiscal_year": "2026",
        "action": { "roll": {} }, "statement": { "deducted": "1250.00" }, "document": "清算1号" });
    let all = vec![
        officer(propose),
        approver(json!({ "approve_programme": { "code": code_of } })),
        officer(json!({ "propose_budget_change": budget })),
        approver(
            json!({ "approve_budget_change": { "id": id(3, 10), "programme": code_of, "kind": "appropriation" } }),
        ),
        prefund(1, "10000"),
        approver(json!({ "approve_prefund": { "id": id(11, 1) } })),
        officer(register),
        officer(json!({ "draft_claim": { "id": claim, "request": request } })),
        officer(json!({ "submit_claim": { "id": claim } })),
        by("officer-2", "officer", pass),
        approver(json!({ "approve_claim": { "id": claim } })),
        prefund(2, "500"),
        officer(json!({ "propose_true_up": true_up })),
    ];
    all.into_iter().map(Step::One).collect()
}

/// The id of what one document makes of another.
fn made(cause: &str, of: &str) -> String {
    let bytes = |id: &str| *uuid::Uuid::parse_str(id).expect("an id").as_bytes();
    let digest = Sha256::new().chain_update(bytes(cause)).chain_update(bytes(of)).finalize();
    let mut made = [0; 16];
    made.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(made).into_uuid().to_string()
}

/// A project that was granted money, its first tranche approved and its acceptance proposed; and organisations ranked.
fn granting() -> Vec<Step> {
    let (code_of, call, application, claim) = ("grant2026", id(13, 1), id(14, 1), id(4, 902));
    let award = made(&call, &application);
    let tranche = |name: &str, percent: &str, on: &str| json!({ "name": name, "percent": percent, "on": on });
    let rules = json!({ "grant": { "max_amount": "5000", "prefund": "true", "months": "24",
        "tranches": [tranche("首款", "40", "award"), tranche("尾款", "60", "acceptance")],
        "review": { "experts_min": "1", "pass_score": "60", "drop_extremes": "false" } } });
    let propose = json!({ "propose_programme": { "code": code_of, "title": { "zh": "奖补", "en": "Grants" },
        "instrument": "grant", "legal_basis": { "document": "沪3号" },
        "window": { "from": "2026-01-01", "until": "2027-12-31" }, "rules": rules } });
    let budget = json!({ "id": id(3, 11), "programme": code_of, "request": { "appropriation":
        { "amount": "20000", "fiscal_year": "2026", "document": "预〔2026〕5号" } } });
    let open = json!({ "id": call, "programme": code_of, "title": { "zh": "揭榜", "en": "Call" },
        "filing": { "from": "2026-01-01", "until": "2026-03-02" }, "quota": {} });
    let project = json!({ "name": "大模型", "from": "2026-03-02", "months": "12",
        "budget": [{ "item": "人工", "amount": "10000" }] });
    let draft = json!({ "id": application, "call": call, "organisation": code(1), "project": project });
    let score = json!({ "id": application, "criteria": [{ "name": "创新", "score": "80.5" }], "comment": reason(21) });
    let request = json!({ "grant_tranche": { "award": award, "tranche": "首款" } });
    let accept = json!({ "id": award, "entitlement": "4000", "document": "验收1号", "decision": "passed",
        "reason": reason(22) });
    let entry = |number: u32, value: &str| json!({ "organisation": code(number), "values": [value] });
    let ranking = json!({ "id": id(15, 1), "programme": code_of, "year": "2025", "top": "1",
        "metrics": [{ "name": "销售额", "weight": "1" }], "entries": [entry(1, "7"), entry(2, "9.5")] });
    let all = vec![
        officer(propose),
        approver(json!({ "approve_programme": { "code": code_of } })),
        officer(json!({ "propose_budget_change": budget })),
        approver(
            json!({ "approve_budget_change": { "id": id(3, 11), "programme": code_of, "kind": "appropriation" } }),
        ),
        officer(json!({ "propose_call": open })),
        approver(json!({ "approve_call": { "id": call } })),
        officer(json!({ "draft_application": draft })),
        officer(json!({ "submit_application": { "id": application } })),
        by(
            "officer-2",
            "officer",
            json!({ "review_application": { "id": application, "decision": "pass" } }),
        ),
        officer(json!({ "name_experts": { "id": application, "experts": [{ "subject": "expert-1" }] } })),
        by("expert-1", "expert", json!({ "score_application": score })),
        by("operator-1", "operator", json!({ "move_business_date": { "date": "2026-03-03" } })),
        officer(json!({ "propose_awards": { "id": call } })),
        approver(json!({ "approve_awards": { "id": call } })),
        officer(json!({ "draft_claim": { "id": claim, "request": request } })),
        officer(json!({ "submit_claim": { "id": claim } })),
        by("officer-2", "officer", json!({ "review_claim": { "id": claim, "decision": "pass" } })),
        approver(json!({ "approve_claim": { "id": claim } })),
        officer(json!({ "propose_acceptance": accept })),
        officer(json!({ "propose_ranking": ranking })),
        approver(json!({ "approve_ranking": { "id": id(15, 1) } })),
    ];
    all.into_iter().map(Step::One).collect()
}

/// A programme for rentals, a contract's January paid for, and its February filed.
fn leasing() -> Vec<Step> {
    let code_of = "rental2026";
    let rules = json!({ "items": [{ "item": "compute", "ratio_percent": "40" }], "stacking": "net_off" });
    let propose = json!({ "propose_programme": { "code": code_of, "title": { "zh": "算力租用", "en": "Rentals" },
        "instrument": "rental_subsidy", "legal_basis": { "document": "测试〔2026〕2号" },
        "window": { "from": "2026-01-01", "until": "2027-12-31" }, "rules": rules } });
    let budget = json!({ "id": id(3, 9), "programme": code_of, "request": { "appropriation":
        { "amount": "500000", "fiscal_year": "2026", "document": "预〔2026〕3号" } } });
    let rental = id(1, 900);
    let mut all = vec![
        officer(propose),
        approver(json!({ "approve_programme": { "code": code_of } })),
        officer(json!({ "propose_budget_change": budget })),
        approver(
            json!({ "approve_budget_change": { "id": id(3, 9), "programme": code_of, "kind": "appropriation" } }),
        ),
        officer(json!({ "register_rental": { "id": rental, "organisation": code(1), "provider": code(4),
            "contract_no": "L-1", "signed_on": "2026-01-01", "from": "2026-01-01", "until": "2026-12-31",
            "lines": [{ "item": "compute", "amount": "90000", "tax_percent": "6" }] } })),
    ];
    for (number, from, until) in [(900, "2026-01-01", "2026-02-01"), (901, "2026-02-01", "2026-03-01")] {
        let request = json!({ "rental_subsidy": { "programme": code_of, "rental": rental,
            "period": { "from": from, "until": until },
            "settlement": [{ "item": "compute", "amount": "3000.03" }] } });
        all.push(officer(json!({ "draft_claim": { "id": id(4, number), "request": request } })));
        all.push(officer(json!({ "submit_claim": { "id": id(4, number) } })));
    }
    let pass = json!({ "review_claim": { "id": id(4, 900), "decision": "pass" } });
    all.push(by("officer-2", "officer", pass));
    all.push(approver(json!({ "approve_claim": { "id": id(4, 900) } })));
    all.into_iter().map(Step::One).collect()
}

/// An invoice and what was delivered for it, of the organisation of voucher 62.
fn evidence() -> Vec<Envelope> {
    let file = |number: u32, kind: &str| {
        json!({ "id": id(9, number), "kind": kind, "organisation": code(62 % 4), "sha256": reason(0xe0),
            "bytes": "4096", "media_type": "application/pdf" })
    };
    let mut invoice = file(1, "invoice");
    invoice["invoice"] = json!({ "number": { "number": "24312000000000000001" }, "amount": "30000.00",
        "tax": "1698.11", "buyer": code(62 % 4), "seller": code(4), "issued_on": "2026-02-27" });
    vec![
        officer(json!({ "register_evidence": invoice })),
        officer(json!({ "register_evidence": file(2, "delivery") })),
    ]
}

/// The leaves of the scenario under stamps a second apart; a group shares one.
pub fn leaves() -> Vec<Vec<u8>> {
    let (mut book, mut leaves) = (Book::complete(), Vec::new());
    for (second, step) in steps().into_iter().enumerate() {
        let at =
            format!("2026-03-02T{:02}:{:02}:{:02}.000001Z", second / 3600, second / 60 % 60, second % 60);
        let at = Instant::parse(&at).expect("an instant");
        let envelopes = match step {
            Step::One(envelope) => vec![envelope],
            Step::All(members) => {
                let count = u32::try_from(members.len()).expect("few");
                let command = Command::OpenGroup(OpenGroup { members: count, as_of: None, days: None });
                let header = Envelope { actor: actor("officer-1", "officer"), if_match: None, command };
                std::iter::once(header).chain(members).collect()
            }
        };
        for (place, envelope) in envelopes.into_iter().enumerate() {
            // the members of a group have no key of their own
            let sequence = leaves.len();
            let key = (place == 0).then(|| KeyHash::new(Sha256::digest(format!("key {sequence}")).into()));
            leaves.push(leaf(&mut book, &envelope, (sequence, key), at));
        }
    }
    leaves
}

fn leaf(
    book: &mut Book,
    envelope: &Envelope,
    (sequence, idempotency_key): (usize, Option<KeyHash>),
    recorded_at: Instant,
) -> Vec<u8> {
    let stamp = Stamp {
        sequence: Sequence::new(u64::try_from(sequence).expect("few")),
        recorded_at,
        business_date: book.business_date(&envelope.command, recorded_at),
    };
    let decision = decide(book, envelope, &stamp).unwrap_or_else(|e| panic!("{e}: {:?}", envelope.command));
    book.apply(&decision.effects).expect("applies");
    let leaf = Leaf {
        v: VERSION,
        agency: book.agency.as_ref().expect("an agency").code.clone(),
        idempotency_key,
        refusals: 0,
        texts: Vec::new(),
        sequence: stamp.sequence,
        recorded_at,
        actor: envelope.actor.clone(),
        command: envelope.command.clone(),
        postings: posted(&decision),
        outcome: decision.outcome,
    };
    leaf.encode().expect("a leaf")
}
