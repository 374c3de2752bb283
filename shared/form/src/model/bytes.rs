//! A compiled form as bytes: what the server publishes and the phone keeps.
//!
//! `format, texts beyond ASCII, texts in ASCII, the form`. Each text stands once with a zero byte after
//! it, in the order in which the form first needs it; one more zero byte ends each of the two tables.
//! The form itself is its fields in a fixed order, described once for both directions; of nodes, one
//! field of all of them and then the next. This is for the compression to come: like stands by like.
//!
//! Numbers are LEB128. A text is 0 for the empty one, 1 for the next beyond ASCII, 2 for the next in
//! ASCII, else 3 + twice its place in its table, and one more in ASCII. Children are not written: they
//! follow from the parents.
//!
//! A form's version is the hash of these bytes. Whoever changes the order or the fields raises
//! [`FORMAT`]: a phone that does not know a format says so instead of reading nonsense.

use std::collections::BTreeMap;

use super::{
    ChoiceItem, ChoiceList, Choices, Form, Kind, Language, MediaFile, Node, NodeId, QuestionType,
    Text,
};

/// The first byte. No CBOR map begins with it.
pub const FORMAT: u8 = 1;
/// The same of a form with files, which stand at its end. Forms without keep the bytes, and so the
/// version, that they always had.
const WITH_FILES: u8 = 2;
/// The formats that this program reads and writes, the oldest first.
pub const FORMATS: [u8; 2] = [FORMAT, WITH_FILES];

/// Why bytes are no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormBytesError {
    /// Written by a newer version of this program, or no form at all.
    UnknownFormat,
    /// Cut short or altered.
    Damaged,
}

impl Form {
    /// The form's bytes. Equal forms have equal bytes. Zero characters, which no author can write,
    /// are left out.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.written(if self.files.is_empty() { FORMAT } else { WITH_FILES })
    }

    /// The same for a reader of certain formats: the newest of them that the form needs. What an older one
    /// cannot say (files, in the first) is left out. `None` when the reader knows none of ours.
    pub fn to_bytes_for(&self, reads: impl Fn(u8) -> bool) -> Option<Vec<u8>> {
        let usual = if self.files.is_empty() { FORMAT } else { WITH_FILES };
        let other = FORMATS.into_iter().rev().filter(|format| *format != usual);
        let format = std::iter::once(usual).chain(other).find(|format| reads(*format))?;
        Some(self.written(format))
    }

    fn written(&self, format: u8) -> Vec<u8> {
        let mut writer = Writer::default();
        let mut copy = self.clone();
        form(&mut writer, &mut copy);
        if format == WITH_FILES {
            files(&mut writer, &mut copy.files);
        }
        let mut bytes = vec![format];
        for table in writer.tables {
            bytes.extend_from_slice(table.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(&writer.body);
        bytes
    }

    /// Reads [`Form::to_bytes`]. Any bytes are answered, with memory in proportion to their length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Form, FormBytesError> {
        let (format, rest) = bytes.split_first().ok_or(FormBytesError::UnknownFormat)?;
        if !FORMATS.contains(format) {
            return Err(FormBytesError::UnknownFormat);
        }
        let mut reader = Reader { rest, ..Reader::default() };
        reader.tables = [reader.table(), reader.table()];
        let mut read = Form::default();
        form(&mut reader, &mut read);
        if *format == WITH_FILES {
            files(&mut reader, &mut read.files);
        }
        let sound = !reader.damaged && reader.rest.is_empty() && adopt(&mut read.nodes);
        if sound { Ok(read) } else { Err(FormBytesError::Damaged) }
    }
}

/// Fills in the children; false for a form without a root or with a parent that comes later.
fn adopt(nodes: &mut [Node]) -> bool {
    for at in 0..nodes.len() {
        match nodes[at].parent {
            Some(parent) if parent.index() < at => {
                nodes[parent.index()].children.push(NodeId(at as u32));
            }
            None if at == 0 => {}
            _ => return false,
        }
    }
    !nodes.is_empty()
}

/// One direction. Writing leaves the values as they are, reading replaces them.
trait Wire {
    fn number(&mut self, number: &mut u32);
    fn text(&mut self, text: &mut String);
    /// Reading makes the list as long as the number that stands there.
    fn length<T: Default>(&mut self, items: &mut Vec<T>);

