//! The app's files, headers, and addresses that are none.

use super::Outcome;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use server::router::ROUTES;
use server::testing::World;

async fn world() -> Result<World, server::testing::TestError> {
    let number: u64 = rand::random();
    let site = std::env::temp_dir().join(format!("kardakar-site-{number:x}"));
    std::fs::create_dir_all(site.join("pkg/1"))?;
    std::fs::write(site.join("index.html"), "<html>app</html>")?;
    std::fs::write(site.join("sw.js"), "worker")?;
    std::fs::write(site.join("pkg/1/app.js"), "plain")?;
    std::fs::write(site.join("pkg/1/app.js.br"), "brotli")?;
    std::fs::write(site.join("pkg/1/app.wasm"), "wasm")?;
    World::with_site(Some(site)).await
}

async fn get(world: &World, path: &str, encoding: &str) -> server::testing::Answer {
    let request = Request::builder()
        .uri(path)
        .header("accept-encoding", encoding)
        .body(Body::empty())
        .expect("a request");
    world.send(request).await
}

#[tokio::test]
async fn pages_and_files_are_served_each_in_its_way() -> Outcome {
    let world = world().await?;
    for page in ["/", "/office", "/office/records/0a", "/admin/users", "/setup", "/enrol"] {
        let answer = get(&world, page, "").await;
        assert_eq!(
            (answer.status, answer.bytes.as_slice()),
            (StatusCode::OK, &b"<html>app</html>"[..])
        );
        assert_eq!(answer.header("cache-control"), "no-cache", "{page}");
    }
    let plain = get(&world, "/pkg/1/app.js", "gzip, br;q=0").await;
    assert_eq!(plain.bytes, b"plain");
    let packed = get(&world, "/pkg/1/app.js", "gzip, br").await;
    assert_eq!(
        (packed.bytes.as_slice(), packed.header("content-encoding")),
        (&b"brotli"[..], "br")
    );
    assert!(packed.header("cache-control").contains("immutable"));
    assert_eq!(get(&world, "/pkg/1/app.wasm", "").await.header("content-type"), "application/wasm");
    assert_eq!(get(&world, "/sw.js", "").await.header("cache-control"), "no-cache");
    let known = Request::builder()
        .uri("/sw.js")
        .header("if-none-match", get(&world, "/sw.js", "").await.header("etag"));
    let answer = world.send(known.body(Body::empty())?).await;
    assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    Ok(())
}

#[tokio::test]
async fn unknown_files_are_404_and_never_html() -> Outcome {
    let world = world().await?;
    for path in [
        "/pkg/2/app.js",
        "/pkg/1/nothing",
        "/app.js",
        "/icons/x",
        "/favicon.ico",
        "/../x.js",
        "/a%2f..%2findex.html.bak",
        "/.env",
        "/pkg/1/..",
        "/api/nothing",
        "/api/",
    ] {
        let answer = get(&world, path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.header("content-type").contains("html"), "{path}");
        assert!(!answer.bytes.starts_with(b"<"), "{path}");
    }
    let posted = world.request(Method::POST, "/", None, None).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    Ok(())
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() -> Outcome {
    let world = world().await?;
    for path in
        ["/", "/sw.js", "/nothing.js", "/api/session", "/api/nothing", "/healthz", "/readyz"]
    {
        let answer = get(&world, path, "").await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("require-trusted-types-for 'script'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
    assert_eq!(get(&world, "/readyz", "").await.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn the_documented_routes_exist_and_take_their_methods() -> Outcome {
    let world = world().await?;
    for (path, methods) in ROUTES {
        let address = path.replace("{id}", &"0".repeat(32)).replace("{version}", &"0".repeat(32));
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let listed = methods.split(' ').any(|one| one == method.as_str().to_lowercase());
            let answer = world.request(method.clone(), &address, None, None).await;
            let refused = answer.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(listed, !refused, "{method} {path}: {}", answer.status);
            assert_ne!(answer.json()["detail"], "there is no such address", "{path}");
        }
    }
    Ok(())
}
