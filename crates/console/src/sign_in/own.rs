//! One's own account, where it is of the service: another password, another authenticator.

use actix_web::{HttpRequest, HttpResponse, web};
use subsidy_core::domain::Code;

use super::super::answer::{At, answered, begun, html, see, with_session};
use super::super::form::Fields;
use super::super::session::Session;
use super::super::visit::Visit;
use super::account::{Waiting, accounts, chosen, fault, identity, own, set_up_page};
use super::{Trouble, admitted};
use subsidy_auth::accounts::{Entry, Given};
use subsidy_auth::one_time_codes::CodeSecret;
use subsidy_auth::token::Identity;
use subsidy_http::problem::Problem;

/// `POST /me/account`
pub async fn post(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).unwrap_or_default();
        let Some(who) = &session.signed_in else { return Ok(see("/sign-in?next=/me")) };
        if fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        admitted(&at.0, who.identity.clone()).await?;
        let visit = Visit { path: "/me".to_owned(), ..begun(&at, &request, &session, who) };
        let t = visit.t;
        let Some(account) = own(&visit).await? else { return Err(Problem::new(Code::Forbidden)) };
        let wants_password = fields.text(".do") == "password";
        let new = match wants_password.then(|| chosen(&fields, &account.name, t)).transpose() {
            Ok(new) => new,
            Err(trouble) => return Ok(again(&visit, trouble).await),
        };
        let [password, code] = [".old", ".code"].map(|field| fields.text(field));
        let address = at.0.peer(&request);
        let given = Given { name: &account.name, password, code, address };
        let account = match accounts(&at.0).enter(given).await.map_err(fault)? {
            Entry::In(account) => account,
            Entry::TooMany => {
                let trouble = Trouble::new(t.too_many_tries(), t.wait_a_quarter());
                return Ok(again(&visit, trouble).await);
            }
            Entry::SetUp(_) | Entry::Refused => {
                let trouble = Trouble::new(t.account_refused(), t.about_refusals());
                return Ok(again(&visit, trouble).await);
            }
        };
        match new {
            Some(new) => {
                // every session ended with the old password, this one too
                let changed = accounts(&at.0).choose(&account, new).await.map_err(fault)?;
                let begun = match changed {
                    // with the roles that the account has now, and no longer than the session before would have lasted
                    Some(account) => {
                        let now = identity(&at.0, &account).await?;
                        let goes_on = Identity { expires_at: who.identity.expires_at, ..now };
                        Session::begin_with_account(&goes_on, &account, &at.0).await?
                    }
                    None => None,
                };
                // it was closed or set back meanwhile
                let Some(begun) = begun else { return Ok(see("/sign-in")) };
                Ok(with_session(see("/me"), &begun, at.1.secure))
            }
            None => {
                let secret = Some(CodeSecret::drawn());
                Ok(set_up_page(&at, &request, &session, &account, (Waiting::at("/me"), secret), None))
            }
        }
    };
    answered(answer.await, &request)
}

async fn again(visit: &Visit<'_>, trouble: Trouble) -> HttpResponse {
    match super::shown(visit, Some(trouble)).await {
        Ok(page) => html(422, page),
        Err(_) => see("/me"),
    }
}
