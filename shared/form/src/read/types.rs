//! The `type` column: question types with their aliases, selects, groups.

use crate::model::QuestionType as Q;

/// What a type cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Question(Q),
    Select {
        kind: Q,
        source: Source,
        list: String,
        or_other: bool,
    },
    Begin(Container, Option<String>),
    End(Container),
    /// `csv-external`, `xml-external`: an instance, no question. The extension.
    External(&'static str),
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Choices,
    File,
    ExternalChoices,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Group,
    Repeat,
    Loop,
}

impl Container {
    pub fn name(self) -> &'static str {
        match self {
            Container::Group => "group",
            Container::Repeat => "repeat",
            Container::Loop => "loop",
        }
    }
}

const SELECTS: &[(&str, Q, Source)] = &[
    ("select_one_from_file", Q::SelectOne, Source::File),
    ("select one from file", Q::SelectOne, Source::File),
    ("select_multiple_from_file", Q::SelectMultiple, Source::File),
    ("select multiple from file", Q::SelectMultiple, Source::File),
    ("select_one_external", Q::SelectOne, Source::ExternalChoices),
    ("add select one prompt using", Q::SelectOne, Source::Choices),
    ("add select multiple prompt using", Q::SelectMultiple, Source::Choices),
    ("select all that apply from", Q::SelectMultiple, Source::Choices),
    ("select one from", Q::SelectOne, Source::Choices),
    ("select all that apply", Q::SelectMultiple, Source::Choices),
    ("select_one", Q::SelectOne, Source::Choices),
    ("select one", Q::SelectOne, Source::Choices),
    ("select1", Q::SelectOne, Source::Choices),
    ("select_multiple", Q::SelectMultiple, Source::Choices),
    ("rank", Q::Rank, Source::Choices),
];

const PLAIN: &[(&str, Q)] = &[
    ("text", Q::Text),
    ("string", Q::Text),
    ("phone number", Q::Text),
    ("q string", Q::Text),
    ("add text prompt", Q::Text),
    ("integer", Q::Integer),
    ("int", Q::Integer),
    ("q int", Q::Integer),
    ("add integer prompt", Q::Integer),
    ("percentage", Q::Integer),
    ("number of days in last month", Q::Integer),
    ("number of days in last six months", Q::Integer),
    ("number of days in last year", Q::Integer),
    ("decimal", Q::Decimal),
    ("q decimal", Q::Decimal),
    ("add decimal prompt", Q::Decimal),
    ("range", Q::Range),
    ("note", Q::Note),
    ("q note", Q::Note),
    ("add note prompt", Q::Note),
    ("date", Q::Date),
    ("q date", Q::Date),
    ("add date prompt", Q::Date),
    ("time", Q::Time),
    ("dateTime", Q::DateTime),
    ("datetime", Q::DateTime),
    ("date time", Q::DateTime),
    ("q date time", Q::DateTime),
    ("q dateTime", Q::DateTime),
    ("add date time prompt", Q::DateTime),
    ("add dateTime prompt", Q::DateTime),
    ("acknowledge", Q::Acknowledge),
    ("q acknowledge", Q::Acknowledge),
    ("add acknowledge prompt", Q::Acknowledge),
    ("trigger", Q::Acknowledge),
    ("geopoint", Q::Geopoint),
    ("gps", Q::Geopoint),
    ("location", Q::Geopoint),
    ("q geopoint", Q::Geopoint),
    ("q location", Q::Geopoint),
    ("add location prompt", Q::Geopoint),
    ("geotrace", Q::Geotrace),
    ("q geotrace", Q::Geotrace),
    ("geoshape", Q::Geoshape),
    ("q geoshape", Q::Geoshape),
    ("image", Q::Image),
    ("photo", Q::Image),
    ("q image", Q::Image),
    ("q picture", Q::Image),
    ("add image prompt", Q::Image),
    ("add photo prompt", Q::Image),
    ("audio", Q::Audio),
    ("q audio", Q::Audio),
    ("add audio prompt", Q::Audio),
    ("video", Q::Video),
    ("q video", Q::Video),
    ("add video prompt", Q::Video),
    ("file", Q::File),
    ("add file prompt", Q::File),
    ("barcode", Q::Barcode),
    ("q barcode", Q::Barcode),
    ("add barcode prompt", Q::Barcode),
    ("osm", Q::Osm),
    ("calculate", Q::Calculate),
    ("q calculate", Q::Calculate),
    ("add calculate prompt", Q::Calculate),
    ("hidden", Q::Hidden),
    ("start", Q::Start),
    ("start time", Q::Start),
    ("get start time", Q::Start),
    ("end", Q::End),
    ("end time", Q::End),
    ("get end time", Q::End),
    ("today", Q::Today),
    ("get today", Q::Today),
    ("deviceid", Q::DeviceId),
    ("device id", Q::DeviceId),
    ("get device id", Q::DeviceId),
    ("uri:deviceid", Q::DeviceId),
    ("imei", Q::DeviceId),
    ("username", Q::Username),
    ("uri:username", Q::Username),
    ("phonenumber", Q::PhoneNumber),
    ("get phone number", Q::PhoneNumber),
    ("uri:phonenumber", Q::PhoneNumber),
    ("email", Q::Email),
    ("uri:email", Q::Email),
    ("simserial", Q::SimSerial),
    ("sim id", Q::SimSerial),
    ("get sim id", Q::SimSerial),
    ("uri:simserial", Q::SimSerial),
    ("subscriberid", Q::SubscriberId),
    ("subscriber id", Q::SubscriberId),
    ("get subscriber id", Q::SubscriberId),
    ("uri:subscriberid", Q::SubscriberId),
    ("start-geopoint", Q::StartGeopoint),
    ("background-geopoint", Q::BackgroundGeopoint),
    ("background-audio", Q::BackgroundAudio),
    ("audit", Q::Audit),
];

