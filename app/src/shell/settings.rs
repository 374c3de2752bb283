//! How the phone's pages look, remembered by the browser and applied to the root element.

use crate::platform::page;
use crate::router::Area;

/// Text sizes in percent.
pub const TEXT_SIZES: [&str; 5] = ["100", "125", "150", "175", "200"];
/// From here on lines hold so few letters that the layout changes.
const LARGE_TEXT_PX: f64 = 24.0;

/// A setting that is on or off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Black text and thick lines for bright light.
    Sun,
    /// Larger targets.
    Glove,
    /// The dark theme.
    Dark,
}

impl Switch {
    fn name(self) -> &'static str {
        match self {
            Self::Sun => "sun",
            Self::Glove => "glove",
            Self::Dark => "dark",
        }
    }

    /// Whether it is on.
    pub fn is_on(self) -> bool {
        page::setting(self.name()).is_some_and(|value| value == "on")
    }

    /// Turns it on or off, and remembers that.
    pub fn set(self, on: bool) {
        page::remember(self.name(), if on { "on" } else { "off" });
        self.apply(on);
    }

    fn apply(self, on: bool) {
        match self {
            Self::Sun => page::set_root("data-sun", on.then_some("")),
            Self::Glove => page::set_root("data-glove", on.then_some("")),
            Self::Dark => page::set_root("data-theme", Some(if on { "dark" } else { "light" })),
        }
    }
}

/// The text size in percent.
pub fn text_size() -> String {
    page::setting("text").filter(|size| TEXT_SIZES.contains(&size.as_str())).unwrap_or("100".into())
}

/// Changes the text size, and remembers it.
pub fn set_text_size(size: &str) {
    page::remember("text", size);
    apply_text_size(size);
}

fn apply_text_size(size: &str) {
    page::set_root("data-text", Some(size));
    // The browser's own text size counts as well.
    page::set_root_class("large-text", page::root_font_px() >= LARGE_TEXT_PX);
}

/// Applies everything remembered. The office has a look of its own.
pub fn apply(area: Area) {
    match area {
        Area::Field => {
            page::set_root("data-area", Some("field"));
            for switch in [Switch::Sun, Switch::Glove, Switch::Dark] {
                switch.apply(switch.is_on());
            }
            apply_text_size(&text_size());
        }
        Area::Office => page::set_root("data-area", Some("office")),
    }
}
