//! Verified tokens by the SHA-256 of their text: a signature is checked once, not with every request.
//!
//! An entry serves until its token expires and no longer than the set of keys that verified it. The oldest
//! entry makes room for a new one.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};

use super::Identity;

pub(super) const CACHED_TOKENS_MAX: usize = 10_000;

pub(super) type TokenDigest = [u8; 32];

#[derive(Debug, Default)]
pub(super) struct TokenCache {
    entries: HashMap<TokenDigest, Entry>,
    oldest_first: VecDeque<TokenDigest>,
}

#[derive(Debug)]
struct Entry {
    identity: Identity,
    keys_generation: u64,
}

impl TokenCache {
    pub(super) fn get(
        &self,
        digest: &TokenDigest,
        keys_generation: u64,
        now: DateTime<Utc>,
    ) -> Option<&Identity> {
        let entry = self.entries.get(digest)?;
        let serves = entry.keys_generation == keys_generation && now < entry.identity.expires_at;
        serves.then_some(&entry.identity)
    }

    pub(super) fn insert(
        &mut self,
        digest: TokenDigest,
        keys_generation: u64,
        identity: Identity,
        now: DateTime<Utc>,
    ) {
        // The leeway for clocks lets a token in shortly after its end; it is not remembered.
        if identity.expires_at <= now {
            return;
        }
        if self.entries.insert(digest, Entry { identity, keys_generation }).is_some() {
            return;
        }
        self.oldest_first.push_back(digest);
        while self.oldest_first.len() > CACHED_TOKENS_MAX {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use chrono::TimeDelta;

    use super::*;
    use subsidy_core::domain::actor::{Actor, Role, Roles, Subject};
    use subsidy_core::domain::agency_code::AgencyCode;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000, 0).unwrap()
    }

    fn identity(seconds: i64) -> Identity {
        let actor =
            Actor { subject: Subject::parse("u").unwrap(), roles: Role::Auditor.into(), organisation: None };
        Identity {
            agency: AgencyCode::parse("a").unwrap(),
            actor,
            ungranted: Roles::NONE,
            token: None,
            issued_at: None,
            expires_at: now() + TimeDelta::seconds(seconds),
        }
    }

    fn digest(number: usize) -> TokenDigest {
        let mut digest = [0; 32];
        digest.first_chunk_mut::<8>().unwrap().copy_from_slice(&number.to_be_bytes());
        digest
    }

    #[test]
    fn a_token_is_served_until_the_second_it_expires() {
        let mut cache = TokenCache::default();
        cache.insert(digest(1), 0, identity(10), now());
        let just_before = now() + TimeDelta::milliseconds(9_999);
        assert_eq!(cache.get(&digest(1), 0, just_before), Some(&identity(10)));
        assert_eq!(cache.get(&digest(1), 0, now() + TimeDelta::seconds(10)), None);
        assert_eq!(cache.get(&digest(2), 0, now()), None);
        cache.insert(digest(3), 0, identity(0), now());
        assert_eq!(cache.entries.len(), 1);
    }

    #[test]
    fn a_change_of_the_keys_ends_what_they_verified() {
        let mut cache = TokenCache::default();
        cache.insert(digest(1), 0, identity(10), now());
        assert_eq!(cache.get(&digest(1), 1, now()), None);
        cache.insert(digest(1), 1, identity(10), now());
        assert!(cache.get(&digest(1), 1, now()).is_some());
        assert_eq!(cache.oldest_first.len(), 1);
    }

    #[test]
    fn it_never_holds_more_than_its_limit_and_forgets_the_oldest() {
        let mut cache = TokenCache::default();
        for number in 0..CACHED_TOKENS_MAX + 5 {
            cache.insert(digest(number), 0, identity(10), now());
        }
        assert_eq!((cache.entries.len(), cache.oldest_first.len()), (CACHED_TOKENS_MAX, CACHED_TOKENS_MAX));
        assert!(cache.get(&digest(4), 0, now()).is_none());
        assert!(cache.get(&digest(5), 0, now()).is_some());
    }
}
