//! A short run of the fuzzer; `examples/fuzz` plays millions.

#[path = "../examples/fuzz/grammar.rs"]
mod grammar;
#[path = "../examples/fuzz/random.rs"]
mod random;
#[path = "../examples/fuzz/sheets.rs"]
mod sheets;
#[path = "../examples/fuzz/target.rs"]
mod target;
#[path = "../examples/fuzz/words.rs"]
mod words;
#[path = "../examples/fuzz/zip.rs"]
mod zip;

#[track_caller]
fn play(mode: &str, inputs: u64) {
    let mut target = target::Target::named(mode, 7).expect("a mode of the fuzzer");
    let accepted = (0..inputs).filter(|number| target.play(*number)).count();
    // A generator whose inputs are all refused tests nothing.
    assert!(accepted as u64 > inputs / 50, "{mode}: only {accepted} of {inputs} were accepted");
}

#[test]
fn any_text_is_an_expression_or_a_problem() {
    play("parser", 20_000);
}

#[test]
fn any_expression_has_a_value_or_a_problem() {
    play("evaluator", 10_000);
}

#[test]
fn any_sheets_are_a_form_or_problems() {
    play("reader", 3_000);
}

#[test]
fn any_bytes_are_a_workbook_or_a_problem() {
    play("workbook", 1_000);
}
