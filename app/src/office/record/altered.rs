//! What has become of the answers since the office decided: exactly what is to be reviewed again.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::Sheet;
use super::protection::is_protection;
use super::timeline::diff;
use crate::i18n::{Key, t, ta};
use crate::office::model::records::Detail;
use crate::office::texts::when;
use crate::ui::Icon;

/// The alterations, before and after, over the answers; nothing when there are none.
pub fn card(sheet: Sheet, detail: RwSignal<Option<Detail>>) -> AnyView {
    let guarded = Memo::new(move |_| sheet.protected.get());
    (move || {
        let protected = guarded.get();
        detail.with(|detail| detail.as_ref().and_then(|detail| drawn(detail, protected)))
    })
    .into_any()
}

fn drawn(detail: &Detail, protected: bool) -> Option<AnyView> {
    let review = &detail.review;
    let changed = review.state == "changed";
    let title = match review.decided.as_str() {
        "approved" if changed => Key::RecordAlteredApproved,
        "rejected" if changed => Key::RecordAlteredRejected,
        "returned" if review.state == "submitted" => Key::RecordAlteredReturned,
        _ => return None,
    };
    let guarded: BTreeSet<&str> = detail
        .nodes
        .iter()
        .filter(|node| is_protection(node))
        .map(|node| node.path.as_str())
        .collect();
    let own = |path: &str| guarded.contains(path) == protected;
    let rows: Vec<_> = detail.altered.iter().filter(|edit| own(&edit.path)).map(diff).collect();
    // The list knows that something was altered; what is shown here does not explain it.
    let hidden = !protected && changed && detail.altered.is_empty();
    if rows.is_empty() && !hidden {
        return None;
    }
    let by = [("person", &*review.by), ("when", &*when(review.at))];
    let view = view! {
        <section class="altered" aria-labelledby="altered-title">
            <h2 class="t-lg altered__title" id="altered-title">
                <Icon name="edit" small=true />
                {ta(title, &by)}
            </h2>
            {rows}
            {hidden.then(|| view! { <p>{t(Key::RecordAlteredProtection)}</p> })}
        </section>
    };
    Some(view.into_any())
}
