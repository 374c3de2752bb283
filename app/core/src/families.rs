//! The list of families: search, filters, order by village.

use crate::fill::search::fold;
use crate::list::{Chip, ListRow};
use shared::id::RecordId;
use shared::record::SubjectKind;
use std::collections::HashMap;

/// A household as the list shows and finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its row.
    pub row: ListRow,
    /// The settlement's name in the language of the interface.
    pub place: String,
    /// The most urgent mark of the household and the surveys of its children.
    pub chip: Chip,
    /// How much others altered in them, and nobody has seen here.
    pub news: usize,
    waiting: bool,
    unfinished: bool,
    folded: String,
}

impl Family {
    /// Prepares a household for search.
    pub fn new(place: String, row: ListRow) -> Self {
        let folded = fold(&format!("{} {place} {}", row.title, row.place));
        let (chip, waiting, unfinished) = (row.chip(), is_waiting(&row), !row.finished);
        let news = row.news.len();
        Self { row, place, chip, news, waiting, unfinished, folded }
    }

    /// Whether it is a household, and not a record that stands for itself.
    pub fn is_family(&self) -> bool {
        self.row.kind != SubjectKind::Other.name()
    }

    /// Counts the survey of a child in.
    pub fn add_child(&mut self, row: &ListRow) {
        self.chip = self.chip.min(row.chip());
        self.news += row.news.len();
        self.waiting |= is_waiting(row);
        self.unfinished |= !row.finished;
    }
}

fn is_waiting(row: &ListRow) -> bool {
    row.unsent > 0 || row.open_edits
}

/// The families among a device's rows; `place` names a settlement by its code.
pub fn families(rows: Vec<ListRow>, place: impl Fn(&str) -> String) -> Vec<Family> {
    let (children, own): (Vec<ListRow>, Vec<ListRow>) =
        rows.into_iter().partition(|row| row.household.is_some());
    let mut families: Vec<Family> =
        own.into_iter().map(|row| Family::new(place(&row.place), row)).collect();
    let at: HashMap<RecordId, usize> =
        families.iter().enumerate().map(|(at, family)| (family.row.record, at)).collect();
    for child in &children {
        let family = child.household.and_then(|household| at.get(&household));
        if let Some(family) = family.and_then(|at| families.get_mut(*at)) {
            family.add_child(child);
        }
    }
    families
}

/// Which families to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Not finished by the worker.
    Unfinished,
    /// Sent back by the office.
    ToFix,
    /// With two answers to a question.
    TwoAnswers,
    /// Not yet received by the office.
    Waiting,
    /// Altered by others, and not seen since.
    News,
}

impl Filter {
    /// Whether a family passes.
    pub fn takes(self, family: &Family) -> bool {
        match self {
            Self::Unfinished => family.unfinished,
            Self::ToFix => family.chip == Chip::ToFix,
            Self::TwoAnswers => family.chip == Chip::TwoAnswers,
            Self::Waiting => family.waiting,
            Self::News => family.news > 0,
        }
    }
}

/// A line of the list; families are named by their place in the slice given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// The families of a village follow.
    Village {
        /// Its name; blank for families without one.
        name: String,
        /// How many families follow.
        count: usize,
    },
    /// Records that stand for themselves follow: they are no families.
    Others {
        /// How many follow.
        count: usize,
    },
    /// A family under its village, or a record that stands for itself.
    Family(usize),
    /// A family that a search found, with its village.
    Found(usize),
}

/// The lines of the list: by village and title, or what a search found, best first.
pub fn entries(families: &[Family], query: &str, filter: Option<Filter>) -> Vec<Entry> {
    let takes = |at: &usize| filter.is_none_or(|filter| filter.takes(&families[*at]));
    let words = fold(query);
    if !words.is_empty() {
        let words: Vec<&str> = words.split(' ').collect();
        return search(families, &words).into_iter().filter(takes).map(Entry::Found).collect();
    }
    let (mut shown, mut others): (Vec<usize>, Vec<usize>) =
        (0..families.len()).filter(takes).partition(|at| families[*at].is_family());
    let order = |at: &usize| {
        let Family { row, place, .. } = &families[*at];
        // Families without a village or a name are new: first.
        (place.as_str(), row.title.as_str(), row.record)
    };
    form::order::sort_by(&mut shown, |a, b| order(a).cmp(&order(b)));
    let newest = |at: &usize| (-families[*at].row.updated_ms, families[*at].row.record);
    form::order::sort_by(&mut others, |a, b| newest(a).cmp(&newest(b)));
    let mut entries = Vec::with_capacity(shown.len() + others.len() + 16);
    for village in shown.chunk_by(|a, b| families[*a].place == families[*b].place) {
        let name = families[village[0]].place.clone();
        entries.push(Entry::Village { name, count: village.len() });
        entries.extend(village.iter().map(|at| Entry::Family(*at)));
    }
    if !others.is_empty() {
        entries.push(Entry::Others { count: others.len() });
        entries.extend(others.into_iter().map(Entry::Family));
    }
    entries
}

