//! What was subsidised of a contract, as credits on its bill: month by month, less what came back, and as rows that cost
//! tools and the ledger's own importer read.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::city::{City, rules, shows, text};
use super::{body, programme, rental, reviewed};
use crate::support::service::fresh_folder;
use crate::support::tools::{not_checked, printed};

/// Rules of FOCUS 1.2 that a file breaks, as the specification's own validator says; rules that are made of others are
/// left out. `None` where the set-up could not install it.
fn broken_rules(file: &[u8], ending: &str) -> Option<BTreeSet<String>> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/focus/bin/python");
    if !python.exists() {
        not_checked("focus-validator", "install Python 3.12, then run .ci/setup");
        return None;
    }
    let place = "import focus_validator; print(focus_validator.__path__[0])";
    let package = printed(Command::new(&python).args(["-c", place]));
    let path = fresh_folder().join(format!("credits.{ending}"));
    std::fs::write(&path, file).unwrap();
    // the validator looks for its table of currencies beside its package
    let said = printed(
        Command::new(python.with_file_name("focus-validator"))
            .current_dir(Path::new(package.trim()).parent().unwrap())
            .args(["--validate-version", "1.2", "--block-download", "--data-file"])
            .arg(&path),
    );
    let held = said.lines().filter(|line| line.contains(": PASS")).count();
    assert!(held > 100, "the validator held {held} rules\n{said}");
    let broken = said.lines().filter(|line| line.contains(": FAIL") && !line.contains("child rules"));
    Some(broken.filter_map(|line| line.split([' ', ':']).nth(1).map(str::to_owned)).collect())
}

fn paid(city: &City, claim: &Value) -> String {
    let id = reviewed(city, claim);
    city.expect(200, &format!("/v1/claims/{id}/approve"), &city.chen, &json!({}));
    city.paid(&[&id], "2025-04-10");
    id
}

/// Columns of a file's rows, by their names.
fn cells(file: &[u8], names: &[&str]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(file);
    let header = reader.headers().unwrap().clone();
    let place = |name: &&str| header.iter().position(|known| known == *name).expect(name);
    let places: Vec<usize> = names.iter().map(place).collect();
    let of = |row: csv::StringRecord| places.iter().map(|place| row[*place].to_owned()).collect();
    reader.records().map(|row| of(row.unwrap())).collect()
}

#[test]
fn what_was_paid_and_not_asked_back_is_credited_to_the_months_that_it_was_for() {
    let city = City::open("credits", &rules(json!({})), "100000");
    city.move_to("2025-04-10");
    programme(&city, "r", json!({"items": [{"item": "compute", "ratio_percent": "20"}]}), "50000");
    let contract = rental(&city, "R-1");
    let path = format!("/v1/rentals/{contract}/credits");
    let empty = city.get(&path, &city.firm);
    shows(&empty, json!({"rental_id": contract, "contract_no": "R-1", "data": [], "total": "0.00"}));

    // 20 % of 5,000.00 for 75 days: 31 of January, 28 of February and 16 of March
    let mut claim = body("r", &contract, "5000");
    claim["period"] = json!({"from": "2025-01-01", "until": "2025-03-17"});
    let first = paid(&city, &claim);
    let found = city.get(&path, &city.cloud);
    let months = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|credit| ["month", "amount", "claim_id"].map(|name| text(credit, &format!("/{name}"))));
    let of = |month: &str, amount: &str, claim: &str| [month.to_owned(), amount.to_owned(), claim.to_owned()];
    let expected =
        [of("2025-01", "413.34", &first), of("2025-02", "373.33", &first), of("2025-03", "213.33", &first)];
    assert_eq!(months.collect::<Vec<_>>(), expected);
    let period = json!({"from": "2025-03-01", "until": "2025-03-17"});
    assert_eq!(found["data"][2]["period"], period);

    // three quarters of the first are asked back
    city.recovery(&first, "750.00", &json!({}));
    let (answer, file) = city.bytes(&format!("{path}?format=csv"), &city.firm);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    let names = [
        "BilledCost",
        "BillingCurrency",
        "ChargeCategory",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "x_ClaimId",
    ];
    let rows = cells(&file, &names);
    let january = ["-103.34", "CNY", "Credit", "2024-12-31T16:00:00Z", "2025-01-31T16:00:00Z", &first];
    assert_eq!(rows[0], january, "the agency's midnights");

    // the ledger's own importer takes the rows strictly, of both formats, and they come to what is credited; so does the
    // specification's validator
    let total = text(&city.get(&path, &city.sun), "/total");
    for format in ["csv", "parquet"] {
        let (answer, file) = city.bytes(&format!("{path}?format={format}"), &city.sun);
        let other = rental(&city, &format!("R-{format}"));
        let media_type = answer.header("content-type").unwrap().to_owned();
        let taken = city.upload(&format!("/v1/rentals/{other}/usage"), &city.cloud, &media_type, &file);
        shows(
            &taken.expect(201).json(),
            json!({"accepted": 3, "rejected": 0, "billed_total": format!("-{total}")}),
        );
        if let Some(broken) = broken_rules(&file, format) {
            // an invoice's number is there or is not: of these two rules one always breaks, and the rule above them holds;
            // the validator takes ASCII alone, and parties are called as they are
            let names = ["BillingAccountName", "InvoiceIssuerName", "ProviderName", "PublisherName"];
            let names = names.map(|name| format!("{name}-C-002-M"));
            assert_eq!(broken, names.into_iter().chain(["InvoiceId-C-005-C".to_owned()]).collect());
        }
    }

    // a voucher's redemption counts on the day on which it is paid
    let other = rental(&city, "R-2");
    let voucher = city.voucher_on("p", &city.firm, &other);
    let redeemed = city.approved(&voucher, "1000", false);
    let of_voucher = || city.get(&format!("/v1/rentals/{other}/credits"), &city.firm);
    assert_eq!(of_voucher()["total"], json!("0.00"), "what is not paid is no credit");
    city.paid(&[&redeemed], "2025-04-10");
    let period = json!({"from": "2025-04-10", "until": "2025-04-11"});
    let credit = json!({"claim_id": redeemed, "programme": "p", "month": "2025-04", "period": period, "amount": "200.00"});
    assert_eq!(of_voucher()["data"], json!([credit]));

    city.ask(&format!("{path}?format=xlsx"), &city.firm).is(422, "format_not_supported");
    let stranger = city.service.token("credits", "enterprise", "other", Some("91110108MA01A2B3CF"));
    assert_eq!(city.ask(&path, &stranger).status, 404);
    city.verifies();
}
