//! `kardakar serve`.

use super::{CommandError, Data, database};
use clap::Args;
use server::auth::token::Token;
use server::blob::Blobs;
use server::forms::{MARKDOWN, Publication, SHIPPED};
use server::listen::{self, Patience};
use server::state::{AppState, QUARANTINE_AFTER, Site, system_clock};
use server::store::{NewTenant, Store, TenantId};
use server::worker::{Program, Workers};
use server::{demo, router, telemetry};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpListener;

const DAY_MS: i64 = 24 * 3_600_000;

/// The settings of a server.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    data: Data,
    /// The port.
    #[arg(long, env = "KARDAKAR_PORT", default_value_t = 8080)]
    port: u16,
    /// The address to listen on. Anything but loopback belongs behind a proxy that speaks HTTPS.
    #[arg(long, env = "KARDAKAR_BIND", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// The address that people open, such as https://kardakar.example.ge. With https:// cookies are
    /// marked secure.
    #[arg(long, env = "KARDAKAR_PUBLIC_URL")]
    public_url: Option<String>,
    /// The directory of the built app.
    #[arg(long, env = "KARDAKAR_SITE")]
    site: Option<PathBuf>,
    /// Where attachments are kept: a directory, or s3://bucket/prefix with the AWS_ variables for keys,
    /// region and endpoint [default: attachments in the data directory].
    #[arg(long, env = "KARDAKAR_ATTACHMENTS")]
    attachments: Option<String>,
    /// How many reverse proxies stand in front (each adds one X-Forwarded-For entry).
    #[arg(long, env = "KARDAKAR_PROXIES", default_value_t = 0)]
    proxies: usize,
    /// Serve metrics (Prometheus text) on this port of the loopback address.
    #[arg(long, env = "KARDAKAR_METRICS_PORT")]
    metrics_port: Option<u16>,
    /// Seconds between the signal to stop and the last connection taken: behind a load balancer, longer
    /// than it takes to notice that /readyz says no.
    #[arg(long, env = "KARDAKAR_DRAIN_SECONDS", default_value_t = 0)]
    drain_seconds: u64,
    /// Processes that decode what phones send [default: one for each processor].
    #[arg(long, env = "KARDAKAR_WORKERS")]
    workers: Option<usize>,
    /// A phone that sends what no honest app makes in so many requests within a day is paused until an
    /// administrator has looked; 0 for never.
    #[arg(long, env = "KARDAKAR_PAUSE_AFTER", default_value_t = QUARANTINE_AFTER)]
    pause_after: i32,
    /// Write logs as lines of JSON.
    #[arg(long, env = "KARDAKAR_LOG_JSON")]
    log_json: bool,
    /// The short name of the municipality made at the first start.
    #[arg(long, env = "KARDAKAR_MUNICIPALITY", default_value = "municipality")]
    municipality: String,
    /// Fill an empty database with an invented municipality and print its logins.
    #[arg(long)]
    demo: bool,
    /// How many households --demo invents.
    #[arg(long, default_value_t = 200)]
    demo_households: usize,
}

/// Runs until Ctrl-C or SIGTERM.
pub async fn run(serve: Serve) -> Result<(), CommandError> {
    telemetry::start_logging(serve.log_json);
    let address = SocketAddr::new(serve.bind, serve.port);
    raise_file_limit();
    // Before anything else: a taken port is found out at once.
    let listener = TcpListener::bind(address).await.map_err(|error| {
        CommandError::Other(format!("cannot listen on {address}: {error}. Choose another --port."))
    })?;
    let address = listener.local_addr()?;
    let blobs = blobs(&serve)?;
    let database = database::open(&serve.data).await?;
    let mut state = AppState::new(database.store.clone(), site(&serve, address), system_clock());
    state.blobs = blobs;
    state.quarantine_after = serve.pause_after.max(0);
    if let Some(most) = serve.workers {
        state.workers = Workers::new(Program::own(), most);
    }
    let outcome = run_state(&serve, state, listener).await;
    database.close().await;
    outcome
}

