//! Interface texts at run time. The texts of one language are one asset of the build; changing the
//! language fetches another and redraws.

mod keys;

pub use keys::{Form, Key, LANGUAGES, Plural};

use crate::platform;
use leptos::prelude::*;
use leptos::reactive::graph::Observer;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Ka,
    En,
    Az,
    Hy,
    Ru,
}

impl Language {
    /// The ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ka => "ka",
            Self::En => "en",
            Self::Az => "az",
            Self::Hy => "hy",
            Self::Ru => "ru",
        }
    }

    /// The language of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Ka, Self::En, Self::Az, Self::Hy, Self::Ru].into_iter().find(|of| of.code() == code)
    }

    /// The languages that have texts, Georgian first.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> =
            LANGUAGES.iter().filter_map(|code| Self::from_code(code)).collect();
        form::order::sort_by(&mut all, |a, b| (*a as u8).cmp(&(*b as u8)));
        all
    }

    /// Its own name for itself.
    pub fn name(self) -> String {
        t(match self {
            Self::Ka => Key::LanguageKa,
            Self::En => Key::LanguageEn,
            Self::Az => Key::LanguageAz,
            Self::Hy => Key::LanguageHy,
            Self::Ru => Key::LanguageRu,
        })
    }

    fn plural_form(self, n: u64) -> Form {
        match self {
            Self::Ru => match (n % 10, n % 100) {
                (1, tail) if tail != 11 => Form::One,
                (2..=4, tail) if !(12..=14).contains(&tail) => Form::Few,
                _ => Form::Many,
            },
            Self::Hy if n == 0 => Form::One,
            _ if n == 1 => Form::One,
            _ => Form::Other,
        }
    }
}

/// The texts of one language.
#[derive(Clone)]
struct Texts {
    language: Language,
    strings: Arc<[String]>,
}

thread_local! {
    /// Whether the office is open: its texts are in a larger asset than the field app's.
    static OFFICE: Cell<bool> = const { Cell::new(false) };
    static TEXTS: OnceCell<ArcRwSignal<Texts>> = const { OnceCell::new() };
}

fn texts() -> ArcRwSignal<Texts> {
    TEXTS.with(|cell| {
        let empty = || ArcRwSignal::new(Texts { language: Language::Ka, strings: Arc::from([]) });
        cell.get_or_init(empty).clone()
    })
}

/// Fetches the texts of a language and shows them. Says whether that worked; if not, the texts stay
/// as they were.
pub async fn load(language: Language) -> bool {
    let part = if OFFICE.get() { ".office" } else { "" };
    let path = format!("/pkg/{}/locale.{}{part}.txt", platform::page::build(), language.code());
    let Some(body) = platform::fetch::text(&path).await else { return false };
    let strings: Arc<[String]> = body.split('\u{1f}').map(str::to_owned).collect();
    if strings.len() != keys::STRINGS {
        return false;
    }
    platform::page::set_language(language.code());
    texts().set(Texts { language, strings });
    true
}

/// Fetches the office's texts in the language shown. Says whether that worked.
pub async fn enter_office() -> bool {
    OFFICE.set(true);
    load(texts().with_untracked(|texts| texts.language)).await
}

/// The office is closed: the field app's texts suffice from now on.
pub fn leave_office() {
    OFFICE.set(false);
}

/// Reads the texts: tracked where something is being drawn, else as they stand.
fn read<T>(of: impl FnOnce(&Texts) -> T) -> T {
    let texts = texts();
    if Observer::get().is_some() { texts.with(of) } else { texts.with_untracked(of) }
}

fn at(index: usize) -> String {
    read(|texts| texts.strings.get(index).cloned().unwrap_or_default())
}

/// A text.
pub fn t(key: Key) -> String {
    at(key.index())
}

/// A text with arguments.
pub fn ta(key: Key, arguments: &[(&str, &str)]) -> String {
    fill(&t(key), arguments)
}

/// A text about a number, which is its argument `count`.
pub fn tn(plural: Plural, n: u64, arguments: &[(&str, &str)]) -> String {
    let form = read(|texts| texts.language.plural_form(n));
    let text = fill(&at(plural.index(form)), arguments);
    text.replace("{count}", &n.to_string())
}

/// A text as a signal, for components.
pub fn tx(key: Key) -> Signal<String> {
    Signal::derive(move || t(key))
}

/// Puts arguments in the place of their names in braces.
fn fill(text: &str, arguments: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) => {
                match arguments.iter().find(|(known, _)| *known == name) {
                    Some((_, value)) => out.push_str(value),
                    None => {
                        out.push('{');
                        out.push_str(name);
                        out.push('}');
                    }
                }
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
