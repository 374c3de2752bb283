//! Messages as they once were: every build must go on reading them.
//!
//! Each folder here holds every message once, with all its entries, as the releases of one time wrote it. A
//! release that gives a message another shape gets a folder of its own; the older ones are never written
//! again. What fails here says what to do.

mod shape;

use minicbor::bytes::ByteVec;
use shape::Shape;
use shared::attachment::message::{Fetch, FetchFormFile, Piece, Stored, Upload};
use shared::id::AttachmentHash;
use shared::id::{ChangeHash, DeviceId, Epoch, FormVersionId, RecordId, StoreId};
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::ability::{Abilities, feature};
use shared::sync::codec::{CodecError, decode, encode};
use shared::sync::message::{
    DevicePerson, Directory, DocumentChanges, EnrolRequest, EnrolResponse, PublishedForm,
    RefusedChange, Settled, SyncRequest, SyncResponse, TransferState,
};
use shared::sync::pack::pack;
use std::path::{Path, PathBuf};

/// The folders, the oldest first: the last is what this build writes.
const RELEASES: [&str; 3] = ["v1", "v2", "v3"];

const RECORD: RecordId = RecordId([0x01, 0x93, 0x4a, 0, 0, 0, 0x70, 1, 0x80, 2, 3, 4, 5, 6, 7, 8]);
const DEVICE: DeviceId = DeviceId([0xd1; 8]);

fn fixture(version: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wire").join(version).join(name)
}

