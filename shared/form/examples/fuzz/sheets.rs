//! Sheets: put together from columns and types, or taken from our forms and changed.

use std::collections::BTreeMap;

use form::read::{Sheet, Sheets, sheets_of_markdown};

use super::grammar::{Grammar, NAMES, PIECES};
use super::random::Random;
use super::words::{
    CHOICE_HEADERS, ENTITIES, HEADERS, SETTINGS, SOUND_HEADERS, SOUND_TYPES, TYPES, VALUES,
};

pub const SHIPPED: [&str; 4] = [
    include_str!("../../../../forms/hh_core.md"),
    include_str!("../../../../forms/child_core.md"),
    include_str!("../../../../forms/concern.md"),
    include_str!("../../../../forms/followup.md"),
];

pub struct Writer {
    shipped: Vec<Sheets>,
}

impl Writer {
    pub fn new() -> Writer {
        Writer { shipped: SHIPPED.iter().map(|text| sheets_of_markdown(text)).collect() }
    }

    pub fn sheets(&self, grammar: &Grammar, random: &mut Random) -> Sheets {
        let mut sheets = match random.below(4) {
            0 => self.cut_out(random),
            1 | 2 => self.careful(grammar, random),
            _ => self.put_together(grammar, random),
        };
        if random.once_in(4) {
            self.disturb(&mut sheets, grammar, random);
        }
        sheets
    }

    /// Some rows of one of our forms with the choices they may need.
    fn cut_out(&self, random: &mut Random) -> Sheets {
        let mut sheets = random.one(&self.shipped).clone();
        for sheet in &mut sheets.sheets {
            let most = if sheet.name == "survey" { 10 } else { 16 };
            let start = random.below(sheet.rows.len());
            sheet.rows =
                sheet.rows.iter().skip(start).take(random.below(most) + 1).cloned().collect();
        }
        sheets
    }

