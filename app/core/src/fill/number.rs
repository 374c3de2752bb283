//! Typed numbers: comma or point, spaces between thousands.

/// A whole number as typed, in XForms lexical form. A text that is none comes back as it was typed,
/// trimmed, so that the form can say what is wrong with it.
pub fn integer(typed: &str) -> String {
    let Some((sign, digits)) = parts(typed) else { return typed.trim().to_owned() };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return typed.trim().to_owned();
    }
    signed(sign, without_zeros(&digits))
}

/// A decimal number as typed, in XForms lexical form with a point. A text that is none comes back as
/// it was typed, trimmed.
pub fn decimal(typed: &str) -> String {
    let kept = || typed.trim().to_owned();
    let Some((sign, text)) = parts(typed) else { return kept() };
    // Of two kinds of mark the later one separates the fraction: 1.234,5 and 1,234.5.
    let at = text.rfind([',', '.']);
    let (whole, fraction) = at.map_or((text.as_str(), ""), |at| (&text[..at], &text[at + 1..]));
    let mark = at.and_then(|at| text[at..].chars().next());
    let whole: String =
        whole.chars().filter(|c| !(matches!(c, ',' | '.') && Some(*c) != mark)).collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(&whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return kept();
    }
    let whole = without_zeros(&whole);
    match fraction.trim_end_matches('0') {
        "" => signed(sign, whole),
        fraction => signed(sign, &format!("{whole}.{fraction}")),
    }
}

/// A number with spaces between thousands and a comma: `1 234 567,5`.
pub fn grouped(value: &str) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = whole.trim_start_matches('-');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.to_owned();
    }
    let mut text = whole[..whole.len() - digits.len()].to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    if fraction.is_empty() { text } else { text + "," + fraction }
}

/// The sign and the rest, without spaces.
fn parts(typed: &str) -> Option<(&'static str, String)> {
    let text: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '\u{2009}').collect();
    let (sign, rest) = match text.chars().next()? {
        '-' | '−' | '–' => ("-", text.trim_start_matches(['-', '−', '–'])),
        '+' => ("", &text[1..]),
        _ => ("", text.as_str()),
    };
    Some((sign, rest.to_owned()))
}

fn without_zeros(digits: &str) -> &str {
    match digits.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

fn signed(sign: &str, number: &str) -> String {
    if number == "0" { number.to_owned() } else { format!("{sign}{number}") }
}

/// The telephone numbers that a text names: runs of three to twelve digits, each once.
pub fn dialled(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for digits in text.split(|letter: char| !letter.is_ascii_digit()) {
        if (3..=12).contains(&digits.len()) && !found.iter().any(|known| known == digits) {
            found.push(digits.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart_and_read_the_same() {
        for (value, shown) in [
            ("1234567.5", "1\u{a0}234\u{a0}567,5"),
            ("-1000", "-1\u{a0}000"),
            ("999", "999"),
            ("x", "x"),
        ] {
            assert_eq!(grouped(value), shown);
            assert_eq!(decimal(shown), value);
        }
    }

    #[test]
    fn whole_numbers() {
        let cases = [
            ("12", "12"),
            (" 012 ", "12"),
            ("1 200", "1200"),
            ("1\u{a0}200", "1200"),
            ("−3", "-3"),
            ("-0", "0"),
            ("+7", "7"),
            ("", ""),
            ("  ", ""),
            ("12a", "12a"),
            (" 1,5 ", "1,5"),
            ("-", "-"),
        ];
        for (typed, expected) in cases {
            assert_eq!(integer(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn decimal_numbers() {
        let cases = [
            ("3,5", "3.5"),
            ("3.5", "3.5"),
            ("3.50", "3.5"),
            ("3,", "3"),
            (",5", "0.5"),
            ("1 234,5", "1234.5"),
            ("1.234,5", "1234.5"),
            ("1,234.5", "1234.5"),
            ("-2,0", "-2"),
            ("1,2,3", "1,2,3"),
            (".", "."),
            ("a", "a"),
            ("", ""),
        ];
        for (typed, expected) in cases {
            assert_eq!(decimal(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn numbers_to_dial_are_found_in_a_text() {
        let cases: [(&str, &[&str]); 5] = [
            ("დარეკეთ: 112. ბავშვთა ხაზი: 111, 1505", &["112", "111", "1505"]),
            ("112 or 112", &["112"]),
            ("12 rooms, 5 people", &[]),
            ("+995555123456", &["995555123456"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(dialled(text), expected, "{text}");
        }
    }
}
