//! The console: what people open in a browser.
//!
//! ```text
//! this file   the table of pages; a page stands where its read stands, without /v1
//! answer      how a page is answered, and how a form is
//! visit       one request of somebody: what pages read through it, the forms that they offer, the frame around them
//! form        a form is a write of the API: its fields are JSON pointers into the body
//! session     the cookie, and who it says is signed in
//! texts       every sentence in Chinese and English; words: names of states, kinds and fields
//! doc         an answer of the API as templates read it; figures: amounts and times as people read them
//! layout      the frame and the parts of every page; assets: stylesheet, script, icon
//! sign_in …   a folder for each page: its code and its templates
//! ```
//!
//! A page is a client of the table of routes in `http`, in process: whatever it shows or does, the API decides. There
//! is no second table of permissions: a page may be opened by whoever may call its read, and a form is offered where
//! a dry run of its write is accepted. Everything works without the script.

pub mod answer;
pub mod assets;
pub mod books;
pub mod cases;
pub mod doc;
pub mod figures;
pub mod form;
pub mod layout;
pub mod mine;
pub mod programmes;
pub mod session;
pub mod sign_in;
pub mod tasks;
pub mod texts;
pub mod visit;
pub mod words;

use actix_web::{guard, web};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use subsidy_core::domain::{Actor, AgencyCode, Role};

use crate::http::in_process;
use crate::http::route::Method;
use answer::{At, FORM_BYTES_MAX, answered};
use texts::T;
use visit::{Shown, Visit};

/// What the console knows beside the service: set once, at the start.
#[derive(Debug, Clone, Default)]
pub struct Console {
    /// People of the demonstration: whoever opens the sign-in page may be any of them.
    pub people: Vec<Person>,
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
    Programmes,
    Books,
}

const fn page(
    path: &'static str,
    read: &'static str,
    show: for<'a> fn(&'a Visit<'a>) -> LocalBoxFuture<'a, Shown>,
) -> Page {
    Page { path, read, menu: None, show }
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
    page("/tasks", "/v1/tasks", show!(tasks::show)).under(Group::Work, T::tasks),
    page("/vouchers", "/v1/vouchers", show!(cases::vouchers)).under(Group::Work, T::vouchers),
    page("/vouchers/{id}", "/v1/vouchers/-", show!(cases::voucher)),
    page("/claims", "/v1/claims", show!(cases::claims)).under(Group::Work, T::claims),
    page("/claims/{id}", "/v1/claims/-", show!(cases::claim)),
    page("/programmes", "/v1/programmes", show!(programmes::list)).under(Group::Programmes, T::programmes),
    page("/programmes/{code}", "/v1/programmes/-", show!(programmes::one)),
    page("/reports/trial-balance", "/v1/reports/trial-balance", show!(books::trial_balance)).under(Group::Books, T::trial_balance),
    page("/reports", "/v1/reports/permissions", show!(books::reports)).under(Group::Books, T::reports),
    page("/reports/{name}", "/v1/reports/permissions", show!(books::report)),
    page("/ledger/transactions", "/v1/ledger/transactions", show!(books::transactions)).under(Group::Books, T::transactions),
    page("/ledger/transactions/{sequence}", "/v1/ledger/transactions/-", show!(books::transaction)),
    page("/me", "/v1/me", show!(sign_in::me)),
];

/// The first page of somebody's menu.
pub fn home(actor: &Actor) -> &'static str {
    let mut entries = PAGES.iter().filter(|page| page.menu.is_some_and(|menu| (menu.meant_for)(actor)));
    entries.find(|page| page.opens_for(actor)).map_or("/me", |page| page.path)
}

/// Adds the console to the service.
pub fn configure(console: Console) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config.app_data(web::Data::new(console.clone()));
        config.service(web::resource("/assets/{digest}/{name}").route(web::get().to(assets::serve)));
        config.service(web::resource("/favicon.ico").route(web::get().to(assets::icon)));
        config.service(web::resource("/").route(reading().to(answer::begin)));
        let signing_in = web::resource("/sign-in").route(reading().to(sign_in::show));
        config.service(signing_in.route(web::post().to(sign_in::post)));
        config.service(web::resource("/sign-out").route(web::post().to(sign_in::out)));
        for page in PAGES {
            let shown = move |at: At, request| async move {
                answered(answer::show(page, &at, &request).await, &request)
            };
            let sent = move |at: At, request, bytes| async move {
                answered(answer::post(page, &at, &request, bytes, sign_in::again).await, &request)
            };
            let resource = web::resource(page.path)
                .app_data(web::PayloadConfig::new(FORM_BYTES_MAX))
                .route(reading().to(shown))
                .route(web::post().to(sent));
            config.service(resource);
        }
        config.default_service(web::to(answer::nowhere));
    }
}

fn reading() -> actix_web::Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
