//! The sync endpoint: idempotent, converging, total on bad input.

use super::Outcome;
use super::phone::{FORM, Phone, change, enrol};
use axum::http::StatusCode;
use minicbor::bytes::ByteVec;
use server::testing::{TestError, World, make_tenant};
use shared::id::{ChangeHash, RecordId, StoreId};
use shared::policy::Role;
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::encode;
use shared::sync::message::{DocumentChanges, SyncRequest, SyncResponse};

async fn world() -> Result<(World, String), TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    Ok((world, admin))
}

async fn phone(world: &World, admin: &str, login: &str) -> Result<Phone, TestError> {
    let user = world.person(world.tenant, login, Role::Worker).await?;
    enrol(world, admin, user).await
}

async fn count(world: &World, what: &'static str) -> Result<i64, TestError> {
    use sqlx::ConnectOptions;
    let mut connection = world.owner.connect().await?;
    Ok(sqlx::query_scalar(what).fetch_one(&mut connection).await?)
}

fn receive(document: &mut Document, response: &SyncResponse) -> Outcome {
    for part in &response.pull {
        let changes: Vec<Vec<u8>> = part.changes.iter().map(|bytes| bytes.to_vec()).collect();
        document.receive(&changes)?;
    }
    Ok(())
}

fn rooms(phone: &Phone, id: RecordId, document: &mut Document, value: &str) -> DocumentChanges {
    let edit = Edit::set(FieldPath::top("rooms"), value, ValueKind::Integer);
    change(id, document, &[edit], &phone.version)
}

#[tokio::test]
async fn an_answer_carries_no_headers_that_only_pages_need() -> Outcome {
    let (world, admin) = world().await?;
    let phone = phone(&world, &admin, "luka").await?;
    let answer = phone.raw(&world, encode(&phone.request(Vec::new()))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("content-security-policy"), "");
    assert_eq!(answer.header("permissions-policy"), "");
    Ok(())
}

#[tokio::test]
async fn the_same_batch_five_times_at_once_is_stored_once() -> Outcome {
    let (world, admin) = world().await?;
    let phone = phone(&world, &admin, "luka").await?;
    let push: Vec<DocumentChanges> =
        (0..20).map(|at| phone.household(&format!("h{at}"), "").2).collect();
    let request = phone.request(push);
    let all = futures_util::future::join_all((0..5).map(|_| phone.ask(&world, &request))).await;
    for response in all {
        assert!(response?.refused.is_empty());
    }
    assert_eq!(count(&world, "SELECT count(*) FROM changes").await?, 20);
    assert_eq!(count(&world, "SELECT count(*) FROM records").await?, 20);
    assert_eq!(count(&world, "SELECT max(seq) FROM changes").await?, 20);
    assert_eq!(count(&world, "SELECT seq FROM tenants").await?, 20);
    let again = phone.ask(&world, &request).await?;
    assert!(again.refused.is_empty());
    assert_eq!(again.cursor, 20);
    Ok(())
}

