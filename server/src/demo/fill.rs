//! Fills a form with plausible answers: every question that is shown gets one, the particular ones from
//! the caller, the others from their choices and limits.

use form::model::{Kind, Node, QuestionType};
use form::session::{Address, Session};
use rand::RngExt;
use rand::rngs::StdRng;
use std::collections::BTreeMap;

/// A form being filled.
pub struct Filler<'a> {
    pub session: Session,
    pub random: &'a mut StdRng,
    /// Answers by question key, outside repeats.
    pub given: BTreeMap<&'static str, String>,
}

impl Filler<'_> {
    /// Answers what is shown until nothing new appears.
    pub fn fill(&mut self) {
        for _ in 0..4 {
            let mut answered = 0;
            for at in self.session.walk() {
                answered += usize::from(self.answer(&at));
            }
            if answered == 0 {
                return;
            }
        }
    }

    fn answer(&mut self, at: &Address) -> bool {
        let form = self.session.form().clone();
        let node = form.node(at.node);
        let Kind::Question(kind) = node.kind else { return false };
        let state = self.session.state(at);
        if !kind.has_control() || !state.relevant || state.readonly || !node.calculation.is_empty()
        {
            return false;
        }
        let given = self.given.get(node.key.as_str()).filter(|_| at.items.is_empty()).cloned();
        let value = match given {
            Some(given) => given,
            None if state.value.is_empty() => self.invent(at, node, kind, state.required),
            None => return false,
        };
        if value.is_empty() || value == state.value {
            return false;
        }
        self.session.set(at, &value);
        if self.session.state(at).violation.is_some() {
            self.session.set(at, &state.value);
            return false;
        }
        true
    }

    fn invent(&mut self, at: &Address, node: &Node, kind: QuestionType, required: bool) -> String {
        use QuestionType::{Decimal, Integer, Rank, SelectMultiple, SelectOne, Text};
        match kind {
            SelectOne => self.one(at, &node.key),
            SelectMultiple => self.several(at, 2),
            Rank => self.several(at, 3),
            Integer => self.number(&node.key).to_string(),
            Decimal => match node.key.as_str() {
                "inc_gel" => (self.random.random_range(4..30) * 50).to_string(),
                "land" => format!("0.{}", self.random.random_range(1..9)),
                _ => String::new(),
            },
            Text if required => "არ არის მითითებული".to_owned(),
            _ => String::new(),
        }
    }

    fn number(&mut self, key: &str) -> i64 {
        match key {
            "rooms" => self.random.random_range(1..6),
            "water_hrs" => *[6, 12, 24, 24, 24].get(self.random.random_range(0..5)).unwrap_or(&24),
            "tsa_score" => self.random.random_range(20..110) * 1000,
            "muac" => self.random.random_range(120..170),
            "alone_days_a" | "alone_days_b" => 0,
            "water_min" | "t_kg" | "t_school" | "t_clinic" | "t_center" => {
                self.random.random_range(1..12) * 5
            }
            _ => self.random.random_range(0..6),
        }
    }

    /// The names offered, without those that say nothing or ask for a text.
    fn offered(&self, at: &Address) -> Vec<String> {
        let choices = self.session.choices(at, "ka");
        choices
            .into_iter()
            .map(|choice| choice.name)
            .filter(|name| !matches!(name.as_str(), "dk" | "ref" | "na" | "7" | "9"))
            .filter(|name| !name.starts_with("other"))
            .collect()
    }

    /// One choice; the first more often than the last, since lists begin with the ordinary.
    fn one(&mut self, at: &Address, key: &str) -> String {
        let offered = self.offered(at);
        if offered.is_empty() {
            return String::new();
        }
        let usual = match key {
            "m_dis" | "c_dis" => "none",
            "heat_ok" | "elec" | "birth_reg" | "gp" => "yes",
            key if key.starts_with("fies") => "no",
            _ => "",
        };
        if offered.iter().any(|name| name == usual) && self.random.random_bool(0.85) {
            return usual.to_owned();
        }
        let (a, b) = (self.random.random_range(0..offered.len()), self.random.random::<f64>());
        let at = if b < 0.65 { 0 } else { a };
        offered[at].clone()
    }

    fn several(&mut self, at: &Address, most: usize) -> String {
        let mut offered = self.offered(at);
        let none = offered.iter().position(|name| matches!(name.as_str(), "none" | "nobody"));
        if let Some(none) = none {
            let none = offered.remove(none);
            if offered.is_empty() || self.random.random_bool(0.6) {
                return none;
            }
        }
        let mut chosen: Vec<String> = Vec::new();
        for _ in 0..self.random.random_range(1..=most) {
            if !offered.is_empty() {
                chosen.push(offered.remove(self.random.random_range(0..offered.len())));
            }
        }
        chosen.join(" ")
    }
}
