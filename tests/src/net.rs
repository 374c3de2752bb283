//! A network that loses, repeats, delays and falsifies.

use crate::server::Server;
use device::ports::{Local, Reply, Transport};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::id::DeviceId;
use shared::sync::codec;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    RequestLost,
    ResponseLost,
    ResponseCut,
    Repeated,
    DelayedPastTheNext,
    CaptivePortal,
    Unavailable,
}

const FAULTS: [Fault; 7] = [
    Fault::RequestLost,
    Fault::ResponseLost,
    Fault::ResponseCut,
    Fault::Repeated,
    Fault::DelayedPastTheNext,
    Fault::CaptivePortal,
    Fault::Unavailable,
];

/// The network between all devices and the server.
pub struct Net {
    pub server: RefCell<Server>,
    pub random: RefCell<StdRng>,
    /// The share of requests that meet a fault, in percent.
    pub trouble: Cell<u32>,
    pub counts: RefCell<BTreeMap<Fault, u64>>,
    pub requests: Cell<u64>,
    delayed: RefCell<Vec<(DeviceId, Vec<u8>)>>,
}

impl Net {
    pub fn new(seed: u64) -> Self {
        Self {
            server: RefCell::default(),
            random: RefCell::new(StdRng::seed_from_u64(seed)),
            trouble: Cell::new(0),
            counts: RefCell::default(),
            requests: Cell::new(0),
            delayed: RefCell::default(),
        }
    }

    fn fault(&self) -> Option<Fault> {
        let mut random = self.random.borrow_mut();
        if random.random_range(0..100) >= self.trouble.get() {
            return None;
        }
        let fault = FAULTS[random.random_range(0..FAULTS.len())];
        *self.counts.borrow_mut().entry(fault).or_default() += 1;
        Some(fault)
    }

    /// Delivers what was held back, in an order of its own.
    pub fn deliver_delayed(&self) {
        let mut late = self.delayed.borrow_mut();
        while !late.is_empty() {
            let at = self.random.borrow_mut().random_range(0..late.len());
            let (device, body) = late.swap_remove(at);
            // Nobody waits for the answer any more.
            let _ = self.server.borrow_mut().sync(device, &body);
        }
    }

    fn answer(&self, device: DeviceId, body: &[u8]) -> Reply {
        match self.server.borrow_mut().sync(device, body) {
            Ok(body) => Reply {
                status: 200,
                media_type: codec::MEDIA_TYPE.into(),
                retry_after_ms: None,
                body,
            },
            Err(status) => Reply {
                status,
                media_type: "application/problem+json".into(),
                retry_after_ms: None,
                body: vec![],
            },
        }
    }

    fn post(&self, device: DeviceId, body: Vec<u8>) -> Option<Reply> {
        self.requests.set(self.requests.get() + 1);
        match self.fault() {
            None => {
                let reply = self.answer(device, &body);
                if self.random.borrow_mut().random_range(0..4) == 0 {
                    self.deliver_delayed();
                }
                Some(reply)
            }
            Some(Fault::RequestLost) => None,
            Some(Fault::ResponseLost) => {
                self.answer(device, &body);
                None
            }
            Some(Fault::ResponseCut) => {
                let mut reply = self.answer(device, &body);
                let keep = self.random.borrow_mut().random_range(0..reply.body.len().max(1));
                reply.body.truncate(keep);
                Some(reply)
            }
            Some(Fault::Repeated) => {
                self.answer(device, &body);
                Some(self.answer(device, &body))
            }
            Some(Fault::DelayedPastTheNext) => {
                self.delayed.borrow_mut().push((device, body));
                None
            }
            Some(Fault::CaptivePortal) => Some(Reply {
                status: 200,
                media_type: "text/html".into(),
                retry_after_ms: None,
                body: b"<html>Wi-Fi</html>".to_vec(),
            }),
            Some(Fault::Unavailable) => Some(Reply {
                status: 503,
                media_type: "application/problem+json".into(),
                retry_after_ms: Some(1000),
                body: vec![],
            }),
        }
    }
}

/// One device's way to the server.
pub struct Link {
    pub net: Rc<Net>,
    pub device: DeviceId,
}

impl Transport for Link {
    fn post<'a>(
        &'a self,
        _path: &'a str,
        _token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move { self.net.post(self.device, body) })
    }
}
