//! Connections that hold a place and send nothing, or next to nothing.

use super::Outcome;
use server::listen::{Patience, serve};
use server::router::build_router;
use server::testing::{TestError, World};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn listening(world: &World, patience: Patience) -> Result<SocketAddr, TestError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = build_router(world.state.clone());
    tokio::spawn(serve(listener, router, patience, std::future::pending()));
    Ok(address)
}

/// Sends this, then a byte now and then, until the server closes the connection; what it answered.
async fn drip(address: SocketAddr, start: &str, more: Option<u8>) -> Result<String, TestError> {
    let (mut read, mut write) = TcpStream::connect(address).await?.into_split();
    write.write_all(start.as_bytes()).await?;
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let Some(byte) = more else { continue };
            if write.write_all(&[byte]).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        // A connection that is reset has ended as well.
        _ = read.read_to_end(&mut answer) => {}
        () = dripping => {}
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The test ends because the server ends each of them.
#[tokio::test]
async fn whoever_is_silent_or_slow_is_left() -> Outcome {
    let world = World::new().await?;
    let short = Duration::from_millis(300);
    let patience = Patience { first_byte: short, headers: short, body: short };
    let address = listening(&world, patience).await?;
    let enrol = "POST /api/enrol HTTP/1.1\r\nhost: a\r\ncontent-type: application/cbor\r\n";
    let body = format!("{enrol}content-length: 5000\r\n\r\n");
    let chunked = format!("{enrol}transfer-encoding: chunked\r\n\r\n");
    let cases = [
        ("", None),
        ("P", None),
        ("PRI * HTTP/2.0", None),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
        ("GET /healthz HTTP/1.1\r\nx: ", Some(b'x')),
        (&body, None),
        (&body, Some(b'x')),
        (&chunked, None),
    ];
    let mut ended = Vec::new();
    for (start, more) in cases {
        let start = start.to_owned();
        ended.push(tokio::spawn(async move { drip(address, &start, more).await }));
    }
    for end in ended {
        let answer = end.await??;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
    let address = listening(&world, Patience::default()).await?;
    let get = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert!(drip(address, get, None).await?.starts_with("HTTP/1.1 200"));
    Ok(())
}
