//! The files for the bank, and who reads account numbers.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::payments::stage::{FIRM, FIRM_ACCOUNT, OTHER, OTHER_ACCOUNT, POOR, Stage};
use std::sync::Arc;

use crate::support::service::{BINARY, Service, fresh_folder};
use crate::support::tools::not_checked;

struct File {
    status: u16,
    headers: ureq::http::HeaderMap,
    bytes: Vec<u8>,
}

impl File {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name}: {}", self.text())).to_str().unwrap()
    }

    fn problem(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

/// As a caller gets it who would take it compressed too.
fn file(stage: &Stage, batch: &str, format: &str, token: &str) -> File {
    asked(stage, batch, format, token, "gzip")
}

fn asked(stage: &Stage, batch: &str, format: &str, token: &str, encoding: &str) -> File {
    let url = format!("{}/v1/payment-batches/{batch}/file{format}", stage.base);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.get(&url).header("Authorization", format!("Bearer {token}"));
    let mut answer = request.header("Accept-Encoding", encoding).call().unwrap();
    let mut bytes = Vec::new();
    answer.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
    File { status: answer.status().as_u16(), headers: answer.headers().clone(), bytes }
}

/// Refused, with this code.
fn refused(stage: &Stage, batch: &str, format: &str, token: &str, status: u16, code: &str) -> Value {
    let file = asked(stage, batch, format, token, "identity");
    assert_eq!((file.status, file.problem()["code"].as_str()), (status, Some(code)), "{}", file.text());
    file.problem()
}

/// Holds a document against the schema.
fn valid(xml: &[u8]) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pain.001.001.09.xsd");
    let mut command = Command::new("xmllint");
    command.args(["--noout", "--nonet", "--schema"]).arg(schema).arg("-");
    let begun = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match begun {
        Ok(child) => child,
        Err(_) => return not_checked("xmllint", "apt-get install libxml2-utils"),
    };
    child.stdin.take().unwrap().write_all(xml).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(
        done.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&done.stderr),
        String::from_utf8_lossy(xml)
    );
}

/// What stands in an element, wherever it is, each time.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let (opening, closing) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(&opening).skip(1);
    parts.map(|rest| rest.split(&closing).next().unwrap().trim().to_owned()).collect()
}

#[test]
fn a_batch_is_a_valid_transfer_initiation_whose_bytes_stay_the_same_until_a_result_comes_in() {
    let stage = Stage::open("file");
    let claims = [stage.approved(FIRM, 2, "333.33"), stage.approved(OTHER, 1, "1000.00")].concat();
    let batch = stage.proposed(&claims);
    refused(&stage, &batch, "", &stage.officer, 409, "wrong_state");
    stage.expect(200, &format!("/v1/payment-batches/{batch}/approve"), &stage.approver, &json!({}));

    let first = file(&stage, &batch, "?format=pain.001", &stage.officer);
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(first.header("Content-Type"), "application/xml");
    assert_eq!(first.header("X-Content-Type-Options"), "nosniff");
    assert_eq!(first.header("Cache-Control"), "no-store");
    assert!(first.header("Content-Disposition").starts_with("attachment; filename=\"payment-batch-"));
    assert!(first.headers.get("Content-Encoding").is_none(), "the digest is of the bytes that arrive");
    let digest = Sha256::digest(&first.bytes);
    assert_eq!(first.header("Repr-Digest"), format!("sha-256=:{}:", STANDARD.encode(digest)));
    valid(&first.bytes);

    let xml = first.text();
    let simple = |id: &String| id.replace('-', "");
    assert_eq!(elements(xml, "EndToEndId"), claims.iter().map(simple).collect::<Vec<_>>());
    assert_eq!(elements(xml, "NbOfTxs"), ["3", "3"]);
    assert_eq!(elements(xml, "CtrlSum"), ["333.34", "333.34"]);
    assert_eq!(elements(xml, "MmbId"), ["102100099996", "102100099996", "308584000013"]);
    assert_eq!(elements(xml, "MsgId"), [format!("{}-00", simple(&batch))]);
    assert!(xml.contains("<InstdAmt Ccy=\"CNY\">66.67</InstdAmt>") && xml.contains(OTHER_ACCOUNT));
    assert!(xml.contains("甲 &lt;算力&gt; &amp; ") && xml.contains("算力券专项 兑付 p-2025-000001"));
    assert_eq!(xml.matches("NOTPROVIDED").count(), 2, "the agency's account is not known here");

    let again = file(&stage, &batch, "", &stage.approver);
    assert_eq!(again.bytes, first.bytes);
    assert_ne!(again.header("Ledger-Sequence"), first.header("Ledger-Sequence"));

    assert_eq!(stage.result(&batch, &claims[0], "returned", "2025-01-02").status, 200);
    let rest = file(&stage, &batch, "", &stage.officer);
    valid(&rest.bytes);
    assert_eq!(elements(rest.text(), "EndToEndId"), claims[1..].iter().map(simple).collect::<Vec<_>>());
    assert_eq!(elements(rest.text(), "MsgId"), [format!("{}-01", simple(&batch))]);
    for claim in &claims[1..] {
        assert_eq!(stage.result(&batch, claim, "paid", "2025-01-02").status, 200);
    }
    refused(&stage, &batch, "?format=csv", &stage.officer, 409, "wrong_state");
}

