//! What many seeds amounted to.

use crate::world::World;
use std::collections::BTreeMap;
use std::fmt;

/// Counts over seeds.
#[derive(Debug, Default)]
pub struct Tally {
    pub edits: u64,
    pub saved: u64,
    pub syncs: u64,
    pub requests: u64,
    pub crashes: u64,
    pub storage_errors: u64,
    pub storage: BTreeMap<String, u64>,
    pub network: BTreeMap<String, u64>,
    pub events: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// One seed's.
    pub fn of(world: &World) -> Self {
        let network = world.net.counts.borrow();
        Self {
            edits: world.attempts.len() as u64,
            saved: world.attempts.iter().filter(|attempt| attempt.saved).count() as u64,
            syncs: world.syncs,
            requests: world.net.requests.get(),
            crashes: world.crashes,
            storage_errors: world.storage_errors,
            storage: named(&world.failed_calls()),
            network: named(&network),
            events: world.events.clone(),
        }
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.edits += other.edits;
        self.saved += other.saved;
        self.syncs += other.syncs;
        self.requests += other.requests;
        self.crashes += other.crashes;
        self.storage_errors += other.storage_errors;
        add(&mut self.storage, &other.storage);
        add(&mut self.network, &other.network);
        for (event, count) in &other.events {
            *self.events.entry(event).or_default() += count;
        }
    }
}

fn named<T: fmt::Debug>(counts: &BTreeMap<T, u64>) -> BTreeMap<String, u64> {
    counts.iter().map(|(kind, count)| (format!("{kind:?}"), *count)).collect()
}

fn add(sums: &mut BTreeMap<String, u64>, counts: &BTreeMap<String, u64>) {
    for (kind, count) in counts {
        *sums.entry(kind.clone()).or_default() += count;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "  {} edits, {} of them reported as saved", self.edits, self.saved)?;
        writeln!(out, "  {} syncs, {} requests", self.syncs, self.requests)?;
        let (crashes, errors) = (self.crashes, self.storage_errors);
        writeln!(out, "  {crashes} crashes, {errors} failed storage calls reported")?;
        writeln!(out, "  storage: {:?}", self.storage)?;
        writeln!(out, "  network: {:?}", self.network)?;
        writeln!(out, "  office and phones: {:?}", self.events)
    }
}
