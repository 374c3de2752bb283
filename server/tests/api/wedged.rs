//! Changes that a phone brings back and another made: they wait for their maker, or for a person.

use super::Outcome;
use super::phone::{FORM, Phone, change, enrol};
use axum::http::{Method, StatusCode};
use serde_json::json;
use server::store::{NewChange, WedgedRow};
use server::testing::{TestError, World};
use shared::id::{ChangeHash, RecordId};
use shared::policy::Role;
use shared::record::document::change_hash;
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::message::DocumentChanges;
use sqlx::ConnectOptions;
use std::collections::BTreeSet;

struct Scene {
    world: World,
    admin: String,
    reviewer: String,
    phones: Vec<Phone>,
    users: Vec<uuid::Uuid>,
}

async fn scene(count: usize) -> Result<Scene, TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let reviewer = world.office("reviewer", Role::Reviewer).await?;
    let (mut phones, mut users) = (Vec::new(), Vec::new());
    for number in 0..count {
        let user = world.person(world.tenant, &format!("worker-{number}"), Role::Worker).await?;
        phones.push(enrol(&world, &admin, user).await?);
        users.push(user);
    }
    Ok(Scene { world, admin, reviewer, phones, users })
}

/// A record that the first begins, and each of them changes in turn.
fn made_by_turns(phones: &[Phone], turns: usize) -> (RecordId, DocumentChanges) {
    let (id, mut document, mut all) = phones[0].household("ოჯახი", "");
    for turn in 0..turns {
        let phone = &phones[turn % phones.len()];
        let bytes = document.save();
        document = Document::load(&bytes, Audience::Main, phone.actor()).expect("it loads");
        let value = turn.to_string();
        let edit = Edit::set(FieldPath::top("rooms"), &value, ValueKind::Integer);
        all.changes.extend(change(id, &mut document, &[edit], &phone.version).changes);
    }
    (id, all)
}

fn hashes(of: &DocumentChanges) -> BTreeSet<ChangeHash> {
    of.changes.iter().filter_map(|bytes| change_hash(bytes)).collect()
}

