//! The receipt: what was saved, where it is now, and the child surveys that are still to begin.

use super::desk::Desk;
use crate::i18n::{Key, t, ta, tx};
use crate::page::row::is_alone;
use crate::page::visit;
use crate::platform::{page, timer};
use crate::ui::{ActionBar, Button, Kind, StatusChip, TopBar, effect, live, memo};
use device::Route;
use device::household::MemberView;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::id::RecordId;
use shared::record::SubjectKind;

/// The receipt of a finished record.
pub fn view(desk: Desk) -> AnyView {
    let app = desk.app;
    let row = app.device().row(desk.record);
    // Come back to by the browser's history after the office has returned it, say.
    if row.as_ref().is_some_and(|row| !row.finished) {
        timer::after(0, move || app.replace(Route::Check(desk.record)));
        return ().into_any();
    }
    let home = row.as_ref().and_then(|row| row.household).unwrap_or(desk.record);
    let family = !row.as_ref().is_some_and(is_alone);
    let title = row.map(|row| row.title).unwrap_or_default();
    // As the check page counts them: what the form worked out is nobody's answer.
    let answers = desk.read(|draft| draft.progress()).0.to_string();
    let children: RwSignal<Vec<MemberView>> = RwSignal::new(Vec::new());
    spawn_local(async move {
        let found = still_to_ask(desk, home).await;
        children.try_set(found);
    });
    effect(move || {
        page::set_scroll(0.0);
        page::focus("h1");
    });
    let chip = move || {
        app.lists().track();
        app.device().row(desk.record).map(|row| view! { <StatusChip chip=row.chip() /> })
    };
    let sent = memo(move || {
        app.lists().track();
        app.device().row(desk.record).is_some_and(|row| row.unsent == 0 && !row.open_edits)
    });
    view! {
        <div class="screen">
            <TopBar title=tx(Key::ReceiptTitle) />
            <main class="page" id="content">
                <div class="card">
                    {(!title.is_empty()).then(|| view! { <p class="t-lg">{title}</p> })}
                    {chip}
                    <p>{ta(Key::ReceiptSaved, &[("answers", &answers)])}</p>
                    <p role="status">
                        {live(move || ({
                            t(if sent.get() { Key::ReceiptReceived } else { Key::ReceiptWhere })
                        }).into_any())}
                    </p>
                </div>
                {live(move || ({
                    children
                        .get()
                        .into_iter()
                        .map(|child| next_child(desk, home, &child))
                        .collect_view()
                }).into_any())}
            </main>
            <ActionBar stacked=true>
                {family
                    .then(|| {
                        view! {
                            <Button
                                kind=Kind::Secondary
                                label=tx(Key::ReceiptToFamily)
                                on_press=move |()| app.go(Route::Household(home))
                            />
                        }
                    })}
                <Button
                    kind=if family { Kind::Quiet } else { Kind::Secondary }
                    label=tx(Key::ReceiptToToday)
                    on_press=move |()| app.go(Route::Today)
                />
            </ActionBar>
        </div>
    }
    .into_any()
}

/// The children of the household whose survey is not begun yet.
async fn still_to_ask(desk: Desk, home: RecordId) -> Vec<MemberView> {
    let device = desk.app.device();
    if device.forms_about(SubjectKind::Child).is_empty() {
        return Vec::new();
    }
    let begun: Vec<String> = device.children_of(home).into_iter().map(|row| row.member).collect();
    let members = device.members(home).await.unwrap_or_default();
    let asks =
        |member: &MemberView| !member.removed && member.is_child() && !begun.contains(&member.item);
    members.into_iter().filter(asks).collect()
}

fn next_child(desk: Desk, home: RecordId, child: &MemberView) -> AnyView {
    let name = if child.name.is_empty() { t(Key::RosterChild) } else { child.name.clone() };
    let member = child.item.clone();
    let begin = move |()| visit::begin_child(desk.app, home, member.clone());
    view! {
        <Button
            wide=true
            label=ta(Key::ReceiptNextChild, &[("name", &name)])
            on_press=begin
        />
    }
    .into_any()
}
