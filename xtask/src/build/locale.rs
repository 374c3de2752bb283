//! Interface texts: `app/locales/<language>.json` to one enum in Rust and one asset per language.
//!
//! The format is described in `app/locales/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::{Asset, Need};
use crate::tools;

/// The language that decides which texts there are.
const REFERENCE: &str = "ka";
/// Languages that work offline from the first visit; the others arrive when chosen.
const CORE: [&str; 2] = ["ka", "en"];
/// Every plural text has these four places in an asset, in this order.
const FORMS: [&str; 4] = ["one", "few", "many", "other"];

type Texts = BTreeMap<String, String>;

/// The texts of all languages, checked against each other.
struct Catalogue {
    keys: Vec<String>,
    plurals: Vec<String>,
    languages: BTreeMap<String, Texts>,
}

/// Writes `app/src/i18n/keys.rs`, unless it is already so.
pub fn write_keys() -> Result<()> {
    let Some(source) = generated()? else { return Ok(()) };
    tools::write(&keys_file(), source.as_bytes())
}

/// Whether the committed `keys.rs` is what the texts say.
pub fn is_fresh() -> Result<bool> {
    let Some(source) = generated()? else { return Ok(true) };
    Ok(tools::read_text(&keys_file()).is_ok_and(|old| old == source))
}

/// The texts of one build: read once, for the keys and for the assets.
pub struct Packed {
    assets: Vec<Asset>,
    /// `keys.rs` as it belongs to the assets.
    source: String,
    /// The variants that have a text in the field app's assets.
    named: BTreeSet<String>,
}

/// Writes `keys.rs` and packs the texts that belong to it, before the app is compiled.
pub fn pack() -> Result<Packed> {
    let catalogue = read()?.context("app/locales has no texts")?;
    let (source, named) = (catalogue.source()?, named_in_field()?);
    tools::write(&keys_file(), source.as_bytes())?;
    Ok(Packed { assets: assets(&catalogue, &named), source, named })
}

impl Packed {
    /// The assets, once the app is compiled: an error if that can have been with other keys.
    pub fn assets(self) -> Result<Vec<Asset>> {
        self.belong(&tools::read_text(&keys_file())?, &named_in_field()?)?;
        Ok(self.assets)
    }

    fn belong(&self, source: &str, named: &BTreeSet<String>) -> Result<()> {
        if source != self.source {
            bail!(
                "app/src/i18n/keys.rs changed while the app was compiled: its texts would stand at other \
                 keys' places; run the build again"
            );
        }
        let blank: Vec<&str> = named.difference(&self.named).map(String::as_str).collect();
        if !blank.is_empty() {
            bail!(
                "app/src names texts that it did not name when they were packed ({}): they would be blank; \
                 run the build again",
                blank.join(", ")
            );
        }
        Ok(())
    }
}

/// Two assets per language: the strings in the enum's order, separated by U+001F. One holds what the
/// field app's sources name and blanks for the rest; the other, for the office, holds everything.
fn assets(catalogue: &Catalogue, named: &BTreeSet<String>) -> Vec<Asset> {
    let mut assets = Vec::new();
    for (language, texts) in &catalogue.languages {
        let all: Vec<&str> = catalogue.strings(texts).collect();
        let names = catalogue.names();
        let of_field = |(text, name): (&&str, &String)| {
            if named.contains(name) { (*text).to_owned() } else { String::new() }
        };
        let field: Vec<String> = all.iter().zip(&names).map(of_field).collect();
        let path = format!("locale.{language}.txt");
        let need = Need::core(CORE.contains(&language.as_str()));
        assets.push(Asset { path, bytes: field.join("\u{1f}").into_bytes(), need });
        let path = format!("locale.{language}.office.txt");
        assets.push(Asset::lazy(path, all.join("\u{1f}").into_bytes()));
    }
    assets
}

/// The texts that no source of the app names: every phone would carry them for nothing.
pub fn unused() -> Result<Vec<String>> {
    let named = named_outside(&["i18n/"])?;
    Ok(read()?.map(|catalogue| catalogue.unnamed(&named)).unwrap_or_default())
}

/// The variants that sources outside the office's and the administration's folders name.
fn named_in_field() -> Result<BTreeSet<String>> {
    named_outside(&["office/", "admin/", "i18n/"])
}

