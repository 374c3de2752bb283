//! The simulation as a test, and single stories with every storage call failing once.

mod abilities;
mod changed;
mod copies;
mod corruption;
mod cut;
mod older;
mod restored;
mod scope;
mod seeds;
mod settled;
mod stranded;
mod sweep;

use device::memory::StoreErrorKind;
use tests::checker::check;
use tests::world::{World, play};

#[test]
fn a_seed_replays_exactly() {
    let heads = |world: &World| {
        let log = world.net.server.borrow().log();
        log.iter().map(|change| change.hash).collect::<Vec<_>>()
    };
    assert_eq!(heads(&play(7, 120)), heads(&play(7, 120)));
    assert_ne!(heads(&play(7, 120)), heads(&play(8, 120)));
}

#[test]
fn every_storage_call_may_fail_or_be_the_last() {
    let story = |fault: Option<(u64, StoreErrorKind)>| -> (World, u64) {
        let mut world = World::new(3, 2);
        let before = world.phones[0].store.calls();
        if let Some((call, kind)) = fault {
            world.phones[0].store.fail_call(call, kind);
        }
        world.play_story(0);
        let calls = world.phones[0].store.calls() - before;
        world.settle(3);
        (world, calls)
    };
    let (calm, calls) = story(None);
    assert!(check(&calm).is_empty());
    assert!(calls > 10, "the story makes {calls} storage calls");
    for call in 1..=calls {
        for kind in StoreErrorKind::ALL {
            let (world, _) = story(Some((call, kind)));
            let broken = check(&world);
            assert!(broken.is_empty(), "call {call} {kind:?}\n{}", broken.join("\n"));
        }
    }
}
