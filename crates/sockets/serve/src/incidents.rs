use std::array;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

const SLOTS: usize = 64;
const WORDS: usize = 4;
const OTHER: &str = "other";

/// Names, and how often each came. The names are copied in: this memory is shared with other processes, in which a
/// pointer may mean nothing.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Incidents {
    slots: [Slot; SLOTS],
}

/// ```text
/// state   FREE ──▶ BEING_NAMED ──▶ NAMED      a slot never goes back
/// ```
#[derive(Debug)]
#[repr(C)]
struct Slot {
    state: AtomicU32,
    name: [AtomicU64; WORDS],
    count: AtomicU64,
}

const FREE: u32 = 0;
const BEING_NAMED: u32 = 1;
const NAMED: u32 = 2;

impl Incidents {
    /// Rare, so that a search is cheap enough.
    pub(crate) fn note(&self, name: &'static str) {
        let words = words_of(name);
        let found = self.slots[..SLOTS - 1].iter().find(|slot| slot.has(&words) || slot.take(&words));
        let slot = found.unwrap_or_else(|| {
            let last = &self.slots[SLOTS - 1];
            last.take(&words_of(OTHER));
            last
        });
        remember(name);
        slot.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self, name: &str) -> u64 {
        let words = words_of(name);
        self.slots.iter().filter(|slot| slot.has(&words)).map(|slot| slot.count.load(Ordering::Relaxed)).sum()
    }

    fn all(&self) -> impl Iterator<Item = ([u64; WORDS], u64)> + '_ {
        let named = self.slots.iter().filter(|slot| slot.state.load(Ordering::Acquire) == NAMED);
        named.map(|slot| (slot.words(), slot.count.load(Ordering::Relaxed)))
    }
}

impl Slot {
    fn words(&self) -> [u64; WORDS] {
        array::from_fn(|n| self.name[n].load(Ordering::Relaxed))
    }

    fn has(&self, words: &[u64; WORDS]) -> bool {
        // Acquire: who sees the state sees the name that was written before it. A slot that another thread is naming
        // now (or was, when its process was killed) is passed over: the same name in two slots is added up.
        self.state.load(Ordering::Acquire) == NAMED && self.words() == *words
    }

    /// Names a free slot; false if it has another name already.
    fn take(&self, words: &[u64; WORDS]) -> bool {
        let free = self.state.compare_exchange(FREE, BEING_NAMED, Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() {
            return self.has(words);
        }
        for (place, word) in self.name.iter().zip(words) {
            place.store(*word, Ordering::Relaxed);
        }
        self.state.store(NAMED, Ordering::Release);
        true
    }
}

/// The numbers of several workers, added up, in the order of their names.
pub(crate) fn merged<'a>(of: impl Iterator<Item = &'a Incidents>) -> Vec<(&'static str, u64)> {
    let mut sums = BTreeMap::new();
    for (words, count) in of.flat_map(Incidents::all) {
        *sums.entry(name_of(&words)).or_default() += count;
    }
    sums.into_iter().collect()
}

fn words_of(name: &str) -> [u64; WORDS] {
    let mut bytes = [0; WORDS * 8];
    let len = name.len().min(bytes.len());
    bytes[..len].copy_from_slice(&name.as_bytes()[..len]);
    array::from_fn(|n| u64::from_ne_bytes(array::from_fn(|at| bytes[8 * n + at])))
}

/// Names that were noted, or read, in this process. They are few, as slots are.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

fn remember(name: &'static str) {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if !names.contains(&name) {
        names.push(name);
    }
}

/// The name as it was noted. One that only a child process has noted is copied, once.
fn name_of(words: &[u64; WORDS]) -> &'static str {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = names.iter().find(|name| words_of(name) == *words) {
        return name;
    }
    let bytes: Vec<u8> =
        words.iter().flat_map(|word| word.to_ne_bytes()).take_while(|byte| *byte != 0).collect();
    let name: &'static str = Box::leak(String::from_utf8_lossy(&bytes).into_owned().into_boxed_str());
    names.push(name);
    name
}
