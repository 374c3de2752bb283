//! Numbers and runs, as Automerge writes them in columns.

/// Reads from the front; every method answers `None` at the end.
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    pub fn uleb(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn leb(&mut self) -> Option<i64> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                let unused = 64 - (shift + 7).min(64);
                return Some(value << unused >> unused);
            }
        }
        None
    }

    /// A length and that many bytes.
    pub fn slice(&mut self) -> Option<&'a [u8]> {
        let length = self.uleb()?;
        self.take(usize::try_from(length).ok()?)
    }
}

pub fn put_uleb(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_leb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

pub fn put_slice(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uleb(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads a run-length column of texts; `None` when it is none or has more than `most` entries.
pub fn read_texts(column: &[u8], most: usize) -> Option<Vec<Option<&[u8]>>> {
    read_runs(column, most, Reader::slice)
}

/// Reads a run-length column of numbers without gaps.
pub fn read_numbers(column: &[u8], most: usize) -> Option<Vec<u64>> {
    read_runs(column, most, Reader::uleb)?.into_iter().collect()
}

fn read_runs<'a, T: Copy>(
    column: &'a [u8],
    most: usize,
    mut item: impl FnMut(&mut Reader<'a>) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    let mut reader = Reader::new(column);
    let mut found = Vec::new();
    while !reader.is_empty() {
        let run = reader.leb()?;
        let count = match run {
            0 => reader.uleb()?,
            _ => run.unsigned_abs(),
        };
        let count = usize::try_from(count).ok()?;
        if count > most - found.len() {
            return None;
        }
        match run {
            0 => found.resize(found.len() + count, None),
            1.. => {
                let value = item(&mut reader)?;
                found.resize(found.len() + count, Some(value));
            }
            _ => {
                for _ in 0..count {
                    found.push(Some(item(&mut reader)?));
                }
            }
        }
    }
    Some(found)
}

/// Writes a run-length column of texts as Automerge does.
pub fn write_texts(texts: &[Option<&[u8]>]) -> Vec<u8> {
    write_runs(texts, |out, text| put_slice(out, text))
}

/// Writes a run-length column of numbers as Automerge does.
pub fn write_numbers(numbers: &[u64]) -> Vec<u8> {
    let numbers: Vec<Option<u64>> = numbers.iter().copied().map(Some).collect();
    write_runs(&numbers, |out, number| put_uleb(out, *number))
}

/// Equal neighbours make a run, unequal ones a list of literals; gaps are counted.
fn write_runs<T: PartialEq>(items: &[Option<T>], put: impl Fn(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut out = Vec::new();
    let run_at = |at: usize| items[at..].iter().take_while(|item| **item == items[at]).count();
    let mut at = 0;
    while at < items.len() {
        let run = run_at(at);
        let Some(first) = &items[at] else {
            if run == items.len() {
                return out;
            }
            put_leb(&mut out, 0);
            put_uleb(&mut out, run as u64);
            at += run;
            continue;
        };
        if run > 1 {
            put_leb(&mut out, run as i64);
            put(&mut out, first);
            at += run;
            continue;
        }
        let mut end = at + 1;
        while end < items.len() && items[end].is_some() && items.get(end + 1) != Some(&items[end]) {
            end += 1;
        }
        put_leb(&mut out, -((end - at) as i64));
        items[at..end].iter().flatten().for_each(|item| put(&mut out, item));
        at = end;
    }
    out
}
