//! Accounts of the service's own: from the command line to a session, second factors, tries, resets, and what is refused.

use chrono::Utc;
use serde_json::Value;

use super::browser::{Browser, Page, refused};
use crate::cli::psql;
use crate::support::service::{Service, fresh_folder};
use subsidy_auth::one_time_codes::CodeSecret;

const PASSWORD: &str = "a whole sentence that nobody knows";

/// The secret that a page shows.
fn secret(page: &Page) -> CodeSecret {
    let text = page.html.split("secret=").nth(1).unwrap()[..32].to_owned();
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let five = letters.iter().position(|other| *other == letter).expect("base32");
        held = (held << 5) | u32::try_from(five).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    CodeSecret::of(&bytes)
}

fn step() -> i64 {
    Utc::now().timestamp() / 30
}

/// What comes of signing in with an account.
fn enter(browser: &mut Browser, name: &str, password: &str, code: &str) -> Page {
    let csrf = browser.get("/sign-in").after("name=\".csrf\"", "value");
    let fields = [(".csrf", csrf.as_str()), (".name", name), (".password", password), (".code", code)];
    browser.post("/sign-in/account", &fields)
}

/// Goes on from a page on which an account is set up.
fn set_up(browser: &mut Browser, page: &Page, password: [&str; 2], code: &str) -> Page {
    let [csrf, ticket] = [".csrf", ".ticket"].map(|name| page.after(&format!("name=\"{name}\""), "value"));
    let [new, again] = password;
    let fields =
        [(".csrf", csrf.as_str()), (".ticket", &ticket), (".new", new), (".again", again), (".code", code)];
    browser.post("/sign-in/set-up", &fields)
}

/// The recovery codes that a page shows.
fn codes(page: &Page) -> Vec<String> {
    let codes = page.html.split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next());
    codes.map(str::to_owned).collect()
}

/// Adds an account and sets it up; its recovery codes.
fn complete(service: &Service, name: &str, role: &str) -> (Browser, Vec<String>) {
    let password = service.cli(&["user", "add", name, "--agency", "city", "--role", role]);
    let mut browser = Browser::new(&service.base);
    let page = enter(&mut browser, name, password.trim(), "");
    let code = secret(&page).code(step());
    let page = set_up(&mut browser, &page, [PASSWORD, PASSWORD], &code);
    assert_eq!(page.status, 200, "{}", page.html);
    (browser, codes(&page))
}