#[tokio::test]
async fn two_phones_converge_and_the_office_sees_both_answers() -> Outcome {
    let (world, admin) = world().await?;
    let mut one = phone(&world, &admin, "one").await?;
    let mut two = phone(&world, &admin, "two").await?;
    let (id, mut mine, first) = one.household("ბერიძე", "");
    one.sync(&world, vec![first]).await?;
    let mut theirs = Document::empty(Audience::Main, two.actor());
    let pulled = two.sync(&world, vec![]).await?;
    receive(&mut theirs, &pulled)?;

    let heating = Edit::set(FieldPath::top("heating"), "no", ValueKind::Plain);
    let other = change(id, &mut theirs, &[heating], &two.version);
    let contested = [rooms(&one, id, &mut mine, "4"), rooms(&two, id, &mut theirs, "5")];
    let [from_one, from_two] = contested;
    let response = one.sync(&world, vec![from_one]).await?;
    assert!(response.refused.is_empty());
    let merged = DocumentChanges {
        changes: other.changes.iter().chain(&from_two.changes).cloned().collect(),
        ..other
    };
    let response = two.sync(&world, vec![merged]).await?;
    assert!(response.refused.is_empty(), "{:?}", response.refused);
    receive(&mut theirs, &response)?;
    receive(&mut mine, &one.sync(&world, vec![]).await?)?;
    assert_eq!(mine.heads(), theirs.heads());
    assert_eq!(mine.answers(), theirs.answers());

    let reviewer = world.office("nino", Role::Reviewer).await?;
    let listed = world.get("/api/records?two_answers=1", Some(&reviewer)).await;
    assert_eq!(listed.json()["total"], 1);
    let shown = world.get(&format!("/api/records/{id}"), Some(&reviewer)).await.json();
    let nodes = shown["nodes"].as_array().cloned().unwrap_or_default();
    let node = |path: &str| nodes.iter().find(|node| node["path"] == path).cloned();
    let rooms = node("rooms").ok_or("no rooms")?;
    assert_eq!(rooms["two_answers"].as_array().map(Vec::len), Some(2));
    assert_eq!(node("heating").ok_or("no heating")?["display"]["en"], "No");
    Ok(())
}

#[tokio::test]
async fn answers_that_are_wrong_together_become_a_problem() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let (id, mut mine, first) = phone.household("a", "");
    phone.sync(&world, vec![first]).await?;
    let actor = shared::record::Actor { device: phone.device, session: [8; 8] };
    let mut theirs = Document::load(&mine.save(), Audience::Main, actor)?;
    // Eight rooms are fine while there is heating; no heating is fine with three.
    let edit = [Edit::set(FieldPath::top("heating"), "no", ValueKind::Plain)];
    let cold = change(id, &mut theirs, &edit, &phone.version);
    let large = rooms(&phone, id, &mut mine, "8");
    phone.sync(&world, vec![large]).await?;
    assert_eq!(count(&world, "SELECT problems::bigint FROM records").await?, 0);
    phone.sync(&world, vec![cold]).await?;
    assert_eq!(count(&world, "SELECT problems::bigint FROM records").await?, 1);
    mine.receive(&theirs.changes().into_iter().map(|change| change.bytes).collect::<Vec<_>>())?;
    let settled = rooms(&phone, id, &mut mine, "2");
    phone.sync(&world, vec![settled]).await?;
    assert_eq!(count(&world, "SELECT problems::bigint FROM records").await?, 0);
    Ok(())
}

#[tokio::test]
async fn own_changes_come_back_only_to_a_new_storage() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let (_, _, first) = phone.household("a", "");
    let response = phone.sync(&world, vec![first]).await?;
    assert!(response.pull.is_empty());
    phone.cursor = 0;
    assert!(phone.sync(&world, vec![]).await?.pull.is_empty());
    phone.store = StoreId([9; 8]);
    phone.cursor = 0;
    assert_eq!(phone.sync(&world, vec![]).await?.pull.len(), 1);
    Ok(())
}

#[tokio::test]
async fn forms_and_directory_come_when_they_are_missing() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let quiet = phone.sync(&world, vec![]).await?;
    assert!(quiet.forms.is_empty() && quiet.pull.is_empty() && !quiet.more);
    assert!(encode(&quiet).len() < 300);
    phone.forms.clear();
    phone.directory = 0;
    let full = phone.sync(&world, vec![]).await?;
    assert_eq!(full.forms.len(), 1);
    let directory = full.directory.ok_or("no directory")?;
    assert_eq!((directory.person.as_str(), directory.people.len()), ("luka", 1));
    Ok(())
}

