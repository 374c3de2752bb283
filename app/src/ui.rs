//! Components that any page may use. Class names are those of `app/styles`.

mod bars;
mod button;
mod chip;
mod choice;
mod dialog;
mod empty;
mod erased;
mod field;
mod icon;
mod notice;
mod parts;
mod screen;
pub mod sync_badge;
pub mod words;

pub use bars::{ActionBar, BottomNav, TopBar};
pub use button::{Button, IconButton, Kind};
pub use chip::{FilterChip, StatusChip};
pub use choice::{ChoiceRow, Mark};
pub use dialog::{Dialog, Sheet};
pub use empty::EmptyState;
pub use erased::{brought, each, effect, live, memo, press};
pub use field::Field;
pub use icon::Icon;
pub use notice::{Banner, ErrorSummary, Severity, Toasts};
pub use parts::parts;
pub use screen::Screen;
