//! The simulation around the real parts: router, handlers, worker processes and Postgres in place of
//! the server in memory. Fewer seeds, because each needs a database of its own.

mod attacker;
mod database;
mod stranger;

use attacker::Attacker;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request};
use device::ports::Reply;
use serde_json::{Value, json};
use server::auth::token::Token;
use server::blob::collect::collect;
use server::forms::{MARKDOWN, Publication};
use server::store::Scope;
use server::testing::{TestError, World as Real};
use shared::id::{AttachmentHash, ChangeHash, DeviceId, RecordId};
use shared::policy::Role;
use shared::record::review::ReviewState;
use shared::record::{Actor, Audience, Document};
use shared::sync::codec::decode;
use shared::sync::message::EnrolResponse;
use sqlx::ConnectOptions;
use std::collections::{BTreeMap, BTreeSet};
use tests::backend::{Backend, Deed, Logged, Projected};
use tests::checker::check;
use tests::world::{PHONES, World, play_around};
use tokio::runtime::Runtime;
use uuid::Uuid;

const SEEDS: u64 = 6;
const STEPS: usize = 70;

struct Worker {
    user: Uuid,
    token: Token,
    villages: Vec<String>,
}

/// The real server behind the simulation's network.
struct Router {
    runtime: Runtime,
    real: Real,
    admin: String,
    reviewer: String,
    workers: BTreeMap<DeviceId, Worker>,
    forms: u32,
    attacker: Attacker,
    /// Whether there is a backup.
    kept: bool,
}

impl Router {
    fn start() -> Result<Self, TestError> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (real, admin, reviewer, attacker) = runtime.block_on(async {
            let real = Real::new().await?;
            let admin = real.office("admin", Role::Administrator).await?;
            let reviewer = real.office("reviewer", Role::Reviewer).await?;
            let attacker = Attacker::enrol(&real).await?;
            Ok::<_, TestError>((real, admin, reviewer, attacker))
        })?;
        let mut router = Self {
            runtime,
            real,
            admin,
            reviewer,
            workers: BTreeMap::new(),
            forms: 0,
            attacker,
            kept: false,
        };
        router.publish();
        Ok(router)
    }

    fn publish(&mut self) {
        self.forms += 1;
        let form = tests::form::household(1 + self.forms % 2);
        let publication = Publication::new(form);
        self.runtime
            .block_on(async {
                let mut tx = self.real.state.store.begin(self.real.tenant).await?;
                let now = i64::from(self.forms);
                publication.publish(&mut tx, MARKDOWN, b"", None, now).await?;
                tx.commit().await?;
                Ok::<_, TestError>(())
            })
            .expect("the form is published");
    }

    fn office(&self, cookie: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.runtime.block_on(self.real.json(method, path, Some(cookie), body));
        assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.json());
        (answer.status.as_u16(), answer.json())
    }

    fn rows<T>(&self, sql: &'static str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin,
    {
        let found = self.runtime.block_on(async {
            let mut connection = self.real.owner.connect().await?;
            sqlx::query_as(sql).fetch_all(&mut connection).await
        });
        found.expect("a statement of the test")
    }

    /// A reviewer chooses the first of two answers, where a record has two.
    fn settle(&self, record: RecordId) -> bool {
        let stored = self.documents();
        let Some(bytes) = stored.get(&(record, Audience::Main)) else { return false };
        let reader = Actor { device: DeviceId([0; 8]), session: [0; 8] };
        let mut document = Document::load(bytes, Audience::Main, reader).expect("it loads");
        let fields = document.two_answers();
        let Some(field) = fields.first() else { return false };
        let body = json!({ "path": field.path.to_string(), "value": field.values[0].value });
        let path = format!("/api/records/{record}/resolve");
        self.office(&self.reviewer, Method::POST, &path, &body).0 == 200
    }

    fn accept_all(&self) -> bool {
        let (_, list) = self.office(&self.reviewer, Method::GET, "/api/wedged", &Value::Null);
        let changes = list["changes"].as_array().cloned().unwrap_or_default();
        let mut done = false;
        for change in changes {
            let path = format!("/api/wedged/{}", change["hash"].as_str().unwrap_or_default());
            // What the attacker sent nobody vouches for.
            let forged = change["device"]["id"] == self.attacker.device.to_string();
            let action = if forged { "discard" } else { "accept" };
            let body = json!({ "action": action, "reason": "checked" });
            done |= self.office(&self.reviewer, Method::POST, &path, &body).0 == 204;
        }
        done
    }
}

fn audience(number: i16) -> Audience {
    u8::try_from(number).ok().and_then(Audience::from_number).expect("an audience")
}

