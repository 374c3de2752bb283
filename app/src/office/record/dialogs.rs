//! Returning a record with remarks on questions, and rejecting it.

use leptos::prelude::*;

use super::Sheet;
use super::acts::Decision;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::office::TextArea;
use crate::office::api::ApiError;
use crate::office::asking::{AskWhy, Asking, Why};
use crate::office::model::records::Flag;
use crate::office::parts::FieldError;
use crate::office::texts::pick;
use crate::ui::Icon;

/// Collects what the worker should do; at least one remark or a general one.
pub fn return_dialog(sheet: Sheet) -> impl IntoView {
    let general = sheet.desk.notes.reason(sheet.id.get_value(), "return");
    let error = RwSignal::new(None::<String>);
    let worker = move || {
        sheet.detail.with(|detail| {
            detail.as_ref().map(|detail| detail.record.author.name.clone()).unwrap_or_default()
        })
    };
    let send = move |()| {
        match remarks(sheet, &general.get_untracked()) {
            Ok(decision) => {
                error.set(None);
                sheet.returning.set(false);
                sheet.decide(decision, move |error| reopen(sheet.returning, error));
            }
            Err(missing) => error.set(Some(t(missing))),
        };
    };
    view! {
        <Asking
            id="return"
            open=sheet.returning
            on_close=move |()| sheet.returning.set(false)
            title=Signal::derive(move || ta(Key::ReviewReturnTitle, &[("person", &worker())]))
            act=tx(Key::ReviewReturn)
            wide=true
            on_act=send
        >
            <div class="stack">
                {move || sheet.returning.get().then(|| remark_fields(sheet))}
                <TextArea id="return-general" label=tx(Key::ReviewGeneral) value=general />
                {move || error.get().map(|text| view! { <div role="alert"><FieldError text=text /></div> })}
            </div>
        </Asking>
    }
}

/// What was typed can be sent again, unless somebody else has decided meanwhile.
fn reopen(dialog: RwSignal<bool>, error: &ApiError) {
    if error.code() != "conflict" {
        let _ = dialog.try_set(true);
    }
}

/// The decision to return, or what is missing for it.
fn remarks(sheet: Sheet, general: &str) -> Result<Decision, Key> {
    let id = sheet.id.get_value();
    let flags: Vec<Flag> = sheet.desk.notes.flags.with_untracked(|flags| {
        let own = flags.iter().filter(|((record, _), _)| *record == id);
        own.map(|((_, path), text)| Flag { path: path.clone(), text: text.trim().to_owned() })
            .collect()
    });
    if flags.iter().any(|flag| flag.text.is_empty()) {
        return Err(Key::ReviewFlagMissing);
    }
    let general = general.trim();
    if flags.is_empty() && general.is_empty() {
        return Err(Key::ReviewReturnNeeds);
    }
    // The record carries a reason in any case; remarks alone are one.
    let reason = if general.is_empty() {
        tn(Plural::ReviewFlags, flags.len() as u64, &[])
    } else {
        general.to_owned()
    };
    Ok(Decision::new("return", reason, flags))
}

fn remark_fields(sheet: Sheet) -> impl IntoView {
    let id = sheet.id.get_value();
    // In the order of the form.
    let paths = move || {
        let nodes = sheet.detail.get().map(|detail| detail.nodes).unwrap_or_default();
        sheet.desk.notes.flags.with(|flags| {
            let flagged = |path: &String| flags.contains_key(&(id.clone(), path.clone()));
            nodes.into_iter().map(|node| node.path).filter(flagged).collect::<Vec<_>>()
        })
    };
    view! {
        <For each=move || paths().into_iter() key=Clone::clone let:path>
            {remark_field(sheet, &path)}
        </For>
    }
}

/// One question and what to do about it, with phrases to press.
fn remark_field(sheet: Sheet, path: &str) -> impl IntoView + use<> {
    let key = sheet.flag_key(path);
    let label = sheet.detail.with_untracked(|detail| {
        let node = detail.iter().flat_map(|all| &all.nodes).find(|node| node.path == path);
        node.map(|node| pick(&node.label)).unwrap_or_default()
    });
    let text = RwSignal::new(
        sheet.desk.notes.flags.with_untracked(|flags| flags.get(&key).cloned().unwrap_or_default()),
    );
    let stored = key.clone();
    Effect::new(move || {
        let text = text.get();
        let same =
            |flags: &std::collections::BTreeMap<_, String>| flags.get(&stored) == Some(&text);
        if !sheet.desk.notes.flags.with_untracked(same) {
            sheet.desk.notes.flags.update(|flags| {
                if let Some(kept) = flags.get_mut(&stored) {
                    *kept = text;
                }
            });
        }
    });
    let phrases = [Key::ReviewPhraseUnclear, Key::ReviewPhraseImpossible, Key::ReviewPhraseAsk];
    let name = format!("{}: {label}", t(Key::ReviewFlagRemove));
    view! {
        <div class="remark">
            <TextArea
                id=format!("remark-{path}")
                label=Signal::derive(move || format!("{label} – {}", t(Key::ReviewFlagText)))
                value=text
            />
            <div class="cluster">
                {phrases
                    .map(|phrase| {
                        view! {
                            <button type="button" class="chip" on:click=move |_| add(text, &t(phrase))>
                                {t(phrase)}
                            </button>
                        }
                    })
                    .collect_view()}
                <button
                    type="button"
                    class="icon-button"
                    aria-label=name
                    title=t(Key::ReviewFlagRemove)
                    on:click=move |_| {
                        sheet.desk.notes.flags.update(|flags| drop(flags.remove(&key)));
                    }
                >
                    <Icon name="close" small=true />
                </button>
            </div>
        </div>
    }
}

fn add(text: RwSignal<String>, phrase: &str) {
    text.update(|text| {
        if !text.trim().is_empty() {
            text.push_str("; ");
        }
        text.push_str(phrase);
    });
}

/// Asks why before a record is rejected.
pub fn reject_dialog(sheet: Sheet) -> impl IntoView {
    let why = Why {
        id: "reject",
        title: Key::ReviewRejectTitle,
        text: Key::ReviewRejectText,
        label: Key::ReviewReason,
        missing: Key::ReviewReasonMissing,
        act: Key::ReviewReject,
    };
    let send = move |reason| {
        let decision = Decision::new("reject", reason, Vec::new());
        sheet.decide(decision, move |error| reopen(sheet.rejecting, error));
    };
    view! {
        <AskWhy
            why=why
            open=sheet.rejecting
            on_close=move |()| sheet.rejecting.set(false)
            words=sheet.desk.notes.reason(sheet.id.get_value(), "reject")
            on_act=send
        />
    }
}
