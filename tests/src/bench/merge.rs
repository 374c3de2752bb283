//! What one new record costs the process that merges it, step by step: processor time of this thread,
//! which other programs change little.

use crate::records::{Maker, form};
use rustix::time::{ClockId, clock_gettime};
use shared::id::{DeviceId, FormVersionId};
use shared::merge::{Sender, merge};
use shared::project::project;
use shared::record::{Actor, Audience, Document};
use shared::scan::scan;
use std::hint::black_box;

const DEVICE: DeviceId = DeviceId([7; 8]);
const NOBODY: Actor = Actor { device: DeviceId([0; 8]), session: [0; 8] };

const STEPS: [&str; 6] = [
    "scan, as before every merge",
    "scan, decode and apply",
    "save",
    "load, hashes compared",
    "answers, header, members",
    "free",
];

/// Merges new records of the standard workload and prints a line for each step.
pub fn print(count: usize) {
    let form = ::form::read::from_markdown(&form()).form.expect("the form is right");
    let version = FormVersionId::of(&form.to_bytes()).to_string();
    let mut maker = Maker::new(DEVICE, version, 1);
    let sender = Sender { device: DEVICE, former: &[], may_review: false };
    let mut spent = [0; STEPS.len()];
    for number in 0..count + count / 4 {
        let (record, _, bytes) = maker.record().expect("a record");
        // The first fifth warms up.
        if number == count / 4 {
            spent = [0; STEPS.len()];
        }
        let mut step = Step { spent: &mut spent, at: 0 };
        step.time(|| black_box(scan(&bytes)).map(drop)).expect("scans");
        let batch = std::slice::from_ref(&bytes);
        let merged = step.time(|| merge(record, Audience::Main, None, batch, sender));
        let mut document = merged.expect("merges").document;
        let saved = step.time(|| document.save());
        let again = step.time(|| {
            let mut again = Document::load(&saved, Audience::Main, NOBODY).expect("loads");
            assert_eq!(again.heads(), document.heads());
            again
        });
        let mut again = again;
        let row = step.time(|| project(&mut again, None, Some(&form)));
        step.time(|| drop((black_box(row), again, document)));
    }
    println!("Processor time for one of {count} new standard records");
    let ms = |ns: i64| ns as f64 / 1e6 / count as f64;
    for (name, ns) in STEPS.iter().zip(spent) {
        println!("{name:<32}{:>10.3} ms", ms(ns));
    }
    let all = ms(spent.iter().sum());
    println!("{:<32}{all:>10.3} ms", "all");
    println!("{{\"bench\":\"merge\",\"records\":{count},\"ms\":{all:.4}}}");
}

/// Adds up what each step takes.
struct Step<'a> {
    spent: &'a mut [i64; STEPS.len()],
    at: usize,
}

impl Step<'_> {
    fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = clock_gettime(ClockId::ThreadCPUTime);
        let done = work();
        let after = clock_gettime(ClockId::ThreadCPUTime);
        let seconds = after.tv_sec - before.tv_sec;
        self.spent[self.at] += seconds * 1_000_000_000 + after.tv_nsec - before.tv_nsec;
        self.at += 1;
        done
    }
}