impl Backend for Router {
    fn post(&mut self, device: DeviceId, path: &str, body: &[u8], cut: bool, _: i64) -> Reply {
        let token = self.workers[&device].token;
        let bytes = Bytes::copy_from_slice(body);
        let body = match cut {
            false => Body::from(bytes),
            true => Body::from_stream(futures_util::stream::iter([
                Ok(bytes),
                Err(std::io::Error::other("the connection ended")),
            ])),
        };
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("content-type", shared::sync::codec::MEDIA_TYPE)
            .header("authorization", format!("Bearer {token}"))
            .body(body)
            .expect("a request");
        let answer = self.runtime.block_on(self.real.send(request));
        assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.json());
        if path == "/api/enrol"
            && let Ok(connected) = decode::<EnrolResponse>(&answer.bytes)
        {
            let Worker { user, ref villages, .. } = self.workers[&device];
            let digits: String = connected.token.iter().map(|byte| format!("{byte:02x}")).collect();
            let token = digits.parse().expect("a token");
            let worker = Worker { user, token, villages: villages.clone() };
            self.workers.insert(connected.device, worker);
        }
        let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
        Reply {
            status: answer.status.as_u16(),
            media_type: media_type.to_owned(),
            retry_after_ms: None,
            body: answer.bytes.clone(),
        }
    }

    fn act(&mut self, deed: &Deed, _: i64) -> bool {
        match deed {
            Deed::Review(record, state) => {
                let action = match state {
                    ReviewState::Approved => "approve",
                    ReviewState::Rejected => "reject",
                    _ => "return",
                };
                let body = json!({ "action": action, "reason": "შეამოწმეთ" });
                let path = format!("/api/records/{record}/review");
                self.office(&self.reviewer, Method::POST, &path, &body).0 == 200
            }
            Deed::Assign(record, device) => {
                let user = device.map(|device| self.workers[&device].user.simple().to_string());
                let path = format!("/api/records/{record}/assign");
                self.office(&self.reviewer, Method::POST, &path, &json!({ "user": user })).0 == 204
            }
            Deed::Villages(device, villages) => {
                let user = self.workers[device].user;
                let other = self.workers[device].villages != *villages;
                for worker in self.workers.values_mut().filter(|of| of.user == user) {
                    worker.villages.clone_from(villages);
                }
                let path = format!("/api/users/{}", user.simple());
                let body = json!({ "villages": villages });
                other && self.office(&self.admin, Method::POST, &path, &body).0 == 200
            }
            Deed::Active(device, active) => {
                let path = format!("/api/users/{}", self.workers[device].user.simple());
                let body = json!({ "active": active });
                self.office(&self.admin, Method::POST, &path, &body).0 == 200
            }
            Deed::Publish => {
                self.publish();
                true
            }
            Deed::Retry => self.accept_all(),
            Deed::Collect => {
                let collected = collect(&self.real.state, self.real.tenant);
                self.runtime.block_on(collected).expect("attachments are collected") > 0
            }
            Deed::Resolve(record) => self.settle(*record),
            Deed::Backup => {
                self.runtime.block_on(database::keep(&self.real.owner)).expect("a backup");
                self.kept = true;
                true
            }
            Deed::Restore if self.kept => {
                self.runtime.block_on(database::put_back(&self.real.owner)).expect("a restore");
                true
            }
            Deed::Restore => false,
            Deed::Poison => {
                let stored = self.documents();
                let attack = self.attacker.attack(&self.real, &stored);
                self.runtime.block_on(attack).expect("all of it is refused")
            }
            // A fault of the server's own, which the one in memory plays.
            Deed::Discard(_) => false,
        }
    }

    fn enrol(&mut self, device: DeviceId, villages: &[String]) {
        let token = Token::new(self.real.tenant);
        let login = format!("worker-{}", self.workers.len());
        let user = self
            .runtime
            .block_on(async {
                let user = self.real.person(self.real.tenant, &login, Role::Worker).await?;
                let mut tx = self.real.state.store.begin(self.real.tenant).await?;
                tx.create_device(&device.0, user, &token.hash(), "simulation", 0).await?;
                tx.commit().await?;
                Ok::<_, TestError>(user)
            })
            .expect("enrolled");
        self.workers.insert(device, Worker { user, token, villages: vec![] });
        self.act(&Deed::Villages(device, villages.to_vec()), 0);
    }

    fn code(&mut self, device: DeviceId) -> String {
        let body = json!({ "user": self.workers[&device].user.simple().to_string() });
        let (_, code) = self.office(&self.admin, Method::POST, "/api/enrolment-codes", &body);
        code["code"].as_str().expect("a code").to_owned()
    }

    fn log(&self) -> Vec<Logged> {
        let rows: Vec<(Uuid, i16, Vec<u8>)> =
            self.rows("SELECT record_id, audience, hash FROM changes ORDER BY seq");
        rows.into_iter()
            .map(|(record, of, hash)| Logged {
                record: RecordId(*record.as_bytes()),
                audience: audience(of),
                hash: ChangeHash::from_slice(&hash).expect("a hash"),
            })
            .collect()
    }

    fn documents(&self) -> BTreeMap<(RecordId, Audience), Vec<u8>> {
        let rows: Vec<(Uuid, i16, Vec<u8>)> =
            self.rows("SELECT record_id, audience, snapshot FROM documents");
        rows.into_iter()
            .map(|(record, of, bytes)| ((RecordId(*record.as_bytes()), audience(of)), bytes))
            .collect()
    }

    fn scope(&self, device: DeviceId) -> BTreeSet<RecordId> {
        let worker = &self.workers[&device];
        let found = self.runtime.block_on(async {
            let mut tx = self.real.state.store.begin(self.real.tenant).await?;
            tx.records_in_scope(Scope { villages: &worker.villages, user_id: worker.user }).await
        });
        let found = found.expect("the scope is known");
        found.into_iter().map(|record| RecordId(*record.as_bytes())).collect()
    }

    fn rows(&self) -> Option<BTreeMap<RecordId, Projected>> {
        let rows: Vec<(Uuid, String, i32, String)> =
            Router::rows(self, "SELECT record_id, review_state, two_answers, title FROM records");
        let projected = rows.into_iter().map(|(record, review, two_answers, title)| {
            let two_answers = two_answers as usize;
            (RecordId(*record.as_bytes()), Projected { review, two_answers, title })
        });
        Some(projected.collect())
    }

    fn attachments(&self) -> BTreeMap<AttachmentHash, Vec<u8>> {
        let rows: Vec<(Vec<u8>, i64)> = Router::rows(
            self,
            "SELECT hash, size FROM attachments WHERE completed_at_ms IS NOT NULL",
        );
        let read = |(hash, size): (Vec<u8>, i64)| {
            let hash = AttachmentHash::from_slice(&hash).expect("a hash");
            let range = 0..size.unsigned_abs();
            let bytes = self.real.state.blobs.get(self.real.tenant, hash, range);
            (hash, self.runtime.block_on(bytes).expect("what is complete is there"))
        };
        rows.into_iter().map(read).collect()
    }

    fn refusals(&self) -> usize {
        0
    }
}

