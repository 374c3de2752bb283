//! The store in memory, which the simulation's devices have, is held against the statements.

use conformance::{Failing, Place, check};
use device::memory::{MemoryStore, StoreErrorKind};
use device::ports::{Local, Store, StoreError};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Default)]
struct Memory(RefCell<MemoryStore>);

impl Place for Memory {
    fn open(&self) -> Local<'_, Result<Rc<dyn Store>, StoreError>> {
        Box::pin(async { Ok(Rc::new(self.0.borrow().clone()) as Rc<dyn Store>) })
    }

    fn clear(&self) -> Local<'_, ()> {
        Box::pin(async { *self.0.borrow_mut() = MemoryStore::default() })
    }

    fn fail(&self, write: usize, how: Failing, _ends: bool) -> bool {
        let kind = match how {
            Failing::Full => StoreErrorKind::Full,
            Failing::Cut | Failing::Refused => StoreErrorKind::Closed,
        };
        if write > 0 {
            self.0.borrow().fail_call(1, kind);
        }
        true
    }
}

#[test]
fn the_store_in_memory_does_what_a_store_must() {
    let place = Memory::default();
    let mut checking = pin!(check(&place));
    let Poll::Ready(outcome) = checking.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("it waits for something");
    };
    assert!(outcome.len() > 15);
    for (statement, held) in outcome {
        assert_eq!(held, Ok(()), "{statement}");
    }
}
