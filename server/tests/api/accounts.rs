//! Signing in, set-up links, people, codes and devices.

use super::Outcome;
use super::phone::{FORM, enrol, try_code};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use server::auth::token::Token;
use server::testing::{PASSWORD, World, make_tenant};
use shared::policy::Role;

#[tokio::test]
async fn a_session_begins_shows_and_ends() -> Outcome {
    let world = World::new().await?;
    assert_eq!(world.get("/api/session", None).await.code(), "not_signed_in");
    let cookie = world.office("nino", Role::Reviewer).await?;
    assert!(cookie.starts_with("kardakar="), "{cookie}");
    let shown = world.get("/api/session", Some(&cookie)).await;
    assert_eq!(shown.json()["user"]["login"], "nino");
    assert_eq!(shown.header("cache-control"), "no-store");
    let ended = world.request(Method::DELETE, "/api/session", Some(&cookie), None).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get("/api/session", Some(&cookie)).await.code(), "not_signed_in");
    Ok(())
}

#[tokio::test]
async fn a_session_ends_by_itself() -> Outcome {
    let world = World::new().await?;
    let cookie = world.office("nino", Role::Reviewer).await?;
    world.advance_ms(11 * 3_600_000);
    assert_eq!(world.get("/api/session", Some(&cookie)).await.status, StatusCode::OK);
    world.advance_ms(11 * 3_600_000);
    assert_eq!(world.get("/api/session", Some(&cookie)).await.status, StatusCode::OK);
    world.advance_ms(13 * 3_600_000);
    assert_eq!(world.get("/api/session", Some(&cookie)).await.code(), "not_signed_in");
    Ok(())
}

#[tokio::test]
async fn wrong_passwords_are_refused_and_run_out() -> Outcome {
    let world = World::new().await?;
    world.person(world.tenant, "nino", Role::Reviewer).await?;
    let wrong = json!({ "login": "nino", "password": "not this one" });
    let nobody = json!({ "login": "nobody", "password": "not this one" });
    for body in [&wrong, &nobody] {
        let answer = world.json(Method::POST, "/api/session", None, body).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::UNAUTHORIZED, "login_wrong")
        );
    }
    let tries = (0..40).map(|_| world.json(Method::POST, "/api/session", None, &nobody));
    let answers = futures_util::future::join_all(tries).await;
    let refused = answers.iter().filter(|answer| answer.code() == "too_many_tries").count();
    assert!(refused >= 5, "{refused}");
    assert!(answers.iter().any(|answer| answer.code() == "login_wrong"));
    Ok(())
}

#[tokio::test]
async fn the_first_administrator_sets_up_once() -> Outcome {
    let world = World::new().await?;
    let token = Token::new(world.tenant);
    let now_ms = world.state.now_ms();
    let mut tx = world.state.store.begin(world.tenant).await?;
    tx.create_setup_token(&token.hash(), None, now_ms, now_ms + 1000).await?;
    tx.commit().await?;
    let shown = world.get(&format!("/api/setup?token={token}"), None).await;
    assert_eq!(shown.json()["first"], true);
    let body = json!({ "token": token.to_string(), "login": "Boss", "name": "ბოსი",
                       "password": PASSWORD, "municipality_name": { "ka": "ქალაქი" } });
    let done = world.json(Method::POST, "/api/setup", None, &body).await;
    assert_eq!(done.json()["user"]["role"], "administrator", "{done:?}");
    assert_eq!(done.json()["municipality"]["name"]["ka"], "ქალაქი");
    let again = world.json(Method::POST, "/api/setup", None, &body).await;
    assert_eq!(again.code(), "setup_link_unknown");
    Ok(())
}

