//! What a seed does, line by line, for whoever looks for a fault: `cargo xtask sim --seed N --trace`.

use device::ports::Reply;
use shared::id::{AttachmentHash, DeviceId};
use shared::record::document::change_hash;
use shared::sync::codec::decode;
use shared::sync::message::{DocumentChanges, SyncRequest, SyncResponse};
use std::sync::atomic::{AtomicBool, Ordering};

static WANTED: AtomicBool = AtomicBool::new(false);

/// From here on everything is told.
pub fn begin() {
    WANTED.store(true, Ordering::Relaxed);
}

/// Something happened to a phone.
pub fn event(what: &str, phone: usize) {
    if WANTED.load(Ordering::Relaxed) {
        println!("{what} {phone}");
    }
}

/// What is told of an attachment: the beginning of its hash.
pub fn photo(what: &str, hash: AttachmentHash) {
    if WANTED.load(Ordering::Relaxed) {
        println!("  {what} {}", hash.to_string().chars().take(6).collect::<String>());
    }
}

fn hashes(documents: &[DocumentChanges]) -> String {
    let short = |document: &DocumentChanges| {
        let changes = document.changes.iter().filter_map(|bytes| change_hash(bytes));
        let changes: Vec<String> =
            changes.map(|hash| hash.to_string().chars().take(6).collect()).collect();
        format!("{}/{}: {}", document.record, document.audience as u8, changes.join(" "))
    };
    documents.iter().map(short).collect::<Vec<_>>().join(", ")
}

/// A request reached the server, and this is its answer; whether the device gets it is another matter.
pub fn exchange(device: DeviceId, body: &[u8], reply: &Reply) {
    if !WANTED.load(Ordering::Relaxed) {
        return;
    }
    let Ok(mut request) = decode::<SyncRequest>(body) else {
        return println!("  device {device}: {} bytes of a transfer, {}", body.len(), reply.status);
    };
    let Ok(mut response) = decode::<SyncResponse>(&reply.body) else {
        return println!("  device {device}: {}", reply.status);
    };
    if request.unpack().is_err() || response.unpack().is_err() {
        return println!("  device {device}: packed badly");
    }
    let session = request.session.as_ref().and_then(|session| session.first());
    println!(
        "  device {device} store {} session {session:?} epoch {:?} cursor {} ticket {:?} area {:x} \
         pushes [{}]",
        request.store,
        request.epoch.map(|epoch| epoch.0[0]),
        request.cursor,
        request.ticket.map(|ticket| ticket % 10_000),
        request.directory_version,
        hashes(&request.push),
    );
    let refused = response.refused.iter();
    println!(
        "    refused {:?} epoch {} cursor {}{} pulls [{}] ticket {:?}{} left {:?} scope {:?} settled {:?}",
        refused.map(|refused| refused.code.as_str()).collect::<Vec<_>>(),
        response.epoch.0[0],
        response.cursor,
        if response.more { " and more" } else { "" },
        hashes(&response.pull),
        response.ticket.map(|ticket| ticket % 10_000),
        if response.renew.is_some() { " renew" } else { "" },
        response.left.unwrap_or_default(),
        response.scope.map(|scope| scope.len()),
        response.settled.unwrap_or_default().len(),
    );
}
