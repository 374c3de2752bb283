//! Answers and items as people read them.

use super::calendar;
use super::options::{DONT_KNOW, REFUSED};
use form::model::{Form, Kind, NodeId, QuestionType};
use form::session::{Address, Session};

/// An answer in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Blank,
    /// The special value "don't know".
    DontKnow,
    /// The special value "refused".
    Refused,
    /// The answer.
    Text(String),
}

/// What stands for an answer that nobody shall read over a shoulder: of any length.
const MASKED: &str = "•••••";

/// What an answer of a question reads like. Names of options that the list no longer has stand for
/// themselves.
pub fn shown(session: &Session, at: &Address, value: &str, language: &str) -> Shown {
    let node = session.form().node(at.node);
    let Some(question) = node.question() else { return Shown::Blank };
    let special = node.is_set("allow_dkref");
    match value {
        "" => return Shown::Blank,
        DONT_KNOW if special && !question.is_select() => return Shown::DontKnow,
        REFUSED if special && !question.is_select() => return Shown::Refused,
        _ => {}
    }
    if node.appears("masked") || node.appears("hidden-answer") {
        return Shown::Text(MASKED.to_owned());
    }
    Shown::Text(match question {
        QuestionType::SelectOne | QuestionType::SelectMultiple | QuestionType::Rank => {
            let known = |code: &str| session.choice_label(at, code, language);
            let label = |code: &str| known(code).unwrap_or_else(|| code.to_owned());
            value.split_whitespace().map(label).collect::<Vec<_>>().join(", ")
        }
        QuestionType::Date | QuestionType::Today => date(value),
        QuestionType::DateTime => {
            let time = value.split_once('T').map_or("", |(_, time)| time);
            format!("{} {}", date(value), time.get(..5).unwrap_or(time)).trim().to_owned()
        }
        QuestionType::Time => value.get(..5).unwrap_or(value).to_owned(),
        QuestionType::Decimal => value.replace('.', ","),
        QuestionType::Image | QuestionType::Audio | QuestionType::Video | QuestionType::File => {
            shared::attachment::file_name(value)
        }
        _ => value.to_owned(),
    })
}

/// A date as written in Georgia: 07.09.1986.
pub fn date(value: &str) -> String {
    match calendar::parts(value) {
        Some((year, month, day)) => format!("{day:02}.{month:02}.{year}"),
        // What was typed and is no date keeps its parts.
        None if value.matches('-').count() == 2 => value.rsplit('-').collect::<Vec<_>>().join("."),
        None => value.to_owned(),
    }
}

/// The title of a repeat item; blank while nothing names it. A question whose name ends in `_label`
/// names it; else its first answer, and the text that follows when the first is a text too.
pub fn item_title(session: &Session, item: &Address, language: &str) -> String {
    let form = session.form();
    let mut inside = Vec::new();
    questions(form, item.node, &mut inside);
    let value = |node: NodeId| {
        let at = Address { items: item.items.clone(), node };
        match shown(session, &at, session.value(&at), language) {
            Shown::Text(text) => text,
            _ => String::new(),
        }
    };
    let label = inside.iter().find(|id| form.node(**id).name.ends_with("_label"));
    if let Some(label) = label {
        return value(*label);
    }
    let mut asked = inside.iter().filter(|id| {
        form.node(**id)
            .question()
            .is_some_and(|question| question.has_control() && question != QuestionType::Note)
    });
    let Some(first) = asked.next() else { return String::new() };
    let is_text = |id: &NodeId| form.node(*id).question() == Some(QuestionType::Text);
    let mut title = value(*first);
    if is_text(first)
        && let Some(second) = asked.next().filter(|id| is_text(id))
    {
        title = format!("{title} {}", value(*second)).trim().to_owned();
    }
    title
}

/// The question that says how many items a repeat should have: `repeat_count` names it, or its
/// constraint counts what is in the repeat.
pub fn size_question(form: &Form, repeat: NodeId) -> Option<NodeId> {
    let inside = |id: NodeId| id == repeat || form.repeats_of(id).contains(&repeat);
    if let Some(id) = names(&form.node(repeat).repeat_count).find_map(|name| by_name(form, name)) {
        return Some(id);
    }
    form.ids().find(|id| {
        let node = form.node(*id);
        node.question() == Some(QuestionType::Integer)
            && !inside(*id)
            && node.constraint.contains("count")
            && names(&node.constraint).filter_map(|name| by_name(form, name)).any(inside)
    })
}

fn by_name(form: &Form, name: &str) -> Option<NodeId> {
    form.by_name(name).or_else(|| form.by_key(name))
}

fn names(expression: &str) -> impl Iterator<Item = &str> {
    expression.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(str::trim)
}

fn questions(form: &Form, id: NodeId, found: &mut Vec<NodeId>) {
    for child in &form.node(id).children {
        match form.node(*child).kind {
            Kind::Question(_) => found.push(*child),
            Kind::Group => questions(form, *child, found),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_form::{at, form, session};
    use super::*;

    #[test]
    fn an_item_is_named_by_its_first_texts() {
        let mut session = session();
        let form = form();
        let item = at(&form, "members", &["i1"]);
        session.add_item(&at(&form, "members", &[]), "i1", "a");
        assert_eq!(item_title(&session, &item, ""), "");
        session.set(&at(&form, "m_first", &["i1"]), "ნინო");
        assert_eq!(item_title(&session, &item, ""), "ნინო");
        session.set(&at(&form, "m_last", &["i1"]), "ბერიძე");
        assert_eq!(item_title(&session, &item, ""), "ნინო ბერიძე");
    }

    #[test]
    fn what_is_masked_is_shown_nowhere() {
        let mut form = form();
        let street = at(&form, "street", &[]);
        form.nodes[street.node.index()].appearance.push("masked".into());
        let mut session =
            Session::new(std::sync::Arc::new(form), form::session::Context::default());
        session.set(&street, "1234");
        for value in ["1234", "1"] {
            assert_eq!(shown(&session, &street, value, ""), Shown::Text(MASKED.into()));
        }
        assert_eq!(shown(&session, &street, "", ""), Shown::Blank);
    }

    #[test]
    fn dates_read_as_in_georgia() {
        let cases =
            [("1986-09-07", "07.09.1986"), ("2020-2-31", "31.2.2020"), ("1986--", "..1986")];
        for (value, expected) in cases {
            assert_eq!(date(value), expected);
        }
    }

    #[test]
    fn the_question_that_says_how_many_items() {
        let mut form = form();
        let repeat = at(&form, "members", &[]).node;
        assert_eq!(size_question(&form, repeat), None);
        let seen = at(&form, "seen", &[]).node;
        form.nodes[seen.index()].constraint = ". = count-non-empty(${m_first})".into();
        assert_eq!(size_question(&form, repeat), Some(seen));
        let street = at(&form, "street", &[]).node;
        form.nodes[repeat.index()].repeat_count = "${street}".into();
        assert_eq!(size_question(&form, repeat), Some(street));
    }
}
