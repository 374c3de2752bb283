//! The place of attachments has no room: phones are told to come again, nothing is half kept, and records go on.

use super::*;
use server::blob::Blobs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory in which little room is left, until some is made.
struct Place {
    directory: PathBuf,
    /// A small file system of its own; where none can be mounted, what is written there fails in another way.
    mounted: bool,
    filler: PathBuf,
}

impl Place {
    fn full() -> std::io::Result<Self> {
        let name = format!("kardakar-full-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=400k", "tmpfs"]).arg(&directory);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        let filler = match mounted {
            true => directory.join("filler"),
            // A file where the municipality's folder would be.
            false => directory.join("1"),
        };
        std::fs::write(&filler, vec![7; 250_000])?;
        Ok(Self { directory, mounted, filler })
    }

    fn make_room(&self) -> std::io::Result<()> {
        std::fs::remove_file(&self.filler)
    }

    /// Every file but the filler.
    fn files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() { walk(&path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        walk(&self.directory, &mut found);
        found.retain(|path| *path != self.filler);
        found
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg(&self.directory).output();
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test]
async fn a_full_place_takes_nothing_by_halves_and_everything_later() -> Outcome {
    let place = Place::full()?;
    let mut world = World::new().await?;
    world.state.blobs = Blobs::in_directory(&place.directory)?;
    let workers = world.state.workers.clone();
    let world = world.with_workers(workers);
    let (_, mut phone) = start(&world).await?;
    let whole = picture(9 * PIECE as usize + 11);
    let size = whole.len() as u64;
    let (id, changes, named) = naming(&phone, "GE-1", &whole);
    phone.sync(&world, vec![changes]).await?;

    let mut from = 0;
    let mut last = None;
    while from < size {
        let to = (from + PIECE).min(size);
        let answer = piece(&world, &phone, &whole, from, to).await;
        if to < size {
            assert_eq!(answer.status, StatusCode::OK);
        }
        (from, last) = (to, Some(answer));
    }
    // Twice: the last piece, and a phone that asks later.
    for answer in [last.ok_or("no piece")?, piece(&world, &phone, &whole, 0, 0).await] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.json());
        assert_eq!(answer.header("retry-after"), "60");
        assert_eq!(place.files(), Vec::<PathBuf>::new());
    }
    // Whoever reads the record waits for it, as while it is on its way.
    let waiting: Piece = decode(&fetch(&world, &phone, id, named.hash).await.bytes)?;
    assert_eq!((waiting.received, waiting.bytes.len()), (size, 0));
    let (_, _, other) = phone.household("მაისურაძე", "GE-1");
    assert!(phone.sync(&world, vec![other]).await?.refused.is_empty());

    place.make_room()?;
    let stored: Stored = decode(&piece(&world, &phone, &whole, 0, 0).await.bytes)?;
    assert_eq!(stored, Stored { received: size, complete: true });
    let mut there = Vec::new();
    while (there.len() as u64) < size {
        let fetch =
            Fetch { record: id, hash: named.hash, offset: there.len() as u64, length: PIECE };
        let answer = post(&world, &phone.token, FETCH, encode_plain(&fetch)).await;
        there.extend_from_slice(&decode::<Piece>(&answer.bytes)?.bytes);
    }
    assert!(there == whole);
    assert_eq!(place.files().len(), 1);
    Ok(())
}
