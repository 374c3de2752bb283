//! The `parameters` column: `key=value key=value`, checked against the question type.

use std::collections::BTreeMap;

use super::Problem;
use crate::model::{ChoiceList, Form, Node, QuestionType as Q};

type Parameters = BTreeMap<String, String>;

/// Splits `a=1 b=2` (spaces, commas and semicolons separate); `None` when it is not of that form.
pub fn parse(cell: &str) -> Option<Parameters> {
    let spaced = cell.replace('=', " = ");
    let separators = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let tokens: Vec<&str> = spaced.split(separators).filter(|token| !token.is_empty()).collect();
    let mut found = Parameters::new();
    for part in tokens.chunks(3) {
        let [key, "=", value] = part else { return None };
        if *key == "=" || *value == "=" {
            return None;
        }
        let key = key.to_lowercase();
        // These name things of the author's, so their case is kept.
        let keeps = matches!(
            key.as_str(),
            "label" | "value" | "seed" | "reference-geometry" | "tick_labelset"
        );
        found.insert(key, if keeps { (*value).to_owned() } else { value.to_lowercase() });
    }
    Some(found)
}

fn accepted(node: &Node, question: Q) -> Option<&'static [&'static str]> {
    use crate::model::Choices;
    Some(match question {
        Q::SelectOne | Q::SelectMultiple | Q::Rank => match node.choices {
            Choices::List(_) => &["randomize", "seed"],
            // `value=item` is ours: the id of the item instead of its text.
            Choices::Reference(_) if node.parameters.get("value").is_some_and(|v| v == "item") => {
                &["randomize", "seed", "value"]
            }
            Choices::Reference(_) => &["randomize", "seed"],
            _ => &["label", "randomize", "seed", "value"],
        },
        Q::Text => &["rows"],
        Q::Image => &["app", "max-pixels"],
        Q::Audio | Q::BackgroundAudio => &["quality"],
        Q::Geopoint => {
            &["allow-mock-accuracy", "capture-accuracy", "reference-geometry", "warning-accuracy"]
        }
        Q::Geotrace | Q::Geoshape => &["allow-mock-accuracy", "incremental", "reference-geometry"],
        Q::Range => &["end", "placeholder", "start", "step", "tick_interval", "tick_labelset"],
        Q::Audit => &[
            "identify-user",
            "location-max-age",
            "location-min-interval",
            "location-priority",
            "track-changes",
            "track-changes-reasons",
        ],
        _ => return None,
    })
}

/// Checks the parameters of a question; problems are messages without a place.
pub fn check(node: &Node, question: Q, form: &Form) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut refuse = |message: String| found.push(Problem::new("parameters", message, "survey"));
    let parameters = &node.parameters;
    if let Some(accepted) = accepted(node, question) {
        let extra: Vec<&str> =
            parameters.keys().map(String::as_str).filter(|key| !accepted.contains(key)).collect();
        if !extra.is_empty() {
            let (extra, accepted) = (extra.join(", "), accepted.join(", "));
            refuse(std::format!(
                "This question type has no parameter '{extra}'. It takes: {accepted}."
            ));
        }
    }
    one_by_one(node, question, &mut refuse);
    if question == Q::Range {
        range(node, form, &mut refuse);
    }
    if question == Q::Audit {
        audit(parameters, &mut refuse);
    }
    found
}

/// Parameters of a type that has none: they are left out.
pub fn ignored(node: &Node) -> Option<String> {
    let question = node.question()?;
    if node.parameters.is_empty() || accepted(node, question).is_some() {
        return None;
    }
    let keys: Vec<&str> = node.parameters.keys().map(String::as_str).collect();
    Some(std::format!(
        "This question type has no parameters: '{}' is left out. Take it out, or choose another type.",
        keys.join(", ")
    ))
}

fn one_by_one(node: &Node, question: Q, refuse: &mut dyn FnMut(String)) {
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    let is_integer = |text: &str| text.parse::<i64>().is_ok();
    for (key, value) in &node.parameters {
        let choice = |allowed: &[&str]| allowed.contains(&value.as_str());
        let fits = match (question, key.as_str()) {
            (Q::Audio, "quality") => choice(&["voice-only", "low", "normal", "external"]),
            (Q::BackgroundAudio, "quality") => choice(&["voice-only", "low", "normal"]),
            (Q::Image, "max-pixels") | (Q::Text, "rows") => is_integer(value),
            (Q::Image, "app") => {
                let annotates = node.appearance.is_empty() || node.appearance == ["annotate"];
                !annotates || is_package(value)
            }
            (Q::Geopoint, "capture-accuracy" | "warning-accuracy") => is_number(value),
            (_, "track-changes-reasons") => choice(&["on-form-edit"]),
            (_, "allow-mock-accuracy" | "identify-user" | "track-changes" | "randomize") => {
                choice(&["true", "false"])
            }
            (Q::Geotrace | Q::Geoshape, "incremental") => choice(&["true", "yes", "true()"]),
            (Q::SelectOne | Q::SelectMultiple | Q::Rank, "seed") => {
                node.parameters.contains_key("randomize")
                    && (is_number(value) || super::references::is_reference(value))
            }
            (Q::SelectOne | Q::SelectMultiple | Q::Rank, "value" | "label") => {
                super::references::is_tag(value)
            }
            _ => true,
        };
        if !fits {
            refuse(std::format!("The parameter '{key}' cannot be '{value}'."));
        }
    }
}

