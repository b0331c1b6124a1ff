//! The command line speaks to people in the language of their locale: Chinese, else English; programs read one language.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::city::{CLOUD, City, FIRM};
use crate::support::service::{Service, fresh_folder};

const CHINESE: &str = "zh_CN.UTF-8";
const ENGLISH: &str = "en_US.UTF-8";

/// Whether anything is written in Chinese characters.
fn has_chinese(text: &str) -> bool {
    text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
}

/// Holds what a command says under both locales: it has these words, and English has no Chinese characters.
fn says(service: &Service, words: &[&str], [chinese, english]: [&str; 2]) {
    let said = service.said_in(CHINESE, words);
    assert!(said.contains(chinese), "{words:?}: {said}");
    let said = service.said_in(ENGLISH, words);
    assert!(said.contains(english) && !has_chinese(&said), "{words:?}: {said}");
}

#[test]
fn what_does_not_work_is_told_in_the_language_of_the_locale() {
    let (own, folder) = (fresh_folder(), fresh_folder());
    // on a private cluster: `--data` names another, where `DATABASE_URL` would name the same
    let service = Service::start_durable(&own);
    service.agency("shell");
    let empty = folder.join("nothing");
    let empty = empty.to_str().unwrap();
    for (words, texts) in [
        (&["verify", "--data", empty][..], ["中没有账簿", "no ledger in "]),
        (&["verify"], ["已核验日志 1 条", "verified 1 entries"]),
        (&["agency", "semantics", "nobody", "--to", "1"], ["没有机构 nobody", "there is no agency nobody"]),
        (&["doctor"], ["正常", "ok "]),
        (&["doctor"], ["密钥与 1 个机构相符", "the keys fit 1 agencies"]),
        (&["doctor", "--live", "ftp://x"], ["不是 http://HOST[:PORT] 的形式", "is not of the form"]),
        (
            &["token", "--agency", "shell", "--role", "bank", "--subject", "b"],
            ["企业、服务商和银行代表单位行事", "act for an organisation"],
        ),
        (
            &[
                "interest",
                "run",
                "--agency",
                "shell",
                "--programme",
                "p",
                "--period",
                "2025-01-01..2025-02-01",
                "--subject",
                "x",
            ],
            ["未起草任何申领", "nothing was drafted: no bank confirmed interest"],
        ),
    ] {
        says(&service, words, texts);
    }
    // what programs read is one language
    for locale in [CHINESE, ENGLISH] {
        let checks: Value = serde_json::from_str(&service.said_in(locale, &["doctor", "--json"])).unwrap();
        assert!(checks.as_array().unwrap().iter().all(|check| check["verdict"] != "failed"), "{checks}");
        let verified: Value = serde_json::from_str(&service.said_in(locale, &["verify", "--json"])).unwrap();
        assert_eq!(verified[0]["verified"], json!(true), "{verified}");
    }
}

#[test]
fn a_billing_file_that_is_wrong_is_told_in_the_language_of_the_locale() {
    let city = City::bare(&Arc::new(Service::start()), "bills", &[(FIRM, "甲"), (CLOUD, "丁云")]);
    let service: &Service = &city.service;
    let contract = json!({"contract_no": "C-1", "provider": CLOUD, "organisation": FIRM, "signed_on": "2024-08-01",
        "from": "2024-09-01", "until": "2025-08-31", "lines": [{"item": "compute", "amount": "100000.00"}]});
    let rental = city.create("/v1/rentals", &city.lin, &contract);
    let folder = fresh_folder();
    std::fs::create_dir_all(&folder).unwrap();
    let (bill, errors) = (folder.join("bill.csv"), folder.join("errors.json"));
    let (bill, errors) = (bill.to_str().unwrap(), errors.to_str().unwrap());
    std::fs::write(bill, crate::usage::file(&[crate::usage::row(&[("BilledCost", "abc")])])).unwrap();
    let words = ["usage", "import", bill, "--agency", "bills", "--rental", &rental, "--errors", errors];
    for (locale, told, refused, detail) in [
        (CHINESE, "首见于第 1 行：abc", "未导入：1 行有误", true),
        (ENGLISH, "1 rows, first 1: abc", "was not imported: 1 rows are wrong", false),
    ] {
        let said = service.said_in(locale, &words);
        assert!(said.contains(told) && said.contains(refused), "{said}");
        assert_eq!(has_chinese(&said), detail, "{said}");
        let written: Value = serde_json::from_slice(&std::fs::read(errors).unwrap()).unwrap();
        let explained = written[0]["detail"].as_str().unwrap_or_else(|| panic!("{written}"));
        assert_eq!(has_chinese(explained), detail, "{written}");
    }
    let unknown = uuid::Uuid::now_v7().to_string();
    let words = ["usage", "import", bill, "--agency", "bills", "--rental", &unknown];
    says(service, &words, ["没有合同", "has no contract"]);
    let missing = ["usage", "import", "/nowhere.csv", "--agency", "bills", "--rental", &rental];
    says(service, &missing, ["无法读取 /nowhere.csv", "cannot read /nowhere.csv"]);
}