#[test]
fn an_account_is_set_up_at_the_first_sign_in_and_no_code_serves_twice() {
    let service = Service::start();
    service.agency("city");
    let mut browser = Browser::new(&service.base);
    assert!(!browser.get("/sign-in").html.contains("/sign-in/account"), "nobody has an account yet");
    let drawn = service.cli(&["user", "add", "ops", "--agency", "city", "--role", "operator"]);
    let drawn = drawn.trim();
    assert!(drawn.len() == 23, "{drawn}");
    let (code, said) = service.ended(&["user", "add", "ops", "--agency", "city", "--role", "auditor"]);
    assert!(code == 1 && said.contains("already"), "{said}");
    for wrong in [
        ["user", "add", "Ops", "--agency", "city", "--role", "operator"],
        ["user", "add", "erp", "--agency", "city", "--role", "bank"],
    ] {
        assert_eq!(service.ended(&wrong).0, 2, "{wrong:?}");
    }

    // a name that nobody has and a wrong password are told alike
    let unknown = enter(&mut browser, "nobody", drawn, "");
    refused(&unknown, 401, "账号、密码或验证码不对");
    refused(&enter(&mut browser, "ops", "another", ""), 401, "账号、密码或验证码不对");
    assert!(enter(&mut browser, "ops", "another", "").html.contains("value=\"ops\""), "the name is kept");
    let forged = [(".csrf", "guessed"), (".name", "ops"), (".password", drawn)];
    assert_eq!(browser.post("/sign-in/account", &forged).status, 403);
    assert_eq!(browser.get("/me").status, 303);

    // the first time: another password, a second factor, recovery codes
    let page = enter(&mut browser, " OPS", drawn, "");
    assert!(page.status == 200 && page.html.contains("<svg class=\"qr\""), "{}", page.html);
    assert!(browser.get("/me").status == 303, "not yet");
    let shown = secret(&page);
    let now = shown.code(step());
    refused(&set_up(&mut browser, &page, ["short", "short"], &now), 422, "太短");
    refused(&set_up(&mut browser, &page, ["Ops has a password", "Ops has a password"], &now), 422, "账号名");
    refused(&set_up(&mut browser, &page, [PASSWORD, "something else"], &now), 422, "不一致");
    let again = set_up(&mut browser, &page, [PASSWORD, PASSWORD], "000000");
    refused(&again, 422, "验证码不对");
    assert_eq!(secret(&again), shown, "the same picture is asked again");
    let mut thief = Browser::new(&service.base);
    let csrf_of_thief = thief.get("/sign-in").after("name=\".csrf\"", "value");
    let ticket = page.after("name=\".ticket\"", "value");
    let stolen = [
        (".csrf", csrf_of_thief.as_str()),
        (".ticket", &ticket),
        (".new", PASSWORD),
        (".again", PASSWORD),
        (".code", &now),
    ];
    refused(&thief.post("/sign-in/set-up", &stolen), 401, "已失效");
    let (began, code) = (step(), shown.code(step()));
    let done = set_up(&mut browser, &page, [PASSWORD, PASSWORD], &code);
    let codes = codes(&done);
    assert_eq!((done.status, codes.len()), (200, 10), "{}", done.html);
    assert!(browser.get("/me").html.contains("subsidy-ledger#ops"));

    // afterwards: all three, and nothing twice
    let mut second = Browser::new(&service.base);
    refused(&enter(&mut second, "ops", drawn, &shown.code(step())), 401, "不对");
    refused(&enter(&mut second, "ops", PASSWORD, ""), 401, "不对");
    refused(&enter(&mut second, "ops", PASSWORD, &shown.code(began)), 401, "不对");
    let next = shown.code(began + 1);
    assert_eq!(enter(&mut second, "ops", PASSWORD, &next).location, "/sessions");
    refused(&enter(&mut Browser::new(&service.base), "ops", PASSWORD, &next), 401, "不对");
    let mut third = Browser::new(&service.base);
    assert_eq!(enter(&mut third, "ops", PASSWORD, &codes[0].to_uppercase()).location, "/sessions");
    refused(&enter(&mut Browser::new(&service.base), "ops", PASSWORD, &codes[0]), 401, "不对");

    // five failures, known or not, and a quarter of an hour passes
    for name in ["ops", "nobody"] {
        let mut last = 0;
        for _ in 0..6 {
            last = enter(&mut Browser::new(&service.base), name, "wrong", "").status;
        }
        assert_eq!(last, 429, "{name}");
    }
    refused(&enter(&mut Browser::new(&service.base), "ops", PASSWORD, &codes[1]), 429, "次数过多");
    let owner = service.cli(&["database-url", "--role", "owner"]);
    let sql = |sql: &str| assert_eq!(psql(owner.trim(), sql).code, 0, "{sql}");
    sql("UPDATE sign_in_tries SET since = since - interval '15 minutes'");
    assert_eq!(enter(&mut Browser::new(&service.base), "ops", PASSWORD, &codes[1]).location, "/sessions");

    // what the database holds serves nobody, and whoever writes there signs nobody in
    let stored = psql(owner.trim(), "SELECT accounts::text FROM accounts").out;
    assert!(
        !stored.contains(PASSWORD) && !stored.contains(&codes[2]) && stored.contains("$argon2id$"),
        "{stored}"
    );
    for change in [
        "roles = '[\"approver\"]'",
        "password = (SELECT password FROM accounts LIMIT 1) || 'x'",
        "factor = NULL",
        "agency = agency, disabled = NOT disabled",
    ] {
        sql(&format!("CREATE TABLE kept AS SELECT * FROM accounts; UPDATE accounts SET {change}"));
        refused(&enter(&mut Browser::new(&service.base), "ops", PASSWORD, &codes[2]), 401, "不对");
        sql(
            "UPDATE accounts AS a SET roles = k.roles, password = k.password, factor = k.factor, disabled = k.disabled \
             FROM kept AS k WHERE k.name = a.name; DROP TABLE kept; DELETE FROM sign_in_tries",
        );
    }
    assert_eq!(enter(&mut Browser::new(&service.base), "ops", PASSWORD, &codes[2]).location, "/sessions");
    service.verifies("city");
}