/// The bytes of a fixture. A missing one is written when `KARDAKAR_WRITE_FIXTURES` is set.
fn stored(version: &str, name: &str, present: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = fixture(version, &format!("{name}.bin"));
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

/// The form that the first release recorded: what the forms of other tests are does not matter here.
fn form() -> PublishedForm {
    let recorded = std::fs::read(fixture("v1", "enrol-response.bin")).expect("the first release");
    let enrolled: EnrolResponse = decode(&recorded).expect("it is read");
    enrolled.forms.into_iter().next().expect("it has a form")
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

// ---- what this build writes: no entry is left to a default, so that a new one has to be given here ----

fn abilities() -> Abilities {
    Abilities {
        encodings: Some(vec![0, 1]),
        forms: Some(vec![1, 2]),
        features: Some(vec![feature::BLOCKS, feature::TRANSFERS, feature::ATTACHMENTS]),
        page: Some(4 << 20),
    }
}

fn request() -> SyncRequest {
    SyncRequest {
        protocol: 2,
        epoch: Some(Epoch([1; 16])),
        store: StoreId([2; 8]),
        cursor: 300,
        push: vec![document()],
        forms: vec![FormVersionId([4; 16])],
        unsent: 5,
        build: "2026.11.1".into(),
        now_ms: 1_760_000_100_000,
        directory_version: 1 << 32 | 7,
        oldest: Some(1),
        packed: Some(pack(&[document()]).into()),
        ticket: Some(77),
        session: Some(vec![6; 8].into()),
        abilities: Some(abilities()),
        wanted: Some(vec![FormVersionId([5; 16])]),
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
    let settled = Settled {
        hash: ChangeHash([9; 32]),
        taken: true,
        as_it_was: false,
        reason: "ორჯერ ჩაიწერა".into(),
    };
    SyncResponse {
        protocol: 2,
        epoch: Epoch([1; 16]),
        cursor: 301,
        more: true,
        refused: vec![refused(true, Some(ChangeHash([9; 32]))), refused(false, None)],
        pull: vec![document()],
        forms: vec![form()],
        directory: Some(directory()),
        now_ms: 1_760_000_100_500,
        packed: Some(pack(&[document()]).into()),
        left: Some(vec![RECORD]),
        scope: Some(vec![RECORD]),
        settled: Some(vec![settled]),
        ticket: Some(78),
        renew: Some(true),
        abilities: Some(abilities()),
        paused: Some(true),
    }
}

fn enrol_request() -> EnrolRequest {
    EnrolRequest {
        code: "K7QF-2MPD".into(),
        label: "phone".into(),
        build: "2026.11.1".into(),
        former: Some(vec![DEVICE]),
        abilities: Some(abilities()),
    }
}

fn enrol_response() -> EnrolResponse {
    EnrolResponse {
        device: DEVICE,
        token: vec![7; 32].into(),
        directory: directory(),
        forms: vec![form()],
        protocol: Some(2),
        abilities: Some(abilities()),
    }
}

const FILE: AttachmentHash = AttachmentHash([8; 32]);

// ---- the same as older releases wrote it ----

fn requests() -> [SyncRequest; 3] {
    let second = SyncRequest { abilities: None, wanted: None, ..request() };
    let first = SyncRequest {
        protocol: 1,
        oldest: None,
        packed: None,
        ticket: None,
        session: None,
        ..second.clone()
    };
    [first, second, request()]
}

fn responses() -> [SyncResponse; 3] {
    let second = SyncResponse { abilities: None, paused: None, ..response() };
    let first = SyncResponse {
        protocol: 1,
        packed: None,
        left: None,
        scope: None,
        settled: None,
        ticket: None,
        renew: None,
        ..second.clone()
    };
    [first, second, response()]
}

fn enrol_requests() -> [EnrolRequest; 3] {
    let second = EnrolRequest { abilities: None, ..enrol_request() };
    [EnrolRequest { former: None, ..second.clone() }, second, enrol_request()]
}

fn enrol_responses() -> [EnrolResponse; 3] {
    let second = EnrolResponse { abilities: None, ..enrol_response() };
    [EnrolResponse { protocol: None, ..second.clone() }, second, enrol_response()]
}

/// Reads a message as every release wrote it, and holds its present shape against the last of them.
fn holds<T>(name: &str, messages: &[T], from: usize)
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> + PartialEq + std::fmt::Debug,
{
    let mut before: Option<Shape> = None;
    for (release, message) in RELEASES[from..].iter().zip(messages) {
        let bytes = stored(release, name, || encode(message));
        assert_eq!(decode::<T>(&bytes).as_ref(), Ok(message), "{release}/{name} is not read");
        let shape = Shape::of(&bytes);
        if let Some(before) = &before {
            let same = before.is_begun_by(&shape);
            assert!(
                same,
                "{release}/{name}: an entry has another meaning than in the release before"
            );
        }
        before = Some(shape);
    }
    let last = messages.last().expect("a message");
    let present = Shape::of(&encode(last));
    let told = "this build gives it another shape than any release has had: add a folder to RELEASES, say \
                in docs/SYNC.md what is new, and run this once with KARDAKAR_WRITE_FIXTURES=1";
    assert!(before.as_ref() == Some(&present), "{name}: {told}\n{before:?}\n{present:?}");
}

#[test]
fn messages_of_every_release_are_read() {
    holds("sync-request", &requests(), 0);
    holds("sync-response", &responses(), 0);
    holds("enrol-request", &enrol_requests(), 0);
    holds("enrol-response", &enrol_responses(), 0);
    let both = |state: TransferState| [state.clone(), state];
    holds("transfer-state", &both(TransferState { received: 70_000 }), 1);
    let upload = Upload { hash: FILE, size: 70_000, offset: 32_768, bytes: vec![1; 40].into() };
    holds("upload", &[upload.clone(), upload], 1);
    holds("stored", &[Stored { received: 70_000, complete: true }; 2], 1);
    let fetch = Fetch { record: RECORD, hash: FILE, offset: 1, length: 32_768 };
    holds("fetch", &[fetch.clone(), fetch], 1);
    let fetch = FetchFormFile { hash: FILE, offset: 1, length: 32_768 };
    holds("fetch-form-file", &[fetch.clone(), fetch], 1);
    let piece = Piece { size: 70_000, received: 70_000, bytes: vec![1; 40].into() };
    holds("piece", &[piece.clone(), piece], 1);
}

/// The files themselves: who writes one anew has to alter this list too, and should not.
#[test]
fn recorded_messages_are_never_written_again() {
    let mut sums = String::new();
    for release in RELEASES {
        let folder = fixture(release, "");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("a folder of the release")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        for file in files {
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            let bytes = std::fs::read(&file).expect("a file");
            let hash = AttachmentHash::of(&bytes).to_string();
            sums.push_str(&format!("{release}/{name} {}\n", &hash[..16]));
        }
    }
    assert_eq!(sums, include_str!("sums.txt"), "tests/wire/sums.txt lists the recorded messages");
}

/// An older client leaves the last entries out, a newer one has more: both are read, whatever entry it is.
#[test]
fn entries_may_be_missing_and_added() {
    fn tried<T>(message: &T, least: usize)
    where
        T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()> + PartialEq + std::fmt::Debug,
    {
        let whole = Shape::of(&encode(message));
        for count in least..=whole.entries() {
            let shorter = whole.first(count).to_message();
            assert!(decode::<T>(&shorter).is_ok(), "only {count} entries");
        }
        for at in least..whole.entries() {
            let blank = whole.blanked(at).to_message();
            assert!(decode::<T>(&blank).is_ok(), "entry {at} is null");
        }
        let longer = whole.with_strange_entries().to_message();
        assert_eq!(decode::<T>(&longer).as_ref(), Ok(message), "strange entries at the end");
        let short = whole.first(least - 1).to_message();
        assert_eq!(decode::<T>(&short), Err(CodecError::Unexpected), "{least} are needed");
    }
    tried(&request(), 10);
    tried(&response(), 9);
    tried(&enrol_request(), 3);
    tried(&enrol_response(), 4);
    let mut odd = abilities();
    for entry in [&mut odd.encodings, &mut odd.forms, &mut odd.features] {
        *entry = Some(vec![0, 1, 2, 3, 250, u32::MAX]);
    }
    assert_eq!(Abilities::own().and(&odd), abilities());
    tried_abilities();
}

fn tried_abilities() {
    let whole = Shape::of(&encode(&abilities()));
    for count in 0..=4 {
        let shorter: Abilities = decode(&whole.first(count).to_message()).expect("any of them");
        assert_eq!(Abilities::own().and(&Abilities::said(2, Some(&shorter))), abilities());
    }
    let longer = whole.with_strange_entries().to_message();
    assert_eq!(decode::<Abilities>(&longer), Ok(abilities()));
}
