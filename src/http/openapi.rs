//! The OpenAPI 3.1 document, made from the routes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ComponentsBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder,
};

use super::error::Entry;
use super::examples;
use super::problem::MEDIA_TYPE;
use super::route::{Handler, Method, Param, Permission, Route, Segment, Shape, with_tail};
use super::routes::ROUTES;
use subsidy_core::domain::{
    ApplicationId, AwardId, BudgetChangeId, CalendarId, CallId, CapGroupCode, ClaimId, CreditCode,
    EvidenceId, LoanId, Month, ObjectionId, PaymentBatchId, PrefundId, ProgrammeCode, RankingId, RecoveryId,
    RentalId, Role, Sequence, StatutoryLimitId, TagId, TagImportId, TrueUpId, UsageImportId, VoucherId,
};
use subsidy_core::schema::Schemas;

/// The document as it is served.
pub static JSON: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());

pub fn document() -> OpenApi {
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
    let components = schemas()
        .into_iter()
        .fold(ComponentsBuilder::new(), |all, (name, schema)| all.schema(name, schema))
        .schema("Problem", problem())
        .security_scheme("bearer", SecurityScheme::Http(bearer));
    let components = PROBLEMS.iter().fold(components, |all, (status, about)| {
        all.response(response_name(*status), problem_response(*status, about))
    });
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).build()
}

const DESCRIPTION: &str = "Audited decimal accounting of public compute subsidies 算力补贴台账. Amounts, percents and \
points are strings; counts are integers; dates are of the agency's zone, instants UTC. Every write needs an \
Idempotency-Key and answers with Ledger-Sequence, its place in the audit log.";

/// What each status of an error means, whichever code it has.
const PROBLEMS: &[(u16, &str)] = &[
    (400, "Unreadable: the query, the idempotency key, the cursor or the JSON."),
    (401, "No valid bearer token."),
    (403, "The role may not, or the same person may not twice."),
    (404, "There is no such object, or it is not the caller's."),
    (405, "The path does not have this method; Allow names those it has."),
    (409, "The state, or something that is there already, is against it."),
    (412, "The object is not of the version in If-Match."),
    (413, "Larger than a limit, which the error names."),
    (415, "The body is not application/json."),
    (422, "A rule refuses it, or a value is not valid; errors point to it."),
    (500, "A fault of the service, which is logged."),
    (
        503,
        "Busy, or the database is away; try again as Retry-After says. outcome_unknown: the key settles it.",
    ),
];

/// What a reader of secrets is told.
const DISCLOSED: &str = "Every call, HEAD too, leaves a leaf in the audit log under the caller's subject, which \
Ledger-Sequence names.";

/// A version in quotes, or any.
const IF_MATCH: &str = "^(\\*|\"[0-9]+\")$";

fn response_name(status: u16) -> String {
    format!("Problem{status}")
}

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
        for (_, shape) in path_parameters(route.path) {
            (shape.named)(&mut all);
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
        let mut content = ContentBuilder::new().schema(Some((takes.schema)()));
        let named = examples::type_name(route);
        for (shows, example) in named.iter().flat_map(|name| examples::of_type(name)) {
            let example = ExampleBuilder::new().value(Some(example)).build();
            content = content.examples_from_iter([(shows, example)]);
        }
        let mut body = RequestBodyBuilder::new()
            .content(takes.media_type, content.build())
            .required(Some(Required::True));
        for media_type in takes.or_else {
            body = body.content(*media_type, ContentBuilder::new().schema(Some((takes.schema)())).build());
        }
        if matches!(route.handler, Handler::Upload(_) | Handler::BankFile) {
            body = body.content("multipart/form-data", in_a_form(takes));
        }
        operation = operation.request_body(Some(body.build()));
    }
    operation = operation.response(route.success().to_string(), success(route));
    for (status, _) in PROBLEMS.iter().filter(|(status, _)| answers(route, *status)) {
        operation = operation.response(status.to_string(), Ref::from_response_name(response_name(*status)));
    }
    operation.build()
}

/// A file as the part `file` of a form.
fn in_a_form(file: Shape) -> utoipa::openapi::Content {
    let form =
        ObjectBuilder::new().schema_type(Type::Object).property("file", (file.schema)()).required("file");
    ContentBuilder::new().schema(Some(form)).build()
}

