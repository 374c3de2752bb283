//! Uploading a workbook: checked first, then published.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::problems::words;
use crate::i18n::{Key, Language, Plural, t, ta, tn, tx};
use crate::office::Desk;
use crate::office::api::{self, ApiError};
use crate::office::model::admin::{Checked, SheetProblem};
use crate::office::texts::pick;
use crate::platform::office_dom;
use crate::shell::use_app;
use crate::ui::{Button, Icon, Kind};

/// The largest workbook that is taken, in MiB.
const LARGEST_WORKBOOK: usize = 4;
/// The same with its files.
const LARGEST_PACKAGE: usize = 20;

/// What happened to the file.
#[derive(Clone)]
enum Found {
    Nothing,
    Checking,
    /// It cannot be published, and why.
    Problems {
        errors: Vec<SheetProblem>,
        warnings: Vec<SheetProblem>,
    },
    Failed(String),
    /// It can be.
    Ready(Box<Checked>),
    Published(Box<Checked>),
}

#[derive(Clone, Copy)]
struct Upload {
    desk: Desk,
    /// A version was published.
    on_published: Callback<()>,
    found: RwSignal<Found>,
    /// Media type and content of the file that was checked.
    file: StoredValue<(&'static str, Vec<u8>)>,
    publishing: RwSignal<bool>,
}

pub fn upload(desk: Desk, on_published: Callback<()>) -> impl IntoView {
    let upload = Upload {
        desk,
        on_published,
        found: RwSignal::new(Found::Nothing),
        file: StoredValue::new(("", Vec::new())),
        publishing: RwSignal::new(false),
    };
    view! {
        <section class="upload" aria-labelledby="upload-title">
            <h2 class="t-lg" id="upload-title">
                {t(Key::AdminFormUpload)}
            </h2>
            <p class="hint">{t(Key::AdminFormUploadHint)}</p>
            <label class="button button--secondary upload__file">
                <Icon name="upload" />
                {move || {
                    t(
                        if matches!(upload.found.get(), Found::Nothing) {
                            Key::AdminFormChoose
                        } else {
                            Key::AdminFormAnother
                        },
                    )
                }}
                <input
                    type="file"
                    class="visually-hidden"
                    accept=".xlsx,.md,.zip"
                    on:change=move |event| {
                        spawn_local(async move {
                            if let Some((name, bytes)) = office_dom::chosen_file(&event).await {
                                upload.check(&name, bytes);
                            }
                        });
                    }
                />
            </label>
            <div class="upload__result" role="status">
                {move || result(upload, upload.found.get())}
            </div>
        </section>
    }
}

fn result(upload: Upload, found: Found) -> AnyView {
    match found {
        Found::Nothing => ().into_any(),
        Found::Checking => view! {
            <p class="cluster">
                <span class="spinner"></span>
                {t(Key::AdminFormChecking)}
            </p>
        }
        .into_any(),
        Found::Failed(text) => view! {
            <div class="banner banner--problem">
                <Icon name="error" />
                <p class="banner__text">{text}</p>
            </div>
        }
        .into_any(),
        Found::Problems { errors, warnings } => {
            let title = tn(Plural::AdminFormProblems, errors.len() as u64, &[]);
            view! {
                <p class="strong">{title}</p>
                {problems(&errors)}
                {(!warnings.is_empty())
                    .then(|| {
                        view! {
                            <p class="strong">{t(Key::RecordShowWarnings)}</p>
                            {problems(&warnings)}
                        }
                    })}
            }
            .into_any()
        }
        Found::Ready(checked) => ready(upload, &checked),
        Found::Published(checked) => {
            let version = checked.form.version.clone();
            let text = if checked.new {
                ta(Key::AdminPublishedToast, &[("version", &version)])
            } else {
                t(Key::AdminFormAlready)
            };
            view! {
                <p class="cluster strong">
                    <Icon name="tick-square" />
                    {text}
                </p>
            }
            .into_any()
        }
    }
}

fn ready(upload: Upload, checked: &Checked) -> AnyView {
    let form = &checked.form;
    let title = pick(&form.title);
    let name =
        |code: &String| Language::from_code(code).map_or_else(|| code.clone(), Language::name);
    let languages = form.languages.iter().map(name).collect::<Vec<_>>().join(", ");
    let summary = ta(
        Key::AdminFormSummary,
        &[("title", &title), ("version", &form.version), ("languages", &languages)],
    );
    view! {
        <p class="strong">{summary} " " {tn(Plural::AdminFormQuestions, form.questions, &[])} "."</p>
        {checked.warnings.is_empty().then(|| view! { <p>{t(Key::AdminFormOk)}</p> })}
        {warned(&checked.warnings)}
        <div class="publish">
            <Button
                label=tx(Key::AdminPublish)
                busy=upload.publishing
                on_press=move |()| upload.publish()
            />
            <Button
                kind=Kind::Quiet
                label=tx(Key::ActionCancel)
                on_press=move |()| upload.found.set(Found::Nothing)
            />
        </div>
    }
    .into_any()
}

fn warned(warnings: &[SheetProblem]) -> Option<AnyView> {
    (!warnings.is_empty()).then(|| {
        view! {
            <p>{tn(Plural::AdminFormWarnings, warnings.len() as u64, &[])}</p>
            {problems(warnings)}
        }
        .into_any()
    })
}

/// Where in the workbook something is wrong, and what to do.
fn problems(problems: &[SheetProblem]) -> impl IntoView + use<> {
    let english = use_app().language().get_untracked() == Language::En;
    let rows = problems
        .iter()
        .map(|problem| {
            let row = problem.row.filter(|row| *row > 0).map(|row| row.to_string());
            view! {
                <tr>
                    <td>{problem.sheet.clone()}</td>
                    <td class="table__num">{row}</td>
                    <td>{problem.column.clone()}</td>
                    <td>{words(problem, english)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-wrap">
            <table class="table problems">
                <thead>
                    <tr>
                        <th scope="col">{t(Key::AdminProblemSheet)}</th>
                        <th scope="col" class="table__num">
                            {t(Key::AdminProblemRow)}
                        </th>
                        <th scope="col">{t(Key::AdminProblemColumn)}</th>
                        <th scope="col">{t(Key::AdminProblemText)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

impl Upload {
    fn check(self, name: &str, bytes: Vec<u8>) {
        let lower = name.to_lowercase();
        let media_type = match lower.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "md" => api::MARKDOWN,
            "zip" => api::PACKAGE,
            _ => api::WORKBOOK,
        };
        if media_type == api::WORKBOOK && !lower.ends_with(".xlsx") {
            self.found.set(Found::Failed(ta(Key::AdminFormNotWorkbook, &[("name", name)])));
            return;
        }
        let largest = if media_type == api::PACKAGE { LARGEST_PACKAGE } else { LARGEST_WORKBOOK };
        if bytes.len() > largest * 1024 * 1024 {
            let size = ta(Key::UnitMb, &[("n", &bytes.len().div_ceil(1024 * 1024).to_string())]);
            let max = ta(Key::UnitMb, &[("n", &largest.to_string())]);
            let text = ta(Key::AdminFormTooLarge, &[("size", &size), ("max", &max)]);
            self.found.set(Found::Failed(text));
            return;
        }
        self.file.set_value((media_type, bytes));
        self.found.set(Found::Checking);
        spawn_local(async move {
            let found = match self.send(false).await {
                Ok(checked) => Found::Ready(Box::new(checked)),
                Err(error) => refused(&error),
            };
            let _ = self.found.try_set(found);
        });
    }

    fn publish(self) {
        if self.publishing.get_untracked() {
            return;
        }
        self.publishing.set(true);
        spawn_local(async move {
            let answer = self.send(true).await;
            let _ = self.publishing.try_set(false);
            let found = match answer {
                Ok(checked) => Found::Published(Box::new(checked)),
                Err(error) => refused(&error),
            };
            if self.found.try_set(found).is_none() {
                self.on_published.run(());
            }
        });
    }

    async fn send(self, publish: bool) -> Result<Checked, ApiError> {
        let Some((media_type, bytes)) = self.file.try_get_value() else {
            return Err(ApiError::Offline);
        };
        let path = format!("/api/forms?publish={}", u8::from(publish));
        self.desk.upload(&path, media_type, &bytes).await
    }
}

fn refused(error: &ApiError) -> Found {
    match error {
        ApiError::Refused(refusal) if !refusal.problem.errors.is_empty() => Found::Problems {
            errors: refusal.problem.errors.clone(),
            warnings: refusal.problem.warnings.clone(),
        },
        ApiError::Refused(refusal) if refusal.problem.code == "form_invalid" => {
            Found::Failed(refusal.problem.detail.clone())
        }
        _ => Found::Failed(error.words()),
    }
}
