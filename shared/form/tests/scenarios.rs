//! What a scenario may bring along, through the command.

use form::cli::{Host, run};

#[test]
fn a_scenario_brings_the_record_finished_last() {
    let line = |saved: &str, expected: &str| {
        let survey =
            r#"[{"type": "text", "name": "a", "label": "A", "default": "${last-saved#a}"}]"#;
        std::format!(
            "{{\"id\": \"1\", \"xlsform\": {{\"survey\": {survey}}}{saved}, \"steps\": [{{\"op\": \"load\", \
             \"expect\": [{{\"path\": \"/data/a\", \"value\": \"{expected}\"}}]}}]}}\n"
        )
    };
    for (saved, expected, passes) in [
        (r#", "last_saved": {"a": "before"}"#, "before", true),
        (r#", "last_saved": {"a": 5, "b": "not asked for"}"#, "5", true),
        ("", "", true),
        ("", "before", false),
    ] {
        let (line, mut output) = (line(saved, expected), Vec::new());
        let mut input = line.as_bytes();
        let mut host = Host { input: &mut input, output: &mut output, now_ms: 0 };
        let words = ["form", "test", "--lines"].map(str::to_owned);
        run(&words, &mut host);
        let told = String::from_utf8(output).expect("text");
        assert_eq!(told.contains("\"passed\":true"), passes, "{told}");
    }
}
