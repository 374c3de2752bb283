//! For tests only: a private Postgres per process, a fresh database per test, and requests without a
//! network. Its one statement makes a database to copy, as the owner.

use crate::forms::{MARKDOWN, Publication};
use crate::migrate::migrate;
use crate::postgres::{APP, Durability, OWNER, Postgres};
use crate::router::build_router;
use crate::state::{AppState, Site};
use crate::store::{NewTenant, NewUser, Store, TenantId};
use crate::worker::{Program, Workers};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};
use shared::policy::Role;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tower::ServiceExt;
use uuid::Uuid;

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery";
const TEMPLATE: &str = "kardakar_template";

/// What went wrong while setting a test up.
pub type TestError = Box<dyn std::error::Error + Send + Sync>;

/// The cluster of this process: how its owner connects to its database `postgres`.
fn cluster() -> Result<PgConnectOptions, TestError> {
    static CLUSTER: OnceLock<Result<PgConnectOptions, String>> = OnceLock::new();
    let started = CLUSTER.get_or_init(|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        // A thread of its own keeps the cluster until the process ends; Postgres notices and stops.
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build()
            else {
                return;
            };
            let started = runtime.block_on(start());
            let kept = match started {
                Ok((postgres, options)) => {
                    let _ = sender.send(Ok(options));
                    Some(postgres)
                }
                Err(error) => {
                    let _ = sender.send(Err(error.to_string()));
                    None
                }
            };
            while kept.is_some() {
                std::thread::park();
            }
        });
        receiver.recv().unwrap_or_else(|error| Err(error.to_string()))
    });
    Ok(started.clone()?)
}

async fn start() -> Result<(Postgres, PgConnectOptions), TestError> {
    let home = std::env::temp_dir().join("kardakar-tests");
    std::fs::create_dir_all(&home)?;
    clear_old(&home);
    let data = home.join(std::process::id().to_string());
    let programs = std::env::var_os("KARDAKAR_PG_BIN").map(PathBuf::from);
    let postgres = Postgres::start(&data, programs.as_deref(), Durability::None).await?;
    let owner = postgres.options(OWNER, "postgres");
    crate::postgres::prepare(&owner, TEMPLATE).await?;
    migrate(&postgres.options(OWNER, TEMPLATE)).await?;
    Ok((postgres, owner))
}

/// Removes what test processes that are gone left behind.
fn clear_old(home: &Path) {
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if !Path::new("/proc").join(&name).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A fresh, migrated database: how its owner and the server's role connect to it.
pub async fn database() -> Result<(PgConnectOptions, PgConnectOptions), TestError> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let owner = tokio::task::spawn_blocking(cluster).await??;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    // Postgres copies a template for one at a time.
    let _turn = ONE_AT_A_TIME.lock().await;
    let mut connection = owner.connect().await?;
    let statement = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    let app = owner.clone().username(APP).database(&name);
    Ok((owner.database(&name), app))
}

/// A fresh database without a schema: how its owner and the server's role connect to it.
pub async fn empty_database() -> Result<(PgConnectOptions, PgConnectOptions), TestError> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let owner = tokio::task::spawn_blocking(cluster).await??;
    let name = format!("empty_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    crate::postgres::prepare(&owner, &name).await?;
    let app = owner.clone().username(APP).database(&name);
    Ok((owner.database(&name), app))
}

/// A server with one municipality, without a network.
pub struct World {
    pub state: AppState,
    pub tenant: TenantId,
    /// How the owner of the schema connects, past row-level security.
    pub owner: PgConnectOptions,
    router: Router,
    now_ms: Arc<AtomicI64>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The error's code; blank when it is no error.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A response header as text; blank when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl World {
    /// A server over a fresh database, with the app's files from `site`.
    pub async fn with_site(site: Option<PathBuf>) -> Result<Self, TestError> {
        let (owner, app) = database().await?;
        let world = Self::over(owner, app, site).await?;
        make_tenant(&world.state, "first").await?;
        Ok(world)
    }

    /// A server with one municipality over a database that is empty.
    pub async fn on(
        owner: PgConnectOptions,
        app: PgConnectOptions,
        site: Option<PathBuf>,
    ) -> Result<Self, TestError> {
        migrate(&owner).await?;
        let world = Self::over(owner, app, site).await?;
        make_tenant(&world.state, "first").await?;
        Ok(world)
    }

    /// A server over a database that has its municipality.
    pub async fn on_existing(
        owner: PgConnectOptions,
        app: PgConnectOptions,
    ) -> Result<Self, TestError> {
        Self::over(owner, app, None).await
    }

    async fn over(
        owner: PgConnectOptions,
        app: PgConnectOptions,
        directory: Option<PathBuf>,
    ) -> Result<Self, TestError> {
        let store = Store::connect(app, 8).await?;
        let now_ms = Arc::new(AtomicI64::new(1_795_000_000_000));
        let clock = now_ms.clone();
        let public_url = "http://127.0.0.1:8080".to_owned();
        let site = Site { public_url, directory, proxies: 1 };
        let clock = Arc::new(move || clock.load(Ordering::Relaxed));
        let mut state = AppState::new(store, site, clock);
        state.workers = workers()?;
        let router = build_router(state.clone());
        Ok(Self { state, tenant: TenantId(1), owner, router, now_ms })
    }

