//! Attachments: pieces from phones, whole files for the office, and who may have them.

mod damaged;
mod held;
mod no_room;

use super::Outcome;
use super::phone::{FORM, Phone, change, enrol};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use server::blob::collect::{UNNAMED_MS, collect};
use server::testing::{Answer, TestError, World, make_tenant};
use shared::attachment::message::{FETCH, Fetch, Piece, Stored, UPLOAD, Upload};
use shared::attachment::{AttachmentRef, LARGEST, PIECE};
use shared::id::{AttachmentHash, RecordId};
use shared::policy::Role;
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::{MEDIA_TYPE, decode, encode, encode_plain};
use shared::sync::message::DocumentChanges;

fn picture(size: usize) -> Vec<u8> {
    let noise = (0..size).map(|at| (at * at / 7) as u8);
    [0xff, 0xd8, 0xff, 0xe0].into_iter().chain(noise).take(size).collect()
}

async fn post(world: &World, token: &str, path: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", MEDIA_TYPE)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::from(body))
        .expect("a request");
    world.send(request).await
}

async fn piece(world: &World, phone: &Phone, whole: &[u8], from: u64, to: u64) -> Answer {
    let upload = Upload {
        hash: AttachmentHash::of(whole),
        size: whole.len() as u64,
        offset: from,
        bytes: whole[from as usize..to as usize].to_vec().into(),
    };
    post(world, &phone.token, UPLOAD, encode_plain(&upload)).await
}

async fn send(world: &World, phone: &Phone, whole: &[u8]) -> Result<Stored, TestError> {
    let mut stored = Stored { received: 0, complete: false };
    while !stored.complete {
        let to = (stored.received + PIECE).min(whole.len() as u64);
        stored = decode(&piece(world, phone, whole, stored.received, to).await.bytes)?;
    }
    Ok(stored)
}

async fn fetch(world: &World, phone: &Phone, record: RecordId, hash: AttachmentHash) -> Answer {
    let fetch = Fetch { record, hash, offset: 0, length: LARGEST };
    post(world, &phone.token, FETCH, encode_plain(&fetch)).await
}

/// A household whose answer to `head` names these bytes.
fn naming(phone: &Phone, place: &str, whole: &[u8]) -> (RecordId, DocumentChanges, AttachmentRef) {
    let (id, mut document, first) = phone.household("ბერიძე", place);
    let named = AttachmentRef::of("სახურავი.jpg", "image/jpeg", whole);
    let edit = Edit::set(FieldPath::top("head"), named.to_string(), ValueKind::Plain);
    let mut changes = change(id, &mut document, &[edit], &phone.version);
    changes.changes.insert(0, first.changes[0].clone());
    (id, changes, named)
}

async fn start(world: &World) -> Result<(String, Phone), TestError> {
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let phone = enrol(world, &admin, user).await?;
    Ok((admin, phone))
}

#[tokio::test]
async fn pieces_arrive_in_any_order_and_end_whole() -> Outcome {
    let world = World::new().await?;
    let (_, phone) = start(&world).await?;
    let whole = picture(3 * PIECE as usize + 10);
    let size = whole.len() as u64;
    let answer = |answer: Answer| decode::<Stored>(&answer.bytes);
    let ask = answer(piece(&world, &phone, &whole, 0, 0).await)?;
    assert_eq!(ask, Stored { received: 0, complete: false });
    // A later piece first, then the beginning twice, an overlap, and the rest.
    for (from, to, received) in [
        (PIECE, 2 * PIECE, 0),
        (0, PIECE, PIECE),
        (0, PIECE, PIECE),
        (PIECE / 2, PIECE + 5, PIECE + 5),
        (size - 1, size, PIECE + 5),
        (PIECE + 5, size - 3, size - 3),
    ] {
        let stored = answer(piece(&world, &phone, &whole, from, to).await)?;
        assert_eq!(stored, Stored { received, complete: false }, "{from}..{to}");
    }
    let stored = answer(piece(&world, &phone, &whole, size - 10, size).await)?;
    assert_eq!(stored, Stored { received: size, complete: true });
    let again = answer(piece(&world, &phone, &whole, 0, PIECE).await)?;
    assert_eq!(again, stored);
    let blobs = world.state.blobs.list(world.tenant).await?;
    assert_eq!(blobs.len(), 1);
    Ok(())
}

#[tokio::test]
async fn five_senders_at_once_store_it_once() -> Outcome {
    let world = World::new().await?;
    let (_, phone) = start(&world).await?;
    let whole = picture(6 * PIECE as usize);
    let senders = (0..5).map(|_| send(&world, &phone, &whole));
    for sent in futures_util::future::join_all(senders).await {
        assert!(sent?.complete);
    }
    let hash = AttachmentHash::of(&whole);
    let kept = world.state.blobs.get(world.tenant, hash, 0..whole.len() as u64).await?;
    assert_eq!(kept, whole);
    Ok(())
}

