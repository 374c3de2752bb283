//! Files beside a form as rows: CSV, GeoJSON and the XML that ODK's clients know.

use serde_json::Value as Json;

use super::xml::Document;
use crate::expr::{NodeKind, NodeRef, Tree};
use crate::read;

/// The rows of a file, by the ending of its name; `None` for one that holds none.
pub fn of_file(name: &str, text: &str) -> Option<Vec<read::Row>> {
    match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "csv" => Some(read::rows_of_csv(text)),
        "geojson" => Some(of_geojson(text)),
        "xml" => Some(of_xml(text)),
        _ => None,
    }
}

/// Features of GeoJSON: their properties, `id`, and the place as ODK writes it.
fn of_geojson(text: &str) -> Vec<read::Row> {
    let json: Json = serde_json::from_str(text).unwrap_or(Json::Null);
    let plain = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let row = |feature: &Json| {
        let mut row = read::Row::new();
        for (key, value) in feature["properties"].as_object().into_iter().flatten() {
            row.insert(key.clone(), plain(value));
        }
        if let Some(id) = feature.get("id") {
            row.insert("id".to_owned(), plain(id));
        }
        row.insert("geometry".to_owned(), place(&feature["geometry"]["coordinates"]));
        row
    };
    json["features"].as_array().into_iter().flatten().map(row).collect()
}

/// `lat lon alt acc` of each point, separated by semicolons.
fn place(coordinates: &Json) -> String {
    let Some(items) = coordinates.as_array() else { return String::new() };
    if let [Json::Number(longitude), Json::Number(latitude), ..] = items.as_slice() {
        return format!("{latitude} {longitude} 0 0");
    }
    items.iter().map(place).collect::<Vec<_>>().join(";")
}

/// Children of the document element: what is inside each is its columns.
fn of_xml(text: &str) -> Vec<read::Row> {
    let Ok(document) = Document::parse(text) else { return Vec::new() };
    let inside = |node: NodeRef| -> Vec<NodeRef> {
        let mut found = Vec::new();
        document.children(node, &mut found);
        found.retain(|node| document.kind(*node) == NodeKind::Element);
        found
    };
    let row = |item: NodeRef| -> read::Row {
        let cell = |cell: NodeRef| {
            (document.name(cell).into_owned(), document.text(cell).trim().to_owned())
        };
        inside(item).into_iter().map(cell).collect()
    };
    let roots = inside(document.start);
    roots.first().map(|root| inside(*root).into_iter().map(row).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::of_file;

    #[test]
    fn the_same_rows_in_three_formats() {
        let csv = "name,label\na,Ananuri\n";
        let xml = "<root><item><name>a</name><label>Ananuri</label></item></root>";
        assert_eq!(of_file("places.csv", csv), of_file("places.XML", xml));
        let geo = r#"{"features": [{"id": "a", "properties": {"title": "Ananuri"},
            "geometry": {"coordinates": [44.7, 42.1]}}]}"#;
        let rows = of_file("places.geojson", geo).unwrap_or_default();
        assert_eq!(rows[0]["title"], "Ananuri");
        assert_eq!(rows[0]["geometry"], "42.1 44.7 0 0");
        assert_eq!(of_file("places.png", ""), None);
    }
}
