//! The phones: who has them, when they were last heard of, what waits on them.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use super::codes;
use crate::i18n::{Key, t, ta, tx};
use crate::office::api::ApiError;
use crate::office::model::admin::{Device, Devices};
use crate::office::texts::{ago, date};
use crate::office::{Desk, Failure, Loading, Rowless, rowless};
use crate::platform::{clock, page};
use crate::ui::{Dialog, EmptyState, Icon};

const DAY_MS: i64 = 24 * 3_600_000;
/// From this age on the last contact is marked.
const SILENT_DAYS: i64 = 3;

#[derive(Clone, Copy)]
struct Page {
    desk: Desk,
    devices: RwSignal<Option<Vec<Device>>>,
    rowless: RwSignal<Vec<Rowless>>,
    failed: RwSignal<Option<ApiError>>,
    leaving: RwSignal<Option<Device>>,
    asking: RwSignal<bool>,
}

#[derive(Serialize)]
struct Nothing {}

pub fn devices(desk: Desk) -> AnyView {
    let here = Page {
        desk,
        devices: RwSignal::new(None),
        rowless: RwSignal::new(Vec::new()),
        failed: RwSignal::new(None),
        leaving: RwSignal::new(None),
        asking: RwSignal::new(false),
    };
    here.load();
    // A phone that has just been connected or heard of changes the list.
    Effect::new(move |last: Option<u64>| {
        let (number, _) = desk.live.changed.get();
        if last.is_some_and(|last| last != number) {
            here.load();
        }
        number
    });
    page::set_title(&format!("{} – {}", t(Key::AdminDevices), t(Key::AppName)));
    view! {
        <div class="office__page">
            <h1 class="t-xl">{t(Key::AdminDevices)}</h1>
            {move || here.rowless.with(|records| rowless(records))}
            <div class="admin">
                <section aria-label=t(Key::AdminDevices)>
                    {move || {
                        if let Some(error) = here.failed.get() {
                            return view! { <Failure error=error on_retry=move |()| here.load() /> }
                                .into_any();
                        }
                        match here.devices.with(|all| all.as_ref().map(Vec::is_empty)) {
                            None => view! { <Loading /> }.into_any(),
                            Some(true) => {
                                view! { <EmptyState icon="phone" title=tx(Key::AdminNoDevices) /> }
                                    .into_any()
                            }
                            Some(false) => table(here),
                        }
                    }}
                </section>
                {codes::codes(desk)}
            </div>
        </div>
        <Dialog
            open=here.asking
            title=Signal::derive(move || {
                let name = here.leaving.get().map(|device| name(&device)).unwrap_or_default();
                ta(Key::AdminDeviceLockTitle, &[("name", &name)])
            })
            text=tx(Key::AdminDeviceLockText)
            safe=tx(Key::ActionCancel)
            act=tx(Key::AdminDeviceLock)
            danger=true
            on_act=move |()| here.revoke()
        />
    }
    .into_any()
}

fn name(device: &Device) -> String {
    let label =
        if device.label.is_empty() { t(Key::AdminDeviceName) } else { device.label.clone() };
    format!("{label}, {}", device.user.name)
}

