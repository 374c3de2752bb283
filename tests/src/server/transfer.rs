//! Transfers that go on after a cut, in memory.

use super::Server;
use shared::id::{DeviceId, FormVersionId};
use shared::sync::codec::encode;
use shared::sync::message::TransferState;
use shared::sync::transfer::TransferId;

pub use shared::sync::transfer::PART;

/// What is kept of one device's transfer.
pub struct Transfer {
    id: [u8; 16],
    request: Vec<u8>,
    response: Option<Vec<u8>>,
}

impl Transfer {
    /// A transfer that was carried out.
    pub fn answered(request: &[u8], response: &[u8]) -> Self {
        let id = TransferId::of(request).0;
        Self { id, request: Vec::new(), response: Some(response.to_vec()) }
    }
}

fn number(query: &str, name: &str) -> usize {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse().ok()).unwrap_or(0)
}

impl Server {
    /// `/api/sync/{transfer}?size=…&at=…&from=…`
    pub(super) fn transfer(
        &mut self,
        device: DeviceId,
        path: &str,
        body: &[u8],
    ) -> Result<(u16, Vec<u8>), u16> {
        let (id, query) =
            path.strip_prefix("/api/sync/").and_then(|rest| rest.split_once('?')).ok_or(404u16)?;
        let id = id.parse::<FormVersionId>().map_err(|_| 400u16)?.0;
        let (size, at, from) = (number(query, "size"), number(query, "at"), number(query, "from"));
        let fresh = || Transfer { id, request: Vec::new(), response: None };
        let mut transfer = self.transfers.remove(&device).unwrap_or_else(fresh);
        if transfer.id != id {
            transfer = fresh();
        }
        let received = transfer.request.len();
        if transfer.response.is_none() && at <= received && at + body.len() > received {
            transfer.request.extend_from_slice(&body[received - at..]);
        }
        if transfer.response.is_none() && transfer.request.len() == size {
            if TransferId::of(&transfer.request).0 != id {
                return Err(400);
            }
            transfer.response = Some(self.sync(device, &transfer.request)?);
        }
        let answer = match &transfer.response {
            Some(response) if from > 0 && from >= response.len() => return Err(400),
            Some(response) => (200, response.get(from..).unwrap_or_default().to_vec()),
            None => {
                let received = transfer.request.len() as u32;
                (202, encode(&TransferState { received }))
            }
        };
        self.transfers.insert(device, transfer);
        Ok(answer)
    }
}
