//! `doctor`: whether the service can run here, check by check; and whether one that runs answers.

mod agencies;
mod catalogue;
mod checks;
mod live;
mod sign_in;
mod writing;

use serde::Serialize;

use super::language::say;
use super::output::{self, Form};
use super::{Failure, Settings};

#[derive(Debug, Clone, clap::Args)]
pub struct DoctorArgs {
    /// Only ask a running service whether it lives (GET URL/livez): for a container's health check
    #[arg(long, value_name = "URL")]
    live: Option<String>,
    #[command(flatten)]
    form: Form,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    /// It runs; somebody should look.
    Warning,
    /// It does not run.
    Failed,
}

/// A check and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    found: String,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, found: found.into() }
    }

    fn warning(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Warning, found: found.into() }
    }

    fn failed(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Failed, found: found.into() }
    }
}

pub async fn run(args: &DoctorArgs, settings: &Settings) -> Result<(), Failure> {
    if let Some(url) = &args.live {
        return live::check(url);
    }
    let checks = checks::all(settings).await;
    if args.form.json {
        output::json(&checks)?;
    } else {
        for Check { name, verdict, found } in &checks {
            let mark = match verdict {
                Verdict::Ok => say!("正常", "ok"),
                Verdict::Warning => say!("注意", "warning"),
                Verdict::Failed => say!("不通过", "FAILED"),
            };
            output::line(format_args!("{mark:7}  {name:12}  {found}"))?;
        }
    }
    match checks.iter().filter(|check| check.verdict == Verdict::Failed).count() {
        0 => Ok(()),
        1 => Err(Failure::new(say!("有 1 项检查不通过", "one check failed"))),
        failed => Err(Failure::new(say!("有 {failed} 项检查不通过", "{failed} checks failed"))),
    }
}