#[test]
fn people_change_what_is_theirs_and_an_operator_resets_and_closes_accounts() {
    let service = Service::start();
    service.agency("city");
    let (mut ops, _) = complete(&service, "ops", "operator");
    let (mut wang, codes) = complete(&service, "wang", "officer");
    assert_eq!(wang.get("/tasks").status, 200);

    // another password ends the other sessions
    let mut elsewhere = Browser::new(&service.base);
    assert_eq!(enter(&mut elsewhere, "wang", PASSWORD, &codes[0]).location, "/tasks");
    let csrf = wang.get("/me").after("name=\".csrf\"", "value");
    let change = |browser: &mut Browser, what: &str, old: &str, new: &str, code: &str| {
        let csrf = browser.get("/me").after("name=\".csrf\"", "value");
        let fields = [
            (".csrf", csrf.as_str()),
            (".do", what),
            (".old", old),
            (".new", new),
            (".again", new),
            (".code", code),
        ];
        browser.post("/me/account", &fields)
    };
    assert_eq!(wang.post("/me/account", &[(".csrf", "x"), (".do", "password")]).status, 403);
    refused(&change(&mut wang, "password", PASSWORD, "short", &codes[1]), 422, "太短");
    refused(&change(&mut wang, "password", "wrong", "another sentence of his", &codes[1]), 422, "不对");
    assert_eq!(change(&mut wang, "password", PASSWORD, "another sentence of his", &codes[1]).location, "/me");
    assert_eq!((wang.get("/tasks").status, elsewhere.get("/tasks").status), (200, 303));
    assert_ne!(wang.get("/me").after("name=\".csrf\"", "value"), csrf);
    let new = "another sentence of his";
    assert_eq!(enter(&mut elsewhere, "wang", new, &codes[2]).location, "/tasks");

    // an operator gives a password that is nothing without the second factor
    assert_eq!(wang.get("/people").status, 403);
    let page = ops.get("/people");
    assert!(page.status == 200 && page.html.contains("wang"), "{}", page.html);
    let csrf = page.after("name=\".csrf\"", "value");
    let act = |ops: &mut Browser, what: &str| {
        ops.post("/people", &[(".csrf", csrf.as_str()), (".name", "wang"), (".do", what)])
    };
    assert_eq!(
        wang.post("/people", &[(".csrf", csrf.as_str()), (".name", "ops"), (".do", "disable")]).status,
        403
    );
    let given = act(&mut ops, "reset");
    let password = given.after_text("id=\"drawn\"", "<code>");
    assert_eq!((wang.get("/tasks").status, elsewhere.get("/tasks").status), (303, 303));
    let mut other = Browser::new(&service.base);
    refused(&enter(&mut other, "wang", &password, ""), 401, "不对");
    let page = enter(&mut other, "wang", &password, &codes[3]);
    assert!(page.status == 200 && !page.html.contains("class=\"qr\""), "{}", page.html);
    assert_eq!(set_up(&mut other, &page, [PASSWORD, PASSWORD], "").location, "/tasks");

    // closed and opened
    assert_eq!(act(&mut ops, "disable").location, "/people");
    assert_eq!(other.get("/tasks").status, 303);
    refused(&enter(&mut other, "wang", PASSWORD, &codes[4]), 401, "已停用");
    assert_eq!(act(&mut ops, "enable").location, "/people");
    assert_eq!(enter(&mut other, "wang", PASSWORD, &codes[4]).location, "/tasks");

    // another authenticator: the old one serves until a code of the new one is right
    let page = change(&mut other, "factor", PASSWORD, "", &codes[5]);
    assert!(page.html.contains("class=\"qr\"") && !page.html.contains("name=\".new\""), "{}", page.html);
    assert_eq!(other.get("/tasks").status, 200);
    refused(&enter(&mut Browser::new(&service.base), "wang", PASSWORD, ""), 401, "不对");
    let again = set_up(&mut other, &page, ["", ""], "000000");
    refused(&again, 422, "验证码不对");
    assert_eq!(enter(&mut Browser::new(&service.base), "wang", PASSWORD, &codes[6]).location, "/tasks");
    let code = secret(&again).code(step());
    assert_eq!(set_up(&mut other, &again, ["", ""], &code).status, 200);
    assert_eq!(other.get("/tasks").status, 200);
    refused(&enter(&mut Browser::new(&service.base), "wang", PASSWORD, &codes[7]), 401, "不对");

    // from the machine
    let listed: Value =
        serde_json::from_str(&service.cli(&["user", "list", "--agency", "city", "--json"])).unwrap();
    assert_eq!(
        (&listed[1]["subject"], &listed[1]["second_factor"]),
        (&"subsidy-ledger#wang".into(), &true.into())
    );
    assert!(service.cli(&["user", "list", "--agency", "city"]).contains("wang  complete          officer"));
    let password = service.cli(&["user", "reset", "wang", "--second-factor"]);
    assert_eq!(other.get("/tasks").status, 303);
    let page = enter(&mut other, "wang", password.trim(), "");
    assert!(page.html.contains("class=\"qr\"") && page.html.contains("name=\".new\""), "{}", page.html);
    service.cli(&["user", "disable", "wang"]);
    let code = secret(&page).code(step());
    refused(&set_up(&mut other, &page, [PASSWORD, PASSWORD], &code), 401, "已失效");
    service.cli(&["user", "enable", "wang"]);
    assert_eq!(service.ended(&["user", "reset", "nobody"]).0, 1);
}

