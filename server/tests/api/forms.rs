//! Uploading forms.

use super::Outcome;
use super::phone::FORM;
use axum::http::{Method, StatusCode};
use server::forms::{MARKDOWN, SHIPPED, WORKBOOK};
use server::testing::World;
use shared::policy::Role;

#[tokio::test]
async fn a_form_is_checked_published_and_served() -> Outcome {
    let world = World::new().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let body = || Some((MARKDOWN, FORM.as_bytes().to_vec()));
    let tried = world.request(Method::POST, "/api/forms", Some(&admin), body()).await;
    assert_eq!(tried.json()["published"], false, "{tried:?}");
    assert_eq!(world.get("/api/forms", Some(&admin)).await.json()["forms"], serde_json::json!([]));
    let path = "/api/forms?publish=1";
    let done = world.request(Method::POST, path, Some(&admin), body()).await.json();
    assert_eq!((&done["published"], &done["new"]), (&true.into(), &true.into()));
    let again = world.request(Method::POST, path, Some(&admin), body()).await.json();
    assert_eq!((&again["new"], &again["form"]["id"]), (&false.into(), &done["form"]["id"]));
    let id = done["form"]["id"].as_str().unwrap_or_default();
    let compiled = world.get(&format!("/api/forms/{id}/compiled"), Some(&admin)).await;
    assert!(compiled.header("cache-control").contains("immutable"));
    assert_eq!(shared::id::FormVersionId::of(&compiled.bytes).to_string(), id);
    let source = world.get(&format!("/api/forms/{id}/source"), Some(&admin)).await;
    assert_eq!(source.bytes, FORM.as_bytes());
    let unknown = world.get(&format!("/api/forms/{}/compiled", "0".repeat(32)), Some(&admin)).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_broken_form_is_refused_with_its_places() -> Outcome {
    let world = World::new().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let broken = "| survey | | | |\n| | type | name | label |\n| | text | a | A |\n| | integer | b | ${nobody} |\n| | select_one missing | c | C |\n| settings | |\n| | form_id |\n| | broken |\n";
    let body = Some((MARKDOWN, broken.as_bytes().to_vec()));
    let answer = world.request(Method::POST, "/api/forms?publish=1", Some(&admin), body).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_invalid")
    );
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    assert!(
        errors.iter().any(|error| error["sheet"] == "survey" && error["row"].as_u64() > Some(1)),
        "{errors:?}"
    );
    // An input mask that cannot be used: the cell, by its row and the header of its column.
    let masked = "| survey |\n| | type | name | label | body::esri:inputMask |\n| | text | a | A | 99-99 |\n| | text | b | B | 99; |\n| settings |\n| | form_id |\n| | masked |\n";
    let body = Some((MARKDOWN, masked.as_bytes().to_vec()));
    let answer = world.request(Method::POST, "/api/forms?publish=1", Some(&admin), body).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let found = answer.json()["errors"].clone();
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    let cell = (&found[0]["sheet"], &found[0]["row"], &found[0]["column"]);
    assert_eq!(cell, (&"survey".into(), &3.into(), &"body::esri:inputMask".into()));
    for bytes in [b"not a workbook".to_vec(), b"PK\x03\x04broken".to_vec(), vec![]] {
        let body = Some((WORKBOOK, bytes));
        let answer = world.request(Method::POST, "/api/forms", Some(&admin), body).await;
        assert_eq!(answer.code(), "form_invalid");
    }
    let body = Some(("image/png", vec![1]));
    let answer = world.request(Method::POST, "/api/forms", Some(&admin), body).await;
    assert_eq!(answer.code(), "media_type");
    Ok(())
}

#[test]
fn the_shipped_forms_compile() {
    for (form_id, source) in SHIPPED {
        let compiled = form::read::from_markdown(source);
        assert!(compiled.errors.is_empty(), "{form_id}: {:?}", compiled.errors);
        assert_eq!(compiled.form.map(|form| form.form_id), Some(form_id.to_owned()));
    }
}
