//! Errors in the document: what a problem holds, and for each operation the codes that can occur there.

use std::collections::BTreeSet;

use serde_json::json;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::error::Entry;
use crate::error_places;
use crate::problem::MEDIA_TYPE;
use crate::route::Route;

/// What each status of an error means, whichever code it has.
const STATUSES: &[(u16, &str)] = &[
    (400, "Unreadable: the query, the idempotency key, the cursor or the JSON."),
    (401, "No valid bearer token."),
    (403, "The role may not, or the same person may not twice."),
    (404, "There is no such object, or it is not the caller's."),
    (409, "The state, or something that is there already, is against it."),
    (412, "The object is not of the version in If-Match."),
    (413, "Larger than a limit, which the error names."),
    (415, "The body is not of a media type that is taken here."),
    (422, "A rule refuses it, or a value is not valid; errors point to it."),
    (500, "A fault of the service, which is logged."),
    (
        503,
        "Busy, or the database is away; try again as Retry-After says. outcome_unknown: the key settles it.",
    ),
];

/// The codes of a status that a route can answer with, in the order of the table.
pub fn codes(route: &Route, status: u16) -> Vec<&'static str> {
    let there =
        |entry: &&Entry| entry.status == status && entry.is_main() && error_places::of(entry.code).has(route);
    Entry::all().filter(there).map(|entry| entry.code.into_str()).collect()
}

/// The errors that a route can answer with, by status. What its codes are stands in words and, for programs, in `x-codes`.
pub fn responses(route: &Route) -> impl Iterator<Item = (String, Response)> {
    STATUSES.iter().filter_map(|(status, about)| {
        let codes = codes(route, *status);
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new()
            .description(format!("{about} Codes: {}.", codes.join(", ")))
            .content(MEDIA_TYPE, content)
            .extensions(Some(ExtensionsBuilder::new().add("x-codes", json!(codes)).build()));
        (!codes.is_empty()).then(|| (status.to_string(), response.build()))
    })
}

fn text(about: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).into()
}

fn text_or_null(about: &str) -> RefOr<Schema> {
    let types = SchemaType::from_iter([Type::String, Type::Null]);
    ObjectBuilder::new().schema_type(types).description(Some(about)).into()
}

fn whole_number(about: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).description(Some(about)).into()
}

fn named(schema: &str, about: &str) -> RefOr<Schema> {
    Ref::builder().ref_location_from_schema_name(schema).description(Some(about)).build().into()
}

fn list(items: RefOr<Schema>, about: &str) -> RefOr<Schema> {
    ArrayBuilder::new().items(items).description(Some(about)).into()
}

fn word() -> RefOr<Schema> {
    text("A word, as the request would have it.")
}

/// Every code there is.
fn code() -> Schema {
    let codes: BTreeSet<&str> = Entry::all().map(|entry| entry.code.into_str()).collect();
    let about = "What a program goes by: a code never changes its meaning.";
    ObjectBuilder::new().schema_type(Type::String).description(Some(about)).enum_values(Some(codes)).into()
}

fn code_ref() -> RefOr<Schema> {
    named("ProblemCode", "What a program goes by.")
}

