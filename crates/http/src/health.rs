//! Outside `/v1`: health, metrics, the OpenAPI document and its viewer.

use actix_web::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::registry::{Health, Registry};
use super::{AppState, openapi};

/// Upper bounds of the durations' buckets, in seconds.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Installs the recorder of the process; once.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    PrometheusBuilder::new().set_buckets_for_metric(seconds, BUCKETS)?.install_recorder()
}

pub async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers, takes writes, and holds what was answered from it.
pub async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    let why = match Registry::health(&state.engine).await {
        Health::Ready => match state.engine.seen().rewound() {
            rewound if rewound.is_empty() => return ready(&state),
            rewound => format!(
                "ledger_rewound: {}\n",
                rewound.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ),
        },
        Health::ReadOnly => "read_only: the database takes no writes\n".to_owned(),
        Health::Away => "the database is away\n".to_owned(),
    };
    HttpResponse::ServiceUnavailable()
        .insert_header((RETRY_AFTER, "5"))
        .content_type("text/plain; charset=utf-8")
        .body(why)
}

/// Ready, though perhaps with the last good keys of a provider that is away: nobody new signs in there meanwhile.
fn ready(state: &AppState) -> HttpResponse {
    let stale = state.verifier.stale();
    let stale = stale.map(|stale| format!("sign_in_keys_stale: {stale}\n")).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(format!("ok\n{stale}"))
}

/// What was counted, as Prometheus reads it.
pub async fn metrics(state: web::Data<AppState>) -> HttpResponse {
    state.metrics.run_upkeep();
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(state.metrics.render())
}

pub async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi::JSON.as_str())
}

pub async fn to_docs() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "/docs/")).finish()
}

/// The viewer; all of it comes from this process.
pub fn docs() -> SwaggerUi {
    SwaggerUi::new("/docs/{file:.*}").config(Config::from("/openapi.json"))
}
