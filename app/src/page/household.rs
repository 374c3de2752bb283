use leptos::prelude::*;
use shared::id::RecordId;

pub fn page(_id: RecordId) -> AnyView {
    ().into_any()
}
