//! One cache per build, with the build's manifest in it as the mark that it is whole.

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Cache, CacheStorage, Request, RequestCache, RequestInit, Response, ResponseInit};

use crate::manifest::{File, Manifest, build_of, name_of};
use crate::{Outcome, from_network, scope};

const PREFIX: &str = "kardakar-";
/// Entries that no page can ask for: they hold the worker's own notes.
const MANIFEST: &str = "/worker-notes/manifest";

pub fn name(build: &str) -> String {
    let mut name = String::from(PREFIX);
    name.push_str(build);
    name
}

fn storage() -> Outcome<CacheStorage> {
    scope().caches()
}

async fn open(name: &str) -> Outcome<Cache> {
    Ok(JsFuture::from(storage()?.open(name)).await?.unchecked_into())
}

pub async fn delete(name: &str) -> Outcome {
    JsFuture::from(storage()?.delete(name)).await.map(drop)
}

/// The caches of all builds but one.
pub async fn others(own: &str) -> Outcome<Vec<String>> {
    let names: Array = JsFuture::from(storage()?.keys()).await?.unchecked_into();
    let names = names.iter().filter_map(|name| name.as_string());
    Ok(names.filter(|name| name.starts_with(PREFIX) && name != own).collect())
}

/// The kept response for a path, if the cache exists and has it.
pub async fn kept(cache: &str, path: &str) -> Outcome<Option<Response>> {
    if !JsFuture::from(storage()?.has(cache)).await?.is_truthy() {
        return Ok(None);
    }
    let found = JsFuture::from(open(cache).await?.match_with_str(path)).await?;
    Ok(found.dyn_into().ok())
}

pub async fn note(cache: &str, path: &str, text: &str) -> Outcome {
    let response = Response::new_with_opt_str(Some(text))?;
    JsFuture::from(open(cache).await?.put_with_str(path, &response)).await.map(drop)
}

pub async fn read_note(cache: &str, path: &str) -> Outcome<Option<String>> {
    let Some(response) = kept(cache, path).await? else { return Ok(None) };
    Ok(JsFuture::from(response.text()?).await?.as_string())
}

pub async fn forget(cache: &str, path: &str) -> Outcome {
    JsFuture::from(open(cache).await?.delete_with_str(path)).await.map(drop)
}

pub async fn is_whole(cache: &str) -> Outcome<bool> {
    Ok(kept(cache, MANIFEST).await?.is_some())
}

/// Fills the cache of a build. Files that an older cache holds with the same content are copied;
/// the rest is fetched and checked against its hash, all of it or none. What the page itself just
/// loaded comes from the browser's HTTP cache.
pub async fn fill(manifest: &Manifest<'_>) -> Outcome {
    let own = name(manifest.build());
    let old = Known::read(&own).await?;
    let cache = open(&own).await?;
    let mut missing = Vec::new();
    // One file of them stands for all: they share parts whose names change between builds.
    let rare = manifest.files().any(|file| file.rare && old.used(file.path));
    let reads = Reflect::has(&js_sys::global(), &"BarcodeDetector".into()).unwrap_or(false);
    for file in manifest.files() {
        let core = file.core || (file.reader && !reads) || (file.rare && rare);
        if !core && !old.used(file.path) {
            continue;
        }
        match old.copy(file.hash).await? {
            Some(response) => {
                JsFuture::from(cache.put_with_str(file.path, &response)).await?;
            }
            None => missing.push(file),
        }
    }
    add(&cache, &missing).await?;
    // Through the same handle: if the cache was deleted meanwhile, its name must not come back.
    let mark = Response::new_with_opt_str(Some(manifest.text()))?;
    JsFuture::from(cache.put_with_str(MANIFEST, &mark)).await.map(drop)
}

/// Fetches what only some questionnaires need, unless it is here. A cache that is not whole stays as it is:
/// the next version fills its own.
pub async fn add_rare(manifest: &Manifest<'_>) -> Outcome {
    let own = name(manifest.build());
    if !is_whole(&own).await? {
        return Ok(());
    }
    let cache = open(&own).await?;
    let mut missing = Vec::new();
    for file in manifest.files().filter(|file| file.rare) {
        if kept(&own, file.path).await?.is_none() {
            missing.push(file);
        }
    }
    add(&cache, &missing).await
}

