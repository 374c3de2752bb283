//! Clients of other releases against today's server: each leaves something out, or knows something that this
//! server does not.

use super::Outcome;
use super::phone::{FORM, Phone};
use super::scene::{Scene, scene};
use axum::http::StatusCode;
use form::model::{Form, MediaFile};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use server::forms::{MARKDOWN, Publication};
use server::testing::{TestError, World};
use shared::id::{Epoch, FormVersionId, StoreId};
use shared::sync::ability::{Abilities, feature};
use shared::sync::codec::{decode, encode};
use shared::sync::message::{DocumentChanges, SyncRequest, SyncResponse};

fn with(abilities: Abilities, request: SyncRequest) -> SyncRequest {
    SyncRequest { abilities: Some(abilities), ..request }
}

/// The request of a client that writes so many entries, and no more.
macro_rules! older {
    ($name:ident: $($at:literal $field:ident $kind:ty),*) => {
        #[derive(Encode)]
        struct $name { $(#[n($at)] $field: $kind),* }
        impl $name {
            fn of(of: SyncRequest) -> Vec<u8> {
                encode(&Self { $($field: of.$field),* })
            }
        }
    };
}
older!(Of10: 0 protocol u16, 1 epoch Option<Epoch>, 2 store StoreId, 3 cursor u64,
    4 push Vec<DocumentChanges>, 5 forms Vec<FormVersionId>, 6 unsent u32, 7 build String, 8 now_ms i64,
    9 directory_version u64);
older!(Of11: 0 protocol u16, 1 epoch Option<Epoch>, 2 store StoreId, 3 cursor u64,
    4 push Vec<DocumentChanges>, 5 forms Vec<FormVersionId>, 6 unsent u32, 7 build String, 8 now_ms i64,
    9 directory_version u64, 10 oldest Option<u16>);
older!(Of13: 0 protocol u16, 1 epoch Option<Epoch>, 2 store StoreId, 3 cursor u64,
    4 push Vec<DocumentChanges>, 5 forms Vec<FormVersionId>, 6 unsent u32, 7 build String, 8 now_ms i64,
    9 directory_version u64, 10 oldest Option<u16>, 11 packed Option<ByteVec>, 12 ticket Option<u64>);
older!(Of14: 0 protocol u16, 1 epoch Option<Epoch>, 2 store StoreId, 3 cursor u64,
    4 push Vec<DocumentChanges>, 5 forms Vec<FormVersionId>, 6 unsent u32, 7 build String, 8 now_ms i64,
    9 directory_version u64, 10 oldest Option<u16>, 11 packed Option<ByteVec>, 12 ticket Option<u64>,
    13 session Option<ByteVec>);

/// The request of a client that is newer than this server by several releases.
#[derive(Encode)]
struct Newer {
    #[n(0)]
    protocol: u16,
    #[n(1)]
    epoch: Option<Epoch>,
    #[n(2)]
    store: StoreId,
    #[n(3)]
    cursor: u64,
    #[n(4)]
    push: Vec<DocumentChanges>,
    #[n(5)]
    forms: Vec<FormVersionId>,
    #[n(6)]
    unsent: u32,
    #[n(7)]
    build: String,
    #[n(8)]
    now_ms: i64,
    #[n(9)]
    directory_version: u64,
    #[n(10)]
    oldest: Option<u16>,
    #[n(14)]
    abilities: NewerAbilities,
    #[n(17)]
    strange: Vec<String>,
    #[n(20)]
    stranger: Option<ByteVec>,
}

#[derive(Encode, Decode)]
struct NewerAbilities {
    #[n(0)]
    encodings: Vec<u32>,
    #[n(1)]
    forms: Vec<u32>,
    #[n(2)]
    features: Vec<u32>,
    #[n(3)]
    page: u64,
    #[n(6)]
    strange: String,
}

/// Sends bytes, and reads the answer as today's client does.
async fn ask(world: &World, phone: &Phone, body: Vec<u8>) -> Result<SyncResponse, TestError> {
    let answer = phone.raw(world, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.json());
    let mut response: SyncResponse = decode(&answer.bytes)?;
    response.unpack()?;
    Ok(response)
}

#[tokio::test]
async fn clients_of_all_ages_send_and_receive() -> Outcome {
    let Scene { world, mut phone, mut colleague, .. } = scene().await?;
    type Writes = fn(SyncRequest) -> Vec<u8>;
    let newer: Writes = |of| {
        encode(&Newer {
            protocol: 9,
            epoch: of.epoch,
            store: of.store,
            cursor: of.cursor,
            push: of.push,
            forms: of.forms,
            unsent: 0,
            build: "of the future".into(),
            now_ms: 0,
            directory_version: of.directory_version,
            oldest: Some(1),
            abilities: NewerAbilities {
                encodings: vec![1, 0, 4],
                forms: vec![7, 1, 2],
                features: vec![1, 2, 3, 4, 5, 1000],
                page: 1 << 20,
                strange: "new".into(),
            },
            strange: vec!["something".into()],
            stranger: Some(vec![1].into()),
        })
    };
    let silent: Writes = |of| encode(&with(Abilities::default(), of));
    let kinds: [(&str, Writes, u16); 7] = [
        ("of version 1", |of| Of10::of(SyncRequest { protocol: 1, ..of }), 1),
        ("without the oldest", Of10::of, 2),
        ("with the oldest", Of11::of, 2),
        ("with tickets", Of13::of, 2),
        ("with sessions", Of14::of, 2),
        ("with blank abilities", silent, 2),
        ("of the future", newer, 2),
    ];
    for (name, writes, protocol) in kinds {
        let (theirs, _, change) = colleague.household(name, "");
        assert!(colleague.sync(&world, vec![change]).await?.refused.is_empty());
        let (own, _, change) = phone.household(name, "");
        let response = ask(&world, &phone, writes(phone.request(vec![change]))).await?;
        assert!(response.refused.is_empty(), "{name}");
        assert_eq!(response.protocol, protocol, "{name}");
        assert!(response.pull.iter().any(|of| of.record == theirs), "{name}");
        let told = ["with blank abilities", "of the future"].contains(&name);
        assert_eq!(response.abilities.is_some(), told, "{name}");
        let known = Abilities::own();
        let told = response.abilities.unwrap_or_else(|| known.clone());
        assert_eq!((told.encodings, told.features), (known.encodings, known.features), "{name}");
        (phone.cursor, phone.ticket) = (response.cursor, response.ticket);
        let got = colleague.sync(&world, vec![]).await?.pull;
        assert!(got.iter().any(|of| of.record == own), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_client_cannot_do_is_left_out() -> Outcome {
    let Scene { world, phone, mut colleague, .. } = scene().await?;
    let households: Vec<_> = (0..40).map(|_| colleague.household("x", "").2).collect();
    colleague.sync(&world, households).await?;
    let own = Abilities::own();
    let raw = |abilities: &Abilities| encode(&with(abilities.clone(), phone.request(vec![])));

    let usual = phone.raw(&world, raw(&own)).await.bytes;
    let response: SyncResponse = decode(&usual)?;
    assert!(usual[0] == 1 && response.packed.is_some() && response.pull.is_empty());
    assert_eq!(response.abilities, Some(own.clone()));

    let plain = Abilities { encodings: Some(vec![0]), ..own.clone() };
    let bytes = phone.raw(&world, raw(&plain)).await.bytes;
    assert!(bytes[0] == 0 && bytes.len() > usual.len());

    let no_blocks = Abilities { features: Some(vec![feature::TRANSFERS, 50]), ..own.clone() };
    let response: SyncResponse = decode(&phone.raw(&world, raw(&no_blocks)).await.bytes)?;
    assert!(response.packed.is_none() && response.pull.len() == 40);
    assert_eq!(response.abilities.and_then(|of| of.features), Some(vec![feature::TRANSFERS]));

    // Smaller pages: the same records in several.
    let small = Abilities { page: Some(1), ..own.clone() };
    let (mut cursor, mut pages, mut records) = (0, 0, 0);
    loop {
        let request = SyncRequest { cursor, ..with(small.clone(), phone.request(vec![])) };
        let response = ask(&world, &phone, encode(&request)).await?;
        (pages, records) = (pages + 1, records + response.pull.len());
        cursor = response.cursor;
        if !response.more {
            break;
        }
    }
    assert_eq!(records, 40);
    let bytes: usize = ask(&world, &phone, encode(&phone.request(vec![])))
        .await?
        .pull
        .iter()
        .flat_map(|of| &of.changes)
        .map(|change| change.len() + 64)
        .sum();
    assert!(pages >= bytes / (32 << 10), "{pages} pages for {bytes} bytes");
    Ok(())
}

#[tokio::test]
async fn a_response_is_kept_only_for_those_who_go_on_with_it() -> Outcome {
    let Scene { world, phone, mut colleague, .. } = scene().await?;
    let noise = |seed: u64| -> String {
        let mut state = seed + 1;
        let mut letter = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + (state >> 40) as u8 % 26)
        };
        (0..800).map(|_| letter()).collect()
    };
    let households: Vec<_> = (0..80).map(|at| colleague.household(&noise(at), "").2).collect();
    colleague.sync(&world, households).await?;
    for (features, kept) in [(vec![feature::BLOCKS], false), (feature::ALL.to_vec(), true)] {
        let abilities = Abilities { features: Some(features), ..Abilities::own() };
        let body = encode(&with(abilities, phone.request(vec![])));
        let answer = phone.raw(&world, body.clone()).await;
        assert!(answer.bytes.len() > shared::sync::transfer::PART);
        let id = shared::sync::transfer::TransferId::of(&body);
        let mut tx = world.state.store.begin(world.tenant).await?;
        let found = tx.kept_response(phone.device.as_bytes(), &id.0, body.len()).await?;
        assert_eq!(found.is_some(), kept);
    }
    Ok(())
}

async fn publish(world: &World, form: Form) -> Result<Publication, TestError> {
    let publication = Publication::new(form);
    let mut tx = world.state.store.begin(world.tenant).await?;
    publication.publish(&mut tx, MARKDOWN, b"", None, 0).await?;
    tx.commit().await?;
    Ok(publication)
}

#[tokio::test]
async fn forms_travel_in_a_format_that_the_phone_reads() -> Outcome {
    let Scene { world, phone, .. } = scene().await?;
    let form = form::read::from_markdown(FORM).form.ok_or("no form")?;
    let mut illustrated = form.clone();
    let roof = MediaFile { hash: "ab".repeat(32), size: 9, media_type: "image/png".into() };
    illustrated.files.insert("roof.png".into(), roof);
    let published = publish(&world, illustrated.clone()).await?;
    let get = async |formats: &[u32]| {
        let abilities = Abilities { forms: Some(formats.to_vec()), ..Abilities::own() };
        let (_, _, change) = phone.household("x", "");
        let request = with(abilities, phone.request(vec![change]));
        let response = ask(&world, &phone, encode(&request)).await?;
        assert!(response.refused.is_empty(), "records go up whatever the phone can read");
        Ok::<_, TestError>(response)
    };
    for (formats, files) in [(&[1, 2][..], 1), (&[2, 9], 1), (&[1], 0), (&[1, 9], 0)] {
        let forms = get(formats).await?.forms;
        assert_eq!(forms.len(), 1, "{formats:?}");
        assert_eq!(forms[0].version, published.id, "the version is that of the publication");
        let read = Form::from_bytes(&forms[0].compiled).map_err(|error| format!("{error:?}"))?;
        assert_eq!(read.files.len(), files, "{formats:?}");
        assert_eq!(read.nodes, illustrated.nodes);
        let same = FormVersionId::of(&forms[0].compiled) == published.id;
        assert_eq!(same, files == 1, "who cannot read it whole can see that it is not");
    }
    // None of ours: it is told by what both can do, and by a form in force that does not come.
    let response = get(&[77]).await?;
    assert!(response.forms.is_empty());
    assert_eq!(response.abilities.and_then(|of| of.forms), Some(vec![]));

    // A version that is not in force any more, for a record that is on the phone already.
    let next = publish(&world, Form { version: "next".into(), ..form }).await?;
    let request = SyncRequest {
        wanted: Some(vec![published.id, FormVersionId([9; 16])]),
        forms: vec![next.id],
        ..with(Abilities::own(), phone.request(vec![]))
    };
    let forms = ask(&world, &phone, encode(&request)).await?.forms;
    assert!(forms.iter().any(|form| form.version == published.id));
    assert!(forms.iter().all(|form| form.version.0 != [9; 16] && form.version != next.id));
    Ok(())
}

#[tokio::test]
async fn who_speaks_no_common_version_is_told_which_side_is_older() -> Outcome {
    let Scene { world, phone, .. } = scene().await?;
    for (protocol, oldest, behind) in [(9, 9, "update the server"), (0, 0, "update the app")] {
        let request = SyncRequest { protocol, oldest: Some(oldest), ..phone.request(vec![]) };
        let answer = phone.raw(&world, encode(&request)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let told = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(told.contains(behind), "{told}");
    }
    Ok(())
}
