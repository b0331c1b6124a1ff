//! Reminders: of claims, some late, some due and some not yet.

use rand::Rng;
use subsidy_core::book::{Book, Command};
use subsidy_core::domain::{ClaimId, Date};
use subsidy_core::reminders::{RemindTask, TaskKey};

use super::World;

impl World {
    pub(super) fn remind_of_task(&mut self, book: &Book, today: Date) -> Command {
        let known = self.fitting(&book.claims, 0, |_| true);
        let claim = known.unwrap_or_else(|| ClaimId::new(self.id()));
        Command::RemindTask(RemindTask {
            task: TaskKey::parse(&format!("claim/{claim}/review")).expect("a key"),
            counted_from: self.day(today),
            term_days: self.rng.gen_range(1..30),
            days: self.rng.gen_range(0..10),
        })
    }
}
