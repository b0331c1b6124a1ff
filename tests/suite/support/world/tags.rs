//! Tags: such as wait, are approved, refused and ended, by themselves and by the list.

use rand::Rng;
use subsidy_core::book::{Book, Command};
use subsidy_core::domain::{ContentHash, Date, LoanId, RentalId, TagId, TagImportId};
use subsidy_core::tags::*;

use super::{ORGANISATIONS, PROVIDERS, World, line, organisation};

impl World {
    pub fn tag(&mut self, book: &Book, today: Date) -> Command {
        let waits = |tag: &Tag| tag.import.is_none() && tag.status == TagStatus::Proposed;
        let ends = |tag: &Tag| tag.end.as_ref().is_some_and(|end| end.status == TagStatus::Proposed);
        let decided = match self.rng.gen_range(0..12) {
            0..4 => self.found(&book.tags, 15, waits).map(|id| {
                if self.one_in(3) {
                    Command::RejectTag(RejectTag { id, reason: self.hash() })
                } else {
                    Command::ApproveTag(ApproveTag { id })
                }
            }),
            4..6 => self.found(&book.tags, 15, ends).map(|id| {
                if self.one_in(2) {
                    Command::RejectTagEnd(RejectTagEnd { id, reason: self.hash() })
                } else {
                    Command::ApproveTagEnd(ApproveTagEnd { id })
                }
            }),
            6..8 => self.found(&book.tags, 15, |tag| tag.status == TagStatus::Approved).map(|id| {
                let until = self.day(today);
                Command::ProposeTagEnd(ProposeTagEnd { id, until, document: line("公告2号") })
            }),
            8..10 => self.found(&book.tag_imports, 15, |list| list.status == TagStatus::Proposed).map(|id| {
                if self.one_in(2) {
                    Command::RejectTagImport(RejectTagImport { id, reason: self.hash() })
                } else {
                    Command::ApproveTagImport(ApproveTagImport { id })
                }
            }),
            10 => Some(self.list(today)),
            _ => None,
        };
        decided.unwrap_or_else(|| self.new_tag(book, today))
    }

    fn new_tag(&mut self, book: &Book, today: Date) -> Command {
        let subject = match self.rng.gen_range(0..6) {
            0 => TagSubject::Loan(
                self.fitting(&book.loans, 8, |_| true).unwrap_or_else(|| LoanId::new(self.id())),
            ),
            1 => TagSubject::Rental(
                self.fitting(&book.rentals, 8, |_| true).unwrap_or_else(|| RentalId::new(self.id())),
            ),
            _ => self.tagged(),
        };
        let (id, tag) = (TagId::new(self.id()), self.tag_name());
        let (from, until) = (self.day(today), self.last_day(today));
        let document = line("公告1号");
        Command::ProposeTag(Box::new(ProposeTag { id, tag, subject, from, until, document }))
    }

    fn list(&mut self, today: Date) -> Command {
        let lines = self.rng.gen_range(1..6);
        let entry = |world: &mut Self| {
            let from = world.day(today);
            TagEntry::new(&world.tagged(), from, Some(from).filter(|_| world.one_in(2)))
        };
        let entries = (0..lines).map(|_| entry(self)).collect();
        Command::ProposeTagImport(Box::new(ProposeTagImport {
            id: TagImportId::new(self.id()),
            tag: self.tag_name(),
            kind: TagSubjectKind::Organisation,
            document: line("名单1号"),
            sha256: ContentHash::new(self.rng.r#gen()),
            entries: TagEntries::new(entries).expect("a list"),
        }))
    }

    fn tagged(&mut self) -> TagSubject {
        TagSubject::Organisation(organisation(self.rng.gen_range(0..ORGANISATIONS + PROVIDERS)))
    }

    fn last_day(&mut self, today: Date) -> Option<Date> {
        if self.one_in(3) { Some(self.day(today)) } else { None }
    }

    pub fn tag_name(&mut self) -> TagName {
        let name = self.pick(&["little_giant", "recognised", "barred"]);
        TagName::parse(name).expect("a tag")
    }
}
