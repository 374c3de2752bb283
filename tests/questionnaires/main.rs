//! The questionnaires that ship with the product: they compile, they pass their scenarios, the scenarios see
//! every rule both ways, and each workbook is its text source.

use form::cli::{Host, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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

/// What the scenarios of a form expect of each question: `relevant: true`, `violation: "soft"`, …
fn expected(scenarios: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in scenarios.lines() {
        let scenario: Value = serde_json::from_str(line).expect("a line of JSON");
        let steps = scenario["steps"].as_array().expect("steps");
        for expected in steps.iter().filter_map(|step| step["expect"].as_array()).flatten() {
            let path = expected["path"].as_str().expect("a path");
            let last = path.rsplit('/').next().unwrap_or_default();
            let name = last.split('[').next().unwrap_or_default();
            for key in ["relevant", "violation"] {
                if let Some(value) = expected.get(key) {
                    found.entry(name.to_owned()).or_default().insert(format!("{key}: {value}"));
                }
            }
        }
    }
    found
}

/// Every relevance is seen true and false, every constraint broken and kept, hard and soft ones.
#[test]
fn the_scenarios_see_every_rule_both_ways() {
    for name in ["hh_core", "child_core"] {
        let text = std::fs::read_to_string(path(&format!("{name}.md"))).expect("the source");
        let form = form::read::from_markdown(&text).form.expect("a form");
        let scenarios = path(&format!("{name}.scenarios.jsonl"));
        let seen = expected(&std::fs::read_to_string(scenarios).expect("the scenarios"));
        let (mut rules, mut missing) = (0, Vec::new());
        for node in &form.nodes {
            let both = [
                (&node.relevant, ["relevant: true", "relevant: false"]),
                (&node.constraint, ["violation: \"constraint\"", "violation: null"]),
                (&node.soft_constraint, ["violation: \"soft\"", "violation: null"]),
            ];
            for (_, wanted) in both.iter().filter(|(rule, _)| !rule.is_empty()) {
                rules += 1;
                let told =
                    |what: &&str| seen.get(&node.name).is_some_and(|seen| seen.contains(*what));
                let unseen = wanted.iter().filter(|what| !told(what));
                missing.extend(unseen.map(|what| format!("{} {what}", node.key)));
            }
        }
        assert!(rules > 100, "{name}: {rules} rules");
        assert!(missing.is_empty(), "{name}: no scenario sees {}", missing.join(", "));
    }
}
