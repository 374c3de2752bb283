//! The page before questions that only the worker may see.

use super::bars;
use super::desk::Desk;
use crate::i18n::{Key, t};
use crate::ui::{ActionBar, Button, Icon, Kind};
use leptos::prelude::*;

/// Asks whether the worker is out of the family's hearing; `back` goes to the screen before.
pub fn view(desk: Desk, back: Callback<()>) -> AnyView {
    view! {
        <div class="screen">
            {bars::top(desk, None)}
            <main class="page" id="content">
                <div class="stack stack--wide">
                    <p class="worker-only">
                        <Icon name="eye-hide" />
                        {t(Key::QuestionWorkerOnly)}
                    </p>
                    <h1 class="t-xl question__head" tabindex="-1">
                        {t(Key::ChildPrivacyTitle)}
                    </h1>
                    <p>{t(Key::ChildPrivacyText)}</p>
                </div>
            </main>
            <ActionBar stacked=true>
                <Button label=t(Key::ChildPrivacyYes) on_press=move |()| desk.be_alone() />
                <Button
                    kind=Kind::Secondary
                    label=t(Key::ActionContinueLater)
                    on_press=move |()| bars::leave(desk)
                />
                <Button
                    kind=Kind::Quiet
                    label=t(Key::ActionBack)
                    on_press=move |()| back.run(())
                />
            </ActionBar>
        </div>
    }
    .into_any()
}
