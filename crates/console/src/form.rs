//! A form is a write of the API. Its hidden fields begin with a dot and say which write, under which idempotency key,
//! on which version; every other field is named by a JSON pointer into the body. `#/year` is a number, `?/flag` a truth,
//! `+/ids` a member of a list, `=/rules` JSON that others add to; `&kind` stands in the query. A file is the part `file` and comes last.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::doc::Doc;
use subsidy_http::route::Method;

/// The fields of a form as they arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// From `application/x-www-form-urlencoded`. Browsers send line ends as CR LF.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(Self::of(actix_web::web::Query::<Vec<(String, String)>>::from_query(text).ok()?.into_inner()))
    }

    /// Rows that were left empty are closed up, so that a pointer of a problem finds its row.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        let pairs: Vec<_> =
            pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect();
        let mut used: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (name, _) in pairs.iter().filter(|(_, value)| !value.trim().is_empty()) {
            if let Some((list, row, _)) = row_of(name) {
                used.entry(list.to_owned()).or_default().insert(row);
            }
        }
        let closed_up = |(name, value): (String, String)| {
            let Some((list, row, rest)) = row_of(&name) else { return Some((name, value)) };
            let place = used.get(list)?.iter().position(|used| *used == row)?;
            Some((format!("{}{list}/{place}{rest}", prefix(&name)), value))
        };
        Self(pairs.into_iter().filter_map(closed_up).collect())
    }

    /// Whether a field has a value, among others.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(other, had)| other == name && had == value)
    }

    /// What stands in the query of the write.
    pub fn query(&self) -> Vec<(String, String)> {
        let pairs = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        let pairs = pairs.filter_map(|(name, value)| Some((name.strip_prefix('&')?, value.trim())));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The last field of a name: the button that was pressed comes after what it stands for.
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(other, _)| other == name).map_or("", |(_, value)| value.as_str())
    }

    /// The same with another value of a field.
    pub fn with(self, name: &str, value: &str) -> Self {
        let set = |(other, had): (String, String)| {
            let value = if other == name { value.to_owned() } else { had };
            (other, value)
        };
        Self(self.0.into_iter().map(set).collect())
    }

    /// All of them but those that a form brings each time anew.
    pub fn kept(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        pairs.filter(|(name, _)| name.starts_with(['/', '#', '?', '+', '=', '&']) || *name == ".write")
    }

    /// The same, for a page on which it waits.
    pub fn to_keep(&self) -> Vec<(String, String)> {
        self.kept().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The method and the path of the write.
    pub fn write(&self) -> Option<(Method, &str)> {
        let (method, path) = self.text(".write").split_once(' ')?;
        match method {
            "POST" => Some((Method::Post, path)),
            "PUT" => Some((Method::Put, path)),
            "GET" => Some((Method::Get, path)),
            _ => None,
        }
    }

    /// The body that the fields make. What is left empty is left out.
    pub fn body(&self) -> Value {
        let mut body = Value::Object(Map::new());
        for (name, value) in &self.0 {
            if let Some((pointer, value)) = name.strip_prefix('=').zip(serde_json::from_str(value).ok()) {
                set(&mut body, pointer, value);
            }
        }
        for (name, value) in self.0.iter().filter(|(_, value)| !value.trim().is_empty()) {
            let text = value.trim();
            let (pointer, value) = match name.split_at_checked(1) {
                Some(("/", _)) => (name.as_str(), Value::from(text)),
                Some(("#", pointer)) => {
                    (pointer, text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from))
                }
                Some(("?", pointer)) => (pointer, Value::from(text == "true")),
                Some(("+", pointer)) => {
                    let whole = text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten();
                    let count = body.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
                    set(&mut body, &format!("{pointer}/{count}"), whole.unwrap_or_else(|| Value::from(text)));
                    continue;
                }
                _ => continue,
            };
            set(&mut body, pointer, value);
        }
        body
    }
}

/// What stands before the pointer in a field's name.
fn prefix(name: &str) -> &str {
    name.split_once('/').map_or("", |(prefix, _)| prefix)
}

/// Of a field in a row: the list's pointer, the row, what follows.
fn row_of(name: &str) -> Option<(&str, usize, &str)> {
    let pointer = name.strip_prefix(prefix(name))?;
    for (at, _) in pointer.match_indices('/') {
        let (list, rest) = pointer.split_at_checked(at)?;
        let row = rest.strip_prefix('/')?.split('/').next()?;
        if let Ok(number) = row.parse::<usize>() {
            return Some((list, number, rest.get(row.len() + 1..)?));
        }
    }
    None
}

/// The most members of a list that a form makes.
const MEMBERS_MAX: usize = 1_000;

