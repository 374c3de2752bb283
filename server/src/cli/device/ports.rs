//! Network, clock and randomness of the machine.

use super::CommandError;
use device::ports::{Clock, Entropy, Local, Reply, Transport};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use std::cell::Cell;
use std::time::Duration;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The way to a server, and how much went over it.
pub struct Http {
    client: reqwest::Client,
    server: String,
    pub requests: Cell<u64>,
    pub up: Cell<u64>,
    pub down: Cell<u64>,
}

impl Http {
    pub fn new(server: &str) -> Result<Self, CommandError> {
        // Fails only when it is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| CommandError::Other(error.to_string()))?;
        let server = server.trim_end_matches('/').to_owned();
        let zero = || Cell::new(0);
        Ok(Self { client, server, requests: zero(), up: zero(), down: zero() })
    }

    async fn send(&self, path: &str, token: Option<&str>, body: Vec<u8>) -> Option<Reply> {
        let mut request = self
            .client
            .post(format!("{}{path}", self.server))
            .header(CONTENT_TYPE, shared::sync::codec::MEDIA_TYPE)
            .body(body);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut response = request.send().await.ok()?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let media_type = header(CONTENT_TYPE).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        let seconds = header(RETRY_AFTER).and_then(|value| value.trim().parse::<u64>().ok());
        let mut reply = Reply {
            status: response.status().as_u16(),
            media_type,
            retry_after_ms: seconds.map(|seconds| seconds.saturating_mul(1000)),
            body: Vec::new(),
        };
        // What arrives before a cut is of use.
        while let Ok(Some(chunk)) = response.chunk().await {
            reply.body.extend_from_slice(&chunk);
        }
        self.down.set(self.down.get() + reply.body.len() as u64);
        Some(reply)
    }
}

impl Transport for Http {
    fn post<'a>(
        &'a self,
        path: &'a str,
        token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        self.requests.set(self.requests.get() + 1);
        self.up.set(self.up.get() + body.len() as u64);
        Box::pin(self.send(path, token, body))
    }
}

/// The machine itself.
pub struct System;

impl Clock for System {
    fn now_ms(&self) -> i64 {
        server::state::system_clock()()
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.iter_mut().for_each(|byte| *byte = rand::random());
    }
}
