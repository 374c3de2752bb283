//! An invented household with its child surveys, as records.

use super::fill::Filler;
use super::names::{MEN, SURNAMES, WOMEN};
use super::{DAY_MS, Forms};
use crate::roster;
use form::model::{Form, Kind};
use form::session::{Address, Context, Session};
use minicbor::bytes::ByteVec;
use rand::RngExt;
use rand::rngs::StdRng;
use shared::id::{ChangeHash, FormVersionId, RecordId, item_id};
use shared::record::review::Review;
use shared::record::{Actor, Audience, Document, Edit, ValueKind, binding};
use shared::sync::message::DocumentChanges;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Invents records as one worker's phone would have made them.
pub struct Surveyor {
    pub random: StdRng,
    pub forms: Forms,
    pub actor: Actor,
    pub now_ms: i64,
}

/// A record that was made up.
pub struct Invented {
    pub id: RecordId,
    pub document: Document,
    /// What the phone sent first: the main document and, where there is one, its companion.
    pub first: Vec<DocumentChanges>,
    pub version: FormVersionId,
    pub is_child: bool,
    pub finished: bool,
    /// The newest changes of the companion document.
    pub protection: Vec<ChangeHash>,
    pub at_ms: i64,
}

struct Person {
    first: &'static str,
    last: String,
    sex: &'static str,
    birth: String,
    relation: &'static str,
}

/// What a record is about, for its header.
struct Subject<'a> {
    kind: &'a str,
    household: Option<(RecordId, &'a str, &'a str)>,
}

impl Surveyor {
    /// One household and a survey for each of its children.
    pub fn household(&mut self, number: usize) -> Vec<Invented> {
        let at_ms = self.now_ms - self.random.random_range(3..60) * DAY_MS
            + self.random.random_range(0..8) * 3_600_000;
        let finished = number % 19 != 7;
        let refused = number % 23 == 11;
        let (form, version) = self.forms.household.clone();
        let people = self.people(at_ms);
        let mut session = Session::new(form.clone(), self.context(&form, at_ms, Vec::new()));
        let members = self.add_members(&mut session, &form, &people);
        let mut given: BTreeMap<&'static str, String> = BTreeMap::from([
            ("visit_reason", "survey".to_owned()),
            ("itw_lang", "ka".to_owned()),
            ("result", "completed".to_owned()),
            ("notice_read", "yes".to_owned()),
            ("consent", if refused { "no" } else { "yes" }.to_owned()),
            ("consent_mode", "oral_witness".to_owned()),
            ("hh_size", people.len().to_string()),
            ("phone", format!("5{:08}", self.random.random_range(10_000_000..99_999_999))),
        ]);
        if let Some(unit) = self.unit(&session) {
            given.insert("admin_unit", unit);
        }
        let mut filler = Filler { session, random: &mut self.random, given };
        filler.fill();
        let session = filler.session;
        let subject = Subject { kind: "household", household: None };
        let Some(record) = self.record(&session, version, &subject, at_ms, finished) else {
            return Vec::new();
        };
        let mut invented = vec![];
        if finished && !refused {
            invented.extend(self.children(&session, &record, &members));
        }
        invented.insert(0, record);
        invented
    }

    /// Any unit, not always the first: the choice decides over the settlements offered.
    fn unit(&mut self, session: &Session) -> Option<String> {
        let node = session.form().by_key("admin_unit")?;
        let offered = session.choices(&Address { items: Vec::new(), node }, "ka");
        let at = self.random.random_range(0..offered.len().max(1));
        offered.get(at).map(|choice| choice.name.clone())
    }

    fn context(
        &mut self,
        form: &Form,
        now_ms: i64,
        rows: Vec<BTreeMap<String, String>>,
    ) -> Context {
        Context {
            now_ms,
            utc_offset_minutes: 240,
            language: form.default_language.clone(),
            username: "mariam".to_owned(),
            device_id: self.actor.device.to_string(),
            seed: self.random.random(),
            external: BTreeMap::from([("roster".to_owned(), rows)]),
            ..Context::default()
        }
    }

    fn people(&mut self, at_ms: i64) -> Vec<Person> {
        let surname = SURNAMES[self.random.random_range(0..SURNAMES.len())].to_owned();
        let year = 1970 + at_ms / (365 * DAY_MS + DAY_MS / 4);
        let head_age = self.random.random_range(24..58);
        let mut ages = vec![("head", head_age)];
        if self.random.random_bool(0.8) {
            ages.push(("spouse", (head_age + self.random.random_range(-5..4)).max(20)));
        }
        for _ in 0..self.random.random_range(0..4) {
            ages.push(("child", self.random.random_range(0..(head_age - 19).clamp(1, 22))));
        }
        if self.random.random_bool(0.3) {
            ages.push(("parent", head_age + self.random.random_range(20..32)));
        }
        ages.into_iter()
            .enumerate()
            .map(|(at, (relation, age))| {
                let woman = match at {
                    0 => self.random.random_bool(0.3),
                    _ => self.random.random_bool(0.52),
                };
                let list = if woman { &WOMEN } else { &MEN };
                let (month, day) =
                    (self.random.random_range(1..13), self.random.random_range(1..29));
                Person {
                    first: list[self.random.random_range(0..list.len())],
                    last: surname.clone(),
                    sex: if woman { "f" } else { "m" },
                    birth: format!("{:04}-{month:02}-{day:02}", year - age - 1),
                    relation,
                }
            })
            .collect()
    }

    fn add_members(
        &mut self,
        session: &mut Session,
        form: &Form,
        people: &[Person],
    ) -> Vec<String> {
        let Some(repeat) = form.by_key("members") else { return Vec::new() };
        let repeat = Address { items: Vec::new(), node: repeat };
        let mut items = Vec::new();
        for (at, person) in people.iter().enumerate() {
            let item = item_id(self.random.random());
            session.add_item(&repeat, &item, &format!("a{at:02}"));
            let answers = [
                ("m_first", person.first),
                ("m_last", person.last.as_str()),
                ("m_sex", person.sex),
                ("m_dob", person.birth.as_str()),
                ("m_rel", person.relation),
                ("m_where", "home"),
            ];
            for (key, value) in answers {
                if let Some(node) = form.by_key(key) {
                    session.set(&Address { items: vec![item.clone()], node }, value);
                }
            }
            items.push(item);
        }
        items
    }

    fn children(
        &mut self,
        session: &Session,
        household: &Invented,
        members: &[String],
    ) -> Vec<Invented> {
        let form = session.form();
        let answers = session.answers();
        let rows: Vec<BTreeMap<String, String>> = members
            .iter()
            .map(|item| {
                let own = answers.iter().filter(|(at, _)| at.items == [item.clone()]);
                roster::row(
                    item,
                    own.map(|(at, value)| (form.node(at.node).key.as_str(), value.as_str())),
                )
            })
            .collect();
        let place = household.document.header().place;
        let mut invented = Vec::new();
        for row in &rows {
            let age = row.get("age_years").and_then(|age| age.parse::<f64>().ok());
            let Some(item) = row.get("name").filter(|_| age.is_some_and(|age| age < 18.0)) else {
                continue;
            };
            let (form, version) = self.forms.child.clone();
            let context = self.context(&form, household.at_ms, rows.clone());
            let session = Session::new(form, context);
            let given = BTreeMap::from([
                ("c_line", item.clone()),
                ("c_resp", "mother".to_owned()),
                ("guardian_ok", "yes".to_owned()),
                ("assent", "yes".to_owned()),
            ]);
            let mut filler = Filler { session, random: &mut self.random, given };
            filler.fill();
            let session = filler.session;
            let subject = Subject { kind: "child", household: Some((household.id, item, &place)) };
            invented.extend(self.record(&session, version, &subject, household.at_ms, true));
        }
        invented
    }

    /// Makes the record's one change of all its answers.
    fn record(
        &mut self,
        session: &Session,
        version: FormVersionId,
        subject: &Subject<'_>,
        at_ms: i64,
        finished: bool,
    ) -> Option<Invented> {
        let id = RecordId::v7(at_ms, self.random.random());
        let form = session.form().clone();
        let mut document = Document::create(id, &form.form_id, self.actor);
        let mut edits = header(session, &form, subject);
        edits.extend(items(session, &form));
        let (main, protection) = answers(session, &form);
        edits.extend(main);
        if finished {
            edits.extend(Review::finish(&shared::record::Header::default()));
        }
        let change = document.edit(&edits, at_ms, &version.to_string()).ok()??;
        let one = |audience, changes: Vec<Vec<u8>>| DocumentChanges {
            record: id,
            audience,
            changes: changes.into_iter().map(ByteVec::from).collect(),
        };
        let mut first = vec![one(Audience::Main, vec![change.bytes])];
        let mut heads = Vec::new();
        if !protection.is_empty() {
            let mut companion = Document::create_companion(id, self.actor);
            companion.edit(&protection, at_ms, &version.to_string()).ok()?;
            heads = companion.heads();
            let changes = companion.changes().into_iter().map(|change| change.bytes).collect();
            first.push(one(Audience::Protection, changes));
        }
        Some(Invented {
            id,
            document,
            first,
            version,
            is_child: subject.kind == "child",
            finished,
            protection: heads,
            at_ms,
        })
    }
}

