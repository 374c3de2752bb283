//! Workbooks that make entities, and such that follow them up.

use super::*;
use form::session::Address;
use shared::project::{adopt, entity};

fn read(id: &str, source: &str) -> Form {
    let compiled = form::read::from_markdown(source);
    assert_eq!(compiled.errors, []);
    let mut form = compiled.form.expect("a form");
    form.form_id = id.into();
    adopt(&mut form);
    form
}

fn register() -> Form {
    read(
        "register",
        "| survey |\n| | type | name | label | save_to |\n\
         | | text | head | Head | households#head_name |\n\
         | | text | where | Where | households#village |\n\
         | | begin repeat | person | Person | |\n\
         | | text | called | Called | people#full_name |\n\
         | | end repeat | | | |\n\n\
         | entities |\n| | list_name | label |\n\
         | | households | concat('Family ', ${head}) |\n| | people | ${called} |\n",
    )
}

/// Chooses a household, then one of its people; alters who is the head.
fn follow_up(conditions: &str) -> Form {
    let source = "| survey |\n| | type | name | label | save_to | choice_filter | calculation |\n\
         | | select_one_from_file households.csv | household | Which? | | | |\n\
         | | select_one_from_file people.csv | person | Who? | | household=${household} | |\n\
         | | calculate | before | | | | pulldata('households', 'head_name', 'name', ${household}) |\n\
         | | text | now | Now? | head_name | | |\n\n\
         | entities |\n| | list_name | entity_id | create_if | update_if | label |\n| | households |";
    read("follow", &[source, conditions, "\n"].concat())
}

struct Phone {
    device: Device,
    around: Rc<Surroundings>,
}

impl Phone {
    fn with(forms: &[Form]) -> Self {
        let (device, around) = start(&MemoryStore::default());
        publish(&device, forms);
        Self { device, around }
    }

    /// A finished record: answers by question.
    fn filled(&self, form: &str, subject: &Subject, answers: &[(&str, &str)]) -> RecordId {
        self.around.now_ms.set(self.around.now_ms.get() + 1_000);
        let record = run(self.device.begin(form, subject)).expect("begun");
        let draft = run(self.device.open_record(record)).expect("open");
        draft.borrow_mut().answer_defaults();
        for (name, value) in answers {
            let mut draft = draft.borrow_mut();
            if let Some((repeat, item)) = name.split_once('/') {
                let node = draft.session().form().by_name(repeat).expect("a repeat");
                draft.add_item(&Address { items: vec![], node }, item);
                let node = draft.session().form().by_name("called").expect("a question");
                draft.set(&Address { items: vec![item.to_owned()], node }, value);
            } else {
                let node = draft.session().form().by_name(name).expect("a question");
                draft.set(&Address { items: vec![], node }, value);
            }
        }
        run(self.device.finish(&draft)).expect("finished");
        run(self.device.leave()).expect("left");
        record
    }

    fn row(&self, record: RecordId) -> ListRow {
        self.device.row(record).expect("a row")
    }
}

fn chosen(draft: &Draft, name: &str) -> Vec<(String, String)> {
    let node = draft.session().form().by_name(name).expect("a question");
    let at = Address { items: vec![], node };
    let choices = draft.session().choices(&at, "en").into_iter();
    choices.map(|choice| (choice.name, choice.label)).collect()
}

