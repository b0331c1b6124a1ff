//! The guides for a first day and for an enterprise's own program are played as they stand, by a shell on an empty folder
//! and by Python before a real service; and the page of an export's columns has them all.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::json;

use crate::support::city::{CLOUD, City, FIRM};
use crate::support::identity_provider::free_port;
use crate::support::service::{BINARY, Service, fresh_folder};

const GUIDE: &str = include_str!("../../docs/first-day.md");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What stands between two blocks that were printed.
const MARK: &str = "\n@@@\n";

/// The blocks for the shell, each with what the guide shows below it.
fn steps() -> Vec<(&'static str, Option<&'static str>)> {
    GUIDE
        .split("```sh\n")
        .skip(1)
        .map(|rest| {
            let (commands, rest) = rest.split_once("\n```\n").unwrap();
            let shown = rest.strip_prefix("\n```text\n").map(|shown| shown.split_once("\n```\n").unwrap().0);
            (commands, shown)
        })
        .collect()
}

/// Whether a word is another on each run: an id, a digest, a key; a day, a time.
fn varies(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let is_at = |place: usize, sign: u8| word.as_bytes().get(place) == Some(&sign);
    let is_day = word.len() == 10 && is_at(4, b'-') && is_at(7, b'-');
    let is_time = word.len() == 8 && is_at(2, b':') && is_at(5, b':');
    has_digit && (word.len() >= 16 || is_day || is_time)
}

/// What lasts of what was printed.
fn lasting(text: &str) -> String {
    let (mut lasting, mut word) = (String::new(), String::new());
    for sign in text.trim_end().chars().chain([' ']) {
        if sign.is_ascii_alphanumeric() || "+/=-:".contains(sign) {
            word.push(sign);
            continue;
        }
        lasting.push_str(if varies(&word) { "#" } else { &word });
        lasting.push(sign);
        word.clear();
    }
    lasting
}

/// The agency of the guide lives on the day on which the guide was written.
#[test]
fn the_first_day_goes_as_the_guide_says() {
    let home = fresh_folder();
    let port = free_port().to_string();
    std::fs::create_dir(home.join("bin")).unwrap();
    std::os::unix::fs::symlink(BINARY, home.join("bin/subsidy-ledger")).unwrap();
    std::os::unix::fs::symlink(Path::new(ROOT).join("config"), home.join("config")).unwrap();
    let steps = steps();
    assert!(steps.len() > 10, "the guide has no steps");
    let mut script = "set -eu\nexec 2>&1\ntrap 'kill $(jobs -p) || true; wait' EXIT\n".to_owned();
    for (commands, _) in &steps {
        script.push_str(commands);
        script.push_str("\nprintf '\\n@@@\\n'\n");
    }
    let create = "agency create bj_finance";
    assert!(script.contains(create) && script.contains(":8080"));
    let script = script.replace(":8080", &format!(":{port}"));
    let script = script.replace(create, &format!("{create} --sandbox --business-date 2026-11-29"));
    let path = format!("{}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &script])
        .current_dir(&home)
        .env("HOME", &home)
        .env("PATH", path)
        .env("LC_ALL", "C.UTF-8");
    for name in ["DATABASE_URL", "SUBSIDY_LEDGER_DATA", "SUBSIDY_LEDGER_CONFIG"] {
        shell.env_remove(name);
    }
    let done = shell.output().expect("bash runs");
    let said = String::from_utf8_lossy(&done.stdout).replace(home.to_str().unwrap(), "/home/ledger");
    let log = std::fs::read_to_string(home.join("serve.log")).unwrap_or_default();
    let printed: Vec<_> = said.split(MARK).collect();
    assert_eq!(printed.len(), steps.len() + 1, "it ended early:\n{said}\n{log}");
    for ((commands, shown), printed) in steps.iter().zip(printed) {
        let Some(shown) = shown else { continue };
        let printed = printed.replace("sandbox       true", "sandbox       false");
        assert_eq!(lasting(&printed), lasting(shown), "of\n{commands}\nthe service printed\n{printed}");
    }
    std::fs::remove_dir_all(home).unwrap();
}

const ERP: &str = include_str!("../../docs/erp.md");
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/examples/erp.py");

/// Blocks of a language, in order.
fn blocks<'a>(guide: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    guide.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A way to the service that passes every request on and loses the answer of every third one.
fn lossy(base: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let service = base.trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let mut client = BufReader::new(client);
            let (mut request, mut length) = (Vec::new(), 0);
            loop {
                let mut line = Vec::new();
                client.read_until(b'\n', &mut line).unwrap();
                request.extend_from_slice(&line);
                let line = String::from_utf8(line).unwrap().to_lowercase();
                if let Some(said) = line.strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            client.read_exact(&mut body).unwrap();
            request.extend(body);
            let mut server = TcpStream::connect(&service).unwrap();
            server.write_all(&request).unwrap();
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).unwrap();
            if number % 3 != 0 {
                client.get_mut().write_all(&answer).unwrap();
            }
        }
    });
    format!("http://{address}")
}

/// An enterprise's program as it is run on a machine of its own.
struct Erp {
    folder: PathBuf,
    url: String,
    token: String,
}

impl Erp {
    fn run(&self, word: &str) -> (bool, String) {
        let mut python = Command::new("python3");
        python.args([PROGRAM, word]).current_dir(&self.folder).env("PYTHONDONTWRITEBYTECODE", "1");
        python.env("LEDGER_URL", &self.url).env("LEDGER_TOKEN", &self.token).env("LEDGER_BILL", "bill.json");
        let done = python.output().expect("python3 runs");
        let said = if done.status.success() { done.stdout } else { done.stderr };
        let said = String::from_utf8(said).unwrap();
        let lines = said.lines().filter(|line| !line.starts_with("  no answer to "));
        (done.status.success(), lines.map(|line| format!("{line}\n")).collect())
    }
}