#[tokio::test]
async fn wrong_bytes_are_refused_and_can_be_sent_again() -> Outcome {
    let world = World::new().await?;
    let (_, phone) = start(&world).await?;
    let whole = picture(1000);
    let mut wrong = whole.clone();
    wrong[999] ^= 1;
    let upload =
        Upload { hash: AttachmentHash::of(&whole), size: 1000, offset: 0, bytes: wrong.into() };
    let refused = post(&world, &phone.token, UPLOAD, encode_plain(&upload)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "attachment_damaged")
    );
    assert!(send(&world, &phone, &whole).await?.complete);
    // Somebody who claims another size cannot keep the right one away.
    let other = picture(2000);
    let lie = Upload {
        size: 5000,
        bytes: vec![1; 10].into(),
        hash: AttachmentHash::of(&other),
        offset: 0,
    };
    post(&world, &phone.token, UPLOAD, encode(&lie)).await;
    assert!(send(&world, &phone, &other).await?.complete);
    for (size, bytes, code) in [
        (0, 0, "body_too_large"),
        (LARGEST + 1, 1, "body_too_large"),
        (10, 20, "field_invalid"),
        (LARGEST, 9 * PIECE as usize, "body_too_large"),
    ] {
        let upload =
            Upload { hash: AttachmentHash([3; 32]), size, offset: 0, bytes: vec![0; bytes].into() };
        let answer = post(&world, &phone.token, UPLOAD, encode_plain(&upload)).await;
        assert_eq!(answer.code(), code, "{size} {bytes}");
    }
    Ok(())
}

#[tokio::test]
async fn the_office_waits_for_it_then_sees_it() -> Outcome {
    let world = World::new().await?;
    let (_, mut phone) = start(&world).await?;
    let nino = world.office("nino", Role::Reviewer).await?;
    let whole = picture(PIECE as usize + 7);
    let (id, changes, named) = naming(&phone, "GE-1", &whole);
    phone.sync(&world, vec![changes]).await?;
    let path = format!("/api/records/{id}/attachments");
    let listed = world.get(&path, Some(&nino)).await.json();
    assert_eq!(
        (&listed["waiting"], &listed["attachments"][0]["state"]),
        (&1.into(), &"waiting".into())
    );
    assert_eq!(listed["attachments"][0]["name"], "სახურავი.jpg");
    let file = format!("{path}/{}", named.hash);
    assert_eq!(world.get(&file, Some(&nino)).await.code(), "not_found");
    piece(&world, &phone, &whole, 0, PIECE).await;
    let listed = world.get(&path, Some(&nino)).await.json();
    assert_eq!(listed["attachments"][0]["state"], "arriving");
    send(&world, &phone, &whole).await?;
    let listed = world.get(&path, Some(&nino)).await.json();
    assert_eq!(
        (&listed["waiting"], &listed["attachments"][0]["state"]),
        (&0.into(), &"received".into())
    );
    let shown = world.get(&format!("{file}?name=a%20b.jpg"), Some(&nino)).await;
    assert_eq!(shown.bytes, whole);
    assert_eq!(shown.header("content-type"), "image/jpeg");
    assert_eq!(shown.header("content-disposition"), "inline; filename*=UTF-8''a%20b.jpg");
    assert_eq!(shown.header("content-security-policy"), "default-src 'none'; sandbox");
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    let saved = world.get(&format!("{file}?download=1&name=%E1%83%A4.jpg"), Some(&nino)).await;
    assert!(
        saved.header("content-disposition").starts_with("attachment; filename*=UTF-8''%E1%83%A4")
    );
    let request =
        Request::builder().uri(&file).header("cookie", &nino).header("range", "bytes=4-9");
    let part = world.send(request.body(Body::empty())?).await;
    assert_eq!((part.status, part.bytes), (StatusCode::PARTIAL_CONTENT, whole[4..10].to_vec()));
    Ok(())
}