#[test]
fn whoever_has_no_account_is_named_and_whoever_is_blocked_is_not_paid() {
    let stage = Stage::open("gaps");
    let claims = [stage.approved(FIRM, 1, "500.00"), stage.approved(POOR, 1, "100.00")].concat();
    let batch = stage.batch(&claims);
    let problem = refused(&stage, &batch, "?format=pain.001", &stage.officer, 422, "bank_account_missing");
    assert!(problem["detail"].as_str().unwrap().contains(POOR), "{problem}");
    assert!(!problem["detail"].as_str().unwrap().contains(FIRM), "{problem}");
    let csv = file(&stage, &batch, "?format=csv", &stage.officer);
    assert_eq!((csv.status, csv.header("Content-Type")), (200, "text/csv; charset=utf-8"));
    let lines: Vec<&str> = csv.text().lines().collect();
    assert!(lines[0].starts_with('\u{feff}') && lines[0].contains("账号 account_number"));
    assert!(lines[1].contains(&format!("102100099996\t,{FIRM_ACCOUNT}\t,100.00,p,")), "{}", lines[1]);
    assert!(lines[1].contains("\"甲 <算力> & \"\"科技\"\"\""), "{}", lines[1]);
    assert!(lines[2].contains(&format!("{POOR},'=丙(),,,,20.00,p,")), "{}", lines[2]);
    assert_eq!(lines.len(), 3);

    for (format, status, code) in
        [("?format=pdf", 422, "format_not_supported"), ("?color=red", 400, "invalid_query")]
    {
        refused(&stage, &batch, format, &stage.officer, status, code);
    }
    let nobody = uuid::Uuid::now_v7().to_string();
    refused(&stage, &nobody, "", &stage.officer, 404, "not_found");
    for token in [&stage.auditor, &stage.firm] {
        refused(&stage, &batch, "", token, 403, "forbidden");
    }
    stage.expect(
        200,
        &format!("/v1/organisations/{FIRM}/block"),
        &stage.approver,
        &json!({"reason": "举报"}),
    );
    refused(&stage, &batch, "?format=csv", &stage.officer, 422, "organisation_blocked");
    // what is not to be paid is sent back by hand, and the rest can go
    assert_eq!(stage.result(&batch, &claims[0], "returned", "2025-01-02").status, 200);
    assert_eq!(file(&stage, &batch, "?format=csv", &stage.officer).text().lines().count(), 2);
}

