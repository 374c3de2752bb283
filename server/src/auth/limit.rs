//! How often an address may try what can be guessed.

use crate::error::{ApiError, ApiResult};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

/// The address a request came from, put there by the accept loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The limits: per address, and over all addresses for what has few possible values.
#[derive(Debug)]
pub struct Limits {
    logins: DefaultKeyedRateLimiter<IpAddr>,
    codes: DefaultKeyedRateLimiter<IpAddr>,
    all_codes: DefaultKeyedRateLimiter<()>,
}

fn quota(per_minute: u32, burst: u32) -> Quota {
    let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(per_minute).allow_burst(burst)
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A whole office may stand behind one address.
            logins: RateLimiter::keyed(quota(20, 30)),
            codes: RateLimiter::keyed(quota(10, 20)),
            // A thousand million codes, fifteen minutes each: guessing one of a hundred open ones at
            // this rate takes years.
            all_codes: RateLimiter::keyed(quota(300, 300)),
        }
    }
}

impl Limits {
    /// A try to sign in.
    pub fn login(&self, from: IpAddr) -> ApiResult<()> {
        check(&self.logins, &from)
    }

    /// A try to enrol, or to use a set-up link.
    pub fn code(&self, from: IpAddr) -> ApiResult<()> {
        check(&self.codes, &from)?;
        check(&self.all_codes, &())
    }

    /// Forgets addresses that have been quiet.
    pub fn forget_old(&self) {
        self.logins.retain_recent();
        self.codes.retain_recent();
    }
}

fn check<K: Clone + std::hash::Hash + Eq>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> ApiResult<()> {
    limiter.check_key(key).map_err(|wait| {
        let seconds = wait.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        ApiError::too_many(format!("too many tries; wait {seconds} seconds")).retry_after(seconds)
    })
}

/// The client's address: the connection's, or behind `proxies` reverse proxies the entry that the
/// outermost of them added. Entries further left are the client's own claim.
pub fn client_address(peer: Option<Peer>, forwarded: Option<&str>, proxies: usize) -> IpAddr {
    let direct = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
    if proxies == 0 {
        return direct;
    }
    forwarded
        .and_then(|list| list.rsplit(',').nth(proxies - 1))
        .and_then(|entry| entry.trim().parse().ok())
        .unwrap_or(direct)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_entries_count_only_behind_a_proxy() {
        let peer = Some(Peer(IpAddr::from([10, 0, 0, 1])));
        let cases = [
            (0, Some("1.1.1.1"), [10, 0, 0, 1]),
            (1, Some("9.9.9.9, 1.1.1.1"), [1, 1, 1, 1]),
            (2, Some("9.9.9.9, 1.1.1.1"), [9, 9, 9, 9]),
            (1, None, [10, 0, 0, 1]),
            (1, Some("nonsense"), [10, 0, 0, 1]),
        ];
        for (proxies, forwarded, expected) in cases {
            assert_eq!(client_address(peer, forwarded, proxies), IpAddr::from(expected));
        }
    }

    #[test]
    fn tries_run_out_per_address() {
        let limits = Limits::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let refused = (0..40).filter(|_| limits.login(one).is_err()).count();
        assert!(refused >= 9, "{refused}");
        assert!(limits.login(other).is_ok());
    }
}
