//! What the inputs are thrown at.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use form::expr::{Dialect, Evaluator, NodeRef, Tree, Value, parse};
use form::model::{Form, Kind, NodeId};
use form::read::{from_markdown, from_sheets, rows_of_csv, xform_nodes};
use form::session::{Address, Context, Session, program};
use form::write::{to_markdown, to_xform};

use super::grammar::Grammar;
use super::random::Random;
use super::sheets::Writer;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Parser,
    Evaluator,
    Reader,
    Workbook,
}

/// A mode with what it needs.
pub struct Target {
    mode: Mode,
    seed: u64,
    grammar: Grammar,
    writer: Writer,
    form: Arc<Form>,
    /// The live form of a block of inputs, with the nodes expressions start from.
    block: Option<(u64, Session, Vec<NodeRef>)>,
}

/// Inputs that share a live form.
const BLOCK: u64 = 512;

/// Every kind of node an expression may look at.
const FORM: &str = "
| survey |
|  | type | name | label | relevant | calculation | choice_filter | repeat_count |
|  | integer | a | A |  |  |  |  |
|  | decimal | b | B | ${a} != 3 |  |  |  |
|  | text | t | T |  |  |  |  |
|  | date | d | D |  |  |  |  |
|  | geotrace | p | P |  |  |  |  |
|  | begin group | g | G | ${b} != 4 |  |  |  |
|  | select_one l | s | S |  |  | k = ${t} or k = 'x' |  |
|  | select_multiple l | m | M |  |  |  |  |
|  | end group |  |  |  |  |  |  |
|  | begin repeat | r | R | ${a} != 9 |  |  |  |
|  | text | x | X |  |  |  |  |
|  | begin repeat | n | N | ${x} != '' |  |  |  |
|  | integer | y | Y |  |  |  |  |
|  | end repeat |  |  |  |  |  |  |
|  | end repeat |  |  |  |  |  |  |
|  | calculate | sum |  |  | sum(${y}) + count(${r}) |  |  |
|  | select_one_from_file places.csv | far | Far |  |  |  |  |
| choices |
|  | list_name | name | label | k |
|  | l | a | A | 1 |
|  | l | b | B ${a} | x |
|  | l | c |  | x |
";

impl Target {
    pub fn named(name: &str, seed: u64) -> Option<Target> {
        let mode = match name {
            "parser" => Mode::Parser,
            "evaluator" => Mode::Evaluator,
            "reader" => Mode::Reader,
            "workbook" => Mode::Workbook,
            _ => return None,
        };
        let form = Arc::new(from_markdown(FORM).form.unwrap_or_default());
        assert!(form.nodes.len() > 10, "the form of the evaluator has errors");
        Some(Target {
            mode,
            seed,
            grammar: Grammar::new(),
            writer: Writer::new(),
            form,
            block: None,
        })
    }

    /// Plays one input; whether it was accepted.
    pub fn play(&mut self, number: u64) -> bool {
        let mut random = Random::of(self.seed, number);
        match self.mode {
            Mode::Parser => self.parse(&mut random),
            Mode::Evaluator => self.evaluate(number, &mut random),
            Mode::Reader => self.read(&mut random),
            Mode::Workbook => self.unpack(&mut random),
        }
    }

    /// The text of an input, for people.
    #[allow(dead_code, reason = "the short run of the tests has nobody to show it to")]
    pub fn show(&self, number: u64) -> String {
        let mut random = Random::of(self.seed, number);
        match self.mode {
            Mode::Parser | Mode::Evaluator => self.grammar.expression(&mut random),
            Mode::Reader => {
                random.below(24);
                to_markdown(&self.writer.sheets(&self.grammar, &mut random))
            }
            Mode::Workbook => to_markdown(&self.writer.sheets(&self.grammar, &mut random)),
        }
    }

    fn parse(&self, random: &mut Random) -> bool {
        let source = self.grammar.expression(random);
        match parse(&source) {
            Ok(parsed) => {
                let mut parts = 0;
                parsed.walk(&mut |part| {
                    parts += 1;
                    check_span(&source, part.span.start, part.span.end);
                });
                parts > 0
            }
            Err(error) => {
                check_span(&source, error.span.start, error.span.end);
                false
            }
        }
    }

    fn evaluate(&mut self, number: u64, random: &mut Random) -> bool {
        let block = number / BLOCK;
        if self.block.as_ref().is_none_or(|(known, _, _)| *known != block) {
            let session = self.session(block);
            let nodes = nodes_of(&session);
            self.block = Some((block, session, nodes));
        }
        let Some((_, session, nodes)) = &self.block else { return false };
        let source = self.grammar.expression(random);
        let current = *random.one(nodes);
        let from = self.form.by_name(&session.name(current)).unwrap_or(NodeId::ROOT);
        let Ok(parsed) = program::compile(&self.form, from, &source) else { return false };
        let mut good = false;
        for dialect in [Dialect::Xforms, Dialect::Native] {
            let evaluator = Evaluator::new(session, current, dialect);
            match evaluator.evaluate(&parsed) {
                Ok(value) => {
                    black_box((evaluator.text(&value), evaluator.number(&value)));
                    black_box(evaluator.boolean(&value));
                    good = true;
                }
                Err(error) => check_span(&source, error.span.start, error.span.end),
            }
        }
        good
    }

