//! The console: what people open in a browser.
//!
//! ```text
//! this file   the table of pages; a page stands where its read stands, without /v1
//! answer      how a page is answered, and how a form is
//! visit       one request of somebody: what pages read through it, the forms that they offer, the frame around them
//! form        a form is a write of the API: its fields are JSON pointers into the body; sent: how one arrives
//! acts        the writes that pages offer, described once; records: lists and documents, the same
//! session     the cookie, and who it says is signed in
//! texts       every sentence in Chinese and English; words: names of states, kinds and fields
//! limit       how often a sender may ask
//! doc         an answer of the API as templates read it; figures: amounts and times as people read them
//! layout      the frame and the parts of every page; assets: stylesheet, script, icon
//! sign_in …   a folder for each page: its code and its templates
//! ```
//!
//! A page is a client of the table of routes of `crates/http`, in process: whatever it shows or does, the API decides. There
//! is no second table of permissions: a page may be opened by whoever may call its read, and a form is offered where
//! a dry run of its write is accepted. Everything works without the script.

pub mod acts;
pub mod answer;
pub mod assets;
pub mod audit;
pub mod books;
pub mod cases;
pub mod dashboard;
pub mod doc;
pub mod figures;
pub mod form;
pub mod interest;
pub mod layout;
pub mod limit;
pub mod mine;
mod names;
pub mod papers;
pub mod people;
pub mod programmes;
pub mod records;
pub mod sent;
pub mod session;
pub mod sign_in;
pub mod tasks;
pub mod texts;
pub mod verify;
pub mod visit;
pub mod words;

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::{guard, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use subsidy_core::domain::{Actor, AgencyCode, Role};

use answer::{At, answered};
use sent::FORM_BYTES_MAX;
use subsidy_auth::code_flow::CodeFlow;
use subsidy_http::Pages;
use subsidy_http::in_process;
use subsidy_http::route::Method;
use texts::T;
use visit::{Shown, Visit};

/// What the console knows beside the service: set once, at the start.
#[derive(Debug, Clone, Default)]
pub struct Console {
    /// People of the demonstration: whoever opens the sign-in page may be any of them.
    pub people: Vec<Person>,
    /// How people sign in at the identity provider, where that is set up.
    pub provider: Option<Arc<CodeFlow>>,
    /// The font of papers as PDF, where it is not one of those that are found.
    pub font: Option<PathBuf>,
    /// Whether the public address is `https`: the cookie is then `Secure`, and its name says so.
    pub secure: bool,
}

/// Somebody whom the sign-in page offers.
#[derive(Debug, Clone)]
pub struct Person {
    pub agency: AgencyCode,
    pub agency_name: String,
    pub actor: Actor,
    /// In Chinese and in English.
    pub name: [String; 2],
}

#[derive(Debug, Clone, Copy)]
pub struct Page {
    pub path: &'static str,
    /// The read without which it is nothing: who may call it may open the page.
    pub read: &'static str,
    /// Where it stands in the menu.
    pub menu: Option<Menu>,
    /// Whether it is the read's answer as it is.
    pub raw: bool,
    pub show: for<'a> fn(&'a Visit<'a>) -> LocalBoxFuture<'a, Shown>,
}

/// An entry of the menu.
#[derive(Debug, Clone, Copy)]
pub struct Menu {
    pub group: Group,
    pub name: fn(T) -> &'static str,
    /// Of those who may open the page, whom it is for.
    pub meant_for: fn(&Actor) -> bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Work,
    Money,
    Programmes,
    Books,
    House,
}

const fn page(
    path: &'static str,
    read: &'static str,
    show: for<'a> fn(&'a Visit<'a>) -> LocalBoxFuture<'a, Shown>,
) -> Page {
    Page { path, read, menu: None, raw: false, show }
}

impl Page {
    const fn under(mut self, group: Group, name: fn(T) -> &'static str) -> Self {
        self.menu = Some(Menu { group, name, meant_for: |_| true });
        self
    }

    const fn for_whom(mut self, meant_for: fn(&Actor) -> bool) -> Self {
        if let Some(menu) = &mut self.menu {
            menu.meant_for = meant_for;
        }
        self
    }

    /// A file of the API, handed on as it is.
    const fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// Whether it is of one document.
    pub fn id(&self) -> bool {
        self.path.ends_with('}')
    }

    /// Whether somebody may open it.
    pub fn opens_for(&self, actor: &Actor) -> bool {
        in_process::route(Method::Get, self.read).is_some_and(|(route, _)| route.permission.allows(actor))
    }
}

macro_rules! show {
    ($page:path) => {
        |visit| $page(visit).boxed_local()
    };
}

/// Every page of whoever is signed in.
#[rustfmt::skip]
pub static PAGES: &[Page] = &[
    page("/mine", "/v1/vouchers", show!(mine::show)).under(Group::Work, T::mine).for_whom(|actor| actor.has(Role::Enterprise)),
    page("/tasks", "/v1/tasks", show!(tasks::show)).under(Group::Work, T::tasks).for_whom(works),
    page("/reminders", "/v1/reminders", show!(records::list)).under(Group::Work, T::reminders),
    page("/vouchers", "/v1/vouchers", show!(records::list)).under(Group::Work, T::vouchers),
    page("/vouchers/{id}", "/v1/vouchers/-", show!(cases::voucher)),
    page("/vouchers/{id}/paper", "/v1/vouchers/-", show!(papers::voucher)),
    page("/claims", "/v1/claims", show!(records::list)).under(Group::Work, T::claims),
    page("/claims/new", "/v1/claims", show!(cases::new)).under(Group::Work, T::new_claim).for_whom(|actor| actor.has(Role::Enterprise)),
    page("/claims/{id}", "/v1/claims/-", show!(cases::claim)),
    page("/claims/{id}/edit", "/v1/claims/-", show!(cases::edit)),
    page("/claims/{id}/receipt", "/v1/claims/-", show!(papers::receipt)),
    page("/claims/{id}/sheet", "/v1/claims/-", show!(papers::sheet)),
    page("/rentals", "/v1/rentals", show!(records::list)).under(Group::Work, T::rentals),
    page("/rentals/{id}", "/v1/rentals/-", show!(records::one)),
    page("/rentals/{id}/usage/imports/{import}", "/v1/rentals/-/usage/imports/-", show!(records::one)),
    page("/usage/unmatched", "/v1/usage/unmatched", show!(records::list)).under(Group::Work, T::unclaimed_usage),
    page("/invoices/unmatched", "/v1/invoices/unmatched", show!(records::list)).under(Group::Work, T::unmetered_invoices),
    page("/loans", "/v1/loans", show!(records::list)).under(Group::Work, T::loans),
    page("/loans/interest-run", "/v1/loans/interest-run", show!(interest::run)).under(Group::Work, T::interest_run).for_whom(|actor| actor.has(Role::Officer)),
    page("/loans/{id}/quote", "/v1/loans/-", show!(interest::quote)),
    page("/quotes", "/v1/me", show!(interest::quote)).under(Group::Work, T::quotes).for_whom(|actor| !people::may(actor)),
    page("/loans/{id}", "/v1/loans/-", show!(records::one)),
    page("/evidence", "/v1/evidence", show!(records::list)).under(Group::Work, T::documents),
    page("/evidence/{id}", "/v1/evidence/-", show!(records::one)),
    page("/evidence/{id}/content", "/v1/evidence/-/content", show!(records::one)).raw(),
    page("/calls", "/v1/calls", show!(records::list)).under(Group::Work, T::calls),
    page("/calls/{id}", "/v1/calls/-", show!(records::one)),
    page("/applications", "/v1/applications", show!(records::list)).under(Group::Work, T::applications),
    page("/applications/{id}", "/v1/applications/-", show!(records::one)),
    page("/awards", "/v1/awards", show!(records::list)).under(Group::Work, T::awards),
    page("/awards/{id}", "/v1/awards/-", show!(records::one)),
    page("/publicity", "/v1/publicity", show!(records::list)).under(Group::Work, T::publicity),
    page("/payment-batches", "/v1/payment-batches", show!(records::list)).under(Group::Money, T::payments),
    page("/payment-batches/{id}", "/v1/payment-batches/-", show!(records::one)),
    page("/payment-batches/{id}/list", "/v1/payment-batches/-", show!(papers::payment_list)),
    page("/recoveries", "/v1/recoveries", show!(records::list)).under(Group::Money, T::recoveries),
    page("/recoveries/{id}", "/v1/recoveries/-", show!(records::one)),
    page("/recoveries/{id}/decision", "/v1/recoveries/-", show!(papers::decision)),
    page("/prefunds", "/v1/prefunds", show!(records::list)).under(Group::Money, T::prefunds),
    page("/prefunds/true-ups", "/v1/prefunds/true-ups", show!(records::list)).under(Group::Money, T::true_ups),
    page("/prefunds/true-ups/{id}", "/v1/prefunds/true-ups/-", show!(records::one)),
    page("/prefunds/balances", "/v1/prefunds/balances", show!(records::list)).under(Group::Money, T::prefund_years),
    page("/prefunds/{id}", "/v1/prefunds/-", show!(records::one)),
    page("/programmes", "/v1/programmes", show!(programmes::list)).under(Group::Programmes, T::programmes),
    page("/programmes/{code}", "/v1/programmes/-", show!(programmes::one)),
    page("/programmes/{code}/try", "/v1/programmes/-/rules", show!(programmes::tried::show)),
    page("/rankings", "/v1/rankings", show!(records::list)).under(Group::Programmes, T::rankings),
    page("/rankings/{id}", "/v1/rankings/-", show!(records::one)),
    page("/organisations", "/v1/organisations", show!(records::list)).under(Group::Programmes, T::organisations),
    page("/organisations/{credit_code}", "/v1/organisations/-", show!(records::one)),
    page("/organisations/{credit_code}/statement", "/v1/organisations/-", show!(papers::statement)),
    page("/tags", "/v1/tags", show!(records::list)).under(Group::Programmes, T::tags),
    page("/tags/imports", "/v1/tags/imports", show!(records::list)).under(Group::Programmes, T::tag_lists),
    page("/tags/imports/{id}", "/v1/tags/imports/-", show!(records::one)),
    page("/tags/{id}", "/v1/tags/-", show!(records::one)),
    page("/statutory-limits", "/v1/statutory-limits", show!(records::list)).under(Group::Programmes, T::statutory_limits),
    page("/statutory-limits/{id}", "/v1/statutory-limits/-", show!(records::one)),
    page("/cap-groups", "/v1/cap-groups", show!(records::list)).under(Group::Programmes, T::cap_groups),
    page("/cap-groups/{code}", "/v1/cap-groups/-", show!(records::one)),
    page("/reference-rates", "/v1/reference-rates", show!(records::list)).under(Group::Programmes, T::reference_rates),
    page("/calendar/changes", "/v1/calendar/changes", show!(records::list)).under(Group::Programmes, T::calendar),
    page("/dashboard", "/v1/reports/budget-execution", show!(dashboard::show)).under(Group::Books, T::dashboard),
    page("/reports/trial-balance", "/v1/reports/trial-balance", show!(books::trial_balance)).under(Group::Books, T::trial_balance),
    page("/reports", "/v1/reports/permissions", show!(books::reports)).under(Group::Books, T::reports),
    page("/reports/{name}", "/v1/reports/permissions", show!(books::report)),
    page("/ledger/transactions", "/v1/ledger/transactions", show!(books::transactions)).under(Group::Books, T::transactions),
    page("/ledger/transactions/{sequence}", "/v1/ledger/transactions/-", show!(books::transaction)),
    page("/periods", "/v1/periods", show!(records::list)).under(Group::Books, T::periods),
    page("/ledger/reversals", "/v1/ledger/reversals", show!(records::list)).under(Group::Books, T::reversals),
    page("/audit", "/v1/audit/checkpoint", show!(audit::show)).under(Group::Books, T::audit_room),
    page("/audit/checkpoint", "/v1/audit/checkpoint", show!(audit::show)).raw(),
    page("/audit/proof/{sequence}", "/v1/audit/proof/-", show!(audit::leaf)).raw(),
    page("/audit/notes", "/v1/audit/notes", show!(records::list)).under(Group::Books, T::audit_notes),
    page("/audit/verifications/{id}", "/v1/audit/verifications/-", show!(audit::verification)),
    page("/audit/entries", "/v1/audit/entries/-", show!(audit::leaf)),
    page("/audit/entries/{sequence}", "/v1/audit/entries/-", show!(audit::leaf)),
    page("/sessions", "/v1/me", show!(people::sessions)).under(Group::House, T::sessions).for_whom(people::may),
    page("/people", "/v1/me", show!(people::accounts::show)).under(Group::House, T::accounts).for_whom(people::may),
    page("/role-grants", "/v1/role-grants", show!(records::list)).under(Group::House, T::role_grants),
    page("/role-grants/{id}", "/v1/role-grants/-", show!(records::one)),
    page("/me", "/v1/me", show!(sign_in::me)),
];

/// Whether anything can wait for somebody: nothing does for whoever only runs the service.
fn works(actor: &Actor) -> bool {
    Role::ALL.iter().any(|role| *role != Role::Operator && actor.has(*role))
}

/// The first page of somebody's menu.
pub fn home(actor: &Actor) -> &'static str {
    let mut entries = PAGES.iter().filter(|page| page.menu.is_some_and(|menu| (menu.meant_for)(actor)));
    entries.find(|page| page.opens_for(actor)).map_or("/me", |page| page.path)
}

