//! Three answers for a key: present, absent (looked for, not there), not loaded.

use std::collections::BTreeMap;
use std::fmt::Debug;

/// The book cannot answer. A caller gets a 500 and nothing is written; it is never a rule's refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0} was not loaded")]
    NotLoaded(String),
    #[error("{0}")]
    Broken(String),
}

/// What is known of the documents of one kind.
#[derive(Debug, Clone)]
pub struct Loaded<K, V> {
    /// Documents stand apart from the tree: half of a tree's nodes is room, and a replay keeps every document.
    known: BTreeMap<K, Option<Box<V>>>,
    /// Of a changed key, what was loaded; kept only where not everything is known.
    before: BTreeMap<K, Option<Box<V>>>,
    complete: bool,
}

impl<K, V> Default for Loaded<K, V> {
    fn default() -> Self {
        Self { known: BTreeMap::new(), before: BTreeMap::new(), complete: false }
    }
}

/// A document that changed since it was loaded.
#[derive(Debug)]
pub struct Changed<'a, K, V> {
    pub key: &'a K,
    /// What was loaded; none where it was absent.
    pub before: Option<&'a V>,
    pub now: &'a V,
}

impl<K: Ord + Clone + Debug, V: Clone> Loaded<K, V> {
    /// Loaded in which every key that was not put is absent.
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// Whether a key was looked for.
    pub fn knows(&self, key: &K) -> bool {
        self.complete || self.known.contains_key(key)
    }

    /// The document, or none where it is absent. Fault: not loaded.
    pub fn get(&self, key: &K) -> Result<Option<&V>, Fault> {
        match self.known.get(key) {
            Some(slot) => Ok(slot.as_deref()),
            None if self.complete => Ok(None),
            None => Err(Fault::NotLoaded(format!("{key:?}"))),
        }
    }

    /// The document if it is known and present: for `needs`, which asks before everything is loaded.
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.known.get(key).and_then(Option::as_deref)
    }

    /// Puts a document that was loaded.
    pub fn load(&mut self, key: K, value: V) {
        self.known.insert(key, Some(Box::new(value)));
    }

    /// Marks a key as looked for.
    pub fn looked_for(&mut self, key: K) {
        if !self.complete {
            self.known.entry(key).or_insert(None);
        }
    }

    /// Puts a document that was decided.
    pub fn put(&mut self, key: K, value: V) {
        let old = self.known.insert(key.clone(), Some(Box::new(value))).flatten();
        if !self.complete {
            self.before.entry(key).or_insert(old);
        }
    }

    /// Changes a document where it stands; an absent one begins empty. For documents that grow with the ledger: nothing
    /// is copied where everything is known.
    pub fn alter(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        let slot = self.known.entry(key.clone()).or_insert(None);
        if !self.complete {
            self.before.entry(key).or_insert_with(|| slot.clone());
        }
        change(slot.get_or_insert_default());
    }

    /// What changed since it was loaded, in the order of the keys.
    pub fn changed(&self) -> impl Iterator<Item = Changed<'_, K, V>> {
        self.before.iter().filter_map(|(key, before)| {
            let now = self.peek(key)?;
            Some(Changed { key, before: before.as_deref(), now })
        })
    }

    /// The same, as if it had been loaded so.
    #[must_use]
    pub fn settled(self) -> Self {
        Self { before: BTreeMap::new(), ..self }
    }

    /// Of how many keys it is known what stands under them, or that nothing does.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Every document that is present, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.known.iter().filter_map(|(key, slot)| Some((key, slot.as_deref()?)))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a fault fails the test")]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_loaded_is_a_fault_and_never_absent() {
        let mut loaded: Loaded<u8, u8> = Loaded::default();
        assert!(matches!(loaded.get(&1), Err(Fault::NotLoaded(_))));
        loaded.looked_for(1);
        assert_eq!(loaded.get(&1).unwrap(), None);
        loaded.load(2, 20);
        loaded.looked_for(2);
        assert_eq!(loaded.get(&2).unwrap(), Some(&20));
    }

    #[test]
    fn a_change_remembers_what_was_loaded_however_often_it_is_made() {
        let mut loaded: Loaded<u8, u8> = Loaded::default();
        loaded.load(1, 10);
        loaded.looked_for(2);
        for (key, value) in [(1, 11), (1, 12), (2, 20), (2, 21)] {
            loaded.put(key, value);
        }
        let changed: Vec<_> = loaded.changed().map(|c| (*c.key, c.before.copied(), *c.now)).collect();
        assert_eq!(changed, [(1, Some(10), 12), (2, None, 21)]);
    }
}
