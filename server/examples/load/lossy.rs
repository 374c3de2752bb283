//! Records and photos over a line that is slow and bad at once: packets come late, connections are cut at any byte. What
//! has to arrive arrives, and what a cut costs is at most one piece.

use crate::Outcome;
use crate::link::{Phone, lines};
use crate::machine::Machine;
use crate::office::Office;
use crate::proxy::{Badness, Passed, Proxy, Slowness};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use sqlx::ConnectOptions;
use std::time::{Duration, Instant};
use tests::records::form;

const PHOTOS: usize = 20;
const PHOTO: usize = 40_000;
const SLOW: Slowness = Slowness { round_trip: Duration::from_secs(2), bits_per_second: 64_000 };
const BAD: Badness = Badness { late: 0.3, longest: 96 << 10, seed: 7 };
/// What is sent again after a cut: a piece of 32 KiB, with what is around it.
const PIECE: u64 = 34 << 10;
/// A phone that needs more attempts than this gets nowhere.
const ATTEMPTS: usize = 400;

pub async fn run(records: usize) -> Outcome {
    let machine = Machine::start("lossy").await?;
    let mut office = Office::open(&machine).await?;
    let photo = "| | image | front | Front |\n| | begin_repeat |";
    office.publish(&form().replacen("| | begin_repeat |", photo, 1)).await?;
    let user = office.worker("mariam").await?;

    println!(
        "{records} records with 3 members each and {PHOTOS} photos of {} KB go up",
        PHOTO / 1000
    );
    let good = Proxy::open(machine.address, None).await?;
    let phone = Phone::connect(&mut office, &user, &good, machine.data.join("good")).await?;
    work(&machine, &phone, records, 1).await?;
    good.take();
    phone.sync().await?;
    let plain = good.take();

    let phone = Phone::connect(&mut office, &user, &good, machine.data.join("bad")).await?;
    work(&machine, &phone, records, 2).await?;
    let bad = Proxy::open_bad(machine.address, Some(SLOW), Some(BAD)).await?;
    phone.move_to(&bad)?;
    let begun = Instant::now();
    let mut attempts = 0;
    while !done(&phone).await {
        attempts += 1;
        if attempts == ATTEMPTS {
            return Err(format!("not everything has arrived after {ATTEMPTS} attempts").into());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let passed = bad.take();
    arrived(&machine, 2 * records as i64).await?;
    report(plain, passed, attempts, seconds);
    machine.stop().await
}

/// What a phone has when it comes into the network.
async fn work(machine: &Machine, phone: &Phone, records: usize, seed: u64) -> Outcome {
    let made = phone.fill(&lines(records)).await?;
    let mut random = StdRng::seed_from_u64(seed);
    let file = machine.data.join("photo.jpg");
    for record in made.iter().take(PHOTOS) {
        let bytes: Vec<u8> = (0..PHOTO).map(|_| random.random()).collect();
        std::fs::write(&file, bytes)?;
        let file = file.to_string_lossy();
        phone.device(&["attach", record, "front", &file], String::new()).await?;
    }
    Ok(())
}

/// Whether nothing waits any more, after one more attempt.
async fn done(phone: &Phone) -> bool {
    let said = phone.sync().await;
    said.is_ok_and(|report| report["files_waiting"] == 0)
}

/// Everything is in the database, once.
async fn arrived(machine: &Machine, records: i64) -> Outcome {
    let mut connection = machine.owner().connect().await?;
    let there: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM records),
                (SELECT count(*) FROM attachments WHERE completed_at_ms IS NOT NULL),
                (SELECT count(*) FROM attachments WHERE completed_at_ms IS NULL)",
    )
    .fetch_one(&mut connection)
    .await?;
    if there != (records, 2 * PHOTOS as i64, 0) {
        return Err(format!("in the database (records, photos, parts of photos): {there:?}").into());
    }
    Ok(())
}

fn report(plain: Passed, bad: Passed, attempts: usize, seconds: f64) {
    let ratio = bad.up as f64 / plain.up as f64;
    let again = bad.up.saturating_sub(plain.up);
    let word = if again <= bad.cut * PIECE { "met" } else { "ABOVE" };
    println!("  a good line: {} bytes up", plain.up);
    println!(
        "  2 s there and back, 64 kbit/s, 3 of 10 packets late, connections cut after up to {} KiB: \
         {} bytes up, {} connections, {} cut, {} attempts failed, {seconds:.0} s",
        BAD.longest >> 10,
        bad.up,
        bad.connections,
        bad.cut,
        attempts
    );
    println!(
        "  {ratio:.2} times the bytes; {} a cut, limit {PIECE} {word}",
        again / bad.cut.max(1)
    );
    println!(
        "{}",
        json!({ "bench": "lossy", "plain_up": plain.up, "up": bad.up, "cut": bad.cut,
                "attempts": attempts, "seconds": seconds, "ratio": ratio })
    );
}