const AGAIN: answer::Again =
    |at, request, session, here, fields| sign_in::again(at, request, session, here, fields).boxed_local();

/// Adds the console to the service.
pub fn configure(console: Console) -> Pages {
    Arc::new(move |config| {
        config.app_data(web::Data::new(console.clone()));
        config.service(web::resource("/assets/{digest}/{name}").route(web::get().to(assets::serve)));
        config.service(web::resource("/favicon.ico").route(web::get().to(assets::icon)));
        config.service(web::resource("/").route(reading().to(answer::begin)));
        let signing_in = web::resource("/sign-in").route(reading().to(sign_in::show));
        let signing_in = signing_in.app_data(web::PayloadConfig::new(FORM_BYTES_MAX));
        config.service(signing_in.route(web::post().to(sign_in::post)));
        let leaving = web::resource("/sign-in/provider").route(reading().to(sign_in::provider::leave));
        let leaving = leaving.app_data(web::PayloadConfig::new(FORM_BYTES_MAX));
        config.service(leaving.route(web::post().to(sign_in::provider::leave_with_form)));
        let by_account = web::resource("/sign-in/account").route(web::post().to(sign_in::account::post));
        config.service(by_account.app_data(web::PayloadConfig::new(FORM_BYTES_MAX)));
        let set_up = web::resource("/sign-in/set-up").route(web::post().to(sign_in::account::set_up));
        config.service(set_up.app_data(web::PayloadConfig::new(FORM_BYTES_MAX)));
        let go_on = web::resource("/sign-in/go-on").route(web::post().to(sign_in::account::go_on));
        config.service(go_on.app_data(web::PayloadConfig::new(FORM_BYTES_MAX)));
        config.service(web::resource("/me/account").route(web::post().to(sign_in::own::post)));
        config.service(web::resource("/sign-in/return").route(reading().to(sign_in::provider::returned)));
        config.service(web::resource("/sign-in/leave").route(reading().to(sign_in::provider::sign_out)));
        config.service(web::resource("/verify").route(reading().to(verify::show)));
        config.service(web::resource("/eligibility").route(reading().to(verify::eligible)));
        config.service(web::resource("/published").route(reading().to(verify::published)));
        config.service(web::resource("/sessions/end").route(web::post().to(people::end)));
        config.service(web::resource("/sign-out").route(web::post().to(sign_in::out)));
        for page in PAGES {
            let shown = move |at: At, request| async move {
                answered(answer::show(page, &at, &request).await, &request)
            };
            let sent = move |at: At, request, payload| async move {
                answered(answer::post(page, &at, &request, payload, AGAIN).await, &request)
            };
            let resource = web::resource(page.path).route(reading().to(shown));
            let resource = match page.path {
                // accounts are no documents of the API
                "/people" => resource.route(web::post().to(people::accounts::post)),
                _ => resource.route(web::post().to(sent)),
            };
            config.service(resource);
        }
        config.default_service(web::to(answer::nowhere));
    })
}

fn reading() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
