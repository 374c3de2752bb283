//! A client that is not ours: what docs/SYNC.md allows in other forms than ours, and what it does not allow.

use super::Outcome;
use super::phone::{FORM, Phone, enrol};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use server::testing::{Answer, TestError, World};
use shared::policy::Role;
use shared::sync::codec::{MEDIA_TYPE, decode, encode};
use shared::sync::message::{SyncResponse, TransferState};
use shared::sync::transfer::TransferId;

async fn world() -> Result<(World, Phone), TestError> {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let phone = enrol(&world, &admin, user).await?;
    Ok((world, phone))
}

async fn post(world: &World, path: &str, head: (&str, &str), body: Vec<u8>) -> Answer {
    let (authorization, kind) = head;
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", kind)
        .header("authorization", authorization)
        .body(Body::from(body))
        .expect("a request");
    world.send(request).await
}

#[tokio::test]
async fn a_cut_response_that_is_not_kept_is_begun_anew() -> Outcome {
    let (world, phone) = world().await?;
    let token = format!("Bearer {}", phone.token);
    let body = encode(&phone.request(vec![phone.household("a", "").2]));
    let (id, size) = (TransferId::of(&body), body.len());
    let whole = phone.raw(&world, body.clone()).await;
    // Carried out again it would have another response, whose end does not belong to the first one's beginning.
    for (at, part) in [(0, body.clone()), (size, vec![])] {
        let path = id.path(size, at, whole.bytes.len() / 2);
        let answer = post(&world, &path, (&token, MEDIA_TYPE), part).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED);
        assert_eq!(decode::<TransferState>(&answer.bytes)?.received, 0);
    }
    let answer = post(&world, &id.path(size, 0, 0), (&token, MEDIA_TYPE), body).await;
    assert!(decode::<SyncResponse>(&answer.bytes)?.refused.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_answered_like_every_error() -> Outcome {
    let (world, phone) = world().await?;
    let token = format!("Bearer {}", phone.token);
    let name = "0".repeat(32);
    for query in ["", "?size=1", "?size=x&at=0", "?size=-1&at=0", "?size=1&at=0&size=2"] {
        let path = format!("/api/sync/{name}{query}");
        let answer = post(&world, &path, (&token, MEDIA_TYPE), vec![]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.code(), "field_invalid", "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    assert_eq!(world.get("/api/setup", None).await.code(), "field_invalid");
    Ok(())
}

#[tokio::test]
async fn schemes_and_media_types_are_read_in_either_case() -> Outcome {
    let (world, phone) = world().await?;
    let body = encode(&phone.request(vec![]));
    let kind = MEDIA_TYPE.to_uppercase();
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let token = format!("{scheme} {}", phone.token);
        let answer = post(&world, "/api/sync", (&token, &kind), body.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{scheme}");
    }
    for token in [phone.token.clone(), format!("Basic {}", phone.token), "Bearer".into()] {
        let answer = post(&world, "/api/sync", (&token, MEDIA_TYPE), body.clone()).await;
        assert_eq!(answer.code(), "device_unknown");
    }
    Ok(())
}

/// What is neither taken nor refused is acknowledged: the changes of one of the two would be lost.
#[tokio::test]
async fn changes_travel_in_a_block_or_beside_it_and_not_in_both() -> Outcome {
    let (world, phone) = world().await?;
    let mut both = phone.request(vec![phone.household("a", "").2]);
    both.pack();
    both.push = vec![phone.household("b", "").2];
    let answer = phone.raw(&world, encode(&both)).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::BAD_REQUEST, "body_malformed")
    );
    both.push.clear();
    assert!(phone.ask(&world, &both).await?.refused.is_empty());
    Ok(())
}
