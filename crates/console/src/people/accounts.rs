//! Accounts of the agency: an operator gives a password for the next sign-in, and closes an account or opens it again.
//!
//! A password that was given still needs the person's second factor, so nobody signs in as somebody else with it; where
//! there is none yet, or it is lost, the command line sets the account back. Where accounts say who has which role, an
//! operator changes that too, of others and for a reason; where roles are granted, the grants do.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use subsidy_core::domain::{Actor, Code, CreditCode, Role, Roles};

use super::super::answer::{At, answered, begun, html, see};
use super::super::figures;
use super::super::form::{Fields, Refusal};
use super::super::layout::Frame;
use super::super::session::{Session, SignedIn};
use super::super::sign_in::account::{accounts, fault};
use super::super::texts::T;
use super::super::visit::{Shown, Visit, render};
use super::operates;
use subsidy_auth::accounts::Account;
use subsidy_auth::passwords::drawn;
use subsidy_http::granted::RoleSource;
use subsidy_http::problem::Problem;

struct Row {
    name: String,
    roles: String,
    organisation: String,
    has_factor: bool,
    changed: String,
    disabled: bool,
    /// What the form that gives other roles offers; nothing where it is not offered.
    offered: Vec<Offered>,
    /// The credit code of the organisation.
    code: String,
}

/// A role that an account may have.
struct Offered {
    role: &'static str,
    name: &'static str,
    is_held: bool,
}

#[derive(Template)]
#[template(path = "people/accounts.html")]
struct AccountsPage {
    page: Frame,
    t: T,
    rows: Vec<Row>,
    /// Whether grants say who has which role.
    granted: bool,
    /// What is wrong with a change that somebody asked for.
    refused: &'static str,
    /// Whose password was drawn, and it.
    drawn: Option<(String, String)>,
}

/// `GET /people`
pub async fn show(visit: &Visit<'_>) -> Shown {
    let operates = operates(visit.state, &visit.who.identity).await;
    operates.map_err(|problem| Refusal::from_problem(&problem, visit))?;
    listed(visit, None, "").await
}

/// The roles that a form offers for an account; of one's own, none.
fn offered(visit: &Visit<'_>, account: &Account) -> Vec<Offered> {
    let is_own = account.actor.subject == visit.who.identity.actor.subject;
    if is_own || visit.state.roles == RoleSource::Granted {
        return Vec::new();
    }
    let one = |role: &Role| Offered {
        role: role.into_str(),
        name: visit.t.role(*role),
        is_held: account.actor.has(*role),
    };
    Role::ALL.iter().map(one).collect()
}

async fn listed(visit: &Visit<'_>, drawn: Option<(String, String)>, refused: &'static str) -> Shown {
    let found = accounts(visit.state).of_agency(&visit.who.identity.agency).await;
    let found = found.map_err(|error| Refusal::from_problem(&fault(error), visit))?;
    let mut rows = Vec::new();
    for account in found {
        let organisation = account.actor.organisation.map(|code| code.to_string()).unwrap_or_default();
        let roles: Vec<_> = account.actor.roles.iter().map(|role| visit.t.role(role)).collect();
        rows.push(Row {
            roles: roles.join(" · "),
            organisation: visit.organisation(&organisation).await,
            has_factor: account.has_factor(),
            changed: figures::time(&account.changed_at.to_rfc3339()),
            disabled: account.disabled,
            offered: offered(visit, &account),
            code: organisation,
            name: account.name,
        });
    }
    let page = visit.frame(visit.t.accounts().to_owned(), Vec::new()).await;
    let granted = visit.state.roles == RoleSource::Granted;
    render(&AccountsPage { page, t: visit.t, rows, granted, refused, drawn })
}

/// Logs who changed whose account. Error: somebody else changed it meanwhile.
fn told(is_done: bool, by: &SignedIn, account: &Account, done: &str) -> Result<(), Problem> {
    if !is_done {
        return Err(Problem::new(Code::VersionConflict));
    }
    tracing::info!(
        by = by.identity.actor.subject.as_str(),
        account = account.name,
        done,
        "an account was changed"
    );
    Ok(())
}

