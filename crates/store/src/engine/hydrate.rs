//! Loads keys into the book: the rows that were read, each under its key.

use std::collections::BTreeMap;
use std::fmt::Debug;

use diesel_async::AsyncPgConnection;

use super::broken::BatchError;
use super::load::{Rows, read};
use crate::db::convert::{self, Unreadable};
use crate::documents::Stored;
use crate::ledger::read_months;
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::book::reversible::reversible;
use subsidy_core::book::{Book, Document, Keys, Loaded, ROUNDS_MAX};
use subsidy_core::documents;
use subsidy_core::domain::dated::Dated;
use subsidy_core::domain::{ClaimId, PaymentBatchId, VoucherId};
use subsidy_core::evidence::Statement;
use subsidy_core::role_grants::HeldRole;
use subsidy_core::tags::HeldTag;

/// Loads keys into the book; a key that is not there is absent from then on.
pub async fn load(conn: &AsyncPgConnection, keys: Keys, book: &mut Book) -> Result<(), BatchError> {
    read(conn, &keys).await?.hydrate(book)?;
    for key in keys {
        book.looked_for(key);
    }
    Ok(())
}

/// What is asked for of the book, read round by round: for a report that asks the rules themselves.
pub async fn read_book(conn: &AsyncPgConnection, asked: impl Fn(&Book) -> Keys) -> Result<Book, UnreadBook> {
    let mut book = Book::default();
    for _ in 0..ROUNDS_MAX {
        let wanted: Keys = asked(&book).into_iter().filter(|key| !book.knows(key)).collect();
        if wanted.is_empty() {
            break;
        }
        load(conn, wanted, &mut book).await.map_err(|error| match error {
            BatchError::Database(error) => UnreadBook::Database(error),
            error => UnreadBook::Unreadable(Unreadable(error.to_string())),
        })?;
    }
    Ok(book)
}

/// Why a book is not read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadBook {
    /// The database did not answer, or refused.
    #[error(transparent)]
    Database(#[from] diesel::result::Error),
    /// A row does not hold what its table promises.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

macro_rules! hydrate_documents {
    ({ $($key:ident($book_key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => {
        impl Rows {
            fn hydrate_documents(&self, book: &mut Book) -> Result<(), Unreadable> {
                $(for row in &self.$loaded {
                    let document = <$type>::from_row(row)?;
                    book.$loaded.load(document.book_key(), document);
                })*
                Ok(())
            }
        }
    };
}
documents! { hydrate_documents }

/// Rows that say their keys beside what stands under them.
macro_rules! pairs {
    ($rows:expr => $loaded:expr) => {
        for row in &$rows {
            let (key, value) = row.read()?;
            $loaded.load(key, value);
        }
    };
}

/// What hangs together, by what it hangs on.
fn group<R, K: Ord + Clone + Debug, T, V: Clone + Default>(
    rows: &[R],
    loaded: &mut Loaded<K, V>,
    read: impl Fn(&R) -> Result<(K, T), Unreadable>,
    add: impl Fn(&mut V, T),
) -> Result<(), Unreadable> {
    let mut groups: BTreeMap<K, V> = BTreeMap::new();
    for row in rows {
        let (key, one) = read(row)?;
        add(groups.entry(key).or_default(), one);
    }
    for (key, all) in groups {
        loaded.load(key, all);
    }
    Ok(())
}

impl Rows {
    /// Puts what was read into the book.
    pub fn hydrate(&self, book: &mut Book) -> Result<(), BatchError> {
        self.hydrate_documents(book)?;
        pairs!(self.texts => book.texts);
        pairs!(self.programme_codes => book.programme_codes);
        pairs!(self.contracts => book.contracts);
        pairs!(self.loan_keys => book.loan_keys);
        pairs!(self.usages => book.usages);
        pairs!(self.numbers => book.numbers);
        pairs!(self.balances => book.balances);
        for (month, turnovers) in read_months(&self.turnovers)? {
            book.turnovers.load(month, turnovers);
        }
        for row in &self.returned_references {
            let true_up = row.read()?;
            if let Some(key) = true_up.reference_key() {
                book.returned_references.load(key, true_up.id);
            }
        }
        for row in &self.leaves {
            let leaf = Leaf::decode(&row.leaf).map_err(|error| BatchError::unreadable(&error.to_string()))?;
            let Some(posted) = &leaf.postings else { continue };
            let day = posted.effective_date;
            if let Some(posting) = reversible(&leaf.command, &leaf.outcome, &posted.lines, day) {
                book.reversible.load(leaf.sequence, posting);
            }
        }
        Ok(self.hydrate_groups(book)?)
    }

    fn hydrate_groups(&self, book: &mut Book) -> Result<(), Unreadable> {
        let placed = |row: &_| {
            let crate::payments::PlacedRow { batch, claim } = row;
            Ok((PaymentBatchId::new(*batch), ClaimId::new(*claim)))
        };
        group(&self.batch_claims, &mut book.batch_claims, placed, Vec::push)?;
        group(
            &self.payable_claims,
            &mut book.payable_claims,
            |row| Ok(((), ClaimId::new(row.id))),
            |claims, claim| {
                claims.insert(claim);
            },
        )?;
        group(
            &self.paid_references,
            &mut book.paid_references,
            |row| row.read(),
            |lines, line| {
                lines.insert(line);
            },
        )?;
        group(
            &self.statements,
            &mut book.statements,
            |row| {
                let invoice = row.read()?;
                Ok((invoice.facts.number.clone(), (invoice.organisation, Statement::from(&invoice))))
            },
            |all, (organisation, statement)| {
                all.insert(organisation, statement);
            },
        )?;
        group(
            &self.live_vouchers,
            &mut book.live_vouchers,
            |row| Ok((convert::read(&row.organisation)?, VoucherId::new(row.id))),
            |ids, id| {
                ids.insert(id);
            },
        )?;
        group(
            &self.uses,
            &mut book.uses,
            |row| row.read().map(|(rental, user, one)| (rental, (user, one))),
            |all, (user, one)| all.insert(user, one),
        )?;
        group(
            &self.loan_uses,
            &mut book.loan_uses,
            |row| row.read().map(|(loan, claim, one)| (loan, (claim, one))),
            |all, (claim, one)| {
                all.insert(claim, one);
            },
        )?;
        group(
            &self.holdings,
            &mut book.holdings,
            |row| row.read().map(|(borrower, claim, principal)| (borrower, (claim, principal))),
            |all, (claim, principal)| {
                all.insert(claim, principal);
            },
        )?;
        let held = |row: &crate::tags::TagRow| {
            let tag = row.read()?;
            Ok((tag.subject, (tag.id, HeldTag::from(&tag))))
        };
        group(&self.tags_of, &mut book.tags_of, held, |all, (id, tag)| drop(all.insert(id, tag)))?;
        let role = |row: &crate::role_grants::RoleGrantRow| {
            let grant = row.read()?;
            Ok((grant.subject.folded(), (grant.id, HeldRole::of(&grant))))
        };
        group(&self.roles_of, &mut book.roles_of, role, |all, (id, role)| {
            all.extend(role.map(|role| (id, role)));
        })?;
        let rate = |row: &crate::reference_rates::ReferenceRateRow| {
            let rate = row.read()?;
            Ok((rate.name.folded(), Dated { date: rate.date, value: rate.percent }))
        };
        group(&self.rate_series, &mut book.rate_series, rate, Vec::push)
    }
}
