//! Who is signed in: a cookie, whose hash names a row of `sessions`.
//!
//! The token is 32 random bytes and never stored. A visitor who is not signed in has one too, which names no row: the
//! CSRF token of every form, the sign-in page's among them, is made from the cookie's token. Signing in draws a new
//! one, so a cookie that somebody else planted ends there.
//!
//! A row carries a MAC with a key outside the database: whoever writes to the table, the service's own role among them,
//! signs nobody in and gives nobody a role.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as CookieTime;
use actix_web::cookie::{Cookie, SameSite};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngCore;
use sha2::{Digest, Sha256};
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Instant, Roles};
use subsidy_store::db::convert;
use subsidy_store::sessions::{self, Clock, NewSession, OfAccount};

use subsidy_auth::accounts::Account;
use subsidy_auth::token::Identity;
use subsidy_http::AppState;
use subsidy_http::problem::Problem;

/// A session that is not used ends after this.
pub const IDLE: TimeDelta = TimeDelta::minutes(30);
/// Every session ends after this.
pub const LASTS: TimeDelta = TimeDelta::hours(10);
/// `seen_at` is written at most this often.
const TOUCHED: TimeDelta = TimeDelta::minutes(1);

/// A browser's token, and who is signed in with it.
#[derive(Debug, Clone)]
pub struct Session {
    pub token: String,
    pub signed_in: Option<SignedIn>,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub identity: Identity,
    pub agency_name: String,
}

fn random() -> String {
    let mut bytes = [0_u8; 32];
    rand::thread_rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An idempotency key that nobody used.
pub fn fresh_key() -> String {
    random()
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Behind TLS the name itself keeps other hosts from setting it; browsers drop such a cookie over plain HTTP.
pub const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-session" } else { "session" }
}

/// The cookie that carries a token; the browser forgets it when it is closed.
pub fn cookie(token: &str, secure: bool) -> Cookie<'static> {
    Cookie::build(cookie_name(secure), token.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .finish()
}

/// A choice that outlives the session: the language, the size of the letters.
pub fn preference(name: &'static str, value: String) -> Cookie<'static> {
    let year = CookieTime::days(365);
    Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax).max_age(year).finish()
}

/// The MAC of a session that began at an instant.
fn mac(
    state: &AppState,
    token: &[u8],
    identity: &Identity,
    began_at: DateTime<Utc>,
) -> Result<[u8; 32], Problem> {
    let Actor { subject, roles, organisation } = &identity.actor;
    let roles = serde_json::to_string(roles).map_err(|error| Problem::fault(&error))?;
    let organisation = organisation.map(|code| code.to_string()).unwrap_or_default();
    let times = [began_at, identity.expires_at].map(|at| at.timestamp_micros().to_be_bytes());
    let [began, ends] = &times;
    let agency = identity.agency.as_str();
    let texts = [agency, subject.as_str(), roles.as_str(), organisation.as_str()].map(str::as_bytes);
    let [agency, subject, roles, organisation] = texts;
    Ok(state.vault.session_mac(&[token, agency, subject, roles, organisation, began, ends]))
}

impl Session {
    /// A browser that was not here before.
    fn fresh() -> Self {
        Self { token: random(), signed_in: None }
    }

    /// Whose a request is. Error: the database does not answer.
    pub async fn of(request: &HttpRequest, secure: bool, state: &AppState) -> Result<Self, Problem> {
        let Some(cookie) = request.cookie(cookie_name(secure)).filter(|cookie| cookie.value().len() == 43)
        else {
            return Ok(Self::fresh());
        };
        let (token, now) = (cookie.value().to_owned(), Utc::now());
        let (key, conn) = (hash(&token), state.engine.database().admin().await?);
        let Some(found) = sessions::find(&conn, Clock { now, idle_since: now - IDLE }, &key).await? else {
            return Ok(Self { token, signed_in: None });
        };
        let identity = Identity {
            agency: AgencyCode::parse(&found.agency).map_err(|error| Problem::fault(&error))?,
            actor: Actor {
                subject: convert::read(&found.subject)?,
                roles: convert::read_json(&found.roles)?,
                organisation: found
                    .organisation
                    .as_deref()
                    .map(CreditCode::parse)
                    .transpose()
                    .map_err(|error| Problem::fault(&error))?,
            },
            ungranted: Roles::NONE,
            // what is revoked of its subject ends the session too
            token: None,
            issued_at: Some(found.began_at),
            expires_at: found.ends_at,
        };
        if found.mac != mac(state, &key, &identity, found.began_at)? {
            tracing::error!(
                subject = found.subject,
                "a session of the console is not the one that was begun"
            );
            return Ok(Self { token, signed_in: None });
        }
        if now - found.seen_at > TOUCHED {
            sessions::touch(&conn, &key, now).await?;
        }
        // menus and pages that ask no route show what counts now
        let identity = state.with_counting_roles(identity).await?;
        Ok(Self { token, signed_in: Some(SignedIn { identity, agency_name: found.agency_name }) })
    }

    /// Signs somebody in, with a new token. A token of the API that ends earlier than a session ends it too.
    pub async fn begin(identity: &Identity, state: &AppState) -> Result<Self, Problem> {
        let begun = Self::begin_with(identity, None, state).await?;
        begun.ok_or_else(|| Problem::fault(&"a session was not written"))
    }

    /// The same with an account of the service's own; none where it was closed or changed since it was read.
    pub async fn begin_with_account(
        identity: &Identity,
        account: &Account,
        state: &AppState,
    ) -> Result<Option<Self>, Problem> {
        Self::begin_with(identity, Some(account), state).await
    }

    async fn begin_with(
        identity: &Identity,
        account: Option<&Account>,
        state: &AppState,
    ) -> Result<Option<Self>, Problem> {
        // the database keeps microseconds, and the MAC is of what it keeps
        let (session, now) = (Self::fresh(), Instant::new(Utc::now()).utc());
        let ends_at = Instant::new(identity.expires_at.min(now + LASTS)).utc();
        let mut begun = Identity { expires_at: ends_at, ..identity.clone() };
        // a role that is granted later counts in this session too
        begun.actor.roles = begun.actor.roles.union(begun.ungranted);
        begun.ungranted = Roles::NONE;
        let (actor, conn) = (&begun.actor, state.engine.database().admin().await?);
        sessions::forget_ended(&conn, Clock { now, idle_since: now - IDLE }).await?;
        let (token, organisation) = (hash(&session.token), actor.organisation.map(|code| code.to_string()));
        let mac = mac(state, &token, &begun, now)?;
        let (token, mac, agency, subject) =
            (&token[..], &mac[..], begun.agency.as_str(), actor.subject.as_str());
        let (roles, organisation) = (convert::json(&actor.roles)?, organisation.as_deref());
        let new = NewSession { token, agency, subject, roles, organisation, now, ends_at, mac };
        let count = match account {
            None => sessions::begin(&conn, new).await?,
            Some(account) => {
                let of = OfAccount { name: &account.name, changed_at: account.changed_at };
                sessions::begin_with_account(&conn, new, of).await?
            }
        };
        Ok((count == 1).then_some(session))
    }

    pub async fn end(&self, state: &AppState) -> Result<(), Problem> {
        let conn = state.engine.database().admin().await?;
        sessions::end(&conn, &hash(&self.token)).await?;
        Ok(())
    }

    /// What every form of this browser carries: another site can neither read nor guess it.
    pub fn csrf(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("csrf:{}", self.token)))
    }
}
