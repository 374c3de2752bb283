//! The log of how a form is filled in: `audit.csv` of the ODK XForms specification ("Client Audit Logs").
//!
//! A form asks for it with a row of type `audit`; its parameters say which columns there are. Times are
//! Unix milliseconds.

use crate::model::{Form, Kind, Node, QuestionType};
use crate::session::{Address, Session};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What happened. Names as ODK Collect writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A new record was begun.
    FormStart,
    /// A record was opened again.
    FormResume,
    /// A question was on the screen.
    Question,
    /// A screen with several questions.
    GroupQuestions,
    /// The list of sections was opened.
    Jump,
    /// An item was added to a repeat.
    AddRepeat,
    /// An item was removed.
    DeleteRepeat,
    /// The page from which the record is finished.
    EndScreen,
    /// An answer was refused when the person went on.
    ConstraintError,
    /// Why a finished record was altered.
    ChangeReason,
    /// What was answered is kept.
    FormSave,
    /// The record was left.
    FormExit,
    /// The record was finished.
    FormFinalize,
    /// Places are noted from now on.
    LocationEnabled,
    /// The person or the phone does not allow places.
    LocationNotGranted,
}

impl Event {
    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::FormStart => "form start",
            Self::FormResume => "form resume",
            Self::Question => "question",
            Self::GroupQuestions => "group questions",
            Self::Jump => "jump",
            Self::AddRepeat => "add repeat",
            Self::DeleteRepeat => "delete repeat",
            Self::EndScreen => "end screen",
            Self::ConstraintError => "constraint error",
            Self::ChangeReason => "change reason",
            Self::FormSave => "form save",
            Self::FormExit => "form exit",
            Self::FormFinalize => "form finalize",
            Self::LocationEnabled => "location tracking enabled",
            Self::LocationNotGranted => "location permissions not granted",
        }
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What happened.
    pub event: Event,
    /// The XPath of the node; blank for events of the whole form.
    pub node: String,
    /// When it began.
    pub start: i64,
    /// When it ended, where it lasted.
    pub end: Option<i64>,
    /// Answer before and after, where it was altered.
    pub change: Option<(String, String)>,
    /// Words that belong to it.
    pub reason: String,
}

impl Line {
    /// Something that has a moment and no end.
    pub fn moment(event: Event, node: String, at: i64) -> Self {
        Self { event, node, start: at, end: None, change: None, reason: String::new() }
    }
}

/// Where the phone was at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fix {
    /// When.
    pub at: i64,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres.
    pub accuracy: f64,
}

/// What the form's author asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Places: how old one may be at most, and how far apart in time they are taken at least, milliseconds.
    pub location: Option<(i64, i64)>,
    /// Whether places are to be as exact as the phone can.
    pub exact: bool,
    /// Answers before and after.
    pub changes: bool,
    /// Who.
    pub user: bool,
    /// Why a finished record is altered.
    pub reasons: bool,
}

/// The node that asks for the log, if there is one.
pub fn node(form: &Form) -> Option<(Address, &Node)> {
    let asks = |node: &&Node| node.kind == Kind::Question(QuestionType::Audit);
    let id = form.ids().find(|id| asks(&form.node(*id)))?;
    Some((Address { items: Vec::new(), node: id }, form.node(id)))
}

impl Wanted {
    /// What the parameters of the `audit` row say.
    pub fn of(node: &Node) -> Self {
        let is = |key: &str, value: &str| node.parameters.get(key).is_some_and(|of| of == value);
        let seconds = |key: &str| node.parameters.get(key)?.parse::<i64>().ok()?.checked_mul(1000);
        let exact = is("location-priority", "high-accuracy");
        Self {
            location: seconds("location-max-age").zip(seconds("location-min-interval")),
            exact,
            changes: is("track-changes", "true"),
            user: is("identify-user", "true"),
            reasons: is("track-changes-reasons", "on-form-edit"),
        }
    }

