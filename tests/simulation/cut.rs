//! A cut at any byte costs at most one part.

use std::rc::Rc;
use tests::checker::check;
use tests::net::Fault;
use tests::world::World;

/// A phone with so much to send that it takes several parts.
fn loaded() -> World {
    let mut world = World::new(5, 2);
    world.net.server.borrow_mut().enrol(world.phones[1].id, &[]);
    for _ in 0..30 {
        world.write_a_lot(0);
    }
    world
}

#[test]
fn an_upload_that_is_cut_twenty_times_costs_little_more() {
    let mut calm = loaded();
    let before = calm.net.bytes_up.get();
    calm.sync(0);
    let whole = calm.net.bytes_up.get() - before;
    assert!(whole > 3 * shared::sync::transfer::PART as u64, "{whole} bytes are no test");

    let mut world = loaded();
    let net = Rc::clone(&world.net);
    let before = net.bytes_up.get();
    net.cut_next(Fault::RequestCut, 20);
    for _ in 0..20 {
        world.sync(0);
    }
    let sent = net.bytes_up.get() - before;
    assert!(sent <= whole + whole / 10, "{sent} bytes for {whole}");
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}

/// A proxy that keeps a body until it is whole passes nothing on of one that was cut, and one that finds it too
/// large says so in a page: smaller parts get through.
#[test]
fn an_upload_gets_past_a_proxy_in_smaller_parts() {
    let mut calm = loaded();
    let before = calm.net.bytes_up.get();
    calm.sync(0);
    let whole = calm.net.bytes_up.get() - before;
    for status in [None, Some(413)] {
        let mut world = loaded();
        let net = Rc::clone(&world.net);
        let narrow = 40 << 10;
        net.narrow.set(Some((narrow, status)));
        let before = net.bytes_up.get();
        world.sync(0);
        let sent = net.bytes_up.get() - before;
        assert!(sent <= whole + 3 * narrow as u64, "{sent} bytes for {whole}");
        net.narrow.set(None);
        world.sync(1);
        let lists = |world: &World, at: usize| {
            world.phones[at].device.as_ref().map_or(0, |device| device.list().len())
        };
        assert_eq!(lists(&world, 0), 30);
        assert_eq!(lists(&world, 1), 30, "all of it has arrived");
        world.settle(3);
        assert_eq!(check(&world), Vec::<String>::new());
    }
}

#[test]
fn a_download_that_is_cut_twenty_times_costs_little_more() {
    let mut calm = loaded();
    calm.sync(0);
    let before = calm.net.bytes_down.get();
    calm.sync(1);
    let whole = calm.net.bytes_down.get() - before;

    let mut world = loaded();
    world.sync(0);
    let net = Rc::clone(&world.net);
    let before = net.bytes_down.get();
    net.cut_next(Fault::ResponseCut, 20);
    for _ in 0..20 {
        world.sync(1);
    }
    let received = net.bytes_down.get() - before;
    assert!(received <= whole + whole / 10, "{received} bytes for {whole}");
    world.settle(3);
    assert_eq!(check(&world), Vec::<String>::new());
}
