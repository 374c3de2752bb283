//! The compiled form: what the phone holds, what the server publishes.
//!
//! Built by [`crate::read`] from XLSForm sheets and never changed afterwards. Expressions stay source
//! strings in the XLSForm dialect (`${name}` references included); a [`crate::session::Session`]
//! parses them when it opens.

mod bytes;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::expr::number;

pub use bytes::{FORMAT, FORMATS, FormBytesError};

/// A translated text: language code → text. The code is `""` for a column without a language.
pub type Text = BTreeMap<String, String>;

/// Picks the text of `language`, else of `fallback`, else the untranslated one, else any that is
/// not empty; `""` only when the author wrote none at all.
pub fn pick<'a>(text: &'a Text, language: &str, fallback: &str) -> &'a str {
    [language, fallback, ""]
        .iter()
        .filter_map(|code| text.get(*code))
        .chain(text.values())
        .map(String::as_str)
        .find(|found| !found.trim().is_empty())
        .unwrap_or("")
}

/// A language of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Language {
    /// What texts are keyed by: `ka` of `ქართული (ka)`, or the whole name when no code is given.
    pub code: String,
    /// The name as the author wrote it, `ქართული (ka)`.
    pub name: String,
}

/// Index of a node in [`Form::nodes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The root of every form.
    pub const ROOT: NodeId = NodeId(0);

    /// Position in [`Form::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A form: nodes in pre-order (`nodes[0]` is the root), choice lists and settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub form_id: String,
    pub version: String,
    pub title: Text,
    pub languages: Vec<Language>,
    /// Code of the language to fall back to; `""` for a form without translations.
    pub default_language: String,
    pub nodes: Vec<Node>,
    pub lists: BTreeMap<String, ChoiceList>,
    /// The `settings` sheet, by canonical column name.
    pub settings: BTreeMap<String, String>,
    /// Instances the host has to supply: name → file (`roster` → `roster.csv`).
    pub instances: BTreeMap<String, String>,
    /// Rows of the `entities` sheet.
    pub entities: Vec<BTreeMap<String, String>>,
    /// Pictures, sounds and films that labels and choices show: name → what the host keeps them by.
    pub files: BTreeMap<String, MediaFile>,
    /// Nodes by name, found when first asked for.
    #[doc(hidden)]
    pub names: Names,
}

/// A file that came with the workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaFile {
    /// Hash of its bytes, in the host's own way of writing one.
    pub hash: String,
    /// Bytes.
    pub size: u32,
    pub media_type: String,
}

/// An index that is no part of the form: it neither travels nor counts when forms are compared.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Names(OnceLock<Index>);

impl PartialEq for Names {
    fn eq(&self, _other: &Names) -> bool {
        true
    }
}

impl Eq for Names {}

/// `None` for a name that several nodes have.
#[derive(Clone, Debug)]
struct Index {
    nodes: usize,
    names: BTreeMap<String, Option<NodeId>>,
}

impl Index {
    fn of(nodes: &[Node]) -> Index {
        let mut names: BTreeMap<String, Option<NodeId>> = BTreeMap::new();
        for (at, node) in nodes.iter().enumerate().skip(1) {
            match names.get_mut(&node.name) {
                Some(taken) => *taken = None,
                None => drop(names.insert(node.name.clone(), Some(NodeId(at as u32)))),
            }
        }
        Index { nodes: nodes.len(), names }
    }
}

