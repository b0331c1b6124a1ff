//! Requests that the console puts to the routes for somebody who is signed in: what a caller over the network meets
//! meets them too, from the permission to the last check of the body. Only who calls is known already.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpResponse, web};
use futures_util::Stream;
use serde_json::Value;
use subsidy_core::domain::Code;

use super::batches::matched;
use super::extract::{PathParts, RequestId};
use super::language::Language;
use super::problem::Problem;
use super::route::{Method, Route};
use super::routes::ROUTES;
use super::{AppState, respond};
use subsidy_auth::token::Identity;

/// The bytes of a file as they come.
pub type FileBytes = Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;

/// What a request brings.
pub enum Body<'a> {
    None,
    Json(&'a Value),
    /// A file: what its sender calls its type, and its bytes as they come.
    File(String, FileBytes),
}

impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body")
    }
}

/// A request as the console puts it.
#[derive(Debug)]
pub struct InProcess<'a> {
    pub identity: &'a Identity,
    pub method: Method,
    /// Path and query.
    pub target: &'a str,
    pub body: Body<'a>,
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
pub async fn answer(state: &AppState, mut asked: InProcess<'_>) -> HttpResponse {
    let path = asked.target.split('?').next().unwrap_or_default();
    // what needs an escape in a path names nothing of ours
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-._~,".contains(c);
    let found = route(asked.method, path).filter(|_| path.chars().all(plain));
    let Some((route, parts)) = found else {
        return Problem::new(Code::UnknownPath).respond(asked.language, asked.request_id);
    };
    let mut request = built(&asked, &parts);
    let mut file = None;
    match std::mem::replace(&mut asked.body, Body::None) {
        Body::None => {}
        Body::Json(body) => {
            request = request
                .insert_header((header::CONTENT_TYPE, "application/json"))
                .set_payload(Bytes::from(body.to_string()));
        }
        Body::File(media_type, bytes) => {
            request = request.insert_header((header::CONTENT_TYPE, media_type));
            file = Some(bytes);
        }
    }
    let (request, mut payload) = request.to_http_parts();
    if let Some(bytes) = file {
        payload = Payload::Stream { payload: bytes };
    }
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
    request
}
