//! Published policies as programme files: each is imported, approved and played over HTTP, and comes to the figures that its
//! text prints or that follow from it by hand. The tables in `docs/policies.md` and its Chinese page name every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use subsidy_core::domain::CreditCode;

use crate::cli::Place;
use crate::support::service::Service;

const GUIDE: &str = include_str!("../../docs/programme-files.md");
/// The page of policies in each language, with its words for policies that rules say, say in part, and cannot say.
const PAGES: [(&str, [&str; 3]); 2] = [
    (include_str!("../../docs/policies.md"), ["exactly", "with an officer", "no"]),
    (include_str!("../../docs/zh/policies.md"), ["全部", "人工", "否"]),
];
const AGENCY: &str = "policies";
const FIRST_DAY: &str = "2022-01-04";

/// What the loan prime rates were: name, day, percent.
const RATES: &[(&str, &str, &str)] = &[
    ("LPR1Y", "2022-08-22", "3.65"),
    ("LPR5Y", "2022-08-22", "4.30"),
    ("LPR1Y", "2023-06-20", "3.55"),
    ("LPR5Y", "2023-06-20", "4.20"),
    ("LPR1Y", "2023-08-21", "3.45"),
    ("LPR5Y", "2024-02-20", "3.95"),
    ("LPR1Y", "2024-07-22", "3.35"),
    ("LPR5Y", "2024-07-22", "3.85"),
    ("LPR1Y", "2024-10-21", "3.10"),
    ("LPR5Y", "2024-10-21", "3.60"),
    ("LPR1Y", "2025-05-20", "3.00"),
    ("LPR5Y", "2025-05-20", "3.50"),
];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/programmes");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A programme file as it is read, its code, and its examples.
struct Programme {
    path: PathBuf,
    code: String,
    content: Value,
}

impl Programme {
    fn read(path: PathBuf) -> Self {
        let content: Value = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let code = content["code"].as_str().unwrap().to_owned();
        Self { path, code, content }
    }

    fn text(&self, pointer: &str) -> &str {
        self.content.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// An agency of all programmes, and those who act in it.
struct Town {
    service: Service,
    lin: String,
    zhao: String,
    chen: String,
    sun: String,
    experts: [String; 3],
    today: String,
    rates: std::slice::Iter<'static, (&'static str, &'static str, &'static str)>,
    /// Organisations by programme and name.
    parties: BTreeMap<(String, String), String>,
    count: u32,
}

impl Town {
    fn open() -> Self {
        let service = Service::start();
        let create =
            ["agency", "create", AGENCY, "--name", "各地", "--sandbox", "--business-date", FIRST_DAY];
        service.cli(&create);
        let token = |role, subject| service.token(AGENCY, role, subject, None);
        Self {
            lin: token("officer", "lin"),
            zhao: token("officer", "zhao"),
            chen: token("approver", "chen"),
            sun: token("auditor", "sun"),
            experts: ["e1", "e2", "e3"].map(|subject| token("expert", subject)),
            service,
            today: FIRST_DAY.to_owned(),
            rates: RATES.iter(),
            parties: BTreeMap::new(),
            count: 0,
        }
    }

    /// Proposed by one, approved by another.
    fn agreed(&self, path: &str, body: &Value) -> String {
        let id = self.service.create(path, &self.lin, body);
        self.service.expect(200, &format!("{path}/{id}/approve"), &self.chen, &json!({}));
        id
    }

    /// The limits that the furthest of the files needs.
    fn limit(&self, programmes: &[Programme]) {
        let most = |name: &str| {
            let found =
                programmes.iter().map(|one| one.text(&format!("/statutory_limits/{name}")).to_owned());
            found.max().unwrap()
        };
        let body = json!({"points_max": most("points_max"), "window_until": most("window_until"),
            "document": most("document"), "reason": "各地上限"});
        let beyond = programmes.iter().find(|one| one.content["statutory_limits"].is_object()).unwrap();
        let file = beyond.path.to_str().unwrap();
        let (code, said) = self.service.ended(&["programme", "import", file, "--agency", AGENCY]);
        assert!(
            code == 1 && said.contains("statutory_") && said.contains("the file needs points_max"),
            "{said}"
        );
        self.agreed("/v1/statutory-limits", &body);
    }

