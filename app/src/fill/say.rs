//! Answers, items and times in the words of the interface.

use super::desk::Desk;
use crate::i18n::{Key, t, ta};
use crate::platform::clock;
use device::fill::answers::{self, Shown};
use device::fill::calendar;
use form::session::{Address, Session};
use shared::id::DeviceId;
use shared::project::setting;
use shared::record::answer::LEAVINGS;

/// An answer in words; "no answer" for a blank one.
pub fn answer(desk: Desk, at: &Address, value: &str) -> String {
    let language = desk.language();
    let shown = desk.session(|session| Some(answers::shown(session, at, value, &language)));
    match shown {
        Some(Shown::Text(text)) => text,
        Some(Shown::DontKnow) => t(Key::QuestionDontKnow),
        Some(Shown::Refused) => t(Key::QuestionRefused),
        Some(Shown::Blank) | None => t(Key::TwoAnswersEmptyAnswer),
    }
}

/// Whether a repeat is the roster of the household.
pub fn is_roster(desk: Desk, repeat: &Address) -> bool {
    desk.session(|session| {
        let form = session.form();
        let key = form.settings.get(setting::ROSTER).map_or("members", String::as_str);
        form.node(repeat.node).key == key
    })
}

/// The title of an item, followed; "Person 3" while it has no name.
pub fn item_title(desk: Desk, item: &Address) -> String {
    let repeat = device::fill::screens::repeat_of(item);
    desk.track(item);
    let title =
        desk.text(&repeat, |session, language| answers::item_title(session, item, language));
    if !title.is_empty() {
        return title;
    }
    // An item that was removed stands for the last.
    let place = |session: &Session| session.place(item).map(|at| at + 1);
    let number =
        desk.session(|session| place(session).unwrap_or_else(|| session.items(&repeat).len()));
    if is_roster(desk, &repeat) {
        return ta(Key::RosterUnnamed, &[("n", &number.to_string())]);
    }
    format!("{} {number}", label(desk, &repeat))
}

/// Who works with a device.
pub fn person(desk: Desk, device: Option<DeviceId>) -> String {
    let name = desk.app.device().person(device);
    if name.is_empty() { t(Key::TwoAnswersSomeone) } else { name }
}

/// Why somebody is not in the household any more.
pub fn leaving(code: &str) -> Option<String> {
    let words = [Key::RosterLeftMoved, Key::RosterLeftDied, Key::RosterLeftOther];
    let known = LEAVINGS.iter().position(|known| *known == code)?;
    words.get(known).map(|key| t(*key))
}

/// The label of a node, without its Markdown.
pub fn label(desk: Desk, at: &Address) -> String {
    let label = desk.text(at, |session, language| session.label(at, language));
    plain(&label)
}

/// A text of a form author without its Markdown.
pub fn plain(text: &str) -> String {
    use device::fill::markdown::{Inline, inline};
    // Most texts are plain, and a list may have fifty thousand of them.
    if !text.contains(['\\', '*', '_', '[', '<', '\n']) {
        return text.trim().to_owned();
    }
    let pieces =
        text.lines().flat_map(|line| inline(line.trim()).into_iter().chain([Inline::Break]));
    let words: String = pieces
        .map(|piece| match piece {
            Inline::Text(text) | Inline::Strong(text) | Inline::Link(text, _) => text,
            Inline::Break => " ".into(),
        })
        .collect();
    words.trim().to_owned()
}

/// When something was: "today 14:02", "yesterday 09:10", "18.11.2026 14:02".
pub fn when(ms: i64) -> String {
    if ms <= 0 {
        return t(Key::TimeUnknown);
    }
    let offset = clock::utc_offset_minutes();
    let date = calendar::today(ms, offset);
    let minute = (ms + i64::from(offset) * 60_000).div_euclid(60_000).rem_euclid(24 * 60);
    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
    let today = calendar::today(clock::now_ms(), offset);
    if date == today {
        ta(Key::TimeTodayAt, &[("time", &time)])
    } else if date == calendar::plus(today, -1) {
        ta(Key::TimeYesterdayAt, &[("time", &time)])
    } else {
        format!("{:02}.{:02}.{} {time}", date.2, date.1, date.0)
    }
}
