//! A phone in the wrong hands: enrolled, and sending what no app makes to records of others.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use minicbor::bytes::ByteVec;
use server::auth::token::Token;
use server::testing::{TestError, World};
use sha2::{Digest, Sha256};
use shared::id::{DeviceId, RecordId, StoreId};
use shared::policy::Role;
use shared::record::review::{Review, ReviewState};
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::{MEDIA_TYPE, decode, encode};
use shared::sync::message::{DocumentChanges, PROTOCOL, SyncRequest, SyncResponse};
use std::cell::Cell;
use std::collections::BTreeMap;

pub struct Attacker {
    pub device: DeviceId,
    token: Token,
    attacks: Cell<u8>,
}

/// Documents as the server stores them.
type Stored = BTreeMap<(RecordId, Audience), Vec<u8>>;

/// Where a change begins behind its magic bytes and its checksum.
const BODY: usize = 8;

impl Attacker {
    pub async fn enrol(world: &World) -> Result<Self, TestError> {
        let device = DeviceId([0xaa; 8]);
        let token = Token::new(world.tenant);
        let user = world.person(world.tenant, "attacker", Role::Worker).await?;
        let mut tx = world.state.store.begin(world.tenant).await?;
        tx.create_device(&device.0, user, &token.hash(), "attacker", 0).await?;
        tx.commit().await?;
        Ok(Self { device, token, attacks: Cell::new(0) })
    }

    /// Sends hostile changes to a record of others: none is taken in. False where there is no record yet.
    pub async fn attack(&self, world: &World, stored: &Stored) -> Result<bool, TestError> {
        let number = self.attacks.get();
        self.attacks.set(number.wrapping_add(1));
        let mains: Vec<_> = stored.iter().filter(|((_, of), _)| *of == Audience::Main).collect();
        if mains.is_empty() {
            return Ok(false);
        }
        let ((record, audience), snapshot) = mains[usize::from(number) % mains.len()];
        let changes = self.hostile(snapshot, number)?;
        let sent = changes.len();
        let changes = changes.into_iter().map(ByteVec::from).collect();
        let request = SyncRequest {
            protocol: PROTOCOL,
            store: StoreId([number; 8]),
            push: vec![DocumentChanges { record: *record, audience: *audience, changes }],
            build: "attacker".into(),
            ..SyncRequest::default()
        };
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/sync")
            .header("content-type", MEDIA_TYPE)
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::from(encode(&request)))?;
        let answer = world.send(request).await;
        if answer.status != StatusCode::OK {
            return Err(format!("{} {}", answer.status, answer.json()).into());
        }
        let response: SyncResponse = decode(&answer.bytes)?;
        match response.refused.len() == sent {
            true => Ok(true),
            false => Err(format!("{sent} sent, refused: {:?}", response.refused).into()),
        }
    }

    fn hostile(&self, snapshot: &[u8], number: u8) -> Result<Vec<Vec<u8>>, TestError> {
        let actor = Actor { device: self.device, session: [number; 8] };
        let open = || Document::load(snapshot, Audience::Main, actor);
        let at_ms = 1_760_000_000_000;
        // A colleague's changes with a byte altered and the checksum put right, and such with rubbish.
        let mut hostile: Vec<Vec<u8>> = vec![vec![number; 60], Vec::new()];
        for change in open()?.changes().into_iter().take(3) {
            let mut bytes = change.bytes;
            let at = BODY + 40 + usize::from(number) % (bytes.len() - BODY - 41);
            bytes[at] ^= 1 + number % 7;
            let sum = Sha256::digest(&bytes[BODY..]);
            bytes[4..BODY].copy_from_slice(&sum[..4]);
            hostile.push(bytes);
        }
        // Its own: an approval that it may not give.
        let mut document = open()?;
        let header = document.header();
        let review = Review::read(&header, &document.review_entries(), || false);
        let approved = ReviewState::Approved;
        let edits = Review::decide(&review, &header, approved, "", "nobody", at_ms, &[]);
        if let Some(forged) = document.edit(&edits, at_ms, "")? {
            hostile.push(forged.bytes);
            // And an answer on top of it.
            let edit = [Edit::set(FieldPath::top("rooms"), "666", ValueKind::Integer)];
            hostile.extend(document.edit(&edit, at_ms, "")?.map(|change| change.bytes));
        }
        Ok(hostile)
    }
}