    fn columns(self) -> Vec<&'static str> {
        let mut columns = vec!["event", "node", "start", "end"];
        if self.location.is_some() {
            columns.extend(["latitude", "longitude", "accuracy"]);
        }
        if self.changes {
            columns.extend(["old-value", "new-value"]);
        }
        if self.user {
            columns.push("user");
        }
        if self.reasons {
            columns.push("change-reason");
        }
        columns
    }
}

/// The XPath of a node of a record: every repeat on the way has the position of its item.
pub fn path(session: &Session, at: &Address) -> String {
    let form = session.form();
    let mut way = Vec::new();
    let mut node = Some(at.node);
    while let Some(id) = node {
        way.push(id);
        node = form.node(id).parent;
    }
    let mut path = String::new();
    let mut items = 0;
    for id in way.into_iter().rev() {
        path.push('/');
        path.push_str(&form.node(id).name);
        if form.node(id).kind == Kind::Repeat && items < at.items.len() {
            items += 1;
            let item = Address { items: at.items[..items].to_vec(), node: id };
            let place = session.place(&item).map_or(0, |place| place + 1);
            // Writing to a text cannot fail.
            let _ = write!(path, "[{place}]");
        }
    }
    path
}

/// The log with these lines at its end. `log` is what there is, blank for nothing yet. Where its columns are
/// others, because the form was changed meanwhile, its lines move under the new ones.
pub fn append(log: &str, wanted: Wanted, user: &str, fixes: &[Fix], lines: &[Line]) -> String {
    let columns = wanted.columns();
    let header = columns.join(",");
    let mut out = match log.strip_prefix(&header) {
        Some(rest) if rest.starts_with('\n') => log.to_owned(),
        _ => moved(log, &columns, &header),
    };
    for line in lines {
        let fix = wanted.location.and_then(|(age, _)| best(fixes, line.start, age));
        let cells = columns.iter().map(|column| match *column {
            "event" => line.event.name().to_owned(),
            "node" => line.node.clone(),
            "start" => line.start.to_string(),
            "end" => line.end.map_or_else(String::new, |end| end.to_string()),
            "latitude" => fix.map_or_else(String::new, |fix| format!("{:.7}", fix.latitude)),
            "longitude" => fix.map_or_else(String::new, |fix| format!("{:.7}", fix.longitude)),
            "accuracy" => fix.map_or_else(String::new, |fix| format!("{:.1}", fix.accuracy)),
            "old-value" => line.change.as_ref().map_or_else(String::new, |change| change.0.clone()),
            "new-value" => line.change.as_ref().map_or_else(String::new, |change| change.1.clone()),
            "user" => user.to_owned(),
            _ => line.reason.clone(),
        });
        row(&mut out, cells);
    }
    out
}