fn header(session: &Session, form: &Form, subject: &Subject<'_>) -> Vec<Edit> {
    let mut edits = vec![Edit::header("state", "draft"), Edit::header("kind", subject.kind)];
    if let Some((household, member, place)) = subject.household {
        edits.push(Edit::header("household", household.to_string()));
        edits.push(Edit::header("member", member));
        edits.push(Edit::header("place", place));
    }
    edits.push(Edit::header("title", session.instance_name()));
    let place = form.settings.get(shared::project::setting::PLACE);
    if let Some(node) = place.and_then(|key| form.by_key(key)) {
        let value = session.value(&Address { items: Vec::new(), node });
        if !value.is_empty() {
            edits.push(Edit::header("place", value));
        }
    }
    edits
}

fn items(session: &Session, form: &Arc<Form>) -> Vec<Edit> {
    let repeats = form.ids().filter(|id| form.node(*id).kind == Kind::Repeat);
    // The demonstration fills no repeats inside repeats.
    let top = repeats.filter(|id| form.repeats_of(*id).is_empty());
    top.flat_map(|node| {
        let at = Address { items: Vec::new(), node };
        let path = binding::path(form, node, &[]);
        session.items(&at).into_iter().enumerate().map(move |(at, item)| Edit::AddItem {
            repeat: path.clone(),
            item,
            order: format!("a{at:02}"),
        })
    })
    .collect()
}

/// The answers of the main document and those that belong to the companion.
fn answers(session: &Session, form: &Form) -> (Vec<Edit>, Vec<Edit>) {
    session
        .answers()
        .into_iter()
        .map(|(at, value)| {
            let node = form.node(at.node);
            let calculated = !node.question().is_some_and(|kind| kind.has_control());
            let kind = if calculated { ValueKind::Plain } else { binding::value_kind(node) };
            let path = binding::path(form, at.node, &at.items);
            Edit::Set { path, value, kind, audience: binding::audience(form, at.node) }
        })
        .partition(|edit| edit.audience() == Audience::Main)
}
