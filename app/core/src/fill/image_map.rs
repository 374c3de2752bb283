//! Pictures with regions to choose from: an SVG whose elements carry the names of choices as their `id`.
//! Only shapes come out of it, never its text, styles or scripts; the picture itself is shown as an image.

/// A picture's regions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageMap {
    /// What the coordinates are of: `0 0 300 200`.
    pub view_box: String,
    /// The regions in the picture's order.
    pub regions: Vec<Region>,
}

/// A shape that stands for a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The name of the choice.
    pub choice: String,
    /// Its outline, as the `d` of a path.
    pub outline: String,
    /// What moves it, as a `transform`; outermost first.
    pub transform: String,
}

/// Elements whose shapes are not shown where they stand.
const HIDDEN: [&str; 8] =
    ["defs", "symbol", "clipPath", "mask", "pattern", "marker", "script", "style"];
/// More than this is no map that a person taps.
const MOST_REGIONS: usize = 2_000;
/// How deep elements may lie.
const DEEPEST: usize = 64;

/// An open element.
#[derive(Clone, Default)]
struct Open {
    choice: Option<String>,
    transform: String,
    hidden: bool,
}

/// Reads the regions of the choices that `is_choice` knows. `None` for what is no SVG with a size.
pub fn read(svg: &str, is_choice: impl Fn(&str) -> bool) -> Option<ImageMap> {
    let mut map = ImageMap::default();
    let mut open: Vec<Open> = Vec::new();
    let mut rest = svg;
    while let Some((_, after)) = rest.split_once('<') {
        if let Some(end) = after.strip_prefix("!--") {
            rest = end.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        if let Some(end) = after.strip_prefix("![CDATA[") {
            rest = end.split_once("]]>").map_or("", |(_, rest)| rest);
            continue;
        }
        let (tag, after) = element(after)?;
        rest = after;
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if tag.starts_with('/') {
            open.pop();
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_at(tag.find(char::is_whitespace).unwrap_or(tag.len()));
        let name = name.rsplit(':').next().unwrap_or(name);
        let attributes = attributes_of(attributes);
        if map.view_box.is_empty() {
            if name != "svg" {
                return None;
            }
            map.view_box = view_box(&attributes)?;
        }
        let mut here = open.last().cloned().unwrap_or_default();
        here.hidden |= HIDDEN.contains(&name);
        if let Some(id) = value(&attributes, "id").filter(|id| is_choice(id)) {
            here.choice = Some(id.to_owned());
        }
        if let Some(moved) = value(&attributes, "transform").filter(|text| is_plain(text)) {
            here.transform += moved;
            here.transform.push(' ');
        }
        if let (Some(choice), false) = (&here.choice, here.hidden) {
            let region = |outline| Region {
                choice: choice.clone(),
                outline,
                transform: here.transform.trim_end().to_owned(),
            };
            map.regions.extend(outline(name, &attributes).map(region));
        }
        if open.len() >= DEEPEST || map.regions.len() >= MOST_REGIONS {
            return None;
        }
        if !closed {
            open.push(here);
        }
    }
    (!map.view_box.is_empty()).then_some(map)
}

/// A tag up to its end, which a quoted value may hold too.
fn element(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '>' => return Some((&text[..at], &text[at + 1..])),
            None => {}
        }
    }
    None
}

fn attributes_of(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some((value, after)) = after[1..].split_once(quote) else { break };
        found.push((name.trim(), value.trim()));
        rest = after;
    }
    found
}

fn value<'a>(attributes: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The picture's own coordinates, or its width and height when it names none.
fn view_box(attributes: &[(&str, &str)]) -> Option<String> {
    let numbers = |text: &str| -> Vec<f64> {
        let words = text.split([' ', ',', '\n', '\t']).filter(|word| !word.is_empty());
        words.filter_map(|word| word.trim_end_matches("px").parse().ok()).collect()
    };
    if let Some(written) = value(attributes, "viewBox") {
        let found = numbers(written);
        let sound = found.len() == 4 && found[2] > 0.0 && found[3] > 0.0;
        return sound.then(|| found.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
    }
    let size = |name| numbers(value(attributes, name)?).first().copied().filter(|of| *of > 0.0);
    Some(format!("0 0 {} {}", size("width")?, size("height")?))
}

/// Whether a text holds nothing but numbers, letters of commands and brackets.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "().,+-%".contains(c);
    !text.is_empty() && text.chars().all(plain)
}

