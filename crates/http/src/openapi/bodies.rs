//! Bodies of several kinds: a schema for each kind, and one that tells them apart.
//!
//! What derives from the type is one object with every member. Here each kind gets an object of its own, with the members that the
//! body's table gives it, so that generated clients have a type for each.

use serde_json::{Map, Value, json};

use crate::handlers::claims::{self, drafts};
use crate::handlers::prefunds::true_ups;
use crate::handlers::{loans, tags};
use crate::kinds::KindsOf;

/// A body of several kinds.
struct Body {
    /// The name of its schema.
    schema: &'static str,
    /// The member that says which kind it is.
    by: &'static str,
    /// What not every kind has.
    members: fn() -> Vec<KindsOf>,
    /// A member that is of another type for each kind, and the schema that it has for one.
    typed: Option<(&'static str, Typed)>,
}

/// The name of the schema for a kind.
type Typed = fn(&Value) -> Option<String>;

const BODIES: &[Body] = &[
    Body { schema: "NewClaim", by: "kind", members: || KindsOf::all(&drafts::MEMBERS), typed: None },
    Body { schema: "ClaimView", by: "kind", members: claims::members_by_kind, typed: None },
    Body { schema: "DatedLoanEvent", by: "kind", members: || KindsOf::all(&loans::MEMBERS), typed: None },
    Body { schema: "NewTrueUp", by: "action", members: || KindsOf::all(&true_ups::MEMBERS), typed: None },
    Body { schema: "TrueUpView", by: "action", members: || KindsOf::all(&true_ups::MEMBERS), typed: None },
    Body { schema: "TagSubjectView", by: "kind", members: Vec::new, typed: Some(("id", tag_subject)) },
];

fn tag_subject(kind: &Value) -> Option<String> {
    let kind = serde_json::from_value(kind.clone()).ok()?;
    Some(tags::id_schema(kind).into_owned())
}

/// Gives each kind of a body its own schema.
pub fn tell_apart(document: &mut Value) {
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for body in BODIES {
            body.split(schemas);
        }
    }
}

impl Body {
    /// Puts the schemas of its kinds beside its own, which becomes one of them. None where it is no object with kinds.
    fn split(&self, schemas: &mut Map<String, Value>) -> Option<()> {
        let flat = schemas.get(self.schema)?.as_object()?.clone();
        let properties = flat.get("properties")?.as_object()?;
        let enumerated = properties.get(self.by)?.get("$ref")?.as_str()?.rsplit('/').next()?;
        let kinds = schemas.get(enumerated)?.get("enum")?.as_array()?.clone();
        let members = (self.members)();
        let (mut one_of, mut mapping) = (Vec::new(), Map::new());
        for kind in &kinds {
            let word = kind.as_str()?;
            let name = format!("{}{}", self.schema, in_capitals(word));
            let reference = format!("#/components/schemas/{name}");
            schemas.insert(name, self.of_kind(&flat, kind, &members));
            one_of.push(json!({ "$ref": reference }));
            mapping.insert(word.to_owned(), reference.into());
        }
        let whole = json!({
            "description": flat.get("description"),
            "oneOf": one_of,
            "discriminator": { "propertyName": self.by, "mapping": mapping },
        });
        schemas.insert(self.schema.to_owned(), whole);
        Some(())
    }