#[tokio::test]
async fn an_area_limits_what_comes_and_its_growth_brings_the_rest() -> Outcome {
    let (world, admin) = world().await?;
    let mut one = phone(&world, &admin, "one").await?;
    let mut push = Vec::new();
    let mut documents = Vec::new();
    for place in ["GE-1", "GE-2", ""] {
        let (id, document, changes) = one.household(place, place);
        documents.push((id, document));
        push.push(changes);
    }
    one.sync(&world, push).await?;
    let user = world.person(world.tenant, "two", Role::Worker).await?;
    let mut two = enrol(&world, &admin, user).await?;
    let path = format!("/api/users/{}", user.simple());
    let post = axum::http::Method::POST;
    let body = serde_json::json!({ "villages": ["GE-1"] });
    world.json(post.clone(), &path, Some(&admin), &body).await;
    two.directory = 0;
    assert_eq!(two.sync(&world, vec![]).await?.pull.len(), 1);
    assert!(two.sync(&world, vec![]).await?.pull.is_empty());
    // A settlement entered later brings the whole record, not its last change alone.
    let (id, document) = &mut documents[2];
    let edit = [Edit::header("place", "GE-1")];
    let moved = change(*id, document, &edit, &one.version);
    one.sync(&world, vec![moved]).await?;
    let pulled = two.sync(&world, vec![]).await?;
    assert_eq!(pulled.pull.first().map(|part| part.changes.len()), Some(2));
    // When it goes elsewhere, the phone that had it is told.
    let away = [Edit::header("place", "GE-2")];
    let moved = change(*id, document, &away, &one.version);
    one.sync(&world, vec![moved]).await?;
    let told = two.sync(&world, vec![]).await?;
    assert_eq!((told.left, told.pull.len()), (Some(vec![*id]), 0));
    let back = change(*id, document, &edit, &one.version);
    one.sync(&world, vec![back]).await?;
    let told = two.sync(&world, vec![]).await?;
    assert_eq!((told.left, told.pull.len()), (None, 1));
    // A larger area brings what was passed over, although the cursor is past it.
    let body = serde_json::json!({ "villages": ["GE-1", "GE-2"] });
    world.json(post, &path, Some(&admin), &body).await;
    assert_eq!(two.sync(&world, vec![]).await?.pull.len(), 3);
    assert!(two.sync(&world, vec![]).await?.pull.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_accepted_is_kept_with_its_reason() -> Outcome {
    let (world, admin) = world().await?;
    let mut one = phone(&world, &admin, "one").await?;
    let mut two = phone(&world, &admin, "two").await?;
    let (id, mut document, first) = one.household("a", "");
    // Another device's change, rubbish, the office's part, and a change without its past.
    let foreign = two.sync(&world, vec![first.clone()]).await?;
    assert_eq!(foreign.refused[0].code, "foreign_actor");
    let rubbish = DocumentChanges {
        record: id,
        audience: Audience::Main,
        changes: vec![ByteVec::from(vec![1, 2, 3]), ByteVec::from(vec![])],
    };
    let response = one.sync(&world, vec![rubbish]).await?;
    assert_eq!(response.refused.len(), 2);
    assert!(
        response.refused.iter().all(|refused| refused.code == "malformed" && refused.permanent)
    );
    let second = rooms(&one, id, &mut document, "9");
    let early = one.sync(&world, vec![second.clone()]).await?;
    assert_eq!(
        (early.refused[0].code.as_str(), early.refused[0].permanent),
        ("missing_dependency", false)
    );
    assert!(one.sync(&world, vec![first, second]).await?.refused.is_empty());
    let forged = [Edit::review("state", "approved"), Edit::review("round", "1")];
    let forged = change(id, &mut document, &forged, &one.version);
    let response = one.sync(&world, vec![forged]).await?;
    assert_eq!(response.refused[0].code, "not_allowed");
    assert_eq!(count(&world, "SELECT count(*) FROM wedged_changes").await?, 4);
    assert_eq!(count(&world, "SELECT count(*) FROM changes").await?, 2);
    Ok(())
}

#[tokio::test]
async fn no_answer_can_stop_a_phone() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let long = "გ".repeat(5000);
    for text in ["a\0b", "\u{ffff}\u{200f}", long.as_str()] {
        let (id, mut document, first) = phone.household(text, text);
        let item = FieldPath::in_item("members", "aaaaaaaaaa", text);
        let edits = [
            Edit::header("member", text),
            Edit::header("form", text),
            Edit::AddItem {
                repeat: FieldPath::top("members"),
                item: text.into(),
                order: text.into(),
            },
            Edit::set(item, text, ValueKind::Plain),
        ];
        let second = change(id, &mut document, &edits, text);
        let response = phone.sync(&world, vec![first, second]).await?;
        assert!(response.refused.is_empty(), "{:?}", response.refused);
    }
    assert_eq!(count(&world, "SELECT count(*) FROM records").await?, 3);
    Ok(())
}

#[tokio::test]
async fn malformed_bodies_are_answered_and_harm_nothing() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let good = encode(&phone.request(vec![phone.household("a", "").2]));
    let mut bodies = vec![vec![], b"<html>".to_vec(), vec![0], vec![1], vec![0xff; 100]];
    bodies.extend((0..good.len()).step_by(7).map(|end| good[..end].to_vec()));
    for body in bodies {
        let answer = phone.raw(&world, body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "body_malformed")
        );
    }
    let answer = phone.raw(&world, vec![1; 9 << 20]).await;
    assert_eq!(answer.code(), "body_too_large");
    let mut future = phone.request(vec![]);
    future.protocol = 99;
    assert_eq!(phone.raw(&world, encode(&future)).await.code(), "field_invalid");
    assert!(phone.sync(&world, vec![]).await?.pull.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_record_of_another_municipality_does_not_exist_here() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let (id, mut document, first) = phone.household("a", "");
    phone.sync(&world, vec![first]).await?;
    let other = make_tenant(&world.state, "second").await?;
    world.person(other, "boss", Role::Administrator).await?;
    let stranger = world.sign_in("boss", "second").await?;
    let answer = world.get(&format!("/api/records/{id}"), Some(&stranger)).await;
    assert_eq!(answer.code(), "not_found");
    assert_eq!(world.get("/api/records", Some(&stranger)).await.json()["total"], 0);
    // A change of that record sent there finds no record to belong to.
    let user = world.person(other, "spy", Role::Worker).await?;
    let mut spy = enrol(&world, &stranger, user).await?;
    let change = rooms(&phone, id, &mut document, "9");
    let response = spy.sync(&world, vec![change]).await?;
    assert_eq!(response.refused.len(), 1);
    assert!(response.pull.is_empty());
    Ok(())
}

