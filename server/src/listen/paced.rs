//! A request's body that may not take for ever: a byte now and then would hold a place for hours.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Fails when too little arrives for too long, as if the line had been cut: what came is kept, and a phone
/// goes on from there.
pub struct Paced<B> {
    inner: B,
    every: Duration,
    /// When [`Self::LEAST`] bytes more have to be there; from the first time that somebody waited for them.
    due: Option<Pin<Box<Sleep>>>,
    since: usize,
}

impl<B> Paced<B> {
    /// The slowest line of the field, GPRS that loses half of its packets, brings this within a second.
    pub const LEAST: usize = 512;

    pub fn new(inner: B, every: Duration) -> Self {
        Self { inner, every, due: None, since: 0 }
    }

    fn came(&mut self, bytes: usize) {
        self.since += bytes;
        if self.since >= Self::LEAST {
            self.since = 0;
            self.due = None;
        }
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            let Some(frame) = frame else { return Poll::Ready(None) };
            let frame = frame.map_err(Error::other);
            if let Ok(frame) = &frame {
                self.came(frame.data_ref().map_or(0, Bytes::len));
            }
            return Poll::Ready(Some(frame));
        }
        let every = self.every;
        let due = self.due.get_or_insert_with(|| Box::pin(sleep(every)));
        ready!(due.as_mut().poll(context));
        Poll::Ready(Some(Err(ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full, StreamBody};

    /// The clock begins anew with every so many bytes, however they come.
    #[tokio::test]
    async fn enough_bytes_buy_more_time() {
        let hour = Duration::from_secs(3600);
        let mut paced = Paced::new(Full::new(Bytes::new()), hour);
        for parts in [vec![512], vec![511, 1], vec![1; 512], vec![5000]] {
            paced.due = Some(Box::pin(sleep(hour)));
            let (last, before) = parts.split_last().expect("some");
            before.iter().for_each(|bytes| paced.came(*bytes));
            assert!(paced.due.is_some(), "not yet");
            paced.came(*last);
            assert!(paced.due.is_none());
        }
    }

    #[tokio::test]
    async fn whoever_stops_is_left() {
        let first = futures_util::stream::iter([Ok::<_, Error>(Frame::data(vec![1; 700].into()))]);
        let body =
            StreamBody::new(futures_util::StreamExt::chain(first, futures_util::stream::pending()));
        let read = Paced::new(body, Duration::from_millis(20)).collect().await;
        assert_eq!(read.map(|_| ()).map_err(|error| error.kind()), Err(ErrorKind::TimedOut));
    }
}
