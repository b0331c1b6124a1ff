//! An answer of the API as templates read it: by the names that `docs` and OpenAPI give its members.

use serde_json::Value;

use super::figures;

/// A value of JSON. What is not there reads as empty: a member that a role does not see is no fault of a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Doc(pub Value);

impl Doc {
    fn find(&self, path: &str) -> Option<&Value> {
        path.split('.').filter(|name| !name.is_empty()).try_fold(&self.0, |value, name| value.get(name))
    }

    /// The member at a path such as `balance.face`; an empty path is the whole.
    pub fn at(&self, path: &str) -> Self {
        Self(self.find(path).cloned().unwrap_or_default())
    }

    /// A text, a number or a truth as it is written; empty where there is none.
    pub fn text(&self, path: &str) -> String {
        match self.find(path) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => String::new(),
        }
    }

    /// An amount with separators.
    pub fn money(&self, path: &str) -> String {
        figures::amount(&self.text(path))
    }

    /// An instant as a clock in China shows it.
    pub fn time(&self, path: &str) -> String {
        figures::time(&self.text(path))
    }

    /// Whether there is something.
    pub fn has(&self, path: &str) -> bool {
        self.find(path).is_some_and(|found| !found.is_null())
    }

    pub fn is_true(&self, path: &str) -> bool {
        self.find(path) == Some(&Value::Bool(true))
    }

    /// The members of a list.
    pub fn list(&self, path: &str) -> Vec<Self> {
        match self.find(path) {
            Some(Value::Array(members)) => members.iter().cloned().map(Self).collect(),
            _ => Vec::new(),
        }
    }

    /// A path with its members in the places of their names in braces; none where one is missing.
    pub fn fill(&self, pattern: &str) -> Option<String> {
        let part = |(place, part): (usize, &str)| match place % 2 {
            0 => Some(part.to_owned()),
            _ => Some(self.text(part)).filter(|text| !text.is_empty()),
        };
        pattern.split(['{', '}']).enumerate().map(part).collect()
    }

    /// The same with the members of another, which count first.
    pub fn with(&self, other: &Self) -> Self {
        let (Value::Object(own), Value::Object(more)) = (&self.0, &other.0) else { return self.clone() };
        Self(Value::Object(
            own.iter().chain(more).map(|(name, value)| (name.clone(), value.clone())).collect(),
        ))
    }

    /// What a list or an object is made of, as one line.
    pub fn joined(&self, path: &str) -> String {
        let texts: Vec<String> = self.list(path).iter().map(Self::own_text).collect();
        texts.join(", ")
    }

    /// A value that is no object, as text.
    pub fn own_text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}
