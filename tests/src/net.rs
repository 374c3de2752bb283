//! A network that loses, cuts, repeats, delays and falsifies.

use crate::backend::Backend;
use crate::server::Server;
use crate::trace;
use device::ports::{Local, Reply, Transport};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shared::id::DeviceId;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What can happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    RequestLost,
    RequestCut,
    ResponseLost,
    ResponseCut,
    Repeated,
    DelayedPastTheNext,
    CaptivePortal,
    Redirected,
    Unavailable,
}

const FAULTS: [Fault; 9] = [
    Fault::RequestLost,
    Fault::RequestCut,
    Fault::ResponseLost,
    Fault::ResponseCut,
    Fault::Repeated,
    Fault::DelayedPastTheNext,
    Fault::CaptivePortal,
    Fault::Redirected,
    Fault::Unavailable,
];

/// A request that arrives later.
struct Late {
    device: DeviceId,
    path: String,
    body: Vec<u8>,
}

/// The network between all devices and the server.
pub struct Net {
    pub server: RefCell<Box<dyn Backend>>,
    pub random: RefCell<StdRng>,
    pub now: Rc<Cell<i64>>,
    /// How far the server's clock is off, milliseconds.
    pub astray: Cell<i64>,
    /// The share of requests that meet a fault, in percent.
    pub trouble: Cell<u32>,
    pub counts: RefCell<BTreeMap<Fault, u64>>,
    pub requests: Cell<u64>,
    pub bytes_up: Cell<u64>,
    pub bytes_down: Cell<u64>,
    delayed: RefCell<Vec<Late>>,
    /// The next requests meet this fault.
    next: Cell<Option<(Fault, u32)>>,
    /// Larger bodies do not get past a proxy: before it has one whole the line breaks, or it answers so itself.
    pub narrow: Cell<Option<(usize, Option<u16>)>>,
}

impl Net {
    /// A network around a server in memory.
    pub fn new(seed: u64) -> Self {
        Self::around(Box::new(Server::default()), seed)
    }

    pub fn around(server: Box<dyn Backend>, seed: u64) -> Self {
        Self {
            server: RefCell::new(server),
            random: RefCell::new(StdRng::seed_from_u64(seed)),
            now: Rc::new(Cell::new(1_760_000_000_000)),
            astray: Cell::new(0),
            trouble: Cell::new(0),
            counts: RefCell::default(),
            requests: Cell::new(0),
            bytes_up: Cell::new(0),
            bytes_down: Cell::new(0),
            delayed: RefCell::default(),
            next: Cell::new(None),
            narrow: Cell::new(None),
        }
    }

    /// What time the server believes it is, Unix milliseconds.
    pub fn server_ms(&self) -> i64 {
        self.now.get() + self.astray.get()
    }

    /// Lets the next `count` requests that carry much meet a fault.
    pub fn cut_next(&self, fault: Fault, count: u32) {
        self.next.set(Some((fault, count)));
    }

    fn fault(&self) -> Option<Fault> {
        if let Some((fault, count)) = self.next.get() {
            self.next.set((count > 1).then_some((fault, count - 1)));
            return Some(fault);
        }
        let mut random = self.random.borrow_mut();
        if random.random_range(0..100) >= self.trouble.get() {
            return None;
        }
        let fault = FAULTS[random.random_range(0..FAULTS.len())];
        *self.counts.borrow_mut().entry(fault).or_default() += 1;
        Some(fault)
    }

    fn below(&self, end: usize) -> usize {
        self.random.borrow_mut().random_range(0..end.max(1))
    }

    /// Delivers what was held back, in an order of its own.
    pub fn deliver_delayed(&self) {
        while !self.delayed.borrow().is_empty() {
            let at = self.below(self.delayed.borrow().len());
            let late = self.delayed.borrow_mut().swap_remove(at);
            // Nobody waits for the answer any more.
            let _ = self.answer(late.device, &late.path, &late.body, false);
        }
    }

    fn answer(&self, device: DeviceId, path: &str, body: &[u8], cut: bool) -> Reply {
        let reply = self.server.borrow_mut().post(device, path, body, cut, self.server_ms());
        trace::exchange(device, body, &reply);
        reply
    }

    fn post(&self, device: DeviceId, path: &str, body: Vec<u8>) -> Option<Reply> {
        self.requests.set(self.requests.get() + 1);
        if let Some((most, status)) = self.narrow.get()
            && body.len() > most
        {
            self.bytes_up.set(self.bytes_up.get() + most as u64);
            return status.map(|status| page(status, b"<html>too large</html>"));
        }
        let fault = self.fault();
        let arrives = match fault {
            Some(Fault::RequestLost) => 0,
            Some(Fault::RequestCut) => self.below(body.len()),
            _ => body.len(),
        };
        self.bytes_up.set(self.bytes_up.get() + arrives as u64);
        let reply = self.carry(fault, device, path, body, arrives);
        let down = reply.as_ref().map_or(0, |reply| reply.body.len() as u64);
        self.bytes_down.set(self.bytes_down.get() + down);
        reply
    }

    fn carry(
        &self,
        fault: Option<Fault>,
        device: DeviceId,
        path: &str,
        body: Vec<u8>,
        arrives: usize,
    ) -> Option<Reply> {
        match fault {
            None => {
                let reply = self.answer(device, path, &body, false);
                if self.below(4) == 0 {
                    self.deliver_delayed();
                }
                Some(reply)
            }
            Some(Fault::RequestLost) => None,
            Some(Fault::RequestCut) => {
                self.answer(device, path, &body[..arrives], true);
                None
            }
            Some(Fault::ResponseLost) => {
                self.answer(device, path, &body, false);
                None
            }
            Some(Fault::ResponseCut) => {
                let mut reply = self.answer(device, path, &body, false);
                reply.body.truncate(self.below(reply.body.len()));
                Some(reply)
            }
            Some(Fault::Repeated) => {
                self.answer(device, path, &body, false);
                Some(self.answer(device, path, &body, false))
            }
            Some(Fault::DelayedPastTheNext) => {
                let path = path.to_owned();
                self.delayed.borrow_mut().push(Late { device, path, body });
                None
            }
            Some(Fault::CaptivePortal) => Some(page(200, b"<html>Wi-Fi</html>")),
            Some(Fault::Redirected) => Some(page(302, b"")),
            Some(Fault::Unavailable) => Some(Reply {
                status: 503,
                media_type: "application/problem+json".into(),
                retry_after_ms: Some(1000),
                body: vec![],
            }),
        }
    }
}

fn page(status: u16, body: &[u8]) -> Reply {
    Reply { status, media_type: "text/html".into(), retry_after_ms: None, body: body.to_vec() }
}

/// One device's way to the server.
pub struct Link {
    pub net: Rc<Net>,
    pub device: DeviceId,
}

impl Transport for Link {
    fn post<'a>(
        &'a self,
        path: &'a str,
        _token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move { self.net.post(self.device, path, body) })
    }
}
