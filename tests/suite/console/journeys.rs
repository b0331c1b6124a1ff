//! What people of each kind come for, in a real browser, once with the script and once without: from one click on the
//! sign-in page of the demonstration to a task that is finished. What one of them files the next has to decide.

use std::path::{Path, PathBuf};

use super::browser::Browser;
use super::demonstration;
use super::webdriver::Driver;
use crate::cli::{Demo, Place};

/// Where people stand on the sign-in page.
pub const OFFICER: usize = 0;
const APPROVER: usize = 1;
pub const ENTERPRISE: usize = 2;
const PROVIDER: usize = 3;
const BANK: usize = 4;
const AUDITOR: usize = 5;
const OPERATOR: usize = 6;
const SECURITY: usize = 8;

/// A programme of which claims are published after their review; those of the small demonstration publish nothing.
const PROGRAMME: &str = include_str!("../../../config/programmes/beijing-multicloud-rental.toml");
/// A billing file of which one row is enough.
const BILL: &str = include_str!("../../../src/cli/demo/usage/jingyun-2025-05.csv");

/// Once through all of them.
struct Round<'a> {
    driver: &'a Driver,
    base: &'a str,
    script: bool,
    /// What is brought as a file.
    folder: PathBuf,
    /// What is each round's own: a contract without usage, the days of an interest, a claim that is published.
    contract: &'a str,
    days: [&'a str; 2],
    published: String,
}

#[test]
fn people_of_each_kind_finish_their_task_with_a_script_and_without() {
    let Some(driver) = Driver::start(true) else { return };
    let (place, demo) = demonstration();
    let [first, second] = publish(&place, &demo);
    for name in ["with-script", "without-script"] {
        place.out(&["user", "add", name, "--agency", "beijing_demo", "--role", "officer"]);
    }
    let folder = place.data.join("to-bring");
    std::fs::create_dir(&folder).expect("a folder");
    let round = Round {
        driver: &driver,
        base: &demo.url,
        script: true,
        folder,
        contract: "DEMO-2025-001",
        days: ["2025-03-21", "2025-04-21"],
        published: first,
    };
    round.play();
    let driver = Driver::start(false).expect("a second browser");
    let days = ["2025-04-21", "2025-05-21"];
    let round =
        Round { driver: &driver, script: false, contract: "DEMO-2025-002", days, published: second, ..round };
    round.play();
}

/// Two claims that are published: their ids.
fn publish(place: &Place, demo: &Demo) -> [String; 2] {
    let (rules, _) = PROGRAMME.split_once("[[examples]]").expect("examples at the end");
    let rules = rules
        .replace("code = \"beijing-multicloud-rental\"", "code = \"published-rental\"")
        .replace("stacking = \"exclusive\"", "stacking = \"exclusive\"\npublicity_days = 7");
    let file = place.data.join("published-rental.toml");
    std::fs::write(&file, rules).expect("a file");
    let [officer, approver] = ["demo-officer", "demo-approver"];
    let import = ["programme", "import", "--agency", "beijing_demo", "--subject", officer, "--approve-as"];
    place.out(&[&import[..], &[approver, &file.display().to_string()]].concat());

    let mut enterprise = Browser::signed_in(&demo.url, "李航");
    let mut officer = Browser::signed_in(&demo.url, "王文");
    ["PUB-001", "PUB-002"].map(|contract| {
        let form = enterprise.get("/rentals").form("/v1/rentals");
        // its provider is none of the organisations that an enterprise may read
        let fields = [
            ("/provider", "91350100M000100Y43"),
            ("/contract_no", contract),
            ("/signed_on", "2025-05-01"),
            ("/from", "2025-05-01"),
            ("/until", "2026-05-01"),
            ("/lines/0/item", "compute"),
            ("/lines/0/amount", "1000000.00"),
        ];
        let rental = enterprise.submit("/rentals", &form, &fields);
        assert_eq!(rental.status, 303, "{}", rental.html);
        let id = &rental.location["/rentals/".len()..][..36];
        let path = format!("/claims/new?.rental={id}&.programme=published-rental");
        let form = enterprise.get(&path).form("/v1/claims");
        let fields = [
            ("/period/from", "2025-05-01"),
            ("/period/until", "2025-06-01"),
            ("/settlement/0/item", "compute"),
            ("/settlement/0/amount", "50000.00"),
        ];
        let draft = enterprise.submit(&path, &form, &fields);
        assert_eq!(draft.status, 303, "{}", draft.html);
        let claim = draft.location["/claims/".len()..][..36].to_owned();
        let path = format!("/claims/{claim}");
        let form = enterprise.get(&path).form("/submit");
        assert_eq!(enterprise.submit(&path, &form, &[(".promise", "true")]).status, 303);
        let form = officer.get(&path).form("/review");
        assert_eq!(officer.submit(&path, &form, &[("/decision", "pass")]).status, 303);
        claim
    })
}

