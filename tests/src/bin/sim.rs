//! `cargo xtask sim`: plays many seeds, or one.

use std::process::ExitCode;
use std::time::Instant;
use tests::checker::check;
use tests::tally::Tally;
use tests::world::{STEPS, play, play_scope};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let seeds = match (number("--seed"), number("--seeds")) {
        (Some(seed), _) => seed..seed + 1,
        (None, count) => {
            let first = number("--from").unwrap_or(0);
            first..first + count.unwrap_or(1000)
        }
    };
    if arguments.iter().any(|argument| argument == "--trace") {
        tests::trace::begin();
    }
    // As `nothing_is_stranded_when_records_change_hands` plays them.
    let scope = arguments.iter().any(|argument| argument == "--scope");
    let steps = number("--steps").map_or(STEPS, |steps| steps as usize);
    let threads = number("--threads").unwrap_or_else(|| {
        std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
    });
    let started = Instant::now();
    let total = seeds.end - seeds.start;
    let workers: Vec<_> = (0..threads)
        .map(|thread| {
            let seeds = seeds.clone().skip(thread as usize).step_by(threads as usize);
            std::thread::spawn(move || run(seeds, steps, scope))
        })
        .collect();
    let mut tally = Tally::default();
    let mut broken = 0;
    for worker in workers {
        let Ok((part, failed)) = worker.join() else { return ExitCode::FAILURE };
        tally.add(&part);
        broken += failed;
    }
    if broken > 0 {
        println!("{broken} of {total} seeds break a promise");
        return ExitCode::FAILURE;
    }
    println!("{total} seeds: 0 lost, 0 duplicated, all converged within 3 rounds");
    print!("{tally}");
    println!("  {:.1} seeds per second", total as f64 / started.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

/// Plays the seeds, all of them: what they did, and how many broke a promise.
fn run(seeds: impl Iterator<Item = u64>, steps: usize, scope: bool) -> (Tally, u64) {
    let mut tally = Tally::default();
    let mut failed = 0;
    for seed in seeds {
        let played = std::panic::catch_unwind(|| {
            let world = match scope {
                true => play_scope(seed, steps, |_| (), |_, _, ()| ()),
                false => play(seed, steps),
            };
            (check(&world), Tally::of(&world))
        });
        let broken = match played {
            Ok((broken, part)) => {
                tally.add(&part);
                broken
            }
            Err(_) => vec!["a panic, see above".to_owned()],
        };
        if !broken.is_empty() {
            let kind = if scope { "--scope " } else { "" };
            println!(
                "seed {seed} breaks a promise; replay with: cargo xtask sim {kind}--steps {steps} --seed {seed}"
            );
            broken.iter().for_each(|line| println!("  {line}"));
            failed += 1;
        }
    }
    (tally, failed)
}
