//! Strict JSON: from bytes to a tree that keeps what was written, from the tree to a type.
//!
//! A misfit knows its place (a JSON pointer) and its stable code. Members given twice, members nobody asked for and
//! lists in the place of objects are refused. serde_json limits the depth.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};
use subsidy_core::domain::Code;

use super::problem::Problem;

/// A JSON value with its members in the order they were written, doubles and all.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads a body; an empty one is `{}`.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self::Object(Vec::new()));
        }
        serde_json::from_slice(body).map_err(|_| Problem::new(Code::MalformedJson))
    }

    /// Reads a type from it. Error: the first thing that does not fit.
    pub(super) fn fit<T: DeserializeOwned>(&self) -> Result<T, Misfit> {
        T::deserialize(Node(self))
    }

    /// The bytes that stand for it in a digest.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// A word that is one of a few. Error: those.
pub fn word<T: DeserializeOwned>(text: &str) -> Result<T, &'static [&'static str]> {
    Json::Text(text.to_owned()).fit().map_err(|misfit| misfit.allowed)
}

impl Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tree;

        impl<'de> Visitor<'de> for Tree {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Number(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Json, E> {
                Ok(Json::Text(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Json::Object(members))
            }
        }

        deserializer.deserialize_any(Tree)
    }
}

/// What does not fit, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} at {}", self.pointer())]
pub(super) struct Misfit {
    pub code: Code,
    /// What the code's detail names.
    members: Vec<(String, String)>,
    /// What could stand there instead, where that can be listed.
    pub allowed: &'static [&'static str],
    /// The innermost step first.
    steps: Vec<String>,
}

impl Misfit {
    const fn of(code: Code) -> Self {
        Self { code, members: Vec::new(), allowed: &[], steps: Vec::new() }
    }

    fn within(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// The steps to its place, the outermost first.
    pub(super) fn path(&self) -> Vec<String> {
        self.steps.iter().rev().cloned().collect()
    }

    fn pointer(&self) -> String {
        let steps = self.steps.iter().rev().map(|step| step.replace('~', "~0").replace('/', "~1"));
        steps.fold(String::new(), |pointer, step| pointer + "/" + &step)
    }

    pub(super) fn problem(&self) -> Problem {
        let named = |problem: Problem, (name, value): &(String, String)| problem.with(name, value.as_str());
        let problem = self.members.iter().fold(Problem::new(self.code), named);
        let problem = if self.allowed.is_empty() { problem } else { problem.with("allowed", self.allowed) };
        problem.at(self.pointer())
    }
}

impl serde::de::Error for Misfit {
    /// A type's own parser says its stable code, and after it what the code's detail names: `code name=value`.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        let mut words = message.split(' ');
        let Some(code) = words.next().and_then(|word| word.parse().ok()) else {
            return Self::of(Code::InvalidValue);
        };
        let pair = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { members: words.filter_map(pair).collect(), ..Self::of(code) }
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        Self::of(Code::InvalidType)
    }
    fn unknown_variant(_: &str, allowed: &'static [&'static str]) -> Self {
        Self { allowed, ..Self::of(Code::InvalidWord) }
    }
    fn unknown_field(field: &str, allowed: &'static [&'static str]) -> Self {
        Self { allowed, ..Self::of(Code::UnknownField) }.within(field)
    }
    fn missing_field(field: &'static str) -> Self {
        Self::of(Code::MissingField).within(field)
    }
    fn duplicate_field(field: &'static str) -> Self {
        Self::of(Code::DuplicateField).within(field)
    }
}

#[derive(Clone, Copy)]
struct Node<'de>(&'de Json);