/// Every connection is an open file, and many systems begin with a thousand.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(65_536, |maximum| maximum.min(65_536));
    if current.is_some_and(|current| current < wanted) {
        // Refused only where it may not be raised at all: then it stays.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

fn blobs(serve: &Serve) -> Result<Blobs, CommandError> {
    let opened = match &serve.attachments {
        Some(place) => Blobs::open(place),
        None => Blobs::in_directory(&serve.data.data.join("attachments")),
    };
    opened.map_err(|error| CommandError::Other(error.to_string()))
}

fn site(serve: &Serve, address: SocketAddr) -> Site {
    let own = format!("http://{address}");
    let public_url = serve.public_url.clone().unwrap_or(own);
    Site {
        public_url: public_url.trim_end_matches('/').to_owned(),
        directory: serve.site.clone(),
        proxies: serve.proxies,
    }
}

async fn run_state(
    serve: &Serve,
    state: AppState,
    listener: TcpListener,
) -> Result<(), CommandError> {
    // Whoever reads that the server is ready may stop it at once.
    let stopped = stop_signal()?;
    let events = tokio::spawn(state.events.clone().listen(state.store.clone()));
    let limits = state.limits.clone();
    let housekeeping = tokio::spawn(async move {
        loop {
            tokio::time::sleep(std::time::Duration::from_secs(600)).await;
            limits.forget_old();
        }
    });
    let collecting = tokio::spawn(server::blob::collect::forever(state.clone()));
    let healing = tokio::spawn(server::ingest::heal_forever(state.clone()));
    let scrubbing = tokio::spawn(server::ingest::scrub_forever(state.clone()));
    let metrics = start_metrics(serve.metrics_port).await?;
    let alone = state.store.start_alone().await?;
    first_start(serve, &state).await?;
    drop(alone);
    println!("Kardakar is ready: {}", state.site.public_url);
    print_setup_links(&state).await?;
    println!("Ctrl-C stops it.");
    let (pages, stopping) = (state.events.clone(), state.stopping.clone());
    let notice = std::time::Duration::from_secs(serve.drain_seconds);
    let stop = async move {
        stopped.await;
        stopping.store(true, std::sync::atomic::Ordering::Relaxed);
        tokio::time::sleep(notice).await;
        pages.close();
    };
    listen::serve(listener, router::build_router(state), Patience::default(), stop).await;
    // Whoever started it may be gone by now, which must not keep it from ending well.
    let _ = writeln!(std::io::stdout(), "Stopping.");
    events.abort();
    housekeeping.abort();
    collecting.abort();
    healing.abort();
    scrubbing.abort();
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    Ok(())
}

async fn start_metrics(
    port: Option<u16>,
) -> Result<Option<tokio::task::JoinHandle<()>>, CommandError> {
    let Some(port) = port else { return Ok(None) };
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let Some(handle) = telemetry::start_metrics() else { return Ok(None) };
    let render = move || {
        let text = handle.render();
        async move { text }
    };
    let router = axum::Router::new().route("/metrics", axum::routing::get(render));
    let serving = listen::serve(listener, router, Patience::default(), std::future::pending());
    Ok(Some(tokio::spawn(serving)))
}

/// Makes the municipality and publishes the shipped forms where they are missing.
async fn first_start(serve: &Serve, state: &AppState) -> Result<(), CommandError> {
    if state.store.tenants().await?.is_empty() {
        let demo = serve.demo;
        let slug = if demo { demo::SLUG } else { serve.municipality.as_str() };
        let name = match demo {
            true => demo::name(),
            false => serde_json::json!({ "ka": slug, "en": slug }),
        };
        let new = NewTenant { slug, name: &name, epoch: rand::random(), now_ms: state.now_ms() };
        let tenant = state.store.create_tenant(&new).await?;
        let id = tenant.tenant();
        tenant.commit().await?;
        publish_shipped(state, id).await?;
        if demo {
            let made = demo::fill(state, id, serve.demo_households).await;
            made.map_err(|error| CommandError::Other(format!("--demo failed: {error}")))?;
        }
    } else {
        for tenant in state.store.tenants().await? {
            publish_shipped(state, tenant).await?;
        }
        if serve.demo && state.store.tenant_by_slug(demo::SLUG).await?.is_none() {
            println!("The database is not empty, so --demo does nothing. Use another --data.");
        }
    }
    if serve.demo
        && let Some(tenant) = state.store.tenant_by_slug(demo::SLUG).await?
    {
        let shown = demo::announce(state, tenant).await;
        shown.map_err(|error| CommandError::Other(format!("--demo failed: {error}")))?;
    }
    Ok(())
}

/// Publishes each shipped form that the municipality does not have yet. One that it has stays at the
/// version that its administrator chose.
async fn publish_shipped(state: &AppState, tenant: TenantId) -> Result<(), CommandError> {
    let mut tx = state.store.begin(tenant).await?;
    let there: Vec<String> = tx.forms().await?.into_iter().map(|form| form.form_id).collect();
    for (form_id, source) in SHIPPED {
        if there.iter().any(|known| known == form_id) {
            continue;
        }
        let compiled = form::read::from_markdown(source);
        let Some(form) = compiled.form.filter(|_| compiled.errors.is_empty()) else {
            tracing::error!(form_id, errors = ?compiled.errors, "a shipped form does not compile");
            continue;
        };
        let publication = Publication::new(form);
        let now_ms = state.now_ms();
        publication.publish(&mut tx, MARKDOWN, source.as_bytes(), None, now_ms).await?;
        tracing::info!(form_id, version = %publication.id, "published");
    }
    tx.commit().await?;
    Ok(())
}

/// Every municipality without an administrator gets a fresh link for its first one.
async fn print_setup_links(state: &AppState) -> Result<(), CommandError> {
    for tenant in state.store.tenants().await? {
        if let Some(link) = setup_link(&state.store, tenant, state.now_ms()).await? {
            let url = &state.site.public_url;
            println!("Set up the first administrator (once, within a day): {url}/setup#{link}");
        }
    }
    Ok(())
}

async fn setup_link(
    store: &Store,
    tenant: TenantId,
    now_ms: i64,
) -> Result<Option<Token>, CommandError> {
    let mut tx = store.begin(tenant).await?;
    if tx.has_admin().await? {
        return Ok(None);
    }
    let token = Token::new(tenant);
    tx.create_setup_token(&token.hash(), None, now_ms, now_ms + DAY_MS).await?;
    tx.commit().await?;
    Ok(Some(token))
}

/// Done with Ctrl-C or SIGTERM, also with one that came before anybody waits for it.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}
