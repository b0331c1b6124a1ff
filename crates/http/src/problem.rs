//! A problem: an entry of the table with what it names, answered as RFC 9457 says.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Map, Value, json};
use subsidy_core::book::refusal::Refusal;
use subsidy_core::domain::Code;

use super::error::Entry;
use super::language::Language;
use super::spoken::spoken;
use subsidy_core::domain::money::OutOfRange;
use subsidy_files::objects::ObjectError;
use subsidy_reports::ReadError;
use subsidy_reports::formats::FormatError;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::pool::DatabaseError;
use subsidy_store::db::refusal;
use subsidy_store::db::refusal::ValueKind;
use subsidy_store::engine::fit::Unfit;
use subsidy_store::engine::{CheckpointError, SubmitError};

/// The media type of every error.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What a program needs of a refusal to go on, beside its code.
pub const TOLD: [&str; 5] = ["import_id", "before", "after", "difference", "months"];
/// The same, where it belongs to no place in the body.
pub const TOLD_OF_ALL: [&str; 3] = ["allowed", "items", "known"];
/// What it needs of one thing that is wrong, beside its place and its code.
pub const TOLD_AT_A_PLACE: [&str; 6] = ["row", "column", "rows", "expected", "found", "allowed"];

/// One thing that is wrong, and where in the request.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    /// JSON pointer into the body.
    pub pointer: String,
    entry: &'static Entry,
    members: Map<String, Value>,
}

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    entry: &'static Entry,
    members: Map<String, Value>,
    errors: Vec<At>,
    allow: Option<&'static str>,
}

impl Problem {
    /// The problem of this code.
    pub fn new(code: Code) -> Self {
        Self::of(Entry::of(code))
    }

    fn of(entry: &'static Entry) -> Self {
        Self { entry, members: Map::new(), errors: Vec::new(), allow: None }
    }

