//! A way to the server that counts what passes and can be slow: one queue a direction, no loss.

use crate::Outcome;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How slow the way is.
#[derive(Debug, Clone, Copy)]
pub struct Slowness {
    /// Time to the server and back.
    pub round_trip: Duration,
    /// Bits a second in each direction.
    pub bits_per_second: u64,
}

/// What passed since the last count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Passed {
    pub up: u64,
    pub down: u64,
    pub connections: u64,
}

pub struct Proxy {
    pub address: SocketAddr,
    up: Arc<Way>,
    down: Arc<Way>,
    connections: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn open(server: SocketAddr, slowness: Option<Slowness>) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let way = || Arc::new(Way { slowness, ..Way::default() });
        let proxy = Self {
            address: listener.local_addr()?,
            up: way(),
            down: way(),
            connections: Arc::default(),
        };
        let (up, down) = (proxy.up.clone(), proxy.down.clone());
        let connections = proxy.connections.clone();
        tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                connections.fetch_add(1, Relaxed);
                // The handshake takes a round trip before the first byte goes.
                let ready =
                    Instant::now() + slowness.map_or(Duration::ZERO, |link| link.round_trip);
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let _ = (phone.set_nodelay(true), server.set_nodelay(true));
                let (phone_in, phone_out) = phone.into_split();
                let (server_in, server_out) = server.into_split();
                tokio::spawn(carry(phone_in, server_out, up.clone(), ready));
                tokio::spawn(carry(server_in, phone_out, down.clone(), ready));
            }
        });
        Ok(proxy)
    }

    /// What passed since the last call.
    pub fn take(&self) -> Passed {
        Passed {
            up: self.up.bytes.swap(0, Relaxed),
            down: self.down.bytes.swap(0, Relaxed),
            connections: self.connections.swap(0, Relaxed),
        }
    }
}

/// One direction: all connections share it.
#[derive(Default)]
struct Way {
    bytes: AtomicU64,
    slowness: Option<Slowness>,
    free: Mutex<Option<Instant>>,
}

impl Way {
    /// When bytes are at the other end that are sent now, or once the connection is ready.
    fn arrival(&self, bytes: usize, ready: Instant) -> Instant {
        self.bytes.fetch_add(bytes as u64, Relaxed);
        let now = Instant::now().max(ready);
        let Some(slowness) = self.slowness else { return now };
        let took = Duration::from_secs_f64(bytes as f64 * 8.0 / slowness.bits_per_second as f64);
        let Ok(mut free) = self.free.lock() else { return now };
        let sent = free.unwrap_or(now).max(now) + took;
        *free = Some(sent);
        sent + slowness.round_trip / 2
    }
}

async fn carry(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    way: Arc<Way>,
    ready: Instant,
) {
    let (queue, mut arriving) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    let reading = async move {
        // A packet at a time, so that a request does not wait for its own end.
        let mut packet = [0; 1400];
        while let Ok(length @ 1..) = from.read(&mut packet).await {
            let bytes = packet[..length].to_vec();
            if queue.send((way.arrival(length, ready), bytes)).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((at, bytes)) = arriving.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
