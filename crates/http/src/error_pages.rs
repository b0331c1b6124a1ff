//! `/errors` and `/errors/{code}`: what each error means and what to do, where its `type` leads. No sign-in: a program's
//! author reads it.

use actix_web::http::header::{ACCEPT, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use subsidy_core::domain::Code;

use super::error::{Entry, Words};
use super::error_places;
use super::language::Language;
use super::problem::Problem;
use super::route::Route;
use super::{extract, refuse};

const STYLE: &str = "body{font:16px/1.6 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}\
code{font-size:95%}td{padding:.1rem 1rem .1rem 0;vertical-align:top}section{margin:1.5rem 0}";

/// `GET /errors`: every code.
pub async fn list(request: HttpRequest) -> HttpResponse {
    let entries = || Entry::all().filter(|entry| entry.is_main());
    if wants_json(&request) {
        let data: Vec<Value> = entries()
            .map(|entry| {
                let title = both(entry, |words| words.title);
                json!({"code": entry.code.into_str(), "type": type_of(entry.code), "status": entry.status, "title": title})
            })
            .collect();
        return HttpResponse::Ok().insert_header((VARY, "Accept")).json(json!({"data": data}));
    }
    let order = languages(&request);
    let rows = entries().map(|entry| {
        let [one, other] = order.map(|language| entry.words(language).title);
        let (code, path) = (entry.code.into_str(), type_of(entry.code));
        format!(
            "<tr><td><a href=\"{path}\"><code>{code}</code></a><td>{}<td>{}<td>{}\n",
            entry.status,
            escaped(one),
            escaped(other)
        )
    });
    let [one, other] = order.map(|language| match language {
        Language::Chinese => "错误代码",
        Language::English => "Error codes",
    });
    let body = format!("<h1>{one} · {other}</h1>\n<table>\n{}</table>\n", rows.collect::<String>());
    page(order, "错误代码 · Error codes", &body)
}

/// `GET /errors/{code}`: one code, with its cases. Error: `not_found`.
pub async fn one(request: HttpRequest, code: web::Path<String>) -> HttpResponse {
    let code = code.parse::<Code>().ok();
    let Some(main) = code.map(Entry::of).filter(|entry| entry.is_main()) else {
        return refuse(&Problem::new(Code::UnknownPath), &request);
    };
    if wants_json(&request) {
        return HttpResponse::Ok().insert_header((VARY, "Accept")).json(told(main));
    }
    let order = languages(&request);
    let sections = order.map(|language| section(main, language)).concat();
    let code = main.code.into_str();
    let body = format!(
        "<h1><code>{code}</code></h1>\n<p>HTTP {}</p>\n{sections}<p><a href=\"/errors\">/errors</a></p>\n",
        main.status
    );
    page(order, code, &body)
}

/// A code as a program reads it: the first case at the top, others of the same code below.
fn told(main: &'static Entry) -> Value {
    let case = |entry: &Entry| {
        json!({
            "title": both(entry, |words| words.title),
            "cause": both(entry, |words| words.detail),
            "cure": both(entry, |words| words.remedy),
        })
    };
    let others: Vec<Value> = Entry::cases(main.code).filter(|entry| !entry.is_main()).map(case).collect();
    let routes = error_places::of(main.code).routes();
    let routes: Vec<Value> =
        routes.map(|route| json!({"method": route.method.into_str(), "path": route.path})).collect();
    let mut body = case(main);
    if let Value::Object(members) = &mut body {
        members.insert("code".to_owned(), main.code.into_str().into());
        members.insert("type".to_owned(), type_of(main.code).into());
        members.insert("status".to_owned(), main.status.into());
        members.insert("cases".to_owned(), others.into());
        members.insert("routes".to_owned(), routes.into());
    }
    body
}

/// What is said of a code in one language.
fn section(main: &'static Entry, language: Language) -> String {
    let [cause, cure, routes] = match language {
        Language::Chinese => ["原因", "办法", "哪些路由会答复此错误"],
        Language::English => ["Cause", "What to do", "Which routes answer it"],
    };
    let mut text = format!("<section lang=\"{}\">\n", language.tag());
    for Words { title, detail, remedy } in Entry::cases(main.code).map(|entry| entry.words(language)) {
        let [title, detail, remedy] = [title, detail, remedy].map(escaped);
        text += &format!("<h2>{title}</h2>\n<p><b>{cause}</b> {detail}</p>\n<p><b>{cure}</b> {remedy}</p>\n");
    }
    let place = error_places::of(main.code);
    let mut known = place.words(language).to_owned();
    if known.is_empty() {
        let line =
            |route: &Route| format!("<br><code>{} {}</code>", route.method.into_str(), escaped(route.path));
        known = place.routes().map(line).collect();
    }
    if !known.is_empty() {
        text += &format!("<p><b>{routes}</b> {known}</p>\n");
    }
    text + "</section>\n"
}

fn page(order: [Language; 2], title: &str, body: &str) -> HttpResponse {
    let [first, _] = order;
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title} · subsidy-ledger</title>\n<style>{STYLE}</style>\n{body}</html>\n",
        first.tag()
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_LANGUAGE, order.map(Language::tag).join(", ")))
        .insert_header((VARY, "Accept, Accept-Language"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"))
        .body(html)
}

/// The caller's language first.
fn languages(request: &HttpRequest) -> [Language; 2] {
    match extract::language(request.headers()) {
        Language::Chinese => [Language::Chinese, Language::English],
        Language::English => [Language::English, Language::Chinese],
    }
}

/// Whether a program asks: it names JSON and no page.
fn wants_json(request: &HttpRequest) -> bool {
    let accepts = extract::header_text(request.headers(), &ACCEPT).unwrap_or_default();
    let asks = |media_type: &str| {
        let ranges = accepts.split(',').filter_map(|range| range.split(';').next());
        ranges.map(str::trim).any(|range| range.eq_ignore_ascii_case(media_type))
    };
    asks("application/json") && !asks("text/html")
}

fn both(entry: &Entry, part: fn(Words) -> &'static str) -> Value {
    json!({"zh": part(entry.words(Language::Chinese)), "en": part(entry.words(Language::English))})
}

fn type_of(code: Code) -> String {
    format!("/errors/{code}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
