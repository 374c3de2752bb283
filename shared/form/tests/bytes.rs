//! A compiled form as bytes.

use form::model::{FORMAT, Form};
use form::read::from_markdown;
use proptest::prelude::*;

const SHIPPED: [&str; 4] = [
    include_str!("../../../forms/hh_core.md"),
    include_str!("../../../forms/child_core.md"),
    include_str!("../../../forms/concern.md"),
    include_str!("../../../forms/followup.md"),
];

fn shipped(at: usize) -> Form {
    from_markdown(SHIPPED[at]).form.expect("a shipped form has no errors")
}

#[test]
fn shipped_forms_come_back_as_they_were() {
    for at in 0..SHIPPED.len() {
        let form = shipped(at);
        assert_eq!(Form::from_bytes(&form.to_bytes()).as_ref(), Ok(&form), "{}", form.form_id);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Form::from_bytes(&[&[FORMAT], bytes.as_slice()].concat());
    }

    /// What is read is either refused or a form that has bytes of its own.
    #[test]
    fn altered_bytes_are_answered(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = shipped(3).to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(form) = Form::from_bytes(&bytes) {
            prop_assert_eq!(Form::from_bytes(&form.to_bytes()), Ok(form));
        }
    }
}
