//! A workbook together with the files that its questions need: one zip archive.
//!
//! Tables (CSV, XML, GeoJSON) become lists of the form under the name of their instance, so that phones get
//! them with it. Pictures, sounds and films are handed on: how they are kept is the host's matter.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};

use super::rows;
use crate::model::{ChoiceItem, ChoiceList, Form, Text};
use crate::read::{self, Compiled, Problem, Row};

/// Most bytes that an archive may unpack to.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Most files in it.
const MOST_FILES: usize = 500;

/// What came out of an archive.
#[derive(Debug, Default)]
pub struct Packed {
    pub compiled: Compiled,
    /// The files that labels and choices show, by name.
    pub media: BTreeMap<String, Vec<u8>>,
}

fn problem(code: &str, message: impl Into<String>) -> Problem {
    Problem { code: code.to_owned(), message: message.into(), ..Problem::default() }
}

/// Compiles the workbook or text in an archive. What the form names and the archive lacks is warned of, as
/// is what nothing names.
pub fn compile(archive: &[u8]) -> Packed {
    let refused = |problem: Problem| Packed {
        compiled: Compiled { errors: vec![problem], ..Compiled::default() },
        ..Packed::default()
    };
    let files = match unpack(archive) {
        Ok(files) => files,
        Err(problem) => return refused(problem),
    };
    let is_source = |name: &str| {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        matches!(ending.as_str(), "xlsx" | "xls" | "md")
    };
    let mut sources = files.iter().filter(|(name, _)| is_source(name));
    let (Some((source, bytes)), None) = (sources.next(), sources.next()) else {
        return refused(problem(
            "package",
            "The archive must hold exactly one workbook (.xlsx, .xls or .md) beside its files.",
        ));
    };
    let compiled = match bytes.starts_with(b"PK") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        true => read::from_workbook(bytes),
        false => read::from_markdown(&read::text_of_bytes(bytes)),
    };
    let mut packed = Packed { compiled, media: BTreeMap::new() };
    let Some(form) = &mut packed.compiled.form else { return packed };
    let (wanted, tables) = (media_of(form), form.instances.clone());
    for (instance, file) in &tables {
        match files.get(file) {
            Some(bytes) => {
                let text = read::text_of_bytes(bytes);
                let list = rows::of_file(file, &text).map(list_of).unwrap_or_default();
                form.lists.entry(instance.clone()).or_insert(list);
            }
            // The host itself supplies this one.
            None if instance == "roster" => {}
            None => packed.compiled.warnings.push(missing(file)),
        }
    }
    for name in &wanted {
        match files.get(name) {
            Some(bytes) => drop(packed.media.insert(name.clone(), bytes.clone())),
            None => packed.compiled.warnings.push(missing(name)),
        }
    }
    let used = |name: &String| {
        name == source || wanted.contains(name) || tables.values().any(|file| file == name)
    };
    for name in files.keys().filter(|name| !used(name)) {
        let text = format!("The form names no file '{name}'. It is left out.");
        packed.compiled.warnings.push(problem("unused_file", text));
    }
    packed
}

fn missing(name: &str) -> Problem {
    let text =
        format!("The form names the file '{name}', which the archive does not hold. Add it.");
    problem("missing_file", text)
}

/// Files by their names without folders.
fn unpack(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let unreadable =
        |_| problem("package", "The archive cannot be read. Pack the files again as .zip.");
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    let (mut files, mut left) = (BTreeMap::new(), MOST_BYTES);
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(unreadable)?;
        let path = part.name().map_err(unreadable)?.into_owned();
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if name.is_empty() || name.starts_with('.') || path.starts_with("__MACOSX") {
            continue;
        }
        let mut bytes = Vec::new();
        // What the directory says of its size is not asked.
        let read = part.take(left + 1).read_to_end(&mut bytes);
        let read = read.map_err(|_| problem("package", format!("'{name}' cannot be unpacked.")))?;
        left = left.checked_sub(read as u64).ok_or_else(too_large)?;
        if files.insert(name.clone(), bytes).is_some() {
            return Err(problem("package", format!("Two files are called '{name}'.")));
        }
        if files.len() > MOST_FILES {
            return Err(too_large());
        }
    }
    Ok(files)
}

fn too_large() -> Problem {
    problem("package", "The archive is too large: 500 files and 64 MiB unpacked are the most.")
}

/// Names of files that labels and choices show.
fn media_of(form: &Form) -> BTreeSet<String> {
    let nodes = form.nodes.iter().map(|node| &node.media);
    let choices = form.lists.values().flat_map(|list| &list.items).map(|item| &item.media);
    let names = nodes.chain(choices).flat_map(BTreeMap::values).flat_map(Text::values);
    names.filter(|name| !name.trim().is_empty()).cloned().collect()
}

fn list_of(rows: Vec<Row>) -> ChoiceList {
    let item = |mut row: Row| {
        let name = row.remove("name").unwrap_or_default();
        let label = row.remove("label").unwrap_or_default();
        let label = Text::from([(String::new(), label)]);
        ChoiceItem { name, label, media: BTreeMap::new(), columns: row }
    };
    ChoiceList { items: rows.into_iter().map(item).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Address, Context, Session};
    use std::io::Write;
    use std::sync::Arc;

    const SOURCE: &str = "\
| survey |
| | type | name | label | media::image |
| | select_one_from_file places.csv | place | Where? | map.png |
| | calculate | region | | |
| | note | missing | Look | not-here.png |
";

    fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let _ = archive.start_file(*name, zip::write::SimpleFileOptions::default());
            let _ = archive.write_all(bytes);
        }
        archive.finish().map(Cursor::into_inner).unwrap_or_default()
    }

    #[test]
    fn tables_become_lists_and_media_are_handed_on() {
        let source = SOURCE.replace("| | calculate | region | | |", "| | integer | region | R | |");
        let packed = compile(&pack(&[
            ("form/form.md", source.as_bytes()),
            ("form/media/map.png", b"png"),
            ("form/places.csv", b"name,label,region\na,Ananuri,7\nb,Pasanauri,8\n"),
            ("form/notes.txt", b"for us"),
        ]));
        assert_eq!(packed.compiled.errors, []);
        let codes: Vec<_> =
            packed.compiled.warnings.iter().map(|problem| problem.code.as_str()).collect();
        assert!(codes.contains(&"missing_file") && codes.contains(&"unused_file"), "{codes:?}");
        assert_eq!(packed.media.keys().collect::<Vec<_>>(), ["map.png"]);
        let form = Arc::new(packed.compiled.form.unwrap_or_default());
        let again = Form::from_bytes(&form.to_bytes()).unwrap_or_default();
        let session = Session::new(Arc::new(again), Context::default());
        let at = Address { items: vec![], node: form.by_name("place").unwrap_or_default() };
        let offered = session.choices(&at, "");
        let names: Vec<_> =
            offered.iter().map(|one| (one.name.as_str(), one.label.as_str())).collect();
        assert_eq!(names, [("a", "Ananuri"), ("b", "Pasanauri")]);
    }

    #[test]
    fn what_is_no_package_is_refused_politely() {
        for bytes in [&b"PK"[..], b"", &pack(&[("a.md", b"x"), ("b.md", b"x")]), &pack(&[])] {
            let packed = compile(bytes);
            assert_eq!(packed.compiled.errors[0].code, "package");
        }
    }
}