#[test]
fn an_operator_changes_the_roles_of_others_for_a_reason_and_replaces_a_row_that_was_altered() {
    let service = Service::start();
    service.agency("city");
    let (mut ops, _) = complete(&service, "ops", "operator");
    let (mut wang, codes) = complete(&service, "wang", "officer");
    assert_eq!(wang.get("/tasks").status, 200);
    let page = ops.get("/people");
    let csrf = page.after("name=\".csrf\"", "value");
    let change = |browser: &mut Browser, name: &str, more: &[(&str, &str)]| {
        let fields = [(".csrf", csrf.as_str()), (".name", name), (".do", "roles")];
        browser.post("/people", &[&fields, more].concat())
    };
    let why = (".reason", "转岗");
    assert_eq!(change(&mut ops, "ops", &[(".role", "approver"), why]).status, 403, "one's own roles");
    assert_eq!(change(&mut wang, "wang", &[(".role", "approver"), why]).status, 403);
    assert!(change(&mut ops, "wang", &[(".role", "approver")]).html.contains("请写明更改角色的理由"));
    assert_eq!(change(&mut ops, "wang", &[why]).status, 422);
    assert_eq!(change(&mut ops, "wang", &[(".role", "bank"), why]).status, 422);
    assert_eq!(change(&mut ops, "wang", &[(".role", "bank"), (".organisation", "x"), why]).status, 422);
    assert_eq!(wang.get("/tasks").status, 200, "nothing was changed");
    let firm = (".organisation", "91310000MA1FL0000N");
    assert_eq!(change(&mut ops, "wang", &[(".role", "bank"), firm, why]).location, "/people");
    assert_eq!(wang.get("/tasks").status, 303, "a session ends with the roles that it began with");
    assert_eq!(enter(&mut wang, "wang", PASSWORD, &codes[0]).status, 303);
    assert!(wang.get("/me").html.contains("91310000MA1FL0000N"));

    // a row that somebody else wrote blocks its name until an operator takes its place
    let owner = service.cli(&["database-url", "--role", "owner"]);
    let altered = psql(owner.trim(), "UPDATE accounts SET roles = '[\"approver\"]' WHERE name = 'wang'");
    assert_eq!(altered.code, 0);
    let add = ["user", "add", "wang", "--agency", "city", "--role", "officer"];
    let (code, said) = service.ended(&add);
    assert!(code == 1 && said.contains("altered") && said.contains("--replace"), "{said}");
    let (code, said) =
        service.ended(&["user", "add", "ops", "--agency", "city", "--role", "officer", "--replace"]);
    assert!(code == 1 && said.contains("already"), "{said}");
    let drawn = service.cli(&[&add[..], &["--replace"]].concat());
    assert_eq!(wang.get("/me").status, 303, "its sessions ended");
    let page = enter(&mut wang, "wang", drawn.trim(), "");
    let code = secret(&page).code(step());
    assert_eq!(set_up(&mut wang, &page, [PASSWORD, PASSWORD], &code).status, 200);
    assert_eq!(wang.get("/tasks").status, 200);
    service.verifies("city");
}

#[test]
fn no_session_lives_on_that_began_while_its_account_was_being_closed() {
    let service = Service::start();
    service.agency("city");
    let (_, codes) = complete(&service, "wang", "officer");
    let ended: Vec<bool> = std::thread::scope(|scope| {
        let signing_in = |code: &str| {
            let mut browser = Browser::new(&service.base);
            enter(&mut browser, "wang", PASSWORD, code);
            browser
        };
        let begun: Vec<_> = codes.iter().take(4).map(|code| scope.spawn(move || signing_in(code))).collect();
        service.cli(&["user", "disable", "wang"]);
        begun.into_iter().map(|one| one.join().unwrap().get("/tasks").status == 303).collect()
    });
    assert_eq!(ended, [true; 4]);
}