    fn list<T: Default>(&mut self, items: &mut Vec<T>, each: fn(&mut Self, &mut T)) {
        self.length(items);
        items.iter_mut().for_each(|item| each(self, item));
    }

    fn map<T: Default>(&mut self, map: &mut BTreeMap<String, T>, each: fn(&mut Self, &mut T)) {
        let mut pairs: Vec<(String, T)> = std::mem::take(map).into_iter().collect();
        self.length(&mut pairs);
        for (mut key, mut value) in pairs {
            self.text(&mut key);
            each(self, &mut value);
            map.insert(key, value);
        }
    }

    fn texts(&mut self, texts: &mut Text) {
        self.map(texts, Self::text);
    }
}

fn form<W: Wire>(wire: &mut W, form: &mut Form) {
    wire.text(&mut form.form_id);
    wire.text(&mut form.version);
    wire.texts(&mut form.title);
    wire.list(&mut form.languages, |wire, Language { code, name }| {
        wire.text(code);
        wire.text(name);
    });
    wire.text(&mut form.default_language);
    wire.texts(&mut form.settings);
    wire.texts(&mut form.instances);
    wire.list(&mut form.entities, W::texts);
    nodes(wire, &mut form.nodes);
    wire.map(&mut form.lists, |wire, ChoiceList { items }| {
        wire.list(items, |wire, choice| {
            let ChoiceItem { name, label, media, columns } = choice;
            wire.text(name);
            wire.texts(label);
            wire.map(media, W::texts);
            wire.texts(columns);
        });
    });
}

fn files<W: Wire>(wire: &mut W, files: &mut BTreeMap<String, MediaFile>) {
    wire.map(files, |wire, MediaFile { hash, size, media_type }| {
        wire.text(hash);
        wire.number(size);
        wire.text(media_type);
    });
}

/// The fields of a node that are one text.
const TEXTS: [fn(&mut Node) -> &mut String; 12] = [
    |node| &mut node.name,
    |node| &mut node.key,
    |node| &mut node.relevant,
    |node| &mut node.required,
    |node| &mut node.readonly,
    |node| &mut node.constraint,
    |node| &mut node.soft_constraint,
    |node| &mut node.calculation,
    |node| &mut node.default,
    |node| &mut node.trigger,
    |node| &mut node.choice_filter,
    |node| &mut node.repeat_count,
];

/// The fields of a node that are texts by language or by name.
const MAPS: [fn(&mut Node) -> &mut Text; 8] = [
    |node| &mut node.label,
    |node| &mut node.hint,
    |node| &mut node.guidance,
    |node| &mut node.required_message,
    |node| &mut node.constraint_message,
    |node| &mut node.soft_constraint_message,
    |node| &mut node.parameters,
    |node| &mut node.attributes,
];

fn nodes<W: Wire>(wire: &mut W, nodes: &mut Vec<Node>) {
    wire.length(nodes);
    for node in &mut *nodes {
        let mut up = node.parent.map_or(0, |id| id.0.saturating_add(1));
        wire.number(&mut up);
        node.parent = up.checked_sub(1).map(NodeId);
    }
    for node in &mut *nodes {
        let mut kind = kind_number(node.kind);
        wire.number(&mut kind);
        node.kind = kind_of(kind);
    }
    nodes.iter_mut().for_each(|node| wire.number(&mut node.row));
    for node in &mut *nodes {
        let mut dynamic = u32::from(node.dynamic_default);
        wire.number(&mut dynamic);
        node.dynamic_default = dynamic != 0;
    }
    for node in &mut *nodes {
        let (mut source, mut name) = source_parts(&node.choices);
        wire.number(&mut source);
        wire.text(&mut name);
        node.choices = source_of(source, name);
    }
    for field in TEXTS {
        nodes.iter_mut().for_each(|node| wire.text(field(node)));
    }
    for field in MAPS {
        nodes.iter_mut().for_each(|node| wire.texts(field(node)));
    }
    nodes.iter_mut().for_each(|node| wire.map(&mut node.media, W::texts));
    nodes.iter_mut().for_each(|node| wire.list(&mut node.appearance, W::text));
}

