//! What handlers share.

use crate::auth::limit::Limits;
use crate::auth::password::Passwords;
use crate::blob::Blobs;
use crate::events::Events;
use crate::fair::Merges;
use crate::forms::FormCache;
use crate::guard::Turns;
use crate::store::Store;
use crate::worker::Workers;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What [`AppState::quarantine_after`] is unless somebody says otherwise.
pub const QUARANTINE_AFTER: i32 = 20;

/// Where and how the server is reached.
#[derive(Debug, Clone)]
pub struct Site {
    /// The address that people open, without a slash at the end.
    pub public_url: String,
    /// The built app; `None` when only the interface is served.
    pub directory: Option<PathBuf>,
    /// How many reverse proxies stand in front, each adding one `X-Forwarded-For` entry.
    pub proxies: usize,
}

impl Site {
    /// Whether browsers reach us over HTTPS: then cookies are `Secure` and their name says so.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Unix time in milliseconds. Passed in, so that tests decide what time it is.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_millis() as i64)
    })
}

/// The state of the server. Cloning it is cheap.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    pub site: Arc<Site>,
    pub clock: Clock,
    pub events: Events,
    pub passwords: Passwords,
    pub limits: Arc<Limits>,
    pub forms: FormCache,
    /// Where whole attachments lie.
    pub blobs: Blobs,
    pub workers: Workers,
    pub turns: Turns,
    /// Turns at holding a connection while workers merge: some connections are left for everybody else.
    pub merges: Merges,
    /// So many requests of a device with what no honest app sends, within a day, and nothing of it is taken in
    /// any more; 0 for never.
    pub quarantine_after: i32,
    /// Set when the server is about to stop: a load balancer is told to send nobody any more.
    pub stopping: Arc<AtomicBool>,
}

impl AppState {
    /// A state over a store, with nothing cached.
    pub fn new(store: Store, site: Site, clock: Clock) -> Self {
        let merges = (store.connections() * 3 / 4).max(1) as usize;
        Self {
            store,
            site: Arc::new(site),
            clock,
            events: Events::default(),
            passwords: Passwords::default(),
            limits: Arc::new(Limits::default()),
            forms: FormCache::default(),
            blobs: Blobs::in_memory(),
            workers: Workers::own(),
            turns: Turns::default(),
            merges: Merges::new(merges),
            quarantine_after: QUARANTINE_AFTER,
            stopping: Arc::default(),
        }
    }

    /// Now, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}
