//! Forms that come as an archive with their tables and pictures: good ones, broken ones, hostile ones.

use super::Outcome;
use super::phone::{Phone, enrol};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use form::model::Form;
use form::session::{Address, Context, Session};
use server::forms::{MARKDOWN, PACKAGE};
use server::testing::{Answer, TestError, World};
use shared::attachment::message::{FetchFormFile, Piece};
use shared::id::AttachmentHash;
use shared::policy::Role;
use shared::sync::codec::{MEDIA_TYPE, decode, encode_plain};
use std::io::{Cursor, Write};
use std::sync::Arc;

const SOURCE: &str = "
| survey |
| | type | name | label | media::image |
| | select_one_from_file places.csv | place | Where? | map.png |
| | select_one yn | fine | Fine? | |
| choices |
| | list_name | name | label | audio |
| | yn | yes | Yes | yes.wav |
| | yn | no | No | |
| settings |
| | form_id | form_title |
| | packed | Packed |
";
const TABLE: &[u8] =
    "\u{feff}name,label,region\r\na,\"Ananuri, old\",7\r\nb,ფასანაური,8\r\n".as_bytes();
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and the rest";
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt and the rest";

/// Names and contents.
type Files<'f> = Vec<(&'f str, &'f [u8])>;

/// A zip of these files; what repeats a name is written all the same.
fn zip(files: &[(&str, &[u8])]) -> Result<Vec<u8>, TestError> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default())?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

async fn send(world: &World, admin: &str, kind: &str, bytes: Vec<u8>) -> Answer {
    world.request(Method::POST, "/api/forms?publish=1", Some(admin), Some((kind, bytes))).await
}

fn codes(answer: &Answer, list: &str) -> Vec<String> {
    let problems = answer.json()[list].as_array().cloned().unwrap_or_default();
    problems.iter().filter_map(|problem| Some(problem["code"].as_str()?.to_owned())).collect()
}

async fn world() -> Result<(World, String), TestError> {
    let world = World::new().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    Ok((world, admin))
}

async fn fetch(world: &World, phone: &Phone, ask: &FetchFormFile) -> Result<Answer, TestError> {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/forms/file")
        .header("content-type", MEDIA_TYPE)
        .header("authorization", format!("Bearer {}", phone.token))
        .body(Body::from(encode_plain(ask)))?;
    Ok(world.send(request).await)
}

