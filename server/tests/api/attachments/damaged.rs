//! The place of attachments gives one back otherwise than it was stored, or not at all.

use super::*;

/// A phone asks before it removes what may be the last sound copy: then the server looks at its own.
#[tokio::test]
async fn who_asks_hears_what_is_there_and_not_what_was() -> Outcome {
    let world = World::new().await?;
    let (_, mut phone) = start(&world).await?;
    let whole = picture(2 * PIECE as usize + 5);
    let size = whole.len() as u64;
    let (id, changes, named) = naming(&phone, "GE-1", &whole);
    phone.sync(&world, vec![changes]).await?;
    let (blobs, tenant) = (&world.state.blobs, world.tenant);
    let mut altered = whole.clone();
    altered[PIECE as usize] ^= 1;
    for harm in [None, Some(altered), Some(whole[..9].to_vec()), Some(Vec::new())] {
        assert!(send(&world, &phone, &whole).await?.complete);
        match harm {
            None => blobs.delete(tenant, named.hash).await?,
            Some(bytes) => blobs.put(tenant, named.hash, bytes).await?,
        }
        let asked: Stored = decode(&piece(&world, &phone, &whole, 0, 0).await.bytes)?;
        assert_eq!(asked, Stored { received: 0, complete: false });
        let waiting: Piece = decode(&fetch(&world, &phone, id, named.hash).await.bytes)?;
        assert_eq!(
            (waiting.received, waiting.bytes.len()),
            (0, 0),
            "colleagues are shown no damage"
        );
    }
    assert!(send(&world, &phone, &whole).await?.complete);
    let asked: Stored = decode(&piece(&world, &phone, &whole, 0, 0).await.bytes)?;
    assert_eq!(asked, Stored { received: size, complete: true });
    assert_eq!(blobs.get(tenant, named.hash, 0..size).await?, whole);
    Ok(())
}
