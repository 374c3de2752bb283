//! The questionnaires that ship with the product: they compile, they pass their scenarios, and each
//! workbook is its text source.

use form::cli::{Host, run};
use std::io::empty;
use std::path::{Path, PathBuf};

const FORMS: [&str; 4] = ["hh_core", "child_core", "concern", "followup"];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../forms").join(name)
}

fn command(arguments: &[&str]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let mut output = Vec::new();
    let mut host = Host { input: &mut empty(), output: &mut output, now_ms: 1_763_700_000_000 };
    run(&arguments, &mut host);
    String::from_utf8(output).expect("commands write UTF-8")
}

#[test]
fn every_scenario_passes() {
    for form in FORMS {
        let (source, scenarios) =
            (path(&format!("{form}.md")), path(&format!("{form}.scenarios.jsonl")));
        let wanted = std::fs::read_to_string(&scenarios).expect("scenarios stand beside the form");
        let output = command(&[
            "form",
            "test",
            &source.display().to_string(),
            &scenarios.display().to_string(),
        ]);
        let failed: Vec<&str> =
            output.lines().filter(|line| !line.contains("\"passed\":true")).collect();
        assert!(failed.is_empty(), "{form}: {}", failed.join("\n"));
        assert_eq!(output.lines().count(), wanted.lines().count(), "{form}: one line a scenario");
    }
}

#[test]
fn every_workbook_is_its_text_source() {
    for form in ["hh_core", "child_core"] {
        let text = std::fs::read_to_string(path(&format!("{form}.md"))).expect("the source");
        let workbook = std::fs::read(path(&format!("{form}.xlsx"))).expect("the workbook");
        let source = form::read::from_markdown(&text);
        let written = form::read::from_workbook(&workbook);
        assert!(source.errors.is_empty(), "{form}: {:?}", source.errors.first());
        assert!(source.form.is_some() && source.form == written.form, "{form}: write it again");
    }
}
