//! What to say of an answer that cannot stay.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta};
use form::model::QuestionType;
use form::session::{Address, Violation};

/// The sentence for a violation, with what was typed.
pub fn of(desk: Desk, at: &Address, violation: Violation) -> String {
    let question = desk.session(|session| session.form().node(at.node).question());
    let own = desk.text(at, |session, language| match violation {
        Violation::Required => session.required_message(at, language),
        Violation::Constraint => session.constraint_message(at, language),
        Violation::Soft => session.soft_constraint_message(at, language),
        Violation::Type => String::new(),
    });
    let typed = desk.session(|session| session.value(at).to_owned());
    let value = say::answer(desk, at, &typed);
    let value = [("value", value.as_str())];
    match violation {
        Violation::Required if own.is_empty() => t(match question {
            Some(question) if question.is_select() => Key::ValidationChoose,
            _ => Key::ValidationRequired,
        }),
        Violation::Required => own,
        Violation::Constraint if own.is_empty() => ta(Key::ValidationConstraint, &value),
        Violation::Constraint if is_typed(question) => {
            format!("{own} {}.", ta(Key::ValidationYouWrote, &value))
        }
        Violation::Constraint => own,
        Violation::Soft if own.is_empty() => ta(Key::QuestionGentleDoubt, &value),
        Violation::Soft => own,
        Violation::Type => ta(
            match question {
                Some(QuestionType::Integer | QuestionType::Range) => Key::ValidationInteger,
                Some(QuestionType::Decimal) => Key::ValidationNumber,
                Some(QuestionType::Time) => Key::ValidationTime,
                Some(QuestionType::Date | QuestionType::DateTime) if is_partial(&typed) => {
                    Key::ValidationDatePartial
                }
                Some(QuestionType::Date | QuestionType::DateTime) => Key::ValidationDate,
                Some(question) if question.is_select() => Key::ValidationNotInList,
                _ => Key::ValidationPattern,
            },
            &value,
        ),
    }
}

/// Whether a box of a date is still empty, or the year has too few digits.
fn is_partial(typed: &str) -> bool {
    let date = typed.split('T').next().unwrap_or_default();
    date.split('-').any(str::is_empty) || date.split('-').next().is_some_and(|year| year.len() < 4)
}

fn is_typed(question: Option<QuestionType>) -> bool {
    use QuestionType::*;
    matches!(
        question,
        Some(Text | Integer | Decimal | PhoneNumber | Email | Date | Time | DateTime)
    )
}
