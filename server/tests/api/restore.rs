//! The drill: a phone syncs, a backup is made, the phone syncs more, the server is lost, the backup is
//! restored elsewhere, the phone meets it. Everything is there.

use super::Outcome;
use super::core::{CorePhone, Network, two_phones};
use super::phone::enrol;
use axum::http::Method;
use device::device::Identity;
use server::backup::{BackupError, Manifest, Target, backup, restore};
use server::postgres::{APP, Binaries, Durability, OWNER, Postgres, prepare};
use server::testing::{TestError, World};
use shared::id::AttachmentHash;
use shared::policy::Role;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub const DATABASE: &str = "kardakar";

/// A directory that is gone after the test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        let number: u64 = rand::random();
        Self(std::env::temp_dir().join(format!("kardakar-drill-{number:x}")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub async fn postgres(data: &Path) -> Result<Postgres, TestError> {
    let programs = std::env::var_os("KARDAKAR_PG_BIN").map(PathBuf::from);
    let postgres = Postgres::start(data, programs.as_deref(), Durability::None).await?;
    prepare(&postgres.options(OWNER, "postgres"), DATABASE).await?;
    Ok(postgres)
}

/// A database, by its socket.
fn target(options: PgConnectOptions) -> Result<Target, TestError> {
    let database = options.get_database().unwrap_or_default();
    let socket = options.get_socket().ok_or("no socket")?.display();
    let url = format!("host='{socket}' user='{OWNER}' dbname='{database}'");
    Ok(Target { url, password: None, options })
}

/// The hashes of all changes, and how many records there are.
pub async fn contents(world: &World) -> Result<(Vec<Vec<u8>>, i64), TestError> {
    let mut connection = world.owner.connect().await?;
    let hashes = sqlx::query_scalar("SELECT hash FROM changes ORDER BY hash");
    let hashes = hashes.fetch_all(&mut connection).await?;
    let records = sqlx::query_scalar("SELECT count(*) FROM records");
    Ok((hashes, records.fetch_one(&mut connection).await?))
}

fn binaries() -> Option<Binaries> {
    let programs = std::env::var_os("KARDAKAR_PG_BIN").map(PathBuf::from);
    Binaries::find(programs.as_deref()).ok()
}

#[tokio::test]
async fn after_a_restore_everything_comes_back() -> Outcome {
    let scratch = Scratch::new();
    let (first, second) = (scratch.0.join("first"), scratch.0.join("second"));
    let (copy, files) = (scratch.0.join("backup"), scratch.0.join("files"));
    std::fs::create_dir_all(files.join("1/ab"))?;
    std::fs::write(files.join("1/ab/abcd"), b"a photo")?;
    let cluster = postgres(&first).await?;
    let (owner, app) = (cluster.options(OWNER, DATABASE), cluster.options(APP, DATABASE));
    let world = World::on(owner, app, None).await?;
    let (admin, user, identities) = two_phones(&world).await?;

    let network: Network = Rc::new(RefCell::new(Some(Rc::new(world))));
    let mut one = CorePhone::open(&network, &identities[0], 1).await?;
    let mut two = CorePhone::open(&network, &identities[1], 2).await?;
    for phone in [&mut one, &mut two] {
        phone.sync().await?;
        phone.fill().await?;
        phone.fill().await?;
        phone.sync().await?;
    }
    let world = network.borrow().clone().ok_or("no server")?;
    let binaries = binaries();
    let (source, store) = (target(cluster.options(OWNER, DATABASE))?, &world.state.store);
    let made = backup(&copy, &source, store, Some(&files), binaries.as_ref(), 7).await?;
    assert_eq!((made.files.len(), made.municipalities[0].changes), (2, 4));
    let again = backup(&copy, &source, store, None, binaries.as_ref(), 7).await;
    assert!(matches!(again, Err(BackupError::NotEmpty(_))));

    // What the backup does not have: new records, and edits of each other's.
    one.sync().await?;
    for (phone, value) in [(&mut one, "7"), (&mut two, "8")] {
        phone.fill().await?;
        phone.edit_all(value).await?;
        phone.sync().await?;
    }
    // A phone that is connected only now; and a colleague's answers that build on its own.
    let phone = enrol(&world, &admin, user).await?;
    let third = Identity { device: phone.device, token: phone.token };
    let mut three = CorePhone::open(&network, &third, 3).await?;
    three.sync().await?;
    three.fill().await?;
    three.edit_all("9").await?;
    three.sync().await?;
    one.sync().await?;
    one.edit_all("10").await?;
    one.sync().await?;
    let lost = contents(&world).await?;
    assert_eq!(lost.1, 7);
    network.borrow_mut().take();
    drop(world);
    cluster.stop().await;
    // A record that was finished while there was no server.
    one.fill().await?;
    assert!(one.sync().await.is_err());

    let cluster = postgres(&second).await?;
    let fresh = target(cluster.options(OWNER, DATABASE))?;
    let app = cluster.options(APP, DATABASE);
    let there = scratch.0.join("restored");
    restore(&copy, &fresh, &app, Some(&there), binaries.as_ref()).await?;
    assert_eq!(std::fs::read(there.join("1/ab/abcd"))?, b"a photo");
    let occupied = restore(&copy, &fresh, &app, None, binaries.as_ref()).await;
    assert!(matches!(occupied, Err(BackupError::Occupied)));
    let world = Rc::new(World::on_existing(cluster.options(OWNER, DATABASE), app).await?);
    assert_eq!(contents(&world).await?.1, 4);
    *network.borrow_mut() = Some(world.clone());
    for _ in 0..3 {
        one.device.wake();
        two.device.wake();
        let _ = one.sync().await;
        let _ = two.sync().await;
    }
    // The restored server does not know the third phone, and takes nothing from others in its name.
    three.device.wake();
    assert!(three.sync().await.is_err());
    let held = one.device.held().await.map_err(|error| format!("{error:?}"))?;
    assert!(held.iter().any(|change| change.code == "foreign_actor"), "{held:?}");
    let admin = world.sign_in("boss", "first").await?;
    let body = serde_json::json!({ "user": user.simple().to_string() });
    let code = world.json(Method::POST, "/api/enrolment-codes", Some(&admin), &body).await;
    let code = code.json()["code"].as_str().ok_or("no code")?.to_owned();
    three.device.enrol(&code, "again").await.map_err(|error| format!("{error:?}"))?;
    assert_ne!(three.device.identity().map(|of| of.device), Some(third.device));
    for _ in 0..2 {
        for phone in [&three, &one, &two] {
            phone.device.wake();
            phone.sync().await?;
        }
    }
    for phone in [&one, &two, &three] {
        let held = phone.device.held().await.map_err(|error| format!("{error:?}"))?;
        assert!(held.is_empty(), "{held:?}");
    }
    let names: BTreeSet<String> =
        three.device.directory().people.into_iter().map(|of| of.device.to_string()).collect();
    assert!(names.contains(&third.device.to_string()), "its former name has a person");
    let reviewer = world.office("reviewer", Role::Reviewer).await?;
    let waiting = world.get("/api/wedged", Some(&reviewer)).await.json();
    assert_eq!(waiting["changes"], serde_json::json!([]));
    let (hashes, records) = contents(&world).await?;
    assert_eq!(records, 8);
    assert!(lost.0.iter().all(|hash| hashes.contains(hash)), "changes are missing");
    assert_eq!(hashes.len(), lost.0.len() + 1);
    assert_eq!(one.device.list().len(), two.device.list().len());
    Ok(())
}

/// Storage has damaged a photo here, and another one there.
#[tokio::test]
async fn a_damaged_attachment_is_named_and_a_whole_one_put_in_its_place() -> Outcome {
    let scratch = Scratch::new();
    let world = World::new().await?;
    let source = target(world.owner.clone())?;
    let binaries = binaries();
    let files = scratch.0.join("files");
    let photos =
        [b"one photo", b"two photo"].map(|photo| (photo, AttachmentHash::of(photo).to_string()));
    let place = |root: &Path, name: &str| root.join("1").join(&name[..2]).join(name);
    for (photo, name) in &photos {
        let path = place(&files, name);
        std::fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        std::fs::write(path, photo)?;
    }
    std::fs::write(place(&files, &photos[0].1), b"one phot")?;
    let copy = scratch.0.join("backup");
    let store = &world.state.store;
    let made = backup(&copy, &source, store, Some(&files), binaries.as_ref(), 7).await?;
    let damaged = place(Path::new("attachments"), &photos[0].1).display().to_string();
    assert_eq!((made.damaged, made.files.len()), (vec![damaged.clone()], 3));
    assert_eq!(Manifest::verified(&copy)?.damaged, [damaged]);
    std::fs::write(place(&files, &photos[1].1), b"two phot!")?;
    let cluster = postgres(&scratch.0.join("second")).await?;
    let (fresh, app) = (target(cluster.options(OWNER, DATABASE))?, cluster.options(APP, DATABASE));
    restore(&copy, &fresh, &app, Some(&files), binaries.as_ref()).await?;
    assert_eq!(std::fs::read(place(&files, &photos[1].1))?, b"two photo");
    Ok(())
}

#[tokio::test]
async fn a_damaged_backup_is_not_restored() -> Outcome {
    let scratch = Scratch::new();
    let world = World::new().await?;
    let (target, binaries, owner) = (target(world.owner.clone())?, binaries(), world.owner.clone());
    let copy = scratch.0.join("backup");
    backup(&copy, &target, &world.state.store, None, binaries.as_ref(), 7).await?;
    let dump = copy.join("database.dump");
    let mut bytes = std::fs::read(&dump)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&dump, bytes)?;
    let damaged = restore(&copy, &target, &owner, None, binaries.as_ref()).await;
    assert!(matches!(damaged, Err(BackupError::Damaged(_))));
    std::fs::remove_file(copy.join("manifest.json"))?;
    let cut = restore(&copy, &target, &owner, None, binaries.as_ref()).await;
    assert!(matches!(cut, Err(BackupError::Incomplete(_))));
    Ok(())
}
