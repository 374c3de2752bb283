//! What a long history costs a phone that opens its record: processor time of this thread.

use super::queue::spent;
use crate::records::Maker;
use shared::id::{DeviceId, FormVersionId};
use shared::record::{Actor, Audience, Document};

const DEVICE: DeviceId = DeviceId([7; 8]);
const READER: Actor = Actor { device: DeviceId([8; 8]), session: [8; 8] };

/// One field altered again and again, each time by a change of its own.
pub fn print() {
    println!("{:>10}{:>12}{:>18}{:>16}", "changes", "bytes", "put together ms", "read ms");
    for count in [20, 2_000, 20_000] {
        let mut maker = Maker::new(DEVICE, FormVersionId([0; 16]).to_string(), 1);
        let (_, mut document, first) = maker.record().expect("a record");
        let mut changes = vec![first];
        while changes.len() < count {
            changes.push(maker.edit(&mut document).expect("an edit"));
        }
        let bytes: usize = changes.iter().map(Vec::len).sum();
        // As the phone keeps it: every change a row.
        let (open, mut opened) = spent(|| {
            let mut opened = Document::empty(Audience::Main, READER);
            opened.receive(&changes).expect("in order");
            opened
        });
        assert_eq!(opened.heads(), document.heads());
        let (read, answers) = spent(|| (opened.answers(), opened.two_answers()));
        drop(answers);
        println!("{count:>10}{bytes:>12}{open:>18.1}{read:>16.1}");
        println!(
            "{{\"bench\":\"history\",\"changes\":{count},\"bytes\":{bytes},\"open_ms\":{open:.2},\"read_ms\":{read:.2}}}"
        );
    }
}