#[test]
fn nothing_saved_is_lost_on_the_real_server() {
    for seed in 0..SEEDS {
        let router = Router::start().expect("a server");
        let world = play_around(Box::new(router), seed, STEPS);
        let broken = check(&world);
        assert!(broken.is_empty(), "seed {seed}\n{}", broken.join("\n"));
    }
}

/// Stories in which the server is put back, settles answers and is sent hostile bytes more often than chance
/// has it: none of it may cost an honest phone anything.
#[test]
fn restores_and_hostile_bytes_in_the_middle_of_stories() {
    let mut seen: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in 100..103 {
        let router = Router::start().expect("a server");
        let mut world = World::around(Box::new(router), seed, PHONES);
        world.net.trouble.set(30);
        for step in 0..STEPS {
            world.step();
            let records: Vec<RecordId> = world.net.server.borrow().records().into_iter().collect();
            match step % 12 {
                2 | 8 => {
                    world.act("poisoned changes", &Deed::Poison);
                }
                4 => {
                    world.act("backups", &Deed::Backup);
                }
                // The same question on all phones, none of which has heard of the others' answers.
                5 => {
                    for phone in 0..PHONES {
                        world.answer_fixed(phone, "rooms", &(step + phone).to_string());
                    }
                    (0..PHONES).for_each(|phone| world.sync(phone));
                }
                6 | 9 => {
                    for record in records {
                        world.act("settled answers", &Deed::Resolve(record));
                    }
                }
                11 => world.restore(),
                _ => {}
            }
        }
        world.settle(3);
        let broken = check(&world);
        assert!(broken.is_empty(), "seed {seed}\n{}", broken.join("\n"));
        for (name, count) in &world.events {
            *seen.entry(name).or_default() += count;
        }
    }
    for name in ["poisoned changes", "backups", "restores", "settled answers"] {
        assert!(seen.get(name).is_some_and(|count| *count > 0), "no {name}: {seen:?}");
    }
}
