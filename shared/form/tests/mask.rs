//! Input masks: what is typed under them, what is an answer, and which are none.

use form::mask::{Fault, Mask};
use proptest::prelude::*;

fn mask(source: &str) -> Mask {
    Mask::parse(source).unwrap_or_else(|fault| panic!("{source}: {fault:?}"))
}

/// Types a text one character after the other, as a phone's keyboard does.
fn typed(mask: &Mask, keys: &str) -> String {
    let start = mask.format("", true);
    keys.chars().fold(start, |text, key| mask.format(&(text + &key.to_string()), true))
}

#[test]
fn what_always_stands_there_is_put_in_as_one_types() {
    for (source, keys, shown) in [
        ("(999) 999-9999", "5551234567", "(555) 123-4567"),
        ("(999) 999-9999", "555", "(555) "),
        ("(999) 999-9999", "5a5b5", "(555) "),
        // Typed with what stands between.
        ("99/99/9999", "12/03/2024", "12/03/2024"),
        ("99/99/9999", "12032024", "12/03/2024"),
        // Digits that always stand there.
        (r"+\9\95 999 99 99 99;_", "555123456", "+995 555 12 34 56"),
        // Nothing more fits.
        ("99-99", "12345", "12-34"),
        (">AA-99", "ab12", "AB-12"),
        ("<AA!A", "ABC", "abC"),
        // Georgian letters stay as they are.
        (">AAA", "აბგ", "აბგ"),
        // A place that need not be typed is passed by what comes behind it.
        ("000.000.000.000;_", "10.1.2.3", "10.1.2.3"),
        ("000.000.000.000;_", "192168", "192.168."),
        ("00AA", "ab", "ab"),
        ("HH:HH", "0f:A1", "0f:A1"),
        ("#99", "-12", "-12"),
        ("#99", "12", "12"),
        (r"\A-99", "12", "A-12"),
        ("99%", "12", "12%"),
        ("Xx", "?!", "?!"),
        ("DB", "0102", "10"),
        ("NN", "-ა1", "ა1"),
    ] {
        assert_eq!(typed(&mask(source), keys), shown, "{source} {keys}");
    }
}

#[test]
fn a_pasted_text_is_laid_out() {
    for (source, text, shown) in [
        ("(999) 999-9999", "555 123 45 67", "(555) 123-4567"),
        (r"+\9\95 999 99 99 99", "+995 555 12 34 56", "+995 555 12 34 56"),
        (r"+\9\95 999 99 99 99", "+995555123456", "+995 555 12 34 56"),
        (r"+\9\95 999 99 99 99", "555123456", "+995 555 12 34 56"),
        ("99-99", "", ""),
        // What stands behind places that need not be typed goes with them, past places left empty.
        ("000.000.000.000;_", "10.1..", "10.1"),
        (r"#\90:d", "0:", "0"),
    ] {
        assert_eq!(mask(source).finish(text), shown, "{source} {text}");
    }
}

#[test]
fn taken_away_characters_stay_away() {
    let phone = mask("(999) 999-9999");
    // Nothing is put in again behind the finger.
    assert_eq!(phone.format("(555)", false), "(555)");
    assert_eq!(phone.format("(55", false), "(55");
    assert_eq!(phone.format("", false), "");
    assert_eq!(phone.format("(", false), "(");
    // The next one brings it back.
    assert_eq!(phone.format("(5551", true), "(555) 1");
    // Only what always stands there is no answer.
    assert_eq!(phone.finish("("), "");
    assert_eq!(mask(r"+\9\95 999").finish("+995 "), "");
}

#[test]
fn the_caret_stays_where_it_is_typed() {
    let phone = mask(r"+\9\95 999 99 99 99");
    for (before, text, caret, shown, head) in [
        // At the end, with more than was typed put in.
        ("+995 59", "+995 599", 8, "+995 599 ", "+995 599 "),
        // In the middle: what stands behind moves on.
        ("+995 599 12", "+995 5199 12", 7, "+995 519 91 2", "+995 51"),
        // Before what always stands there, as where the caret stands when a box gets the focus.
        ("+995 ", "5+995 ", 1, "+995 5", "+995 5"),
        ("+995 59", "1+995 59", 1, "+995 159 ", "+995 1"),
        // Taken away.
        ("+995 599 ", "+995 599", 8, "+995 599", "+995 599"),
        ("+995 599 12", "+995 59 12", 7, "+995 591 2", "+995 59"),
        ("+995 5", "+99 5", 3, "+995 5", "+99"),
    ] {
        let found = phone.enter(before, text, caret);
        assert_eq!(found, (shown.to_owned(), head.to_owned()), "{before} {text}");
    }
}