    /// A live form with answers of a block, some of them nonsense.
    fn session(&self, block: u64) -> Session {
        let mut random = Random::of(!self.seed, block);
        let places = (0..random.below(40)).map(|at| {
            BTreeMap::from([
                ("name".to_owned(), format!("p{at}")),
                ("label".to_owned(), format!("Place {at}")),
                ("district".to_owned(), format!("d{}", at % 5)),
            ])
        });
        let context = Context {
            now_ms: random.next() as i64 >> random.below(40),
            utc_offset_minutes: random.below(1700) as i32 - 850,
            language: random.pick(&["", "ka", "en"]).to_owned(),
            seed: random.next(),
            external: BTreeMap::from([("places".to_owned(), places.collect())]),
            ..Context::default()
        };
        let mut session = Session::new(self.form.clone(), context);
        session.add_first_items();
        edit(&mut session, &mut random, 30);
        session
    }

    fn read(&self, random: &mut Random) -> bool {
        let compiled = match random.below(24) {
            0 => {
                let text = to_markdown(&self.writer.sheets(&self.grammar, random));
                from_markdown(&random.mutate(
                    &text,
                    &["|", "\n", "\\|", "| survey |\n"],
                    "| choices |\n",
                ))
            }
            1 => {
                let text: String = (0..random.below(60)).map(|_| random.letter()).collect();
                black_box(rows_of_csv(&text));
                from_markdown(&text)
            }
            _ => from_sheets(&self.writer.sheets(&self.grammar, random)),
        };
        assert_eq!(compiled.form.is_some(), compiled.errors.is_empty());
        let Some(form) = compiled.form else { return false };
        // What follows costs ten times as much as reading.
        if !random.once_in(6) {
            return true;
        }
        black_box((xform_nodes(&form), to_xform(&form)));
        assert_eq!(Form::from_bytes(&form.to_bytes()).as_ref(), Ok(&form));
        let mut session =
            Session::new(Arc::new(form), Context { seed: random.next(), ..Context::default() });
        session.add_first_items();
        edit(&mut session, random, 4);
        for at in session.walk().iter().take(40) {
            black_box((session.state(at), session.label(at, ""), session.choices(at, "").len()));
        }
        black_box(session.check());
        true
    }

    #[cfg(not(feature = "workbook"))]
    fn unpack(&self, _random: &mut Random) -> bool {
        false
    }

    /// Parts of a workbook changed inside a sound zip, a zip with bytes changed, or bytes of a form.
    #[cfg(feature = "workbook")]
    fn unpack(&self, random: &mut Random) -> bool {
        use super::sheets::parts;
        const WORDS: [&str; 16] = [
            "<row r=\"1048576\">",
            "<c r=\"XFD1048576\">",
            "<c r=\"ZZZZZZ99999999999\" t=\"s\">",
            "<v>99999999999</v>",
            "<v>-1</v>",
            " t=\"s\"",
            " t=\"d\"",
            " t=\"e\"",
            "<!--",
            "<![CDATA[",
            "</sheetData>",
            "&#0;",
            "&amp;",
            "<dimension ref=\"A1:XFD1048576\"/>",
            " s=\"0\"",
            "<f>1+1</f>",
        ];
        let sheets = self.writer.sheets(&self.grammar, random);
        let kind = random.below(5);
        if kind == 0 {
            let mut bytes =
                from_sheets(&sheets).form.unwrap_or_else(|| (*self.form).clone()).to_bytes();
            scramble(&mut bytes, random);
            return Form::from_bytes(&bytes).is_ok();
        }
        let mut parts = parts(&sheets);
        if kind < 4 {
            for _ in 0..=random.below(2) {
                let at = random.below(parts.len());
                let other = parts[random.below(parts.len())].1.clone();
                parts[at].1 = random.mutate(&parts[at].1, &WORDS, &other);
            }
        }
        if random.once_in(8) {
            parts.remove(random.below(parts.len()));
        }
        let mut bytes = super::zip::stored(&parts);
        if kind == 4 {
            scramble(&mut bytes, random);
        }
        form::read::from_workbook(&bytes).form.is_some()
    }
}

/// Changes a few bytes, cuts or repeats a piece.
#[cfg(feature = "workbook")]
fn scramble(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(6) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 if at + 4 <= bytes.len() => {
                bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes())
            }
            _ if !bytes.is_empty() => bytes[at] = random.next() as u8,
            _ => {}
        }
    }
}

fn check_span(source: &str, start: u32, end: u32) {
    assert!(start <= end && end as usize <= source.len(), "span {start}..{end} of {source:?}");
}

/// All elements of the live form and some of its tables.
fn nodes_of(session: &Session) -> Vec<NodeRef> {
    let start = NodeRef { document: 0, index: 0 };
    let mut found = vec![start];
    for source in ["//*", "instance('l')/root/item/*"] {
        let Ok(parsed) = parse(source) else { continue };
        if let Ok(Value::Nodes(nodes)) =
            Evaluator::new(session, start, Dialect::Xforms).evaluate(&parsed)
        {
            found.extend(nodes.into_iter().filter(|node| node.document == 0));
        }
    }
    found
}

fn edit(session: &mut Session, random: &mut Random, times: usize) {
    const ANSWERS: [&str; 18] = [
        "",
        "0",
        "1",
        "3",
        "-5",
        "9",
        "12.5",
        "a",
        "a b",
        "c",
        "2020-02-29",
        "10:30:00.000",
        "41.7 44.8 0 0; 41.8 44.9 0 0; 41.7 44.9 0 0",
        "dk",
        "ქ",
        "99999999999999999999",
        "NaN",
        "x\ny",
    ];
    for _ in 0..random.below(times + 1) {
        let walk = session.walk();
        if walk.is_empty() {
            return;
        }
        let at: Address = random.one(&walk).clone();
        if session.form().node(at.node).kind == Kind::Repeat {
            let item = random.pick(&["1", "2", "i", ""]);
            if random.once_in(3) {
                session.remove_item(&at, item);
            } else {
                session.add_item(&at, item, random.pick(&["", "a", "z"]));
            }
        } else {
            session.set(&at, random.pick(&ANSWERS));
        }
    }
}
