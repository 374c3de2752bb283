//! Who is who on the server in memory: phones, their people, and what is in whose scope.

use super::{Enrolled, Server};
use shared::id::{DeviceId, RecordId, StoreId};
use shared::record::Document;
use shared::sync::codec;
use shared::sync::message::{EnrolRequest, EnrolResponse};

impl Server {
    pub(super) fn place(
        &mut self,
        record: RecordId,
        device: DeviceId,
        document: &Document,
        count: u64,
    ) {
        let seq = self.database.seq + count;
        let village = document.header().place;
        let place = self.database.places.entry(record).or_default();
        place.author.get_or_insert(device);
        if place.village != village {
            if !place.village.is_empty() {
                place.moved.push(seq);
            }
            place.village = village;
            place.placed = seq;
        }
    }

    pub(super) fn inside(&self, device: DeviceId, record: RecordId) -> bool {
        let villages = self.devices.get(&device).map(|of| of.villages.clone()).unwrap_or_default();
        let Some(place) = self.database.places.get(&record) else { return false };
        match place.assigned {
            _ if villages.is_empty() => true,
            Some((to, _)) => self.is_same(device, to),
            None => {
                let own = place.author.is_some_and(|author| self.is_same(device, author));
                villages.contains(&place.village) || own
            }
        }
    }

    pub(super) fn person(&self, device: DeviceId) -> DeviceId {
        self.devices.get(&device).and_then(|of| of.person).unwrap_or(device)
    }

    pub(super) fn is_same(&self, one: DeviceId, other: DeviceId) -> bool {
        self.person(one) == self.person(other)
    }

    /// All phones of the person who has this one.
    pub(super) fn phones_of(&mut self, device: DeviceId) -> impl Iterator<Item = &mut Enrolled> {
        let person = self.person(device);
        self.devices.entry(device).or_default();
        let of = self.devices.iter_mut();
        let same = move |device: DeviceId, of: &Enrolled| of.person.unwrap_or(device) == person;
        of.filter(move |(device, of)| same(**device, of)).map(|(_, of)| of)
    }

    /// Connects a phone again. Its code is the name of a phone of the same person.
    pub(super) fn connect(&mut self, body: &[u8]) -> Result<Vec<u8>, u16> {
        let request: EnrolRequest = codec::decode(body).map_err(|_| 400u16)?;
        let known = request.code.parse::<StoreId>().map_err(|_| 400u16)?;
        let known = DeviceId(known.0);
        let device = DeviceId([0x40 + self.devices.len() as u8; 8]);
        let enrolled = Enrolled {
            person: Some(self.person(known)),
            former: request.former.unwrap_or_default(),
            ..self.devices.get(&known).cloned().unwrap_or_default()
        };
        let directory = self.directory(&enrolled);
        self.devices.insert(device, enrolled);
        Ok(codec::encode(&EnrolResponse {
            device,
            token: vec![0; 32].into(),
            directory,
            forms: vec![],
            protocol: Some(self.protocol),
            abilities: self.agreed(2, request.abilities.as_ref()),
        }))
    }
}