#[tokio::test]
async fn people_are_added_changed_and_locked_out() -> Outcome {
    let world = World::new().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let body = json!({ "login": "luka", "name": "ლუკა", "role": "worker" });
    let made = world.json(Method::POST, "/api/users", Some(&admin), &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let link = made.json()["setup_link"].as_str().unwrap_or_default().to_owned();
    assert!(link.starts_with("/setup#"));
    let again = world.json(Method::POST, "/api/users", Some(&admin), &body).await;
    assert_eq!(again.code(), "conflict");
    let id = made.json()["user"]["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/api/users/{id}");
    for (change, code) in [
        (json!({ "role": "king" }), "field_invalid"),
        (json!({ "name": "" }), "field_invalid"),
        (json!({ "password": "short" }), "field_invalid"),
        (json!({ "active": "yes" }), "body_malformed"),
    ] {
        let answer = world.json(Method::POST, &path, Some(&admin), &change).await;
        assert_eq!(answer.code(), code, "{change}");
    }
    let moved = json!({ "villages": ["GE-1"], "password": PASSWORD });
    let moved = world.json(Method::POST, &path, Some(&admin), &moved).await;
    assert_eq!(moved.json()["user"]["villages"], json!(["GE-1"]));
    let luka = world.sign_in("luka", "first").await?;
    world.json(Method::POST, &path, Some(&admin), &json!({ "active": false })).await;
    assert_eq!(world.get("/api/session", Some(&luka)).await.code(), "not_signed_in");
    let unknown = format!("/api/users/{}", "0".repeat(32));
    let answer = world.json(Method::POST, &unknown, Some(&admin), &json!({})).await;
    assert_eq!(answer.code(), "not_found");
    Ok(())
}

#[tokio::test]
async fn roles_may_do_what_the_policy_says() -> Outcome {
    let world = World::new().await?;
    let worker = world.office("worker", Role::Worker).await?;
    let reviewer = world.office("reviewer", Role::Reviewer).await?;
    let admin = world.office("admin", Role::Administrator).await?;
    let table = [
        ("/api/records", [false, true, true]),
        ("/api/forms", [false, true, true]),
        ("/api/users", [false, false, true]),
        ("/api/devices", [false, false, true]),
        ("/api/enrolment-codes", [false, false, true]),
        ("/api/audit", [false, false, true]),
    ];
    for (path, allowed) in table {
        for (cookie, allowed) in [&worker, &reviewer, &admin].into_iter().zip(allowed) {
            let answer = world.get(path, Some(cookie)).await;
            let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{path}");
        }
        assert_eq!(world.get(path, None).await.code(), "not_signed_in", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn other_sites_cannot_use_a_session() -> Outcome {
    let world = World::new().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let request = |kind: &str, from: &str| {
        Request::builder()
            .method(Method::POST)
            .uri("/api/users")
            .header("cookie", &admin)
            .header("content-type", kind)
            .header("sec-fetch-site", from)
            .body(Body::from("{}"))
            .expect("a request")
    };
    assert_eq!(world.send(request("application/json", "cross-site")).await.code(), "cross_site");
    assert_eq!(world.send(request("text/plain", "same-origin")).await.code(), "media_type");
    assert_eq!(
        world.send(request("application/json", "same-origin")).await.code(),
        "body_malformed"
    );
    Ok(())
}

#[tokio::test]
async fn codes_work_once_and_for_fifteen_minutes() -> Outcome {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let body = json!({ "user": user.simple().to_string() });
    let made = world.json(Method::POST, "/api/enrolment-codes", Some(&admin), &body).await;
    let code = made.json()["code"].as_str().unwrap_or_default().to_owned();
    assert!(made.json()["qr_svg"].as_str().is_some_and(|svg| svg.contains("<svg")));
    assert_eq!(try_code(&world, &code).await.status, StatusCode::OK);
    assert_eq!(try_code(&world, &code).await.code(), "code_unknown");
    assert_eq!(try_code(&world, "1 000 000 000").await.code(), "code_unknown");
    assert_eq!(try_code(&world, "hello").await.code(), "code_unknown");
    let late = world.json(Method::POST, "/api/enrolment-codes", Some(&admin), &body).await;
    world.advance_ms(15 * 60_000);
    let late = late.json()["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(try_code(&world, &late).await.code(), "code_unknown");
    Ok(())
}

#[tokio::test]
async fn a_revoked_device_is_told_so() -> Outcome {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let mut phone = enrol(&world, &admin, user).await?;
    phone.sync(&world, vec![]).await?;
    let listed = world.get("/api/devices", Some(&admin)).await;
    assert_eq!(listed.json()["devices"][0]["id"], phone.device.to_string());
    let path = format!("/api/devices/{}/revoke", phone.device);
    let done = world.json(Method::POST, &path, Some(&admin), &json!({})).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    let body = shared::sync::codec::encode(&phone.request(vec![]));
    assert_eq!(phone.raw(&world, body.clone()).await.code(), "device_revoked");
    phone.token = "0".repeat(64);
    assert_eq!(phone.raw(&world, body).await.code(), "device_unknown");
    Ok(())
}

#[tokio::test]
async fn another_municipality_sees_nothing() -> Outcome {
    let world = World::new().await?;
    let other = make_tenant(&world.state, "second").await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    world.person(other, "boss", Role::Administrator).await?;
    let stranger = world.sign_in("boss", "second").await?;
    let listed = world.get("/api/users", Some(&stranger)).await;
    assert_eq!(listed.json()["users"].as_array().map(Vec::len), Some(1));
    let path = format!("/api/users/{}", user.simple());
    let answer =
        world.json(Method::POST, &path, Some(&stranger), &json!({ "active": false })).await;
    assert_eq!(answer.code(), "not_found");
    let body = json!({ "user": user.simple().to_string() });
    let answer = world.json(Method::POST, "/api/enrolment-codes", Some(&stranger), &body).await;
    assert_eq!(answer.code(), "not_found");
    Ok(())
}
