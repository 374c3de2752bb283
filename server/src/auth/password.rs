//! Passwords: Argon2id with 19 MiB, two passes, one lane.

use crate::error::{ApiError, ApiResult};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// At most this many hashes at once: each takes 19 MiB and about 30 ms of one core.
const AT_ONCE: usize = 2;
/// More waiting than this are sent away: the queue would outlast their patience.
const WAITING: usize = 64;

/// Hashes and verifies passwords, off the async threads and a few at a time.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(WAITING)) }
    }
}

impl Passwords {
    /// The PHC string of a password.
    pub async fn hash(&self, password: &str) -> ApiResult<String> {
        let password = password.to_owned();
        self.run(move || {
            let hashed = argon2().hash_password(password.as_bytes());
            hashed.map(|hash| hash.to_string()).map_err(|error| error.to_string())
        })
        .await?
        .map_err(|error| {
            tracing::error!(error, "hashing failed");
            ApiError::internal("the password could not be stored")
        })
    }

    /// Whether a password fits. Without a stored hash it takes as long and does not: the time does not
    /// tell which logins exist.
    pub async fn verify(&self, password: &str, stored: Option<String>) -> ApiResult<bool> {
        let password = password.to_owned();
        self.run(move || match stored {
            Some(stored) => argon2().verify_password(password.as_bytes(), stored.as_str()).is_ok(),
            None => {
                let _ = argon2().hash_password(password.as_bytes());
                false
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> ApiResult<T> {
        let busy =
            || ApiError::too_many("too many people are signing in; try again").retry_after(5);
        let _place = self.queue.try_acquire().map_err(|_| busy())?;
        let _turn = self.turns.acquire().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| ApiError::internal("the password could not be checked"))
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// What makes a password acceptable: length alone (ASVS 6.2).
pub fn check(password: &str) -> ApiResult<()> {
    let length = password.chars().count();
    if (10..=200).contains(&length) {
        return Ok(());
    }
    Err(ApiError::field("password: use between 10 and 200 characters"))
}
