//! Nobody keeps the server to himself: places for requests and for merges, devices that send damaged changes
//! again and again, and workers that say something that nobody understands.

use super::Outcome;
use super::phone::Phone;
use super::scene::{Scene, scene};
use axum::http::{Method, StatusCode};
use futures_util::FutureExt;
use futures_util::future::join_all;
use minicbor::bytes::ByteVec;
use serde_json::json;
use server::auth::Device;
use server::guard;
use server::testing::{World, make_tenant, workers};
use server::worker::{Program, Workers};
use shared::id::{DeviceId, RecordId};
use shared::policy::Role;
use shared::record::Audience;
use shared::sync::codec::encode;
use shared::sync::message::{DocumentChanges, PAUSED};
use std::time::Duration;

/// Eight requests of one device are worked on or wait, one after the other; the ninth is sent away. Another
/// device is not concerned.
#[tokio::test]
async fn a_device_has_eight_requests_at_once() -> Outcome {
    let Scene { world, phone, colleague, .. } = scene().await?;
    let row = {
        let mut tx = world.state.store.begin(world.tenant).await?;
        let mut all = tx.devices().await?;
        all.retain(|row| row.device_id == phone.device.as_bytes());
        all.pop().ok_or("no device")?
    };
    let device = Device { tenant: world.tenant, id: phone.device, role: Role::Worker, row };
    // The first is under way.
    let under_way = guard::alone(&world.state, &device).await.map_err(|error| error.to_string())?;
    let ask = |phone: &Phone| encode(&phone.request(vec![]));
    let mut waiting: Vec<_> = (0..7).map(|_| Box::pin(phone.raw(&world, ask(&phone)))).collect();
    // Each has to come as far as the queue: past the look at its token in the database.
    while waiting_of(&world, &device) < 7 {
        for request in &mut waiting {
            assert!(request.as_mut().now_or_never().is_none(), "it waits for the first");
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let ninth = phone.raw(&world, ask(&phone)).await;
    assert_eq!(ninth.status, StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = ninth.header("retry-after").parse()?;
    assert!((5..60).contains(&seconds));
    assert_eq!(colleague.raw(&world, ask(&colleague)).await.status, StatusCode::OK);
    drop(under_way);
    for answer in join_all(waiting).await {
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!(phone.raw(&world, ask(&phone)).await.status, StatusCode::OK);
    Ok(())
}

fn waiting_of(world: &World, device: &Device) -> usize {
    world.state.turns.waiting_of(device)
}

/// All places for merges are taken: whoever writes waits for one, and who only asks is answered.
#[tokio::test]
async fn merges_wait_for_a_place() -> Outcome {
    let Scene { world, phone, colleague, .. } = scene().await?;
    let hour = Duration::from_secs(3600);
    let other = make_tenant(&world.state, "second").await?;
    let mut held = Vec::new();
    for number in 0..200 {
        let who = (other, DeviceId([number; 8]));
        match world.state.merges.turn(who, hour).now_or_never() {
            Some(turn) => held.push(turn.ok_or("no turn")?),
            None => break,
        }
    }
    // Three quarters of the connections.
    assert_eq!(held.len(), world.state.store.connections() as usize * 3 / 4);
    let (_, _, change) = phone.household("x", "");
    let mut writes = Box::pin(phone.raw(&world, encode(&phone.request(vec![change]))));
    while world.state.merges.waiting() == 0 {
        assert!(writes.as_mut().now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let asks = colleague.raw(&world, encode(&colleague.request(vec![]))).await;
    assert_eq!(asks.status, StatusCode::OK);
    held.pop();
    assert_eq!(writes.await.status, StatusCode::OK);
    Ok(())
}

fn damaged(seed: u8) -> DocumentChanges {
    let record = RecordId::v7(1_795_000_000_000, [seed; 10]);
    let changes = vec![ByteVec::from(vec![seed; 40])];
    DocumentChanges { record, audience: Audience::Main, changes }
}

#[tokio::test]
async fn a_device_that_sends_damaged_changes_again_and_again_is_paused() -> Outcome {
    let Scene { mut world, mut phone, mut colleague, .. } = scene().await?;
    world = world.with_state(|state| state.quarantine_after = 3);
    // The same damaged change sent again is no new one.
    for _ in 0..5 {
        let response = phone.sync(&world, vec![damaged(1)]).await?;
        assert!(response.paused.is_none() && response.refused[0].permanent);
    }
    // Nor do days that are far apart count together.
    world.advance_ms(25 * 3_600_000);
    let admin = world.sign_in("boss", "first").await?;
    let paused_at = async |world: &World, phone: &Phone| {
        let list = world.get("/api/devices", Some(&admin)).await.json();
        let all = list["devices"].as_array().cloned().unwrap_or_default();
        let own = all.into_iter().find(|of| of["id"] == phone.device.to_string());
        own.and_then(|of| of["paused_at"].as_i64())
    };
    assert!(phone.sync(&world, vec![damaged(2)]).await?.paused.is_none());
    assert!(phone.sync(&world, vec![damaged(3)]).await?.paused.is_none());
    assert_eq!(paused_at(&world, &phone).await, None);
    assert_eq!(phone.sync(&world, vec![damaged(4)]).await?.paused, Some(true));
    assert_eq!(paused_at(&world, &phone).await, Some(world.state.now_ms()));

    // Good ones are not taken in now, nor refused for good; what others did still comes.
    let (mine, _, change) = phone.household("mine", "");
    let (theirs, _, others) = colleague.household("theirs", "");
    assert!(colleague.sync(&world, vec![others]).await?.refused.is_empty());
    let response = phone.sync(&world, vec![change.clone()]).await?;
    assert_eq!(response.paused, Some(true));
    assert_eq!((response.refused[0].code.as_str(), response.refused[0].permanent), (PAUSED, false));
    assert!(response.pull.iter().any(|of| of.record == theirs));
    assert!(colleague.sync(&world, vec![]).await?.pull.is_empty());

    let path = format!("/api/devices/{}/lift", phone.device);
    let reviewer = world.sign_in("nino", "first").await?;
    for (cookie, status) in [
        (&reviewer, StatusCode::FORBIDDEN),
        (&admin, StatusCode::NO_CONTENT),
        (&admin, StatusCode::NOT_FOUND),
    ] {
        let answer = world.json(Method::POST, &path, Some(cookie), &json!({})).await;
        assert_eq!(answer.status, status);
    }
    let response = phone.sync(&world, vec![change]).await?;
    assert!(response.paused.is_none() && response.refused.is_empty());
    assert!(colleague.sync(&world, vec![]).await?.pull.iter().any(|of| of.record == mine));
    let log = world.get("/api/audit", Some(&admin)).await.json().to_string();
    assert!(log.contains("device.pause") && log.contains("device.lift"));
    Ok(())
}

/// One request full of damage is no accident: it counts as often as it has hundreds.
#[tokio::test]
async fn a_request_full_of_damage_counts_more_than_once() -> Outcome {
    let Scene { mut world, mut phone, mut colleague, .. } = scene().await?;
    world = world.with_state(|state| state.quarantine_after = 3);
    let many = |from: u32, count: u32| {
        let changes = (from..from + count).map(|at| ByteVec::from(at.to_be_bytes().to_vec()));
        vec![DocumentChanges { changes: changes.collect(), ..damaged(1) }]
    };
    assert_eq!(phone.sync(&world, many(0, 100)).await?.paused, None);
    assert_eq!(phone.sync(&world, many(0, 100)).await?.paused, None, "nothing of it is new");
    assert_eq!(phone.sync(&world, many(100, 101)).await?.paused, Some(true));
    assert_eq!(colleague.sync(&world, many(1000, 201)).await?.paused, Some(true));
    Ok(())
}

/// Another municipality's administrator cannot lift it, and sees nothing of it.
#[tokio::test]
async fn a_pause_is_the_municipalitys_own_matter() -> Outcome {
    let Scene { mut world, mut phone, .. } = scene().await?;
    world = world.with_state(|state| state.quarantine_after = 1);
    assert_eq!(phone.sync(&world, vec![damaged(1)]).await?.paused, Some(true));
    let other = make_tenant(&world.state, "second").await?;
    world.person(other, "stranger", Role::Administrator).await?;
    let stranger = world.sign_in("stranger", "second").await?;
    let path = format!("/api/devices/{}/lift", phone.device);
    let answer = world.json(Method::POST, &path, Some(&stranger), &json!({})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(phone.sync(&world, vec![damaged(2)]).await?.paused, Some(true));
    Ok(())
}

/// A worker process that answers nonsense, half an answer, or nothing: the phone is told to come again, and
/// nothing of its batch is stored or refused.
#[tokio::test]
async fn what_a_worker_says_and_nobody_understands_is_not_believed() -> Outcome {
    let Scene { mut world, mut phone, .. } = scene().await?;
    let (_, _, change) = phone.household("x", "");
    for says in [
        // A frame that is no answer; one that promises more than comes; one of impossible length; an answer to
        // another question (`Later` to the first of a turn).
        r"printf '\003\000\000\000abc'; cat > /dev/null",
        r"printf '\100\000\000\000abc'",
        r"printf '\377\377\377\377'; cat > /dev/null",
        r"printf '\003\000\000\000\202\006\200'; cat > /dev/null",
        r"exit 0",
    ] {
        let arguments = vec!["-c".into(), says.into()];
        world = world.with_workers(Workers::new(Program { path: "/bin/sh".into(), arguments }, 1));
        let answer = phone.raw(&world, encode(&phone.request(vec![change.clone()]))).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{says}: {}", answer.json());
        assert!(!answer.header("retry-after").is_empty());
        let mut tx = world.state.store.begin(world.tenant).await?;
        assert!(tx.wedged(1).await?.is_empty(), "{says}");
    }
    world = world.with_workers(workers()?);
    assert!(phone.sync(&world, vec![change]).await?.refused.is_empty());
    Ok(())
}