/// The parts of a workbook, by their names, as text.
fn parts(xlsx: &[u8]) -> Value {
    let script = "import io,json,sys,zipfile\n\
                  z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\n\
                  print(json.dumps({n:z.read(n).decode('utf-8','replace') for n in z.namelist()}))";
    let mut command = Command::new("python3");
    let mut child =
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(xlsx).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_workbook_keeps_numbers_as_text_sums_its_amounts_and_says_what_it_is() {
    let stage = Stage::open("xlsx");
    let claims = [stage.approved(FIRM, 1, "5123456.78"), stage.approved(POOR, 1, "0.05")].concat();
    let batch = stage.batch(&claims);
    let first = file(&stage, &batch, "?format=xlsx", &stage.officer);
    assert_eq!(
        (first.status, first.header("Content-Type")),
        (200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    );
    assert_eq!(file(&stage, &batch, "?format=xlsx", &stage.approver).bytes, first.bytes);
    let parts = parts(&first.bytes);
    let part = |name: &str| parts[name].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
    let (sheet, texts) = (part("xl/worksheets/sheet1.xml"), part("xl/sharedStrings.xml"));
    assert!(
        texts.contains(FIRM_ACCOUNT) && texts.contains("102100099996") && texts.contains("=丙()"),
        "{texts}"
    );
    assert!(!sheet.contains(FIRM_ACCOUNT), "an account number is no number");
    assert!(sheet.contains("<v>1024691.36</v>") && sheet.contains("<v>0.01</v>"), "{sheet}");
    assert!(sheet.contains("<f>SUM(G2:G3)</f><v>1024691.37</v>"), "{sheet}");
    assert!(sheet.contains("state=\"frozen\""), "{sheet}");
    let csv = file(&stage, &batch, "?format=csv", &stage.officer);
    let digest = hex::encode(Sha256::digest(&csv.bytes));
    for fact in [batch.as_str(), "1024691.37", "chen", "lin", &digest] {
        assert!(texts.contains(fact), "{fact}: {texts}");
    }
}

#[test]
fn each_reading_is_a_leaf_and_account_numbers_stand_nowhere_but_in_the_files() {
    let folder = fresh_folder();
    let config = folder.join("service.toml");
    let debtor = "[debtors.secret]\nname = \"市财政局\"\nbank_code = \"102100000013\"\naccount_number = \"0200001009000012345\"\n";
    std::fs::write(&config, debtor).unwrap();
    let log = folder.join("service.log");
    let service = Arc::new(Service::start_configured(&config, &log));
    let stage = Stage::found(&service, "secret");
    let claims = [stage.approved(FIRM, 2, "333.33"), stage.approved(OTHER, 1, "1000.00")].concat();
    let batch = stage.batch(&claims);
    let mut sequences = Vec::new();
    for format in ["pain.001", "xlsx", "csv"] {
        let file = file(&stage, &batch, &format!("?format={format}"), &stage.officer);
        assert_eq!(file.status, 200);
        sequences.push((file.header("Ledger-Sequence").to_owned(), format, Sha256::digest(&file.bytes)));
        if format == "pain.001" {
            valid(&file.bytes);
            assert!(file.text().contains("0200001009000012345") && file.text().contains("市财政局"));
            assert!(!file.text().contains("NOTPROVIDED"));
        }
    }
    let events = stage.leaves("read_accounts");
    assert_eq!(events.len(), 3);
    for ((sequence, format, digest), event) in sequences.iter().zip(&events) {
        assert_eq!((&event["sequence"].to_string(), &event["document"]), (sequence, &json!(batch)));
        let leaf = stage.read(&format!("/v1/audit/entries/{sequence}"));
        let digest = hex::encode(digest);
        assert_eq!(leaf["actor"]["subject"], "subsidy-ledger#lin");
        assert_eq!(
            leaf["command"]["read_accounts"],
            json!({"batch": batch, "format": format, "execution_date": "2025-01-02", "sha256": digest})
        );
        assert_eq!(leaf["outcome"]["accounts_read"]["lines"], "3");
        assert_eq!(leaf["outcome"]["accounts_read"]["total"], "333.34");
    }
    for (claim, outcome) in claims.iter().zip(["paid", "returned", "paid"]) {
        assert_eq!(stage.result(&batch, claim, outcome, "2025-01-02").status, 200);
    }

    let mut answers = String::new();
    for path in [
        "/v1/organisations",
        "/v1/payment-batches",
        &format!("/v1/payment-batches/{batch}"),
        "/v1/claims",
        "/v1/events",
        "/v1/ledger/transactions",
        "/v1/tasks",
    ] {
        answers.push_str(&stage.read(path).to_string());
    }
    answers.push_str(&stage.read(&format!("/v1/organisations/{FIRM}")).to_string());
    assert!(answers.contains("****3334"), "it is shown by its end");
    let export = folder.join("export");
    let out = export.to_str().unwrap().to_owned();
    let verified = service.cli(&["verify"]);
    assert!(verified.contains("verified"), "{verified}");
    service.cli(&["export", "--agency", "secret", "--out", &out]);
    let url = service.cli(&["database-url", "--role", "owner"]);
    let dump = Command::new(dump_program()).args(["--dbname", url.trim(), "--inserts"]).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    service.stop();
    let exported = all_files(&export);
    let logged = std::fs::read(&log).unwrap();
    assert!(logged.len() > 1_000 && exported.len() > 10_000 && dump.stdout.len() > 10_000);
    for number in [FIRM_ACCOUNT, OTHER_ACCOUNT] {
        // bytea columns, leaves among them, are dumped in hexadecimal digits
        let hexadecimal = hex::encode(number);
        for (place, bytes) in [
            ("an answer", answers.as_bytes()),
            ("the log output", &logged),
            ("the export", &exported),
            ("the database", &dump.stdout),
        ] {
            for needle in [number, &hexadecimal] {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{number} stands in {place}");
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// `pg_dump` of the newest PostgreSQL here.
fn dump_program() -> std::path::PathBuf {
    let folder = Path::new("/usr/lib/postgresql");
    let versions = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> =
        versions.map(|version| version.path().join("bin/pg_dump")).filter(|path| path.exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| "pg_dump".into())
}

fn all_files(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() { all_files(&path) } else { std::fs::read(&path).unwrap() });
    }
    bytes
}

/// Statements as the owner of the service's private cluster.
fn by_hand(service: &Service, sql: &str) {
    let url = service.cli(&["database-url", "--role", "owner"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url.trim(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap_or_else(|e| panic!("{e:?}: {sql}"));
    });
}

#[test]
fn a_number_that_was_put_into_another_row_is_paid_to_by_nobody_and_found() {
    let stage = Stage::open("swap");
    let claims = [stage.approved(FIRM, 1, "500.00"), stage.approved(OTHER, 1, "100.00")].concat();
    let batch = stage.batch(&claims);
    let verify = || stage.command().args(["verify"]).output().unwrap();
    assert_eq!(verify().status.code(), Some(0));
    assert!(
        String::from_utf8(verify().stdout).unwrap().contains("2 sealed account numbers opened and compared")
    );
    let mine = format!("agency_swap.bank_accounts AS a WHERE a.organisation = '{OTHER}'");
    by_hand(&stage, "ALTER TABLE agency_swap.bank_accounts DISABLE TRIGGER ALL");
    for (tamper, found) in [
        (
            format!(
                "UPDATE agency_swap.bank_accounts SET sealed = (SELECT sealed FROM {mine}) WHERE organisation = '{FIRM}'"
            ),
            FIRM,
        ),
        (format!("DELETE FROM agency_swap.bank_accounts WHERE organisation = '{FIRM}'"), FIRM),
        (
            // the same number and its own hash, under another name
            format!(
                "INSERT INTO agency_swap.bank_accounts SELECT '{FIRM}', mac, sealed FROM {mine}; \
                 UPDATE agency_swap.organisations SET account_mac = (SELECT encode(mac, 'hex') FROM {mine}) WHERE credit_code = '{FIRM}'"
            ),
            "account_mac",
        ),
    ] {
        by_hand(&stage, &tamper);
        for format in ["", "?format=csv", "?format=xlsx"] {
            let problem = refused(&stage, &batch, format, &stage.officer, 409, "account_number_unverified");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(FIRM) && !detail.contains(OTHER), "{problem}");
        }
        let (said, doctor) = (verify(), stage.command().arg("doctor").output().unwrap());
        let out = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.status.code(), Some(3), "{out}");
        assert!(out.contains(found), "{tamper}: {out}");
        let doctor = String::from_utf8(doctor.stdout).unwrap();
        assert!(tamper.starts_with("DELETE") || doctor.contains("FAILED   agencies"), "{tamper}: {doctor}");
    }
    let events = stage.ask("/v1/events?limit=200", &stage.auditor).text;
    assert!(!events.contains("read_accounts"), "{events}");
}

#[test]
fn with_another_key_or_without_one_nothing_is_served_and_no_key_is_made() {
    let folder = fresh_folder();
    let service = Arc::new(Service::start_durable(&folder));
    let stage = Stage::found(&service, "key");
    let batch = stage.batch(&stage.approved(FIRM, 1, "500.00"));
    let officer = stage.officer.clone();
    service.stop();
    let run = |words: &[&str]| {
        let mut command = Command::new(BINARY);
        let done = command
            .args(words)
            .env("SUBSIDY_LEDGER_DATA", &folder)
            .env_remove("DATABASE_URL")
            .output()
            .unwrap();
        (
            done.status.code(),
            String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap(),
        )
    };
    for (file, words) in [
        ("account.key", &["serve", "--listen", "127.0.0.1:0"][..]),
        ("log/key.key", &["serve", "--listen", "127.0.0.1:0"]),
        ("token.pem", &["serve", "--listen", "127.0.0.1:0"]),
        ("log/key.key", &["export", "--agency", "key", "--out", "/nonexistent/out"]),
        ("account.key", &["agency", "create", "another", "--name", "另一机构"]),
    ] {
        let key = folder.join("keys").join(file);
        let old = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        let (code, said) = run(words);
        assert_eq!(code, Some(1), "{words:?}: {said}");
        assert!(
            said.contains(file) || said.contains("no key of agency key"),
            "{words:?} without {file}: {said}"
        );
        assert!(!key.exists(), "{words:?} made {file}");
        let (code, said) = run(&["doctor"]);
        assert!(code == Some(1) && said.contains(file), "{said}");
        if file != "token.pem" {
            std::fs::write(&key, format!("{}\n", STANDARD.encode([7; 32]))).unwrap();
            std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            let (code, said) = run(words);
            assert!(code == Some(1) && said.contains(file), "{words:?} with another {file}: {said}");
            assert_eq!(run(&["verify"]).0, Some(3), "the register names another key");
        }
        std::fs::write(&key, old).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let service = Arc::new(Service::start_durable(&folder));
    service.ask(&format!("/v1/payment-batches/{batch}/file"), &officer).expect(200);
    service.stop();
    std::fs::remove_dir_all(&folder).unwrap();
}
