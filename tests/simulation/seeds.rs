//! A thousand seeds of the whole simulation, on all cores.

use std::thread;
use tests::checker::check;
use tests::tally::Tally;
use tests::world::play;

/// How many seeds take how many steps. This build is not optimised: most are short, and some go as deep as
/// faults were found that short ones do not reach.
const RUNS: [(u64, usize); 2] = [(1000, 60), (150, 120)];
/// Seeds that once broke a promise, with their steps.
const FOUND: [(u64, usize); 15] = [
    // A record left the worker's scope and came back while it was open.
    (285, 150),
    // After a restart a held change was put over another.
    (526, 73),
    (1306, 150),
    // A restore made the server forget that a database has a copy.
    (785, 120),
    // What was held of a record that had left was sent when the record was back, and missing in it here.
    (1263, 120),
    (1661, 120),
    (2567, 120),
    // A record that had left before a restore was removed after it.
    (1836, 120),
    // A held change of a copied phone was taken, and the other copy not sent it.
    (1912, 150),
    // A photo that was taken away after it was sent waited for ever after a restore.
    (204, 120),
    // A photo was sent, its record waited for months, and the server removed what nothing named.
    (454, 120),
    // The office decided for a photo that was replaced on the phone before it was sent.
    (11839, 120),
    // A first answer could not be stored, and the worker was moved before the next.
    (14109, 150),
    // A part of a first answer was stored when the app ended, and the worker was moved before the next.
    (16266, 150),
    // A photo that only a held change named was removed, and the change taken when the phone had lost its copy.
    (29104, 150),
];

#[test]
fn nothing_saved_is_lost_whatever_fails() {
    let mut tally = Tally::default();
    for (seeds, steps) in RUNS {
        tally.add(&sweep(seeds, steps));
        println!("{seeds} seeds of {steps} steps");
    }
    println!("{tally}");
    assert!(tally.saved > 5_000 && tally.network.len() == 9);
}

/// Plays seeds on all cores; a broken promise ends the test with the seed that replays it.
fn sweep(seeds: u64, steps: usize) -> Tally {
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let workers: Vec<_> = (0..threads)
        .map(|first| {
            thread::spawn(move || {
                let mut tally = Tally::default();
                for seed in (first..seeds).step_by(threads as usize) {
                    let world = play(seed, steps);
                    let broken = check(&world);
                    assert!(
                        broken.is_empty(),
                        "cargo xtask sim --steps {steps} --seed {seed}\n{}",
                        broken.join("\n")
                    );
                    tally.add(&Tally::of(&world));
                }
                tally
            })
        })
        .collect();
    let mut tally = Tally::default();
    for worker in workers {
        tally.add(&worker.join().expect("no seed breaks a promise"));
    }
    tally
}

#[test]
fn what_once_broke_a_promise_does_not_again() {
    for (seed, steps) in FOUND {
        let broken = check(&play(seed, steps));
        assert!(
            broken.is_empty(),
            "cargo xtask sim --steps {steps} --seed {seed}\n{}",
            broken.join("\n")
        );
    }
}
