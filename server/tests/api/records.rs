//! The office: list, record, review, settling two answers, events.

use super::Outcome;
use super::phone::{FORM, Phone, change, enrol};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::testing::{TestError, World};
use shared::id::RecordId;
use shared::policy::Role;
use shared::record::answer::LEFT;
use shared::record::said::{self, Opinion, Settled};
use shared::record::{Audience, Document, Edit, FieldPath, ValueKind};

struct Office {
    world: World,
    phone: Phone,
    reviewer: String,
}

async fn office() -> Result<Office, TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let phone = enrol(&world, &admin, user).await?;
    let reviewer = world.office("nino", Role::Reviewer).await?;
    Ok(Office { world, phone, reviewer })
}

impl Office {
    async fn get(&self, path: &str) -> Value {
        self.world.get(path, Some(&self.reviewer)).await.json()
    }

    async fn review(&self, id: RecordId, body: &Value) -> server::testing::Answer {
        let path = format!("/api/records/{id}/review");
        self.world.json(Method::POST, &path, Some(&self.reviewer), body).await
    }
}

/// A question of a record's page.
fn node(page: &Value, path: &str) -> Value {
    let nodes = page["nodes"].as_array().into_iter().flatten();
    { nodes }.find(|node| node["path"] == path).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_worker_answers_remarks_and_says_who_left() -> Outcome {
    let mut office = office().await?;
    let (id, mut document, first) = office.phone.household("ბერიძე", "");
    office.phone.sync(&office.world, vec![first]).await?;
    let body = json!({ "action": "return", "reason": "რამდენი ოთახია?",
                       "flags": [{ "path": "rooms", "text": "შეამოწმეთ" }] });
    let returned = office.review(id, &body).await.json();
    let at = returned["review"]["at"].as_i64().unwrap_or_default();
    let rooms = FieldPath::top("rooms");
    let member = document.answers().items.first().map(|item| item.id.clone()).unwrap_or_default();
    let items = vec![("members".to_owned(), member.clone())];
    let repeat = FieldPath::top("members");
    let edits = [
        said::reply(Some(&rooms), at, "ორჯერ დავთვალე"),
        said::reply(None, at, "მეტი ვერ გავიგე"),
        // An answer to an earlier return is none to this one.
        said::reply(Some(&FieldPath::top("water")), at - 1, "ძველი"),
        Edit::set(FieldPath { items: items.clone(), key: LEFT.into() }, "moved", ValueKind::Plain),
        Edit::RemoveItem { repeat, item: member.clone(), removed: true },
    ];
    let change = change(id, &mut document, &edits, &office.phone.version);
    office.phone.sync(&office.world, vec![change]).await?;
    let shown = office.get(&format!("/api/records/{id}")).await;
    assert_eq!(node(&shown, "rooms")["reply"], "ორჯერ დავთვალე");
    assert_eq!(shown["review"]["reply"], "მეტი ვერ გავიგე");
    assert!(!shown["nodes"].to_string().contains("ძველი"));
    assert_eq!(node(&shown, &format!("members[{member}]"))["left"], "moved");
    let history = office.get(&format!("/api/records/{id}/history")).await.to_string();
    for said in ["\"part\":\"reply\"", "ორჯერ დავთვალე", "_left"] {
        assert!(history.contains(said), "{said}: {history}");
    }
    Ok(())
}

#[tokio::test]
async fn the_list_searches_filters_sorts_and_pages() -> Outcome {
    let mut office = office().await?;
    let mut push = Vec::new();
    for (title, place) in
        [("ქავთარაძე გია", "GE-1"), ("ჭყონია ანა", "GE-2"), ("ბერიძე ლია", "GE-1")]
    {
        push.push(office.phone.household(title, place).2);
    }
    office.phone.sync(&office.world, push).await?;
    let all = office.get("/api/records").await;
    assert_eq!(all["total"], 3);
    assert_eq!(all["counts"]["state"]["submitted"], 3);
    assert_eq!(all["items"][0]["author"]["name"], "luka");
    for (query, total) in [
        ("q=kavtaradze", 1),
        ("q=Chqonia", 1),
        ("q=%E1%83%A9%E1%83%A7%E1%83%9D%E1%83%9C%E1%83%98%E1%83%90", 1), // ჩყონია
        ("q=tekla%20beridze", 1),
        ("q=%25", 3),
        ("q=nobody", 0),
        ("village=GE-1", 2),
        ("state=approved", 0),
        ("state=submitted&form=test", 3),
        ("two_answers=1", 0),
        ("page=2&page_size=2", 3),
    ] {
        let page = office.get(&format!("/api/records?{query}")).await;
        assert_eq!(page["total"], total, "{query}");
    }
    let second = office.get("/api/records?page=2&page_size=2").await;
    assert_eq!(second["items"].as_array().map(Vec::len), Some(1));
    let sorted = office.get("/api/records?sort=title").await;
    assert_eq!(sorted["items"][0]["title"], "ბერიძე ლია");
    for wrong in ["state=maybe", "state=approved,maybe", "household=x"] {
        let answer =
            office.world.get(&format!("/api/records?{wrong}"), Some(&office.reviewer)).await;
        assert!(answer.status.is_client_error(), "{wrong}");
    }
    Ok(())
}

#[tokio::test]
async fn a_record_is_returned_corrected_and_approved() -> Outcome {
    let mut office = office().await?;
    let (id, mut document, first) = office.phone.household("ბერიძე", "");
    office.phone.sync(&office.world, vec![first]).await?;
    let no_reason = office.review(id, &json!({ "action": "return" })).await;
    assert_eq!(no_reason.code(), "field_invalid");
    let body = json!({ "action": "return", "reason": "რამდენი ოთახია?",
                       "flags": [{ "path": "rooms", "text": "შეამოწმეთ" }] });
    let returned = office.review(id, &body).await;
    assert_eq!(returned.json()["record"]["state"], "returned", "{returned:?}");
    assert_eq!(returned.json()["review"]["flags"][0]["path"], "rooms");
    // It reaches the phone by ordinary sync, in the reviewer's name.
    let pulled = office.phone.sync(&office.world, vec![]).await?;
    let changes: Vec<Vec<u8>> = pulled.pull[0].changes.iter().map(|bytes| bytes.to_vec()).collect();
    document.receive(&changes)?;
    assert_eq!(
        document.review_entries().get("reason").map(String::as_str),
        Some("რამდენი ოთახია?")
    );
    assert!(
        pulled.directory.is_some_and(|known| known.people.iter().any(|who| who.name == "nino"))
    );
    let mut edits = vec![Edit::set(FieldPath::top("rooms"), "4", ValueKind::Integer)];
    edits.extend(shared::record::review::Review::finish(&document.header()));
    let corrected = change(id, &mut document, &edits, &office.phone.version);
    office.phone.sync(&office.world, vec![corrected]).await?;
    let shown = office.get(&format!("/api/records/{id}")).await;
    assert_eq!(shown["record"]["state"], "submitted");
    assert_eq!(shown["record"]["round"], 2);
    let approved = office.review(id, &json!({ "action": "approve" })).await;
    assert_eq!(approved.json()["record"]["state"], "approved");
    let again = office.review(id, &json!({ "action": "approve" })).await;
    assert_eq!(again.code(), "conflict");
    let history = office.get(&format!("/api/records/{id}/history")).await;
    assert_eq!(history["changes"].as_array().map(Vec::len), Some(4));
    assert_eq!(history["changes"][0]["who"]["name"], "nino");
    Ok(())
}

#[tokio::test]
async fn what_is_altered_after_an_approval_is_reviewed_again() -> Outcome {
    let mut office = office().await?;
    let (id, mut document, first) = office.phone.household("ბერიძე", "");
    office.phone.sync(&office.world, vec![first]).await?;
    let mut edits = vec![Edit::set(FieldPath::top("rooms"), "3", ValueKind::Integer)];
    edits.extend(shared::record::review::Review::finish(&document.header()));
    let finished = change(id, &mut document, &edits, &office.phone.version);
    office.phone.sync(&office.world, vec![finished]).await?;
    let page = format!("/api/records/{id}");
    let seen = office.get(&page).await["seen"].clone();

    // On the phone, before it hears of the approval; the reviewer has not seen it either.
    let edits = [Edit::set(FieldPath::top("rooms"), "5", ValueKind::Integer)];
    let meanwhile = change(id, &mut document, &edits, &office.phone.version);
    office.phone.sync(&office.world, vec![meanwhile]).await?;
    let approved = office.review(id, &json!({ "action": "approve", "seen": seen })).await.json();
    assert_eq!(approved["record"]["state"], "changed", "{approved}");
    assert_eq!(approved["review"]["decided"], "approved");
    let altered = &approved["altered"];
    assert_eq!(altered.as_array().map(Vec::len), Some(1), "{altered}");
    assert_eq!(altered[0]["path"], "rooms");
    assert_eq!(altered[0]["before"], "3");
    assert_eq!(altered[0]["value"], "5");
    assert_eq!(approved["actions"], json!(["approve", "return", "reject"]));
    for (states, expected) in
        [("submitted,changed", 1), ("changed", 1), ("approved", 0), ("submitted", 0)]
    {
        let list = office.get(&format!("/api/records?state={states}")).await;
        assert_eq!(list["total"], expected, "{states}");
    }

    // Decided again, on what there is.
    let body = json!({ "action": "approve", "seen": approved["seen"] });
    let again = office.review(id, &body).await.json();
    assert_eq!(again["record"]["state"], "approved", "{again}");
    assert_eq!(again["altered"], json!([]));
    let nonsense =
        office.review(id, &json!({ "action": "return", "reason": "?", "seen": "x" })).await;
    assert_eq!(nonsense.code(), "field_invalid");

    // A rejection, and a correction that was on its way.
    office.review(id, &json!({ "action": "return", "reason": "?" })).await;
    let rejected = office.review(id, &json!({ "action": "reject", "reason": "ორჯერ" })).await;
    assert_eq!(rejected.json()["record"]["state"], "rejected");
    let edits = [Edit::set(FieldPath::top("rooms"), "6", ValueKind::Integer)];
    let later = change(id, &mut document, &edits, &office.phone.version);
    office.phone.sync(&office.world, vec![later]).await?;
    let shown = office.get(&page).await;
    assert_eq!(shown["record"]["state"], "changed");
    assert_eq!(shown["review"]["decided"], "rejected");
    Ok(())
}

#[tokio::test]
async fn two_answers_are_settled_once() -> Outcome {
    let mut office = office().await?;
    let (id, mut document, first) = office.phone.household("ბერიძე", "");
    office.phone.sync(&office.world, vec![first]).await?;
    let mut other_document = Document::load(
        &document.save(),
        Audience::Main,
        shared::record::Actor { device: office.phone.device, session: [8; 8] },
    )?;
    for (document, value) in [(&mut document, "4"), (&mut other_document, "5")] {
        let edit = Edit::set(FieldPath::top("rooms"), value, ValueKind::Integer);
        let change = change(id, document, &[edit], &office.phone.version);
        office.phone.sync(&office.world, vec![change]).await?;
    }
    // What the worker thinks of it, and what a colleague does not know.
    let own = office.phone.device;
    for (device, value, reason) in
        [(own, Some("5"), "სხვენიც ოთახია"), (shared::id::DeviceId([3; 8]), None, "")]
    {
        let (path, reason) = (FieldPath::top("rooms"), reason.to_owned());
        let said = Opinion { path, device, value: value.map(str::to_owned), reason }.edit();
        let change = change(id, &mut document, &[said], &office.phone.version);
        office.phone.sync(&office.world, vec![change]).await?;
    }
    let page = format!("/api/records/{id}");
    let opinions = async || node(&office.get(&page).await, "rooms")["opinions"].clone();
    let said = opinions().await;
    let [first, second] = said.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(format!("not two: {said}").into());
    };
    // By device: the colleague's is the smaller one, or not.
    let (mine, other) = if first["knows"] == true { (first, second) } else { (second, first) };
    assert_eq!((&mine["value"], &mine["reason"]), (&json!("5"), &json!("სხვენიც ოთახია")));
    assert_eq!(mine["by"]["name"], "luka", "{mine}");
    assert_eq!((&other["knows"], &other["value"]), (&json!(false), &json!("")));
    let history = office.get(&format!("/api/records/{id}/history")).await.to_string();
    assert!(history.contains("\"part\":\"opinion\""), "{history}");
    let path = format!("/api/records/{id}/resolve");
    let resolve = async |body: Value| {
        office.world.json(Method::POST, &path, Some(&office.reviewer), &body).await
    };
    let third = resolve(json!({ "path": "rooms", "value": "7" })).await;
    assert_eq!(third.code(), "field_invalid");
    let settled = resolve(json!({ "path": "rooms", "value": "5" })).await;
    assert_eq!(settled.json()["record"]["two_answers"], 0, "{settled:?}");
    let again = resolve(json!({ "path": "rooms", "value": "4" })).await;
    assert_eq!(again.code(), "conflict");
    // The phone learns who decided; what was said of these two is not said of the next.
    let pulled = office.phone.sync(&office.world, vec![]).await?;
    // A phone is not sent what it made itself.
    let made: Vec<_> = other_document.changes().into_iter().map(|change| change.bytes).collect();
    document.receive(&made)?;
    for changes in &pulled.pull {
        let changes: Vec<Vec<u8>> = changes.changes.iter().map(|bytes| bytes.to_vec()).collect();
        document.receive(&changes)?;
    }
    let decided = Settled::all(&document.review_entries());
    let decided: Vec<_> = decided.iter().map(|of| (of.path.to_string(), of.by.clone())).collect();
    assert_eq!(decided, [("rooms".to_owned(), "nino".to_owned())]);
    for (value, who) in [("7", &mut document), ("8", &mut other_document)] {
        let edit = Edit::set(FieldPath::top("rooms"), value, ValueKind::Integer);
        let change = change(id, who, &[edit], &office.phone.version);
        office.phone.sync(&office.world, vec![change]).await?;
    }
    let shown = office.get(&page).await;
    assert_eq!(shown["record"]["two_answers"], 1, "{shown}");
    assert_eq!(node(&shown, "rooms")["opinions"], json!([]));
    let wrong = resolve(json!({ "path": "a[", "value": "4" })).await;
    assert_eq!(wrong.code(), "field_invalid");
    Ok(())
}