fn named_outside(folders: &[&str]) -> Result<BTreeSet<String>> {
    let mut named = BTreeSet::new();
    for (path, bytes) in tools::files_below(&tools::root().join("app/src"))? {
        let apart = folders.iter().any(|folder| path.starts_with(folder));
        if !apart && path.ends_with(".rs") {
            named.extend(variants_in(&String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(named)
}

/// `Key::Name` and `Plural::Name` of a source.
fn variants_in(source: &str) -> Vec<String> {
    let after = |enumeration: &'static str| source.split(enumeration).skip(1);
    let name =
        |rest: &str| rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
    after("Key::").chain(after("Plural::")).map(name).collect()
}

fn keys_file() -> PathBuf {
    tools::root().join("app/src/i18n/keys.rs")
}

fn generated() -> Result<Option<String>> {
    read()?.map(|catalogue| catalogue.source()).transpose()
}

fn read() -> Result<Option<Catalogue>> {
    let mut languages = BTreeMap::new();
    for (name, bytes) in tools::files_below(&tools::root().join("app/locales"))? {
        let Some(language) = name.strip_suffix(".json") else { continue };
        let texts: Texts = serde_json::from_slice(&bytes)
            .with_context(|| format!("app/locales/{name}: want one flat object of texts"))?;
        languages.insert(language.to_owned(), texts);
    }
    if languages.is_empty() { Ok(None) } else { Catalogue::new(languages).map(Some) }
}

impl Catalogue {
    fn new(languages: BTreeMap<String, Texts>) -> Result<Catalogue> {
        let reference = languages
            .get(REFERENCE)
            .with_context(|| format!("app/locales/{REFERENCE}.json is missing"))?;
        let plurals: Vec<String> = reference
            .keys()
            .filter_map(|key| key.strip_suffix(".one"))
            .filter(|base| reference.contains_key(&format!("{base}.other")))
            .map(str::to_owned)
            .collect();
        let of_plural = |key: &str| plural_of(key, &plurals).is_some();
        let keys = reference.keys().filter(|key| !of_plural(key)).cloned().collect();
        let catalogue = Catalogue { keys, plurals, languages };
        let mut wrong = Vec::new();
        for (language, texts) in &catalogue.languages {
            catalogue.check(language, texts, &mut wrong);
        }
        if !wrong.is_empty() {
            bail!("interface texts disagree:\n  {}", wrong.join("\n  "));
        }
        Ok(catalogue)
    }

    fn check(&self, language: &str, texts: &Texts, wrong: &mut Vec<String>) {
        let file = format!("app/locales/{language}.json");
        let reference = &self.languages[REFERENCE];
        for key in &self.keys {
            let Some(text) = texts.get(key) else {
                wrong.push(format!("{file}: `{key}` is missing"));
                continue;
            };
            let (want, have) = (arguments(&reference[key]), arguments(text));
            if want != have {
                wrong.push(format!("{file}: `{key}` has {have:?}, {REFERENCE} has {want:?}"));
            }
        }
        for base in &self.plurals {
            for form in required(language) {
                if !texts.contains_key(&format!("{base}.{form}")) {
                    wrong.push(format!("{file}: `{base}.{form}` is missing"));
                }
            }
            let (want, have) = (plural_arguments(base, reference), plural_arguments(base, texts));
            if want != have {
                wrong.push(format!("{file}: `{base}` has {have:?}, {REFERENCE} has {want:?}"));
            }
        }
        for (key, text) in texts {
            let known = self.keys.binary_search(key).is_ok();
            let plural = plural_of(key, &self.plurals);
            if !known && !plural.is_some_and(|form| allowed(language).contains(&form)) {
                wrong.push(format!("{file}: `{key}` is not in {REFERENCE}.json"));
            }
            if text.contains('\u{1f}') || text.trim().is_empty() {
                wrong.push(format!("{file}: `{key}` is blank or has a control character"));
            }
        }
    }

    fn strings<'a>(&'a self, texts: &'a Texts) -> impl Iterator<Item = &'a str> {
        let single = self.keys.iter().map(|key| texts[key].as_str());
        let plural = self.plurals.iter().flat_map(move |base| {
            FORMS.map(|form| {
                let text = |form: &str| texts.get(&format!("{base}.{form}"));
                let found = text(form).or_else(|| text("other")).or_else(|| text("many"));
                found.map(String::as_str).unwrap_or_default()
            })
        });
        single.chain(plural)
    }

    /// The variants in the order of [`Catalogue::strings`].
    fn names(&self) -> Vec<String> {
        let single = self.keys.iter().map(|key| variant(key));
        let plural = self.plurals.iter().flat_map(|base| FORMS.map(|_| variant(base)));
        single.chain(plural).collect()
    }

    /// The keys whose variants are not among these.
    fn unnamed(&self, named: &BTreeSet<String>) -> Vec<String> {
        let all = self.keys.iter().chain(&self.plurals);
        all.filter(|key| !named.contains(&variant(key))).cloned().collect()
    }

    fn source(&self) -> Result<String> {
        let reference = &self.languages[REFERENCE];
        let keys = self.keys.iter().map(|key| (key, arguments(&reference[key])));
        let plurals = self.plurals.iter().map(|base| (base, plural_arguments(base, reference)));
        let languages = self.languages.keys().map(|name| format!("{name:?}")).collect::<Vec<_>>();
        let keys = variants(keys)?;
        let plurals = variants(plurals)?;
        Ok(TEMPLATE
            .replace("<keys>", &keys)
            .replace("<plurals>", &plurals)
            .replace("<count>", &self.keys.len().to_string())
            .replace("<strings>", &(self.keys.len() + FORMS.len() * self.plurals.len()).to_string())
            .replace("<languages>", &languages.join(", ")))
    }
}

const TEMPLATE: &str = r#"//! Written by `cargo xtask locale` from `app/locales`; do not edit.
#![allow(dead_code)]

/// The languages that have texts.
pub const LANGUAGES: &[&str] = &[<languages>];
/// How many texts without a number there are; the plural texts follow them.
pub const KEYS: usize = <count>;
/// How many strings a language's asset holds.
pub const STRINGS: usize = <strings>;

/// A text of the interface.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Key {
<keys>}

/// A text that depends on a number.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Plural {
<plurals>}

/// The plural categories of the supported languages.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Form {
    One,
    Few,
    Many,
    Other,
}

impl Key {
    /// The place in a language's asset.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Plural {
    /// The place in a language's asset; every form has one, filled by the fallback if need be.
    pub const fn index(self, form: Form) -> usize {
        KEYS + 4 * self as usize + form as usize
    }
}
"#;

fn variants<'a>(named: impl Iterator<Item = (&'a String, BTreeSet<String>)>) -> Result<String> {
    let mut seen = BTreeMap::new();
    let mut lines = String::new();
    for (key, arguments) in named {
        let name = variant(key);
        if let Some(other) = seen.insert(name.clone(), key) {
            bail!("app/locales: `{key}` and `{other}` both become Key::{name}: rename one");
        }
        if !arguments.is_empty() {
            let list = arguments.into_iter().collect::<Vec<_>>().join("}, {");
            lines.push_str(&format!("    /// `{{{list}}}`\n"));
        }
        lines.push_str(&format!("    {name},\n"));
    }
    Ok(lines)
}

