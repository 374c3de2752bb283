//! What the widgets of selects have in common.

use super::Control;
use crate::fill::desk::Desk;
use crate::fill::{question, say, shown};
use crate::i18n::{Key, t, ta};
use crate::ui::{Icon, live, memo, press};
use device::fill::options::{self, DONT_KNOW, REFUSED, Role};
use form::model::{Choices, QuestionType};
use form::session::{Address, Choice, Offer, Offered, Session};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// From how many options on a list opens in a sheet with search.
const SHEET: usize = 7;
/// The same where several may be chosen: a longer list is still quicker to read than to search.
const SHEET_MULTIPLE: usize = 16;

/// An option: code and label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Choosable {
    /// The code.
    pub code: String,
    /// The label, without Markdown.
    pub label: String,
    /// What it is.
    pub role: Role,
    /// The names of its picture, film and sound by kind.
    pub media: BTreeMap<String, String>,
}

impl Choosable {
    /// Tells it from other options, and from itself in another language.
    pub fn key(&self) -> String {
        let media = self.media.values().map(String::as_str);
        [self.code.as_str(), self.label.as_str()]
            .into_iter()
            .chain(media)
            .collect::<Vec<_>>()
            .join("\u{1f}")
    }

    /// Whether it is "don't know" or "refused".
    pub fn is_special(&self) -> bool {
        matches!(self.role, Role::DontKnow | Role::Refused)
    }

    /// Its picture, film and sound, when it has any.
    pub fn picture(&self, control: &Control) -> Option<AnyView> {
        let named = |kind: &'static str| {
            let name = self.media.get(kind).filter(|name| !name.is_empty())?;
            Some(shown::one(control.desk, kind, name))
        };
        let shown: Vec<AnyView> = shown::KINDS.into_iter().filter_map(named).collect();
        (!shown.is_empty()).then(|| shown.into_any())
    }
}

/// From how many rows of a file on their texts are read only where they are shown or searched.
const LONG: usize = 100;

/// The options of a select.
#[derive(Clone, PartialEq, Eq)]
pub enum Options {
    /// With all their texts.
    Made(Arc<Vec<Choosable>>),
    /// Rows of a file: it may have fifty thousand.
    Rows(Arc<Rows>),
}

/// A long list out of a file.
pub struct Rows {
    desk: Desk,
    offer: Offer,
    /// The places of those that are no ordinary answer.
    apart: Vec<(usize, Role)>,
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.offer == other.offer && self.apart == other.apart
    }
}

impl Eq for Rows {}