#[tokio::test]
async fn what_could_run_is_only_saved() -> Outcome {
    let world = World::new().await?;
    let (_, mut phone) = start(&world).await?;
    let nino = world.office("nino", Role::Reviewer).await?;
    for page in
        ["<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "<!doctype html><script>"]
    {
        let (id, changes, named) = naming(&phone, "GE-1", page.as_bytes());
        phone.sync(&world, vec![changes]).await?;
        send(&world, &phone, page.as_bytes()).await?;
        let shown =
            world.get(&format!("/api/records/{id}/attachments/{}", named.hash), Some(&nino)).await;
        assert_eq!(shown.header("content-type"), "application/octet-stream");
        assert!(shown.header("content-disposition").starts_with("attachment;"));
    }
    Ok(())
}

#[tokio::test]
async fn only_those_who_read_the_record_read_its_attachments() -> Outcome {
    let world = World::new().await?;
    let (admin, mut phone) = start(&world).await?;
    let nino = world.office("nino", Role::Reviewer).await?;
    let whole = picture(500);
    let (id, changes, named) = naming(&phone, "GE-1", &whole);
    phone.sync(&world, vec![changes]).await?;
    send(&world, &phone, &whole).await?;
    let file = format!("/api/records/{id}/attachments/{}", named.hash);
    // Protection: the same, named in the companion document of another record.
    let secret = picture(600);
    let (hidden, _, first) = phone.household("x", "GE-1");
    let mut companion = Document::create_companion(hidden, phone.actor());
    let kept = AttachmentRef::of("s.jpg", "image/jpeg", &secret);
    let edit = Edit::Set {
        path: FieldPath::top("flag"),
        value: kept.to_string(),
        kind: ValueKind::Plain,
        audience: Audience::Protection,
    };
    let mut second = change(hidden, &mut companion, &[edit], &phone.version);
    second.audience = Audience::Protection;
    let response = phone.sync(&world, vec![first, second]).await?;
    assert_eq!(response.refused, vec![]);
    send(&world, &phone, &secret).await?;
    let protected = format!("/api/records/{hidden}/attachments/{}", kept.hash);
    assert_eq!(world.get(&protected, Some(&nino)).await.status, StatusCode::OK);
    assert_eq!(world.get(&protected, Some(&admin)).await.code(), "not_found", "no administrators");
    assert_eq!(world.get(&file, Some(&admin)).await.status, StatusCode::OK);
    assert_eq!(world.get(&file, None).await.code(), "not_signed_in");
    // Through another record that does not name it.
    let other = format!("/api/records/{hidden}/attachments/{}", named.hash);
    assert_eq!(world.get(&other, Some(&nino)).await.code(), "not_found");
    // Another municipality.
    let second = make_tenant(&world.state, "second").await?;
    world.person(second, "spy", Role::Reviewer).await?;
    let spy = world.sign_in("spy", "second").await?;
    assert_eq!(world.get(&file, Some(&spy)).await.code(), "not_found");
    // A phone of another area, then of the same.
    let user = world.person(world.tenant, "vano", Role::Worker).await?;
    let place = |place: &str| serde_json::json!({ "villages": [place] });
    let path = format!("/api/users/{}", user.simple());
    world.json(Method::POST, &path, Some(&admin), &place("GE-2")).await;
    let far = enrol(&world, &admin, user).await?;
    assert_eq!(fetch(&world, &far, id, named.hash).await.code(), "not_found");
    world.json(Method::POST, &path, Some(&admin), &place("GE-1")).await;
    let piece: Piece = decode(&fetch(&world, &far, id, named.hash).await.bytes)?;
    assert_eq!((piece.size, piece.bytes.to_vec()), (500, whole));
    // Given to somebody by name, it is theirs wherever they work, and nobody else's.
    let other = world.person(world.tenant, "tea", Role::Worker).await?;
    let path = format!("/api/users/{}", other.simple());
    world.json(Method::POST, &path, Some(&admin), &place("GE-2")).await;
    let given = enrol(&world, &admin, other).await?;
    let assign = serde_json::json!({ "user": other.simple().to_string() });
    let path = format!("/api/records/{id}/assign");
    let assigned = world.json(Method::POST, &path, Some(&nino), &assign).await;
    assert!(assigned.status.is_success(), "{}", assigned.json());
    assert_eq!(fetch(&world, &given, id, named.hash).await.status, StatusCode::OK);
    assert_eq!(fetch(&world, &far, id, named.hash).await.code(), "not_found");
    let none = post(&world, &"0".repeat(64), UPLOAD, vec![0]).await;
    assert_eq!(none.code(), "device_unknown");
    Ok(())
}

#[tokio::test]
async fn what_nothing_names_goes_after_a_while() -> Outcome {
    let world = World::new().await?;
    let (_, mut phone) = start(&world).await?;
    let (named, unnamed, half) = (picture(100), picture(200), picture(PIECE as usize + 1));
    let (_, changes, _) = naming(&phone, "GE-1", &named);
    phone.sync(&world, vec![changes]).await?;
    send(&world, &phone, &named).await?;
    send(&world, &phone, &unnamed).await?;
    piece(&world, &phone, &half, 0, PIECE).await;
    assert_eq!(collect(&world.state, world.tenant).await?, 0, "too young");
    world.advance_ms(UNNAMED_MS + 1);
    assert_eq!(collect(&world.state, world.tenant).await?, 1);
    let left = world.state.blobs.list(world.tenant).await?;
    assert_eq!(left.iter().map(|blob| blob.hash).collect::<Vec<_>>(), [AttachmentHash::of(&named)]);
    let stored: Stored = decode(&piece(&world, &phone, &half, 0, 0).await.bytes)?;
    assert_eq!(stored.received, 0, "what was given up begins again");
    assert!(send(&world, &phone, &unnamed).await?.complete, "and what went can come back");
    Ok(())
}
