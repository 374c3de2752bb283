//! Choosing the language of the interface.

use crate::i18n::{Key, Language, t, tx};
use crate::shell::use_app;
use crate::ui::press;
use crate::ui::{ChoiceRow, Icon, Mark, Sheet};
use leptos::prelude::*;

/// A button that shows the language and opens the choice.
pub fn button() -> AnyView {
    let app = use_app();
    let open = RwSignal::new(false);
    view! {
        <button type="button" class="link-button" on:click=press(move || open.set(true))>
            <Icon name="globe" small=true />
            <span class="visually-hidden">{t(Key::LanguageLabel)}</span>
            {app.language().get_untracked().name()}
        </button>
        {sheet(open)}
    }
    .into_any()
}

/// The choice.
pub fn sheet(open: RwSignal<bool>) -> AnyView {
    let app = use_app();
    view! {
        <Sheet open=open title=tx(Key::LanguageLabel)>
            <fieldset class="choices">
                {Language::all()
                    .into_iter()
                    .map(|language| {
                        view! {
                            <ChoiceRow
                                mark=Mark::Radio
                                name="language"
                                label=language.name()
                                checked=Signal::derive(move || app.language().get() == language)
                                on_change=move |_| {
                                    open.set(false);
                                    app.set_language(language);
                                }
                            />
                        }
                    })
                    .collect_view()}
            </fieldset>
        </Sheet>
    }
    .into_any()
}
