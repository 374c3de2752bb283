//! The questionnaires and their published versions.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::upload;
use crate::i18n::{Key, Plural, t, ta, tn, tx};
use crate::office::api::ApiError;
use crate::office::model::admin::{FormVersion, FormVersions, Forms};
use crate::office::texts::{pick, when};
use crate::office::{Desk, Failure, Loading};
use crate::platform::page;
use crate::ui::EmptyState;

/// The page's state.
#[derive(Clone, Copy)]
struct Page {
    desk: Desk,
    forms: RwSignal<Option<Vec<FormVersions>>>,
    failed: RwSignal<Option<ApiError>>,
}

pub fn forms(desk: Desk) -> AnyView {
    let here = Page { desk, forms: RwSignal::new(None), failed: RwSignal::new(None) };
    here.load();
    page::set_title(&format!("{} – {}", t(Key::AdminForms), t(Key::AppName)));
    view! {
        <div class="office__page">
            <h1 class="t-xl">{t(Key::AdminForms)}</h1>
            {upload::upload(desk, Callback::new(move |()| here.load()))}
            {move || {
                if let Some(error) = here.failed.get() {
                    return view! { <Failure error=error on_retry=move |()| here.load() /> }
                        .into_any();
                }
                match here.forms.get() {
                    None => view! { <Loading /> }.into_any(),
                    Some(forms) if forms.is_empty() => {
                        view! { <EmptyState icon="list" title=tx(Key::AdminNoForms) /> }.into_any()
                    }
                    Some(forms) => forms.iter().map(form).collect_view().into_any(),
                }
            }}
        </div>
    }
    .into_any()
}

fn form(form: &FormVersions) -> impl IntoView + use<> {
    let rows = form.versions.iter().map(|version| row(version, version.id == form.current));
    let rows = rows.collect_view();
    let title = pick(&form.title);
    view! {
        <section class="stack">
            <h2 class="t-lg">
                {title.clone()} " " <span class="meta" translate="no">{form.form_id.clone()}</span>
            </h2>
            <div class="table-wrap">
                <table class="table">
                    <caption class="visually-hidden">{title}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{t(Key::AdminFormVersion)}</th>
                            <th scope="col">{t(Key::AdminFormPublished)}</th>
                            <th scope="col" class="table__num">
                                {t(Key::OfficeRecords)}
                            </th>
                            <th scope="col">
                                <span class="visually-hidden">{t(Key::AdminFormDownload)}</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

fn row(version: &FormVersion, current: bool) -> impl IntoView + use<> {
    let when = when(version.published_at);
    let published = if version.published_by.name.is_empty() {
        ta(Key::AdminFormPublishedAt, &[("when", &when)])
    } else {
        let by = [("person", version.published_by.name.as_str()), ("when", when.as_str())];
        ta(Key::AdminFormPublishedBy, &by)
    };
    let name = format!("{}: {}", t(Key::AdminFormDownload), version.version);
    view! {
        <tr>
            <td class="strong">
                {version.version.clone()} " "
                {current.then(|| view! { <span class="tag">{t(Key::AdminFormCurrent)}</span> })}
            </td>
            <td>{published}</td>
            <td class="table__num">
                {tn(Plural::AdminFormRecords, version.records.max(0) as u64, &[])}
            </td>
            <td>
                <a
                    href=format!("/api/forms/{}/source", version.id)
                    download=""
                    aria-label=name
                >
                    {t(Key::AdminFormDownload)}
                </a>
            </td>
        </tr>
    }
}

impl Page {
    fn load(self) {
        spawn_local(async move {
            match self.desk.get::<Forms>("/api/forms").await {
                Ok(answer) => {
                    let _ = self.failed.try_set(None);
                    let _ = self.forms.try_set(Some(answer.forms));
                }
                Err(error) => {
                    let _ = self.failed.try_set(Some(error));
                }
            }
        });
    }
}