/// Gives an account the roles that a form ticks. Whether it was as it had been read, and who it now is; or what is wrong
/// with the form.
async fn assigned(
    at: &At,
    fields: &Fields,
    account: &Account,
) -> Result<Result<(bool, Actor), fn(T) -> &'static str>, Problem> {
    if at.0.roles == RoleSource::Granted {
        return Err(Problem::new(Code::Forbidden));
    }
    let ticked = Role::ALL.iter().filter(|role| fields.has(".role", role.into_str()));
    let roles: Roles = ticked.copied().collect();
    let code = fields.text(".organisation").trim();
    let organisation = (!code.is_empty()).then(|| CreditCode::parse(code)).transpose();
    let Ok(organisation) = organisation else { return Ok(Err(T::organisation_of_roles)) };
    if fields.text(".reason").trim().is_empty() {
        return Ok(Err(T::reason_of_roles));
    }
    // whoever acts for no organisation has none
    let organisation = organisation.filter(|_| roles.iter().any(Role::needs_organisation));
    let actor = Actor { subject: account.actor.subject.clone(), roles, organisation };
    if roles.is_empty() || actor.lacks_organisation() {
        return Ok(Err(T::organisation_of_roles));
    }
    let is_done = accounts(&at.0).assign(account, roles, organisation).await.map_err(fault)?;
    Ok(Ok((is_done, actor)))
}

/// `POST /people`
pub async fn post(at: At, request: HttpRequest, bytes: web::Bytes) -> HttpResponse {
    let answer = async {
        let session = Session::of(&request, at.1.secure, &at.0).await?;
        let fields = Fields::parse(&bytes).unwrap_or_default();
        let Some(who) = &session.signed_in else { return Ok(see("/sign-in?next=/people")) };
        if fields.text(".csrf") != session.csrf() {
            return Err(Problem::new(Code::Forbidden));
        }
        operates(&at.0, &who.identity).await?;
        let (accounts, wanted) = (accounts(&at.0), fields.text(".do"));
        let found = accounts.find(fields.text(".name")).await.map_err(fault)?;
        let own = found.filter(|account| account.agency == who.identity.agency);
        let account = own.ok_or_else(|| Problem::new(Code::NotFound))?;
        match wanted {
            "reset" if account.has_factor() => {
                let password = drawn(4);
                told(
                    accounts.reset(&account, &password, false).await.map_err(fault)?,
                    who,
                    &account,
                    wanted,
                )?;
                let visit = begun(&at, &request, &session, who);
                let shown = listed(&visit, Some((account.name, password)), "").await;
                return Ok(shown.map_or_else(|_| see("/people"), |page| html(200, page)));
            }
            "roles" if account.actor.subject != who.identity.actor.subject => {
                let visit = begun(&at, &request, &session, who);
                let refused = match assigned(&at, &fields, &account).await? {
                    Ok((is_done, after)) => {
                        told(is_done, who, &account, wanted)?;
                        let before = &account.actor;
                        tracing::info!(
                            by = who.identity.actor.subject.as_str(),
                            account = account.name,
                            reason = fields.text(".reason"),
                            roles_before = ?before.roles,
                            roles_after = ?after.roles,
                            organisation_before = ?before.organisation,
                            organisation_after = ?after.organisation,
                            "an account has other roles"
                        );
                        return Ok(see("/people"));
                    }
                    Err(refused) => refused(visit.t),
                };
                let shown = listed(&visit, None, refused).await;
                return Ok(shown.map_or_else(|_| see("/people"), |page| html(422, page)));
            }
            "disable" | "enable" => {
                let is_done = accounts.disable(&account, wanted == "disable").await.map_err(fault)?;
                told(is_done, who, &account, wanted)?;
            }
            _ => return Err(Problem::new(Code::Forbidden)),
        }
        Ok(see("/people"))
    };
    answered(answer.await, &request)
}