impl Form {
    /// The node with this id. Ids come from the form itself, so an unknown one is answered by the root.
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.index()).unwrap_or(&self.nodes[0])
    }

    /// The node with this answer key.
    pub fn by_key(&self, key: &str) -> Option<NodeId> {
        self.nodes.iter().skip(1).position(|node| node.key == key).map(|at| NodeId(at as u32 + 1))
    }

    /// The only node with this name; `None` when there is none or more than one.
    pub fn by_name(&self, name: &str) -> Option<NodeId> {
        let index = self.names.0.get_or_init(|| Index::of(&self.nodes));
        if index.nodes != self.nodes.len() {
            // Built while the form was still growing.
            return Index::of(&self.nodes).names.get(name).copied().flatten();
        }
        let found = index.names.get(name).copied().flatten();
        found.filter(|id| self.node(*id).name == name)
    }

    /// Ids of all nodes in form order, the root first.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The repeats around a node, outermost first, the node itself left out.
    pub fn repeats_of(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut at = self.node(id).parent;
        while let Some(up) = at {
            if self.node(up).kind == Kind::Repeat {
                found.push(up);
            }
            at = self.node(up).parent;
        }
        found.reverse();
        found
    }

    /// XForm path of a node, `/data/household/age`; `data` is the settings' `name`.
    pub fn path(&self, id: NodeId) -> String {
        let mut names = Vec::new();
        let mut at = Some(id);
        while let Some(here) = at {
            names.push(self.node(here).name.as_str());
            at = self.node(here).parent;
        }
        names.iter().rev().fold(String::new(), |path, name| path + "/" + name)
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Root,
    Group,
    Repeat,
    Question(QuestionType),
}

/// One list for the type and for the order of its values.
macro_rules! question_types {
    ($($name:ident)*) => {
        /// Question types of XLSForm. Types without a control are filled by the engine or by the host.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum QuestionType {
            $($name),*
        }

        impl QuestionType {
            /// All types; the place of a type is its number in a form's bytes: new ones come last.
            pub const ALL: &[QuestionType] = &[$(QuestionType::$name),*];
        }
    };
}

question_types! {
    Text Integer Decimal Range SelectOne SelectMultiple Rank Note Date Time DateTime Acknowledge
    Geopoint Geotrace Geoshape Image Audio Video File Barcode Osm Calculate Hidden Start End
    Today DeviceId Username PhoneNumber Email SimSerial SubscriberId StartGeopoint
    BackgroundGeopoint BackgroundAudio Audit
}

impl QuestionType {
    /// Whether a person answers it (or reads it, for a note); see [`Node::has_control`].
    pub fn has_control(self) -> bool {
        self < QuestionType::Calculate
    }

    /// Whether its answers are names of a choice list.
    pub fn is_select(self) -> bool {
        use QuestionType::*;
        matches!(self, SelectOne | SelectMultiple | Rank)
    }

    /// The XForm bind type (<https://getodk.github.io/xforms-spec/#data-types>).
    pub fn bind_type(self) -> &'static str {
        use QuestionType::*;
        match self {
            Integer | Range => "int",
            Decimal => "decimal",
            Date | Today => "date",
            Time => "time",
            DateTime | Start | End => "dateTime",
            Geopoint | StartGeopoint | BackgroundGeopoint => "geopoint",
            Geotrace => "geotrace",
            Geoshape => "geoshape",
            Image | Audio | Video | File | BackgroundAudio | Audit | Osm => "binary",
            Barcode => "barcode",
            Rank => "odk:rank",
            _ => "string",
        }
    }
}

/// Where a select takes its choices from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choices {
    #[default]
    None,
    /// A list of the `choices` sheet.
    List(String),
    /// A file the host supplies as an instance; the name with its extension, `roster.csv`.
    File(String),
    /// The items of a repeat, named by a question in it: `${member_name}`.
    Reference(String),
}

