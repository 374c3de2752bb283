//! The store in a file is held against the statements about the device's store.

use super::FileStore;
use conformance::{Place, check};
use device::ports::{Local, Store, StoreError};
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

struct Folder(PathBuf);

impl Folder {
    fn opened(&self) -> Result<Rc<dyn Store>, StoreError> {
        let store = FileStore::open(&self.0);
        Ok(Rc::new(store.map_err(|error| StoreError::Other(error.to_string()))?))
    }
}

impl Place for Folder {
    fn open(&self) -> Local<'_, Result<Rc<dyn Store>, StoreError>> {
        Box::pin(async { self.opened() })
    }

    fn clear(&self) -> Local<'_, ()> {
        Box::pin(async { drop(std::fs::remove_dir_all(&self.0)) })
    }

    /// It is refused: there is one process for each device.
    fn open_second(&self) -> Option<Local<'_, Result<Rc<dyn Store>, StoreError>>> {
        Some(self.open())
    }
}

#[test]
fn the_store_in_a_file_does_what_a_store_must() {
    let folder = std::env::temp_dir().join(format!("kardakar-store-{}", std::process::id()));
    let place = Folder(folder);
    let mut checking = pin!(check(&place));
    let Poll::Ready(outcome) = checking.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("it waits for something");
    };
    for (statement, held) in outcome {
        assert_eq!(held, Ok(()), "{statement}");
    }
}