fn kind_number(kind: Kind) -> u32 {
    match kind {
        Kind::Root => 0,
        Kind::Group => 1,
        Kind::Repeat => 2,
        Kind::Question(question) => 3 + question as u32,
    }
}

/// A number of a later version is a question without a control: what it holds is kept.
fn kind_of(number: u32) -> Kind {
    match number {
        0 => Kind::Root,
        1 => Kind::Group,
        2 => Kind::Repeat,
        _ => {
            let question = QuestionType::ALL.get(number as usize - 3).copied();
            Kind::Question(question.unwrap_or(QuestionType::Hidden))
        }
    }
}

fn source_parts(choices: &Choices) -> (u32, String) {
    match choices {
        Choices::None => (0, String::new()),
        Choices::List(name) => (1, name.clone()),
        Choices::File(name) => (2, name.clone()),
        Choices::Reference(name) => (3, name.clone()),
    }
}

fn source_of(source: u32, name: String) -> Choices {
    match source {
        1 => Choices::List(name),
        2 => Choices::File(name),
        3 => Choices::Reference(name),
        _ => Choices::None,
    }
}

/// Which table a text is in.
fn table_of(text: &str) -> usize {
    usize::from(text.is_ascii())
}

#[derive(Default)]
struct Writer {
    tables: [String; 2],
    known: BTreeMap<String, u32>,
    next: [u32; 2],
    body: Vec<u8>,
}

impl Wire for Writer {
    fn number(&mut self, number: &mut u32) {
        let mut rest = *number;
        while rest >= 0x80 {
            self.body.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.body.push(rest as u8);
    }

    fn text(&mut self, text: &mut String) {
        let text = text.replace('\0', "");
        if text.is_empty() {
            return self.number(&mut 0);
        }
        let table = table_of(&text);
        if let Some(place) = self.known.get(&text) {
            return self.number(&mut (3 + 2 * place + table as u32));
        }
        self.tables[table] += &text;
        self.tables[table].push('\0');
        self.known.insert(text, self.next[table]);
        self.next[table] += 1;
        self.number(&mut (1 + table as u32));
    }

    fn length<T: Default>(&mut self, items: &mut Vec<T>) {
        self.number(&mut (items.len() as u32));
    }
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a [u8],
    tables: [Vec<&'a str>; 2],
    next: [usize; 2],
    damaged: bool,
}

impl<'a> Reader<'a> {
    fn table(&mut self) -> Vec<&'a str> {
        let mut table = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == 0) {
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or_default();
            match std::str::from_utf8(text) {
                Ok("") => return table,
                Ok(text) => table.push(text),
                Err(_) => break,
            }
        }
        self.damaged = true;
        table
    }
}

