//! The books: trial balance → account → transaction → document, and every report.

mod ledger;
mod report;

pub use ledger::{transaction, transactions, trial_balance};
pub use report::{report, reports};

use super::PAGES;
use super::visit::with_query;

/// Where the console shows what an address of the API names; empty where it has no page for it.
pub fn href(link: &str) -> String {
    let Some(target) = link.strip_prefix("/v1") else { return String::new() };
    let path = target.split('?').next().unwrap_or(target);
    let fits = |pattern: &str| {
        let (pattern, path) = (pattern.split('/'), path.split('/'));
        pattern.clone().count() == path.clone().count()
            && pattern.zip(path).all(|(part, text)| part == text || part.starts_with('{'))
    };
    if PAGES.iter().any(|page| fits(page.path)) { target.to_owned() } else { String::new() }
}

/// The page of a report as files.
pub fn exports(path: &str, query: &[(String, String)]) -> Vec<(&'static str, String)> {
    let file = |format: &'static str| {
        let mut query = query.to_vec();
        query.push(("format".to_owned(), format.to_owned()));
        (format, with_query(path, &query))
    };
    ["xlsx", "csv", "parquet", "json"].map(file).to_vec()
}