/// `sync.sent_now` becomes `SyncSentNow`.
fn variant(key: &str) -> String {
    let words = key.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

/// The plural form that a key is, if its base is a plural text.
fn plural_of<'a>(key: &'a str, plurals: &[String]) -> Option<&'a str> {
    let (base, form) = key.rsplit_once('.')?;
    let known = plurals.iter().any(|plural| plural == base);
    (known && FORMS.contains(&form)).then_some(form)
}

fn required(language: &str) -> &'static [&'static str] {
    if language == "ru" { &["one", "few", "many"] } else { &["one", "other"] }
}

fn allowed(language: &str) -> &'static [&'static str] {
    if language == "ru" { &FORMS } else { &["one", "other"] }
}

/// The names in braces.
fn arguments(text: &str) -> BTreeSet<String> {
    let parts = text.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

/// One form may leave the number out ("one child"), so the forms count together.
fn plural_arguments(base: &str, texts: &Texts) -> BTreeSet<String> {
    let forms = FORMS.iter().filter_map(|form| texts.get(&format!("{base}.{form}")));
    forms.flat_map(|text| arguments(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    fn catalogue(ka: &[(&str, &str)], ru: &[(&str, &str)]) -> Result<Catalogue> {
        let pair = [("ka".to_owned(), texts(ka)), ("ru".to_owned(), texts(ru))];
        Catalogue::new(BTreeMap::from(pair))
    }

    #[test]
    fn plural_texts_have_four_places_after_the_single_ones() {
        let ka = [("n.one", "1"), ("n.other", "{count}"), ("a.b", "x"), ("kin.other", "y")];
        let ru = [
            ("n.one", "{count} o"),
            ("n.few", "{count} f"),
            ("n.many", "{count} m"),
            ("a.b", "z"),
            ("kin.other", "w"),
        ];
        let all = catalogue(&ka, &ru).unwrap();
        let strings = |language: &str| all.strings(&all.languages[language]).collect::<Vec<_>>();
        assert_eq!(strings("ka"), ["x", "y", "1", "{count}", "{count}", "{count}"]);
        assert_eq!(strings("ru"), ["z", "w", "{count} o", "{count} f", "{count} m", "{count} m"]);
        let source = all.source().unwrap();
        assert!(source.contains("    AB,\n    KinOther,\n"), "{source}");
        assert!(source.contains("    /// `{count}`\n    N,\n"), "{source}");
    }

    #[test]
    fn packed_texts_and_keys_belong_together() {
        let named = |source: &str| variants_in(source).into_iter().collect::<BTreeSet<_>>();
        let pairs = [("a.x", "1"), ("a.y", "2")];
        let before = catalogue(&pairs, &pairs).unwrap();
        let more = [("a.w", "0"), ("a.x", "1"), ("a.y", "2")];
        let after = catalogue(&more, &more).unwrap();
        let field = named("t(Key::AX)");
        let packed = Packed {
            assets: assets(&before, &field),
            source: before.source().unwrap(),
            named: field.clone(),
        };
        let wrong = |source: &Catalogue, named: &BTreeSet<String>| {
            packed.belong(&source.source().unwrap(), named).err().map(|error| error.to_string())
        };
        assert_eq!(packed.assets[0].bytes, b"1\x1f");
        assert_eq!(wrong(&before, &field), None);
        assert_eq!(wrong(&before, &BTreeSet::new()), None, "a text too many does no harm");
        let moved = wrong(&after, &field).unwrap();
        assert!(moved.contains("keys.rs changed while the app was compiled"), "{moved}");
        let blank = wrong(&before, &named("t(Key::AX), t(Key::AY)")).unwrap();
        assert!(blank.contains("(AY)"), "{blank}");
    }

    #[test]
    fn variants_are_found_in_sources() {
        let source = "t(Key::AppName), tn(Plural::CountOf, 2), ErrorKey::Other, K";
        assert_eq!(variants_in(source), ["AppName", "Other", "CountOf"]);
        let texts = [("b.one", "1"), ("b.other", "2"), ("a.x", "3")];
        let all = catalogue(&texts[2..], &texts[2..]).unwrap();
        assert_eq!(all.names(), ["AX"]);
    }

    #[test]
    fn texts_that_nobody_names_are_found() {
        let texts = [("b.one", "1"), ("b.other", "2"), ("a.x", "3"), ("a.y", "4"), ("c.one", "5")];
        let all = catalogue(&texts, &[]);
        assert!(all.is_err(), "the other language lacks them");
        let ru = [
            ("b.one", "1"),
            ("b.few", "2"),
            ("b.many", "2"),
            ("a.x", "3"),
            ("a.y", "4"),
            ("c.one", "5"),
        ];
        let all = catalogue(&texts, &ru).unwrap();
        let named = |source: &str| variants_in(source).into_iter().collect();
        assert_eq!(all.unnamed(&named("t(Key::AX)")), ["a.y", "c.one", "b"]);
        let every = "Key::AX, Key::AY, Key::COne, tn(Plural::B, 1)";
        assert_eq!(all.unnamed(&named(every)), Vec::<String>::new());
    }

    #[test]
    fn differences_are_named() {
        let cases: [(&[_], &[_], &str); 4] = [
            (&[("a", "x")], &[], "ru.json: `a` is missing"),
            (&[("a", "{n}")], &[("a", "{m}")], "ru.json: `a` has {\"m\"}"),
            (&[("a", "x")], &[("a", "x"), ("b", "y")], "ru.json: `b` is not in ka.json"),
            (
                &[("a.one", "x"), ("a.other", "y")],
                &[("a.one", "x"), ("a.few", "y")],
                "ru.json: `a.many` is missing",
            ),
        ];
        for (ka, ru, expected) in cases {
            let error = catalogue(ka, ru).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn two_keys_for_one_variant_are_refused() {
        let same = [("a.b", "x"), ("a_b", "y")];
        assert!(catalogue(&same, &same).unwrap().source().is_err());
    }
}
