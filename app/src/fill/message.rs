//! What to say of an answer that cannot stay.

use super::desk::Desk;
use super::say;
use crate::i18n::{Key, t, ta};
use form::expr::number;
use form::model::QuestionType;
use form::session::states::ends_of;
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
    let (least, most) = ends(desk, at);
    let mask = desk.session(|session| form::mask::of(session.form().node(at.node)));
    let shape = mask.map(|mask| mask.shape()).unwrap_or_default();
    let value = [
        ("value", value.as_str()),
        ("min", least.as_str()),
        ("max", most.as_str()),
        ("shape", shape.as_str()),
    ];
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
                Some(QuestionType::Integer) => Key::ValidationInteger,
                Some(QuestionType::Range) => Key::ValidationRange,
                Some(QuestionType::Decimal) => Key::ValidationNumber,
                Some(QuestionType::Time) => Key::ValidationTime,
                Some(QuestionType::Date | QuestionType::DateTime) if is_partial(&typed) => {
                    Key::ValidationDatePartial
                }
                Some(QuestionType::DateTime) if is_timeless(&typed) => Key::ValidationTimeMissing,
                Some(QuestionType::DateTime) if has_date(&typed) => Key::ValidationTime,
                Some(QuestionType::Date | QuestionType::DateTime) => Key::ValidationDate,
                Some(QuestionType::Text) if !shape.is_empty() => Key::ValidationMask,
                Some(question) if question.is_select() => Key::ValidationNotInList,
                _ => Key::ValidationPattern,
            },
            &value,
        ),
    }
}

/// The ends of a range, as they are read.
fn ends(desk: Desk, at: &Address) -> (String, String) {
    let (least, most) = desk.session(|session| ends_of(session.form().node(at.node)));
    let said = |end: f64| say::answer(desk, at, &number::format(end));
    (said(least), said(most))
}

/// Whether a box of a date is still empty, or the year has too few digits.
fn is_partial(typed: &str) -> bool {
    let date = typed.split('T').next().unwrap_or_default();
    date.split('-').any(str::is_empty) || date.split('-').next().is_some_and(|year| year.len() < 4)
}

/// Whether the date before the time is one.
fn has_date(typed: &str) -> bool {
    typed.split_once('T').is_some_and(|(date, _)| form::expr::date::parse(date).is_some())
}

/// Whether only the time is missing.
fn is_timeless(typed: &str) -> bool {
    has_date(typed) && typed.ends_with('T')
}

fn is_typed(question: Option<QuestionType>) -> bool {
    use QuestionType::*;
    matches!(
        question,
        Some(Text | Integer | Decimal | PhoneNumber | Email | Date | Time | DateTime)
    )
}
