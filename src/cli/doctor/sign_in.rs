//! Who may sign in: the provider's keys as a start would take them now, and why not the others.

use super::Check;
use crate::cli::language::say;
use crate::cli::{Failure, Settings};
use subsidy_auth::code_flow::CodeFlow;
use subsidy_auth::provider_keys::{has_kept, look_once};

const NAME: &str = "sign-in";

pub(super) async fn check(settings: &Settings) -> Check {
    let Some(sign_in) = &settings.sign_in else {
        return Check::ok(NAME, say!("只凭本服务自签的令牌", "by tokens of the service's own alone"));
    };
    match look_once(sign_in).await {
        Ok(found) => Check::ok(NAME, found),
        Err(error) => {
            let has_kept = has_kept(sign_in, &settings.data);
            let found = Failure::from(error).line();
            if has_kept {
                Check::warning(
                    NAME,
                    say!("{found}；沿用上一套可用的密钥", "{found}; the last good set serves"),
                )
            } else {
                Check::failed(NAME, found)
            }
        }
    }
}

/// Whether people can sign in to the console at the provider, where the settings say that they do.
pub(super) async fn check_console(settings: &Settings) -> Option<Check> {
    const NAME: &str = "console sign-in";
    let sign_in = settings.sign_in.as_ref().filter(|sign_in| sign_in.console.is_some())?;
    let here = format!("http://{}", settings.listen);
    let at = settings.public_url.as_deref().unwrap_or(&here);
    let looked = match CodeFlow::of(sign_in, at) {
        Ok(flow) => flow?.look_once().await,
        Err(error) => Err(error),
    };
    Some(match looked {
        Err(error) => Check::failed(NAME, Failure::from(error).line()),
        Ok(found) if settings.public_url.is_none() => {
            let found = say!(
                "{found}：请设置 public_url，用户来自其他机器",
                "{found}: say public_url, people come from other machines"
            );
            Check::warning(NAME, found)
        }
        Ok(found) => Check::ok(NAME, found),
    })
}