#[test]
fn where_roles_are_granted_an_account_has_what_was_granted_and_loses_it_with_the_next_request() {
    let folder = fresh_folder();
    let config = folder.join("config.toml");
    std::fs::write(&config, "roles = \"granted\"\n").unwrap();
    let service = Service::start_configured(&config, &folder.join("log"));
    service.agency("city");
    let token = |role: &str, subject: &str| service.token("city", role, subject, None);
    let (ops, sec) = (token("operator", "ops"), token("security", "sec"));
    let (mut wang, codes) = complete(&service, "wang", "auditor");
    assert_eq!(wang.get("/audit").status, 403, "it says auditor, and nobody granted that");
    let give = |role: &str| {
        let body = serde_json::json!({"subject": "subsidy-ledger#wang", "role": role, "reason": "岗位"});
        let id = service.create("/v1/role-grants", &ops, &body);
        service.expect(200, &format!("/v1/role-grants/{id}/approve"), &sec, &serde_json::json!({}));
        id
    };
    give("auditor");
    assert_eq!(wang.get("/audit").status, 200, "what the session says counts once it is granted");
    let officer = give("officer");
    assert_eq!(wang.get("/periods").status, 200);
    assert!(!wang.get("/me").html.contains("经办"), "what it does not say is there at the next sign-in");
    wang.cookies.clear();
    assert_eq!(enter(&mut wang, "wang", PASSWORD, &codes[0]).location, "/tasks");
    assert!(wang.get("/me").html.contains("经办"));
    let body = serde_json::json!({"reason": "调离"});
    service.expect(200, &format!("/v1/role-grants/{officer}/end"), &sec, &body);
    assert!(!wang.get("/me").html.contains("经办"), "gone with the next request");
    let (mut page, _) = complete(&service, "root", "operator");
    assert!(page.get("/people").html.contains("只认经两人授予的角色"));
    drop(service);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_form_waits_while_its_sender_sets_the_account_up() {
    let service = Service::start();
    service.agency("city");
    let password = service.cli(&["user", "add", "wang", "--agency", "city", "--role", "officer"]);
    let mut browser = Browser::new(&service.base);
    let csrf = browser.get("/sign-in").after("name=\".csrf\"", "value");
    let (next, document) = ("/calendar/changes", "国办发明电〔2025〕7 号");
    let waiting = [(".next", next), (".write", "POST /v1/calendar"), ("/document", document)];
    let keeps = |page: &Page| page.html.contains(&format!("value=\"{document}\""));
    let entering = [(".csrf", csrf.as_str()), (".name", "wang"), (".password", password.trim())];
    let page = browser.post("/sign-in/account", &[&entering[..], &waiting[..]].concat());
    assert!(page.html.contains("class=\"qr\"") && keeps(&page), "{}", page.html);

    // what is wrong with the set-up loses nothing of the form
    let sent = |browser: &mut Browser, page: &Page, code: &str| {
        let [csrf, ticket] =
            [".csrf", ".ticket"].map(|name| page.after(&format!("name=\"{name}\""), "value"));
        let own = [(".csrf", csrf.as_str()), (".ticket", &ticket), (".new", PASSWORD), (".again", PASSWORD)];
        browser.post("/sign-in/set-up", &[&own[..], &[(".code", code)], &waiting[..]].concat())
    };
    let wrong = sent(&mut browser, &page, "000000");
    refused(&wrong, 422, "验证码不对");
    assert!(keeps(&wrong), "{}", wrong.html);
    let code = secret(&page).code(step());
    let shown = sent(&mut browser, &page, &code);
    assert!(codes(&shown).len() == 10 && keeps(&shown), "{}", shown.html);

    // from the recovery codes to the form, which nobody sent yet
    let csrf = shown.after("name=\".csrf\"", "value");
    let forged = [&[(".csrf", "x")][..], &waiting[..]].concat();
    assert_eq!(browser.post("/sign-in/go-on", &forged).status, 403);
    let back = browser.post("/sign-in/go-on", &[&[(".csrf", csrf.as_str())][..], &waiting[..]].concat());
    assert!(back.status == 200 && keeps(&back) && back.html.contains("尚未提交"), "{}", back.html);
    assert!(browser.get(next).html.contains("这里还没有记录"), "nothing was written");
    // whose session ended meanwhile signs in again, and the form still waits
    browser.cookies.clear();
    let door = browser.post("/sign-in/go-on", &[&[(".csrf", csrf.as_str())][..], &waiting[..]].concat());
    assert!(door.status == 401 && keeps(&door), "{}", door.html);
}
