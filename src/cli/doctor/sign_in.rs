//! Who may sign in: the provider's keys as a start would take them now, and why not the others.

use super::Check;
use crate::auth::provider_keys::{has_kept, look_once};
use crate::cli::{Failure, Settings};

const NAME: &str = "sign-in";

pub(super) async fn check(settings: &Settings) -> Check {
    let Some(sign_in) = &settings.sign_in else {
        return Check::ok(NAME, "by tokens of the service's own alone");
    };
    match look_once(sign_in).await {
        Ok(found) => Check::ok(NAME, found),
        Err(error) => {
            let has_kept = has_kept(sign_in, &settings.data);
            let found = Failure::from(error).line();
            if has_kept {
                Check::warning(NAME, format!("{found}; the last good set serves"))
            } else {
                Check::failed(NAME, found)
            }
        }
    }
}