    /// The same, naming something that its detail shows.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// The same, at a place in the body.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        let (entry, members) = (self.entry, self.members.clone());
        self.errors.push(At { pointer: pointer.into(), entry, members });
        self
    }

    /// The same, with what else is wrong.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.errors.extend(other.errors);
        self
    }

    /// The same, with the methods that the path has.
    #[must_use]
    pub const fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// The same, with an error in rows of a file: in the first of them, and what else is told of it.
    #[must_use]
    pub fn in_rows(mut self, code: Code, members: Value) -> Self {
        let members = members.as_object().cloned().unwrap_or_default();
        let text = |name: &str| match members.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) | None => String::new(),
        };
        let pointer = format!("/{}/{}", text("row"), text("column"));
        self.errors.push(At { pointer, entry: Entry::of(code), members });
        self
    }

    /// Larger than a limit allows.
    pub fn too_large(limit: usize, unit: &str) -> Self {
        Self::new(Code::TooLarge).with("limit", limit).with("unit", unit)
    }

    /// What a rule refused with.
    pub fn refusal(refusal: impl Into<Refusal>) -> Self {
        let refusal = refusal.into();
        match serde_json::to_value(&refusal) {
            Ok(Value::Object(members)) => Self::of(Entry::of(refusal.code())).explained(members),
            Ok(_) => Self::new(refusal.code()),
            Err(error) => Self::fault(&error),
        }
    }

    /// What a rule refused with when the request was first made: `{"code": …, …}`.
    pub fn refused(refusal: &Value) -> Self {
        let members = refusal.as_object().cloned().unwrap_or_default();
        let code = members.get("code").and_then(Value::as_str).unwrap_or_default();
        Self::of(Entry::stored(code)).explained(members)
    }

    fn explained(self, members: Map<String, Value>) -> Self {
        let among = self.code() == Code::WrongState && members.contains_key("allowed");
        let entry = if among { Entry::of(Code::WrongStateAmong) } else { self.entry };
        let problem = Self { entry, members, ..self };
        let text = |name: &str| problem.members.get(name).and_then(Value::as_str).map(str::to_owned);
        let pointer = text("pointer").or_else(|| text("field").map(|field| format!("/rules{field}")));
        match pointer {
            Some(pointer) => problem.at(pointer),
            None => problem,
        }
    }

    /// A fault of ours; logged here, once.
    pub fn fault(what: &dyn std::fmt::Display) -> Self {
        tracing::error!(error = %what, "a request failed");
        Self::new(Code::Internal)
    }

    /// A read that the database did not answer, or refused for a value; logged here, once.
    pub fn database(error: &(dyn std::error::Error + 'static)) -> Self {
        let cause = error.source().map(ToString::to_string);
        if let Some(kind) = refusal::of(error) {
            tracing::warn!(%error, cause, "the database refused a value that should have been refused before");
            return Self::value(kind);
        }
        tracing::error!(%error, cause, "the database did not answer");
        Self::new(Code::Unavailable)
    }

    /// A value that the database refused.
    fn value(kind: ValueKind) -> Self {
        Self::new(Code::ValueRefused).with("kind", kind.name())
    }

    /// A file that could not be kept or read; logged here, once.
    pub fn objects(error: &ObjectError) -> Self {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(%error, cause, "the store of evidence did not answer");
        Self::new(Code::Unavailable)
    }

    /// Keys that are not the ledger's; which file it is stands in the log, not in the answer.
    pub fn unfit(error: &Unfit) -> Self {
        match error {
            Unfit::Database(error) => Self::database(error),
            error => {
                tracing::error!(%error, "the keys do not fit the ledger");
                Self::new(Code::KeysDoNotFit)
            }
        }
    }

    /// A checkpoint that could not be made; logged here, once.
    pub fn checkpoint(error: &CheckpointError) -> Self {
        match error {
            CheckpointError::Database(error) => Self::database(error),
            CheckpointError::NoLog => Self::new(Code::NotFound),
            CheckpointError::Unfit(error) => Self::unfit(error),
            CheckpointError::Unreadable(_) | CheckpointError::Key(_) | CheckpointError::Note(_) => {
                Self::fault(error)
            }
        }
    }

    /// Moved under a place in a larger body.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        if self.errors.is_empty() {
            return self.at(prefix);
        }
        for at in &mut self.errors {
            at.pointer = format!("{prefix}/body{}", at.pointer);
        }
        self
    }

    pub const fn code(&self) -> Code {
        self.entry.code
    }

    pub const fn status(&self) -> u16 {
        self.entry.status
    }

    pub fn body(&self, language: Language, request_id: &str) -> Value {
        let said = self.entry.words(language);
        let errors: Vec<Value> = self.errors.iter().map(|at| at.body(language)).collect();
        let mut body = json!({
            "type": format!("/errors/{}", self.code()),
            "title": said.title,
            "status": self.status(),
            "detail": filled(said.detail, &self.members, language),
            "remedy": filled(said.remedy, &self.members, language),
            "code": self.code().into_str(),
            "request_id": request_id,
            "errors": errors,
        });
        let of_all = TOLD_OF_ALL.iter().filter(|_| self.errors.is_empty());
        for name in TOLD.iter().chain(of_all) {
            if let (Value::Object(body), Some(value)) = (&mut body, self.members.get(*name)) {
                body.insert((*name).to_owned(), value.clone());
            }
        }
        body
    }

    /// RFC 6750, 3: without a token what is needed, with one what is wrong with it.
    fn challenge(&self) -> String {
        if self.entry == Entry::of(Code::Unauthenticated) {
            return "Bearer".to_owned();
        }
        let detail = self.entry.words(Language::English).detail;
        let shown = |letter: &char| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\');
        let detail: String = filled(detail, &self.members, Language::English).chars().filter(shown).collect();
        format!("Bearer error=\"invalid_token\", error_description=\"{detail}\"")
    }

    /// A line for a person at a terminal: what happened, what to do, and the code.
    pub fn line(&self, language: Language) -> String {
        let said = self.entry.words(language);
        let [detail, remedy] = [said.detail, said.remedy].map(|text| filled(text, &self.members, language));
        let blank = if language == Language::English { " " } else { "" };
        format!("{detail}{blank}{remedy} ({})", self.code())
    }

    pub fn respond(&self, language: Language, request_id: &str) -> HttpResponse {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = HttpResponse::build(status);
        answer
            .insert_header((header::CONTENT_TYPE, MEDIA_TYPE))
            .insert_header((header::CONTENT_LANGUAGE, language.tag()))
            .insert_header((header::VARY, "Accept-Language"));
        if let Some(methods) = self.allow {
            answer.insert_header((header::ALLOW, methods));
        }
        match self.code() {
            Code::Unauthenticated => answer.insert_header((header::WWW_AUTHENTICATE, self.challenge())),
            Code::Busy | Code::OutcomeUnknown => answer.insert_header((header::RETRY_AFTER, "1")),
            Code::Unavailable | Code::ReadOnly => answer.insert_header((header::RETRY_AFTER, "5")),
            _ => &mut answer,
        };
        answer.body(self.body(language, request_id).to_string())
    }
}

impl At {
    fn body(&self, language: Language) -> Value {
        let said = self.entry.words(language);
        let mut body = json!({
            "pointer": self.pointer,
            "code": self.entry.code.into_str(),
            "detail": filled(said.detail, &self.members, language),
            "remedy": filled(said.remedy, &self.members, language),
        });
        for name in TOLD_AT_A_PLACE {
            if let (Value::Object(body), Some(value)) = (&mut body, self.members.get(name)) {
                body.insert(name.to_owned(), value.clone());
            }
        }
        body
    }
}

/// What a query, a store or a row answers in place of what was asked.
macro_rules! answers {
    ($($error:ty => $kind:ident;)*) => {$(
        impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::$kind(&error)
            }
        }
    )*};
}