/// A node of the form. Empty fields mean that the author wrote nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// Stable answer key: the name when it is unique in the form, else the group path `a/b`.
    pub key: String,
    pub parent: Option<NodeId>,
    pub children: Vec<NodeId>,
    pub kind: Kind,
    pub label: Text,
    pub hint: Text,
    pub guidance: Text,
    /// `image`, `audio`, `video`, `big-image` → file names by language.
    pub media: BTreeMap<String, Text>,
    pub relevant: String,
    pub required: String,
    pub required_message: Text,
    pub readonly: String,
    pub constraint: String,
    pub constraint_message: Text,
    /// A warning that a worker may confirm with a reason.
    pub soft_constraint: String,
    pub soft_constraint_message: Text,
    pub calculation: String,
    /// First value: text, or an expression when [`Node::dynamic_default`].
    pub default: String,
    pub dynamic_default: bool,
    /// References (`${a}, ${b}`) whose change runs [`Node::calculation`].
    pub trigger: String,
    pub choices: Choices,
    pub choice_filter: String,
    pub repeat_count: String,
    /// Lower-cased words of the `appearance` column; `search(...)` is kept whole.
    pub appearance: Vec<String>,
    pub parameters: BTreeMap<String, String>,
    /// Every other column: `sensitivity`, `worker_only`, `locked`, `license`, `bind::…`, `body::…`,
    /// `instance::…`, `save_to` and columns this engine does not know.
    pub attributes: BTreeMap<String, String>,
    /// Row of the `survey` sheet, the header being row 1; 0 for a node the engine added.
    pub row: u32,
}

impl Node {
    /// The question type, for a question.
    pub fn question(&self) -> Option<QuestionType> {
        match self.kind {
            Kind::Question(question) => Some(question),
            _ => None,
        }
    }

    /// Whether something is shown for it: a question that a person answers or reads. A calculation
    /// without a label or hint is not shown, whatever its type.
    pub fn has_control(&self) -> bool {
        match self.kind {
            Kind::Root => false,
            Kind::Group | Kind::Repeat => true,
            Kind::Question(question) => {
                let computed = !self.calculation.is_empty() || !self.trigger.is_empty();
                let silent = self.label.is_empty() && self.hint.is_empty();
                question.has_control() && !(computed && silent)
            }
        }
    }

    /// The XForm bind type: of the question type, unless the column `bind::type` says otherwise.
    pub fn bind_type(&self) -> &str {
        let Kind::Question(question) = self.kind else { return "" };
        let keys = ["start", "end", "step", "tick_interval", "placeholder"];
        let broken = |key: &&str| {
            let number = self.parameters.get(*key).and_then(|text| number::parse(text));
            number.is_some_and(|number| number.fract() != 0.0)
        };
        match self.attributes.get("bind::type") {
            Some(written) => written,
            None if question == QuestionType::Range && keys.iter().any(broken) => "decimal",
            None => question.bind_type(),
        }
    }

    /// The filter of a select; other questions have none, whatever their cell says.
    pub fn filter_source(&self) -> &str {
        let is_select = self.question().is_some_and(QuestionType::is_select);
        if is_select { &self.choice_filter } else { "" }
    }

    /// The count of a repeat; other nodes have none, whatever their cell says.
    pub fn count_source(&self) -> &str {
        if self.kind == Kind::Repeat { &self.repeat_count } else { "" }
    }

    /// Whether the column `name` says yes.
    pub fn is_set(&self, name: &str) -> bool {
        self.attributes.get(name).is_some_and(|value| truthy(value))
    }

    /// Whether an appearance word is given.
    pub fn appears(&self, word: &str) -> bool {
        self.appearance.iter().any(|found| found == word)
    }

    /// The units of its row that a question asks for, or into which a group divides its rows: `w1` to
    /// `w12`, as in the grid theme of Enketo and KoboToolbox.
    pub fn units(&self) -> Option<u8> {
        self.appearance.iter().find_map(|word| units(word))
    }
}

pub(crate) fn units(word: &str) -> Option<u8> {
    let units = word.strip_prefix('w').filter(|digits| !digits.starts_with(['0', '+']))?;
    units.parse().ok().filter(|units| (1..=12).contains(units))
}

/// XLSForm's words for yes (pyxform's `yes_no` aliases).
pub fn truthy(word: &str) -> bool {
    matches!(word.trim(), "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "true()" | "1")
}

/// A list of the `choices` sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChoiceList {
    pub items: Vec<ChoiceItem>,
}

/// A choice of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChoiceItem {
    pub name: String,
    pub label: Text,
    pub media: BTreeMap<String, Text>,
    /// Filter columns, `geometry` included.
    pub columns: BTreeMap<String, String>,
}
