//! A request that is ready to be sent while the app is closed, and the answer to it.
//!
//! The page writes the request when it has something to send; the service worker posts it and stores the
//! answer, which the page reads when it starts. The worker reads neither: for it a parcel is an address,
//! a token and bytes. Sent twice, by the page and by the worker, it is stored once: the server knows
//! changes by their hash.
//!
//! When rows are encrypted at rest and the app is locked, `body` is what an HPKE context under the
//! municipality's public key made of the request, and the answer what the server sealed to the device:
//! the page seals before it writes the parcel and opens what it reads from the answer. Nothing in the
//! worker changes.

/// The table of both rows.
pub const TABLE: &str = "parcel";
/// The key of the request.
pub const REQUEST: &str = "request";
/// The key of the answer.
pub const ANSWER: &str = "answer";

/// A request that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Names the request, so that an answer finds it again.
    pub name: &'a str,
    /// Where it goes, on this origin.
    pub path: &'a str,
    /// The bearer token.
    pub token: &'a str,
    /// The media type of the body, and of its answer.
    pub media_type: &'a str,
    /// What is sent.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// As it is stored: four lines, then the body.
    pub fn write(&self) -> Vec<u8> {
        lines(&[self.name, self.path, self.token, self.media_type], self.body)
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(stored: &'a [u8]) -> Option<Self> {
        let (name, rest) = line(stored)?;
        let (path, rest) = line(rest)?;
        let (token, rest) = line(rest)?;
        let (media_type, body) = line(rest)?;
        Some(Self { name, path, token, media_type, body })
    }
}

/// An answer: the name of its request in a line, then the body.
pub fn write_answer(name: &str, body: &[u8]) -> Vec<u8> {
    lines(&[name], body)
}

/// The name of the request, and the body.
pub fn read_answer(stored: &[u8]) -> Option<(&str, &[u8])> {
    line(stored)
}

fn lines(lines: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 256);
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(body);
    bytes
}

fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let request = Request {
            name: "1f58",
            path: "/api/sync",
            token: "ab",
            media_type: "application/x",
            body: b"\x00\nbody\n",
        };
        assert_eq!(Request::read(&request.write()), Some(request));
        assert_eq!(Request::read(b"only\ntwo\n"), None);
        assert_eq!(read_answer(&write_answer("1f58", b"\n\n")), Some(("1f58", b"\n\n".as_slice())));
    }
}
