//! A phone as it is: the device core over a store in memory, its network this process's server.

use super::phone::enrol;
use axum::body::Body;
use axum::http::{Method, Request};
use device::device::{Device, Identity, Ports, Subject};
use device::memory::MemoryStore;
use device::ports::{Clock, Entropy, Local, Reply, Store, Table, Transport, Write, WriteSet};
use device::row;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use server::forms::{MARKDOWN, Publication};
use server::testing::{TestError, World};
use shared::policy::Role;
use shared::record::FieldPath;
use std::cell::RefCell;
use std::rc::Rc;
use tests::bench::sync::{Workload, standard};
use uuid::Uuid;

/// The server that phones reach at the moment; `None` while it is lost.
pub type Network = Rc<RefCell<Option<Rc<World>>>>;

struct Wire(Network);

impl Transport for Wire {
    fn post<'a>(
        &'a self,
        path: &'a str,
        token: Option<&'a str>,
        body: Vec<u8>,
    ) -> Local<'a, Option<Reply>> {
        Box::pin(async move {
            let world = self.0.borrow().clone()?;
            let mut request = Request::builder()
                .method(Method::POST)
                .uri(path)
                .header("content-type", shared::sync::codec::MEDIA_TYPE);
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let answer = world.send(request.body(Body::from(body)).ok()?).await;
            let media_type = answer.header("content-type").to_owned();
            let seconds = answer.header("retry-after").parse::<u64>().ok();
            Some(Reply {
                status: answer.status.as_u16(),
                media_type,
                retry_after_ms: seconds.map(|seconds| seconds * 1000),
                body: answer.bytes,
            })
        })
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now_ms(&self) -> i64 {
        1_795_000_000_000
    }

    fn utc_offset_minutes(&self) -> i32 {
        240
    }
}

struct Seeded(RefCell<StdRng>);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.borrow_mut().fill_bytes(buffer);
    }
}

pub struct CorePhone {
    pub device: Device,
    workload: Workload,
    random: StdRng,
}

impl CorePhone {
    /// Opens a phone that was enrolled as `identity`.
    pub async fn open(
        network: &Network,
        identity: &Identity,
        seed: u64,
    ) -> Result<Self, TestError> {
        let store = MemoryStore::default();
        let mut payload = Vec::new();
        minicbor::encode(identity, &mut payload)?;
        let sealed = row::seal(Table::Meta, "identity", &payload);
        let put = Write::Put(Table::Meta, "identity".into(), sealed);
        store.commit(WriteSet(vec![put])).await.map_err(|error| format!("{error:?}"))?;
        let ports = Ports {
            store: Rc::new(store),
            transport: Rc::new(Wire(network.clone())),
            clock: Rc::new(Fixed),
            entropy: Rc::new(Seeded(RefCell::new(StdRng::seed_from_u64(seed)))),
        };
        let device = Device::open(ports, "test".into()).await.map_err(|_| "it does not open")?;
        Ok(Self { device, workload: standard(), random: StdRng::seed_from_u64(seed) })
    }

    /// Fills in and finishes a record.
    pub async fn fill(&mut self) -> Result<(), TestError> {
        let told = |error| format!("{error:?}");
        let form = self.workload.form.form_id.clone();
        let record = self.device.begin(&form, &Subject::Own).await.map_err(told)?;
        let draft = self.device.open_record(record).await.map_err(told)?;
        (self.workload.fill)(&self.device, &mut draft.borrow_mut(), &mut self.random);
        self.device.finish(&draft).await.map_err(told)?;
        self.device.leave().await.map_err(told)?;
        Ok(())
    }

    /// Changes an answer of every record that the phone has.
    pub async fn edit_all(&mut self, value: &str) -> Result<(), TestError> {
        let told = |error| format!("{error:?}");
        for row in self.device.list() {
            let draft = self.device.open_record(row.record).await.map_err(told)?;
            let path = FieldPath::top(self.workload.edit.0);
            let at = draft.borrow().address(&path).ok_or("the form does not ask it")?;
            draft.borrow_mut().set(&at, value);
            self.device.leave().await.map_err(told)?;
        }
        Ok(())
    }

    /// Syncs until nothing waits.
    pub async fn sync(&self) -> Result<(), TestError> {
        let outcome = self.device.sync().await;
        match outcome.failure {
            None if self.device.unsent_total() == 0 => Ok(()),
            failure => Err(format!("{failure:?}, {} wait", self.device.unsent_total()).into()),
        }
    }
}

/// The standard form in force, an administrator's session, and a worker with two phones.
pub async fn two_phones(world: &World) -> Result<(String, Uuid, [Identity; 2]), TestError> {
    let form = Publication::new(tests::standard::form());
    let mut tx = world.state.store.begin(world.tenant).await?;
    form.publish(&mut tx, MARKDOWN, b"", None, 0).await?;
    tx.commit().await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let identity = async || {
        let phone = enrol(world, &admin, user).await?;
        Ok::<_, TestError>(Identity { device: phone.device, token: phone.token })
    };
    let identities = [identity().await?, identity().await?];
    Ok((admin, user, identities))
}
