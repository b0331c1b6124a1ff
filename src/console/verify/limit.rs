//! How often a sender may ask: so many times a minute. One process counts for itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Questions of a sender in a minute.
const A_MINUTE: u32 = 20;

#[derive(Default)]
struct Counted {
    minute: i64,
    by_sender: HashMap<Option<IpAddr>, u32>,
}

static COUNTED: LazyLock<Mutex<Counted>> = LazyLock::new(Mutex::default);

/// Whether a sender may ask at this second.
pub(super) fn admits(sender: Option<IpAddr>, second: i64) -> bool {
    let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    let minute = second.div_euclid(60);
    if counted.minute != minute {
        *counted = Counted { minute, by_sender: HashMap::new() };
    }
    let asked = counted.by_sender.entry(sender).or_default();
    *asked += 1;
    *asked <= A_MINUTE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_refused_after_so_many_questions_until_the_next_minute() {
        let sender = Some(IpAddr::from([192, 0, 2, 1]));
        assert!((0..A_MINUTE).all(|_| admits(sender, 600)));
        assert!(!admits(sender, 659) && admits(Some(IpAddr::from([192, 0, 2, 2])), 659));
        assert!(admits(sender, 660));
    }
}