#[tokio::test]
async fn unknown_records_are_not_found() -> Outcome {
    let office = office().await?;
    for id in ["0".repeat(32), "nonsense".into(), "%00".into(), "z".repeat(32)] {
        for path in [format!("/api/records/{id}"), format!("/api/records/{id}/history")] {
            let answer = office.world.get(&path, Some(&office.reviewer)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
        let path = format!("/api/records/{id}/review");
        let body = json!({ "action": "approve" });
        let answer = office.world.json(Method::POST, &path, Some(&office.reviewer), &body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn events_tell_which_records_changed() -> Outcome {
    let mut office = office().await?;
    let mut receiver = office.world.state.events.subscribe(office.world.tenant);
    tokio::spawn(office.world.state.events.clone().listen(office.world.state.store.clone()));
    // The listener connects in its own time: write until it hears. What it hears first may be of
    // a record before the last.
    let mut written = Vec::new();
    for at in 0..100 {
        let (id, _, first) = office.phone.household(&format!("h{at}"), "");
        written.push(id.to_string());
        office.phone.sync(&office.world, vec![first]).await?;
        let wait = std::time::Duration::from_millis(100);
        if let Ok(event) = tokio::time::timeout(wait, receiver.recv()).await {
            let told = event?.records;
            let known = matches!(&told[..], [one] if written.contains(one));
            assert!(known, "{told:?} of {written:?}");
            return Ok(());
        }
    }
    Err("no event came".into())
}