    /// The schema of one kind: its own members of the flat one.
    fn of_kind(&self, flat: &Map<String, Value>, kind: &Value, members: &[KindsOf]) -> Value {
        let list = |name: &str| flat.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut required = list("required");
        let mut properties = flat.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        // what every kind needs or shows is no matter of the table
        let of_some = members.iter().filter(|member| !list("required").contains(&member.name.into()));
        for member in of_some {
            if !member.takes.contains(kind) {
                properties.remove(member.name);
            } else if member.needs.contains(kind) {
                required.push(member.name.into());
                properties.entry(member.name).and_modify(never_null);
            }
        }
        if let Some((name, schema)) = self.typed.and_then(|(name, schema)| Some((name, schema(kind)?))) {
            properties.insert(name.to_owned(), json!({ "$ref": format!("#/components/schemas/{schema}") }));
        }
        let about = "The kind that this is; the others have other members.";
        properties
            .insert(self.by.to_owned(), json!({ "type": "string", "const": kind, "description": about }));
        let mut own = flat.clone();
        own.insert("required".to_owned(), required.into());
        own.insert("properties".to_owned(), properties.into());
        let whole = flat.get("description").and_then(Value::as_str).unwrap_or_default();
        let word = kind.as_str().unwrap_or_default();
        own.insert("description".to_owned(), format!("{whole} Of this kind: {word}.").into());
        own.into()
    }
}

/// What has to be there is never null.
fn never_null(schema: &mut Value) {
    let null = json!({ "type": "null" });
    if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
        choices.retain(|choice| *choice != null);
        if let [only] = choices.as_slice() {
            *schema = only.clone();
        }
    } else if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            if let Some(named) = schema.get_mut("type") {
                *named = only;
            }
        }
    }
}

/// `voucher_redemption` as `VoucherRedemption`.
fn in_capitals(word: &str) -> String {
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    word.split('_').filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::openapi::JSON;

    #[test]
    fn a_body_of_several_kinds_is_one_of_an_object_for_each() {
        let document: Value = serde_json::from_str(&JSON).unwrap();
        let schemas = &document["components"]["schemas"];
        let at = |reference: &Value| {
            document.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap()
        };
        for body in BODIES {
            let schema = &schemas[body.schema];
            let mapping = schema["discriminator"]["mapping"].as_object().unwrap();
            assert_eq!(schema["discriminator"]["propertyName"], body.by);
            assert_eq!(schema["oneOf"].as_array().unwrap().len(), mapping.len(), "{}", body.schema);
            for (kind, reference) in mapping {
                assert!(schema["oneOf"].as_array().unwrap().iter().any(|one| one["$ref"] == *reference));
                let own = at(reference);
                assert_eq!(own["properties"][body.by]["const"], *kind);
                for required in own["required"].as_array().unwrap() {
                    assert!(
                        own["properties"].get(required.as_str().unwrap()).is_some(),
                        "{kind}: {required}"
                    );
                }
                for KindsOf { name, takes, needs } in (body.members)() {
                    let kind = Value::from(kind.as_str());
                    let required = own["required"].as_array().unwrap().contains(&name.into());
                    assert!(
                        takes.contains(&kind) || own["properties"].get(name).is_none() || required,
                        "{kind}: {name}"
                    );
                    assert!(!needs.contains(&kind) || required, "{kind}: {name}");
                }
            }
        }
        let redemption = &schemas["NewClaimVoucherRedemption"];
        assert_eq!(redemption["required"], json!(["kind", "voucher_id", "settlement"]));
        assert!(redemption["properties"]["voucher_id"].get("oneOf").is_none());
        assert!(redemption["properties"].get("loan_id").is_none());
        assert_eq!(schemas["TagSubjectViewLoan"]["properties"]["id"]["$ref"], "#/components/schemas/LoanId");
    }

    #[test]
    fn what_has_to_be_there_is_never_null() {
        let mut schema = json!({ "oneOf": [{ "$ref": "#/x" }, { "type": "null" }] });
        never_null(&mut schema);
        assert_eq!(schema, json!({ "$ref": "#/x" }));
        let mut schema = json!({ "type": ["array", "null"], "maxItems": 2 });
        never_null(&mut schema);
        assert_eq!(schema, json!({ "type": "array", "maxItems": 2 }));
        let mut schema = json!({ "oneOf": [{ "$ref": "#/x" }, { "$ref": "#/y" }, { "type": "null" }] });
        never_null(&mut schema);
        assert_eq!(schema, json!({ "oneOf": [{ "$ref": "#/x" }, { "$ref": "#/y" }] }));
    }
}