impl Rows {
    fn read<T: Default>(&self, read: impl FnOnce(&Offered<'_>) -> T) -> T {
        let offered =
            |session: &Session| session.read_offer(&self.offer).map(|offered| read(&offered));
        self.desk.session(offered).unwrap_or_default()
    }

    fn get(&self, place: usize) -> Option<Choosable> {
        let role =
            self.apart.iter().find(|(at, _)| *at == place).map_or(Role::Answer, |apart| apart.1);
        let (code, label) = self.read(|offered| {
            (place < self.offer.len())
                .then(|| (offered.name(place).to_owned(), say::plain(offered.label(place))))
        })?;
        Some(Choosable { code, label, role, media: BTreeMap::new() })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::Made(Arc::default())
    }
}

impl Options {
    /// The options followed together with the language; `multiple` sets "none" apart.
    pub fn of(control: &Control, multiple: bool) -> Memo<Self> {
        let Control { desk, at, node, .. } = control.clone();
        let alone = options::set_apart(&node.constraint);
        // A whole file is offered whatever is answered; it may have fifty thousand rows.
        let fixed = matches!(node.choices, Choices::File(_))
            && node.choice_filter.is_empty()
            && !node.parameters.contains_key("randomize");
        let long = control.question != QuestionType::Rank && in_sheet(control, LONG, multiple);
        let role = move |code: &str| match options::role(code, &alone) {
            Role::None if !multiple => Role::Answer,
            role => role,
        };
        memo(move || {
            match fixed {
                true => desk.track_structure(),
                false => desk.track(&at),
            }
            let language = desk.language();
            if long && let Some(rows) = rows(desk, &at, &role) {
                return Self::Rows(Arc::new(rows));
            }
            let choices: Vec<Choice> = desk.session(|session| session.choices(&at, &language));
            let option = |choice: Choice| {
                let (role, label) = (role(&choice.name), say::plain(&choice.label));
                Choosable { role, label, code: choice.name, media: choice.media }
            };
            Self::Made(Arc::new(choices.into_iter().map(option).collect()))
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Made(all) => all.len(),
            Self::Rows(rows) => rows.offer.len(),
        }
    }

    /// All of them.
    pub fn with_all(&self) -> Vec<Choosable> {
        (0..self.len()).filter_map(|place| self.get(place)).collect()
    }

    /// The option at a place.
    pub fn get(&self, place: usize) -> Option<Choosable> {
        match self {
            Self::Made(all) => all.get(place).cloned(),
            Self::Rows(rows) => rows.get(place),
        }
    }

    /// The option of a code.
    pub fn find(&self, code: &str) -> Option<Choosable> {
        match self {
            Self::Made(all) => all.iter().find(|option| option.code == code).cloned(),
            Self::Rows(rows) => rows.get(rows.read(|offered| offered.place(code))?),
        }
    }

    /// Reads labels by the places of their options. Where they come from a file they may have Markdown.
    pub fn labelled<T: Default>(
        &self,
        read: impl for<'a> FnOnce(&dyn Fn(usize) -> &'a str) -> T,
    ) -> T {
        match self {
            Self::Made(all) => {
                read(&|place| all.get(place).map_or("", |option| option.label.as_str()))
            }
            Self::Rows(rows) => rows.read(|offered| read(&|place| offered.label(place))),
        }
    }

    /// The places of those that have one of these roles.
    pub fn places(&self, roles: &[Role]) -> Vec<u32> {
        let places = 0..self.len() as u32;
        match self {
            Self::Made(all) => {
                places.filter(|at| roles.contains(&all[*at as usize].role)).collect()
            }
            Self::Rows(rows) if rows.apart.is_empty() && roles.contains(&Role::Answer) => {
                places.collect()
            }
            Self::Rows(rows) => {
                let apart = |at: &u32| rows.apart.iter().find(|(other, _)| *other == *at as usize);
                let role = |at: &u32| apart(at).map_or(Role::Answer, |(_, role)| *role);
                places.filter(|at| roles.contains(&role(at))).collect()
            }
        }
    }

    /// Those of a role.
    pub fn with(&self, role: Role) -> Vec<Choosable> {
        match self {
            Self::Made(all) => all.iter().filter(|option| option.role == role).cloned().collect(),
            Self::Rows(_) => {
                let places = self.places(&[role]);
                places.into_iter().filter_map(|at| self.get(at as usize)).collect()
            }
        }
    }

    /// How many there are of a role.
    pub fn count(&self, role: Role) -> usize {
        match self {
            Self::Made(all) => all.iter().filter(|option| option.role == role).count(),
            Self::Rows(rows) => match role {
                Role::Answer => rows.offer.len() - rows.apart.len(),
                role => rows.apart.iter().filter(|(_, other)| *other == role).count(),
            },
        }
    }

    /// The codes in the list's order.
    pub fn codes(&self) -> Vec<String> {
        match self {
            Self::Made(all) => all.iter().map(|option| option.code.clone()).collect(),
            Self::Rows(rows) => rows.read(|offered| {
                (0..rows.offer.len()).map(|place| offered.name(place).to_owned()).collect()
            }),
        }
    }

