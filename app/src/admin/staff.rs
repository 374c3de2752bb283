//! What the page of the people knows, and what it asks of the server.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;

use crate::i18n::{Key, t, ta};
use crate::office::Desk;
use crate::office::api::ApiError;
use crate::office::model::Text;
use crate::office::model::admin::{Places, User, UserSaved, Users};
use crate::platform::{office_dom, page};

/// The page's state.
#[derive(Clone, Copy)]
pub struct People {
    pub desk: Desk,
    pub users: RwSignal<Option<Vec<User>>>,
    pub places: RwSignal<BTreeMap<String, Text>>,
    pub failed: RwSignal<Option<ApiError>>,
    /// Whether the form for a new person is open.
    pub adding: RwSignal<bool>,
    /// A person's one-time link, shown once.
    pub link: RwSignal<Option<(String, String)>>,
    /// Who is about to be switched off.
    pub leaving: RwSignal<Option<User>>,
    pub asking: RwSignal<bool>,
}

#[derive(Serialize)]
struct Active {
    active: bool,
}

#[derive(Serialize)]
struct Nothing {}

pub fn role_word(role: &str) -> Key {
    match role {
        "administrator" => Key::AdminRoleAdministrator,
        "reviewer" => Key::AdminRoleReviewer,
        _ => Key::AdminRoleWorker,
    }
}

impl People {
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            users: RwSignal::new(None),
            places: RwSignal::default(),
            failed: RwSignal::new(None),
            adding: RwSignal::new(false),
            link: RwSignal::new(None),
            leaving: RwSignal::new(None),
            asking: RwSignal::new(false),
        }
    }

    pub fn load(self) {
        spawn_local(async move {
            match self.desk.get::<Users>("/api/users").await {
                Ok(answer) => {
                    let _ = self.failed.try_set(None);
                    let _ = self.users.try_set(Some(answer.users));
                }
                Err(error) => {
                    let _ = self.failed.try_set(Some(error));
                }
            }
            if let Ok(answer) = self.desk.get::<Places>("/api/places").await {
                let places = answer.places.into_iter().map(|place| (place.value, place.label));
                let _ = self.places.try_set(places.collect());
            }
        });
    }

    pub fn add(self) {
        self.adding.set(true);
        request_animation_frame(|| page::focus("#person-name"));
    }

    pub fn switch(self, user: &User, active: bool) {
        let path = format!("/api/users/{}", user.id);
        let own = user.name == self.desk.person();
        spawn_local(async move {
            match self.desk.post::<UserSaved>(&path, &Active { active }).await {
                Ok(saved) => {
                    let text = ta(Key::AdminPersonSaved, &[("name", &saved.user.name)]);
                    self.desk.app.toast(text, None);
                    self.load();
                }
                Err(error) if error.code() == "conflict" && own => {
                    self.desk.app.toast(t(Key::AdminLastOwn), None);
                }
                Err(error) => self.desk.app.toast(error.words(), None),
            }
        });
    }

    pub fn new_link(self, user: &User) {
        let (path, name) = (format!("/api/users/{}/setup-link", user.id), user.name.clone());
        spawn_local(async move {
            match self.desk.post::<UserSaved>(&path, &Nothing {}).await {
                Ok(saved) => self.show_link(name, saved.setup_link),
                Err(error) => self.desk.app.toast(error.words(), None),
            }
        });
    }

    pub fn show_link(self, name: String, link: Option<String>) {
        if let Some(link) = link {
            self.link.set(Some((name, format!("{}{link}", office_dom::origin()))));
            request_animation_frame(|| page::focus("#link-card"));
        }
    }
}