#[tokio::test]
async fn tables_and_files_reach_the_phone() -> Outcome {
    let (world, admin) = world().await?;
    let archive = zip(&[
        ("form/form.md", SOURCE.as_bytes()),
        ("form/places.csv", TABLE),
        ("form/media/map.png", PNG),
        ("form/media/yes.wav", WAV),
        ("form/read me.txt", b"for us"),
        ("__MACOSX/._form.md", b"rubbish"),
    ])?;
    let done = send(&world, &admin, PACKAGE, archive.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.json());
    assert_eq!(done.json()["form"]["files"], 2);
    assert_eq!(codes(&done, "warnings"), ["unused_file"], "{}", done.json());
    let id = done.json()["form"]["id"].as_str().unwrap_or_default().to_owned();
    // The same again is the same version; another table is another one.
    assert_eq!(send(&world, &admin, PACKAGE, archive.clone()).await.json()["new"], false);
    let source = world.get(&format!("/api/forms/{id}/source"), Some(&admin)).await;
    assert_eq!(source.bytes, archive);

    let compiled = world.get(&format!("/api/forms/{id}/compiled"), Some(&admin)).await;
    let form = Form::from_bytes(&compiled.bytes).map_err(|error| format!("{error:?}"))?;
    let at = |name: &str| Address { items: vec![], node: form.by_name(name).unwrap_or_default() };
    let session = Session::new(Arc::new(form.clone()), Context::default());
    let labels: Vec<_> =
        session.choices(&at("place"), "").into_iter().map(|choice| choice.label).collect();
    assert_eq!(labels, ["Ananuri, old", "ფასანაური"]);

    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let phone = enrol(&world, &admin, user).await?;
    for (name, bytes) in [("map.png", PNG), ("yes.wav", WAV)] {
        let hash: AttachmentHash = form.files[name].hash.parse().map_err(|_| "no hash")?;
        assert_eq!(hash, AttachmentHash::of(bytes));
        let mut whole = Vec::new();
        while whole.len() < bytes.len() {
            let ask = FetchFormFile { hash, offset: whole.len() as u64, length: 7 };
            let piece: Piece = decode(&fetch(&world, &phone, &ask).await?.bytes)?;
            assert_eq!((piece.size, piece.received), (bytes.len() as u64, bytes.len() as u64));
            assert!((1..=7).contains(&piece.bytes.len()));
            whole.extend_from_slice(&piece.bytes);
        }
        assert_eq!(whole, bytes);
        // Behind the end there is nothing, however far.
        for offset in [bytes.len() as u64, 1 << 31, u64::MAX] {
            for length in [0, 1, u64::MAX] {
                let answer = fetch(&world, &phone, &FetchFormFile { hash, offset, length }).await?;
                let piece: Piece = decode(&answer.bytes)?;
                assert_eq!((answer.status, piece.bytes.len()), (StatusCode::OK, 0));
            }
        }
    }
    let unknown = FetchFormFile { hash: AttachmentHash::of(b"?"), offset: 0, length: 9 };
    assert_eq!(fetch(&world, &phone, &unknown).await?.status, StatusCode::NOT_FOUND);
    let body = || Some((MEDIA_TYPE, encode_plain(&unknown)));
    let office = world.request(Method::POST, "/api/forms/file", Some(&admin), body()).await;
    assert_eq!(office.status, StatusCode::UNAUTHORIZED);
    let nobody = world.request(Method::POST, "/api/forms/file", None, body()).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn what_is_missing_is_warned_of_and_what_is_wrong_is_refused() -> Outcome {
    let (world, admin) = world().await?;
    let source = ("form.md", SOURCE.as_bytes());
    let bare = send(&world, &admin, PACKAGE, zip(&[source])?).await;
    assert_eq!(bare.status, StatusCode::OK);
    assert_eq!(codes(&bare, "warnings"), ["missing_file"; 3], "{}", bare.json());

    let page: &[u8] = b"<html><script>alert(1)</script></html>";
    let huge = vec![0; server::forms::LARGEST_FILE + 1];
    let cases: [(&str, Files, &str); 7] = [
        ("a page as a picture", vec![source, ("map.png", page)], "file"),
        ("an empty picture", vec![source, ("map.png", b"")], "file"),
        ("a picture that is too large", vec![source, ("map.png", &huge)], "file"),
        ("no workbook", vec![("map.png", PNG)], "package"),
        ("two workbooks", vec![source, ("other.md", SOURCE.as_bytes())], "package"),
        (
            "one name in two folders",
            vec![source, ("a/map.png", PNG), ("b/map.png", WAV)],
            "package",
        ),
        ("a workbook that is none", vec![("form.xlsx", b"PK\x03\x04 broken")], "workbook"),
    ];
    for (what, files, code) in cases {
        let answer = send(&world, &admin, PACKAGE, zip(&files)?).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "form_invalid".into()),
            "{what}"
        );
        assert!(
            codes(&answer, "errors").iter().any(|found| found == code),
            "{what}: {}",
            answer.json()
        );
    }
    // Nothing of them was published.
    let forms = world.get("/api/forms", Some(&admin)).await.json();
    assert_eq!(forms["forms"][0]["versions"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn hostile_archives_end_in_words() -> Outcome {
    let (world, admin) = world().await?;
    let source = ("form.md", SOURCE.as_bytes());
    let zeros = vec![0_u8; 65 << 20];
    let bomb = zip(&[source, ("places.csv", &zeros)])?;
    assert!(bomb.len() < 1 << 20);
    // The same in pieces, none of which is too large by itself.
    let half = &zeros[..33 << 20];
    let two = zip(&[source, ("a.csv", half), ("b.csv", half)])?;
    let names: Vec<String> = (0..600).map(|at| format!("{at}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let good = zip(&[source, ("places.csv", TABLE), ("map.png", PNG)])?;
    // Its directory says that the table is small, and where to find it is nowhere.
    let mut lying = bomb.clone();
    let size = (zeros.len() as u32).to_le_bytes();
    while let Some(at) = lying.windows(4).position(|bytes| bytes == size) {
        lying[at..at + 4].copy_from_slice(&9_u32.to_le_bytes());
    }
    let cut = good[..good.len() / 2].to_vec();
    let cases = [bomb, two, zip(&many)?, lying, cut, b"PK\x05\x06".to_vec(), vec![]];
    for (at, bytes) in cases.into_iter().enumerate() {
        let answer = send(&world, &admin, PACKAGE, bytes).await;
        assert_eq!(answer.code(), "form_invalid", "{at}: {} {}", answer.status, answer.json());
        assert!(!answer.json()["detail"].as_str().unwrap_or_default().is_empty(), "{at}");
    }
    // Names that lead out of the folder lead nowhere: only what stands behind the last stroke counts.
    let out = zip(&[
        ("../../form.md", SOURCE.as_bytes()),
        ("..\\..\\places.csv", TABLE),
        ("/etc/map.png", PNG),
        ("..", b"x"),
    ])?;
    let answer = send(&world, &admin, PACKAGE, out).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    assert_eq!(answer.json()["form"]["files"], 1);
    // Each changed byte of a good archive is answered by the server, whatever it says.
    for at in (0..good.len()).step_by(good.len() / 24) {
        let mut changed = good.clone();
        changed[at] ^= 0x5a;
        let answer = send(&world, &admin, PACKAGE, changed).await;
        assert!(
            matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY),
            "{at}: {}",
            answer.json()
        );
    }
    assert_eq!(send(&world, &admin, PACKAGE, good).await.status, StatusCode::OK);
    Ok(())
}

/// A form of some 4 MB is read; one that needs more than a worker process may have is refused with what to do.
#[tokio::test]
async fn large_forms_are_read_or_refused_with_what_to_do() -> Outcome {
    let (world, admin) = world().await?;
    let mut large =
        "| survey |\n| | type | name | label |\n| | select_one l | a | A |\n".to_owned();
    large += "| settings |\n| | form_id | form_title |\n| | large | Large |\n";
    large += "| choices |\n| | list_name | name | label | region |\n";
    for at in 0..52_000 {
        large += &format!("| | l | c{at} | დასახლებული ადგილი ნომერი {at} | r{} |\n", at % 100);
    }
    assert!(large.len() > 4_000_000, "{}", large.len());
    let answer = send(&world, &admin, MARKDOWN, large.into_bytes()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let endless = "| a ".repeat(4_500_000);
    let answer = send(&world, &admin, MARKDOWN, endless.into_bytes()).await;
    assert_eq!(answer.code(), "form_invalid", "{} {}", answer.status, answer.json());
    assert!(answer.json()["detail"].as_str().unwrap_or_default().contains("two forms"));
    Ok(())
}