#[test]
fn a_follow_up_goes_to_the_household_chosen() {
    let phone = Phone::with(&[register(), follow_up(" ${household} | | | |")]);
    let device = &phone.device;
    let family = [("head", "Gela"), ("where", "v7"), ("person/i1", "Nino"), ("person/i2", "Luka")];
    let first = phone.filled("register", &Subject::Own, &family);
    let second = phone.filled("register", &Subject::Own, &[("head", "Zaza"), ("person/i1", "Ana")]);
    assert_ne!(first, second);
    let ids: Vec<_> = device.forms_alone().iter().map(|of| of.form.form_id.clone()).collect();
    assert_eq!(ids, ["follow"], "no family begins with it");

    let id = entity::of_record(first);
    let visit = phone.filled("follow", &Subject::Own, &[("household", &id), ("now", "Lia")]);
    let row = phone.row(visit);
    assert_eq!((row.kind.as_str(), row.household), ("other", Some(first)));
    assert_eq!((row.member.as_str(), row.place.as_str()), ("", "v7"));
    assert_eq!(device.visits_of(first), [row]);
    assert_eq!((device.children_of(first), device.visits_of(second)), (vec![], vec![]));

    // The next visit, begun from the family's page, knows the family and what the last one altered.
    phone.around.now_ms.set(90_000);
    let subject = Subject::Child { household: first, member: String::new() };
    let next = run(device.begin("follow", &subject)).expect("begun");
    assert_eq!(phone.row(next).kind, "other");
    let draft = run(device.open_record(next)).expect("open");
    assert!(draft.borrow_mut().answer_defaults());
    let label = |name: &str| name.to_owned();
    let expected = [(id, label("Family Gela")), (entity::of_record(second), label("Family Zaza"))];
    assert_eq!(chosen(&draft.borrow(), "household"), expected);
    let people: Vec<_> = chosen(&draft.borrow(), "person").into_iter().map(|of| of.1).collect();
    let mut sorted = people.clone();
    sorted.sort();
    assert_eq!(sorted, ["Luka", "Nino"], "of this family alone");
    let before = draft.borrow().session().text_of("${before}");
    assert_eq!(before, "Lia");

    // Chosen anew it goes to the other family; without a choice to none.
    for (value, goes) in [(entity::of_record(second), Some(second)), (String::new(), None)] {
        let at = draft.borrow().address(&shared::record::FieldPath::top("household"));
        draft.borrow_mut().set(&at.expect("a question"), &value);
        run(device.finish(&draft)).expect("finished");
        assert_eq!(phone.row(next).household, goes);
    }
}

#[test]
fn a_person_chosen_is_the_member_that_the_record_is_about() {
    let form = read(
        "follow",
        "| survey |\n| | type | name | label | save_to |\n\
         | | select_one_from_file people.csv | person | Who? | |\n\
         | | text | now | Now? | full_name |\n\n\
         | entities |\n| | list_name | entity_id |\n| | people | ${person} |\n",
    );
    let phone = Phone::with(&[register(), form]);
    let people = [("head", "Gela"), ("person/i1", "Nino")];
    let family = phone.filled("register", &Subject::Own, &people);
    let id = entity::of_item(family, "i1");
    let visit = phone.filled("follow", &Subject::Own, &[("person", &id), ("now", "Nina")]);
    let row = phone.row(visit);
    assert_eq!((row.household, row.member.as_str()), (Some(family), "i1"));
    let draft = run(phone.device.open_record(visit)).expect("open");
    let label = |person: &str| vec![(id.clone(), person.to_owned())];
    assert_eq!(chosen(&draft.borrow(), "person"), label("Nino"), "the label was not altered");
    let found = draft.borrow().session().text_of("instance('people')/root/item[1]/full_name");
    assert_eq!(found, "Nina");
}

#[test]
fn what_is_not_created_is_no_family() {
    let conditions = " ${household} | ${household} = '' | ${household} != '' | ${now} |";
    let phone = Phone::with(&[register(), follow_up(conditions)]);
    let device = &phone.device;
    let family = phone.filled("register", &Subject::Own, &[("head", "Gela")]);
    let kinds = |of: RecordId| (phone.row(of).kind, phone.row(of).household);

    let new = phone.filled("follow", &Subject::Own, &[("now", "Lia")]);
    assert_eq!(kinds(new), ("household".into(), None));
    let id = entity::of_record(family);
    let known = phone.filled("follow", &Subject::Own, &[("household", &id), ("now", "Lia")]);
    assert_eq!(kinds(known), ("other".into(), Some(family)));

    // Said otherwise later, it is what it says then.
    let draft = run(device.open_record(known)).expect("open");
    let at = draft.borrow().address(&shared::record::FieldPath::top("household"));
    draft.borrow_mut().set(&at.expect("a question"), "");
    run(device.finish(&draft)).expect("finished");
    assert_eq!(kinds(known), ("household".into(), None));
}

#[test]
fn nothing_of_a_record_that_leaves_the_phone_is_offered() {
    let phone = Phone::with(&[register(), follow_up(" ${household} | | | |")]);
    let family =
        phone.filled("register", &Subject::Own, &[("head", "Gela"), ("person/i1", "Nino")]);
    assert!(run(phone.device.remove_record(family)).expect("removed"));
    let visit = run(phone.device.begin("follow", &Subject::Own)).expect("begun");
    let draft = run(phone.device.open_record(visit)).expect("open");
    for name in ["household", "person"] {
        assert_eq!(chosen(&draft.borrow(), name), []);
    }
}
