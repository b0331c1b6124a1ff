//! What each role does all day, through the forms that pages offer.

use std::io::{Cursor, Read};

use hyper::body::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use super::browser::Browser;
use super::{demonstration, first};

/// A claim from its beginning to its receipt, and on through review, approval and payment to a recovery.
#[test]
fn a_claim_is_filed_reviewed_approved_paid_and_recovered_on_pages() {
    let (_place, demo) = demonstration();
    let mut firm = Browser::signed_in(&demo.url, "李航");

    // an invoice is brought
    let page = firm.get("/evidence");
    let form = page.form("/v1/evidence");
    let invoice =
        [("&kind", "invoice"), ("&invoice_number", "25117000000012345678"), ("&amount", "90000.00")];
    let brought = firm.upload("/evidence", &form, &invoice, ("fp.pdf", "application/pdf", "%PDF-1.7 a scan"));
    assert_eq!(brought.status, 303, "{}", brought.html);
    assert!(brought.location.starts_with("/evidence/"), "{}", brought.location);
    let page = firm.get(&brought.location);
    assert!(page.html.contains("25117000000012345678") && page.html.contains("90,000.00"));
    let evidence = brought.location["/evidence/".len()..][..36].to_owned();
    assert_eq!(firm.get(&format!("/evidence/{evidence}/content")).kind, "application/pdf");
    // what is wrong with one is said, and what was typed is kept
    let form = firm.get("/evidence").form("/v1/evidence");
    let wrong = [("&kind", "invoice"), ("&invoice_number", "25117000000012345679"), ("&amount", "9e4")];
    let wrong = firm.upload("/evidence", &form, &wrong, ("fp.pdf", "application/pdf", "%PDF-1.7 a scan"));
    assert!(wrong.status >= 400 && wrong.html.contains("value=\"9e4\""), "{} {}", wrong.status, wrong.html);

    // what can be claimed on, the draft, the amount before it is submitted
    let page = firm.get("/claims/new");
    let on = first(&page.links(), "/claims/new?.voucher=");
    let page = firm.get(&on);
    assert!(page.html.contains("智能算力按") && page.values("/invoices/0/evidence_id").contains(&evidence));
    let form = page.form("/v1/claims");
    let wrong =
        firm.submit(&on, &form, &[("/settlement/2/item", "compute"), ("/settlement/2/amount", "9e4")]);
    assert_eq!(wrong.status, 422, "{}", wrong.html);
    assert!(
        wrong.html.contains("value=\"9e4\"") && wrong.html.contains("f-settlement-0-amount-e"),
        "{}",
        wrong.html
    );
    let lines = [
        ("/settlement/0/item", "compute"),
        ("/settlement/0/amount", "90000.00"),
        ("/invoices/0/evidence_id", evidence.as_str()),
        ("/invoices/0/amount", "90000.00"),
    ];
    let draft = firm.submit(&on, &wrong.form("/v1/claims"), &lines);
    assert_eq!(draft.status, 303, "{}", draft.html);
    let claim = draft.location.split('?').next().expect("a path").to_owned();
    let page = firm.get(&claim);
    assert!(page.html.contains("以下为试算") && page.html.contains("核定金额"), "{}", page.html);
    // amended, submitted, with a receipt
    let edit = format!("{claim}/edit");
    let form = firm.get(&edit).form(&format!("/v1{claim}"));
    let amended = [("/settlement/0/item", "compute"), ("/settlement/0/amount", "80000.00")];
    let once = firm.submit(&edit, &form, &amended);
    assert_eq!(once.location.split('?').next(), Some(claim.as_str()));
    // sent twice it counts once; gone back to and changed it is refused, and what was typed is kept
    assert_eq!(firm.submit(&edit, &form, &amended).location, once.location);
    let changed = [("/settlement/0/item", "compute"), ("/settlement/0/amount", "70000.00")];
    let back = firm.submit(&edit, &form, &changed);
    assert!(back.status >= 400 && back.html.contains("value=\"70000.00\""), "{} {}", back.status, back.html);
    // whoever edits what another changed meanwhile sees both
    let mut stale = form.clone();
    stale.insert(".key".to_owned(), "another-key-of-a-stale-form".to_owned());
    let both = firm.submit(&edit, &stale, &changed);
    assert_eq!(both.status, 412, "{}", both.html);
    assert!(
        both.html.contains("value=\"70000.00\"") && both.html.contains("他人已改为：80000.00"),
        "{}",
        both.html
    );
    let form = firm.get(&claim).form("/submit");
    let submitted = firm.submit(&claim, &form, &[(".promise", "true")]);
    assert_eq!(submitted.status, 303, "{}", submitted.html);
    assert!(firm.get(&format!("{claim}/receipt")).html.contains("受理回执"));
    assert!(firm.get(&format!("{claim}/sheet")).html.contains("壹万陆仟元整"));

    // several are reviewed at once, each with its outcome
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let page = officer.get("/tasks");
    let operations: Vec<String> = page
        .html
        .split("name=\"+/operations\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next().map(super::browser::unescaped))
        .collect();
    assert!(operations.len() > 1, "{}", page.html);
    let mut chosen = vec![("/mode", "each")];
    chosen.extend(operations.iter().map(|operation| ("+/operations", operation.as_str())));
    let became = officer.submit("/tasks", &page.form("/v1/batches"), &chosen);
    assert_eq!(became.status, 200, "{}", became.html);
    assert!(became.html.contains("办理结果") && became.html.contains("待批准"), "{}", became.html);

    let mut approver = Browser::signed_in(&demo.url, "陈立");
    let form = approver.get(&claim).form(&format!("{claim}/approve"));
    let approved = approver.submit(&claim, &form, &[]);
    assert_eq!(approved.status, 303, "{}", approved.html);

    assert!(firm.get(&claim).html.contains("尚未列入拨付批次"));

    // a batch of it, approved by another; the file for the bank, its result, line by line
    let page = officer.get("/payment-batches");
    let id = &claim["/claims/".len()..];
    let batch = officer.submit("/payment-batches", &page.form("/v1/payment-batches"), &[("+/claim_ids", id)]);
    assert_eq!(batch.status, 303, "{}", batch.html);
    let batch = batch.location.split('?').next().expect("a path").to_owned();
    let page = approver.get(&batch);
    assert_eq!(approver.submit(&batch, &page.form(&format!("{batch}/approve")), &[]).status, 303);
    let page = officer.get(&batch);
    let file = officer.submit(&batch, &page.form(&format!("{batch}/file")), &[("&format", "csv")]);
    assert_eq!((file.status, file.kind.split(';').next()), (200, Some("text/csv")), "{}", file.html);
    let result = [
        ("/results/0/claim_id", id),
        ("/results/0/outcome", "paid"),
        ("/results/0/bank_reference", "流水 0630-1"),
        ("/results/0/date", "2025-06-30"),
    ];
    let paid = officer.submit(&batch, &page.form(&format!("{batch}/results")), &result);
    assert_eq!(paid.status, 303, "{}", paid.html);
    assert!(officer.get(&batch).html.contains("流水 0630-1"));
    let list = officer.get(&format!("{batch}/list"));
    assert!(list.html.contains("拨付清单") && list.html.contains("壹万陆仟元整"), "{}", list.html);

    // part of it comes back
    let from = first(&officer.get(&claim).links(), "/recoveries?.claim_id=");
    let form = officer.get(&from).form("/v1/recoveries");
    let fields = [
        ("/claim_id", id),
        ("/amount", "100.00"),
        ("/decision_no", "追〔2025〕9 号"),
        ("/reason", "多计用量"),
    ];
    let recovery = officer.submit(&from, &form, &fields);
    assert_eq!(recovery.status, 303, "{}", recovery.html);
    let recovery = recovery.location.split('?').next().expect("a path").to_owned();
    let page = approver.get(&recovery);
    assert_eq!(approver.submit(&recovery, &page.form(&format!("{recovery}/approve")), &[]).status, 303);
    let page = officer.get(&recovery);
    let fields = [("/amount", "100.00"), ("/date", "2025-06-30"), ("/bank_reference", "收款 9")];
    let back = officer.submit(&recovery, &page.form("/receipts"), &fields);
    assert_eq!(back.status, 303, "{}", back.html);
    assert!(officer.get(&recovery).html.contains("已结清"));
    let decision = officer.get(&format!("{recovery}/decision"));
    assert!(
        decision.html.contains("追〔2025〕9 号") && decision.html.contains("壹佰元整"),
        "{}",
        decision.html
    );
    let code = &recovery["/recoveries/".len()..];
    let said = Browser::new(&demo.url).get(&format!("/verify?agency=beijing_demo&code={code}"));
    assert!(said.html.contains("属实") && !said.html.contains("示例"), "{}", said.html);
}

#[test]
fn lists_name_what_they_show_and_offer_what_is_to_be_made() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    // exactly what the filter shows, as a file
    let file = officer.get("/claims?status=paid&format=csv");
    assert_eq!((file.status, file.kind.split(';').next()), (200, Some("text/csv")), "{}", file.html);
    let rows = officer.get("/claims?status=paid").html.matches("<td class=\"code\" ").count();
    assert_eq!(file.html.lines().count(), rows + 1, "{}", file.html);
    assert!(file.html.contains("400000.00") && file.html.contains("已拨付"), "{}", file.html);
    let mut file = |format: &str| {
        let path = format!("/claims?status=paid&format={format}");
        assert!(officer.get("/claims?status=paid").links().contains(&path), "{path} is offered");
        let file = officer.get(&path);
        assert_eq!(file.status, 200, "{}", file.html);
        assert_eq!(officer.get(&path).bytes, file.bytes, "the same rows are the same file");
        file
    };
    let json: Value = serde_json::from_slice(&file("json").bytes).expect("a list");
    let amounts: Vec<&str> =
        json.as_array().expect("a list").iter().filter_map(|one| one["amount"].as_str()).collect();
    assert!(amounts.len() == rows && amounts.contains(&"400000.00"), "{amounts:?}");
    let parquet = file("parquet");
    assert_eq!(parquet.kind, "application/vnd.apache.parquet");
    let reader = SerializedFileReader::new(Bytes::from(parquet.bytes)).expect("parquet");
    let read = reader.get_row_iter(None).expect("rows").map(|row| {
        let row = row.expect("a row");
        let amount =
            row.get_column_iter().find(|(name, _)| *name == "amount").map(|(_, field)| field.clone());
        let Some(Field::Decimal(amount)) = amount else { panic!("{row:?}") };
        let fen = i128::from_be_bytes(amount.data().try_into().expect("16 bytes"));
        format!("{}.{:02}", fen / 100, fen % 100)
    });
    assert_eq!(read.collect::<Vec<_>>(), amounts, "amounts are decimals");
    let workbook = file("xlsx");
    assert_eq!(workbook.kind, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    let mut sheets = zip::ZipArchive::new(Cursor::new(workbook.bytes)).expect("a workbook");
    let mut sheet = String::new();
    sheets.by_name("xl/worksheets/sheet1.xml").expect("a sheet").read_to_string(&mut sheet).expect("a text");
    assert!(sheet.contains("<v>400000</v>") && sheet.contains("<f>SUM("), "{sheet}");
    assert_eq!(officer.get("/claims?format=pdf").status, 422);
    let page = officer.get("/organisations");
    let form = page.form("/v1/organisations");
    let fields =
        [("/credit_code", "91110108MA01A2B3CF"), ("/name", "某公司"), ("/category", "private_enterprise")];
    let known = officer.submit("/organisations", &form, &fields);
    assert_eq!(known.status, 409, "{}", known.html);
    assert!(known.html.contains("value=\"某公司\""));
    let page = officer.get("/calendar/changes");
    let days = [
        ("/document", "国办发明电〔2025〕7 号"),
        ("/days/0/date", "2025-10-01"),
        ("/days/0/kind", "holiday"),
    ];
    assert_eq!(officer.submit("/calendar/changes", &page.form("/v1/calendar"), &days).status, 303);
    let mut approver = Browser::signed_in(&demo.url, "陈立");
    let page = approver.get("/calendar/changes");
    assert!(page.html.contains("2025-10-01 休息日"), "{}", page.html);
    assert_eq!(approver.submit("/calendar/changes", &page.form("/approve"), &[]).status, 303);
    let page = approver.get("/periods");
    assert!(page.html.contains("/v1/periods/2025-01/close"), "{}", page.html);
    assert_eq!(approver.submit("/periods", &page.form("/v1/periods/2025-01/close"), &[]).status, 303);
    assert!(approver.get("/periods").html.contains("/v1/periods/2025-01/reopen"));
    assert!(!officer.get("/periods").html.contains("/v1/periods/2025-01/reopen"));
    // a bank sees its loans and confirms the interest; no other page of money is its
    let mut bank = Browser::signed_in(&demo.url, "周宁");
    let loan = first(&bank.get("/loans").links(), "/loans/");
    assert!(bank.get(&loan).has_form("/interest-paid"));
    assert_eq!(bank.get("/payment-batches").status, 403);
}

#[test]
fn anybody_verifies_a_paper_and_is_told_no_name() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let voucher = first(&officer.get("/vouchers?status=issued").links(), "/vouchers/");
    let paper = officer.get(&format!("{voucher}/paper"));
    assert!(paper.html.contains("class=\"qr\"") && paper.html.contains("示例"), "{}", paper.html);
    let code = voucher["/vouchers/".len()..].to_owned();
    let address = format!("/verify?agency=beijing_demo&code={code}");
    assert!(paper.html.contains(&address.replace('&', "&#38;")), "{}", paper.html);
    let mut anybody = Browser::new(&demo.url);
    let said = anybody.get(&address);
    assert_eq!(said.status, 200, "{}", said.html);
    assert!(
        said.html.contains("属实") && said.html.contains("已发放") && !said.html.contains("示例"),
        "{}",
        said.html
    );
    for forged in [
        address.replace(&code[..8], "00000000"),
        address.replace("beijing", "nowhere"),
        "/verify?code=x".to_owned(),
    ] {
        let said = anybody.get(&forged);
        assert_eq!((said.status, said.html.contains("查无此件")), (404, true), "{}", said.html);
    }
    // a new minute may begin once in between, and counts anew
    assert!((0..45).any(|_| anybody.get(&address).status == 429), "nobody asks without end");
}

