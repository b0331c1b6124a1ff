//! The OpenAPI 3.1 document, made from the routes.

mod bodies;
mod paths;
mod problems;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Required, Response,
    ResponseBuilder,
};

use serde_json::Value;
use subsidy_core::domain::Role;
use subsidy_core::schema::Schemas;

use super::examples;
use super::route::{Handler, Method, Param, Permission, Route, Shape, with_tail};
use super::routes::ROUTES;
use paths::PathParameter;

/// The document as it is served.
pub static JSON: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The document, every kind of a body with a schema of its own.
pub fn document() -> Value {
    let mut document = serde_json::to_value(of_routes()).unwrap_or_default();
    bodies::tell_apart(&mut document);
    document
}

fn of_routes() -> OpenApi {
    let mut paths = PathsBuilder::new().build();
    for route in ROUTES {
        paths.add_path_operation(path(route), vec![method(route.method)], operation(route));
    }
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("subsidy-ledger")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let of_problems = problems::schemas().map(|(name, schema)| (name.to_owned(), schema.into()));
    let components = schemas()
        .into_iter()
        .chain(of_problems)
        .fold(ComponentsBuilder::new(), |all, (name, schema)| all.schema(name, schema))
        .security_scheme("bearer", SecurityScheme::Http(bearer));
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).build()
}

const DESCRIPTION: &str = "Audited decimal accounting of public compute subsidies 算力补贴台账. Amounts, percents and \
points are strings; counts are integers; dates are of the agency's zone, instants UTC. Every write needs an \
Idempotency-Key and answers with Ledger-Sequence, its place in the audit log.";

/// What a reader of secrets is told.
const DISCLOSED: &str = "Every call, HEAD too, leaves a leaf in the audit log under the caller's subject, which \
Ledger-Sequence names.";

/// A version in quotes, or any.
const IF_MATCH: &str = "^(\\*|\"[0-9]+\")$";

const fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
    }
}

fn schemas() -> BTreeMap<String, RefOr<Schema>> {
    let mut all = Schemas::new();
    for route in ROUTES {
        for shape in
            route.takes.iter().chain([&route.gives]).chain(route.query.iter().map(|param| &param.schema))
        {
            (shape.named)(&mut all);
        }
        for parameter in paths::parameters(route.path) {
            (parameter.schema.named)(&mut all);
        }
    }
    (Shape::of::<Role>().named)(&mut all);
    all.into_iter().collect()
}

fn operation(route: &Route) -> Operation {
    let [chinese, english] = route.summary;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(route)))
        .tag(tag(route.path))
        .summary(Some(format!("{chinese} · {english}")))
        .description(Some(described(route)))
        .security(SecurityRequirement::new("bearer", Vec::<String>::new()));
    for parameter in parameters(route) {
        operation = operation.parameter(parameter);
    }
    if let Some(takes) = route.takes {
        let mut body = RequestBodyBuilder::new()
            .content(takes.media_type, content(route, takes, takes.media_type))
            .required(Some(Required::True));
        for media_type in takes.or_else {
            body = body.content(*media_type, content(route, takes, media_type));
        }
        if matches!(route.handler, Handler::Upload(_) | Handler::BankFile) {
            body = body.content("multipart/form-data", in_a_form(takes));
        }
        operation = operation.request_body(Some(body.build()));
    }
    operation = operation.response(route.success().to_string(), success(route));
    for (status, response) in problems::responses(route) {
        operation = operation.response(status, response);
    }
    operation.build()
}

/// What a body of a media type is, with the examples that there are of it.
fn content(route: &Route, takes: Shape, media_type: &str) -> utoipa::openapi::Content {
    let name = examples::type_name(route);
    let of_type = name.iter().flat_map(|name| examples::of_type(name));
    let of_file = examples::of_file(route).filter(|file| file.media_type == media_type);
    let all = of_type.chain(of_file.map(|file| (file.shows, file.text.into())));
    let all = all.map(|(shows, value)| (shows, ExampleBuilder::new().value(Some(value)).build()));
    ContentBuilder::new().schema(Some((takes.schema)())).examples_from_iter(all).build()
}

/// A file as the part `file` of a form.
fn in_a_form(file: Shape) -> utoipa::openapi::Content {
    let form = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("The file as the one part of a form."))
        .property("file", (file.schema)())
        .required("file");
    ContentBuilder::new().schema(Some(form)).build()
}

fn operation_id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/v1/").replace(['/', '-'], "_").replace(['{', '*', '}'], "");
    format!("{}_{path}", route.method.into_str().to_ascii_lowercase())
}

/// The path as OpenAPI has it, which knows no tails: who calls writes the slashes of one as they are.
fn path(route: &Route) -> String {
    with_tail(route.path, |name| format!("{{{name}}}"))
}

