//! The service worker, as `app/worker` does it: it posts the parcel and stores the answer, reading neither.

use crate::net::{Link, Net};
use crate::run;
use device::memory::MemoryStore;
use device::ports::{Store, Table, Transport, Write, WriteSet};
use shared::id::DeviceId;
use std::rc::Rc;
use stored::parcel::{ANSWER, REQUEST, Request, TABLE, write_answer};
use stored::row;

/// Whether an answer is stored now.
pub fn send(store: &MemoryStore, net: &Rc<Net>, device: DeviceId) -> bool {
    let rows = store.rows(Table::Parcel);
    let find = |key: &str| rows.iter().find(|(of, _)| of == key);
    let (Some((_, row)), None) = (find(REQUEST), find(ANSWER)) else { return false };
    let Some(request) = row::open(TABLE, REQUEST, row).ok().and_then(Request::read) else {
        return false;
    };
    let link = Link { net: net.clone(), device };
    let reply = run(link.post(request.path, Some(request.token), request.body.to_vec())).flatten();
    let Some(reply) = reply else { return false };
    if reply.status != 200 || reply.media_type != request.media_type {
        return false;
    }
    let answer = row::seal(TABLE, ANSWER, &write_answer(request.name, &reply.body));
    let write = Write::Put(Table::Parcel, ANSWER.into(), answer);
    // The page's next storage call meets the fault that is set, not the worker's.
    matches!(run(store.commit(WriteSet(vec![write]))), Some(Ok(())))
}
