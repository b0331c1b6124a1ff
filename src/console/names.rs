//! What programmes and organisations are called: asked of the API, many together, and each once for a page.

use std::collections::BTreeSet;

use super::doc::Doc;
use super::visit::Visit;
use crate::http::route::Method;
use subsidy_core::domain::CreditCode;

/// Organisations that are asked for at once: the longest page of a list.
const NAMED_AT_ONCE: usize = 200;

impl Visit<'_> {
    /// What an organisation is called; its code where the person may not know.
    pub async fn organisation(&self, code: &str) -> String {
        self.named(format!("/v1/organisations/{code}"), code, |found| found.text("name")).await
    }

    /// Learns what is called what from a list that was read.
    pub fn learn(&self, target: &str, found: &Doc) {
        let (path, code, name) = match target.split('?').next().unwrap_or_default() {
            "/v1/organisations" => ("/v1/organisations", "credit_code", "name"),
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
