//! A form is a write of the API. Its hidden fields begin with a dot and say which write, under which idempotency key,
//! on which version; every other field is named by a JSON pointer into the body.

use serde_json::{Map, Value};

use super::doc::Doc;
use crate::http::route::Method;

/// The fields of a form as they arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// From `application/x-www-form-urlencoded`. Browsers send line ends as CR LF.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(text).ok()?.into_inner();
        Some(Self(pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect()))
    }

    /// The last field of a name: the button that was pressed comes after what it stands for.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str())
    }

    /// All of them but those that a form brings each time anew.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| name.starts_with(['/', '#', '?']) || *name == ".write")
    }

    /// The method and the path of the write.
    pub fn write(&self) -> Option<(Method, &str)> {
        let (method, path) = self.text(".write").split_once(' ')?;
        match method {
            "POST" => Some((Method::Post, path)),
            "PUT" => Some((Method::Put, path)),
            _ => None,
        }
    }

    /// The body that the fields make. What is left empty is left out; `#/year` is a number, `?/flag` a truth.
    pub fn body(&self) -> Value {
        let mut body = Value::Object(Map::new());
        for (name, value) in self.0.iter().filter(|(_, value)| !value.trim().is_empty()) {
            let text = value.trim();
            let (pointer, value) = match name.split_at_checked(1) {
                Some(("/", _)) => (name.as_str(), Value::from(text)),
                Some(("#", pointer)) => {
                    (pointer, text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from))
                }
                Some(("?", pointer)) => (pointer, Value::from(text == "true")),
                _ => continue,
            };
            set(&mut body, pointer, value);
        }
        body
    }
}

/// Sets the member at a pointer, making objects on the way.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for name in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else { return };
        place = members.entry(name).or_insert(Value::Null);
    }
    *place = value;
}

/// Refusals of the rules that speak of a field without pointing to it.
const ABOUT_FIELDS: [(&str, &str); 3] = [
    ("reason_missing", "/reason"),
    ("effective_date_in_future", "/effective_date"),
    ("effective_date_too_early", "/effective_date"),
];

/// A problem of the API, as a page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub title: String,
    pub detail: String,
    pub request_id: String,
    /// What is wrong at which pointer.
    pub errors: Box<[(String, String)]>,
}

impl Refusal {
    /// From `problem+json`.
    pub fn of(status: u16, problem: &Doc) -> Self {
        let (code, errors) = (problem.text("code"), problem.list("errors"));
        let mut errors: Vec<_> = errors.iter().map(|at| (at.text("pointer"), at.text("detail"))).collect();
        let about = ABOUT_FIELDS.iter().filter(|(other, _)| errors.is_empty() && *other == code);
        let about: Vec<_> = about.map(|(_, at)| ((*at).to_owned(), problem.text("detail"))).collect();
        errors.extend(about);
        Self {
            status,
            code,
            title: problem.text("title"),
            detail: problem.text("detail"),
            request_id: problem.text("request_id"),
            errors: errors.into(),
        }
    }
}

/// A form that came back: with why, or because its sender had to sign in again.
#[derive(Debug, Clone)]
pub struct Returned {
    pub fields: Fields,
    pub refusal: Option<Refusal>,
}

/// A write that a page offers.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// `POST /v1/…`
    pub write: String,
    pub csrf: String,
    /// Drawn when the form is shown: sent twice, it counts once.
    pub key: String,
    /// The version that its reader sees.
    pub if_match: String,
    /// Why it would be refused now, whatever is typed.
    pub blocked: Option<Refusal>,
    pub returned: Option<Returned>,
}

impl Form {
    /// What was typed into a field, where the form came back.
    pub fn value(&self, pointer: &str) -> String {
        self.returned.as_ref().map(|returned| returned.fields.text(pointer).to_owned()).unwrap_or_default()
    }

    /// What is wrong with a field.
    pub fn error(&self, pointer: &str) -> String {
        let refusal = self.returned.as_ref().and_then(|returned| returned.refusal.as_ref());
        let pointer = pointer.trim_start_matches(['#', '?']);
        let found = refusal.and_then(|refusal| refusal.errors.iter().find(|(at, _)| at == pointer));
        found.map(|(_, detail)| detail.clone()).unwrap_or_default()
    }

    /// The id of a field, for its label and for links to it.
    pub fn id(&self, pointer: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("f{}", pointer.chars().map(plain).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn fields_make_the_body_that_their_pointers_say() {
        let sent = b".write=POST+%2Fv1%2Fx&.key=k&%2Fa=1&%2Fb%2Fc=+two+%0D%0Alines+&%2Fempty=++&%23%2Fyear=2025&%3F%2Fok=true";
        let fields = Fields::parse(sent).unwrap();
        assert_eq!(fields.write(), Some((Method::Post, "/v1/x")));
        let body = json!({"a": "1", "b": {"c": "two \nlines"}, "year": 2025, "ok": true});
        assert_eq!(fields.body(), body);
        let kept: Vec<_> = fields.kept().map(|(name, _)| name).collect();
        assert_eq!(kept, [".write", "/a", "/b/c", "/empty", "#/year", "?/ok"]);
    }

    #[test]
    fn what_is_no_number_is_left_to_the_api_to_refuse() {
        assert_eq!(Fields::parse(b"%23%2Fyear=soon").unwrap().body(), json!({"year": "soon"}));
        assert!(Fields::parse(b"\xff").is_none());
        assert_eq!(Fields::parse(b".write=DELETE+%2Fv1%2Fx").unwrap().write(), None);
    }
}