impl Wire for Reader<'_> {
    fn number(&mut self, number: &mut u32) {
        *number = 0;
        for at in 0..5 {
            let Some((byte, rest)) = self.rest.split_first() else { break };
            self.rest = rest;
            *number |= u32::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return;
            }
        }
        self.damaged = true;
    }

    fn text(&mut self, text: &mut String) {
        let mut number = 0;
        self.number(&mut number);
        let (table, place) = match number as usize {
            0 => return text.clear(),
            number @ 1..=2 => {
                let table = number - 1;
                self.next[table] += 1;
                (table, self.next[table] - 1)
            }
            number => ((number - 3) % 2, (number - 3) / 2),
        };
        match self.tables[table].get(place) {
            Some(found) => *text = (*found).to_owned(),
            None => self.damaged = true,
        }
    }

    fn length<T: Default>(&mut self, items: &mut Vec<T>) {
        let mut count = 0;
        self.number(&mut count);
        // Each item takes a byte at least.
        if count as usize > self.rest.len() {
            self.damaged = true;
            count = 0;
        }
        items.clear();
        items.resize_with(count as usize, T::default);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_question_types_follow_their_order() {
        for (at, question) in QuestionType::ALL.iter().copied().enumerate() {
            assert_eq!(question as usize, at);
            assert_eq!(kind_of(kind_number(Kind::Question(question))), Kind::Question(question));
        }
        assert_eq!(kind_of(4000), Kind::Question(QuestionType::Hidden));
    }

    fn texts(name: &str) -> Text {
        Text::from([
            ("ka".to_owned(), format!("{name} ქართულად")),
            (String::new(), name.to_owned()),
        ])
    }

    fn named(name: &str) -> BTreeMap<String, Text> {
        BTreeMap::from([(name.to_owned(), texts(name))])
    }

    /// Every field by its name: a field that is added must be written here and above.
    fn full(parent: Option<NodeId>, children: Vec<NodeId>) -> Node {
        Node {
            name: "name".into(),
            key: "key".into(),
            parent,
            children,
            kind: Kind::Question(QuestionType::Rank),
            label: texts("label"),
            hint: texts("hint"),
            guidance: texts("guidance"),
            media: named("media"),
            relevant: "relevant".into(),
            required: "required".into(),
            required_message: texts("required_message"),
            readonly: "readonly".into(),
            constraint: "constraint".into(),
            constraint_message: texts("constraint_message"),
            soft_constraint: "soft_constraint".into(),
            soft_constraint_message: texts("soft_constraint_message"),
            calculation: "calculation".into(),
            default: "default".into(),
            dynamic_default: true,
            trigger: "trigger".into(),
            choices: Choices::File("choices".into()),
            choice_filter: "choice_filter".into(),
            repeat_count: "repeat_count".into(),
            appearance: vec!["appearance".into()],
            parameters: texts("parameters"),
            attributes: texts("attributes"),
            row: 300,
        }
    }

    fn form() -> Form {
        let item = ChoiceItem {
            name: "item".into(),
            label: texts("item label"),
            media: named("item media"),
            columns: texts("columns"),
        };
        Form {
            form_id: "form_id".into(),
            version: "version".into(),
            title: texts("title"),
            languages: vec![Language {
                code: "ka".into(), name: "ქართული (ka)".into()
            }],
            default_language: "ka".into(),
            nodes: vec![full(None, vec![NodeId(1)]), full(Some(NodeId::ROOT), Vec::new())],
            lists: BTreeMap::from([("list".to_owned(), ChoiceList { items: vec![item] })]),
            settings: texts("settings"),
            instances: texts("instances"),
            entities: vec![texts("entities")],
            files: BTreeMap::from([(
                "roof.png".to_owned(),
                MediaFile { hash: "ab12".into(), size: 70_000, media_type: "image/png".into() },
            )]),
            names: super::super::Names::default(),
        }
    }

    #[test]
    fn every_field_travels() {
        assert_eq!(Form::from_bytes(&form().to_bytes()), Ok(form()));
        assert_eq!(form().to_bytes()[0], WITH_FILES);
        let plain = Form { files: BTreeMap::new(), ..form() };
        assert_eq!(Form::from_bytes(&plain.to_bytes()), Ok(plain.clone()));
        assert_eq!(plain.to_bytes()[0], FORMAT);
    }

    #[test]
    fn older_readers_get_what_they_read() {
        let plain = Form { files: BTreeMap::new(), ..form() };
        let for_first =
            form().to_bytes_for(|format| format == FORMAT).expect("the first is written");
        assert_eq!(Form::from_bytes(&for_first), Ok(plain.clone()));
        assert_eq!(form().to_bytes_for(|_| true), Some(form().to_bytes()));
        let for_second =
            plain.to_bytes_for(|format| format == WITH_FILES).expect("so is the second");
        assert_eq!((for_second[0], Form::from_bytes(&for_second)), (WITH_FILES, Ok(plain)));
        assert_eq!(form().to_bytes_for(|format| format > WITH_FILES), None);
    }

    #[test]
    fn damage_is_noticed() {
        let bytes = form().to_bytes();
        for length in 0..bytes.len() {
            assert!(Form::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
        assert_eq!(Form::from_bytes(&[0xa1, 0x60]), Err(FormBytesError::UnknownFormat));
        let bomb = [FORMAT, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(Form::from_bytes(&bomb), Err(FormBytesError::Damaged));
        let rootless = [FORMAT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Form::from_bytes(&rootless), Err(FormBytesError::Damaged));
    }
}
