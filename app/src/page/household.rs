//! One household: its survey, its members, the surveys of its children.

use super::{row, visit};
use crate::fill::leaving;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::router::Route;
use crate::shell::{App, use_app};
use crate::ui::{
    Button, EmptyState, Icon, IconButton, Kind, Screen, StatusChip, brought, effect, memo, words,
};
use crate::ui::{live, parts, press};
use device::household::MemberView;
use device::{Chip, ListRow};
use leptos::prelude::*;
use shared::id::RecordId;
use shared::record::SubjectKind;

/// The page. The family may arrive, or leave the phone, while the page is open.
pub fn page(id: RecordId) -> AnyView {
    let app = use_app();
    let here = memo(move || {
        app.lists().track();
        app.device().row(id).is_some()
    });
    live(move || match here.get() {
        true => found(app, id),
        false => missing(app),
    })
}

fn found(app: App, id: RecordId) -> AnyView {
    let members = brought(move || {
        app.lists().track();
        async move { app.device().members(id).await.unwrap_or_default() }
    });
    let title = Signal::derive(move || {
        app.lists().track();
        app.device().row(id).map(|row| row::title(&row)).unwrap_or_default()
    });
    let hide = view! {
        <IconButton
            icon="eye-hide"
            label=tx(Key::HideButton)
            on_press=move |()| app.curtain().set(true)
        />
    };
    let act =
        view! { {live(move || (action(app, id, &members.get().unwrap_or_default())).into_any())} };
    view! {
        <Screen
            title=title
            up=move |()| app.up(Route::Families)
            end=hide.into_any()
            action=act.into_any()
        >
            {audience(app)}
            {live(move || IntoAny::into_any({
                app.lists().track();
                app.device().row(id).map(|row| summary(app, &row))
            }))}
            {needs(app, id)}
            {live(move || (members.get().map(|members| roster(app, id, &members))).into_any())}
            {live(move || {
                app.lists().track();
                let last = app.device().row(id).map_or(0, |row| row.updated_ms);
                let text = ta(Key::HouseholdLastVisit, &[("date", &words::day(last))]);
                view! { <p class="meta">{text}</p> }.into_any()
            })}
        </Screen>
    }
    .into_any()
}

/// Who sees the screen: with the family, nothing shows that is for the worker's eyes only.
pub fn audience(app: App) -> AnyView {
    let part = move |alone: bool, key: Key| {
        let act = move || if alone { app.be_alone() } else { app.be_with_family() };
        view! {
            <button
                type="button"
                aria-pressed=move || if app.is_alone() == alone { "true" } else { "false" }
                on:click=press(act)
            >
                {t(key)}
            </button>
        }
    };
    view! {
        <div class="segmented" role="group" aria-label=t(Key::HouseholdAudience)>
            {part(false, Key::HouseholdWithFamily)} {part(true, Key::HouseholdAlone)}
        </div>
    }
    .into_any()
}

/// The needs that the answers show, while the worker is alone.
fn needs(app: App, id: RecordId) -> AnyView {
    let found: RwSignal<Vec<String>> = RwSignal::new(Vec::new());
    effect(move || {
        app.lists().track();
        if !app.is_alone() {
            found.set(Vec::new());
            return;
        }
        let language = app.language().get().code();
        leptos::task::spawn_local(async move {
            let needs = app.device().needs(id, language).await.unwrap_or_default();
            found.try_set(needs);
        });
    });
    let list = move |needs: Vec<String>| {
        view! {
            <section class="card">
                <h2 class="t-lg">{t(Key::FinishNeeds)}</h2>
                <ul class="stack stack--tight">
                    {needs.into_iter().map(|need| view! { <li>{need}</li> }).collect_view()}
                </ul>
            </section>
        }
    };
    view! {
        {live(move || {
            let needs = found.get();
            (!needs.is_empty()).then(|| list(needs)).into_any()
        })}
        {live(move || other_forms(app, id))}
    }
    .into_any()
}

