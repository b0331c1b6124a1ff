//! How often a sender may ask: so many times a minute. One process counts for itself.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Who asked how often in a minute.
#[derive(Debug)]
pub struct Limit {
    a_minute: u32,
    counted: Mutex<(i64, BTreeMap<Option<IpAddr>, u32>)>,
}

impl Limit {
    pub const fn new(a_minute: u32) -> Self {
        Self { a_minute, counted: Mutex::new((0, BTreeMap::new())) }
    }

    /// Whether a sender may ask at this second.
    pub fn admits(&self, sender: Option<IpAddr>, second: i64) -> bool {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = second.div_euclid(60);
        if counted.0 != minute {
            *counted = (minute, BTreeMap::new());
        }
        let asked = counted.1.entry(sender).or_default();
        *asked += 1;
        *asked <= self.a_minute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_refused_after_so_many_questions_until_the_next_minute() {
        let (limit, sender) = (Limit::new(20), Some(IpAddr::from([192, 0, 2, 1])));
        assert!((0..20).all(|_| limit.admits(sender, 600)));
        assert!(!limit.admits(sender, 659) && limit.admits(Some(IpAddr::from([192, 0, 2, 2])), 659));
        assert!(limit.admits(sender, 660));
    }
}