answers! {
    DatabaseError => database;
    subsidy_store::db::QueryError => database;
    Unreadable => fault;
    OutOfRange => fault;
    FormatError => fault;
    serde_json::Error => fault;
    ObjectError => objects;
    CheckpointError => checkpoint;
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::Unreadable(error) => error.into(),
            ReadError::OutOfRange(error) => error.into(),
            ReadError::TooManyRows { limit } => Self::new(Code::TooManyRows).with("limit", limit),
        }
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::KeyReused => Self::new(Code::IdempotencyKeyReused),
            SubmitError::Busy => Self::new(Code::Busy),
            SubmitError::NoAgency => Self::new(Code::Unauthenticated),
            SubmitError::Unavailable | SubmitError::OtherRelease => Self::new(Code::Unavailable),
            SubmitError::Rewound => Self::new(Code::LedgerRewound),
            SubmitError::ReadOnly => Self::new(Code::ReadOnly),
            SubmitError::KeysDoNotFit => Self::new(Code::KeysDoNotFit),
            SubmitError::OutcomeUnknown => Self::new(Code::OutcomeUnknown),
            SubmitError::TooLarge { limit } => Self::too_large(limit, "bytes"),
            SubmitError::Value { kind } => Self::value(kind),
            SubmitError::Fault => Self::new(Code::Internal),
        }
    }
}

/// A detail with what it names. What is not there is left out.
fn filled(detail: &str, members: &Map<String, Value>, language: Language) -> String {
    let separator = match language {
        Language::Chinese => "、",
        Language::English => ", ",
    };
    let mut out = String::with_capacity(detail.len() + 32);
    let mut rest = detail;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        match members.get(name) {
            Some(Value::String(text)) => out.push_str(&spoken(name, text, language)),
            Some(Value::Array(texts)) => {
                let texts = texts.iter().filter_map(Value::as_str);
                let texts: Vec<_> = texts.map(|text| spoken(name, text, language)).collect();
                out.push_str(&texts.join(separator));
            }
            Some(value) => out.push_str(&value.to_string()),
            None => {}
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn a_refusal_fills_in_what_it_names() {
        let refusal = json!({"code": "pot_exhausted", "available": "50000.00", "requested": "200000.00"});
        let problem = Problem::refused(&refusal);
        assert_eq!((problem.status(), problem.code()), (409, Code::PotExhausted));
        let body = problem.body(Language::English, "r-1");
        assert_eq!(body["detail"], "50000.00 is available, 200000.00 was asked for.");
        assert_eq!(body["request_id"], "r-1");
        assert_eq!(body["type"], "/errors/pot_exhausted");
        assert_eq!(body["errors"], json!([]));
        let body = problem.body(Language::Chinese, "r-1");
        assert_eq!(body["title"], "指标不足");
    }

    #[test]
    fn a_field_of_the_rules_is_pointed_to() {
        let refusal = json!({"code": "rules_field_missing", "field": "/validity_months"});
        let body = Problem::refused(&refusal).body(Language::English, "");
        assert_eq!(body["errors"][0]["pointer"], "/rules/validity_months");
        assert_eq!(body["errors"][0]["detail"], "The instrument needs /validity_months.");
    }

    #[test]
    fn sandboxes_alone_move_their_date_is_a_matter_of_permission_outside() {
        let problem = Problem::refused(&json!({"code": "sandbox_only"}));
        assert_eq!((problem.status(), problem.code()), (403, Code::Forbidden));
    }

    #[test]
    fn a_code_that_nobody_knows_is_an_internal_error() {
        assert_eq!(Problem::refused(&json!({"code": "?"})).status(), 500);
        assert_eq!(Problem::refused(&json!(null)).code(), Code::Internal);
    }

    #[test]
    fn a_member_of_a_batch_is_pointed_to() {
        let at = |problem: Problem| {
            problem.under("/operations/3").body(Language::English, "")["errors"][0]["pointer"].clone()
        };
        assert_eq!(at(Problem::new(Code::Forbidden)), "/operations/3");
        assert_eq!(
            at(Problem::new(Code::InvalidAmount).at("/lines/0/amount")),
            "/operations/3/body/lines/0/amount"
        );
    }

    #[test]
    fn a_busy_service_says_when_to_try_again() {
        let header = |code: Code, name: &str| {
            let answer = Problem::new(code).respond(Language::English, "");
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
            (answer.status().as_u16(), value)
        };
        for (code, seconds) in [(Code::Busy, "1"), (Code::Unavailable, "5"), (Code::OutcomeUnknown, "1")] {
            assert_eq!(header(code, "Retry-After"), (503, Some(seconds.to_owned())), "{code}");
        }
        assert_eq!(header(Code::Unauthenticated, "WWW-Authenticate"), (401, Some("Bearer".to_owned())));
        let problem = Problem::new(Code::TokenRoles).with("claim", "角色\"roles\\");
        let challenge = problem.challenge();
        assert!(challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""), "{challenge}");
        assert!(challenge.contains("claim roles ") && challenge.matches('"').count() == 4, "{challenge}");
    }
}