/// Whether a route can answer with a status.
fn answers(route: &Route, status: u16) -> bool {
    match status {
        409 => route.takes.is_some() || route.discloses(),
        412 => route.writes(),
        413 | 415 => route.takes.is_some(),
        422 => route.takes.is_some() || route.discloses() || route.path.starts_with("/v1/reports/"),
        403 => route.permission != Permission::SignedIn,
        404 => route.takes.is_some() || route.path.contains('{'),
        405 => false,
        _ => true,
    }
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

fn path_parameters(path: &str) -> Vec<(&str, Shape)> {
    let names = Segment::all(path).filter_map(Segment::parameter);
    let shape = |name| match name {
        "credit_code" => Shape::of::<CreditCode>(),
        "code" if path.starts_with("/v1/cap-groups/") => Shape::of::<CapGroupCode>(),
        "code" => Shape::of::<ProgrammeCode>(),
        "version" | "number" => Shape::of::<u32>(),
        "sequence" => Shape::of::<Sequence>(),
        "path" => Shape::of::<String>(),
        "month" => Shape::of::<Month>(),
        "claim" => Shape::of::<ClaimId>(),
        "objection" => Shape::of::<ObjectionId>(),
        "import" => Shape::of::<UsageImportId>(),
        _ => id_of(path),
    };
    names.map(|name| (name, shape(name))).collect()
}

/// What the `{id}` of a path is the id of: the first noun that begins so.
const IDS: &[(&str, Shape)] = &[
    ("/v1/applications/", Shape::of::<ApplicationId>()),
    ("/v1/awards/", Shape::of::<AwardId>()),
    ("/v1/calendar/", Shape::of::<CalendarId>()),
    ("/v1/calls/", Shape::of::<CallId>()),
    ("/v1/claims/", Shape::of::<ClaimId>()),
    ("/v1/evidence/", Shape::of::<EvidenceId>()),
    ("/v1/loans/", Shape::of::<LoanId>()),
    ("/v1/payment-batches/", Shape::of::<PaymentBatchId>()),
    ("/v1/prefunds/true-ups/", Shape::of::<TrueUpId>()),
    ("/v1/prefunds/", Shape::of::<PrefundId>()),
    ("/v1/programmes/", Shape::of::<BudgetChangeId>()),
    ("/v1/rankings/", Shape::of::<RankingId>()),
    ("/v1/recoveries/", Shape::of::<RecoveryId>()),
    ("/v1/rentals/", Shape::of::<RentalId>()),
    ("/v1/statutory-limits/", Shape::of::<StatutoryLimitId>()),
    ("/v1/tags/imports/", Shape::of::<TagImportId>()),
    ("/v1/tags/", Shape::of::<TagId>()),
    ("/v1/vouchers/", Shape::of::<VoucherId>()),
];

fn id_of(path: &str) -> Shape {
    let found = IDS.iter().find(|(begins, _)| path.starts_with(begins));
    found.map_or(Shape::of::<String>(), |(_, shape)| *shape)
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
    for (name, shape) in path_parameters(route.path) {
        all.push(parameter(name, ParameterIn::Path, Required::True, "Which.", (shape.schema)()));
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

fn problem_response(status: u16, about: &str) -> Response {
    let codes: Vec<&str> =
        Entry::all().filter(|entry| entry.status == status).map(|entry| entry.code.into_str()).collect();
    let mut codes = codes;
    codes.dedup();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description(format!("{about} Codes: {}.", codes.join(", ")))
        .content(MEDIA_TYPE, content)
        .build()
}

fn problem() -> Schema {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about)).build();
    let words = |about: &str| ArrayBuilder::new().items(text("A word.")).description(Some(about)).build();
    let codes: std::collections::BTreeSet<&str> = Entry::all().map(|entry| entry.code.into_str()).collect();
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build();
    let error = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("pointer", text("JSON pointer into the body."))
        .property("code", code.clone())
        .property("detail", text("What is wrong."))
        .property("remedy", text("What to do about it."))
        .property("allowed", words("What could stand there instead, where that can be listed."))
        .required("pointer")
        .required("code")
        .required("detail")
        .required("remedy");
    let members = [
        ("type", text("/errors/{code}, a page that says what it means and what to do.")),
        ("title", text("What kind of error.")),
        ("status", ObjectBuilder::new().schema_type(Type::Integer).build()),
        ("detail", text("What happened.")),
        ("remedy", text("What to do about it, and who.")),
        ("code", code),
        ("request_id", text("The request, as the log knows it.")),
    ];
    let object =
        members.into_iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, (name, schema)| {
            object.property(name, schema).required(name)
        });
    object
        .property("errors", ArrayBuilder::new().items(error))
        .required("errors")
        .property(
            "allowed",
            words("The roles that may, the states in which it can be done, or a query's words."),
        )
        .property("items", words("The items that the programme does not pay for."))
        .property("known", words("The items that it pays for."))
        .into()
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
            assert!(operation["responses"]["401"]["$ref"].is_string());
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

    #[test]
    fn operation_ids_are_unique() {
        let ids: std::collections::BTreeSet<String> = ROUTES.iter().map(operation_id).collect();
        assert_eq!(ids.len(), ROUTES.len());
    }
}
