//! Whose documents tags are: the organisations that they name, and the parties of the loans and contracts that they name.

use crate::book::{Book, Command, Fault, Key, Keys};
use crate::domain::CreditCode;
use crate::tags::TagSubject;

/// The tags that a command judges, as keys, with the list that they came with.
fn judged(command: &Command, book: &Book) -> Keys {
    match command {
        Command::ApproveTag(c) => Keys::from([Key::Tag(c.id)]),
        Command::RejectTag(c) => Keys::from([Key::Tag(c.id)]),
        Command::ApproveTagEnd(c) => Keys::from([Key::Tag(c.id)]),
        Command::RejectTagEnd(c) => Keys::from([Key::Tag(c.id)]),
        Command::ApproveTagImport(c) => of_list(c.id, book),
        Command::RejectTagImport(c) => of_list(c.id, book),
        _ => Keys::new(),
    }
}

fn of_list(id: crate::domain::TagImportId, book: &Book) -> Keys {
    let tags = book.tag_imports.peek(&id).into_iter().flat_map(|list| list.tags().map(Key::Tag));
    tags.chain([Key::TagImport(id)]).collect()
}

/// What a subject's parties are read from.
pub(in crate::book) fn subject(subject: &TagSubject) -> Option<Key> {
    match subject {
        TagSubject::Organisation(_) => None,
        TagSubject::Loan(id) => Some(Key::Loan(*id)),
        TagSubject::Rental(id) => Some(Key::Rental(*id)),
    }
}

/// The keys of [`parties`], as far as the book shows them already.
pub(in crate::book) fn keys(command: &Command, book: &Book) -> Keys {
    let mut keys = judged(command, book);
    let subjects: Vec<Key> =
        keys.iter().filter_map(|key| tagged(key, book)).filter_map(|s| subject(&s)).collect();
    keys.extend(subjects);
    keys
}

fn tagged(key: &Key, book: &Book) -> Option<TagSubject> {
    match key {
        Key::Tag(id) => book.tags.peek(id).map(|tag| tag.subject),
        _ => None,
    }
}

pub(super) fn parties(command: &Command, book: &Book) -> Result<Vec<CreditCode>, Fault> {
    let mut parties = Vec::new();
    for key in judged(command, book) {
        let Key::Tag(id) = key else { continue };
        match book.tags.get(&id)?.map(|tag| tag.subject) {
            None => {}
            Some(TagSubject::Organisation(code)) => parties.push(code),
            Some(TagSubject::Loan(id)) => {
                parties
                    .extend(book.loans.get(&id)?.into_iter().flat_map(|loan| [loan.organisation, loan.bank]));
            }
            Some(TagSubject::Rental(id)) => parties.extend(super::of_rental(id, book)?),
        }
    }
    Ok(parties)
}