    /// The labels of the chosen codes. A code that the list no longer has stands for itself.
    pub fn labels(&self, value: &str) -> Vec<String> {
        let label =
            |code: &str| self.find(code).map_or_else(|| code.to_owned(), |option| option.label);
        value.split_whitespace().map(label).collect()
    }
}

/// The rows of a file that are offered; `None` for fewer than are worth it, and for options from elsewhere.
fn rows(desk: Desk, at: &Address, role: &dyn Fn(&str) -> Role) -> Option<Rows> {
    desk.session(|session| {
        let offer = session.offer(at).filter(|offer| offer.len() >= LONG)?;
        let offered = session.read_offer(&offer)?;
        let apart = (0..offer.len())
            .map(|place| (place, role(offered.name(place))))
            .filter(|(_, role)| *role != Role::Answer)
            .collect();
        Some(Rows { desk, offer, apart })
    })
}

/// Whether the options open in a sheet.
pub fn in_sheet(control: &Control, count: usize, multiple: bool) -> bool {
    let asked = ["minimal", "autocomplete", "search"].iter().any(|word| control.node.appears(word))
        || control.node.appearance.iter().any(|word| word.starts_with("search("));
    let most = if multiple { SHEET_MULTIPLE } else { SHEET };
    let side = control.node.appearance.iter().any(|word| word.starts_with("columns"));
    // Pictures are to be compared, not to be searched.
    let pictures = ["list", "image-map"].iter().any(|word| control.node.appears(word));
    !side && !pictures && ((asked && count > 4) || count >= most)
}

/// Whether pictures stand for the marks: the appearance `no-buttons`.
pub fn bare(control: &Control) -> bool {
    control.node.appears("no-buttons")
}

/// "Don't know" and "refused" as the list words them.
pub fn specials(control: &Control, options: Memo<Options>) -> AnyView {
    let control = control.clone();
    let items = move || {
        let found = [(Role::DontKnow, DONT_KNOW), (Role::Refused, REFUSED)].map(|(role, code)| {
            let option = options.with(|options| options.with(role).into_iter().next())?;
            Some(question::special(&control, code, option.label))
        });
        let found: Vec<AnyView> = found.into_iter().flatten().collect();
        (!found.is_empty()).then(|| view! { <div class="special">{found}</div> })
    };
    view! { {items} }.into_any()
}

/// Why there is nothing to choose from, with the way to the question that comes first.
pub fn nothing(control: &Control) -> AnyView {
    let Control { desk, at, node, .. } = control.clone();
    let source = desk.session(|session| {
        let form = session.form();
        let by_name = |name: &str| form.by_name(name).or_else(|| form.by_key(name));
        let first = |text: &str| {
            let name = text.split("${").nth(1)?.split('}').next()?.to_owned();
            by_name(name.trim())
        };
        let id = match &node.choices {
            Choices::Reference(name) => {
                let inside = by_name(name.trim_start_matches("${").trim_end_matches('}'))?;
                form.repeats_of(inside).last().copied()?
            }
            _ => first(&node.choice_filter)?,
        };
        let depth = form.repeats_of(id).len().min(at.items.len());
        Some(Address { items: at.items[..depth].to_vec(), node: id })
    });
    let Some(source) = source else {
        return view! { <p class="hint">{t(Key::QuestionNoChoices)}</p> }.into_any();
    };
    let words = ta(Key::QuestionOptionsEmpty, &[("label", &say::label(desk, &source))]);
    view! {
        <p class="hint">{words}</p>
        <button
            type="button"
            class="link-button"
            on:click=press(move || desk.app.go(desk.route(&source)))
        >
            {t(Key::ActionOpen)}
            <Icon name="chevron" small=true />
        </button>
    }
    .into_any()
}

/// "Remove answer", while there is one.
pub fn remove(control: &Control) -> AnyView {
    let control = control.clone();
    let given = {
        let control = control.clone();
        memo(move || !control.value().is_empty())
    };
    let press = StoredValue::new(control);
    view! {
        {live(move || ({
            given
                .get()
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="link-button fill__remove"
                            on:click=crate::ui::press(move || press.with_value(|control| control.set("")))
                        >
                            {t(Key::QuestionRemoveAnswer)}
                        </button>
                    }
                })
        }).into_any())}
    }
    .into_any()
}
