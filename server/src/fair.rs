//! Turns at merging. A merge holds a connection to the database while workers decode, so only some batches
//! are merged at a time. Who waits is served fairly: the municipality with the fewest turns first, within it
//! in the order of arrival, and devices that have used much of the processor lately never have all turns.

use crate::store::TenantId;
use shared::id::DeviceId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A device of a municipality.
pub type Name = (TenantId, DeviceId);

/// A device that has used so much of the processor lately is a heavy one. A record takes about a
/// millisecond: an honest phone that sends a month of work stays below.
const HEAVY: Duration = Duration::from_secs(3);
/// What a device has used counts half after so long.
const HALF_LIFE: Duration = Duration::from_secs(60);
/// Beyond so many devices those that count for nothing any more are forgotten.
const MOST_KNOWN: usize = 10_000;

/// The turns. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Merges {
    queue: Arc<Mutex<Queue>>,
}

#[derive(Debug)]
struct Queue {
    places: usize,
    taken: usize,
    /// Turns of heavy devices among those taken.
    heavy: usize,
    by_tenant: HashMap<TenantId, usize>,
    waiting: Vec<Waiting>,
    used: HashMap<Name, (Duration, Instant)>,
}

#[derive(Debug)]
struct Waiting {
    who: Name,
    wake: oneshot::Sender<Turn>,
}

/// A turn: it is over when this is dropped.
#[derive(Debug)]
pub struct Turn {
    /// `None` once it is given back.
    queue: Option<Arc<Mutex<Queue>>>,
    who: Name,
    heavy: bool,
    used: Duration,
}