/// Sets the member at a pointer, making objects and lists on the way.
pub fn set(body: &mut Value, pointer: &str, value: Value) {
    let mut place = body;
    for name in pointer.split('/').skip(1) {
        place = if let Some(row) = name.parse::<usize>().ok().filter(|row| *row < MEMBERS_MAX) {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let Value::Array(members) = place else { return };
            while members.len() <= row {
                members.push(Value::Null);
            }
            let Some(member) = members.get_mut(row) else { return };
            member
        } else {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(members) = place else { return };
            members.entry(name).or_insert(Value::Null)
        };
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
    pub detail: Box<str>,
    /// What to do about it.
    pub remedy: Box<str>,
    pub request_id: Box<str>,
    /// What is wrong at which pointer.
    pub errors: Box<[(String, String)]>,
}

/// A text of the API without the words that it adds for programs: `已批准（approved）`.
pub fn without_codes(text: &str) -> String {
    let mut parts = text.split('（');
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        match part.split_once('）') {
            Some((word, rest)) if code(word) => said += rest,
            _ => {
                said.push('（');
                said += part;
            }
        }
    }
    said
}

impl Refusal {
    /// From `problem+json`.
    pub fn of(status: u16, problem: &Doc) -> Self {
        let (code, errors) = (problem.text("code"), problem.list("errors"));
        let mut errors: Vec<_> =
            errors.iter().map(|at| (at.text("pointer"), without_codes(&at.text("detail")))).collect();
        let detail = without_codes(&problem.text("detail"));
        let about = ABOUT_FIELDS.iter().filter(|(other, _)| errors.is_empty() && *other == code);
        let about: Vec<_> = about.map(|(_, at)| ((*at).to_owned(), detail.clone())).collect();
        errors.extend(about);
        Self {
            status,
            code,
            title: problem.text("title"),
            detail: detail.into(),
            remedy: problem.text("remedy").into(),
            request_id: problem.text("request_id").into(),
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
    /// What its ids have in front, where a page has several forms.
    pub place: String,
}

impl Form {
    /// What was typed into a field, where the form came back.
    pub fn value(&self, pointer: &str) -> String {
        self.returned.as_ref().map(|returned| returned.fields.text(pointer).to_owned()).unwrap_or_default()
    }

    /// What is wrong with a field.
    pub fn error(&self, pointer: &str) -> String {
        let refusal = self.returned.as_ref().and_then(|returned| returned.refusal.as_ref());
        let pointer = pointer.trim_start_matches(['#', '?', '+']);
        let found = refusal.and_then(|refusal| refusal.errors.iter().find(|(at, _)| at == pointer));
        found.map(|(_, detail)| detail.clone()).unwrap_or_default()
    }

    /// The id of a field, for its label and for links to it.
    pub fn id(&self, pointer: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        format!("f{}{}", self.place, pointer.chars().map(plain).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn words_for_programs_are_left_out_and_no_others() {
        let said = "“已批准（approved）”不允许（见第 3 条），须为：已审核（reviewed）、草稿（draft）。（";
        assert_eq!(without_codes(said), "“已批准”不允许（见第 3 条），须为：已审核、草稿。（");
    }

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
    fn rows_and_lists_make_arrays_and_empty_rows_are_closed_up() {
        let sent =
            b"%2Flines%2F0%2Fitem=&%2Flines%2F2%2Fitem=x&%2Flines%2F2%2Famount=1.00&%2Flines%2F5%2Fitem=y\
            &%2B%2Fids=a&%2B%2Fids=b&%2B%2Fops=%7B%22n%22%3A1%7D&%26kind=invoice&%26empty=&%3D%2Fr=%7B%22kept%22%3A%7B%22a%22%3A1%7D%7D&%2Fr%2Fkept%2Fb=2";
        let fields = Fields::parse(sent).unwrap();
        let lines = json!([{"item": "x", "amount": "1.00"}, {"item": "y"}]);
        assert_eq!(
            fields.body(),
            json!({
                "lines": lines, "ids": ["a", "b"], "ops": [{"n": 1}], "r": {"kept": {"a": 1, "b": "2"}},
            })
        );
        assert_eq!(fields.text("/lines/0/item"), "x");
        assert_eq!(fields.query(), [("kind".to_owned(), "invoice".to_owned())]);
        assert!(fields.has("+/ids", "b") && !fields.has("+/ids", "c"));
    }

    #[test]
    fn what_is_no_number_is_left_to_the_api_to_refuse() {
        assert_eq!(Fields::parse(b"%23%2Fyear=soon").unwrap().body(), json!({"year": "soon"}));
        assert!(Fields::parse(b"\xff").is_none());
        assert_eq!(Fields::parse(b".write=DELETE+%2Fv1%2Fx").unwrap().write(), None);
    }
}