impl Round<'_> {
    fn play(&self) {
        let claim = self.enterprise_claims();
        self.officer_reviews(&claim);
        self.approver_approves(&claim);
        let batch = self.officer_proposes_payment(&claim);
        self.approver_approves_payment(&batch);
        self.provider_brings_usage();
        self.bank_confirms_interest();
        self.auditor_verifies(&claim);
        let person = self.operator_keeps_accounts();
        self.security_grants(&person);
        self.anybody_checks(&claim);
        self.somebody_objects();
        assert_eq!(self.driver.complaints(), Vec::<String>::new());
    }

    fn enter(&self, place: usize) -> &Driver {
        self.driver.enter(self.base, place, "zh");
        self.driver
    }

    /// A file of this round, and the path to it.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(format!("{}-{name}", self.contract));
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Opens the page of a claim from the work list.
    fn open_task(&self, claim: &str) {
        self.driver.click(&format!("//tbody//a[starts-with(@href, '/claims/{claim}')]"));
    }

    /// A file of evidence; the wizard from the voucher to the receipt; the claim's id.
    fn enterprise_claims(&self) -> String {
        let driver = self.enter(ENTERPRISE);
        driver.says("h1", "我的券与申报");
        driver.click("//nav//a[@href='/evidence']");
        driver.unfold("POST /v1/evidence");
        driver.click("select[name='&kind'] option[value='delivery']");
        driver.enter_file(&self.file("delivery.pdf", &format!("%PDF-1.4\n%%EOF\n{}", self.contract)));
        driver.press("POST /v1/evidence");
        driver.done();

        driver.click("//nav//a[@href='/claims/new']");
        driver.click("//tbody//a[starts-with(@href, '/claims/new?.voucher')]");
        // without an amount nothing is saved, and what is missing is said
        driver.click("input[name='+/evidence']");
        driver.click("select[name='/settlement/0/item'] option[value='compute']");
        driver.press("POST /v1/claims");
        driver.says("#problem", "金额");
        driver.enter_text("[name='/settlement/0/amount']", "30000.00");
        driver.press("POST /v1/claims");
        driver.done();
        driver.says("h1", "草稿");
        // a fifth of what was settled, before it is submitted
        driver.says("dd.big", "6,000.00");
        driver.says("main", "交付凭证");
        driver.click("input[name='.promise']");
        driver.press("/submit");
        driver.done();
        driver.says("h1", "待审核");
        let claim = driver.path(self.base)["/claims/".len()..][..36].to_owned();
        driver.click("//main//a[contains(@href, '/receipt')]");
        driver.says("h1", "受理回执");
        driver.says("main", &claim);
        claim
    }

    /// A return without a reason is refused at its field; then it passes.
    fn officer_reviews(&self, claim: &str) {
        let driver = self.enter(OFFICER);
        // the script adds one box for all of them
        assert_eq!(driver.has("thead input[type=checkbox]"), self.script);
        self.open_task(claim);
        driver.click("#act button[value=return]");
        driver.says("#problem", "理由");
        driver.click("#act button[value=pass]");
        driver.done();
        driver.says("h1", "待批准");
    }

    /// One claim on its own page, and what else waits with one click, with an outcome.
    fn approver_approves(&self, claim: &str) {
        let driver = self.enter(APPROVER);
        self.open_task(claim);
        driver.press("/approve");
        driver.done();
        driver.says("h1", "已批准");
        driver.click("//nav//a[@href='/tasks']");
        driver.click("tbody input[type=checkbox]");
        driver.click("//form[@action='/tasks']//button");
        if self.script {
            driver.send("POST", "/alert/accept", &serde_json::json!({}));
        }
        driver.says("section[aria-labelledby=became] .tag.ok", "已");
    }

    /// A payment of the claim; the batch's id.
    fn officer_proposes_payment(&self, claim: &str) -> String {
        let driver = self.enter(OFFICER);
        driver.click("//tbody//a[starts-with(@href, '/payment-batches')]");
        driver.unfold("POST /v1/payment-batches");
        driver.click(&format!("input[name='+/claim_ids'][value='{claim}']"));
        driver.press("POST /v1/payment-batches");
        driver.done();
        driver.path(self.base)["/payment-batches/".len()..][..36].to_owned()
    }

    fn approver_approves_payment(&self, batch: &str) {
        let driver = self.enter(APPROVER);
        driver.click(&format!("//tbody//a[starts-with(@href, '/payment-batches/{batch}')]"));
        driver.says("main", "6,000.00");
        driver.press("/approve");
        driver.done();
        driver.says("h1", "已批准");
    }

    /// A bill in a currency without a rate is refused with its cause; corrected, it is imported.
    fn provider_brings_usage(&self) {
        let driver = self.enter(PROVIDER);
        driver.click("//nav//a[@href='/rentals']");
        driver.click(&format!("//tbody//a[contains(., '{}')]", self.contract));
        let mut lines = BILL.lines();
        let (head, row) = (lines.next().expect("a head"), lines.next().expect("a row"));
        let row = row
            .replace("2025-06-01T00", "2025-07-01T00")
            .replace("2025-05", "2025-06")
            .replace("jy-001", self.contract)
            .replace("25112000000000000001", &format!("INV-{}", self.contract));
        let bring = |name: &str, row: &str| {
            driver.unfold("/usage");
            driver.enter_file(&self.file(name, &format!("{head}\n{row}\n")));
            driver.press("/usage");
        };
        bring("wrong.csv", &row.replace(",CNY,", ",EUR,"));
        driver.says("#problem", "汇率");
        bring("corrected.csv", &row);
        driver.done();
        driver.says("main", "12,008.55");
    }

    fn bank_confirms_interest(&self) {
        let driver = self.enter(BANK);
        driver.click("//nav//a[@href='/loans']");
        driver.click("//tbody//a[starts-with(@href, '/loans/')]");
        driver.unfold("/interest-paid");
        let [from, until] = self.days;
        driver.enter_date("[name='/period/from']", from);
        driver.enter_date("[name='/period/until']", until);
        driver.enter_text("[name='/interest_paid']", "279861.11");
        driver.press("/interest-paid");
        driver.done();
        driver.says("main", "279,861.11");
    }

    /// The whole ledger verified, and a note on what was looked at.
    fn auditor_verifies(&self, claim: &str) {
        let driver = self.enter(AUDITOR);
        driver.click("//nav//a[@href='/audit']");
        driver.press("/v1/audit/verifications");
        // the page looks again by itself until it is done
        driver.find("//main//*[contains(., '核验通过')]");
        driver.click("//nav//a[@href='/audit/notes']");
        driver.unfold("/v1/audit/notes");
        driver.enter_text("[name='/about']", &format!("claim/{claim}"));
        driver.enter_text("[name='/text']", "结算单已核对");
        driver.press("/v1/audit/notes");
        driver.done();
        driver.says("tbody", "结算单已核对");
    }

    /// An account closed and opened again; a role proposed. Whose it is.
    fn operator_keeps_accounts(&self) -> String {
        let driver = self.enter(OPERATOR);
        driver.click("//nav//a[@href='/people']");
        let name = if self.script { "with-script" } else { "without-script" };
        let row = format!("//tbody/tr[td[1][.='{name}']]");
        driver.click(&format!("{row}//button[@value='disable']"));
        driver.says(&format!("{row}/td[6]"), "停用");
        driver.click(&format!("{row}//button[@value='enable']"));
        driver.find(&format!("{row}//button[@value='disable']"));

        // how an account is named stands on everybody's own page
        driver.click("//header//a[@href='/me']");
        let own = "//main//*[contains(text(), '#demo-operator')]";
        driver.find(own);
        let own = driver.text(own);
        let (issuer, _) = own.split_once('#').expect("who vouches for it");
        driver.click("//nav//a[@href='/role-grants']");
        driver.unfold("POST /v1/role-grants");
        driver.enter_text("[name='/subject']", &format!("{issuer}#{name}"));
        driver.click("select[name='/role'] option[value='officer']");
        driver.enter_text("[name='/reason']", "新到岗");
        driver.press("POST /v1/role-grants");
        driver.done();
        name.to_owned()
    }

    fn security_grants(&self, person: &str) {
        let driver = self.enter(SECURITY);
        driver.click("//nav//a[@href='/role-grants']");
        driver.click(&format!("//tbody//a[starts-with(@href, '/role-grants/')][contains(., '{person}')]"));
        driver.says("main", "新到岗");
        driver.press("/approve");
        driver.done();
        driver.says("h1", "已批准");
    }

    /// Nobody is signed in: what is published, and whether a receipt is genuine.
    fn anybody_checks(&self, claim: &str) {
        let driver = self.driver;
        driver.send("DELETE", "/cookie", &serde_json::json!({}));
        driver.open(self.base);
        driver.click("//main//a[@href='/published']");
        driver.enter_text("[name=agency]", "beijing_demo");
        driver.click("//main//form//button");
        driver.says("tbody", &self.published[28..].to_uppercase());
        driver.open(&format!("{}/sign-in", self.base));
        driver.click("//main//a[@href='/verify']");
        driver.enter_text("[name=agency]", "beijing_demo");
        driver.enter_text("[name=code]", claim);
        driver.click("//main//form//button");
        driver.says("main", "属实");
    }

    /// Somebody else objects to what is published, and the officer says what becomes of it.
    fn somebody_objects(&self) {
        let driver = self.enter(PROVIDER);
        driver.click("//nav//a[@href='/publicity']");
        let objection = format!("/v1/claims/{}/objections", self.published);
        driver.unfold(&objection);
        driver.enter_text(&format!("{}//textarea", super::webdriver::form_of(&objection)), "合同并未履行");
        driver.press(&objection);
        driver.done();
        let driver = self.enter(OFFICER);
        self.open_task(&self.published);
        driver.says("main", "合同并未履行");
        driver.unfold("/resolve");
        driver.click("select[name='/decision'] option[value='dismissed']");
        driver.enter_text(
            &format!("{}//textarea", super::webdriver::form_of("/resolve")),
            "已核对用量，异议不成立",
        );
        driver.press("/resolve");
        driver.done();
    }
}

/// Where a folder of the tree stands.
pub fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