/// What else was asked about the family, and can be: follow-ups, and while the worker is alone what stands for
/// itself, such as a concern about a child.
fn other_forms(app: App, household: RecordId) -> AnyView {
    app.lists().track();
    let (device, alone) = (app.device(), app.is_alone());
    let asked = device.visits_of(household).into_iter().map(|visit| {
        let content = view! {
            <span class="row__main">
                <span class="row__title">{row::about(app, &visit)}</span>
                <span class="cluster">
                    <span class="meta">{words::day(visit.updated_ms)}</span>
                    <StatusChip chip=visit.chip() />
                </span>
            </span>
            <span class="row__end">
                <Icon name="chevron" small=true />
            </span>
        };
        row::link(app, row::target(&visit), "row", content.into_any())
    });
    let asked: Vec<AnyView> = asked.collect();
    let forms = device.forms_about(SubjectKind::Other).into_iter();
    let rows = forms.filter_map(|info| {
        let form = info.form;
        let follows = shared::project::entity::follows_household(&form);
        let title = row::form_title(app, &form);
        if !alone && (!follows || title.is_empty()) {
            return None;
        }
        let id = form.form_id.clone();
        let begin = move || match follows {
            true => visit::begin_visit(app, id.clone(), household),
            false => visit::begin_form(app, id.clone()),
        };
        let row = view! {
            <button type="button" class="row" on:click=press(begin)>
                <span class="row__main row__title">{title}</span>
                <span class="row__end">
                    <Icon name="plus" small=true />
                </span>
            </button>
        };
        Some(row.into_any())
    });
    let all: Vec<AnyView> = asked.into_iter().chain(rows).collect();
    (!all.is_empty()).then(|| view! { <div class="list">{all}</div> }).into_any()
}

fn missing(app: App) -> AnyView {
    let text =
        move || t(if app.is_arriving() { Key::HouseholdArriving } else { Key::HouseholdNotFound });
    view! {
        <Screen title=tx(Key::FamiliesTitle) nav=Route::Families>
            <EmptyState icon="people" title=Signal::derive(text)>
                <Button label=tx(Key::NavFamilies) on_press=move |()| app.go(Route::Families) />
            </EmptyState>
        </Screen>
    }
    .into_any()
}

fn progress(row: &ListRow) -> String {
    match row.progress {
        (_, 0) => String::new(),
        (done, total) => {
            let (done, total) = (done.to_string(), total.to_string());
            ta(Key::FinishFormDone, &[("done", &done), ("total", &total)])
        }
    }
}

/// Place, the household's survey, and what the office says.
fn summary(app: App, row: &ListRow) -> AnyView {
    let place = app.place(&row.place);
    let survey = view! {
        <span class="row__main">
            <span class="row__title">{t(Key::HouseholdSurvey)}</span>
            {row::news(row.news.len())}
            <span class="cluster">
                <StatusChip chip=row.chip() />
                <span class="meta num">{progress(row)}</span>
            </span>
        </span>
        <span class="row__end">
            <Icon name="chevron" small=true />
        </span>
    };
    view! {
        {(!place.is_empty())
            .then(|| {
                view! {
                    <p class="note">
                        <Icon name="pin" small=true />
                        {place}
                    </p>
                }
            })}
        <div class="list">{row::link(app, row::target(row), "row", survey.into_any())}</div>
    }
    .into_any()
}

fn roster(app: App, household: RecordId, members: &[MemberView]) -> AnyView {
    let surveys = app.device().children_of(household);
    let (left, present): (Vec<MemberView>, Vec<MemberView>) = members
        .iter()
        .filter(|member| !member.removed || !member.left.is_empty())
        .cloned()
        .partition(|member| member.removed);
    let (count, gone) = (present.len(), left.len());
    if count + gone == 0 {
        return ().into_any();
    }
    let left = left.into_iter().map(|member| {
        let surveys = surveys.iter().filter(|row| row.member == member.item).collect();
        has_left(app, &member, surveys)
    });
    let left = left.collect_view();
    let left = (gone > 0).then(|| {
        view! {
            <section class="list">
                <h2 class="list__head">{ta(Key::HouseholdLeft, &[("count", &gone.to_string())])}</h2>
                {left}
            </section>
        }
    });
    let (rows, more) = parts(count, move |at| {
        let Some(member) = present.get(at) else { return ().into_any() };
        let surveys = surveys.iter().filter(|row| row.member == member.item).collect();
        person(app, household, at + 1, member, surveys)
    });
    view! {
        <section class="list">
            <h2 class="list__head">
                {ta(Key::HouseholdMembers, &[("count", &count.to_string())])}
            </h2>
            {rows}
        </section>
        {more}
        {left}
    }
    .into_any()
}

/// A member who is not in the household any more, with the reason and the surveys of that time.
fn has_left(app: App, member: &MemberView, surveys: Vec<&ListRow>) -> AnyView {
    let why = leaving(&member.left).unwrap_or_default();
    let head = name(member, 0);
    let head = move || {
        view! {
            <span class="row__title">{head.clone()}</span>
            <span class="meta">{why.clone()}</span>
        }
    };
    if surveys.is_empty() {
        return view! {
            <div class="row">
                <span class="row__main">{head()}</span>
            </div>
        }
        .into_any();
    }
    let rows = surveys.into_iter().map(|row| {
        let content = view! {
            <span class="row__main">{head()} <StatusChip chip=row.chip() /></span>
            <span class="row__end">
                <Icon name="chevron" small=true />
            </span>
        };
        row::link(app, row::target(row), "row", content.into_any())
    });
    rows.collect_view().into_any()
}

