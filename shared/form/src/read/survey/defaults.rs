//! Whether a default is text or an expression.

use crate::model::QuestionType;

/// Whether a default is an expression: a call, a reference or arithmetic. A hyphen in a date or a
/// place is no minus.
pub(super) fn is_dynamic(default: &str, question: QuestionType) -> bool {
    use QuestionType as Q;
    let hyphens =
        matches!(question, Q::Date | Q::DateTime | Q::Geopoint | Q::Geotrace | Q::Geoshape);
    if matches!(question, Q::Image | Q::Audio | Q::Video | Q::File)
        && !default.contains("${")
        && !default.contains('(')
    {
        return false;
    }
    let mut rest = default;
    while let Some(first) = rest.chars().next() {
        let width = first.len_utf8();
        let number = rest.strip_prefix('-').unwrap_or(rest);
        if first == '"' || first == '\'' {
            let closed = rest[1..].find(first).map_or(rest.len(), |at| at + 2);
            rest = &rest[closed..];
        } else if rest.starts_with("${") {
            return true;
        } else if crate::expr::lex::is_name_start(first) {
            let end = rest
                .find(|c: char| !crate::expr::lex::is_name(c) && c != ':')
                .unwrap_or(rest.len());
            if rest[end..].starts_with('(') {
                return true;
            }
            rest = &rest[end..];
        } else if is_date_at(rest) {
            rest = &rest[10..];
        } else if number.starts_with(|c: char| c.is_ascii_digit()) {
            let end =
                number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
            rest = &number[end..];
        } else if rest.starts_with(" mod ") || rest.starts_with(" div ") {
            return true;
        } else {
            match first {
                '-' if hyphens => return false,
                '*' | '+' | '-' | '|' => return true,
                _ => {}
            }
            rest = &rest[width..];
        }
    }
    false
}

fn is_date_at(text: &str) -> bool {
    let shape = b"0000-00-00";
    text.len() >= shape.len()
        && text.bytes().zip(shape).all(|(found, wanted)| match wanted {
            b'0' => found.is_ascii_digit(),
            _ => found == *wanted,
        })
}