fn is_package(name: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.contains('.') && name.split('.').all(part)
}

fn audit(parameters: &Parameters, refuse: &mut dyn FnMut(String)) {
    let keys = ["location-priority", "location-min-interval", "location-max-age"];
    let given = keys.iter().filter(|key| parameters.contains_key(**key)).count();
    if given == 0 {
        return;
    }
    if given < keys.len() {
        refuse(std::format!("Places in the audit need all of: {}.", keys.join(", ")));
        return;
    }
    let priority = parameters.get(keys[0]).map_or("", String::as_str);
    if !matches!(priority, "no-power" | "low-power" | "balanced" | "high-accuracy") {
        refuse("location-priority is no-power, low-power, balanced or high-accuracy.".to_owned());
    }
    let seconds = |key: &str| parameters.get(key)?.parse::<i64>().ok().filter(|found| *found >= 0);
    match (seconds(keys[1]), seconds(keys[2])) {
        (Some(interval), Some(age)) if age >= interval => {}
        (Some(_), Some(_)) => {
            refuse("location-max-age must not be less than location-min-interval.".to_owned());
        }
        _ => refuse(
            "location-min-interval and location-max-age are whole seconds from 0.".to_owned(),
        ),
    }
}

fn range(node: &Node, form: &Form, refuse: &mut dyn FnMut(String)) {
    let number = |key: &str, otherwise: Option<f64>| match node.parameters.get(key) {
        Some(text) => {
            text.parse::<f64>().ok().filter(|found| found.is_finite()).ok_or(()).map(Some)
        }
        None => Ok(otherwise),
    };
    let keys = ["start", "end", "step", "tick_interval", "placeholder"];
    let otherwise = [Some(1.0), Some(10.0), Some(1.0), None, None];
    let mut found = [None; 5];
    for (at, key) in keys.iter().enumerate() {
        match number(key, otherwise[at]) {
            Ok(number) => found[at] = number,
            Err(()) => return refuse(std::format!("The parameter '{key}' must be a number.")),
        }
    }
    let [Some(start), Some(end), Some(step), tick, placeholder] = found else { return };
    let labels = node.parameters.get("tick_labelset");
    let plain = node.appearance.is_empty()
        || node
            .appearance
            .iter()
            .any(|word| word.contains("vertical") || word.contains("no-ticks"));
    if !plain && (tick.is_some() || placeholder.is_some() || labels.is_some()) {
        refuse(
            "Ticks and placeholders are only for the default, vertical and no-ticks ranges."
                .to_owned(),
        );
    }
    let multiple = |of: f64| ((of / step).round() * step - of).abs() < 1e-9;
    let outside = |at: f64| at < start.min(end) || at > start.max(end);
    if step == 0.0 || tick == Some(0.0) {
        return refuse("step and tick_interval must not be 0.".to_owned());
    }
    if step > (end - start).abs() || tick.is_some_and(|tick| tick > (end - start).abs()) {
        refuse("step and tick_interval must not be larger than the range.".to_owned());
    }
    if tick.is_some_and(|tick| !multiple(tick)) {
        refuse("tick_interval must be a multiple of step.".to_owned());
    }
    if placeholder.is_some_and(|at| !multiple(at - start) || outside(at)) {
        refuse("placeholder must be a step of the range.".to_owned());
    }
    if let Some(name) = labels {
        let places = (start, end, tick.unwrap_or(step));
        match form.lists.get(name) {
            Some(list) => ticks(node, list, places, refuse),
            None => refuse(std::format!("There is no choice list '{name}' for tick_labelset.")),
        }
    }
}

fn ticks(
    node: &Node,
    list: &ChoiceList,
    (start, end, step): (f64, f64, f64),
    refuse: &mut dyn FnMut(String),
) {
    let mut values = Vec::new();
    for item in &list.items {
        let number = item.name.parse::<f64>().ok().filter(|found| found.is_finite());
        let fits = |at: &f64| {
            let steps = (at - start) / step;
            *at >= start.min(end) && *at <= start.max(end) && (steps.round() - steps).abs() < 1e-9
        };
        match number.filter(fits) {
            Some(number) => values.push(number),
            None => {
                return refuse(std::format!(
                    "The tick label '{}' is not a step of the range.",
                    item.name
                ));
            }
        }
    }
    if node.appearance.iter().any(|word| word.contains("no-ticks")) {
        values.sort_by(f64::total_cmp);
        values.dedup();
        if values != [start.min(end), start.max(end)] {
            refuse("With no-ticks only the two ends of the range can have labels.".to_owned());
        }
    }
}
