//! A phone as tests need it: enrolled, with documents, speaking the sync protocol.

use axum::body::Body;
use axum::http::{Method, Request};
use minicbor::bytes::ByteVec;
use serde_json::json;
use server::testing::{Answer, TestError, World};
use shared::id::{DeviceId, FormVersionId, RecordId, StoreId};
use shared::record::review::Review;
use shared::record::{Actor, Audience, Document, Edit, FieldPath, ValueKind};
use shared::sync::codec::{MEDIA_TYPE, decode, encode};
use shared::sync::message::{
    DocumentChanges, EnrolRequest, EnrolResponse, PROTOCOL, SyncRequest, SyncResponse,
};

/// A small form with a roster.
pub const FORM: &str = "
| survey | | | | |
| | type | name | label::English (en) | constraint |
| | text | head | Head | |
| | integer | rooms | Rooms | ${heating} = 'yes' or . < 5 |
| | select_one yn | heating | Heating | |
| | text | place | Place | |
| | begin_repeat | members | Member | |
| | text | m_first | First name | |
| | text | m_last | Last name | |
| | end_repeat | | | |
| choices | | | |
| | list_name | name | label::English (en) |
| | yn | yes | Yes |
| | yn | no | No |
| settings | | | |
| | form_id | form_title | roster | place |
| | test | Test | members | place |
";

pub struct Phone {
    pub device: DeviceId,
    pub token: String,
    pub store: StoreId,
    pub cursor: u64,
    pub directory: u64,
    pub ticket: Option<u64>,
    pub version: String,
    pub forms: Vec<FormVersionId>,
}

/// Asks for a code as an administrator and enrols.
pub async fn enrol(world: &World, admin: &str, user: uuid::Uuid) -> Result<Phone, TestError> {
    let body = json!({ "user": user.simple().to_string() });
    let code = world.json(Method::POST, "/api/enrolment-codes", Some(admin), &body).await;
    let code = code.json()["code"].as_str().ok_or("no code")?.to_owned();
    let answer = try_code(world, &code).await;
    let response: EnrolResponse = decode(&answer.bytes)?;
    Ok(Phone {
        device: response.device,
        token: response.token.iter().map(|byte| format!("{byte:02x}")).collect(),
        store: StoreId(rand::random()),
        cursor: 0,
        directory: response.directory.version,
        ticket: None,
        version: response.forms.first().map(|form| form.version.to_string()).unwrap_or_default(),
        forms: response.forms.iter().map(|form| form.version).collect(),
    })
}

pub async fn try_code(world: &World, code: &str) -> Answer {
    let code = code.to_owned();
    let request = EnrolRequest {
        code,
        label: "phone".into(),
        build: "test".into(),
        ..EnrolRequest::default()
    };
    world.request(Method::POST, "/api/enrol", None, Some((MEDIA_TYPE, encode(&request)))).await
}

impl Phone {
    pub fn actor(&self) -> Actor {
        Actor { device: self.device, session: [7; 8] }
    }

    pub fn request(&self, push: Vec<DocumentChanges>) -> SyncRequest {
        SyncRequest {
            protocol: PROTOCOL,
            epoch: None,
            store: self.store,
            cursor: self.cursor,
            push,
            forms: self.forms.clone(),
            unsent: 0,
            build: "test".into(),
            now_ms: 0,
            directory_version: self.directory,
            ticket: self.ticket,
            ..SyncRequest::default()
        }
    }

    pub async fn raw(&self, world: &World, body: Vec<u8>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/api/sync")
            .header("content-type", MEDIA_TYPE)
            .header("authorization", format!("Bearer {}", self.token))
            .body(Body::from(body))
            .expect("a request");
        world.send(request).await
    }

    pub async fn ask(
        &self,
        world: &World,
        request: &SyncRequest,
    ) -> Result<SyncResponse, TestError> {
        let answer = self.raw(world, encode(request)).await;
        let mut response: SyncResponse =
            decode(&answer.bytes).map_err(|_| format!("{} {}", answer.status, answer.json()))?;
        response.unpack()?;
        Ok(response)
    }

    /// Sends, takes the new cursor over, and returns what came.
    pub async fn sync(
        &mut self,
        world: &World,
        push: Vec<DocumentChanges>,
    ) -> Result<SyncResponse, TestError> {
        let response = self.ask(world, &self.request(push)).await?;
        self.cursor = response.cursor;
        self.ticket = response.ticket.or(self.ticket);
        if let Some(directory) = &response.directory {
            self.directory = directory.version;
        }
        Ok(response)
    }

    /// A finished household with one member.
    pub fn household(&self, title: &str, place: &str) -> (RecordId, Document, DocumentChanges) {
        let id = RecordId::v7(1_795_000_000_000, rand::random());
        let mut document = Document::create(id, "test", self.actor());
        let repeat = FieldPath::top("members");
        let mut edits = vec![
            Edit::header("kind", "household"),
            Edit::header("title", title),
            Edit::header("place", place),
            Edit::set(FieldPath::top("head"), title, ValueKind::Plain),
            Edit::set(FieldPath::top("rooms"), "3", ValueKind::Integer),
            Edit::set(FieldPath::top("heating"), "yes", ValueKind::Plain),
            Edit::AddItem { repeat, item: "aaaaaaaaaa".into(), order: "a".into() },
            Edit::set(
                FieldPath::in_item("members", "aaaaaaaaaa", "m_first"),
                "თეკლა",
                ValueKind::Plain,
            ),
        ];
        edits.extend(Review::finish(&document.header()));
        let changes = change(id, &mut document, &edits, &self.version);
        (id, document, changes)
    }
}

/// One change of a document, as it travels.
pub fn change(
    id: RecordId,
    document: &mut Document,
    edits: &[Edit],
    version: &str,
) -> DocumentChanges {
    let change =
        document.edit(edits, 1_795_000_000_000, version).expect("an edit").expect("a change");
    DocumentChanges {
        record: id,
        audience: Audience::Main,
        changes: vec![ByteVec::from(change.bytes)],
    }
}