#[test]
fn an_operator_sees_who_is_signed_in_and_ends_a_session() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let mut operator = Browser::signed_in(&demo.url, "吴维");
    assert_eq!(officer.get("/sessions").status, 403);
    let page = operator.get("/sessions");
    let (_, row) = page.html.split_once("王文").expect("the officer");
    let (_, id) = row.split_once("name=\".id\" value=\"").expect("a button");
    let id = &id[..64];
    let csrf = page.after("name=\".csrf\"", "value");
    assert_eq!(operator.post("/sessions/end", &[(".csrf", "x"), (".id", id)]).status, 403);
    let own = officer.get("/me").after("name=\".csrf\"", "value");
    assert_eq!(officer.post("/sessions/end", &[(".csrf", &own), (".id", id)]).status, 403);
    assert_eq!(operator.post("/sessions/end", &[(".csrf", &csrf), (".id", id)]).location, "/sessions");
    assert_eq!(officer.get("/tasks").status, 303);
}

#[test]
fn rules_are_proposed_anew_from_those_in_force_and_lose_nothing() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let programme = "/programmes/beijing-compute-voucher";
    let page = officer.get(programme);
    let form = page.form(&format!("/v1{programme}/rules"));
    assert!(form["=/rules"].contains("eligibility"), "{form:?}");
    let fields = [
        ("/effective_from", "2025-07-01"),
        ("/reason", "提高比例"),
        ("/rules/items/0/item", "compute"),
        ("/rules/items/0/ratio_percent", "25"),
        ("/rules/caps/annual/amount", "2000000.00"),
        ("/rules/payee", "enterprise"),
        ("/rules/stacking", "exclusive"),
        ("/rules/rounding/mode", "half_up"),
        ("/rules/base", "tax_inclusive"),
        ("#/rules/validity_months", "12"),
    ];
    let proposed = officer.submit(programme, &form, &fields);
    assert_eq!(proposed.status, 303, "{}", proposed.html);
    let page = officer.get(programme);
    assert!(page.html.contains("智能算力按 25% 补贴"), "{}", page.html);
    let mut auditor = Browser::signed_in(&demo.url, "孙静");
    let room = auditor.get("/audit");
    assert!(room.html.contains("疑点清单") && room.html.contains("beijing_demo"), "{}", room.html);
    let leaf = auditor.get("/audit/entries?sequence=3");
    assert!(leaf.html.contains("/audit/proof/3"), "{}", leaf.html);
    assert!(auditor.get("/audit/proof/3").html.contains("checkpoint"));
    assert!(auditor.get("/dashboard").html.contains("<svg class=\"chart\""));
}

