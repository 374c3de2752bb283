//! Sheets go out and come in again as they were: `.xlsx`, Markdown, JSON.

use std::collections::BTreeMap;

use form::cli::{Host, run};
use form::read::{Sheet, Sheets, sheets_of_markdown, sheets_of_workbook};
use form::write::{to_markdown, to_workbook};
use proptest::prelude::*;

/// Cells that other programs are known to alter: numbers that look like something else, formulas, bars,
/// dashes, quotes, line breaks, escapes of Excel's own.
const HARD: [&str; 26] = [
    "007",
    "1e5",
    "1.10",
    "TRUE",
    "true()",
    "=SUM(A1)",
    "'quoted",
    "\"",
    "|",
    "\\|",
    "\\",
    "-",
    "---",
    ":-:",
    "a\nb",
    "a\n\nb",
    "_x0041_",
    "<b>&amp;</b>",
    "${a} + 1",
    "ქართული (ka)",
    "2026-01-31",
    "#N/A",
    "a  b",
    "x\u{a0}y",
    "emoji 🙂",
    ". >= 0 and . < 1",
];

fn cell() -> impl Strategy<Value = String> {
    let free =
        "[ -~ა-ჰ\\n]{1,12}".prop_filter_map("blank, or what Markdown has for a break", |text| {
            let text = text.trim().to_owned();
            (!text.is_empty() && !text.contains("<br>")).then_some(text)
        });
    prop_oneof![prop::sample::select(&HARD[..]).prop_map(str::to_owned), free]
}

fn sheet(name: &'static str) -> impl Strategy<Value = Sheet> {
    let columns = prop::sample::subsequence(
        vec![
            "type",
            "name",
            "label::ქართული (ka)",
            "label::English (en)",
            "our own column",
            "relevant",
        ],
        1..6,
    );
    columns.prop_flat_map(move |columns| {
        let width = columns.len();
        let row = prop::collection::btree_map(0..width, cell(), 1..=width);
        prop::collection::vec(row, 1..6).prop_map(move |rows| Sheet {
            name: name.to_owned(),
            header: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: (2..).zip(rows).collect(),
        })
    })
}

fn sheets() -> impl Strategy<Value = Sheets> {
    (sheet("survey"), sheet("choices"), sheet("notes of ours"))
        .prop_map(|(a, b, c)| Sheets { sheets: vec![a, b, c], file_name: String::new() })
}

/// Row by row what each column says: JSON keeps no column in which nothing stands.
fn said(sheets: &Sheets) -> Vec<(String, Vec<BTreeMap<String, String>>)> {
    let row = |sheet: &Sheet, cells: &BTreeMap<usize, String>| {
        cells.iter().map(|(at, text)| (sheet.header[*at].clone(), text.clone())).collect()
    };
    let rows = |sheet: &Sheet| sheet.rows.iter().map(|(_, cells)| row(sheet, cells)).collect();
    sheets.sheets.iter().map(|sheet| (sheet.name.clone(), rows(sheet))).collect()
}

fn convert(from: &std::path::Path, to: &str) -> std::path::PathBuf {
    let target = from.with_extension(format!("again.{to}"));
    let words = ["form", "convert", &from.to_string_lossy(), "--to", to, "--out"];
    let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    words.push(target.to_string_lossy().into_owned());
    let (mut input, mut output) = (&b""[..], Vec::new());
    let mut host = Host { input: &mut input, output: &mut output, now_ms: 0 };
    assert_eq!(run(&words, &mut host), 0);
    target
}

proptest! {
    #[test]
    fn workbooks_keep_every_cell(sheets in sheets()) {
        let bytes = to_workbook(&sheets).expect("a workbook");
        let again = sheets_of_workbook(&bytes).expect("sheets");
        prop_assert_eq!(said(&again), said(&sheets));
        // Once more: what was read is written as it was read.
        prop_assert_eq!(sheets_of_workbook(&to_workbook(&again).expect("a workbook")), Ok(again));
    }

    #[test]
    fn markdown_keeps_every_cell(sheets in sheets()) {
        prop_assert_eq!(sheets_of_markdown(&to_markdown(&sheets)), sheets);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// `.xlsx` → JSON → Markdown → `.xlsx`, through the command.
    #[test]
    fn the_command_loses_nothing_on_the_way(sheets in sheets()) {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir();
        let first = folder.join(format!("kd-roundtrip-{}-{number}.xlsx", std::process::id()));
        std::fs::write(&first, to_workbook(&sheets).expect("a workbook")).expect("written");
        let json = convert(&first, "json");
        let text = convert(&json, "md");
        let last = convert(&text, "xlsx");
        let again = sheets_of_workbook(&std::fs::read(&last).expect("read")).expect("sheets");
        for file in [first, json, text, last] {
            std::fs::remove_file(file).expect("removed");
        }
        prop_assert_eq!(said(&again), said(&sheets));
    }
}
