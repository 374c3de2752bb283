//! `cargo xtask sim`: plays many seeds, or one.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;
use tests::checker::check;
use tests::world::World;

const STEPS: usize = 250;
const PHONES: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let seeds = match (number("--seed"), number("--seeds")) {
        (Some(seed), _) => seed..seed + 1,
        (None, count) => 0..count.unwrap_or(1000),
    };
    let started = Instant::now();
    let total = seeds.end - seeds.start;
    let mut faults: BTreeMap<String, u64> = BTreeMap::new();
    let (mut edits, mut saved, mut requests, mut crashes, mut errors) = (0, 0, 0, 0, 0);
    for seed in seeds {
        let world = play(seed);
        let broken = check(&world);
        if !broken.is_empty() {
            println!("seed {seed} breaks a promise; replay with: cargo xtask sim --seed {seed}");
            broken.iter().for_each(|line| println!("  {line}"));
            return ExitCode::FAILURE;
        }
        edits += world.attempts.len();
        saved += world.attempts.iter().filter(|attempt| attempt.saved).count();
        requests += world.net.requests.get();
        crashes += world.crashes;
        errors += world.storage_errors;
        for (fault, count) in world.net.counts.borrow().iter() {
            *faults.entry(format!("{fault:?}")).or_default() += count;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{total} seeds: 0 lost, 0 duplicated, all converged within 3 rounds");
    println!("  {edits} edits, {saved} of them reported as saved; {requests} requests");
    println!("  {crashes} crashes, {errors} failed storage calls reported; network: {faults:?}");
    println!("  {:.1} seeds per second", total as f64 / seconds);
    ExitCode::SUCCESS
}

fn play(seed: u64) -> World {
    let mut world = World::new(seed, PHONES);
    world.net.trouble.set(30);
    for _ in 0..STEPS {
        world.step();
    }
    world.settle(3);
    world
}
