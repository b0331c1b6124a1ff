//! HTTP: the routes on one page, the one table of errors, and what stands between them.
//!
//! A write goes `write` → its handler (parses) → the engine → `render`; a read goes straight to its handler.
//! A fault in a handler is its caller's 500 and nobody else's.

pub mod bank_answers;
pub mod batches;
mod callers;
pub mod cure;
pub mod error;
mod error_pages;
mod error_places;
pub mod examples;
pub mod extract;
mod file_shapes;
pub mod granted;
pub mod groups;
pub mod handler;
pub mod handlers;
pub mod health;
pub mod imports;
pub mod in_process;
pub mod json;
pub mod kinds;
pub mod language;
pub mod middleware;
mod mistakes;
pub mod openapi;
pub mod page;
mod parameters;
pub mod peer;
pub mod people;
pub mod permissions;
pub mod problem;
pub mod registry;
pub mod render;
pub mod route;
pub mod routes;
pub mod runs;
mod spoken;
pub mod text;
pub mod uploads;
pub mod view;
pub mod write;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder, HttpServer, guard, web};
use futures_util::FutureExt;
use metrics_exporter_prometheus::PrometheusHandle;

use extract::{PathParts, Query, RequestId};
use granted::{Granted, RoleSource, is_the_service};
use handler::{ReadRequest, Reply};
use peer::Network;
use people::People;
use problem::Problem;
use registry::Registry;
use route::{Handler, Method, Route};
use subsidy_auth::token::{Identity, Verifier};
use subsidy_core::domain::{AgencyCode, Code};
use subsidy_core::payments::{Letters, NAME_MAX};
use subsidy_files::objects::Objects;
use subsidy_proofs::verify::jobs::Verifications;
use subsidy_reports::exports::Exports;
use subsidy_reports::payment_file::Debtor;
use subsidy_reports::process_sums::ProcessSums;
use subsidy_store::engine::Engine;
use subsidy_store::keys::accounts::AccountVault;

/// Most bytes of a body of JSON: 256 KiB.
pub const BODY_BYTES_MAX: usize = 262_144;

/// How long a file may take to arrive.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(120);

/// Most operations of a batch.
pub const OPERATIONS_MAX: usize = 1_000;

/// How long a body may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an answer may take once the request is there: a little more than the engine takes at most, for what is read
/// after a commit.
pub const ANSWER_TIMEOUT: Duration = Duration::from_millis(30_700);

#[derive(Debug, Clone)]
pub struct AppState {
    pub engine: Engine,
    pub verifier: Arc<Verifier>,
    pub vault: Arc<AccountVault>,
    /// From where agencies pay.
    pub debtors: Arc<BTreeMap<AgencyCode, Debtor>>,
    pub objects: Objects,
    /// Long reports as files.
    pub exports: Exports,
    /// Verifications that auditors asked for.
    pub verifications: Verifications,
    /// What reports summed before.
    pub sums: ProcessSums,
    pub agencies: Arc<Registry>,
    pub people: Arc<People>,
    /// Where roles come from.
    pub roles: RoleSource,
    /// Whose word for a caller's address counts.
    pub trusted_proxies: Arc<[Network]>,
    pub metrics: PrometheusHandle,
}

impl AppState {
    /// The most characters of a payee's name that an agency's bank takes.
    pub fn name_max(&self, agency: &AgencyCode) -> u32 {
        self.debtors.get(agency).map_or(NAME_MAX, |debtor| debtor.name_max())
    }

    /// The letters that it takes in names; all where the settings do not say.
    pub fn letters(&self, agency: &AgencyCode) -> Option<Letters> {
        self.debtors.get(agency).and_then(|debtor| debtor.profile.letters)
    }

    /// From where a request comes.
    pub fn peer(&self, request: &HttpRequest) -> Option<IpAddr> {
        peer::of(request, &self.trusted_proxies)
    }

    /// Somebody with the roles that count of those that they say. Error: `unavailable`.
    pub async fn with_counting_roles(&self, identity: Identity) -> Result<Identity, Problem> {
        if self.roles == RoleSource::Token || is_the_service(&identity) {
            return Ok(identity);
        }
        let granted = Granted::read(&self.engine, &identity.agency, &identity.actor.subject).await?;
        Ok(granted.held(identity))
    }

    /// Somebody who signs in with an account: what they were granted is said of it too. Error: `unavailable`.
    pub async fn said_of_account(&self, identity: Identity) -> Result<Identity, Problem> {
        if self.roles == RoleSource::Token {
            return Ok(identity);
        }
        let granted = Granted::read(&self.engine, &identity.agency, &identity.actor.subject).await?;
        Ok(granted.said_of_account(identity))
    }