/// The families that hold every word, those whose title begins with the first one in front.
fn search(families: &[Family], words: &[&str]) -> Vec<usize> {
    let mut found: Vec<(u8, usize)> = families
        .iter()
        .enumerate()
        .filter(|(_, family)| words.iter().all(|word| family.folded.contains(word)))
        .map(|(at, family)| {
            let begins = family.folded.split(' ').any(|part| part.starts_with(words[0]));
            let rank = if family.folded.starts_with(words[0]) { 0 } else { 2 - u8::from(begins) };
            (rank, at)
        })
        .collect();
    form::order::sort(&mut found);
    found.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::id::FormVersionId;

    fn family(number: u8, title: &str, place: &str, finished: bool) -> Family {
        let mut row = ListRow::new(RecordId([number; 16]), "hh", FormVersionId([0; 16]), 0);
        row.title = title.into();
        row.finished = finished;
        Family::new(place.into(), row)
    }

    fn some() -> Vec<Family> {
        vec![
            family(1, "ყიფიანი ლუკა", "ანანური", true),
            family(2, "ბერიძე ნინო", "ფასანაური", false),
            family(3, "ბერიძე გია", "ანანური", true),
            family(4, "", "", false),
        ]
    }

    #[test]
    fn families_stand_under_their_villages_in_order() {
        let village = |name: &str, count| Entry::Village { name: name.into(), count };
        let expected = [
            village("", 1),
            Entry::Family(3),
            village("ანანური", 2),
            Entry::Family(2),
            Entry::Family(0),
            village("ფასანაური", 1),
            Entry::Family(1),
        ];
        assert_eq!(entries(&some(), " ", None), expected);
    }

    #[test]
    fn records_that_stand_for_themselves_are_no_families() {
        let mut all = some();
        for (number, updated_ms) in [(5, 10), (6, 20)] {
            let mut other = family(number, "", "ანანური", true);
            other.row.kind = "other".into();
            other.row.updated_ms = updated_ms;
            all.push(other);
        }
        let listed = entries(&all, "", None);
        let counted = |of: &Entry| matches!(of, Entry::Village { count, .. } if *count > 0);
        let villages = listed.iter().filter(|of| counted(of)).count();
        assert_eq!((villages, listed.len()), (3, 3 + 1 + 6));
        let last = [Entry::Others { count: 2 }, Entry::Family(5), Entry::Family(4)];
        assert!(listed.ends_with(&last), "{listed:?}");
        assert_eq!(all.iter().filter(|of| of.is_family()).count(), 4);
    }

    #[test]
    fn search_takes_either_script_and_the_usual_slips() {
        let cases: [(&str, &[usize]); 8] = [
            ("ბერიძე", &[1, 2]),
            ("beridze", &[1, 2]),
            ("Beridze ananuri", &[2]),
            ("ნინო", &[1]),
            ("kipiani", &[0]),
            ("ქიფიანი", &[0]),
            ("pasanauri", &[1]),
            ("nobody", &[]),
        ];
        for (query, expected) in cases {
            let found: Vec<Entry> = expected.iter().map(|at| Entry::Found(*at)).collect();
            assert_eq!(entries(&some(), query, None), found, "{query}");
        }
    }

    #[test]
    fn a_child_survey_counts_for_its_family() {
        let household = family(1, "ბერიძე ნინო", "", true).row;
        let mut child = family(2, "ლუკა", "", true).row;
        child.household = Some(household.record);
        child.review = "returned".into();
        child.unsent = 1;
        let of_nobody = ListRow { household: Some(RecordId([9; 16])), ..child.clone() };
        let all = families(vec![child, household, of_nobody], |code| code.to_owned());
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].chip, Chip::ToFix);
        for filter in [Filter::ToFix, Filter::Waiting] {
            assert!(filter.takes(&all[0]));
        }
        for filter in [Filter::Unfinished, Filter::TwoAnswers] {
            assert!(!filter.takes(&all[0]));
        }
    }

    #[test]
    fn filters_and_search_go_together() {
        assert_eq!(entries(&some(), "beridze", Some(Filter::Unfinished)), [Entry::Found(1)]);
        assert_eq!(entries(&some(), "", Some(Filter::ToFix)), []);
        assert_eq!(entries(&[], "", None), []);
    }
}
