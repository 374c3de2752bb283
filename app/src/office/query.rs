//! What the address says: which records are listed, and which one is open.

use super::model::records::Counts;
use crate::platform::office_dom::{decode, encode};

/// Which records the list shows; in the address, so that it can be kept and sent.
#[derive(Clone, Default, PartialEq)]
pub struct Query {
    pub search: String,
    pub view: View,
    pub form: String,
    pub village: String,
    pub two_answers: bool,
    pub sort: Sort,
    /// From 0.
    pub page: usize,
}

/// The tabs above the list.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    ToReview,
    Changed,
    Returned,
    Approved,
    Rejected,
    Unfinished,
    All,
}

impl View {
    pub const TABS: [Self; 7] = [
        Self::ToReview,
        Self::Changed,
        Self::Returned,
        Self::Approved,
        Self::Rejected,
        Self::Unfinished,
        Self::All,
    ];

    /// The names of its states in the API; blank for all.
    pub fn state(self) -> &'static str {
        match self {
            Self::ToReview => "submitted,changed",
            Self::Changed => "changed",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Unfinished => "unfinished",
            Self::All => "",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::ToReview => "submitted",
            view => view.state(),
        }
    }

    /// How many records it shows.
    pub fn count(self, counts: &Counts) -> usize {
        let states = counts.state.iter();
        let own = |state: &str| self == Self::All || self.state().split(',').any(|of| of == state);
        states.filter(|(state, _)| own(state)).map(|(_, count)| count).sum()
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Updated,
    Title,
    Village,
}

impl Sort {
    pub fn name(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Title => "title",
            Self::Village => "village",
        }
    }
}

impl Query {
    /// Reads the part of the address after `?`.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            match name {
                "q" => query.search = value,
                "state" => {
                    let known = View::TABS.into_iter().find(|view| view.name() == value);
                    query.view = known.unwrap_or_default();
                }
                "form" => query.form = value,
                "village" => query.village = value,
                "two_answers" => query.two_answers = value == "1",
                "sort" => {
                    let known = [Sort::Title, Sort::Village];
                    query.sort =
                        known.into_iter().find(|sort| sort.name() == value).unwrap_or_default();
                }
                "page" => query.page = value.parse::<usize>().map_or(0, |n| n.saturating_sub(1)),
                _ => {}
            }
        }
        query
    }

    /// The part of the address after `?`, with `?`; blank for the first page of the inbox.
    pub fn address(&self) -> String {
        let mut parts = Vec::new();
        if self.view != View::default() {
            parts.push(format!("state={}", self.view.name()));
        }
        self.push_common(&mut parts);
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    /// The question to the server.
    pub fn request(&self) -> String {
        let mut parts = vec![format!("page_size={PAGE}")];
        if self.view != View::All {
            parts.push(format!("state={}", self.view.state()));
        }
        self.push_common(&mut parts);
        format!("/api/records?{}", parts.join("&"))
    }

    fn push_common(&self, parts: &mut Vec<String>) {
        for (name, value) in [("q", &self.search), ("form", &self.form), ("village", &self.village)]
        {
            if !value.is_empty() {
                parts.push(format!("{name}={}", encode(value)));
            }
        }
        if self.two_answers {
            parts.push("two_answers=1".into());
        }
        if self.sort != Sort::default() {
            parts.push(format!("sort={}", self.sort.name()));
        }
        if self.page > 0 {
            parts.push(format!("page={}", self.page + 1));
        }
    }

    /// Whether anything beside the tab narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.search.is_empty()
            || !self.form.is_empty()
            || !self.village.is_empty()
            || self.two_answers
    }
}

/// Rows of a page.
pub const PAGE: usize = 50;

/// The page of held changes, in the address.
const HELD: &str = "held";

/// What a page of the office shows.
#[derive(Clone, PartialEq)]
pub enum Place {
    List(Query),
    Record(String, Query),
    /// Changes that the server could not take in.
    Held,
    Unknown,
}

impl Place {
    /// The page of the rest of an address below `/office`.
    pub fn parse(rest: &str) -> Self {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = Query::parse(query);
        match path.trim_matches('/').split_once('/') {
            None if path.trim_matches('/').is_empty() => Self::List(query),
            None if path.trim_matches('/') == HELD => Self::Held,
            Some(("record", id)) if !id.contains('/') => Self::Record(id.to_owned(), query),
            _ => Self::Unknown,
        }
    }

    /// The rest of the address below `/office`.
    pub fn rest(&self) -> String {
        match self {
            Self::List(query) => query.address(),
            Self::Record(id, query) => format!("/record/{id}{}", query.address()),
            Self::Held => format!("/{HELD}"),
            Self::Unknown => String::new(),
        }
    }

    pub fn query(&self) -> Query {
        match self {
            Self::List(query) | Self::Record(_, query) => query.clone(),
            Self::Held | Self::Unknown => Query::default(),
        }
    }
}
