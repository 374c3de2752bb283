//! Setting a municipality up through the interface: the first administrator, a form, people, phones.

use crate::Outcome;
use crate::http::Connection;
use crate::machine::Machine;
use minicbor::bytes::ByteVec;
use serde_json::{Value, json};
use shared::id::{DeviceId, Epoch, StoreId};
use shared::sync::codec::{MEDIA_TYPE, decode, encode};
use shared::sync::message::{
    DocumentChanges, EnrolRequest, EnrolResponse, PROTOCOL, SyncRequest, SyncResponse,
};
use std::net::SocketAddr;

pub struct Office {
    connection: Connection,
    pub cookie: String,
    address: SocketAddr,
}

/// An enrolled phone without a store.
pub struct Phone {
    pub device: DeviceId,
    pub store: StoreId,
    pub cursor: u64,
    pub directory: u64,
    pub epoch: Option<Epoch>,
    /// Of the last response: who shows another is sent what came under its own name.
    pub ticket: Option<u64>,
    pub form: String,
    pub forms: Vec<shared::id::FormVersionId>,
    bearer: String,
    pub connection: Connection,
    address: SocketAddr,
}

impl Office {
    pub async fn open(machine: &Machine) -> Outcome<Self> {
        let mut connection = Connection::new(machine.address);
        let body = json!({ "token": machine.setup, "login": "admin", "name": "Admin",
                           "password": "correct horse battery" });
        let answer = post(&mut connection, "/api/setup", "", &body).await?;
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.ok_or("no session")?.to_owned();
        Ok(Self { connection, cookie, address: machine.address })
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Outcome<Value> {
        let answer = post(&mut self.connection, path, &self.cookie, body).await?;
        match answer.status {
            200..300 => Ok(answer.json()),
            _ => Err(format!("{path}: {} {}", answer.status, answer.json()).into()),
        }
    }

    pub async fn publish(&mut self, markdown: &str) -> Outcome {
        let headers = [("cookie", self.cookie.as_str()), ("content-type", "text/markdown")];
        let path = "/api/forms?publish=1";
        let answer = self.connection.send("POST", path, &headers, markdown.as_bytes()).await?;
        match answer.status {
            200 => Ok(()),
            _ => Err(format!("the form: {}", answer.json()).into()),
        }
    }

    pub async fn worker(&mut self, login: &str) -> Outcome<String> {
        let body = json!({ "login": login, "name": login, "role": "worker" });
        let made = self.post("/api/users", &body).await?;
        let id = made["id"].as_str().or(made["user"]["id"].as_str());
        Ok(id.ok_or_else(|| format!("no user in {made}"))?.to_owned())
    }

    pub async fn phone(&mut self, user: &str) -> Outcome<Phone> {
        let made = self.post("/api/enrolment-codes", &json!({ "user": user })).await?;
        let code = made["code"].as_str().ok_or("no code")?.to_owned();
        let request = EnrolRequest { code, label: "load".into(), ..enrol() };
        let mut connection = Connection::new(self.address);
        let kind = [("content-type", MEDIA_TYPE)];
        let answer = connection.send("POST", "/api/enrol", &kind, &encode(&request)).await?;
        let response: EnrolResponse = decode(&answer.body)
            .map_err(|_| format!("enrolment: {} {}", answer.status, answer.json()))?;
        let newest = response.directory.current_forms.iter().find(|version| {
            response
                .forms
                .iter()
                .any(|form| form.version == **version && is_standard(&form.compiled))
        });
        Ok(Phone {
            device: response.device,
            store: StoreId(rand::random()),
            cursor: 0,
            directory: response.directory.version,
            epoch: None,
            ticket: None,
            form: newest.map(ToString::to_string).unwrap_or_default(),
            forms: response.directory.current_forms.clone(),
            bearer: format!(
                "Bearer {}",
                response.token.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
            ),
            connection,
            address: self.address,
        })
    }
}

fn is_standard(compiled: &[u8]) -> bool {
    form::model::Form::from_bytes(compiled).is_ok_and(|form| form.form_id == "standard")
}

fn enrol() -> EnrolRequest {
    EnrolRequest { build: "load".into(), ..EnrolRequest::default() }
}

async fn post(
    connection: &mut Connection,
    path: &str,
    cookie: &str,
    body: &Value,
) -> Outcome<crate::http::Answer> {
    let headers = [("content-type", "application/json"), ("cookie", cookie)];
    connection.send("POST", path, &headers, body.to_string().as_bytes()).await
}

impl Phone {
    /// Another phone of the same municipality.
    pub fn like(&self, device: DeviceId, store: StoreId, token: &str) -> Self {
        Self {
            device,
            store,
            cursor: self.cursor,
            directory: self.directory,
            epoch: self.epoch,
            ticket: None,
            form: self.form.clone(),
            forms: self.forms.clone(),
            bearer: format!("Bearer {token}"),
            connection: Connection::new(self.address),
            address: self.address,
        }
    }

    /// The same phone over another connection.
    pub fn again(&self) -> Self {
        Self {
            ticket: self.ticket,
            bearer: self.bearer.clone(),
            ..self.like(self.device, self.store, "")
        }
    }

    /// A request as bytes, so that making it is not part of what is measured.
    pub fn request(&self, push: Vec<DocumentChanges>) -> Vec<u8> {
        encode(&SyncRequest {
            protocol: PROTOCOL,
            epoch: self.epoch,
            store: self.store,
            cursor: self.cursor,
            push,
            forms: self.forms.clone(),
            unsent: 0,
            build: "load".into(),
            now_ms: 0,
            directory_version: self.directory,
            ticket: self.ticket,
            ..SyncRequest::default()
        })
    }

    pub async fn send(&mut self, body: &[u8]) -> Outcome<crate::http::Answer> {
        let headers = [("content-type", MEDIA_TYPE), ("authorization", self.bearer.as_str())];
        self.connection.send("POST", "/api/sync", &headers, body).await
    }

    /// Sends and takes what came; everything has to be accepted.
    pub async fn sync(&mut self, body: &[u8]) -> Outcome<SyncResponse> {
        let answer = self.send(body).await?;
        let response: SyncResponse = decode(&answer.body)
            .map_err(|_| format!("sync: {} {}", answer.status, answer.json()))?;
        if let Some(refused) = response.refused.first() {
            return Err(format!("refused: {}", refused.code).into());
        }
        self.cursor = response.cursor;
        self.epoch = Some(response.epoch);
        self.ticket = response.ticket.or(self.ticket);
        Ok(response)
    }
}

/// The changes of one document, as they travel.
pub fn push(record: shared::id::RecordId, bytes: Vec<u8>) -> DocumentChanges {
    DocumentChanges {
        record,
        audience: shared::record::Audience::Main,
        changes: vec![ByteVec::from(bytes)],
    }
}
