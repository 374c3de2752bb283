//! Rows of several questions: the widths `w1` to `w12` of forms made for the grid theme of Enketo and
//! KoboToolbox. The screen decides whether there is room for them.

use form::model::{Form, Kind, NodeId};

/// Units of a row where no group says otherwise.
const ROW: u8 = 4;

/// The part of its row that a question asks for, in percent; `None` for a row of its own.
pub fn share(form: &Form, question: NodeId) -> Option<u32> {
    let wanted = form.node(question).units()?;
    let mut around = form.node(question).parent;
    let mut row = ROW;
    while let Some(id) = around {
        let node = form.node(id);
        if let Some(units) = node.units().filter(|_| node.kind != Kind::Root) {
            row = units;
            break;
        }
        around = node.parent;
    }
    (wanted < row).then(|| 100 * u32::from(wanted) / u32::from(row))
}

#[cfg(test)]
mod tests {
    use super::super::test_form::form;
    use super::*;

    #[test]
    fn a_share_is_of_the_row_around() {
        // Appearance of the section, of the group in it, of the question.
        for (section, group, question, expected) in [
            ("", "", "", None),
            ("", "", "w1", Some(25)),
            ("", "", "w3 minimal", Some(75)),
            ("", "", "w4", None),
            ("", "", "w7", None),
            ("w6", "", "w2", Some(33)),
            ("w6", "w3", "w2", Some(66)),
            ("", "field-list w12", "w1", Some(8)),
            ("", "w2", "", None),
            ("", "", "w13", None),
        ] {
            let mut form = form();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            for (name, text) in [("first", section), ("contact", group), ("phone", question)] {
                let id = form.by_key(name).unwrap_or_default().0 as usize;
                form.nodes[id].appearance = words(text);
            }
            let phone = form.by_key("phone").unwrap_or_default();
            assert_eq!(share(&form, phone), expected, "{section} | {group} | {question}");
        }
    }
}