    /// A server over a fresh database.
    pub async fn new() -> Result<Self, TestError> {
        Self::with_site(None).await
    }

    /// The same server with other settings.
    pub fn with_state(mut self, alter: impl FnOnce(&mut AppState)) -> Self {
        alter(&mut self.state);
        self.router = build_router(self.state.clone());
        self
    }

    /// The same server with other worker processes.
    pub fn with_workers(self, workers: Workers) -> Self {
        self.with_state(|state| state.workers = workers)
    }

    /// Lets time pass.
    pub fn advance_ms(&self, by: i64) {
        self.now_ms.fetch_add(by, Ordering::Relaxed);
    }

    /// A person of a municipality, with [`PASSWORD`].
    pub async fn person(
        &self,
        tenant: TenantId,
        login: &str,
        role: Role,
    ) -> Result<Uuid, TestError> {
        static HASH: Mutex<Option<String>> = Mutex::new(None);
        let known = HASH.lock().ok().and_then(|hash| hash.clone());
        let hash = match known {
            Some(hash) => hash,
            None => self.state.passwords.hash(PASSWORD).await.map_err(|error| error.to_string())?,
        };
        if let Ok(mut kept) = HASH.lock() {
            *kept = Some(hash.clone());
        }
        let user_id = Uuid::from_bytes(rand::random());
        let mut tx = self.state.store.begin(tenant).await?;
        tx.create_user(&NewUser {
            user_id,
            login,
            name: login,
            role: role.name(),
            password_hash: Some(&hash),
            villages: &[],
            now_ms: self.state.now_ms(),
        })
        .await?;
        tx.commit().await?;
        Ok(user_id)
    }

    /// Signs in at the municipality and returns the cookie.
    pub async fn sign_in(&self, login: &str, municipality: &str) -> Result<String, TestError> {
        let body = json!({ "login": login, "password": PASSWORD, "municipality": municipality });
        let answer = self.json(Method::POST, "/api/session", None, &body).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        if cookie.is_empty() {
            Err(format!("not signed in: {answer:?}").into())
        } else {
            Ok(cookie)
        }
    }

    /// A person with a role, signed in: the cookie.
    pub async fn office(&self, login: &str, role: Role) -> Result<String, TestError> {
        self.person(self.tenant, login, role).await?;
        self.sign_in(login, "first").await
    }

    /// Publishes a form given in the text form and returns it.
    pub async fn publish(&self, markdown: &str) -> Result<Publication, TestError> {
        let compiled = form::read::from_markdown(markdown);
        let form = compiled.form.ok_or_else(|| format!("{:?}", compiled.errors))?;
        let publication = Publication::new(form);
        let mut tx = self.state.store.begin(self.tenant).await?;
        publication.publish(&mut tx, MARKDOWN, markdown.as_bytes(), None, 0).await?;
        tx.commit().await?;
        Ok(publication)
    }

    /// Sends a request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response = match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Sends JSON, with a session's cookie or without.
    pub async fn json(
        &self,
        method: Method,
        path: &str,
        cookie: Option<&str>,
        body: &Value,
    ) -> Answer {
        let bytes = body.to_string().into_bytes();
        self.request(method, path, cookie, Some(("application/json", bytes))).await
    }

    /// Asks, with a session's cookie or without.
    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Answer {
        self.request(Method::GET, path, cookie, None).await
    }

    /// Sends any body.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        cookie: Option<&str>,
        body: Option<(&str, Vec<u8>)>,
    ) -> Answer {
        let mut builder = Request::builder().method(method).uri(path);
        if let Some(cookie) = cookie {
            builder = builder.header(header::COOKIE, cookie);
        }
        if let Some((kind, _)) = &body {
            builder = builder.header(header::CONTENT_TYPE, *kind);
        }
        let body = body.map_or_else(Body::empty, |(_, bytes)| Body::from(bytes));
        match builder.body(body) {
            Ok(request) => self.send(request).await,
            Err(error) => Answer {
                status: StatusCode::IM_A_TEAPOT,
                headers: axum::http::HeaderMap::new(),
                bytes: error.to_string().into_bytes(),
            },
        }
    }
}

/// The program `kardakar` that cargo built beside this test.
pub fn program() -> Result<PathBuf, TestError> {
    let test = std::env::current_exe()?;
    let built = test.parent().and_then(Path::parent).map(|folder| folder.join("kardakar"));
    built.filter(|path| path.is_file()).ok_or_else(|| "kardakar is not built".into())
}

/// The worker processes of this test process: one pool for all tests of it.
pub fn workers() -> Result<Workers, TestError> {
    let program = Program { path: program()?, arguments: vec!["worker".into()] };
    Ok(Workers::new(program, 2))
}

/// Makes another municipality.
pub async fn make_tenant(state: &AppState, slug: &str) -> Result<TenantId, TestError> {
    let name = json!({ "ka": slug });
    let new = NewTenant { slug, name: &name, epoch: rand::random(), now_ms: state.now_ms() };
    let tx = state.store.create_tenant(&new).await?;
    let tenant = tx.tenant();
    tx.commit().await?;
    Ok(tenant)
}
