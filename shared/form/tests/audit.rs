//! What a form asks to be noted of its filling in, and where its nodes stand.

use std::sync::Arc;

use form::audit::{self, Wanted};
use form::model::Form;
use form::read::from_markdown;
use form::session::{Address, Context, Session};

fn compiled(text: &str) -> Form {
    let compiled = from_markdown(text);
    assert_eq!(compiled.errors, []);
    compiled.form.unwrap_or_default()
}

#[test]
fn every_repeat_on_the_way_has_the_position_of_its_item() {
    let form = compiled(
        "| survey |\n| | type | name | label |\n| | audit | | |\n| | begin repeat | house | House |\n\
         | | begin group | people | People |\n| | begin repeat | person | Person |\n\
         | | text | first | First |\n| | end repeat | | |\n| | end group | | |\n| | end repeat | | |\n\
         | | text | last | Last |\n",
    );
    let node = |name: &str| form.by_name(name).unwrap_or_default();
    let (house, person, first, last) = (node("house"), node("person"), node("first"), node("last"));
    let mut session = Session::new(Arc::new(form), Context::default());
    let at = |items: &[&str], node| Address {
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        node,
    };
    for (item, order) in [("h1", "1"), ("h2", "2")] {
        session.add_item(&at(&[], house), item, order);
    }
    for (item, order) in [("p1", "1"), ("p2", "2"), ("p3", "3")] {
        session.add_item(&at(&["h2"], person), item, order);
    }
    for (address, expected) in [
        (at(&["h2", "p3"], first), "/data/house[2]/people/person[3]/first"),
        (at(&["h2", "p1"], person), "/data/house[2]/people/person[1]"),
        (at(&["h1"], house), "/data/house[1]"),
        (at(&["h2"], person), "/data/house[2]/people/person"),
        (at(&[], last), "/data/last"),
    ] {
        assert_eq!(audit::path(&session, &address), expected);
    }
}

#[test]
fn the_parameters_say_what_is_wanted() {
    for (parameters, expected) in [
        ("", Wanted::default()),
        ("track-changes=true", Wanted { changes: true, ..Wanted::default() }),
        ("track-changes=false identify-user=true", Wanted { user: true, ..Wanted::default() }),
        ("track-changes-reasons=on-form-edit", Wanted { reasons: true, ..Wanted::default() }),
        (
            "location-priority=balanced location-min-interval=60 location-max-age=120",
            Wanted { location: Some((120_000, 60_000)), ..Wanted::default() },
        ),
        (
            "location-priority=high-accuracy location-min-interval=1 location-max-age=1",
            Wanted { location: Some((1_000, 1_000)), exact: true, ..Wanted::default() },
        ),
    ] {
        let text = format!(
            "| survey |\n| | type | name | label | parameters |\n| | audit | | | {parameters} |\n\
             | | text | q | Q | |\n"
        );
        let form = compiled(&text);
        let wanted = audit::node(&form).map(|(_, node)| Wanted::of(node));
        assert_eq!(wanted, Some(expected), "{parameters}");
    }
    let none = compiled("| survey |\n| | type | name | label |\n| | text | q | Q |\n");
    assert!(audit::node(&none).is_none());
}