    /// Imports a file, which says what is missing, and gives it money.
    fn bring(&self, programme: &Programme) {
        let file = programme.path.to_str().unwrap();
        let words = [
            "programme",
            "import",
            file,
            "--agency",
            AGENCY,
            "--subject",
            "lin",
            "--approve-as",
            "chen",
            "--json",
        ];
        let said: Value = serde_json::from_str(&self.service.cli(&words)).unwrap();
        assert_eq!(said["status"], "active", "{said}");
        let lists = |tags: &Value| {
            let tags = tags.as_array().into_iter().flatten();
            tags.map(ToString::to_string).collect::<BTreeSet<_>>()
        };
        assert_eq!(lists(&said["missing_tags"]), lists(&programme.content["tags"]), "{file}");
        let year: u32 = programme.text("/window/from")[..4].parse().unwrap();
        let body = json!({"amount": "90000000000", "fiscal_year": year.max(2022), "document": "预算"});
        self.agreed(&format!("/v1/programmes/{}/appropriations", programme.code), &body);
    }

    /// Moves on to a day, and records the rates that were published since.
    fn move_to(&mut self, day: &str) {
        // an award of an earlier example may have moved on already
        let today = self.today.clone();
        let day = day.max(&today);
        while let Some((name, date, percent)) = self.rates.as_slice().first().filter(|rate| rate.1 <= day) {
            self.rates.next();
            self.at(date);
            let body = json!({"name": name, "date": date, "percent": percent});
            self.service.expect(201, "/v1/reference-rates", &self.lin, &body);
        }
        self.at(day);
    }

    fn at(&mut self, day: &str) {
        if self.today != day {
            self.service.move_to(day, &self.lin);
            self.today = day.to_owned();
        }
    }

