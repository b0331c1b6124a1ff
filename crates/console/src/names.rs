//! What programmes and organisations are called: asked of the API, many together, and each once for a page.

use std::collections::BTreeSet;

use super::doc::Doc;
use super::visit::Visit;
use subsidy_core::domain::CreditCode;
use subsidy_http::handler::Visibility;
use subsidy_http::route::Method;

/// Organisations that are asked for at once: the longest page of a list.
const NAMED_AT_ONCE: usize = 200;
/// Whom an enterprise may name as its provider.
const PROVIDERS: &str = "/v1/providers";
/// So many of them are looked at for a name, or somewhat more.
const PROVIDERS_MOST: usize = 1_000;

impl Visit<'_> {
    /// What an organisation is called; its code where the person may not know.
    pub async fn organisation(&self, code: &str) -> String {
        self.learn_providers(code).await;
        self.named(format!("/v1/organisations/{code}"), code, |found| found.text("name")).await
    }

    /// Whether somebody may open the page of an organisation that is there: their own, or any of them.
    pub fn opens_organisation(&self, code: &str) -> bool {
        let actor = &self.who.identity.actor;
        let is_own = actor.organisation.is_some_and(|own| own.as_str() == code);
        (Visibility::of(actor).all || is_own) && self.may(Method::Get, "/v1/organisations/-")
    }

    /// Learns what is called what from a list that was read.
    pub fn learn(&self, target: &str, found: &Doc) {
        let (path, code, name) = match target.split('?').next().unwrap_or_default() {
            // whoever sees no other organisation may look up providers
            "/v1/organisations" | PROVIDERS => ("/v1/organisations", "credit_code", "name"),
            "/v1/programmes" => ("/v1/programmes", "code", self.title()),
            _ => return,
        };
        let named = found.list("data").into_iter();
        let named = named.map(|one| (format!("{path}/{}", one.text(code)), one.text(name)));
        self.gathered.names.borrow_mut().extend(named.filter(|(_, name)| !name.is_empty()));
    }

    /// Learns what organisations are called, all at once: a page of a hundred rows names a hundred of them.
    pub async fn learn_organisations(&self, codes: impl IntoIterator<Item = String>) {
        let target = |code: &str| format!("/v1/organisations/{code}");
        let is_code = |code: &String| CreditCode::parse(code).is_ok();
        let unknown: BTreeSet<String> = codes.into_iter().filter(is_code).collect();
        let known = |code: &String| self.gathered.names.borrow().contains_key(&target(code));
        for code in &unknown {
            self.learn_providers(code).await;
        }
        let unknown: Vec<String> = unknown.into_iter().filter(|code| !known(code)).collect();
        for some in unknown.chunks(NAMED_AT_ONCE) {
            let asked = format!("/v1/organisations?credit_code={}&limit={NAMED_AT_ONCE}", some.join(","));
            let Ok(found) = self.look(&asked).await else { return };
            // who is not seen is called by the code
            let codes = some.iter().map(|code| (target(code), code.clone()));
            self.gathered.names.borrow_mut().extend(codes);
            self.learn(&asked, &found);
        }
    }

    /// Learns once what providers are called, where another organisation than their own is named to an enterprise.
    async fn learn_providers(&self, code: &str) {
        let enterprise = Visibility::of(&self.who.identity.actor).organisation;
        let is_another = enterprise.is_some_and(|own| !code.is_empty() && own.as_str() != code);
        let known = |path: &str| self.gathered.names.borrow().contains_key(path);
        if !is_another || known(&format!("/v1/organisations/{code}")) || !self.may(Method::Get, PROVIDERS) {
            return;
        }
        if !self.gathered.providers.replace(true)
            && let Ok(found) =
                self.look_whole(&format!("{PROVIDERS}?limit={NAMED_AT_ONCE}"), PROVIDERS_MOST).await
        {
            self.learn(PROVIDERS, &found);
        }
    }

    /// What a programme is called; nothing for experts, who do not read programmes.
    pub async fn programme(&self, code: &str) -> String {
        if !self.may(Method::Get, "/v1/programmes/-") {
            return String::new();
        }
        // a page names many of them: they are asked for together
        if !code.is_empty() && !self.gathered.programmes.replace(true) {
            let target = "/v1/programmes?limit=200";
            if let Ok(found) = self.look(target).await {
                self.learn(target, &found);
            }
        }
        self.named(format!("/v1/programmes/{code}"), code, |found| found.text(self.title())).await
    }

    /// The member of a programme that is its name in the page's language.
    fn title(&self) -> &'static str {
        if self.t.is_english() { "title.en" } else { "title.zh" }
    }

    async fn named(&self, target: String, code: &str, name: impl Fn(&Doc) -> String) -> String {
        if code.is_empty() {
            return String::new();
        }
        let known = self.gathered.names.borrow().get(&target).cloned();
        if let Some(known) = known {
            return known;
        }
        let found = self.look(&target).await.map(|found| name(&found)).unwrap_or_default();
        let name = if found.is_empty() { code.to_owned() } else { found };
        self.gathered.names.borrow_mut().insert(target, name.clone());
        name
    }
}