/// The outline of a drawn element.
fn outline(name: &str, attributes: &[(&str, &str)]) -> Option<String> {
    let text = |key| value(attributes, key).filter(|text| is_plain(text));
    let number = |key| match value(attributes, key) {
        None => Some(0.0),
        Some(text) => text.trim_end_matches("px").parse::<f64>().ok(),
    };
    match name {
        "path" => text("d").map(str::to_owned),
        "polygon" | "polyline" => Some(format!("M{}z", text("points")?)),
        "rect" => {
            let (x, y) = (number("x")?, number("y")?);
            let (width, height) = (number("width")?, number("height")?);
            Some(format!("M{x} {y}h{width}v{height}h{}z", -width))
        }
        "circle" | "ellipse" => {
            let (x, y) = (number("cx")?, number("cy")?);
            let (across, down) = match name {
                "circle" => (number("r")?, number("r")?),
                _ => (number("rx")?, number("ry")?),
            };
            let (left, width) = (x - across, 2.0 * across);
            Some(format!(
                "M{left} {y}a{across} {down} 0 1 0 {width} 0a{across} {down} 0 1 0 {} 0z",
                -width
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regions(svg: &str) -> Vec<String> {
        let map = read(svg, |id| ["head", "arm", "leg"].contains(&id)).unwrap_or_default();
        let one = |region: &Region| {
            format!("{} [{}] {}", region.choice, region.outline, region.transform)
        };
        map.regions.iter().map(one).collect()
    }

    #[test]
    fn shapes_by_their_ids() {
        let svg = r#"<?xml version="1.0"?><!-- a > b --><!DOCTYPE svg>
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0,0 100 50">
              <defs><path id="head" d="M0 0"/></defs>
              <g transform="translate(5 5)"><path id="head" style="fill:red" d="M0 0 L1,1z" onclick="x()"/>
                <svg:g id="arm" transform='scale(2)'><rect x="1" y="2" width="3" height="4"/>
                  <circle cx="1" cy="1" r="1"></circle><text>arm</text></svg:g></g>
              <polygon id="tail" points="0,0 1,1"/><polygon points="1,1 2,2" id='leg' />
              <path id="leg" d="url(javascript:x)"/>
            </svg>"#;
        assert_eq!(
            regions(svg),
            [
                "head [M0 0 L1,1z] translate(5 5)",
                "arm [M1 2h3v4h-3z] translate(5 5) scale(2)",
                "arm [M0 1a1 1 0 1 0 2 0a1 1 0 1 0 -2 0z] translate(5 5) scale(2)",
                "leg [M1,1 2,2z] ",
            ]
        );
    }

    #[test]
    fn what_is_no_map() {
        let none = |svg: &str| read(svg, |_| true).is_none();
        assert!(none(""));
        assert!(none("<html><svg viewBox='0 0 1 1'/></html>"));
        assert!(none("<svg><path id='a' d='M0 0'/></svg>"));
        assert!(none("<svg viewBox='0 0 0 1'></svg>"));
        assert!(none("<svg viewBox='0 0 1 1'><path d='"));
        assert!(none(&format!("<svg viewBox='0 0 1 1'>{}", "<g>".repeat(100))));
        let sized = read("<svg width='30px' height='20'/>", |_| true).map(|map| map.view_box);
        assert_eq!(sized.as_deref(), Some("0 0 30 20"));
        assert!(read("<svg viewBox='0 0 1 1'></g></g></g>", |_| true).is_some());
    }
}
