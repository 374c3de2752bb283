//! Phones of this build and servers of other releases.

use shared::id::FormVersionId;
use shared::sync::ability::{Abilities, feature};
use tests::checker::check;
use tests::server::Server;
use tests::world::{World, play_around};

const STEPS: usize = 60;

#[test]
fn phones_get_along_with_servers_that_can_do_less() {
    let own = Abilities::own();
    let without = |features: &[u32]| {
        let left = feature::ALL.into_iter().filter(|of| !features.contains(of));
        Some(Abilities { features: Some(left.collect()), ..own.clone() })
    };
    let kinds = [
        (1, None),
        (2, None),
        (2, without(&[feature::BLOCKS])),
        (2, without(&[feature::TRANSFERS])),
        (2, without(&feature::ALL)),
        (2, Some(Abilities { encodings: Some(vec![0]), ..own.clone() })),
        (2, Some(Abilities { page: Some(1), ..own.clone() })),
        (2, Some(Abilities { features: Some(vec![1, 2, 3, 99]), ..own.clone() })),
    ];
    for (seed, (protocol, abilities)) in kinds.into_iter().enumerate() {
        let mut server = Server::default();
        (server.protocol, server.abilities) = (protocol, abilities.clone());
        let world = play_around(Box::new(server), 4000 + seed as u64, STEPS);
        let broken = check(&world);
        assert!(broken.is_empty(), "{protocol} {abilities:?}\n{}", broken.join("\n"));
    }
}

#[test]
fn a_form_that_the_phone_cannot_read_asks_for_an_update() {
    for (compiled, lacks) in [(vec![77, 1, 2, 3], true), (tests::form::published(1).1, false)] {
        let mut server = Server::default();
        server.publish(FormVersionId::of(&compiled), compiled);
        let world = World::around(Box::new(server), 1, 1);
        let device = world.phones[0].device.as_ref().expect("it starts");
        assert_eq!(device.lacks_form(), lacks);
    }
}