fn name(member: &MemberView, number: usize) -> String {
    if member.name.is_empty() {
        ta(Key::RosterUnnamed, &[("n", &number.to_string())])
    } else {
        member.name.clone()
    }
}

/// A member; a child with its surveys, and with those that can be begun.
fn person(
    app: App,
    household: RecordId,
    number: usize,
    member: &MemberView,
    surveys: Vec<&ListRow>,
) -> AnyView {
    let name = name(member, number);
    let age = member.age.map(|age| tn(Plural::TimeYears, age.max(0) as u64, &[]));
    let head = {
        let name = name.clone();
        move || {
            view! {
                <span class="row__title">{name.clone()}</span>
                <span class="meta">{age.clone()}</span>
            }
        }
    };
    let several = app.device().forms_about(SubjectKind::Child).len() > 1;
    let begun = !surveys.is_empty();
    let more = several && !visit::left_for(app, household, &member.item).is_empty();
    let rows = surveys.into_iter().map(|row| {
        let form = several.then(|| app.device().current_form(&row.form_id)).flatten();
        let about = form.map(|info| row::form_title(app, &info.form)).filter(|it| !it.is_empty());
        let content = view! {
            <span class="row__main">
                {head()} {row::news(row.news.len())} <span class="cluster">
                    <span class="meta">{about.unwrap_or_else(|| t(Key::HouseholdChildSurvey))}</span>
                    <StatusChip chip=row.chip() />
                </span>
            </span>
            <span class="row__end">
                <Icon name="chevron" small=true />
            </span>
        };
        row::link(app, row::target(row), "row", content.into_any())
    });
    let rows = rows.collect_view();
    if begun && !more {
        return rows.into_any();
    }
    if member.is_child() {
        let item = member.item.clone();
        return view! {
            {rows}
            <button
                type="button"
                class="row"
                on:click=press(move || visit::begin_child(app, household, item.clone()))
            >
                <span class="row__main">
                    {head()} <span class="strong">{t(Key::HouseholdChildSurveyBegin)}</span>
                </span>
                <span class="row__end">
                    <Icon name="plus" small=true />
                </span>
            </button>
        }
        .into_any();
    }
    let no_age = member.age.is_none().then(|| {
        let text = ta(Key::HouseholdNoAge, &[("name", &name)]);
        view! { <span class="meta">{text}</span> }
    });
    view! {
        {rows}
        <div class="row">
            <span class="row__main">{head()} {no_age}</span>
        </div>
    }
    .into_any()
}

/// The one next step of the household.
fn action(app: App, id: RecordId, members: &[MemberView]) -> AnyView {
    app.lists().track();
    let device = app.device();
    let Some(row) = device.row(id) else { return ().into_any() };
    let to = row::target(&row);
    let press = move |()| app.go(to.clone());
    match row.chip() {
        Chip::ToFix => {
            return view! { <Button wide=true label=tx(Key::ReturnedStart) on_press=press /> }
                .into_any();
        }
        _ if !row.finished => {
            let key = if row.title.is_empty() { Key::HouseholdBegin } else { Key::TodayCarryOn };
            return view! { <Button wide=true label=tx(key) on_press=press /> }.into_any();
        }
        _ => {}
    }
    let surveys = device.children_of(id);
    // What the office wants back comes before what was not begun.
    if let Some(child) = surveys.iter().find(|row| row.chip() == Chip::ToFix) {
        let to = row::target(child);
        let label = ta(Key::ReturnedStartOf, &[("name", &row::title(child))]);
        return view! { <Button wide=true label=label on_press=move |()| app.go(to.clone()) /> }
            .into_any();
    }
    let next = members.iter().find(|member| {
        !member.removed
            && member.is_child()
            && !surveys.iter().any(|row| row.member == member.item && row.finished)
    });
    let Some(child) = next else {
        return view! {
            <Button
                wide=true
                kind=Kind::Secondary
                label=tx(Key::HouseholdViewAnswers)
                on_press=move |()| app.go(Route::Fill(id, None))
            />
        }
        .into_any();
    };
    let number = members.iter().position(|member| member.item == child.item).unwrap_or(0) + 1;
    let label = ta(Key::ReceiptNextChild, &[("name", &name(child, number))]);
    let begun = surveys.iter().find(|row| row.member == child.item).map(|row| row.record);
    let item = child.item.clone();
    view! {
        <Button
            wide=true
            label=label
            on_press=move |()| match begun {
                Some(record) => app.go(Route::Fill(record, None)),
                None => visit::begin_child(app, id, item.clone()),
            }
        />
    }
    .into_any()
}
