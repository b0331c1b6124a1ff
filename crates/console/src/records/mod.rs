//! Lists of documents and single ones, each described once: its columns, its filters, its facts, what may be done with it.
//!
//! ```text
//! cell      a member of an answer as it is shown; choices: what several forms offer
//! list      the page of a list; export: the same as a file
//! one       the page of a document
//! parties, usage, money, claims, grants, limits, house    the descriptions
//! ```

pub mod cell;
pub mod choices;
pub mod claims;
mod drawn;
mod export;
pub mod grants;
pub mod house;
pub mod limits;
mod list;
pub mod money;
mod one;
pub mod parties;
pub mod usage;
mod which;

pub use export::{FORMATS, export};
pub use list::list;
pub use one::{Rows, one, tables};
pub use which::{Meant, meant, with_codes};

use super::acts::{Act, Input, Phrase};
pub use cell::Column;
use subsidy_http::batches::matched;

/// A kind of document.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    /// Of its list; without `/v1` in front it is also the page's.
    pub path: &'static str,
    pub title: Phrase,
    /// What one of them is called, among the words.
    pub noun: &'static str,
    /// The member by which one of them is addressed; empty where it has no page.
    pub id: &'static str,
    /// Where one of them has its page, if not under its list.
    pub page: &'static str,
    pub columns: &'static [Column],
    pub filters: &'static [(&'static str, Input)],
    /// What is in force, above the list: the read that says so, and what is shown of it.
    pub now: Option<(&'static str, &'static [Column])>,
    /// The member of the last column, where that is summed at the foot of a page.
    pub sum: &'static str,
    pub facts: &'static [Column],
    pub tables: &'static [Table],
    /// What a dry run on the document decides.
    pub acts: &'static [Act],
    /// What is offered to whoever may do it: a file or rows, which no sample stands for.
    pub offers: &'static [Act],
    pub creates: &'static [Act],
    /// Files of one of them: what they are called and where the API has them.
    pub files: &'static [(Phrase, &'static str)],
    /// Its papers: what they are called and where they stand under its page.
    pub papers: &'static [(Phrase, &'static str)],
}

/// A table on the page of a document.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub title: Phrase,
    /// A read whose path names members of the document in braces; empty where the document itself has the list.
    pub read: &'static str,
    pub member: &'static str,
    pub columns: &'static [Column],
    /// What may be done with a row.
    pub acts: &'static [Act],
}

pub const fn record(path: &'static str, title: Phrase, columns: &'static [Column]) -> Record {
    Record {
        path,
        title,
        noun: "",
        id: "",
        page: "",
        columns,
        filters: &[],
        now: None,
        sum: "",
        facts: &[],
        tables: &[],
        acts: &[],
        offers: &[],
        creates: &[],
        files: &[],
        papers: &[],
    }
}

pub const fn table(title: Phrase, member: &'static str, columns: &'static [Column]) -> Table {
    Table { title, read: "", member, columns, acts: &[] }
}

impl Table {
    pub const fn of(mut self, read: &'static str) -> Self {
        self.read = read;
        self
    }

    pub const fn with(mut self, acts: &'static [Act]) -> Self {
        self.acts = acts;
        self
    }
}

/// Every kind that has a list.
pub static RECORDS: &[&Record] = &[
    &claims::VOUCHERS,
    &claims::CLAIMS,
    &parties::PARTIES,
    &parties::RENTALS,
    &parties::LOANS,
    &parties::EVIDENCE,
    &usage::UNCLAIMED,
    &usage::UNMETERED,
    &grants::CALLS,
    &grants::APPLICATIONS,
    &grants::AWARDS,
    &grants::RANKINGS,
    &money::BATCHES,
    &money::RECOVERIES,
    &money::PREFUNDS,
    &money::TRUE_UPS,
    &money::PREFUND_YEARS,
    &money::REVERSALS,
    &house::PERIODS,
    &house::CALENDAR,
    &house::RATES,
    &house::NOTES,
    &house::PUBLICITY,
    &house::REMINDERS,
    &house::ROLE_GRANTS,
    &house::TAGS,
    &house::TAG_LISTS,
    &limits::STATUTORY,
    &limits::CAP_GROUPS,
];

/// The kind whose list or document stands at a path.
pub fn at(path: &str) -> Option<&'static Record> {
    if matched("/rentals/{id}/usage/imports/{import}", path).is_some() {
        return Some(&usage::IMPORT);
    }
    let of = RECORDS.iter().copied();
    let fits = |record: &&Record| path == record.path || path.starts_with(&format!("{}/", record.path));
    of.filter(fits).max_by_key(|record| record.path.len())
}