/// Reads a type cell; words may be separated by any white space.
pub fn parse(cell: &str) -> Type {
    let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(found) = container(&text) {
        return found;
    }
    for (word, kind, source) in SELECTS {
        let Some(rest) = text.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')) else {
            continue;
        };
        let (list, other) = rest.split_once(' ').unwrap_or((rest, ""));
        let or_other = matches!(other, "or_other" | "or other" | "or specify other");
        if list.starts_with("${") {
            return Type::Select {
                kind: *kind,
                source: *source,
                list: rest.to_owned(),
                or_other: false,
            };
        }
        if other.is_empty() || or_other {
            return Type::Select { kind: *kind, source: *source, list: list.to_owned(), or_other };
        }
    }
    match text.as_str() {
        "csv-external" => return Type::External("csv"),
        "xml-external" => return Type::External("xml"),
        _ => {}
    }
    if let Some((_, found)) = PLAIN.iter().find(|(word, _)| *word == text) {
        return Type::Question(*found);
    }
    match text.strip_prefix("osm ") {
        Some(_) => Type::Question(Q::Osm),
        None => Type::Unknown,
    }
}

fn container(text: &str) -> Option<Type> {
    let (begins, rest) = match text.get(..6) {
        Some("begin " | "begin_") => (true, &text[6..]),
        _ => match text.get(..4) {
            Some("end " | "end_") => (false, &text[4..]),
            _ => return None,
        },
    };
    let kinds = [
        ("looped group", Container::Repeat),
        ("lgroup", Container::Repeat),
        ("repeat", Container::Repeat),
        ("group", Container::Group),
        ("loop", Container::Loop),
    ];
    let (word, kind) = kinds.into_iter().find(|(word, _)| rest.starts_with(word))?;
    let over = &rest[word.len()..];
    if over.is_empty() {
        return Some(if begins { Type::Begin(kind, None) } else { Type::End(kind) });
    }
    // Only `begin loop over list` has more words.
    let over = over.strip_prefix(' ').filter(|_| begins)?;
    let list = over.strip_prefix("over ").unwrap_or(over);
    let one_word = !list.is_empty() && !list.contains(' ');
    one_word.then(|| Type::Begin(kind, Some(list.to_owned())))
}
