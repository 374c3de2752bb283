//! What the sheet `entities` of another tool's workbook says about households and their members, put into
//! the settings that lists read. A setting that the workbook has stays as it is.

use super::entity::{List, lists, property};
use super::setting;
use form::model::{Form, NodeId};

/// Properties of a household that are its settlement.
const PLACE: [&str; 3] = ["village", "settlement", "place"];
/// Properties of a member: how it is called, and how old it is.
const FIRST: [&str; 3] = ["first_name", "given_name", "full_name"];
const LAST: [&str; 3] = ["last_name", "family_name", "surname"];
const AGE: [&str; 2] = ["age", "age_years"];

/// Takes the settings that are missing from the entities: how a record is called, its settlement, the roster
/// and which of its questions are names and the age.
pub fn adopt(form: &mut Form) {
    for (list, at, repeat) in lists(form) {
        let label = form.entities.get(at).and_then(|row| row.get("label")).cloned();
        let label = label.unwrap_or_default();
        let saved = |names: &[&str]| {
            let is = |id: &NodeId| property(form, *id, at).is_some_and(|own| names.contains(&own));
            form.ids().find(is).map(|id| form.node(id).key.clone())
        };
        let found = match (list, repeat) {
            (List::Household | List::Child, None) => {
                let title = Some(label).filter(|label| !label.is_empty());
                vec![("instance_name", title), (setting::PLACE, saved(&PLACE))]
            }
            (List::Member | List::Child, Some(repeat)) if repeat != NodeId::ROOT => {
                // A label that is one question names the member when no property does.
                let alone = label.trim().strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                let alone = alone.and_then(|name| form.by_name(name));
                let alone = alone.map(|id| form.node(id).key.clone());
                vec![
                    (setting::ROSTER, Some(form.node(repeat).key.clone())),
                    (setting::FIRST_NAME, saved(&FIRST).or(alone)),
                    (setting::LAST_NAME, saved(&LAST)),
                    (setting::AGE, saved(&AGE)),
                ]
            }
            _ => continue,
        };
        for (name, value) in found {
            if let Some(value) = value {
                form.settings.entry(name.to_owned()).or_insert(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{members, subject};
    use crate::record::FieldPath;
    use crate::record::SubjectKind;
    use crate::record::answer::{Answer, Answers, Item};

    fn form(list: &str, people: &str, settings: &str) -> Form {
        let source = format!(
            "| survey |\n| | type | name | label | save_to |\n\
             | | text | head | Head | {list}#head_name |\n\
             | | text | where | Where | {list}#village |\n\
             | | begin repeat | person | Person | |\n\
             | | text | called | Called | {people}#full_name |\n\
             | | integer | years | Years | {people}#age |\n\
             | | end repeat | | | |\n\n\
             | entities |\n| | list_name | label |\n\
             | | {list} | concat('Family ', ${{head}}) |\n| | {people} | ${{called}} |\n\n{settings}"
        );
        let compiled = form::read::from_markdown(&source);
        assert_eq!(compiled.errors, []);
        let mut form = compiled.form.unwrap_or_default();
        adopt(&mut form);
        form
    }

    fn told<'a>(form: &'a Form, name: &str) -> &'a str {
        form.settings.get(name).map_or("", String::as_str)
    }

    #[test]
    fn a_form_that_makes_households_names_them_and_lists_their_members() {
        let form = form("households", "people", "");
        assert_eq!(subject(&form), SubjectKind::Household);
        assert_eq!(told(&form, "instance_name"), "concat('Family ', ${head})");
        assert_eq!(told(&form, setting::PLACE), "where");
        assert_eq!(told(&form, setting::ROSTER), "person");
        let path =
            |key: &str| FieldPath { items: vec![("person".into(), "i1".into())], key: key.into() };
        let answer = |key: &str, value: &str| Answer { path: path(key), value: value.into() };
        let answers = Answers {
            answers: vec![answer("called", "ნინო"), answer("years", "9")],
            items: vec![Item {
                repeat: FieldPath::top("person"),
                id: "i1".into(),
                order: "a".into(),
                removed: false,
            }],
        };
        let found = members(Some(&form), &answers, "person");
        assert_eq!(found[0].answer("m_first"), "ნინო");
        assert_eq!(found[0].answer("m_age_years"), "9");
        assert_eq!(found[0].answer("called"), "ნინო", "under its own name too");
    }

    #[test]
    fn what_the_workbook_says_itself_counts() {
        let settings = "| settings |\n| | instance_name | place | roster | subject |\n\
                        | | ${where} | head | person | other |\n";
        let form = form("households", "people", settings);
        assert_eq!(subject(&form), SubjectKind::Other);
        assert_eq!(told(&form, "instance_name"), "${where}");
        assert_eq!(told(&form, setting::PLACE), "head");
    }

    #[test]
    fn lists_of_other_names_are_told_by_a_setting() {
        let plain = form("dwellings", "inhabitants", "");
        assert_eq!((subject(&plain), told(&plain, setting::ROSTER)), (SubjectKind::Other, ""));
        let settings = "| settings |\n| | households | members |\n| | dwellings | inhabitants |\n";
        let form = form("dwellings", "inhabitants", settings);
        assert_eq!(subject(&form), SubjectKind::Household);
        assert_eq!(told(&form, setting::ROSTER), "person");
    }

    #[test]
    fn a_form_without_entities_stays_as_it_is() {
        let mut form = Form::default();
        adopt(&mut form);
        assert_eq!(form, Form::default());
    }
}