/// How files are asked for: of the HTTP cache as well, then, where what it holds is wrong, of the server alone.
const WAYS: [RequestCache; 2] = [RequestCache::NoCache, RequestCache::Reload];

/// Fetches all of the files, or none.
async fn add(cache: &Cache, files: &[File<'_>]) -> Outcome {
    let mut added = Ok(());
    for mode in WAYS {
        let requests = Array::new();
        for file in files {
            requests.push(checked(file, mode)?.as_ref());
        }
        let all = cache.add_all_with_request_sequence(&requests);
        added = JsFuture::from(all).await.map(drop);
        if added.is_ok() {
            break;
        }
    }
    added
}

/// Answers a file of a build from its cache; fetches it when it belongs to the build and was left
/// for later. Everything else does not exist.
pub async fn file(cache: &str, path: &str) -> Outcome<Response> {
    let not_found = || {
        let init = ResponseInit::new();
        init.set_status(404);
        Response::new_with_opt_str_and_init(Some("not found"), &init)
    };
    let Some(manifest) = read_note(cache, MANIFEST).await? else { return not_found() };
    if let Some(response) = kept(cache, path).await? {
        return Ok(response);
    }
    let Some(file) = Manifest::parse(&manifest).find(path) else { return not_found() };
    let [kept_or_new, new] = WAYS;
    let fetch = async |mode| from_network(&checked(&file, mode)?).await;
    let response = match fetch(kept_or_new).await {
        Ok(response) => response,
        Err(_) => fetch(new).await?,
    };
    if response.ok() {
        let copy = response.clone()?;
        JsFuture::from(open(cache).await?.put_with_str(path, &copy)).await?;
    }
    Ok(response)
}

/// A request that fails unless the answer has the file's hash. A path below `/pkg/` names its
/// build and never changes its content, so the HTTP cache may answer it unless told otherwise.
fn checked(file: &File<'_>, mode: RequestCache) -> Outcome<Request> {
    let unchanging = build_of(file.path).is_some() && mode == RequestCache::NoCache;
    let init = RequestInit::new();
    init.set_cache(if unchanging { RequestCache::Default } else { mode });
    init.set_integrity(file.hash);
    Request::new_with_str_and_init(file.path, &init)
}

/// The same response without the address that it came from. A script's own imports are resolved
/// against that address, and would go to the older build.
async fn without_address(response: &Response) -> Outcome<Response> {
    let body: js_sys::ArrayBuffer =
        JsFuture::from(response.array_buffer()?).await?.unchecked_into();
    let init = ResponseInit::new();
    init.set_status(response.status());
    init.set_headers(&response.headers());
    Response::new_with_opt_buffer_source_and_init(Some(&body), &init)
}

/// What the whole caches of older builds hold. Lists, not maps: there are a few dozen files, and
/// every kilobyte of this module is paid by each phone.
#[derive(Default)]
struct Known {
    files: Vec<KnownFile>,
}

struct KnownFile {
    cache: String,
    path: String,
    hash: String,
}

impl Known {
    async fn read(own: &str) -> Outcome<Known> {
        let mut known = Known::default();
        for other in others(own).await? {
            let Some(text) = read_note(&other, MANIFEST).await? else { continue };
            let manifest = Manifest::parse(&text);
            let requests: Array =
                JsFuture::from(open(&other).await?.keys()).await?.unchecked_into();
            for request in requests.iter() {
                let url = request.unchecked_into::<Request>().url();
                if let Some(file) = manifest.find(crate::path_of(&url)) {
                    let (path, hash) = (file.path.to_owned(), file.hash.to_owned());
                    known.files.push(KnownFile { cache: other.clone(), path, hash });
                }
            }
        }
        Ok(known)
    }

    /// Whether some page of an older build has asked for this file.
    fn used(&self, path: &str) -> bool {
        self.files.iter().any(|file| name_of(&file.path) == name_of(path))
    }

    async fn copy(&self, hash: &str) -> Outcome<Option<Response>> {
        match self.files.iter().find(|file| file.hash == hash) {
            Some(file) => match kept(&file.cache, &file.path).await? {
                Some(response) => without_address(&response).await.map(Some),
                None => Ok(None),
            },
            None => Ok(None),
        }
    }
}
