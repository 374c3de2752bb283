//! Messages as they once were: every build must go on reading them.
//!
//! `tests/wire/v1` holds what version 1 of the protocol wrote. The files are never written again; a new
//! version of the protocol gets a folder of its own.

use minicbor::bytes::ByteVec;
use shared::id::{ChangeHash, DeviceId, Epoch, FormVersionId, RecordId, StoreId};
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::{decode, encode};
use shared::sync::message::{
    DevicePerson, Directory, DocumentChanges, EnrolRequest, EnrolResponse, PublishedForm,
    RefusedChange, SyncRequest, SyncResponse,
};
use std::path::{Path, PathBuf};

const RECORD: RecordId = RecordId([0x01, 0x93, 0x4a, 0, 0, 0, 0x70, 1, 0x80, 2, 3, 4, 5, 6, 7, 8]);
const DEVICE: DeviceId = DeviceId([0xd1; 8]);

fn fixture(version: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wire").join(version).join(name)
}

/// The bytes of a fixture. A missing one is written when `KARDAKAR_WRITE_FIXTURES` is set.
fn stored(version: &str, name: &str, present: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = fixture(version, name);
    if !path.exists() && std::env::var_os("KARDAKAR_WRITE_FIXTURES").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(&path, present()).expect("a file can be written");
    }
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document() -> DocumentChanges {
    let actor = Actor { device: DEVICE, session: [0x5e; 8] };
    let mut main = Document::create(RECORD, "household", actor);
    let edits = [
        Edit::header("state", "finished"),
        Edit::set(FieldPath::top("rooms"), "3", ValueKind::Integer),
        Edit::set(FieldPath::top("note"), "ჭერი ჟონავს", ValueKind::LongText),
        Edit::set(FieldPath::top("problems"), "damp roof", ValueKind::Multiple),
        Edit::AddItem {
            repeat: FieldPath::top("members"),
            item: "3fA9bC2dE1".into(),
            order: "00000400".into(),
        },
        Edit::set(FieldPath::in_item("members", "3fA9bC2dE1", "m_first"), "ნინო", ValueKind::Plain),
    ];
    let first = main.edit(&edits, 1_760_000_000_000, "ab").expect("edits").expect("a change");
    let rooms = [Edit::set(FieldPath::top("rooms"), "4", ValueKind::Integer)];
    let second = main.edit(&rooms, 1_760_000_060_000, "ab").expect("edits").expect("a change");
    let changes = [first, second].map(|change| ByteVec::from(change.bytes)).to_vec();
    DocumentChanges { record: RECORD, audience: Audience::Main, changes }
}

fn form() -> PublishedForm {
    let (version, compiled) = tests::form::published(1);
    PublishedForm { version, compiled: compiled.into() }
}

fn directory() -> Directory {
    Directory {
        version: 1 << 32 | 7,
        municipality: "გარდაბანი".into(),
        person: "ნინო ბერიძე".into(),
        people: vec![DevicePerson {
            device: DEVICE, name: "ნინო ბერიძე".into()
        }],
        current_forms: vec![FormVersionId([4; 16])],
        places: vec!["GE-KK-50-006".into()],
        office_phone: "+995 32 200 00 00".into(),
    }
}

fn request() -> SyncRequest {
    SyncRequest {
        protocol: 1,
        epoch: Some(Epoch([1; 16])),
        store: StoreId([2; 8]),
        cursor: 300,
        push: vec![document()],
        forms: vec![FormVersionId([4; 16])],
        unsent: 5,
        build: "2026.11.1".into(),
        now_ms: 1_760_000_100_000,
        directory_version: 1 << 32 | 7,
        ..SyncRequest::default()
    }
}

fn response() -> SyncResponse {
    let refused = |permanent, hash| RefusedChange {
        document: 0,
        change: 1,
        code: "not_allowed".into(),
        permanent,
        hash,
    };
    SyncResponse {
        protocol: 1,
        epoch: Epoch([1; 16]),
        cursor: 301,
        more: true,
        refused: vec![refused(true, Some(ChangeHash([9; 32]))), refused(false, None)],
        pull: vec![document()],
        forms: vec![form()],
        directory: Some(directory()),
        now_ms: 1_760_000_100_500,
        ..SyncResponse::default()
    }
}

fn enrol_request() -> EnrolRequest {
    EnrolRequest {
        code: "K7QF-2MPD".into(),
        label: "phone".into(),
        build: "2026.11.1".into(),
        former: None,
    }
}

fn enrol_response() -> EnrolResponse {
    EnrolResponse {
        device: DEVICE,
        token: vec![7; 32].into(),
        directory: directory(),
        forms: vec![form()],
        protocol: None,
    }
}

#[test]
fn messages_of_version_1_are_read() {
    let sync = stored("v1", "sync-request.bin", || encode(&request()));
    assert_eq!(decode(&sync), Ok(request()));
    let answer = stored("v1", "sync-response.bin", || encode(&response()));
    assert_eq!(decode(&answer), Ok(response()));
    let enrol = stored("v1", "enrol-request.bin", || encode(&enrol_request()));
    assert_eq!(decode(&enrol), Ok(enrol_request()));
    let enrolled = stored("v1", "enrol-response.bin", || encode(&enrol_response()));
    assert_eq!(decode(&enrolled), Ok(enrol_response()));
}
