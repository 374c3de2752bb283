//! Sheets as JSON with their columns in the order written: a map of `serde_json` would sort them, and
//! the first language of a form is the one whose column comes first.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;

use crate::read::{Sheet, Sheets};

/// `{"survey": [{column: value}, …], …}`, also wrapped as `{"sheets": …}`.
#[derive(Debug, Default)]
pub struct Ordered(pub Sheets);

/// What a key of the shape may hold.
enum Part {
    Rows(Vec<Vec<(String, String)>>),
    Sheets(Sheets),
    Other,
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ordered, D::Error> {
        match Part::deserialize(deserializer)? {
            Part::Sheets(sheets) => Ok(Ordered(sheets)),
            _ => Ok(Ordered::default()),
        }
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Part, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("sheets or rows")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        let mut sheets = Sheets::default();
        while let Some((name, part)) = map.next_entry::<String, Part>()? {
            match part {
                Part::Rows(rows) => sheets.sheets.push(sheet(name, rows)),
                Part::Sheets(inner) if name == "sheets" => sheets.sheets.extend(inner.sheets),
                _ => {}
            }
        }
        Ok(Part::Sheets(sheets))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Part, A::Error> {
        let mut rows = Vec::new();
        while let Some(Row(row)) = items.next_element()? {
            rows.push(row);
        }
        Ok(Part::Rows(rows))
    }

    fn visit_str<E>(self, _: &str) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Part, E> {
        Ok(Part::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part, E> {
        Ok(Part::Other)
    }
}

/// A row; anything but an object is an empty one.
struct Row(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_any(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut cells = Vec::new();
        while let Some((column, value)) = map.next_entry::<String, Json>()? {
            cells.push((column, cell(&value)));
        }
        Ok(Row(cells))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Row, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Row(Vec::new()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Row, E> {
        Ok(Row(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Row, E> {
        Ok(Row(Vec::new()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Row, E> {
        Ok(Row(Vec::new()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Row, E> {
        Ok(Row(Vec::new()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Row, E> {
        Ok(Row(Vec::new()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Row, E> {
        Ok(Row(Vec::new()))
    }
}

fn cell(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        Json::Bool(truth) => if *truth { "TRUE" } else { "FALSE" }.to_owned(),
        other => other.to_string(),
    }
}

fn sheet(name: String, rows: Vec<Vec<(String, String)>>) -> Sheet {
    let mut header: Vec<String> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut read = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        let mut cells = BTreeMap::new();
        for (column, text) in row {
            let place = *places.entry(column).or_insert_with_key(|column| {
                header.push(column.clone());
                header.len() - 1
            });
            cells.insert(place, text);
        }
        read.push((at as u32 + 2, cells));
    }
    Sheet { name, header, rows: read }
}

/// Sheets on their way out, in the shape they are read in.
pub struct Written<'a>(pub &'a Sheets);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.sheets.len()))?;
        for sheet in &self.0.sheets {
            map.serialize_entry(&sheet.name, &WrittenRows(sheet))?;
        }
        map.end()
    }
}

struct WrittenRows<'a>(&'a Sheet);

impl Serialize for WrittenRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(None)?;
        let mut next = 2;
        for (number, cells) in &self.0.rows {
            // Empty rows keep the numbers of those after them.
            while next < *number {
                rows.serialize_element(&BTreeMap::<String, String>::new())?;
                next += 1;
            }
            rows.serialize_element(&WrittenRow(self.0, cells))?;
            next = number + 1;
        }
        rows.end()
    }
}

struct WrittenRow<'a>(&'a Sheet, &'a BTreeMap<usize, String>);

impl Serialize for WrittenRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (at, text) in self.1 {
            if let Some(header) = self.0.header.get(*at) {
                map.serialize_entry(header, text)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_order_and_rows_their_numbers() {
        let text = r#"{"survey":[{"type":"text","name":"b","label::z":"B","label::a":"A"},{},{"a":1,"type":true}],"x":[]}"#;
        let read: Ordered = serde_json::from_str(text).unwrap_or_default();
        assert_eq!(read.0.sheets[0].header, ["type", "name", "label::z", "label::a", "a"]);
        let again = serde_json::to_string(&Written(&read.0)).unwrap_or_default();
        assert_eq!(
            again,
            text.replace("1", "\"1\"")
                .replace("{\"a\":\"1\",\"type\":true}", "{\"type\":\"TRUE\",\"a\":\"1\"}")
        );
        let wrapped: Ordered =
            serde_json::from_str(&["{\"sheets\":", text, ",\"n\":1,\"o\":null}"].concat())
                .unwrap_or_default();
        assert_eq!(wrapped.0, read.0);
    }
}
