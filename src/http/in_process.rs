//! Requests that the console puts to the routes for somebody who is signed in: what a caller over the network meets
//! meets them too, from the permission to the last check of the body. Only who calls is known already.

use actix_web::http::header;
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpResponse, web};
use serde_json::Value;
use subsidy_core::domain::Code;

use super::batches::matched;
use super::extract::{PathParts, RequestId};
use super::language::Language;
use super::problem::Problem;
use super::route::{Method, Route};
use super::routes::ROUTES;
use super::{AppState, respond};
use crate::auth::token::Identity;

/// A request as the console puts it.
#[derive(Debug)]
pub struct InProcess<'a> {
    pub identity: &'a Identity,
    pub method: Method,
    /// Path and query.
    pub target: &'a str,
    pub body: Option<&'a Value>,
    /// The idempotency key of a write.
    pub key: Option<&'a str>,
    /// The version that the caller saw.
    pub if_match: Option<&'a str>,
    pub language: Language,
    /// Of the request of the browser.
    pub request_id: &'a str,
}

/// The route of a method and a path, and the parameters in its path.
pub fn route(method: Method, path: &str) -> Option<(&'static Route, PathParts)> {
    let of_method = ROUTES.iter().filter(|route| route.method == method);
    of_method.filter_map(|route| Some((route, matched(route.path, path)?))).next()
}

/// What the route answers; the same bytes as over the network.
pub async fn answer(state: &AppState, asked: InProcess<'_>) -> HttpResponse {
    let path = asked.target.split('?').next().unwrap_or_default();
    // what needs an escape in a path names nothing of ours
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~,".contains(c);
    let found = route(asked.method, path).filter(|_| path.chars().all(plain));
    let Some((route, parts)) = found else {
        return Problem::new(Code::UnknownPath).respond(asked.language, asked.request_id);
    };
    let (request, mut payload) = built(&asked, &parts).to_http_parts();
    request.extensions_mut().insert(asked.identity.clone());
    request.extensions_mut().insert(RequestId(asked.request_id.to_owned()));
    match web::Payload::from_request(&request, &mut payload).await {
        // what answers a request is large; a page that asks many does not carry it on its stack
        Ok(payload) => Box::pin(respond(route, state, &request, payload)).await,
        Err(_) => Problem::new(Code::Internal).respond(asked.language, asked.request_id),
    }
}

/// actix makes a request outside of a connection in its module for tests alone.
fn built(asked: &InProcess<'_>, parts: &PathParts) -> TestRequest {
    let mut request = TestRequest::default()
        .method(match asked.method {
            Method::Get => actix_web::http::Method::GET,
            Method::Post => actix_web::http::Method::POST,
            Method::Put => actix_web::http::Method::PUT,
        })
        .uri(asked.target)
        .insert_header((header::ACCEPT_LANGUAGE, asked.language.tag()));
    for (name, value) in parts.all() {
        request = request.param(name.to_owned(), value.to_owned());
    }
    if let Some(key) = asked.key {
        request = request.insert_header(("Idempotency-Key", key));
    }
    if let Some(version) = asked.if_match {
        request = request.insert_header((header::IF_MATCH, format!("\"{version}\"")));
    }
    match asked.body {
        Some(body) => request
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .set_payload(Bytes::from(body.to_string())),
        None => request,
    }
}