    /// Who calls, for an agency that there is: by the request's token, or as the console's session says, which
    /// `in_process` alone can say; with the roles that count. Error: `unauthenticated`, `subject_variant`.
    pub async fn caller(&self, request: &HttpRequest) -> Result<Identity, Problem> {
        let signed_in = request.extensions().get::<Identity>().cloned();
        let identity = match signed_in {
            Some(identity) => identity,
            None => extract::identity(request.headers(), &self.verifier).await?,
        };
        if self.agencies.knows(&self.engine, &identity.agency).await? {
            self.people.admits(&self.engine, &identity).await?;
            return self.with_counting_roles(identity).await;
        }
        Err(Problem::new(Code::Unauthenticated))
    }
}

/// How the server runs.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Threads that answer requests.
    pub workers: usize,
    /// How long open requests may take once the server stops.
    pub shutdown_timeout: Duration,
    /// How long the head of a request may take to arrive.
    pub head_timeout: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self { workers, shutdown_timeout: Duration::from_secs(30), head_timeout: Duration::from_secs(10) }
    }
}

/// What adds pages to the routes of the interface. It is no parameter of a type: the compiler would make the whole server once
/// more in the crate that names it.
pub type Pages = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// Serves on listeners that are bound already, the routes and whatever `pages` adds to them. The server stops with its
/// handle; it takes no signals.
pub fn serve(
    config: &HttpConfig,
    listeners: Vec<TcpListener>,
    state: AppState,
    pages: Pages,
) -> io::Result<Server> {
    let state = web::Data::new(state);
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .configure(configure)
            .configure(|config| pages(config))
            .wrap(Compress::default())
            .wrap(from_fn(middleware::around))
    })
    .workers(config.workers)
    .shutdown_timeout(config.shutdown_timeout.as_secs())
    .client_request_timeout(config.head_timeout)
    .disable_signals();
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}

/// The first two segments of a path: `/v1/vouchers`.
fn family(path: &str) -> &str {
    path.match_indices('/').nth(2).map_or(path, |(end, _)| path.get(..end).unwrap_or(path))
}

/// Registers every route, in a scope of its family: patterns are tried one after another, and there are many.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut by_path: BTreeMap<(&'static str, &'static str), Vec<&'static Route>> = BTreeMap::new();
    for route in routes::ROUTES {
        by_path.entry((family(route.path), route.path)).or_default().push(route);
    }
    let mut scopes: BTreeMap<&'static str, actix_web::Scope> = BTreeMap::new();
    for ((family, path), routes) in by_path {
        let methods: Vec<Method> = routes.iter().map(|route| route.method).collect();
        let within = path.strip_prefix(family).unwrap_or(path);
        let mut resource = web::resource(route::with_tail(within, |name| format!("{{{name}:.+}}")));
        for route in routes {
            let guarded = match route.method {
                Method::Get => reading(),
                Method::Post => web::post(),
                Method::Put => web::put(),
            };
            let handler = move |state: web::Data<AppState>, request: HttpRequest, payload: web::Payload| async move {
                respond(route, &state, &request, payload).await
            };
            resource = resource.route(guarded.to(handler));
        }
        let resource =
            resource.default_service(web::to(move |request| wrong_method(allowed(&methods), request)));
        let scope = scopes.remove(family).unwrap_or_else(|| web::scope(family));
        scopes.insert(family, scope.service(resource));
    }
    for scope in scopes.into_values() {
        config.service(scope);
    }
    config
        .service(outside("/livez").route(reading().to(health::livez)))
        .service(outside("/readyz").route(reading().to(health::readyz)))
        .service(outside("/metrics").route(reading().to(health::metrics)))
        .service(outside("/openapi.json").route(reading().to(health::document)))
        .service(outside("/errors").route(reading().to(error_pages::list)))
        .service(outside("/errors/{code}").route(reading().to(error_pages::one)))
        .service(outside("/docs").route(reading().to(health::to_docs)))
        .service(health::docs())
        // the viewer takes GET alone and knows nothing of other methods
        .service(
            web::resource("/docs/{file:.*}")
                .guard(guard::Not(guard::Any(guard::Get()).or(guard::Head())))
                .default_service(web::to(|request| wrong_method("GET, HEAD", request))),
        )
        .default_service(web::to(unknown_path));
}