#[test]
fn the_work_list_says_by_when_each_matter_is_due_and_what_is_late_stands_on_top() {
    let (_place, demo) = demonstration();
    let mut officer = Browser::signed_in(&demo.url, "王文");
    let page = officer.get("/tasks");
    // filed on Friday the 20th of June, five working days: Friday the 27th, which is over on the 30th
    assert!(page.html.contains("5 个工作日，2025-06-27 前办结"), "{}", page.html);
    let late: Vec<bool> = page.html.split("<tr>").skip(2).map(|row| row.contains("逾期")).collect();
    assert!(late[0] && late.is_sorted_by(|above, below| above >= below), "{late:?}");
    let is_case = |row: &&str| ["href=\"/claims/", "href=\"/vouchers/"].iter().any(|link| row.contains(link));
    let overdue = page.html.split("<tr>").skip(2).find(|row| row.contains("逾期") && is_case(row));
    let overdue = overdue.expect("a case that is late");
    let case =
        overdue.split("href=\"").nth(1).and_then(|rest| rest.split(['"', '#']).next()).expect("a case");
    let case = officer.get(case);
    assert!(case.html.contains("办理时限") && case.html.contains("逾期"), "{}", case.html);
    officer.get("/me?lang=en");
    let english = officer.get("/tasks");
    assert!(english.html.contains("5 working days, due on 2025-06-27") && english.html.contains("Late"));
    // nothing waits for whom the service is run by, and that is no refusal
    let mut operator = Browser::signed_in(&demo.url, "吴维");
    let empty = operator.get("/tasks");
    assert!(empty.status == 200 && empty.html.contains("没有等您办理的事项"), "{}", empty.html);
}
