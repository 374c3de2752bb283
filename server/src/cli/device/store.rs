//! A device's store in one file: commits one behind the other, each with its length and checksum. A
//! commit that was cut is as if it had never been.

use device::ports::{Local, Rows, Store, StoreError, Table, Write, WriteSet};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

/// The file is written anew at the start when it holds this many times what is in use.
const SLACK: usize = 4;

/// The store.
pub struct FileStore {
    rows: RefCell<BTreeMap<(Table, String), Vec<u8>>>,
    file: RefCell<File>,
    witness: PathBuf,
    /// Held while the device is open: two processes must not write one device.
    _lock: File,
}

impl FileStore {
    /// Opens or makes the store in a directory.
    pub fn open(dir: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"))?;
        lock.try_lock().map_err(|_| std::io::Error::other("another process uses this device"))?;
        let path = dir.join("rows");
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(&path) {
            file.read_to_end(&mut bytes)?;
        }
        let (rows, good) = replay(&bytes);
        let live: usize = rows.iter().map(|((_, key), row)| key.len() + row.len() + 32).sum();
        if good < bytes.len() || bytes.len() > live * SLACK + (1 << 16) {
            let fresh = dir.join("rows.new");
            let all =
                rows.iter().map(|((table, key), row)| Write::Put(*table, key.clone(), row.clone()));
            let mut file = File::create(&fresh)?;
            file.write_all(&framed(&all.collect::<Vec<_>>()))?;
            file.sync_all()?;
            std::fs::rename(&fresh, &path)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let witness = dir.join("witness");
        Ok(Self { rows: RefCell::new(rows), file: RefCell::new(file), witness, _lock: lock })
    }
}

/// Every row, and how many bytes of the file are whole commits.
fn replay(bytes: &[u8]) -> (BTreeMap<(Table, String), Vec<u8>>, usize) {
    let mut rows = BTreeMap::new();
    let mut at = 0;
    while let Some((body, end)) = frame(bytes, at) {
        let Some(writes) = decode(body) else { break };
        apply(&mut rows, writes);
        at = end;
    }
    (rows, at)
}

fn frame(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let head = bytes.get(at..at + 12)?;
    let length = u32::from_be_bytes(head[..4].try_into().ok()?) as usize;
    let body = bytes.get(at + 12..at + 12 + length)?;
    (Sha256::digest(body)[..8] == head[4..]).then_some((body, at + 12 + length))
}

fn framed(writes: &[Write]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut put = |bytes: &[u8]| {
        body.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        body.extend_from_slice(bytes);
    };
    for write in writes {
        let (kind, table, key, row) = match write {
            Write::Put(table, key, row) => (1u8, table, key, row.as_slice()),
            Write::Delete(table, key) => (0, table, key, &[][..]),
        };
        put(&[kind]);
        put(table.name().as_bytes());
        put(key.as_bytes());
        put(row);
    }
    let mut framed = (body.len() as u32).to_be_bytes().to_vec();
    framed.extend_from_slice(&Sha256::digest(&body)[..8]);
    framed.extend_from_slice(&body);
    framed
}

fn decode(mut body: &[u8]) -> Option<Vec<Write>> {
    let mut next = || {
        let length = u32::from_be_bytes(body.get(..4)?.try_into().ok()?) as usize;
        let field = body.get(4..4 + length)?;
        body = &body[4 + length..];
        Some(field)
    };
    let mut writes = Vec::new();
    while let Some(kind) = next() {
        let name = next()?;
        let table = Table::ALL.into_iter().find(|table| table.name().as_bytes() == name)?;
        let key = String::from_utf8(next()?.to_vec()).ok()?;
        let row = next()?.to_vec();
        writes.push(if kind == [1] {
            Write::Put(table, key, row)
        } else {
            Write::Delete(table, key)
        });
    }
    Some(writes)
}

fn apply(rows: &mut BTreeMap<(Table, String), Vec<u8>>, writes: Vec<Write>) {
    for write in writes {
        match write {
            Write::Put(table, key, row) => rows.insert((table, key), row),
            Write::Delete(table, key) => rows.remove(&(table, key)),
        };
    }
}

impl Store for FileStore {
    fn scan<'a>(&'a self, table: Table, prefix: &'a str) -> Local<'a, Result<Rows, StoreError>> {
        Box::pin(async move {
            let all = self.rows.borrow();
            Ok(all
                .range((table, prefix.to_owned())..)
                .take_while(|((of, key), _)| *of == table && key.starts_with(prefix))
                .map(|((_, key), row)| (key.clone(), row.clone()))
                .collect())
        })
    }

    fn commit(&self, writes: WriteSet) -> Local<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let mut file = self.file.borrow_mut();
            let before = file.metadata().map(|of| of.len());
            let written = file.write_all(&framed(&writes.0)).and_then(|()| file.sync_data());
            if let Err(error) = written {
                // What was written of it would hide what follows.
                if let Ok(before) = before {
                    let _ = file.set_len(before);
                }
                return Err(match error.kind() {
                    std::io::ErrorKind::StorageFull => StoreError::Full,
                    _ => StoreError::Other(error.to_string()),
                });
            }
            apply(&mut self.rows.borrow_mut(), writes.0);
            Ok(())
        })
    }

    fn witness(&self) -> Option<String> {
        std::fs::read_to_string(&self.witness).ok()
    }

    fn set_witness(&self, words: &str) {
        let _ = std::fs::write(&self.witness, words);
    }
}

#[cfg(test)]
mod tests;