fn reading() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

fn outside(path: &'static str) -> actix_web::Resource {
    web::resource(path).default_service(web::to(|request| wrong_method("GET, HEAD", request)))
}

/// The `Allow` of a path with these methods.
fn allowed(methods: &[Method]) -> &'static str {
    match (methods.contains(&Method::Get), methods.contains(&Method::Post), methods.contains(&Method::Put)) {
        (true, true, true) => "GET, HEAD, POST, PUT",
        (true, true, false) => "GET, HEAD, POST",
        (true, false, true) => "GET, HEAD, PUT",
        (true, false, false) => "GET, HEAD",
        (false, true, true) => "POST, PUT",
        (false, true, false) => "POST",
        (false, false, _) => "PUT",
    }
}

async fn wrong_method(methods: &'static str, request: HttpRequest) -> HttpResponse {
    refuse(&Problem::new(Code::MethodNotAllowed).allowing(methods), &request)
}

/// What a path is answered that is neither a route nor a page.
pub async fn unknown_path(request: HttpRequest) -> HttpResponse {
    refuse(&Problem::new(Code::UnknownPath), &request)
}

fn refuse(problem: &Problem, request: &HttpRequest) -> HttpResponse {
    problem.respond(extract::language(request.headers()), &RequestId::of(request))
}

/// Answers a request that a route took; a panic is a fault.
async fn respond(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let answered = AssertUnwindSafe(answer(route, state, request, payload)).catch_unwind().await;
    let answered = answered.unwrap_or_else(|_| Err(Problem::fault(&"a handler panicked")));
    answered.unwrap_or_else(|problem| refuse(&problem, request))
}

async fn answer(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    PathParts::check(request)?;
    match route.handler {
        Handler::Write(parse) => write::answer(route, parse, state, request, payload).await,
        Handler::Group(parse) => groups::answer(route, parse, state, request, payload).await,
        Handler::Run(parse) => runs::answer(route, parse, state, request, payload).await,
        Handler::Upload(upload) => uploads::answer(route, upload, state, request, payload).await,
        Handler::BankFile => bank_answers::answer(route, state, request, payload).await,
        Handler::Import => imports::answer(route, state, request, payload).await,
        Handler::Batch => batches::answer(route, state, request, payload).await,
        Handler::Read(verb) | Handler::Start(verb) | Handler::Disclose(verb) => {
            let asked = reading_request(route, state, request).await?;
            replied(route, verb(asked)).await
        }
        Handler::Ask(verb) => {
            let asked = reading_request(route, state, request).await?;
            let body = write::body(request, payload).await?;
            replied(route, verb(asked, body)).await
        }
    }
}

/// A request that changes nothing, of a caller who may ask it.
async fn reading_request(
    route: &'static Route,
    state: &AppState,
    request: &HttpRequest,
) -> Result<ReadRequest, Problem> {
    let identity = state.caller(request).await?;
    route.permission.admit(&identity)?;
    // what is read of a ledger that lost entries would be acted on; what proves it is shown
    if !route.path.starts_with("/v1/audit/") && state.engine.seen().log(&identity.agency).is_rewound() {
        return Err(Problem::new(Code::LedgerRewound));
    }
    let query = Query::parse(request.query_string(), &route.parameters())?;
    Ok(ReadRequest {
        agency: identity.agency,
        actor: identity.actor,
        engine: state.engine.clone(),
        objects: state.objects.clone(),
        exports: state.exports.clone(),
        verifications: state.verifications.clone(),
        sums: state.sums.clone(),
        route: route.path,
        path: PathParts::of(request),
        query,
        vault: Arc::clone(&state.vault),
        debtors: Arc::clone(&state.debtors),
        grants_roles: state.roles == RoleSource::Granted,
        request_id: RequestId::of(request),
        language: extract::language(request.headers()),
    })
}

async fn replied(
    route: &Route,
    reply: impl Future<Output = Result<Reply, Problem>>,
) -> Result<HttpResponse, Problem> {
    let reply = in_time(Code::Unavailable, reply).await?;
    let status = if route.starts() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(reply.respond(HttpResponseBuilder::new(status)))
}

/// Holds an answer to its deadline, else it is `late`: nobody waits for a database that neither answers nor goes away.
/// Nothing that writes ends with it: what was queued is settled by the engine, whoever waits.
async fn in_time<T>(late: Code, answer: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    tokio::time::timeout(ANSWER_TIMEOUT, answer).await.unwrap_or_else(|_| Err(Problem::new(late)))
}
