//! Canonical JSON (RFC 8785) in which every value is a string: what is hashed and signed.
//!
//! Numbers and booleans are written as strings, what is absent is left out, members are sorted. There is
//! one way to write a value, so equal values have equal bytes in any language. Types that are read back
//! are structs and externally tagged enums; their own types say what a string means.

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::Value;

/// What cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("canonical JSON: {0}")]
pub struct CanonicalError(String);

impl serde::de::Error for CanonicalError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The canonical text of a value.
pub fn encode(value: &impl Serialize) -> Result<String, CanonicalError> {
    let value = serde_json::to_value(value).map_err(|e| CanonicalError(e.to_string()))?;
    let mut out = String::with_capacity(512);
    write(&value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), CanonicalError> {
    match value {
        Value::Null => return Err(CanonicalError("a null has no place".to_owned())),
        Value::Bool(b) => write_string(if *b { "true" } else { "false" }, out),
        Value::Number(n) if n.is_f64() => return Err(CanonicalError("a float has no place".to_owned())),
        Value::Number(n) => write_string(&n.to_string(), out),
        Value::String(s) => write_string(s, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => write_members(members, out)?,
    }
    Ok(())
}

/// RFC 8785 sorts by UTF-16 code units; every name here is ASCII, where bytes sort alike.
fn write_members(members: &serde_json::Map<String, Value>, out: &mut String) -> Result<(), CanonicalError> {
    let mut sorted: Vec<_> = members.iter().filter(|(_, value)| !value.is_null()).collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push('{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if !name.is_ascii() {
            return Err(CanonicalError("a name that is not ASCII".to_owned()));
        }
        if index > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write(value, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // most texts have nothing to escape and are copied whole
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let (plain, escaped) = rest.split_at(at);
        out.push_str(plain);
        let mut letters = escaped.chars();
        match letters.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\r') => out.push_str("\\r"),
            Some(control) => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// A value from its canonical text.
pub fn decode<T: DeserializeOwned>(text: &str) -> Result<T, CanonicalError> {
    let value: Value = serde_json::from_str(text).map_err(|e| CanonicalError(e.to_string()))?;
    decode_value(&value)
}

/// A value from canonical JSON that is parsed already.
pub fn decode_value<T: DeserializeOwned>(value: &Value) -> Result<T, CanonicalError> {
    T::deserialize(Plain(value))
}

/// Reads canonical JSON into types that ask for numbers and booleans.
#[derive(Clone, Copy)]
struct Plain<'a>(&'a Value);

impl Plain<'_> {
    fn text(&self) -> Result<&str, CanonicalError> {
        self.0.as_str().ok_or_else(|| CanonicalError("a string was expected".to_owned()))
    }

    fn parsed<T: std::str::FromStr + ToString>(&self) -> Result<T, CanonicalError> {
        let text = self.text()?;
        let parsed: Option<T> = text.parse().ok().filter(|p: &T| p.to_string() == text);
        parsed.ok_or_else(|| CanonicalError(format!("{text} is not what was expected")))
    }
}

macro_rules! parse_from_text {
    ($($method:ident $visit:ident $type:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CanonicalError> {
            visitor.$visit(self.parsed::<$type>()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Plain<'de> {
    type Error = CanonicalError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CanonicalError> {
        match self.0 {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            Value::Object(members) => visitor.visit_map(Members { rest: members.iter(), value: None }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                Err(CanonicalError("a value that is not a string".to_owned()))
            }
        }
    }

    parse_from_text! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CanonicalError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CanonicalError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CanonicalError> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(Variant { name: text, content: None }),
            Value::Object(members) if members.len() == 1 => {
                let (name, content) =
                    members.iter().next().ok_or_else(|| CanonicalError("no variant".to_owned()))?;
                visitor.visit_enum(Variant { name, content: Some(Plain(content)) })
            }
            _ => Err(CanonicalError("a variant was expected".to_owned())),
        }
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Value>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = CanonicalError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, CanonicalError> {
        self.0.next().map(|item| seed.deserialize(Plain(item))).transpose()
    }
}

struct Members<'de> {
    rest: serde_json::map::Iter<'de>,
    value: Option<&'de Value>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = CanonicalError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, CanonicalError> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let name = serde::de::value::BorrowedStrDeserializer::new(name);
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, CanonicalError> {
        let value = self.value.take().ok_or_else(|| CanonicalError("no value".to_owned()))?;
        seed.deserialize(Plain(value))
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<Plain<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = CanonicalError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), CanonicalError> {
        let name = serde::de::value::BorrowedStrDeserializer::new(self.name);
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = CanonicalError;

    fn unit_variant(self) -> Result<(), CanonicalError> {
        if self.content.is_none() {
            Ok(())
        } else {
            Err(CanonicalError("a unit variant was expected".to_owned()))
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, CanonicalError> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, CanonicalError> {
        self.content()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CanonicalError> {
        self.content()?.deserialize_any(visitor)
    }
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<Plain<'de>, CanonicalError> {
        self.content.ok_or_else(|| CanonicalError("the variant has no content".to_owned()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed encoding fails the test")]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Plain,
        Held { days: i32, open: bool },
        Wrapped(Vec<u32>),
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sheet {
        z: u64,
        a: Option<bool>,
        kinds: Vec<Kind>,
        text: String,
    }

    #[test]
    fn every_value_is_a_string_and_members_are_sorted() {
        let sheet = Sheet {
            z: 7,
            a: None,
            kinds: vec![Kind::Plain, Kind::Held { days: -70, open: true }, Kind::Wrapped(vec![1])],
            text: "a\"\\\n\u{1}券".to_owned(),
        };
        let text = encode(&sheet).unwrap();
        assert_eq!(
            text,
            r#"{"kinds":["plain",{"held":{"days":"-70","open":"true"}},{"wrapped":["1"]}],"text":"a\"\\\n\u0001券","z":"7"}"#
        );
        assert_eq!(decode::<Sheet>(&text).unwrap(), sheet);
    }

    proptest! {
        #[test]
        fn a_text_is_escaped_as_json_writers_do(text in "(?s).{0,40}", control in 0_u8..0x20) {
            let text = format!("{text}{}\"\\{text}", char::from(control));
            prop_assert_eq!(encode(&text).unwrap(), serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn numbers_in_another_spelling_are_refused() {
        for bad in [
            r#"{"z":"07","kinds":[],"text":""}"#,
            r#"{"z":7,"kinds":[],"text":""}"#,
            r#"{"z":"+7","kinds":[],"text":""}"#,
        ] {
            assert!(decode::<Sheet>(bad).is_err(), "{bad}");
        }
    }
}
