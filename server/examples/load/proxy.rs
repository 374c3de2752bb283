//! A way to the server that counts what passes, and can be slow and bad: one queue a direction, packets that come late,
//! connections that are cut.

use crate::Outcome;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

/// How slow the way is.
#[derive(Debug, Clone, Copy)]
pub struct Slowness {
    /// Time to the server and back.
    pub round_trip: Duration,
    /// Bits a second in each direction.
    pub bits_per_second: u64,
}

/// How bad the way is. A stream between two programs loses nothing: a lost packet is one that is sent again, and comes a
/// round trip later, with all behind it waiting.
#[derive(Debug, Clone, Copy)]
pub struct Badness {
    /// Of all packets, so many come late.
    pub late: f64,
    /// A connection is cut, in both directions, after so many bytes at most.
    pub longest: i64,
    /// Draws both.
    pub seed: u64,
}

/// What passed since the last count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Passed {
    pub up: u64,
    pub down: u64,
    pub connections: u64,
    pub cut: u64,
}

pub struct Proxy {
    pub address: SocketAddr,
    cut: Arc<AtomicU64>,
    up: Arc<Way>,
    down: Arc<Way>,
    connections: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn open(server: SocketAddr, slowness: Option<Slowness>) -> Outcome<Self> {
        Self::open_bad(server, slowness, None).await
    }

    pub async fn open_bad(
        server: SocketAddr,
        slowness: Option<Slowness>,
        badness: Option<Badness>,
    ) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let draws = badness.map(|bad| Mutex::new(StdRng::seed_from_u64(bad.seed))).map(Arc::new);
        let late = badness.zip(draws.clone()).map(|(bad, draws)| (bad.late, draws));
        let way = || Arc::new(Way { slowness, late: late.clone(), ..Way::default() });
        let proxy = Self {
            address: listener.local_addr()?,
            cut: Arc::default(),
            up: way(),
            down: way(),
            connections: Arc::default(),
        };
        let (up, down) = (proxy.up.clone(), proxy.down.clone());
        let (connections, cut) = (proxy.connections.clone(), proxy.cut.clone());
        tokio::spawn(async move {
            while let Ok((phone, _)) = listener.accept().await {
                connections.fetch_add(1, Relaxed);
                // The handshake takes a round trip before the first byte goes.
                let ready =
                    Instant::now() + slowness.map_or(Duration::ZERO, |link| link.round_trip);
                let Ok(server) = TcpStream::connect(server).await else { continue };
                let _ = (phone.set_nodelay(true), server.set_nodelay(true));
                let fate = Arc::new(Fate::draw(badness.zip(draws.as_deref())));
                let (phone_in, phone_out) = phone.into_split();
                let (server_in, server_out) = server.into_split();
                let there = carry(phone_in, server_out, up.clone(), ready, fate.clone());
                let back = carry(server_in, phone_out, down.clone(), ready, fate.clone());
                let cut = cut.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = async { tokio::join!(there, back) } => {}
                        () = fate.met.notified() => { cut.fetch_add(1, Relaxed); }
                    }
                });
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
            cut: self.cut.swap(0, Relaxed),
        }
    }
}

/// How many bytes a connection lives for.
struct Fate {
    left: AtomicI64,
    met: Notify,
}

impl Fate {
    fn draw(bad: Option<(Badness, &Mutex<StdRng>)>) -> Self {
        let left = bad.and_then(|(bad, draws)| {
            draws.lock().ok().map(|mut draws| draws.random_range(0..bad.longest))
        });
        Self { left: AtomicI64::new(left.unwrap_or(i64::MAX)), met: Notify::new() }
    }

    fn passed(&self, bytes: usize) {
        if self.left.fetch_sub(bytes as i64, Relaxed) < bytes as i64 {
            self.met.notify_one();
        }
    }
}

/// One direction: all connections share it.
#[derive(Default)]
struct Way {
    bytes: AtomicU64,
    slowness: Option<Slowness>,
    late: Option<(f64, Arc<Mutex<StdRng>>)>,
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
            + if self.is_late() { slowness.round_trip } else { Duration::ZERO }
    }

    fn is_late(&self) -> bool {
        let draw = |(share, draws): &(f64, Arc<Mutex<StdRng>>)| {
            draws.lock().is_ok_and(|mut draws| draws.random_bool(*share))
        };
        self.late.as_ref().is_some_and(draw)
    }
}

async fn carry(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    way: Arc<Way>,
    ready: Instant,
    fate: Arc<Fate>,
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
            fate.passed(bytes.len());
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