#[test]
fn an_enterprises_program_files_a_claim_and_follows_it_though_answers_are_lost() {
    let service = Arc::new(Service::start());
    let city = City::bare(&service, "erp", &[(FIRM, "甲"), (CLOUD, "丁云")]);
    let rules = json!({"items": [{"item": "compute", "ratio_percent": "20"}]});
    city.programme_of("rental_subsidy", "compute-rental", &rules, "1000000");
    city.move_to("2026-11-29");
    let folder = fresh_folder();
    let [bill] = blocks(ERP, "json").try_into().unwrap();
    std::fs::write(folder.join("bill.json"), bill).unwrap();
    let invoice = GUIDE.split("invoice.xml <<'END'\n").nth(1).unwrap().split("END\n").next().unwrap();
    let invoice =
        invoice.replace("100000.00", "1060.00").replace("94339.62", "1000.00").replace("5660.38", "60.00");
    std::fs::write(folder.join("invoice.xml"), invoice).unwrap();
    let shown = blocks(ERP, "text");
    let [refused, filed, returned, paid] = shown.as_slice() else { panic!("{shown:?}") };
    let erp = Erp { folder, url: lossy(&service.base), token: city.firm.clone() };
    let says = |word: &str, shown: &str| {
        let (is_done, said) = erp.run(word);
        assert_eq!((lasting(&said), is_done), (lasting(shown), !shown.contains("what to do")), "{said}");
    };

    says("file", refused);
    let rentals = city.get("/v1/rentals", &city.firm);
    let rental = rentals["data"][0]["id"].as_str().unwrap();
    let header = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,\
        ChargeClass,ChargeDescription,ChargePeriodStart,ChargePeriodEnd,ContractedCost,EffectiveCost,ListCost,\
        InvoiceIssuerName,PricingQuantity,PricingUnit,ServiceProviderName,HostProviderName,ServiceCategory,ServiceName";
    let month = "2026-10-01T00:00:00Z,2026-11-01T00:00:00Z";
    let hour = "2026-10-10T00:00:00Z,2026-10-10T01:00:00Z";
    let row = format!("1000,a,CNY,{month},Usage,,x,{hour},1,1,1,x,1,h,x,x,Compute,x");
    let usage = format!("/v1/rentals/{rental}/usage");
    service.upload(&usage, &city.cloud, "text/csv", format!("{header}\n{row}\n").as_bytes()).expect(201);
    says("file", filed);
    says("file", filed);
    let claims = city.get("/v1/claims", &city.lin);
    let [claim] = claims["data"].as_array().unwrap().as_slice() else { panic!("{claims}") };
    let claim = claim["id"].as_str().unwrap();
    assert_eq!(city.get("/v1/evidence", &city.lin)["data"].as_array().unwrap().len(), 1);

    let review = format!("/v1/claims/{claim}/review");
    city.expect(200, &review, &city.lin, &json!({"decision": "return", "reason": "请补充结算单"}));
    says("watch", returned);
    says("watch", "");
    says("file", filed);
    city.pass(claim);
    city.paid(&[claim], "2026-11-29");
    says("watch", paid);
    city.verifies();
    std::fs::remove_dir_all(&erp.folder).unwrap();
}

/// What the guide shows of the program is the program.
#[test]
fn the_guide_shows_the_program_as_it_is() {
    let program = std::fs::read_to_string(PROGRAM).unwrap();
    let shown = blocks(ERP, "python");
    assert!(shown.len() > 2);
    for block in shown {
        assert!(program.contains(block), "docs/examples/erp.py does not say\n{block}");
    }
}

/// Every column of every table of an export stands on the page of columns: by its table, or among those that mean the
/// same everywhere; and the page names no other.
#[test]
fn every_column_of_an_export_is_explained() {
    let page = include_str!("../../docs/export-columns.md");
    let rows = page.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, column, tables, chinese, english, _] = cells.as_slice() else { panic!("{line}") };
        assert!(!chinese.is_empty() && !english.is_empty(), "{line}");
        let tables = tables.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        (column.trim_matches('`').to_owned(), tables)
    });
    let (everywhere, named): (Vec<_>, Vec<_>) = rows.partition(|(_, tables)| tables.is_empty());
    let pairs: Vec<_> = named
        .iter()
        .flat_map(|(column, tables)| tables.iter().map(move |table| (table.clone(), column.clone())))
        .collect();
    let mut named: BTreeSet<_> = pairs.iter().cloned().collect();
    assert_eq!(named.len(), pairs.len(), "a column of a table is explained twice");

    let service = Service::start();
    service.agency("columns");
    let folder = fresh_folder().join("out");
    service.cli(&["export", "--agency", "columns", "--out", folder.to_str().unwrap()]);
    for file in std::fs::read_dir(folder.join("tables")).unwrap() {
        let path = file.unwrap().path();
        let table = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        for column in text.lines().next().unwrap().trim_start_matches('\u{feff}').split(',') {
            let is_named = named.remove(&(table.clone(), column.to_owned()));
            let is_explained = is_named || everywhere.iter().any(|(name, _)| name == column);
            assert!(is_explained, "docs/export-columns.md does not explain {column} of {table}.csv");
        }
    }
    assert!(named.is_empty(), "docs/export-columns.md names what is not there: {named:?}");
    std::fs::remove_dir_all(folder.parent().unwrap()).unwrap();
}