/// What every error holds, and what some of them hold beside it.
type Members = [(&'static str, RefOr<Schema>)];

fn object(always: &Members, sometimes: &Members, about: &str) -> Schema {
    let object = ObjectBuilder::new().schema_type(Type::Object).description(Some(about));
    let object = always
        .iter()
        .fold(object, |object, (name, schema)| object.property(*name, schema.clone()).required(*name));
    let members = sometimes.iter();
    members.fold(object, |object, (name, schema)| object.property(*name, schema.clone())).into()
}

/// One thing that is wrong, and where.
fn place() -> Schema {
    let always = [
        ("pointer", text("JSON pointer into the body; of a file /row/column.")),
        ("code", code_ref()),
        ("detail", text("What is wrong, in the language of Accept-Language.")),
        ("remedy", text("What to do about it, and who can do it.")),
    ];
    let sometimes = [
        ("allowed", list(word(), "What could stand there instead, where that can be listed.")),
        (
            "row",
            whole_number(
                "Of a file: the first row with it, from 1, the header not counted; 0 where the file itself is meant.",
            ),
        ),
        ("column", text_or_null("Of a file: the name of the column; null where the whole row is wrong.")),
        ("rows", whole_number("Of a file: in how many rows it is; 0 where the file itself is meant.")),
        ("expected", text("Of a file: what would be right there, as an example or in words.")),
        ("found", text_or_null("Of a file: what stands there; null where it cannot be shown.")),
    ];
    object(&always, &sometimes, "One thing that is wrong with a request, and where it stands.")
}

/// A problem as RFC 9457 has it, with what this service adds.
fn problem() -> Schema {
    let always = [
        ("type", text("/errors/{code}, a page that says what it means and what to do.")),
        ("title", text("What kind of error it is, in a few words.")),
        ("status", whole_number("The HTTP status of the answer once more.")),
        ("detail", text("What happened, in the language of Accept-Language.")),
        ("remedy", text("What to do about it, and who can do it.")),
        ("code", code_ref()),
        ("request_id", text("The request, as the log of the service knows it.")),
        (
            "errors",
            list(
                Ref::from_schema_name("ProblemPlace").into(),
                "Each thing that is wrong, where it belongs to a place in the request.",
            ),
        ),
    ];
    let sometimes = [
        (
            "allowed",
            list(word(), "The roles that may, the states in which it can be done, or a query's words."),
        ),
        ("items", list(word(), "The items that the programme does not pay for.")),
        ("known", list(word(), "The items that the programme pays for.")),
        (
            "import_id",
            named("UsageImportId", "Of delivery_overlaps: the import that counts the same time already."),
        ),
        (
            "before",
            named("Money", "Of delivery_overlaps: CNY that that import counts of the time that both bring."),
        ),
        ("after", named("Money", "Of delivery_overlaps: CNY that the new file comes to in the same time.")),
        ("difference", named("Money", "CNY by which the second of two amounts is more than the first.")),
        (
            "months",
            list(
                Ref::from_schema_name("Month").into(),
                "Of usage_incomplete: the months of which rows were refused.",
            ),
        ),
    ];
    object(&always, &sometimes, "Why a request was not answered with what it asked for (RFC 9457).")
}

/// The schemas of errors, by name.
pub fn schemas() -> [(&'static str, Schema); 3] {
    [("Problem", problem()), ("ProblemPlace", place()), ("ProblemCode", code())]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::Value;

    use crate::openapi::JSON;
    use crate::problem;

    #[test]
    fn whatever_a_problem_tells_is_in_its_schema() {
        let document: Value = serde_json::from_str(&JSON).unwrap();
        let schemas = &document["components"]["schemas"];
        let known = |schema: &str, name: &str| schemas[schema]["properties"][name].is_object();
        for name in problem::TOLD.iter().chain(&problem::TOLD_OF_ALL) {
            assert!(known("Problem", name), "{name}");
        }
        for name in problem::TOLD_AT_A_PLACE {
            assert!(known("ProblemPlace", name), "{name}");
        }
    }

    #[test]
    fn an_operation_names_the_codes_that_occur_there_and_no_others() {
        let document: Value = serde_json::from_str(&JSON).unwrap();
        let codes = |path: &str, method: &str, status: &str| -> Vec<String> {
            let response = &document["paths"][path][method]["responses"][status];
            let codes = response["x-codes"].as_array().cloned().unwrap_or_default();
            let codes: Vec<_> = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
            let said = response["description"].as_str().unwrap_or_default();
            assert!(codes.iter().all(|code| said.contains(code.as_str())), "{said}");
            codes
        };
        let issue = codes("/v1/vouchers/{id}/issue", "post", "422");
        assert!(issue.contains(&"validity_out_of_range".to_owned()), "{issue:?}");
        assert!(
            !issue.iter().any(|code| code.starts_with("usage_") || code == "credit_code_checksum"),
            "{issue:?}"
        );
        let registered = codes("/v1/organisations", "post", "422");
        assert!(registered.contains(&"credit_code_checksum".to_owned()), "{registered:?}");
        assert!(codes("/v1/me", "get", "404").is_empty() && codes("/v1/me", "get", "422").is_empty());
        assert_eq!(codes("/v1/me", "get", "401"), ["unauthenticated"]);
        let batched = codes("/v1/batches", "post", "422");
        assert!(issue.iter().chain(&registered).all(|code| batched.contains(code)), "{batched:?}");
    }
}