impl Node<'_> {
    fn wrong_type<T>(&self, visitor: &dyn serde::de::Expected) -> Result<T, Misfit> {
        Err(Misfit::invalid_type(Unexpected::Other("another type"), visitor))
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => self.wrong_type(&visitor),
            },
            Json::Text(text) => visitor.visit_borrowed_str(text),
            Json::List(items) => visitor.visit_seq(Items { rest: items.iter(), index: 0 }),
            Json::Object(members) => visitor.visit_map(Members { rest: members.iter(), current: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    /// A list of an object's values in order is not the object.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Json::Object(_) => self.deserialize_any(visitor),
            _ => self.wrong_type(&visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Json::Text(text) => visitor.visit_enum(StrDeserializer::<Misfit>::new(text)),
            _ => self.wrong_type(&visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'de> {
    rest: std::slice::Iter<'de, Json>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let value = seed.deserialize(Node(item)).map_err(|misfit| misfit.within(self.index.to_string()))?;
        self.index += 1;
        Ok(Some(value))
    }
}

struct Members<'de> {
    rest: std::slice::Iter<'de, (String, Json)>,
    current: Option<&'de (String, Json)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.current = self.rest.next();
        let Some((name, _)) = self.current else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let (name, value) = self.current.ok_or_else(|| Misfit::of(Code::InvalidType))?;
        seed.deserialize(Node(value)).map_err(|misfit| misfit.within(name))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::language::Language;
    use subsidy_core::domain::dates::Window;
    use subsidy_core::domain::money::Amount;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its form matters")]
    struct Body {
        amount: Option<Amount>,
        window: Option<Window>,
        list: Option<Vec<Window>>,
        months: Option<u32>,
        mode: Option<subsidy_core::domain::RoundingMode>,
        name: Option<subsidy_core::domain::Line>,
        #[serde(rename = "a/b")]
        slash: Option<bool>,
    }

    fn refused(text: &str) -> (String, String) {
        let problem = Json::parse(text.as_bytes()).and_then(|json| json.read::<Body>()).unwrap_err();
        let body = problem.body(Language::English, "r");
        let pointer = body["errors"][0]["pointer"].as_str().unwrap_or("-");
        (problem.code().to_string(), pointer.to_owned())
    }

    #[test]
    fn a_misfit_has_a_code_and_a_place() {
        for (text, code, pointer) in [
            (r#"{"amount": 100}"#, "invalid_amount", "/amount"),
            (r#"{"amount": "1e3"}"#, "invalid_amount", "/amount"),
            (r#"{"amount": []}"#, "invalid_amount", "/amount"),
            (r#"{"status": 1}"#, "unknown_field", "/status"),
            (r#"{"window": {"from": "2025-01-01"}}"#, "missing_field", "/window/until"),
            (r#"{"window": {"from": "2025-01-01", "till": 1}}"#, "unknown_field", "/window/till"),
            (r#"{"window": ["2025-01-01", "2025-01-01"]}"#, "invalid_type", "/window"),
            (r#"{"list": [{"from": "2025-01-01", "until": "2025-02-30"}]}"#, "invalid_date", "/list/0/until"),
            (r#"{"list": {}}"#, "invalid_type", "/list"),
            (r#"{"months": "1"}"#, "invalid_type", "/months"),
            (r#"{"months": 1.5}"#, "invalid_type", "/months"),
            (r#"{"months": -1}"#, "invalid_value", "/months"),
            (r#"{"mode": "up"}"#, "invalid_value", "/mode"),
            (r#"{"mode": 1}"#, "invalid_type", "/mode"),
            (r#"{"months": 1, "months": 1}"#, "duplicate_field", "/months"),
            (r#"{"a/b": 1}"#, "invalid_type", "/a~1b"),
            ("[]", "invalid_type", ""),
            ("null", "invalid_type", ""),
            ("{", "malformed_json", "-"),
            ("{} {}", "malformed_json", "-"),
            (r#"{"months": NaN}"#, "malformed_json", "-"),
            (r#"{"amount": "\ud800"}"#, "malformed_json", "-"),
        ] {
            assert_eq!(refused(text), (code.to_owned(), pointer.to_owned()), "{text}");
        }
        assert_eq!(refused(&"[".repeat(100_000)).0, "malformed_json");
    }

    #[test]
    fn a_text_says_which_character_it_cannot_hold_and_where() {
        let detail = |text: &str| {
            let problem = Json::parse(text.as_bytes()).and_then(|json| json.read::<Body>()).unwrap_err();
            let body = problem.body(Language::English, "r");
            assert_eq!((problem.status(), problem.code()), (422, Code::InvalidText));
            assert_eq!(body["errors"][0]["pointer"], "/name");
            body["errors"][0]["detail"].as_str().unwrap_or_default().to_owned()
        };
        let invisible = detail(r#"{"name": "TWIN-1\u200b"}"#);
        assert!(invisible.contains("U+200B") && invisible.contains("position 7"), "{invisible}");
        let private = detail(r#"{"name": "\ue000"}"#);
        assert!(private.contains("U+E000") && private.contains("position 1"), "{private}");
        assert!(detail(r#"{"name": " x"}"#).contains("blanks"));
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        assert!(Json::parse(b"").unwrap().read::<Body>().is_ok());
        assert_eq!(Json::parse(b"").unwrap().bytes(), Json::parse(b" { } ").unwrap().bytes());
    }

    #[test]
    fn bytes_tell_members_given_in_another_order_apart() {
        let bytes = |text: &str| Json::parse(text.as_bytes()).unwrap().bytes();
        assert_eq!(bytes(r#"{"a": 1,  "b": [null, "x"]}"#), br#"{"a":1,"b":[null,"x"]}"#);
        assert_ne!(bytes(r#"{"a":1,"b":2}"#), bytes(r#"{"b":2,"a":1}"#));
    }
}