fn table(here: Page) -> AnyView {
    let devices = move || here.devices.get().unwrap_or_default();
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{t(Key::AdminDevices)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{t(Key::AdminDeviceName)}</th>
                        <th scope="col">{t(Key::AdminDevicePerson)}</th>
                        <th scope="col">{t(Key::AdminDeviceLast)}</th>
                        <th scope="col">{t(Key::AdminDeviceUnsent)}</th>
                        <th scope="col" class="table__wide">
                            {t(Key::AdminDeviceEnrolled)}
                        </th>
                        <th scope="col">
                            <span class="visually-hidden">{t(Key::ActionChange)}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {move || devices().into_iter().map(|device| row(here, device)).collect_view()}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(here: Page, device: Device) -> impl IntoView {
    let locked = device.revoked_at.is_some();
    let silent = device
        .last_seen_at
        .is_some_and(|at| !locked && clock::now_ms() - at >= SILENT_DAYS * DAY_MS);
    let last = device.last_seen_at.map_or_else(|| t(Key::AdminNever), ago);
    let unsent = device.unsent.map_or_else(|| "–".to_owned(), |count| count.to_string());
    let act = format!("{}: {}", t(Key::AdminDeviceLock), name(&device));
    let paused = device.paused_at.filter(|_| !locked).map(|at| paused(here, &device, at));
    let label = if device.label.is_empty() { "–".to_owned() } else { device.label.clone() };
    view! {
        <tr>
            <td>
                <span class="strong">{label}</span>
                {paused
                    .is_some()
                    .then(|| {
                        view! {
                            <div>
                                <span class="tag">{t(Key::AdminDevicePaused)}</span>
                            </div>
                        }
                    })}
            </td>
            <td>{device.user.name.clone()}</td>
            <td>
                <span class:contact--late=silent class="cluster">
                    {silent.then(|| view! { <Icon name="warning" small=true /> })} {last}
                </span>
            </td>
            <td class="table__num">{unsent}</td>
            <td class="table__wide">{date(device.enrolled_at)}</td>
            <td>
                {if locked {
                    view! { <span class="tag">{t(Key::AdminDeviceLocked)}</span> }.into_any()
                } else {
                    view! {
                        <button
                            type="button"
                            class="link-button"
                            aria-label=act
                            on:click=move |_| {
                                here.leaving.set(Some(device.clone()));
                                here.asking.set(true);
                            }
                        >
                            {t(Key::AdminDeviceLock)}
                        </button>
                    }
                        .into_any()
                }}
            </td>
        </tr>
        {paused}
    }
}

/// Nothing of it is taken in: why, and how to take it in again. A row of its own, below the phone's.
fn paused(here: Page, device: &Device, at: i64) -> AnyView {
    let chosen = device.clone();
    view! {
        <tr>
            <td colspan="6">
                <p class="meta">{ta(Key::AdminDevicePausedWhy, &[("date", &date(at))])}</p>
                <button
                    type="button"
                    class="link-button"
                    aria-label=format!("{}: {}", t(Key::AdminDeviceLift), name(device))
                    on:click=move |_| here.lift(&chosen)
                >
                    {t(Key::AdminDeviceLift)}
                </button>
            </td>
        </tr>
    }
    .into_any()
}

impl Page {
    fn lift(self, device: &Device) {
        let path = format!("/api/devices/{}/lift", device.id);
        let told = ta(Key::AdminDeviceLifted, &[("name", &name(device))]);
        spawn_local(async move {
            match self.desk.tell(&path, &Nothing {}).await {
                Ok(()) => {
                    self.desk.app.toast(told, None);
                    self.load();
                }
                Err(error) => self.desk.app.toast(error.words(), None),
            }
        });
    }

    fn load(self) {
        spawn_local(async move {
            match self.desk.get::<Devices>("/api/devices").await {
                Ok(answer) => {
                    let _ = self.failed.try_set(None);
                    let _ = self.devices.try_set(Some(answer.devices));
                    let _ = self.rowless.try_set(answer.unprojected);
                }
                Err(error) => {
                    let _ = self.failed.try_set(Some(error));
                }
            }
        });
    }

    fn revoke(self) {
        let Some(device) = self.leaving.get_untracked() else { return };
        let path = format!("/api/devices/{}/revoke", device.id);
        spawn_local(async move {
            match self.desk.tell(&path, &Nothing {}).await {
                Ok(()) => {
                    let text = ta(Key::AdminDeviceLockDone, &[("name", &name(&device))]);
                    self.desk.app.toast(text, None);
                    self.load();
                }
                Err(error) => self.desk.app.toast(error.words(), None),
            }
        });
    }
}
