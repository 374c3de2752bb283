//! Throws generated and mutated input at the crate:
//!
//! `cargo run --release -p form --features cli --example fuzz -- [--inputs N] [--seed S] [--from N] MODE`
//!
//! Modes: `parser` (text → expression), `evaluator` (expression → value over a live form), `reader`
//! (sheets → form → live form, XForm XML, bytes) and `workbook` (bytes of a workbook or of a form).
//! Every input has a number and comes from the seed and that number alone, so `--from N --inputs 1`
//! plays one again and `--show` prints it instead. It fails on a panic, on an input that takes more than a second of the processor, and when
//! the process ever held more than 256 MiB.

mod grammar;
mod random;
mod sheets;
mod target;
mod words;
mod zip;

use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use target::Target;

/// What one input may take.
const LONGEST: Duration = Duration::from_secs(1);
/// What the process may hold at its highest, in KiB.
const MOST_MEMORY: u64 = 256 * 1024;

static NUMBER: AtomicU64 = AtomicU64::new(0);

fn main() {
    let mut words = std::env::args().skip(1);
    let (mut inputs, mut seed, mut from, mut mode) = (100_000, 1, 0, String::new());
    let mut show = false;
    let number = |words: &mut dyn Iterator<Item = String>| {
        words.next().and_then(|word| word.replace('_', "").parse::<u64>().ok()).unwrap_or_else(
            || {
                eprintln!("a number is missing");
                exit(2)
            },
        )
    };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--inputs" => inputs = number(&mut words),
            "--seed" => seed = number(&mut words),
            "--from" => from = number(&mut words),
            "--show" => show = true,
            _ => mode = word,
        }
    }
    let Some(mut target) = Target::named(&mode, seed) else {
        eprintln!(
            "usage: fuzz [--inputs N] [--seed S] [--from N] parser|evaluator|reader|workbook"
        );
        exit(2)
    };
    if show {
        (from..from + inputs).for_each(|number| println!("{}", target.show(number)));
        return;
    }
    let shown = mode.clone();
    std::panic::set_hook(Box::new(move |info| {
        let number = NUMBER.load(Ordering::Relaxed);
        eprintln!("PANIC {shown} --seed {seed} --from {number} --inputs 1\n{info}");
        exit(101);
    }));
    watch(mode.clone(), seed);
    run(&mut target, &mode, seed, from, inputs);
}

fn run(target: &mut Target, mode: &str, seed: u64, from: u64, inputs: u64) {
    let start = Instant::now();
    let (mut slowest, mut slowest_at, mut useful) = (Duration::ZERO, 0, 0u64);
    for number in from..from + inputs {
        NUMBER.store(number, Ordering::Relaxed);
        let began = Instant::now();
        useful += u64::from(target.play(number));
        let mut took = began.elapsed();
        if took > LONGEST {
            // Other programs may have had the processor; only the input's own time counts.
            const OWN: &str = "/proc/thread-self/schedstat";
            let (again, before) = (Instant::now(), on_processor(OWN));
            target.play(number);
            let own = on_processor(OWN).zip(before).map(|(after, before)| after - before);
            took = took.min(own.unwrap_or_else(|| again.elapsed()));
            if took > LONGEST {
                eprintln!("SLOW {mode} --seed {seed} --from {number} --inputs 1: {took:?}");
                exit(1);
            }
        }
        if took > slowest {
            (slowest, slowest_at) = (took, number);
        }
        if number % 65_536 == 0 {
            memory_or_exit(mode, seed, number);
        }
        if number % 500_000 == 0 {
            eprintln!("{mode}: {number} after {:.0} s", start.elapsed().as_secs_f64());
        }
    }
    let memory = memory_or_exit(mode, seed, from + inputs);
    println!(
        "{mode}: {inputs} inputs from {from} of seed {seed} in {:.0} s, {:.1} % accepted, no panic; \
         slowest {:.1} ms (number {slowest_at}); at most {} MiB",
        start.elapsed().as_secs_f64(),
        100.0 * useful as f64 / inputs.max(1) as f64,
        slowest.as_secs_f64() * 1000.0,
        memory / 1024,
    );
}

/// What a thread has had of the processor; `None` where the system does not tell.
fn on_processor(path: &str) -> Option<Duration> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(Duration::from_nanos(text.split_whitespace().next()?.parse().ok()?))
}

/// Ends the process when an input never comes back.
fn watch(mode: String, seed: u64) {
    std::thread::spawn(move || {
        // Of the main thread, whatever other programs do.
        let spent = || on_processor("/proc/self/schedstat");
        let (mut last, mut since, mut before) = (u64::MAX, Instant::now(), spent());
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let number = NUMBER.load(Ordering::Relaxed);
            if number != last {
                (last, since, before) = (number, Instant::now(), spent());
                continue;
            }
            let own = spent().zip(before).map(|(now, before)| now.saturating_sub(before));
            if own.unwrap_or_else(|| since.elapsed()) > LONGEST * 10 {
                eprintln!("HANG {mode} --seed {seed} --from {number} --inputs 1");
                exit(1);
            }
        }
    });
}

/// The highest resident memory of the process in KiB; 0 where the system does not tell.
fn memory_or_exit(mode: &str, seed: u64, number: u64) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    let memory = line.split_whitespace().next().and_then(|found| found.parse().ok()).unwrap_or(0);
    if memory > MOST_MEMORY {
        eprintln!("MEMORY {mode} --seed {seed}, before {number}: {memory} KiB");
        exit(1);
    }
    memory
}
