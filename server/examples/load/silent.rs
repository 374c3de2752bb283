//! Connections that say nothing, or a byte now and then, as many as somebody likes: an honest phone and the office must not
//! notice, and none of them may stay.

use crate::Outcome;
use crate::latency::Latencies;
use crate::machine::Machine;
use crate::office::Office;
use serde_json::json;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tests::records::{Maker, form};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How each begins, and whether more of it comes.
const KINDS: [(&str, bool); 4] = [
    ("", false),
    ("GET /heal", false),
    ("GET /healthz HTTP/1.1\r\nx: ", true),
    ("POST /api/enrol HTTP/1.1\r\nhost: a\r\ncontent-length: 5000\r\n\r\n", true),
];
/// Between one byte and the next.
const PAUSE: Duration = Duration::from_secs(10);
/// Seconds after which none may be there: half a minute, and what a busy machine takes to close them.
const LONGEST: f64 = 32.0;

pub async fn run(connections: usize) -> Outcome {
    let machine = Machine::start("silent").await?;
    let mut office = Office::open(&machine).await?;
    office.publish(&form()).await?;
    let user = office.worker("mariam").await?;
    let mut phone = office.phone(&user).await?;
    let mut maker = Maker::new(phone.device, phone.form.clone(), 1);
    // Pools and caches have their size before anything is timed.
    Latencies::take(&machine, &office, &mut phone, &mut maker).await?;
    let before = machine.usage().server_mb;
    Latencies::head();
    let alone = Latencies::take(&machine, &office, &mut phone, &mut maker).await?;
    alone.print("alone");
    let mut opened = Vec::new();
    for n in 0..connections {
        opened.push(tokio::spawn(linger(machine.address, KINDS[n % KINDS.len()])));
        // All at once would overflow the queue of the system, whose own affair that is.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begun = Instant::now();
    let beside = Latencies::take(&machine, &office, &mut phone, &mut maker).await?;
    beside.print("beside silent ones");
    for one in opened {
        if one.await??.starts_with(b"HTTP/1.1 2") {
            return Err("a connection that did not ask was answered".into());
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let growth = machine.usage().server_mb - before;
    let word = if seconds <= LONGEST { "met" } else { "ABOVE" };
    println!(
        "{connections} connections, the last closed after {seconds:.1} s (limit {LONGEST}) {word}"
    );
    println!("the server grew by {growth:.1} MB");
    println!(
        "{}",
        json!({ "bench": "silent", "connections": connections, "alone": alone.json(),
                "beside": beside.json(), "closed_s": seconds, "growth_mb": growth })
    );
    machine.stop().await
}

/// What comes back until the server closes the connection.
async fn linger(address: SocketAddr, (start, more): (&str, bool)) -> Outcome<Vec<u8>> {
    let (mut read, mut write) = TcpStream::connect(address).await?.into_split();
    write.write_all(start.as_bytes()).await?;
    let dripping = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            if more && write.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        // One that is reset has ended as well.
        _ = read.read_to_end(&mut answer) => {}
        () = dripping => {}
    }
    Ok(answer)
}
