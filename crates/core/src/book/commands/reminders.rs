//! Tasks that are late or about to be due, told of.

use super::calendar;
use crate::book::Key;
use crate::book::context::{Context, Decide, Reads};
use crate::book::effects::{Change, Decision, Effects, Outcome};
use crate::book::refusal::{AccessError, Stop};
use crate::calendar::rules;
use crate::reminders::{RemindTask, remind};

/// A reminder moves no money and no state: what is told of stays as it is.
impl Decide for RemindTask {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Reminder(self.task.clone()));
        let days = rules::ahead_of(self.counted_from, u32::from(self.term_days));
        reads.extend(days.map(Key::CalendarDay));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let before = context.book.reminders.get(&self.task)?;
        let named = |day| calendar::kind(context, day);
        let due_on = rules::after(self.counted_from, u32::from(self.term_days), named)?;
        let reminder = remind(before, self, due_on, context.stamp).map_err(AccessError::from)?;
        let effects = Effects::from(Change::Reminder(Box::new(reminder.clone())));
        Ok(Decision { effects, outcome: Outcome::TaskReminder(Box::new(reminder)) })
    }
}