#[test]
fn an_answer_is_whole() {
    for (source, text, whole) in [
        ("(999) 999-9999", "(555) 123-4567", true),
        ("(999) 999-9999", "(555) 123-456", false),
        ("(999) 999-9999", "5551234567", false),
        ("(999) 999-9999", "(555) 123-45678", false),
        ("99-00", "12", true),
        ("99-00", "12-3", true),
        ("99-00", "1", false),
        ("99%", "12%", true),
        ("99%", "12", false),
        (">AA", "AB", true),
        (">AA", "ab", false),
        ("000.000.000.000;_", "10.1.2.3", true),
        ("a", "5", false),
    ] {
        assert_eq!(mask(source).fits(text), whole, "{source} {text}");
    }
}

#[test]
fn it_says_how_an_answer_looks_and_which_keyboard_it_wants() {
    assert_eq!(mask(r"+\9\95 999;_").shape(), "+995 ___");
    assert_eq!(mask("99/99").shape(), "__/__");
    assert_eq!(mask("AA-99;*").shape(), "**-**");
    assert!(mask(r"+\9\95 999").is_digits());
    assert!(!mask("#99").is_digits());
    assert!(!mask("A99").is_digits());
}

#[test]
fn a_mask_that_cannot_be_used_is_refused() {
    for (source, fault) in [
        ("", Fault::NothingToType),
        ("---", Fault::NothingToType),
        (r"\9", Fault::NothingToType),
        (r"99\", Fault::LoneEscape),
        ("99;", Fault::Blank),
        ("99;ab", Fault::Blank),
        ("[99]", Fault::Reserved('[')),
    ] {
        assert_eq!(Mask::parse(source), Err(fault), "{source}");
    }
    assert_eq!(mask(r"\[99\]").shape(), "[__]");
}

fn source() -> impl Strategy<Value = String> {
    proptest::string::string_regex(r"([ANXanx90DdHhBb#><!]|\\[A-Z9]|[-/:. ()+%]){1,12}(;_)?")
        .expect("a pattern")
}

proptest! {
    /// What the mask has made of a text, it leaves as it is; and what a person leaves behind whole, is whole.
    #[test]
    fn formatting_twice_is_formatting_once(source in source(), text in "[ -~ა-ჰ]{0,16}") {
        let Ok(mask) = Mask::parse(&source) else { return Ok(()) };
        for on in [false, true] {
            let once = mask.format(&text, on);
            prop_assert_eq!(mask.format(&once, on), once.clone(), "{} {}", source, text);
            prop_assert!(once.chars().count() <= mask.shape().chars().count());
        }
        let left = mask.finish(&text);
        prop_assert_eq!(mask.finish(&left), left.clone(), "{} {}", source, text);
    }

    /// A whole answer stays what it is under its own mask.
    #[test]
    fn a_whole_answer_stays(source in source(), text in "[ -~ა-ჰ]{0,16}") {
        let Ok(mask) = Mask::parse(&source) else { return Ok(()) };
        let left = mask.finish(&text);
        if mask.fits(&left) {
            prop_assert_eq!(mask.format(&left, false), left);
        }
    }

    #[test]
    fn any_text_is_a_mask_or_none(source in ".{0,20}", text in ".{0,20}") {
        if let Ok(mask) = Mask::parse(&source) {
            mask.format(&text, true);
            mask.finish(&text);
            mask.fits(&text);
        }
    }
}

#[test]
fn the_author_is_told_the_cell_of_a_mask_that_cannot_be_used() {
    let source = "| survey |\n| | type | name | label | body::esri:inputMask |\n\
                  | | text | good | Good | 99-99 |\n\
                  | | integer | number | Number | 99-99 |\n\
                  | | text | reserved | Reserved | [99] |\n\
                  | | text | lone | Lone | 99\\ |\n\
                  | | text | nothing | Nothing | --- |\n";
    let compiled = form::read::from_markdown(source);
    assert!(compiled.form.is_none());
    let cells = |problems: &[form::read::Problem]| -> Vec<(String, String, u32, String)> {
        let cell = |of: &form::read::Problem| {
            (of.code.clone(), of.sheet.clone(), of.row, of.column.clone())
        };
        problems.iter().map(cell).collect()
    };
    let at = |row: u32| ("mask".into(), "survey".into(), row, "body::esri:inputMask".into());
    assert_eq!(cells(&compiled.errors), [at(4), at(5), at(6)]);
    assert_eq!(cells(&compiled.warnings), [at(3)]);
    let told = |row: u32| {
        let found = compiled.errors.iter().find(|problem| problem.row == row);
        found.map_or("", |problem| problem.message.as_str())
    };
    assert!(told(4).contains('['), "{}", told(4));
    assert_ne!(told(5), told(6));
}