fn tag(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

/// Who may, and what of it stays.
fn described(route: &Route) -> String {
    let permitted = permitted(route.permission);
    if route.discloses() { format!("{permitted} {DISCLOSED}") } else { permitted }
}

fn permitted(permission: Permission) -> String {
    match permission {
        Permission::SignedIn => "Anyone with a token.".to_owned(),
        Permission::Roles(roles) => {
            let names: Vec<String> =
                roles.iter().map(|role| format!("`{role}` {}", role.name_zh())).collect();
            format!("Roles: {}.", names.join(", "))
        }
    }
}

fn parameters(route: &Route) -> Vec<Parameter> {
    let parameter = |name: &str, place, required, about: &str, schema: RefOr<Schema>| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .description(Some(about))
            .schema(Some(schema))
            .build()
    };
    let text = |min: usize, max: usize| {
        let object =
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(min)).max_length(Some(max));
        RefOr::T(Schema::Object(object.build()))
    };
    let of_form = |pattern: &str| {
        let object = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
        RefOr::T(Schema::Object(object.build()))
    };
    let mut all = Vec::new();
    for PathParameter { name, about, schema } in paths::parameters(route.path) {
        all.push(parameter(name, ParameterIn::Path, Required::True, about, (schema.schema)()));
    }
    for Param { name, about, schema } in route.query {
        let required = if route.requires(name) { Required::True } else { Required::False };
        all.push(parameter(name, ParameterIn::Query, required, about, (schema.schema)()));
    }
    if route.writes() {
        let (header, query) = (ParameterIn::Header, ParameterIn::Query);
        let flag = RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::Boolean).build()));
        let about = "Runs the same rules and commits nothing.";
        all.push(parameter("dry_run", query, Required::False, about, flag));
        let about = "1 to 255 visible characters; the same key with the same request is answered once.";
        all.push(parameter("Idempotency-Key", header.clone(), Required::True, about, text(1, 255)));
        let about = "The ETag that the caller saw; another version is refused.";
        all.push(parameter("If-Match", header, Required::False, about, of_form(IF_MATCH)));
    }
    let about = "zh-CN (default) or en: the language of errors.";
    let any_text = RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::String).build()));
    all.push(parameter("Accept-Language", ParameterIn::Header, Required::False, about, any_text));
    all
}

fn success(route: &Route) -> Response {
    let [chinese, english] = route.summary;
    let content = || ContentBuilder::new().schema(Some((route.gives.schema)())).build();
    let mut response = ResponseBuilder::new()
        .description(format!("{chinese} · {english}"))
        .content(route.gives.media_type, content());
    for media_type in route.gives.or_else {
        response = response.content(*media_type, content());
    }
    let header = |about: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String).build();
        HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build()
    };
    if route.writes() {
        response = response
            .header("Ledger-Sequence", header("Its place in the audit log; none in a dry run."))
            .header("Idempotency-Replayed", header("true where the request was answered before."));
    }
    if route.discloses() {
        return response
            .header("Ledger-Sequence", header("The leaf of the audit log that says who read it."))
            .header("Repr-Digest", header("SHA-256 of the bytes (RFC 9530); the leaf names it too."))
            .header("Content-Disposition", header("An attachment, with its name."))
            .build();
    }
    response.header("ETag", header("The version, for If-Match, where there is one.")).build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::Value;

    use super::*;

    fn served() -> Value {
        serde_json::from_str(&JSON).unwrap()
    }

    #[test]
    fn every_route_is_there_and_says_what_the_contract_asks() {
        let document = served();
        assert_eq!(document["openapi"], "3.1.0");
        for route in ROUTES {
            let operation = &document["paths"][path(route)][route.method.into_str().to_ascii_lowercase()];
            let named = |name: &str| {
                operation["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == name)
            };
            assert_eq!(named("Idempotency-Key"), route.writes(), "{}", route.path);
            assert_eq!(named("dry_run"), route.writes(), "{}", route.path);
            assert!(named("Accept-Language"));
            assert_eq!(operation.get("requestBody").is_some(), route.takes.is_some(), "{}", route.path);
            assert!(operation["responses"][route.success().to_string()]["description"].is_string());
            assert_eq!(operation["responses"]["401"]["x-codes"][0], "unauthenticated");
            assert_eq!(operation["security"][0]["bearer"], serde_json::json!([]));
        }
        let count: usize =
            document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum();
        assert_eq!(count, ROUTES.len());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str));
                    members.values().for_each(|member| references(member, found));
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document = served();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    /// Whether a schema says what it is, or what it refers to does; lists and what may be null as what they hold.
    fn says_what_it_is(schema: &Value, document: &Value) -> bool {
        if schema["description"].as_str().is_some_and(|about| about != "Which.") {
            return true;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            return document.pointer(reference.trim_start_matches('#')).unwrap()["description"].is_string();
        }
        let choices = schema["oneOf"].as_array();
        let mut choices = choices.into_iter().flatten().filter(|choice| choice["type"] != "null").peekable();
        choices.peek().is_some() && choices.all(|choice| says_what_it_is(choice, document))
            || schema["items"].is_object() && says_what_it_is(&schema["items"], document)
    }

    /// The places under a schema of whatever says nothing of itself.
    fn unsaid(place: &str, schema: &Value, document: &Value, into: &mut Vec<String>) {
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            if !says_what_it_is(member, document) {
                into.push(place.clone());
            }
            unsaid(&place, member, document, into);
        }
        let parts = ["oneOf", "allOf", "anyOf"]
            .into_iter()
            .flat_map(|of| schema[of].as_array().into_iter().flatten());
        for part in parts.chain([&schema["items"], &schema["additionalProperties"]]) {
            if part.is_object() {
                unsaid(place, part, document, into);
            }
        }
    }

    #[test]
    fn every_type_property_and_parameter_says_what_it_is() {
        let document = served();
        let mut silent = Vec::new();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            if !schema["description"].is_string() {
                silent.push(name.clone());
            }
            unsaid(name, schema, &document, &mut silent);
        }
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let place = format!("{method} {path}");
                for parameter in operation["parameters"].as_array().unwrap() {
                    if !says_what_it_is(parameter, &document) {
                        silent.push(format!("{place}?{}", parameter["name"]));
                    }
                }
                for response in operation["responses"].as_object().unwrap().values() {
                    for content in response["content"].as_object().into_iter().flatten() {
                        unsaid(&place, &content.1["schema"], &document, &mut silent);
                    }
                }
            }
        }
        assert!(schemas.len() > 300, "{}", schemas.len());
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn operation_ids_are_unique() {
        let ids: std::collections::BTreeSet<String> = ROUTES.iter().map(operation_id).collect();
        assert_eq!(ids.len(), ROUTES.len());
    }
}
