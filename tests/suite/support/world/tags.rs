//! Tags: such as wait, are approved, refused and ended, by themselves and by the list.

use rand::Rng;
use subsidy_core::book::{Book, Command};
use subsidy_core::domain::{ContentHash, Date, LoanId, Points, RentalId, TagId, TagImportId};
use subsidy_core::organisations::{Category, Size};
use subsidy_core::programmes::policy::*;
use subsidy_core::programmes::{Instrument, Policy};
use subsidy_core::tags::*;

use super::{ORGANISATIONS, PROVIDERS, World, label, line, organisation};

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

    /// Says something of lists and tiers in some rules, as the instrument allows.
    pub(super) fn lists(&mut self, policy: &mut Policy, instrument: Instrument) {
        let lent = instrument == Instrument::InterestSubsidy;
        let rules = &mut policy.eligibility;
        rules.tags_any = self.maybe(12, Self::names);
        rules.tags_all = self.maybe(20, Self::names);
        rules.tags_none = self.maybe(6, Self::names);
        if lent {
            let bank = |w: &mut Self| BankRule {
                tags_any: w.maybe(2, Self::names),
                tags_none: w.maybe(2, Self::names),
            };
            // few loans are claimed on, and fewer under later rules
            rules.bank = self.maybe(3, bank);
        } else {
            let provider = |w: &mut Self| ProviderRule {
                tags_any: w.maybe(3, Self::names),
                tags_none: w.maybe(2, Self::names),
                categories: w.maybe(8, |_| vec![Category::PrivateEnterprise]),
            };
            rules.provider = self.maybe(8, provider);
        }
        let project = |w: &mut Self| ProjectRule {
            tags_any: w.maybe(2, Self::names),
            investment_min: if lent { w.maybe(2, |w| w.amount(6, 9)) } else { None },
        };
        rules.project = self.maybe(15, project);
        if instrument == Instrument::Grant || self.one_in(2) {
            return;
        }
        let count = self.rng.gen_range(1..4);
        policy.tiers = Some((0..count).map(|_| self.tier(policy, lent)).collect());
        policy.tier_required = self.maybe(8, |w| w.one_in(2));
    }

    fn tier(&mut self, policy: &Policy, lent: bool) -> Tier {
        let when = TierWhen {
            tags_any: self.maybe(2, Self::names),
            categories: self.maybe(5, |w| vec![w.pick(&[Category::PrivateEnterprise, Category::University])]),
            sizes: self.maybe(8, |w| vec![w.pick(&[Size::Micro, Size::Small])]),
            startup: self.maybe(4, |w| w.one_in(2)),
            regions: self.maybe(10, |_| vec![label("浦东")]),
            project_tags_any: self.maybe(8, Self::names),
            base_above: if lent { None } else { self.maybe(5, |w| w.amount(5, 8)) },
            base_up_to: None,
        };
        let base_up_to =
            if lent || when.base_above.is_some() { None } else { self.maybe(5, |w| w.amount(7, 9)) };
        let points = |w: &mut Self| PointsRule {
            max: Some(Points::parse(w.pick(&["0.5", "1", "1.5"])).expect("points")),
            ..policy.points.clone().unwrap_or_default()
        };
        let caps = |w: &mut Self| TierCaps {
            claim: w.maybe(3, |w| w.amount(5, 9)),
            annual: policy.caps.annual.clone().map(|annual| AnnualCap { amount: w.amount(5, 9), ..annual }),
            lifetime: w.maybe(3, |w| w.amount(6, 10)),
            minimum_base: None,
        };
        Tier {
            when: TierWhen { base_up_to, ..when },
            items: if lent { None } else { self.maybe(2, Self::items) },
            points: if lent { self.maybe(2, points) } else { None },
            caps: self.maybe(2, caps),
        }
    }

    fn names(&mut self) -> Vec<TagName> {
        vec![self.tag_name()]
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