#[tokio::test]
async fn a_person_vouches_for_everything_at_once() -> Outcome {
    let Scene { world, reviewer, mut phones, users, .. } = scene(3).await?;
    let mut messenger = phones.pop().ok_or("no phone")?;
    let mut made: Vec<(RecordId, DocumentChanges)> =
        (0..4).map(|_| made_by_turns(&phones, 9)).collect();
    // In the order in which nothing can be taken in by itself.
    made.iter_mut().for_each(|(_, of)| of.changes.reverse());
    let all: BTreeSet<ChangeHash> = made.iter().flat_map(|(_, of)| hashes(of)).collect();
    let push = made.iter().map(|(_, of)| of.clone()).collect();
    let refused = messenger.sync(&world, push).await?.refused;
    assert_eq!(refused.len(), all.len());
    assert!(refused.iter().all(|of| of.code == "foreign_actor" && of.permanent));
    let list = world.get("/api/wedged", Some(&reviewer)).await.json();
    assert_eq!(list["counts"], json!({ "foreign_actor": all.len() }));

    for wrong in [
        json!({ "action": "discard", "code": "foreign_actor" }),
        json!({ "action": "accept", "code": "malformed" }),
    ] {
        let answer = world.json(Method::POST, "/api/wedged", Some(&reviewer), &wrong).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let accept = json!({ "action": "accept", "code": "foreign_actor" });
    let answer = world.json(Method::POST, "/api/wedged", None, &accept).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let answer = world.json(Method::POST, "/api/wedged", Some(&reviewer), &accept).await.json();
    assert_eq!(answer, json!({ "taken": all.len(), "left": 0, "more": false }));
    let again = world.json(Method::POST, "/api/wedged", Some(&reviewer), &accept).await.json();
    assert_eq!(again, json!({ "taken": 0, "left": 0, "more": false }));

    // Everybody is sent them; who brought them hears that they are taken.
    let response = messenger.sync(&world, Vec::new()).await?;
    let settled: BTreeSet<ChangeHash> = response
        .settled
        .unwrap_or_default()
        .iter()
        .filter(|of| of.taken)
        .map(|of| of.hash)
        .collect();
    assert_eq!(settled, all);
    for phone in &mut phones {
        let pulled = phone.sync(&world, Vec::new()).await?.pull;
        let pulled: BTreeSet<ChangeHash> = pulled.iter().flat_map(hashes).collect();
        assert_eq!(pulled, all);
    }
    // The records are their maker's, not the messenger's.
    let record = format!("/api/records/{}", made[0].0);
    let record = world.get(&record, Some(&reviewer)).await.json();
    let author = json!(users[0].simple().to_string());
    assert_eq!(record["record"]["author"]["user"], author);
    Ok(())
}

/// Nobody waits for minutes: what is much is accepted in several requests.
#[tokio::test]
async fn much_is_accepted_step_by_step() -> Outcome {
    let Scene { world, reviewer, mut phones, .. } = scene(3).await?;
    let mut messenger = phones.pop().ok_or("no phone")?;
    let made: Vec<DocumentChanges> = (0..90).map(|_| made_by_turns(&phones, 9).1).collect();
    let all: usize = made.iter().map(|of| of.changes.len()).sum();
    assert_eq!(messenger.sync(&world, made).await?.refused.len(), all);
    let accept = json!({ "action": "accept", "code": "foreign_actor" });
    let (mut taken, mut requests) = (0, 0);
    loop {
        let answer = world.json(Method::POST, "/api/wedged", Some(&reviewer), &accept).await.json();
        let in_this = answer["taken"].as_u64().ok_or("no number")?;
        assert_eq!(answer["left"], json!(all as u64 - taken - in_this));
        (taken, requests) = (taken + in_this, requests + 1);
        if answer["more"] != json!(true) {
            break;
        }
        assert!(in_this > 0, "it would go on for ever");
    }
    assert_eq!(taken, all as u64);
    assert!(requests > 1);
    Ok(())
}

#[tokio::test]
async fn what_its_maker_sends_waits_no_more() -> Outcome {
    let Scene { world, reviewer, mut phones, .. } = scene(2).await?;
    let mut messenger = phones.pop().ok_or("no phone")?;
    let (_, made) = made_by_turns(&phones, 2);
    assert_eq!(messenger.sync(&world, vec![made.clone()]).await?.refused.len(), 3);
    assert!(phones[0].sync(&world, vec![made.clone()]).await?.refused.is_empty());
    let list = world.get("/api/wedged", Some(&reviewer)).await.json();
    assert_eq!((&list["changes"], &list["counts"]), (&json!([]), &json!({})));
    let settled = messenger.sync(&world, Vec::new()).await?.settled.unwrap_or_default();
    assert!(settled.iter().all(|of| of.taken && of.as_it_was));
    assert_eq!(settled.iter().map(|of| of.hash).collect::<BTreeSet<_>>(), hashes(&made));
    // Nobody can decide against it any more.
    let path = format!("/api/wedged/{}", hashes(&made).first().ok_or("nothing")?);
    let discard = json!({ "action": "discard", "reason": "no" });
    let answer = world.json(Method::POST, &path, Some(&reviewer), &discard).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    Ok(())
}

/// Who has not sent a change has nothing to hear of a decision about it; who sent it second has.
#[tokio::test]
async fn a_decision_is_told_to_those_who_sent_the_change() -> Outcome {
    let Scene { world, reviewer, mut phones, .. } = scene(4).await?;
    let (_, made) = made_by_turns(&phones[..1], 1);
    let all = hashes(&made);
    let [maker, first, second, bystander] = &mut phones[..] else { return Err("phones".into()) };
    for phone in [&mut *first, &mut *second] {
        let refused = phone.sync(&world, vec![made.clone()]).await?.refused;
        assert!(refused.iter().all(|of| of.permanent));
    }
    let discard = json!({ "action": "discard", "reason": "twice" });
    for hash in &all {
        let path = format!("/api/wedged/{hash}");
        let answer = world.json(Method::POST, &path, Some(&reviewer), &discard).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    let told = async |phone: &mut Phone| -> Result<BTreeSet<ChangeHash>, TestError> {
        let settled = phone.sync(&world, Vec::new()).await?.settled.unwrap_or_default();
        Ok(settled.iter().map(|of| of.hash).collect())
    };
    let before = bystander.cursor;
    for (phone, hears) in
        [(&mut *maker, false), (first, true), (second, true), (&mut *bystander, false)]
    {
        assert_eq!(told(phone).await?, if hears { all.clone() } else { BTreeSet::new() });
    }
    // Of what was held before anybody counted senders everybody is told.
    let mut connection = world.owner.connect().await?;
    sqlx::query("UPDATE wedged_changes SET senders_unknown = true")
        .execute(&mut connection)
        .await?;
    bystander.cursor = before;
    assert_eq!(told(bystander).await?, all);
    Ok(())
}

/// A copy of the phone's database, or one from before, sends what was decided against: it hears of that too.
#[tokio::test]
async fn a_decision_is_told_again_to_who_sends_again() -> Outcome {
    let Scene { world, reviewer, mut phones, .. } = scene(2).await?;
    let mut messenger = phones.pop().ok_or("no phone")?;
    let (_, made) = made_by_turns(&phones, 0);
    let hash = *hashes(&made).first().ok_or("nothing")?;
    assert_eq!(messenger.sync(&world, vec![made.clone()]).await?.refused.len(), 1);
    let path = format!("/api/wedged/{hash}");
    let discard = json!({ "action": "discard", "reason": "twice" });
    let answer = world.json(Method::POST, &path, Some(&reviewer), &discard).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    // Once when it is decided, not again by itself, and once more when it is sent again.
    for (push, told) in [(vec![], 1), (vec![], 0), (vec![made], 1), (vec![], 0)] {
        let settled = messenger.sync(&world, push).await?.settled.unwrap_or_default();
        let reasons: Vec<_> = settled.iter().map(|of| (of.hash, &*of.reason, of.taken)).collect();
        assert_eq!(reasons, vec![(hash, "twice", false); told]);
    }
    Ok(())
}

/// Whoever comes second finds it decided, and what phones are told is what was done.
#[tokio::test]
async fn two_people_do_not_decide_at_once() -> Outcome {
    let Scene { world, reviewer, mut phones, .. } = scene(2).await?;
    let mut messenger = phones.pop().ok_or("no phone")?;
    for _ in 0..6 {
        let (id, made) = made_by_turns(&phones, 0);
        let hash = *hashes(&made).first().ok_or("nothing")?;
        messenger.sync(&world, vec![made]).await?;
        let path = format!("/api/wedged/{hash}");
        let accept = json!({ "action": "accept" });
        let discard = json!({ "action": "discard", "reason": "no" });
        let (accepted, discarded) = tokio::join!(
            world.json(Method::POST, &path, Some(&reviewer), &accept),
            world.json(Method::POST, &path, Some(&reviewer), &discard),
        );
        let mut statuses = [accepted.status, discarded.status];
        statuses.sort();
        assert_eq!(statuses, [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND]);
        let stored = world.get(&format!("/api/records/{id}"), Some(&reviewer)).await;
        assert_eq!(stored.status == StatusCode::OK, accepted.status == StatusCode::NO_CONTENT);
    }
    Ok(())
}

#[tokio::test]
async fn a_phone_cannot_take_the_name_of_anothers() -> Outcome {
    let Scene { world, admin, phones, users, .. } = scene(2).await?;
    let (_, made) = made_by_turns(&phones[..1], 1);
    for (user, taken) in [(users[1], false), (users[0], true)] {
        let body = json!({ "user": user.simple().to_string() });
        let code = world.json(Method::POST, "/api/enrolment-codes", Some(&admin), &body).await;
        let request = shared::sync::message::EnrolRequest {
            code: code.json()["code"].as_str().ok_or("no code")?.to_owned(),
            former: Some(vec![phones[0].device]),
            ..Default::default()
        };
        let message = (shared::sync::codec::MEDIA_TYPE, shared::sync::codec::encode(&request));
        let answer = world.request(Method::POST, "/api/enrol", None, Some(message)).await;
        let response: shared::sync::message::EnrolResponse =
            shared::sync::codec::decode(&answer.bytes)?;
        let mut phone = enrol(&world, &admin, user).await?;
        phone.device = response.device;
        phone.token = response.token.iter().map(|byte| format!("{byte:02x}")).collect();
        let refused = phone.sync(&world, vec![made.clone()]).await?.refused;
        assert_eq!(refused.is_empty(), taken, "{refused:?}");
    }
    Ok(())
}

/// Another copy of the phone may have sent it: that this storage did does not mean that the phone has it.
#[tokio::test]
async fn what_is_taken_later_is_sent_to_the_storage_that_had_sent_it() -> Outcome {
    let Scene { world, reviewer, mut phones, .. } = scene(1).await?;
    let (_, made) = made_by_turns(&phones, 0);
    let hash = *hashes(&made).first().ok_or("nothing")?;
    let phone = &mut phones[0];
    phone.sync(&world, vec![]).await?;
    let change = NewChange {
        record_id: uuid::Uuid::from_bytes(made.record.0),
        audience: made.audience as i16,
        hash: hash.0,
        device_id: phone.device.0,
        store_id: phone.store.0,
        actor: Vec::new(),
        raw: made.changes[0].to_vec(),
    };
    let held = WedgedRow { change, reason: "not_applicable".into(), detail: String::new() };
    let mut tx = world.state.store.begin(world.tenant).await?;
    tx.keep_wedged(&[held], world.state.now_ms()).await?;
    tx.commit().await?;
    let path = format!("/api/wedged/{hash}");
    let answer =
        world.json(Method::POST, &path, Some(&reviewer), &json!({ "action": "retry" })).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let response = phone.sync(&world, vec![]).await?;
    assert!(response.pull.iter().any(|of| hashes(of).contains(&hash)));
    Ok(())
}
