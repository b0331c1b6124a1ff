//! What a form that edits a document does not ask for, and sends back as it was.

use serde_json::Value;

use super::{Field, Input};
use crate::doc::Doc;

fn pointer(field: &Field) -> &str {
    field.at.trim_start_matches(['#', '?', '+', '='])
}

/// Whether a field can show what the document has there; what it cannot stays with the rest.
pub fn fits(field: &Field, document: &Doc) -> bool {
    let known = |member: &str, fields: &[Field]| {
        fields.iter().any(|field| pointer(field).trim_start_matches('/') == member)
    };
    match (document.0.pointer(pointer(field)), field.input) {
        (None | Some(Value::Null), _) | (_, Input::Rest) => true,
        (Some(Value::Array(rows)), Input::Lines(_, fields)) => rows.iter().all(|row| {
            row.as_object().is_some_and(|row| {
                row.iter()
                    .all(|(member, value)| !value.is_object() && !value.is_array() && known(member, fields))
            })
        }),
        // a tick that says one thing is there whatever else is said
        (Some(_), Input::Says(..)) => true,
        (Some(Value::Object(_) | Value::Array(_)), _) => false,
        (Some(_), Input::Lines(..)) => false,
        (Some(_), _) => true,
    }
}

/// The document's member at a field, without what other fields ask for.
pub fn of(field: &Field, fields: &[Field], document: &Doc) -> String {
    let mut whole = document.0.clone();
    for other in fields.iter().filter(|other| !matches!(other.input, Input::Rest) && fits(other, document)) {
        let asked = pointer(other).rsplit_once('/');
        if let Some((Value::Object(members), name)) =
            asked.and_then(|(at, name)| Some((whole.pointer_mut(at)?, name)))
        {
            members.remove(name);
        }
    }
    whole.pointer(pointer(field)).map(Value::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::acts::field;

    #[test]
    fn what_no_field_shows_whole_is_sent_back_as_it_was() {
        const ROW: &[Field] = &[field("/item", Input::Text), field("/ratio", Input::Text)];
        let fields = [
            field("=/rules", Input::Rest),
            field("/rules/items", Input::Lines(2, ROW)),
            field("/rules/tiers", Input::Lines(2, ROW)),
            field("/rules/caps/claim", Input::Money),
            field("/rules/caps/annual", Input::Money),
            field("/rules/payee", Input::Text),
        ];
        let rules = Doc(json!({"rules": {
            "items": [{"item": "a", "ratio": "1"}], "tiers": [{"item": "b", "above": "2"}],
            "caps": {"claim": "1.00", "annual": {"amount": "2.00"}, "new": "3"}, "later": true,
        }}));
        let rest: Value = serde_json::from_str(&of(&fields[0], &fields, &rules)).unwrap();
        let kept = json!({
            "tiers": [{"item": "b", "above": "2"}], "caps": {"annual": {"amount": "2.00"}, "new": "3"}, "later": true,
        });
        assert_eq!(rest, kept);
        let shown: Vec<bool> = fields.iter().map(|field| fits(field, &rules)).collect();
        assert_eq!(shown, [true, true, false, true, false, true]);
    }
}
