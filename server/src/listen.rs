//! The accept loop. axum 0.8's own has no header timer, no limit of connections and no word about idle
//! ones; this one has. HTTP/1.1 only: what stands before the server speaks HTTP/2 with browsers.

mod paced;

use crate::auth::limit::Peer;
use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use paced::Paced;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// How long nothing may happen on a connection.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// A new connection has to send its first byte within this time.
    pub first_byte: Duration,
    /// The headers of a request have to arrive within this time; an idle connection ends after it too.
    pub headers: Duration,
    /// Within this time the body of a request has to bring [`Paced::LEAST`] bytes.
    pub body: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self { first_byte: Duration::from_secs(10), headers: half_a_minute, body: half_a_minute }
    }
}

/// Requests under way get this long to finish when the server stops.
const GRACE: Duration = Duration::from_secs(30);
/// Each costs a file handle and some 10 KB. Whoever is not accepted is not told when to come again.
const MOST_CONNECTIONS: usize = 8_000;

/// Serves until `stop` is done, then lets requests finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = Arc::new(GracefulShutdown::new());
    tokio::pin!(stop);
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, most likely: give connections time to end.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let router = router.clone();
        let watcher = graceful.watcher();
        tokio::spawn(async move {
            connection(stream, Peer(address.ip()), router, patience, watcher).await;
            drop(place);
        });
    }
    drop(listener);
    if let Some(graceful) = Arc::into_inner(graceful) {
        let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    patience: Patience,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut first = [0; 1];
    let arrived = tokio::time::timeout(patience.first_byte, stream.peek(&mut first)).await;
    if !matches!(arrived, Ok(Ok(1))) {
        return;
    }
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request.map(|body| Body::new(Paced::new(body, patience.body))))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience.headers);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    // Broken connections are the client's affair.
    let _ = watcher.watch(connection).await;
}
