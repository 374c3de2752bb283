//! Files of external instances as rows, for [`crate::session::Context::external`].

use std::collections::BTreeMap;

/// A row: column → value.
pub type Row = BTreeMap<String, String>;

/// Reads CSV (RFC 4180; a byte order mark and semicolons are understood). The first record names the
/// columns; records that are longer than it lose the rest.
pub fn rows_of_csv(text: &str) -> Vec<Row> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or("");
    let separator = if first.contains(',') || !first.contains(';') { ',' } else { ';' };
    let mut records = records(text, separator).into_iter();
    let Some(header) = records.next() else { return Vec::new() };
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let row = |record: Vec<String>| -> Row { names.iter().cloned().zip(record).collect() };
    records.filter(|record| record.iter().any(|field| !field.is_empty())).map(row).collect()
}

fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut letters = text.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        let last = records.last_mut().and_then(|record| record.last_mut());
        let Some(field) = last else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            _ if quoted => field.push(letter),
            '\r' => {}
            '\n' => records.push(vec![String::new()]),
            _ if letter == separator => {
                if let Some(record) = records.last_mut() {
                    record.push(String::new());
                }
            }
            _ => field.push(letter),
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::rows_of_csv;

    #[test]
    fn quotes_breaks_and_short_records() {
        let rows = rows_of_csv("\u{feff}name,label\r\na,\"x, \"\"y\"\"\nz\"\r\n\r\nb\r\n");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["label"], "x, \"y\"\nz");
        assert_eq!(rows[1].get("label"), None);
        assert_eq!(rows_of_csv("a;b\n1;2")[0]["b"], "2");
        assert!(rows_of_csv("").is_empty());
    }
}