    fn number(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    fn tagged(&self, tags: &Value, kind: &str, id: &str) {
        for tag in tags.as_array().into_iter().flatten() {
            let body = json!({"tag": tag, "subject": {"kind": kind, "id": id}, "from": FIRST_DAY, "document": "名单"});
            self.agreed("/v1/tags", &body);
        }
    }

    /// An organisation of an example; those of one programme with one name are one.
    fn party(&mut self, programme: &str, party: &Value) -> String {
        let number = self.number();
        let name = party["name"].as_str().map_or_else(|| number.to_string(), str::to_owned);
        let key = (programme.to_owned(), name);
        if let Some(code) = self.parties.get(&key) {
            return code.clone();
        }
        let code = CreditCode::from_body(&format!("91310000{number:09}")).unwrap().to_string();
        let mut body =
            json!({"credit_code": code, "name": format!("单位{number}"), "category": "private_enterprise"});
        for (member, value) in party.as_object().into_iter().flatten() {
            if !["name", "tags"].contains(&member.as_str()) {
                body[member] = value.clone();
            }
        }
        self.service.expect(201, "/v1/organisations", &self.lin, &body);
        self.tagged(&party["tags"], "organisation", &code);
        self.parties.insert(key, code.clone());
        code
    }

    /// A contract or a loan of an example.
    fn paper(&mut self, path: &str, written: &Value, more: Value) -> String {
        let mut body = written.clone();
        let tags = body.as_object_mut().unwrap().remove("tags").unwrap_or_default();
        merge(&mut body, &more);
        let id = self.service.create(path, &self.lin, &body);
        self.tagged(&tags, if path == "/v1/loans" { "loan" } else { "rental" }, &id);
        id
    }

    fn ask(&self, path: &str, token: &str, body: &Value) -> Result<Value, Value> {
        let answer = self.service.post(path, token, body);
        if answer.status < 300 { Ok(answer.json()) } else { Err(answer.json()) }
    }

    /// The award of a project in a call of its own, that three experts find good: on the day after its filing.
    fn award(&mut self, programme: &str, applicant: &str, project: &Value) -> Result<Value, Value> {
        let call = json!({"programme": programme, "title": {"zh": "征集", "en": "A call"},
            "filing": {"from": self.today, "until": self.today}});
        let call = self.agreed("/v1/calls", &call);
        let body = json!({"call": call, "organisation": applicant, "project": project});
        let made = self.ask("/v1/applications", &self.lin, &body)?;
        let path = format!("/v1/applications/{}", made["id"].as_str().unwrap());
        self.ask(&format!("{path}/submit"), &self.lin, &json!({}))?;
        self.ask(&format!("{path}/review"), &self.zhao, &json!({"decision": "pass"}))?;
        let experts = json!([{"subject": "e1"}, {"subject": "e2"}, {"subject": "e3"}]);
        self.ask(&format!("{path}/experts"), &self.lin, &json!({"experts": experts}))?;
        for expert in &self.experts {
            let score = json!({"criteria": [{"name": "可行性", "score": "80"}], "comment": "可行"});
            self.ask(&format!("{path}/scores"), expert, &score)?;
        }
        let filed: chrono::NaiveDate = self.today.parse().unwrap();
        self.move_to(&filed.succ_opt().unwrap().to_string());
        let path = format!("/v1/calls/{call}/awards");
        self.ask(&path, &self.lin, &json!({}))?;
        let awarded = self.ask(&format!("{path}/approve"), &self.chen, &json!({}))?;
        Ok(json!({"calculation": {"amount": awarded["awards"][0]["amount"]}}))
    }

    /// Plays an example as far as the amount that is decided, or the refusal.
    fn play(&mut self, programme: &Programme, example: &Value) -> Result<Value, Value> {
        let code = programme.code.as_str();
        let applicant = self.party(code, &example["applicant"]);
        if example["project"].is_object() {
            return self.award(code, &applicant, &example["project"]);
        }
        let number = self.number();
        let mut body = json!({"programme": code});
        merge(&mut body, &example["claim"]);
        let path = if example["loan"].is_object() {
            let bank = self.party(code, &example["bank"]);
            let more = json!({"loan_no": format!("L-{number}"), "bank": bank, "organisation": applicant});
            let loan = self.paper("/v1/loans", &example["loan"], more);
            if programme.content["rules"]["prefund"] == true {
                let year: u32 = self.today[..4].parse().unwrap();
                let ahead = json!({"programme": code, "bank": bank, "amount": "100000000", "fiscal_year": year, "document": "预拨"});
                self.agreed("/v1/prefunds", &ahead);
            }
            merge(&mut body, &json!({"kind": "interest_subsidy", "loan_id": loan}));
            "/v1/claims"
        } else {
            let provider = self.party(code, &example["provider"]);
            let more = json!({"contract_no": format!("C-{number}"), "provider": provider, "organisation": applicant});
            let rental = self.paper("/v1/rentals", &example["contract"], more);
            body["rental_id"] = json!(rental);
            if programme.text("/instrument") == "voucher" {
                "/v1/vouchers"
            } else {
                body["kind"] = json!("rental_subsidy");
                "/v1/claims"
            }
        };
        let ask = |path: &str, token: &str, body: &Value| self.ask(path, token, body);
        let made = ask(path, &self.lin, &body)?;
        let path = format!("{path}/{}", made["id"].as_str().unwrap());
        if path.starts_with("/v1/claims") {
            ask(&format!("{path}/submit"), &self.lin, &json!({}))?;
        }
        let mut review = json!({"decision": "pass"});
        merge(&mut review, &example["review"]);
        ask(&format!("{path}/review"), &self.zhao, &review)?;
        if example["override"].is_object() {
            let mut body = json!({"document": "专题会议纪要", "reason": "按规定放宽"});
            merge(&mut body, &example["override"]);
            let proposed = ask(&format!("{path}/overrides"), &self.lin, &body)?;
            ask(&format!("{path}/overrides/{}/approve", proposed["id"]), &self.chen, &json!({}))?;
        }
        let last = if path.starts_with("/v1/vouchers") { "issue" } else { "approve" };
        ask(&format!("{path}/{last}"), &self.chen, &json!({}))
    }
}

fn merge(body: &mut Value, more: &Value) {
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}

#[test]
fn each_programme_is_imported_approved_and_comes_to_the_figures_of_its_text() {
    let mut town = Town::open();
    let programmes: Vec<_> = files().into_iter().map(Programme::read).collect();
    town.limit(&programmes);
    for programme in &programmes {
        town.bring(programme);
    }
    let mut examples: Vec<(&Programme, &Value)> = Vec::new();
    for programme in &programmes {
        examples.extend(
            programme.content["examples"].as_array().into_iter().flatten().map(|one| (programme, one)),
        );
    }
    examples.sort_by_key(|(_, example)| example["filed"].as_str().unwrap().to_owned());
    let mut wrong = Vec::new();
    for (programme, example) in examples {
        town.move_to(example["filed"].as_str().unwrap());
        let said = match town.play(programme, example) {
            Ok(found) => {
                let sheet = &found["calculation"];
                let cuts = sheet["reductions"].as_array().into_iter().flatten();
                let cuts: Vec<Value> = cuts.map(|cut| cut["code"].clone()).collect();
                let mut said = Map::new();
                said.insert("amount".to_owned(), sheet["amount"].clone());
                if !cuts.is_empty() {
                    said.insert("cut_by".to_owned(), json!(cuts));
                }
                Value::Object(said)
            }
            Err(problem) => json!({"refused": problem["code"], "says": problem["detail"]}),
        };
        let mut expected = Map::new();
        for name in ["amount", "cut_by", "refused"] {
            expected.extend(example.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        let refused = expected.get("refused").is_some_and(|code| *code == said["refused"]);
        if !refused && said != Value::Object(expected) {
            wrong.push(format!("{}: {}: {said}", programme.code, example["zh"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    town.service.recomputes(AGENCY, &town.sun);
}

/// The cells of the rows of the table in a section of a page; what precedes the first section is number 0.
fn rows(page: &str, section: usize) -> Vec<Vec<String>> {
    let section = page.split("\n## ").nth(section).unwrap();
    let table = section.lines().filter(|line| line.starts_with('|')).skip(2);
    table.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn named(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[test]
fn the_tables_of_policies_and_the_files_name_each_other() {
    let there: BTreeSet<_> = files().into_iter().map(|path| Programme::read(path).code).collect();
    for (page, [exactly, with_an_officer, not]) in PAGES {
        let (policies, others) = (rows(page, 1), rows(page, 2));
        assert_eq!(policies.len(), 37, "{policies:?}");
        let ids: BTreeSet<_> = policies.iter().map(|row| row[0].clone()).collect();
        assert_eq!(ids.len(), 37);
        for row in &policies {
            let files = named(&row[3]).count();
            let said = row[2].as_str();
            if said == not {
                assert!(files == 0 && !row[4].is_empty(), "{row:?}");
            } else {
                assert!([exactly, with_an_officer].contains(&said) && files > 0, "{row:?}");
            }
        }
        let named: BTreeSet<_> = policies.iter().chain(&others).flat_map(|row| named(&row[3])).collect();
        assert_eq!(named, there);
    }
}

/// The names of all members below a schema.
fn members(schemas: &Value, schema: &Value, into: &mut BTreeSet<String>) {
    let named = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    let schema = named.map_or(schema, |name| &schemas[name]);
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if into.insert(name.clone()) {
            members(schemas, member, into);
        }
    }
    for part in
        ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|of| schema[of].as_array().into_iter().flatten())
    {
        members(schemas, part, into);
    }
    if schema["items"].is_object() {
        members(schemas, &schema["items"], into);
    }
}

#[test]
fn the_guide_to_programme_files_names_every_parameter_of_rules() {
    let api: Value = serde_json::from_str(&Place::new(None).out(&["openapi"])).unwrap();
    let schemas = &api["components"]["schemas"];
    let mut parameters = BTreeSet::new();
    members(schemas, &schemas["Rules"], &mut parameters);
    assert!(parameters.len() > 50, "{parameters:?}");
    let words: BTreeSet<&str> = GUIDE.split(|c: char| !c.is_ascii_lowercase() && c != '_').collect();
    parameters.retain(|name| !words.contains(name.as_str()));
    assert!(parameters.is_empty(), "docs/programme-files.md does not name {parameters:?}");
}
