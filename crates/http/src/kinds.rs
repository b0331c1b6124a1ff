//! Bodies of several kinds: which of their members which kind has.
//!
//! A table stands beside the body. Its parser and the OpenAPI document both read it, so that what a kind is refused for is what the
//! document says of it.

use serde::Serialize;
use serde_json::Value;

/// A member that not every kind has.
#[derive(Debug)]
pub struct Member<B, K: 'static> {
    pub name: &'static str,
    /// Whether a body has it.
    pub there: fn(&B) -> bool,
    /// The kinds that take it.
    pub takes: &'static [K],
    /// Those of them that cannot do without it.
    pub needs: &'static [K],
}

/// The members that a body has and its kind does not take.
pub fn foreign<'a, B, K: PartialEq + 'static>(
    body: &'a B,
    kind: &'a K,
    members: &'a [Member<B, K>],
) -> impl Iterator<Item = &'static str> + 'a {
    members.iter().filter(|member| (member.there)(body) && !member.takes.contains(kind)).map(|one| one.name)
}

/// The members that a body lacks and its kind cannot do without.
pub fn missing<'a, B, K: PartialEq + 'static>(
    body: &'a B,
    kind: &'a K,
    members: &'a [Member<B, K>],
) -> impl Iterator<Item = &'static str> + 'a {
    members.iter().filter(|member| !(member.there)(body) && member.needs.contains(kind)).map(|one| one.name)
}

/// A member by the words that stand for the kinds in JSON, as the document has it.
#[derive(Debug, Clone, PartialEq)]
pub struct KindsOf {
    pub name: &'static str,
    pub takes: Vec<Value>,
    pub needs: Vec<Value>,
}

impl KindsOf {
    /// What is told of a member.
    pub fn new<K: Serialize>(name: &'static str, takes: &[K], needs: &[K]) -> Self {
        let words =
            |kinds: &[K]| kinds.iter().map(|kind| serde_json::to_value(kind).unwrap_or_default()).collect();
        Self { name, takes: words(takes), needs: words(needs) }
    }

    /// What a table tells of its members.
    pub fn all<B, K: Serialize + 'static>(members: &[Member<B, K>]) -> Vec<Self> {
        members.iter().map(|member| Self::new(member.name, member.takes, member.needs)).collect()
    }
}
