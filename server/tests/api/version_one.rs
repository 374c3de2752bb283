//! A phone that was left in a drawer for eight releases: what it wrote then, and what it can read, against
//! today's server. It knows version 1 of the protocol only.

use super::Outcome;
use super::phone::{FORM, Phone, change, enrol};
use axum::http::StatusCode;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use server::auth::token::Token;
use server::testing::{TestError, World};
use shared::id::{DeviceId, Epoch, FormVersionId, RecordId, StoreId};
use shared::policy::Role;
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::{decode, encode};
use shared::sync::message::{
    Directory, DocumentChanges, EnrolResponse, PublishedForm, RefusedChange, SyncRequest,
};

/// The request as version 1 had it: ten entries and no more.
#[derive(Encode)]
struct OldRequest {
    #[n(0)]
    protocol: u16,
    #[n(1)]
    epoch: Option<Epoch>,
    #[n(2)]
    store: StoreId,
    #[n(3)]
    cursor: u64,
    #[n(4)]
    push: Vec<DocumentChanges>,
    #[n(5)]
    forms: Vec<FormVersionId>,
    #[n(6)]
    unsent: u32,
    #[n(7)]
    build: String,
    #[n(8)]
    now_ms: i64,
    #[n(9)]
    directory_version: u64,
}

/// The response as version 1 had it.
#[derive(Decode)]
struct OldResponse {
    #[n(0)]
    protocol: u16,
    #[n(1)]
    epoch: Epoch,
    #[n(2)]
    cursor: u64,
    #[n(3)]
    more: bool,
    #[n(4)]
    refused: Vec<RefusedChange>,
    #[n(5)]
    pull: Vec<DocumentChanges>,
    #[n(6)]
    forms: Vec<PublishedForm>,
    #[n(7)]
    directory: Option<Directory>,
    #[n(8)]
    now_ms: i64,
}

/// The device of the recorded messages.
const DEVICE: DeviceId = DeviceId([0xd1; 8]);

fn recorded(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/wire/v1/");
    std::fs::read(format!("{folder}{name}")).expect("a recorded message")
}

/// The phone of the recordings, as it was enrolled in its time.
async fn old_phone(world: &World, user: uuid::Uuid) -> Result<Phone, TestError> {
    let token = Token::new(world.tenant);
    let mut tx = world.state.store.begin(world.tenant).await?;
    tx.create_device(&DEVICE.0, user, &token.hash(), "old", 0).await?;
    tx.commit().await?;
    Ok(Phone {
        device: DEVICE,
        token: token.bytes().iter().map(|byte| format!("{byte:02x}")).collect(),
        store: StoreId([2; 8]),
        cursor: 0,
        directory: 0,
        ticket: None,
        version: "ab".into(),
        forms: vec![],
    })
}

async fn ask(world: &World, phone: &Phone, body: Vec<u8>) -> Result<OldResponse, TestError> {
    let answer = phone.raw(world, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let response: OldResponse = decode(&answer.bytes)?;
    assert_eq!(response.protocol, 1);
    assert!(response.now_ms > 0);
    Ok(response)
}

#[tokio::test]
async fn what_version_1_wrote_is_taken_in_and_answered_as_it_reads() -> Outcome {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let phone = old_phone(&world, user).await?;
    let colleague = world.person(world.tenant, "mari", Role::Worker).await?;
    let mut modern = enrol(&world, &admin, colleague).await?;
    let (theirs, _, first) = modern.household("of today", "");
    assert!(modern.sync(&world, vec![first]).await?.refused.is_empty());

    // The recorded bytes: they name an epoch of long ago, and a form that is not in force any more.
    let bytes = recorded("sync-request.bin");
    let sent: SyncRequest = decode(&bytes)?;
    let response = ask(&world, &phone, bytes.clone()).await?;
    assert!(response.refused.is_empty());
    assert!(!response.more && response.cursor >= 3);
    assert_ne!(Some(response.epoch), sent.epoch);
    assert_eq!(response.forms.len(), 1);
    assert!(response.directory.is_some());
    // It is sent what a colleague made with today's app, change by change.
    let pulled: Vec<RecordId> = response.pull.iter().map(|of| of.record).collect();
    assert_eq!(pulled, [theirs]);
    assert!(response.pull[0].changes.iter().all(|bytes| bytes.starts_with(b"\x85\x6f\x4a\x83")));
    // Sent twice it is there once.
    assert!(ask(&world, &phone, bytes).await?.refused.is_empty());

    // It goes on where it is: another answer, under the server's epoch and cursor.
    let own = sent.push[0].record;
    let actor = Actor { device: DEVICE, session: [0x5f; 8] };
    let mut document = Document::empty(Audience::Main, actor);
    let known: Vec<Vec<u8>> = sent.push[0].changes.iter().map(|bytes| bytes.to_vec()).collect();
    document.receive(&known)?;
    let edit = [Edit::set(FieldPath::top("rooms"), "5", ValueKind::Integer)];
    let request = OldRequest {
        protocol: 1,
        epoch: Some(response.epoch),
        store: phone.store,
        cursor: response.cursor,
        push: vec![change(own, &mut document, &edit, "ab")],
        forms: response.forms.iter().map(|form| form.version).collect(),
        unsent: 0,
        build: "2026.11.1".into(),
        now_ms: 1_760_000_200_000,
        directory_version: response.directory.map_or(0, |directory| directory.version),
    };
    let after = ask(&world, &phone, encode(&request)).await?;
    assert!(after.refused.is_empty() && after.pull.is_empty() && after.directory.is_none());
    assert!(after.cursor > response.cursor);

    // The phone of today has all of it.
    let pull = modern.sync(&world, vec![]).await?.pull;
    let changes: usize = pull.iter().filter(|of| of.record == own).map(|of| of.changes.len()).sum();
    assert_eq!(changes, 3);

    // A change that cannot be taken is refused in words that version 1 had.
    let rubbish = DocumentChanges {
        record: own,
        audience: Audience::Main,
        changes: vec![ByteVec::from(vec![1, 2, 3])],
    };
    let request = OldRequest { push: vec![rubbish], cursor: after.cursor, ..request };
    let refused = ask(&world, &phone, encode(&request)).await?.refused;
    assert_eq!((refused[0].code.as_str(), refused[0].permanent), ("malformed", true));
    Ok(())
}

#[tokio::test]
async fn the_enrolment_of_version_1_reads_todays_answer() -> Outcome {
    /// The answer as version 1 had it.
    #[derive(Decode)]
    struct OldEnrolled {
        #[n(0)]
        device: DeviceId,
        #[n(1)]
        token: ByteVec,
        #[n(2)]
        directory: Directory,
        #[n(3)]
        forms: Vec<PublishedForm>,
    }
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let code = serde_json::json!({ "user": user.simple().to_string() });
    let path = "/api/enrolment-codes";
    let made = world.json(axum::http::Method::POST, path, Some(&admin), &code).await;
    let code = made.json()["code"].as_str().ok_or("no code")?.to_owned();
    let answer = super::phone::try_code(&world, &code).await;
    let old: OldEnrolled = decode(&answer.bytes)?;
    let new: EnrolResponse = decode(&answer.bytes)?;
    assert_eq!((old.device, old.token.len(), old.forms.len()), (new.device, 32, 1));
    assert_eq!(old.directory.version, new.directory.version);
    Ok(())
}
