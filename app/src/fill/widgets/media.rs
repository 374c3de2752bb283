//! Questions answered with camera and pen.

pub mod chooser;
pub mod holder;
mod pen;
mod photo;

use super::Control;
use leptos::prelude::*;

/// A picture: signed, drawn or taken.
pub fn view(control: Control) -> AnyView {
    match () {
        () if control.node.appears("signature") => pen::view(control, pen::Purpose::Sign),
        () if control.node.appears("draw") => pen::view(control, pen::Purpose::Draw),
        () => photo::view(control),
    }
}