#[tokio::test]
async fn after_a_restore_a_device_is_sent_everything() -> Outcome {
    let (world, admin) = world().await?;
    let mut one = phone(&world, &admin, "one").await?;
    one.sync(&world, vec![one.household("a", "").2]).await?;
    let mut two = phone(&world, &admin, "two").await?;
    let first = two.sync(&world, vec![]).await?;
    let mut request = two.request(vec![]);
    request.epoch = Some(first.epoch);
    assert!(two.ask(&world, &request).await?.pull.is_empty());
    request.epoch = Some(shared::id::Epoch([1; 16]));
    assert_eq!(two.ask(&world, &request).await?.pull.len(), 1);
    Ok(())
}

#[tokio::test]
async fn the_log_holds_exactly_what_was_sent() -> Outcome {
    use sqlx::ConnectOptions;
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let (_, _, first) = phone.household("ქავთარაძე", "GE-1");
    let bytes = first.changes[0].to_vec();
    phone.sync(&world, vec![first]).await?;
    let mut connection = world.owner.connect().await?;
    let (raw, hash): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT raw, hash FROM changes").fetch_one(&mut connection).await?;
    assert_eq!(raw, bytes);
    assert_eq!(shared::record::document::change_hash(&bytes), ChangeHash::from_slice(&hash));
    let (title, village, search): (String, String, String) =
        sqlx::query_as("SELECT title, village, search FROM records")
            .fetch_one(&mut connection)
            .await?;
    assert_eq!((title.as_str(), village.as_str()), ("ქავთარაძე", "GE-1"));
    assert!(search.contains("kavtaradze") && search.contains("tekla"), "{search}");
    Ok(())
}

