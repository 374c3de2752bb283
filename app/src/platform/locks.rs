//! One writer per browser: the window that holds the lock. Another window may ask for it.

use super::channel;
use js_sys::{Function, Object, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

const NAME: &str = "kardakar-writer";
/// How long the holder has to put everything on disk before the lock is taken from it.
const PATIENCE_MS: i32 = 3_000;
/// A page that was just left or loaded anew holds the lock until the browser has cleared it away.
const LEAVING_MS: i32 = 2_000;

#[wasm_bindgen]
extern "C" {
    /// Web Locks, which `web-sys` keeps behind an unstable flag.
    type LockManager;
    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        callback: &Function,
    ) -> Result<Promise, JsValue>;
}

/// The lock, held until it is released or taken away.
#[derive(Clone, Default)]
pub struct Lock {
    release: Rc<RefCell<Option<Function>>>,
}

impl Lock {
    /// Lets another window have it.
    pub fn release(&self) {
        if let Some(release) = self.release.borrow_mut().take() {
            let _ = release.call0(&JsValue::NULL);
        }
    }
}

/// How to ask for the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    IfFree,
    Take,
}

/// The lock, if no other window has it. `on_lost` runs when another window takes it away.
/// A browser without locks always gives one.
pub async fn acquire(on_lost: impl Fn() + 'static) -> Option<Lock> {
    within(LEAVING_MS, &(Rc::new(on_lost) as Rc<dyn Fn()>)).await
}

/// The lock, from the window that has it: asked first, taken when it does not answer.
pub async fn take_over(on_lost: impl Fn() + 'static) -> Option<Lock> {
    let on_lost: Rc<dyn Fn()> = Rc::new(on_lost);
    channel::say(channel::Word::Release);
    match within(PATIENCE_MS, &on_lost).await {
        None => ask(How::Take, on_lost).await,
        lock => lock,
    }
}

async fn within(milliseconds: i32, on_lost: &Rc<dyn Fn()>) -> Option<Lock> {
    for _ in 0..milliseconds / 100 {
        if let Some(lock) = ask(How::IfFree, on_lost.clone()).await {
            return Some(lock);
        }
        super::timer::sleep(100).await;
    }
    None
}

fn manager() -> Option<LockManager> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

async fn ask(how: How, on_lost: Rc<dyn Fn()>) -> Option<Lock> {
    let Some(manager) = manager() else { return Some(Lock::default()) };
    let options = Object::new();
    let key = if how == How::Take { "steal" } else { "ifAvailable" };
    let _ = Reflect::set(&options, &key.into(), &JsValue::TRUE);
    let lock = Lock::default();
    let mut request = None;
    let answered = Promise::new(&mut |answer: Function, _| {
        let slot = lock.release.clone();
        // Called with the lock, or with null; holds the lock until the promise it returns is done.
        let granted = Closure::once_into_js(move |given: JsValue| -> JsValue {
            let _ = answer.call1(&JsValue::NULL, &given.is_truthy().into());
            if !given.is_truthy() {
                return JsValue::UNDEFINED;
            }
            let held = Promise::new(&mut |release: Function, _| {
                *slot.borrow_mut() = Some(release);
            });
            held.into()
        });
        request = manager.request(NAME, &options, granted.unchecked_ref()).ok();
    });
    let request = request?;
    let given = JsFuture::from(answered).await.is_ok_and(|given| given.is_truthy());
    if !given {
        return None;
    }
    let holding = lock.release.clone();
    spawn_local(async move {
        // Rejected when another window takes the lock away.
        if JsFuture::from(request).await.is_err() && holding.borrow_mut().take().is_some() {
            on_lost();
        }
    });
    Some(lock)
}