impl Turn {
    /// So much processor time has gone into this turn.
    pub fn used(&mut self, time: Duration) {
        self.used += time;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(shared) = self.queue.take() else { return };
        let mut queue = lock(&shared);
        queue.give_back(self.who, self.heavy, self.used);
        queue.grant(&shared);
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Merges {
    /// So many at a time.
    pub fn new(places: usize) -> Self {
        let queue = Queue {
            places: places.max(1),
            taken: 0,
            heavy: 0,
            by_tenant: HashMap::new(),
            waiting: Vec::new(),
            used: HashMap::new(),
        };
        Self { queue: Arc::new(Mutex::new(queue)) }
    }

    /// Waits for a turn; `None` when none comes in time.
    pub async fn turn(&self, who: Name, patience: Duration) -> Option<Turn> {
        let (wake, woken) = oneshot::channel();
        {
            let mut queue = lock(&self.queue);
            queue.waiting.push(Waiting { who, wake });
            queue.grant(&self.queue);
        }
        // Whoever gives up is passed over; a turn that comes in that moment is dropped with the channel.
        tokio::time::timeout(patience, woken).await.ok()?.ok()
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        let mut queue = lock(&self.queue);
        queue.waiting.retain(|waiting| !waiting.wake.is_closed());
        queue.waiting.len()
    }
}

impl Queue {
    /// At least one place is left for those who ask for little.
    fn most_heavy(&self) -> usize {
        (self.places - (self.places / 4).max(1)).max(1)
    }

    fn used(&self, who: Name, now: Instant) -> Duration {
        let faded = |(used, at): &(Duration, Instant)| {
            let lives = now.duration_since(*at).as_secs_f64() / HALF_LIFE.as_secs_f64();
            used.mul_f64(0.5f64.powf(lives))
        };
        self.used.get(&who).map_or(Duration::ZERO, faded)
    }

    fn is_heavy(&self, who: Name, now: Instant) -> bool {
        self.used(who, now) >= HEAVY
    }

    /// The place among those who wait of the one who is next.
    fn next(&self, now: Instant) -> Option<(usize, bool)> {
        let room = self.heavy < self.most_heavy();
        let of = |(at, waiting): (usize, &Waiting)| {
            let heavy = self.is_heavy(waiting.who, now);
            let held = self.by_tenant.get(&waiting.who.0).copied().unwrap_or(0);
            (room || !heavy).then_some(((held, heavy, at), heavy))
        };
        let next = self.waiting.iter().enumerate().filter_map(of).min_by_key(|(key, _)| *key);
        next.map(|((_, _, at), heavy)| (at, heavy))
    }

    fn grant(&mut self, shared: &Arc<Mutex<Queue>>) {
        self.waiting.retain(|waiting| !waiting.wake.is_closed());
        let now = Instant::now();
        while self.taken < self.places
            && let Some((at, heavy)) = self.next(now)
        {
            let Waiting { who, wake } = self.waiting.remove(at);
            self.taken += 1;
            self.heavy += usize::from(heavy);
            *self.by_tenant.entry(who.0).or_default() += 1;
            let turn = Turn { queue: Some(shared.clone()), who, heavy, used: Duration::ZERO };
            if let Err(mut turn) = wake.send(turn) {
                // Gone in this moment. Dropping it whole would wait for this very lock.
                turn.queue = None;
                self.give_back(who, heavy, Duration::ZERO);
            }
        }
    }

    fn give_back(&mut self, who: Name, heavy: bool, used: Duration) {
        self.taken -= 1;
        self.heavy -= usize::from(heavy);
        if let Some(held) = self.by_tenant.get_mut(&who.0) {
            *held -= 1;
            if *held == 0 {
                self.by_tenant.remove(&who.0);
            }
        }
        if used.is_zero() {
            return;
        }
        let now = Instant::now();
        if self.used.len() >= MOST_KNOWN {
            let slight = Duration::from_millis(50);
            let kept: Vec<Name> =
                self.used.keys().copied().filter(|who| self.used(*who, now) >= slight).collect();
            self.used.retain(|who, _| kept.contains(who));
        }
        let all = self.used(who, now) + used;
        self.used.insert(who, (all, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const PATIENCE: Duration = Duration::from_secs(3600);

    fn name(tenant: i32, device: u8) -> Name {
        (TenantId(tenant), DeviceId([device; 8]))
    }

    /// The turns of a queue whose places all are taken, in the order in which those who wait get them.
    async fn order(merges: &Merges, held: Turn, waiting: &[Name]) -> Vec<Name> {
        let mut turns: Vec<_> =
            waiting.iter().map(|who| Box::pin(merges.turn(*who, PATIENCE))).collect();
        for turn in &mut turns {
            assert!(turn.as_mut().now_or_never().is_none(), "all places are taken");
        }
        let mut served = Vec::new();
        drop(held);
        while !turns.is_empty() {
            let (turn, _, rest) = futures_util::future::select_all(turns).await;
            served.push(turn.expect("a turn").who);
            turns = rest;
        }
        served
    }

    #[tokio::test]
    async fn municipalities_take_turns_and_devices_come_in_order() {
        let merges = Merges::new(2);
        let kept = merges.turn(name(1, 1), PATIENCE).await;
        let held = merges.turn(name(1, 2), PATIENCE).await.expect("a place");
        let waiting = [name(1, 3), name(1, 4), name(2, 5), name(2, 6)];
        let served = order(&merges, held, &waiting).await;
        // One place is the first municipality's for good, so the second one's come first.
        assert_eq!(served, [name(2, 5), name(2, 6), name(1, 3), name(1, 4)]);
        drop(kept);
    }

    #[tokio::test]
    async fn heavy_devices_leave_a_place_to_others() {
        let merges = Merges::new(4);
        for device in 1..=8 {
            let mut turn = merges.turn(name(1, device), PATIENCE).await.expect("a place");
            turn.used(HEAVY * 2);
        }
        let mut held = Vec::new();
        let mut waiting: Vec<_> =
            (1..=8).map(|device| Box::pin(merges.turn(name(1, device), PATIENCE))).collect();
        for turn in &mut waiting {
            held.extend(turn.as_mut().now_or_never().flatten());
        }
        assert_eq!(held.len(), 3, "of four places");
        // Somebody who has asked for nothing so far has the fourth at once, before five who wait.
        let honest = merges.turn(name(1, 99), PATIENCE).now_or_never().flatten();
        assert!(honest.is_some());
        drop(held.pop());
        let next = merges.turn(name(1, 98), PATIENCE).now_or_never();
        assert!(next.is_none(), "the free place went to one that waited");
        drop(honest);
        assert!(merges.turn(name(1, 98), PATIENCE).now_or_never().flatten().is_some());
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let merges = Merges::new(1);
        let held = merges.turn(name(1, 1), PATIENCE).await.expect("a place");
        assert!(merges.turn(name(1, 2), Duration::ZERO).await.is_none());
        let gone = Box::pin(merges.turn(name(1, 3), PATIENCE));
        assert_eq!(merges.waiting(), 0);
        drop(gone);
        let mut asked = Box::pin(merges.turn(name(1, 4), PATIENCE));
        assert!(asked.as_mut().now_or_never().is_none());
        assert_eq!(merges.waiting(), 1);
        drop(held);
        // Granted, and never taken.
        drop(asked);
        assert!(merges.turn(name(1, 5), PATIENCE).now_or_never().flatten().is_some());
    }
}
