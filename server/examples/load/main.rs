//! Load on a real server, a process of its own with its own Postgres, over real connections.
//! `cargo xtask bench ingest | growth | link | lossy | devices | hostile | silent | disk`
//! runs it.

#[path = "../../tests/api/hostile/corpus.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod corpus;
mod devices;
mod disk;
mod growth;
mod hostile;
mod http;
mod ingest;
mod latency;
mod link;
mod lossy;
mod machine;
mod office;
mod peers;
#[path = "../../tests/api/phone.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod phone;
mod proxy;
mod scene;
mod silent;

use std::process::ExitCode;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = arguments.get(1).and_then(|text| text.parse::<usize>().ok());
    let outcome = match arguments.first().map(String::as_str) {
        Some("ingest") => ingest::run(number.unwrap_or(4_000)).await,
        Some("growth") => growth::run(number.unwrap_or(100_000)).await,
        Some("link") => link::run(number.unwrap_or(1_000)).await,
        Some("devices") => devices::run(number.unwrap_or(10_000)).await,
        Some("hostile") => hostile::run(number.unwrap_or(20_000)).await,
        Some("silent") => silent::run(number.unwrap_or(2_000)).await,
        Some("lossy") => lossy::run(number.unwrap_or(50)).await,
        Some("disk") => disk::run().await,
        _ => {
            Err("say which: ingest [RECORDS], growth [RECORDS], link [RECORDS], lossy [RECORDS], \
                  devices [DEVICES], hostile [CHANGES], silent [CONNECTIONS], disk"
                .into())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}