    /// A form that is meant to be accepted.
    fn careful(&self, grammar: &Grammar, random: &mut Random) -> Sheets {
        let extra: Vec<&str> = (0..random.below(4)).map(|_| random.pick(&SOUND_HEADERS)).collect();
        let mut header: Vec<&str> = vec!["type", "name", "label"];
        for name in extra {
            if !header.contains(&name) {
                header.push(name);
            }
        }
        let (mut open, mut names, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..random.below(10) + 2 {
            let kind = match random.below(10) {
                0 if open.len() < 4 => {
                    random.pick(&["begin group", "begin repeat", "begin repeat"])
                }
                1 => open.pop().unwrap_or("text"),
                _ => random.pick(&SOUND_TYPES),
            };
            if kind.starts_with("end") {
                rows.push(vec![kind.to_owned()]);
                continue;
            }
            if kind.starts_with("begin") {
                open.push(if kind.ends_with("group") { "end group" } else { "end repeat" });
            }
            let name = format!("q{at}");
            let mut row = vec![kind.to_owned(), name.clone(), "L".to_owned()];
            for column in &header[3..] {
                let fits =
                    random.once_in(3) && !(kind.starts_with("begin") && *column == "calculation");
                row.push(if fits {
                    self.sound_value(column, &names, grammar, random)
                } else {
                    String::new()
                });
            }
            if kind == "calculate" && !header.contains(&"calculation") {
                row[0] = "text".to_owned();
            } else if let Some(place) = header.iter().position(|found| *found == "calculation")
                && kind == "calculate"
            {
                row[place] = grammar.sound(random, &names);
            }
            rows.push(row);
            if !kind.starts_with("begin") {
                names.push(name);
            }
        }
        rows.extend(open.into_iter().rev().map(|end| vec![end.to_owned()]));
        let choices = ["a", "b", "c d", "e"].iter().take(random.below(3) + 1).enumerate();
        let choices = choices.map(|(at, name)| {
            vec!["l".to_owned(), (*name).to_owned(), format!("L{at}"), "x".to_owned()]
        });
        Sheets {
            sheets: vec![
                sheet("survey", &header, rows),
                sheet("choices", &["list_name", "name", "label", "k"], choices.collect()),
            ],
            ..Sheets::default()
        }
    }

    fn sound_value(
        &self,
        column: &str,
        names: &[String],
        grammar: &Grammar,
        random: &mut Random,
    ) -> String {
        match column {
            "required" | "readonly" => random.pick(&["yes", "no", "true()"]).to_owned(),
            "default" => random.pick(&["1", "a", "today()", "2020-01-01", "1 + 1"]).to_owned(),
            "appearance" => random.pick(&["minimal", "field-list", "w1", "multiline"]).to_owned(),
            "relevant" | "constraint" | "soft_constraint" | "calculation" | "repeat_count"
            | "choice_filter" => grammar.sound(random, names),
            _ if names.is_empty() => "Text".to_owned(),
            _ => ["Text ${", random.one(names).as_str(), "}"].concat(),
        }
    }

    fn put_together(&self, grammar: &Grammar, random: &mut Random) -> Sheets {
        let mut sheets = Sheets::default();
        let most = random.below(8) + 1;
        let extra: Vec<&str> = (0..random.below(5)).map(|_| random.pick(&HEADERS)).collect();
        let header: Vec<&str> = ["type", "name", "label"].into_iter().chain(extra).collect();
        let rows = (0..most)
            .map(|_| {
                let kind = match random.below(20) {
                    0 => random.clone().mutate(random.pick(&TYPES), &PIECES, "begin_group"),
                    _ => random.pick(&TYPES).to_owned(),
                };
                let ends = kind.starts_with("end");
                let mut row = vec![kind];
                for (at, name) in header.iter().enumerate().skip(1) {
                    row.push(match at {
                        _ if ends && at < 3 => String::new(),
                        1 if random.once_in(12) => String::new(),
                        1 => random.pick(&NAMES[..13]).to_owned(),
                        2 => random.pick(&["L", "L", "", "${a} and ${x}", "**L**"]).to_owned(),
                        _ => self.value(name, grammar, random),
                    });
                }
                row
            })
            .collect();
        sheets.sheets.push(sheet("survey", &header, rows));
        if !random.once_in(8) {
            sheets.sheets.push(self.rows("choices", &CHOICE_HEADERS, 4, grammar, random));
        }
        for (name, headers) in [
            ("settings", &SETTINGS[..]),
            ("entities", &ENTITIES),
            ("external_choices", &CHOICE_HEADERS),
            ("osm", &CHOICE_HEADERS),
        ] {
            if random.once_in(4) {
                sheets.sheets.push(self.rows(name, headers, 2, grammar, random));
            }
        }
        sheets
    }

    fn rows(
        &self,
        name: &str,
        headers: &[&str],
        most: usize,
        grammar: &Grammar,
        random: &mut Random,
    ) -> Sheet {
        let mut header: Vec<&str> = headers[..2.min(headers.len())].to_vec();
        header.extend((0..random.below(3)).map(|_| random.pick(headers)));
        let row = |random: &mut Random| -> Vec<String> {
            let cell = |at: usize, random: &mut Random| match at {
                0 if name.ends_with("choices") => random.pick(&["l", "l", "m", ""]).to_owned(),
                1 if name.ends_with("choices") => {
                    random.pick(&["a", "b", "c", "a b", ""]).to_owned()
                }
                _ => self.value(headers[at.min(headers.len() - 1)], grammar, random),
            };
            (0..header.len()).map(|at| cell(at, random)).collect()
        };
        let rows = (0..=random.below(most)).map(|_| row(random)).collect();
        sheet(name, &header, rows)
    }

    fn value(&self, header: &str, grammar: &Grammar, random: &mut Random) -> String {
        let expression = matches!(
            header,
            "relevant"
                | "relevance"
                | "required"
                | "readonly"
                | "constraint"
                | "soft_constraint"
                | "calculation"
                | "default"
                | "choice_filter"
                | "repeat_count"
                | "jr:count"
                | "bind::relevant"
                | "instance_name"
                | "entity_id"
                | "create_if"
                | "update_if"
        );
        match random.below(6) {
            0..=3 if expression => grammar.expression(random),
            0 => String::new(),
            1 => random.pick(&NAMES).to_owned(),
            2 => (0..random.below(12)).map(|_| random.letter()).collect(),
            _ => random.pick(&VALUES).to_owned(),
        }
    }

    /// Changes cells, headers, rows and names of sheets.
    fn disturb(&self, sheets: &mut Sheets, grammar: &Grammar, random: &mut Random) {
        for _ in 0..=random.below(4) {
            let count = sheets.sheets.len();
            let Some(sheet) = sheets.sheets.get_mut(random.below(count)) else { return };
            let rows = sheet.rows.len();
            match random.below(6) {
                0 => {
                    let width = sheet.header.len();
                    if let Some(header) = sheet.header.get_mut(random.below(width)) {
                        *header = random.mutate(header, &HEADERS, "label::English (en)");
                    }
                }
                1 => {
                    sheet.name = random.mutate(&sheet.name, &["survey", "choices", " "], "settings")
                }
                2 if rows > 0 => {
                    let row = sheet.rows[random.below(rows)].clone();
                    sheet.rows.insert(random.below(rows), row);
                }
                3 if rows > 0 => drop(sheet.rows.remove(random.below(rows))),
                _ => {
                    let Some((_, cells)) = sheet.rows.get_mut(random.below(rows)) else { continue };
                    let keys: Vec<usize> = cells.keys().copied().collect();
                    if !keys.is_empty() {
                        let other = grammar.expression(random);
                        let cell = cells.entry(*random.one(&keys)).or_default();
                        *cell = random.mutate(cell, &PIECES, &other);
                    }
                }
            }
        }
    }
}

fn sheet(name: &str, header: &[&str], rows: Vec<Vec<String>>) -> Sheet {
    let cells = |row: Vec<String>| -> BTreeMap<usize, String> {
        row.into_iter().enumerate().filter(|(_, cell)| !cell.is_empty()).collect()
    };
    Sheet {
        name: name.to_owned(),
        header: header.iter().map(|text| (*text).to_owned()).collect(),
        rows: rows.into_iter().enumerate().map(|(at, row)| (at as u32 + 2, cells(row))).collect(),
    }
}

/// A workbook as parts of a zip, its cells as inline and shared strings.
#[cfg(feature = "workbook")]
pub fn parts(sheets: &Sheets) -> Vec<(&'static str, String)> {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\0', "");
    let mut names = String::new();
    let mut relations = String::new();
    let mut found = Vec::new();
    let files =
        ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml"];
    let mut shared = String::new();
    for (at, (sheet, file)) in sheets.sheets.iter().zip(files).enumerate() {
        let number = at + 1;
        names += &format!(
            "<sheet name=\"{}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>",
            escape(&sheet.name).replace('"', "")
        );
        relations += &format!(
            "<Relationship Id=\"rId{number}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        );
        let mut text = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:Z9\"/><sheetData>".to_owned();
        let header = sheet.header.iter().cloned().enumerate().collect();
        for (row, cells) in std::iter::once(&(1, header)).chain(&sheet.rows) {
            text += &format!("<row r=\"{row}\">");
            for (column, cell) in cells {
                let letter = char::from(b'A' + (*column).min(25) as u8);
                text += &match column {
                    0 => {
                        shared += &format!("<si><t>{}</t></si>", escape(cell));
                        let index = shared.matches("<si>").count() - 1;
                        format!("<c r=\"{letter}{row}\" t=\"s\"><v>{index}</v></c>")
                    }
                    _ if cell.parse::<f64>().is_ok() => {
                        format!("<c r=\"{letter}{row}\"><v>{cell}</v></c>")
                    }
                    _ => format!(
                        "<c r=\"{letter}{row}\" t=\"inlineStr\"><is><t>{}</t></is></c>",
                        escape(cell)
                    ),
                };
            }
            text += "</row>";
        }
        found.push((file, text + "</sheetData></worksheet>"));
    }
    found.push(("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".to_owned()));
    let office = "http://schemas.openxmlformats.org";
    found.push(("xl/workbook.xml", format!("<workbook xmlns=\"{office}/spreadsheetml/2006/main\" xmlns:r=\"{office}/officeDocument/2006/relationships\"><sheets>{names}</sheets></workbook>")));
    found.push(("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"{office}/package/2006/relationships\">{relations}</Relationships>")));
    found.push((
        "xl/sharedStrings.xml",
        format!("<sst xmlns=\"{office}/spreadsheetml/2006/main\">{shared}</sst>"),
    ));
    found.push(("xl/styles.xml", format!("<styleSheet xmlns=\"{office}/spreadsheetml/2006/main\"><cellXfs><xf numFmtId=\"14\"/></cellXfs></styleSheet>")));
    found
}
