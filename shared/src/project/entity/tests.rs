use super::*;
use crate::project::{adopt, subject};
use crate::record::answer::{Answer, Item};

fn form(entities: &str) -> Form {
    let source = format!(
        "| survey |\n| | type | name | label | save_to |\n\
         | | text | which | Which | |\n\
         | | text | head | Head | households#head_name |\n\
         | | begin repeat | person | Person | |\n\
         | | text | called | Called | people#full_name |\n\
         | | end repeat | | | |\n\n{entities}"
    );
    let compiled = form::read::from_markdown(&source);
    assert_eq!(compiled.errors, []);
    let mut form = compiled.form.unwrap_or_default();
    adopt(&mut form);
    form
}

const PEOPLE: &str = "| | people | ${called} | | | |\n";

fn sheet(id: &str, create: &str, update: &str) -> String {
    let head = "| entities |\n| | list_name | label | entity_id | create_if | update_if |\n";
    format!("{head}| | households | ${{head}} | {id} | {create} | {update} |\n{PEOPLE}")
}

#[test]
fn a_form_with_an_entity_id_is_about_one_that_there_is() {
    let cases = [
        ("", "", "", SubjectKind::Household, false),
        ("${which}", "", "", SubjectKind::Other, true),
        ("${which}", "", "${which} != ''", SubjectKind::Other, true),
        ("${which}", "${which} = ''", "${which} != ''", SubjectKind::Household, false),
        ("${which}", "false()", "true()", SubjectKind::Other, true),
        ("", "${head} != ''", "", SubjectKind::Household, false),
    ];
    for (id, create, update, kind, follows) in cases {
        let form = form(&sheet(id, create, update));
        let found = (subject(&form), follows_household(&form));
        assert_eq!(found, (kind, follows), "{id} {create} {update}");
        let question = whole(&form).and_then(|whole| whole.question(&form));
        assert_eq!(question, form.by_name("which").filter(|_| !id.is_empty()));
    }
}

#[test]
fn ids_are_uuids_that_follow_from_the_record() {
    let record = RecordId::v7(1_700_000_000_000, [3; 10]);
    assert_eq!(of_record(record), "018bcfe5-6800-7303-8303-030303030303");
    let item = of_item(record, "a1");
    assert_eq!((item.len(), &item[14..15]), (36, "8"));
    assert_ne!(item, of_item(record, "a2"));
    assert_ne!(item, of_item(RecordId([1; 16]), "a1"));
}

#[test]
fn what_is_altered_is_as_the_last_record_says() {
    let (family, visit) = (RecordId([1; 16]), RecordId([2; 16]));
    let path = |items: &[(String, String)], key: &str| FieldPath {
        items: items.to_vec(),
        key: key.to_owned(),
    };
    let inside = [("person".to_owned(), "i1".to_owned())];
    let answer = |path: FieldPath, value: &str| Answer { path, value: value.to_owned() };
    let answers = Answers {
        answers: vec![answer(path(&[], "head"), "Gela"), answer(path(&inside, "called"), "Nino")],
        items: vec![Item {
            repeat: FieldPath::top("person"),
            id: "i1".into(),
            order: "a".into(),
            removed: false,
        }],
    };
    let register = form(&sheet("", "", ""));
    let header = Header { title: "Gela's".into(), place: "v7".into(), ..Header::default() };
    let first = made(&register, family, &header, &answers);
    let told: Vec<_> = first.iter().map(|of| (of[LIST].as_str(), of["label"].as_str())).collect();
    assert_eq!(told, [("household", "Gela's"), ("member", "Nino")]);
    assert_eq!(first[1]["full_name"], "Nino");

    let follow = form(&sheet("${which}", "", ""));
    let header = Header {
        kind: SubjectKind::Other,
        household: Some(family),
        title: "Lia's".into(),
        ..Header::default()
    };
    let answers = Answers { answers: vec![answer(path(&[], "head"), "Lia")], items: vec![] };
    assert_eq!(made(&follow, visit, &header, &answers), Vec::<Row>::new(), "not finished");
    let header = Header { state: RecordState::Finished, ..header };
    let second = made(&follow, visit, &header, &answers);
    assert!(second.len() == 1 && second[0].contains_key(UPDATE));
    assert_eq!(second[0]["name"], of_record(family));

    let found = latest(first.into_iter().chain(second.clone()).collect());
    let household = &found[&of_record(family)];
    assert_eq!((household["label"].as_str(), household[PLACE].as_str()), ("Lia's", "v7"));
    assert_eq!(household["head_name"], "Lia");
    assert!(!household.contains_key(UPDATE));
    assert_eq!(latest(second), BTreeMap::new(), "of a household that is not here");
}