/// The most exact place that was not older than this.
fn best(fixes: &[Fix], at: i64, age: i64) -> Option<Fix> {
    let known = fixes.iter().filter(|fix| fix.at <= at && at - fix.at <= age);
    known.min_by(|a, b| a.accuracy.total_cmp(&b.accuracy)).copied()
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        if cell.contains([',', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push('\n');
}

/// The log with the lines of another at its end.
pub fn join(log: &str, more: &str, wanted: Wanted) -> String {
    let mut out = append(log, wanted, "", &[], &[]);
    let more = append(more, wanted, "", &[], &[]);
    out.push_str(more.split_once('\n').map_or("", |(_, lines)| lines));
    out
}

/// The lines of a log under other columns.
fn moved(log: &str, columns: &[&str], header: &str) -> String {
    let mut out = format!("{header}\n");
    let mut rows = rows(log).into_iter();
    let Some(names) = rows.next() else { return out };
    for cells in rows {
        let mut named: BTreeMap<&str, String> =
            names.iter().map(String::as_str).zip(cells).collect();
        row(&mut out, columns.iter().map(|column| named.remove(column).unwrap_or_default()));
    }
    out
}

/// The cells of a log, row by row.
fn rows(log: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = log.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => cells.push(String::new()),
            '\n' if !quoted => rows.push(std::mem::replace(&mut cells, vec![String::new()])),
            _ => cell.push(letter),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted = Wanted {
        location: Some((60_000, 10_000)),
        exact: true,
        changes: true,
        user: true,
        reasons: true,
    };

    fn line(node: &str, old: &str, new: &str) -> Line {
        let change = Some((old.into(), new.into()));
        Line { end: Some(9_000), change, ..Line::moment(Event::Question, node.into(), 5_000) }
    }

    #[test]
    fn one_log_goes_on_in_another() {
        let at = |at| [Line::moment(Event::FormResume, String::new(), at)];
        let first = append("", Wanted::default(), "", &[], &at(1));
        let second = append("", ALL, "x", &[], &at(2));
        let whole = join(&first, &second, Wanted::default());
        assert_eq!(whole, "event,node,start,end\nform resume,,1,\nform resume,,2,\n");
        assert_eq!(join("", &first, Wanted::default()), first);
        assert_eq!(join(&first, "", Wanted::default()), first);
    }

    #[test]
    fn the_columns_are_those_that_the_parameters_ask_for() {
        let moment = Line::moment(Event::FormStart, String::new(), 1);
        let plain = append("", Wanted::default(), "ნინო", &[], std::slice::from_ref(&moment));
        assert_eq!(plain, "event,node,start,end\nform start,,1,\n");
        let all = append("", ALL, "ნინო", &[], &[moment]);
        assert_eq!(
            all,
            "event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,change-reason\n\
             form start,,1,,,,,,,ნინო,\n"
        );
    }

    #[test]
    fn values_are_quoted_as_the_specification_says() {
        let wanted = Wanted { changes: true, ..Wanted::default() };
        for (value, written) in [
            ("two words", "two words"),
            ("a, b", "\"a, b\""),
            ("one\ntwo", "\"one\ntwo\""),
            ("say \"no\"", "say \"no\""),
            ("say \"no\", twice", "\"say \"\"no\"\", twice\""),
        ] {
            let log = append("", wanted, "", &[], &[line("/data/q", "", value)]);
            let expected = format!("question,/data/q,5000,9000,,{written}\n");
            assert_eq!(log.split_once('\n').map(|(_, rest)| rest), Some(&*expected));
        }
    }

    #[test]
    fn later_visits_follow_also_under_other_columns() {
        let first = append("", Wanted::default(), "", &[], &[line("/data/a", "", "1")]);
        let second = append(&first, Wanted::default(), "", &[], &[line("/data/b", "", "2")]);
        assert!(second.starts_with(&first));
        let wanted = Wanted { changes: true, ..Wanted::default() };
        let third = append(&second, wanted, "", &[], &[line("/data/c", "x, y", "z")]);
        assert_eq!(
            third,
            "event,node,start,end,old-value,new-value\nquestion,/data/a,5000,9000,,\n\
             question,/data/b,5000,9000,,\nquestion,/data/c,5000,9000,\"x, y\",z\n"
        );
        let back = append(&third, Wanted::default(), "", &[], &[]);
        assert_eq!(back.lines().count(), 4);
        assert_eq!(append(&third, wanted, "", &[], &[]), third);
    }

    #[test]
    fn a_place_is_the_most_exact_of_those_that_are_young_enough() {
        let fix = |at, accuracy| Fix { at, latitude: 41.5, longitude: 45.0, accuracy };
        let fixes = [fix(0, 3.0), fix(50_000, 20.0), fix(60_000, 8.0), fix(90_000, 1.0)];
        for (at, expected) in [
            (30_000, Some(3.0)),
            (60_000, Some(3.0)),
            (60_001, Some(8.0)),
            (89_000, Some(8.0)),
            (95_000, Some(1.0)),
            (160_000, None),
            (-1, None),
        ] {
            assert_eq!(best(&fixes, at, 60_000).map(|fix| fix.accuracy), expected, "{at}");
        }
    }
}
