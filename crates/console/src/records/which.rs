//! Which organisation somebody means who typed a name in the place of its code: to see less, or in a form.

use askama::Template;
use subsidy_core::domain::CreditCode;

use crate::doc::Doc;
use crate::form::{Fields, Refusal};
use crate::layout::{Frame, Link};
use crate::texts::T;
use crate::visit::{Shown, Visit, render, with_query};
use subsidy_http::handler::Visibility;
use subsidy_reports::report::NONE;

/// The filters, and the members of bodies, that take the code of an organisation.
const MEMBERS: [&str; 3] = ["organisation", "bank", "provider"];
/// So many of several are named beside a field.
const NAMED_MOST: usize = 5;

#[derive(Template)]
#[template(path = "records/which.html")]
struct WhichPage {
    page: Frame,
    t: T,
    about: String,
    found: Vec<Link>,
    /// Whether there are more than those.
    more: bool,
    /// The page without the filter.
    all: String,
}

/// What was typed as a code is written: without blanks around it, in capital letters. None where it is no code.
fn code(typed: &str) -> Option<String> {
    let typed = typed.trim().to_ascii_uppercase();
    CreditCode::parse(&typed).is_ok().then_some(typed)
}

/// Whether somebody sees the organisations among which a name is looked for. Others see their own alone, and may mean another.
fn sees_all(visit: &Visit<'_>) -> bool {
    Visibility::of(&visit.who.identity.actor).all
}

/// The first organisations that have a text in their names, and whether there are more.
async fn listed(visit: &Visit<'_>, part: &str) -> Result<(Vec<Doc>, bool), Refusal> {
    let asked = [("name".to_owned(), part.trim().to_owned()), ("limit".to_owned(), "200".to_owned())];
    let listed = visit.look(&with_query("/v1/organisations", &asked)).await?;
    Ok((listed.list("data"), listed.has("next_cursor")))
}

/// An organisation by its name and its code.
fn named(one: &Doc) -> String {
    format!("{} {}", one.text("name"), one.text("credit_code"))
}

/// Who has a text in their names.
#[derive(Debug)]
pub enum Meant {
    /// One alone: the page is at this address.
    At(String),
    /// Several, to choose from on a page of their own; or nobody.
    Unclear(String),
}

/// Whom a filter means that is set to something else than a code; none where all are set to codes.
pub async fn meant(visit: &Visit<'_>) -> Result<Option<Meant>, Refusal> {
    let is_other = |(name, value): &&(String, String)| {
        let is_as_written = value == NONE || code(value).as_ref() == Some(value);
        MEMBERS.contains(&name.as_str()) && !is_as_written
    };
    let Some((name, typed)) = visit.query.iter().find(is_other).filter(|_| sees_all(visit)) else {
        return Ok(None);
    };
    if let Some(code) = code(typed) {
        return Ok(Some(Meant::At(visit.with(name, &code))));
    }
    let (found, more) = listed(visit, typed).await?;
    if let ([only], false) = (found.as_slice(), more) {
        return Ok(Some(Meant::At(visit.with(name, &only.text("credit_code")))));
    }
    Ok(Some(Meant::Unclear(choice(visit, (name, typed), (&found, more)).await?)))
}

async fn choice(visit: &Visit<'_>, (name, typed): (&str, &str), (found, more): (&[Doc], bool)) -> Shown {
    let t = visit.t;
    let link = |one: &Doc| Link::new(visit.with(name, &one.text("credit_code")), named(one));
    render(&WhichPage {
        t,
        about: if found.is_empty() { t.none_named(typed) } else { t.named_so(typed) },
        more,
        found: found.iter().map(link).collect(),
        all: visit.without(name),
        page: visit.frame(t.which_organisation().to_owned(), Vec::new()).await,
    })
}

/// A form with codes in the places of whole names that one organisation alone has; what nobody has in a name is left for the
/// API to refuse. Error: others have it in theirs. A part of a name is a guess, which books nothing: whoever sends the form
/// says the code.
pub async fn with_codes(visit: &Visit<'_>, mut fields: Fields) -> Result<Fields, (Fields, Refusal)> {
    let is_other = |(name, value): &(&str, &str)| {
        let member = name.rsplit(['/', '&']).next().unwrap_or_default();
        MEMBERS.contains(&member) && !value.trim().is_empty() && CreditCode::parse(value.trim()).is_err()
    };
    let typed = fields.kept().filter(is_other).filter(|_| sees_all(visit));
    let typed: Vec<_> = typed.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    for (name, typed) in typed {
        if let Some(code) = code(&typed) {
            fields = fields.with(&name, &code);
            continue;
        }
        let Ok((found, more)) = listed(visit, &typed).await else { continue };
        let mut whole = found.iter().filter(|one| one.text("name") == typed);
        match (whole.next(), whole.next()) {
            (Some(only), None) if !more => fields = fields.with(&name, &only.text("credit_code")),
            _ if found.is_empty() => {}
            _ => {
                let mut first: Vec<_> = found.iter().collect();
                first.sort_by_key(|one| one.text("name") != typed);
                let mut said: Vec<_> = first.into_iter().take(NAMED_MOST).map(named).collect();
                said.extend((more || found.len() > NAMED_MOST).then(|| "…".to_owned()));
                let between = visit.t.semicolon();
                let said = visit.t.named_alike(&said.join(between));
                let refusal = Refusal {
                    status: 422,
                    title: visit.t.which_organisation().to_owned(),
                    detail: said.as_str().into(),
                    errors: [(name.trim_start_matches(['#', '?', '+']).to_owned(), said)].into(),
                    ..Refusal::default()
                };
                return Err((fields, refusal));
            }
        }
    }
    Ok(fields)
}