/// A copy of the phone's database.
fn copy_of(phone: &Phone) -> Phone {
    Phone {
        device: phone.device,
        token: phone.token.clone(),
        store: phone.store,
        cursor: phone.cursor,
        directory: phone.directory,
        ticket: phone.ticket,
        version: phone.version.clone(),
        forms: phone.forms.clone(),
    }
}

#[tokio::test]
async fn a_copy_is_sent_all_pages_of_what_the_other_did() -> Outcome {
    let (world, admin) = world().await?;
    let mut one = phone(&world, &admin, "luka").await?;
    one.sync(&world, Vec::new()).await?;
    let mut two = copy_of(&one);
    // Together more than one response carries.
    let mut push = Vec::new();
    for at in 0..5 {
        let (id, mut document, first) = one.household(&format!("h{at}"), "");
        let letters = (0..1_500_000).map(|_| char::from(rand::random_range(b'a'..=b'p')));
        let long: String = letters.collect();
        let edit = Edit::set(FieldPath::top("head"), &long, ValueKind::Plain);
        push.extend([first, change(id, &mut document, &[edit], &one.version)]);
    }
    let made = push.len();
    assert!(one.sync(&world, push).await?.refused.is_empty());
    let (mut received, mut pages) = (0, 0);
    loop {
        let response = two.sync(&world, Vec::new()).await?;
        received += response.pull.iter().map(|part| part.changes.len()).sum::<usize>();
        pages += 1;
        if !response.more {
            break;
        }
    }
    assert!(pages > 1, "one page is no test");
    assert_eq!(received, made);
    Ok(())
}

#[tokio::test]
async fn copies_are_known_as_such_after_a_restore() -> Outcome {
    let (world, admin) = world().await?;
    let mut one = phone(&world, &admin, "luka").await?;
    let epoch = one.sync(&world, Vec::new()).await?.epoch;
    let mut two = copy_of(&one);
    for _ in 0..2 {
        let made = one.household("a", "").2;
        assert!(one.sync(&world, vec![made]).await?.renew.is_none());
    }
    assert_eq!(two.sync(&world, Vec::new()).await?.renew, Some(true));
    use sqlx::ConnectOptions;
    let mut connection = world.owner.connect().await?;
    sqlx::query("UPDATE tenants SET epoch = $1")
        .bind(&[5_u8; 16][..])
        .execute(&mut connection)
        .await?;
    let mut request = one.request(Vec::new());
    request.epoch = Some(epoch);
    assert_eq!(one.ask(&world, &request).await?.renew, Some(true));
    Ok(())
}

/// A bad line that loses answer after answer, each to a request with something new, makes no copy of a phone. A
/// start of the app that nobody knows, with a ticket of long ago, does.
#[tokio::test]
async fn answers_that_are_lost_in_a_row_do_not_make_a_copy() -> Outcome {
    let (world, admin) = world().await?;
    let mut phone = phone(&world, &admin, "luka").await?;
    let ask = async |phone: &Phone, start: u8| {
        let made = phone.household("a", "").2;
        let session = Some(vec![start; 8].into());
        phone.ask(&world, &SyncRequest { session, ..phone.request(vec![made]) }).await
    };
    phone.ticket = ask(&phone, 1).await?.ticket;
    for _ in 0..4 {
        assert!(ask(&phone, 1).await?.renew.is_none(), "the answer is lost, the ticket the same");
    }
    let copy = copy_of(&phone);
    phone.ticket = ask(&phone, 1).await?.ticket;
    assert!(ask(&phone, 1).await?.renew.is_none());
    assert_eq!(ask(&copy, 2).await?.renew, Some(true));
    assert_eq!(ask(&phone, 1).await?.renew, Some(true), "both are told");
    Ok(())
}
