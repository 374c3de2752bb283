//! Times the figures of the form engine: `cargo run --release -p form --features cli --example bench [FILE]`.
//! With FILE the workbook that is compiled is kept there, for others to try.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use form::model::{Form, NodeId};
use form::read::{from_markdown, from_workbook, sheets_of_markdown};
use form::session::{Address, Context, Session};

fn main() -> ExitCode {
    let keystroke = large_form();
    many_items();
    many_choices();
    let compile = compile();
    if keystroke && compile { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compiled(text: &str) -> Arc<Form> {
    let compiled = from_markdown(text);
    assert!(compiled.errors.is_empty(), "{:?}", compiled.errors);
    Arc::new(compiled.form.unwrap_or_default())
}

fn at(form: &Form, name: &str, items: &[&str]) -> Address {
    let node = form.by_name(name).unwrap_or(NodeId::ROOT);
    Address { items: items.iter().map(|item| (*item).to_owned()).collect(), node }
}

/// Prints how long something takes.
fn timed<T>(what: &str, times: u32, run: impl FnMut(u32) -> T) {
    let (median, best) = measured(times, run);
    println!("{what}: median {median:.3} ms, best {best:.3} ms, {times} times");
    println!(
        "{{\"bench\":\"forms\",\"name\":\"{what}\",\"median\":{median:.3},\"best\":{best:.3}}}"
    );
}

/// The same for what has a limit, milliseconds, that the median must keep; whether it does.
fn held<T>(what: &str, limit: f64, times: u32, run: impl FnMut(u32) -> T) -> bool {
    let (median, best) = measured(times, run);
    let above = if median > limit { "  ABOVE" } else { "" };
    println!(
        "{what}: median {median:.3} ms, best {best:.3} ms, {times} times   limit {limit}{above}"
    );
    println!(
        "{{\"bench\":\"forms\",\"name\":\"{what}\",\"median\":{median:.3},\"best\":{best:.3},\"limit\":{limit},\"of\":\"median\"}}"
    );
    median <= limit
}

/// The median and the best of some runs, milliseconds.
fn measured<T>(times: u32, mut run: impl FnMut(u32) -> T) -> (f64, f64) {
    let mut taken: Vec<f64> = (0..times)
        .map(|turn| {
            let start = Instant::now();
            std::hint::black_box(run(turn));
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    (taken[taken.len() / 2], taken[0])
}

/// 1,000 questions, 300 of them calculations, half of the others with relevance.
fn large_form() -> bool {
    let mut text =
        "| survey |\n| | type | name | label | relevant | constraint | calculation |\n".to_owned();
    for number in 0..700 {
        let relevant =
            if number % 2 == 1 { format!("${{q{}}} != 7", number - 1) } else { String::new() };
        let _ = writeln!(
            text,
            "| | integer | q{number} | Question {number} | {relevant} | . < 1000 | |"
        );
    }
    for number in 0..300 {
        let sum = match number {
            0 => "${q0} + ${q1}".to_owned(),
            _ => format!("coalesce(${{c{}}}, 0) + ${{q{number}}}", number - 1),
        };
        let _ = writeln!(text, "| | calculate | c{number} | | | | {sum} |");
    }
    let form = compiled(&text);
    timed("open 1,000 questions", 20, |_| Session::new(form.clone(), Context::default()));
    let mut session = Session::new(form.clone(), Context::default());
    for number in 0..700 {
        session.set(&at(&form, &format!("q{number}"), &[]), "1");
    }
    let (first, middle) = (at(&form, "q0", &[]), at(&form, "q650", &[]));
    let kept = held("keystroke with 300 dependants", 2.0, 200, |turn| {
        session.set(&first, &turn.to_string())
    });
    timed("keystroke with few dependants", 200, |turn| session.set(&middle, &turn.to_string()));
    timed("check everything", 20, |_| session.check());
    let walk = session.walk();
    timed("state of every question", 20, |_| {
        walk.iter().filter(|at| session.state(at).relevant).count()
    });
    kept
}

/// 500 items of 20 questions with a calculation in each item and totals outside.
fn many_items() {
    let mut text = "| survey |\n| | type | name | label | relevant | calculation |\n".to_owned();
    text += "| | begin repeat | r | Members | | |\n";
    for number in 0..18 {
        let _ = writeln!(text, "| | integer | m{number} | Question {number} | | |");
    }
    text +=
        "| | integer | last | Last | ${m0} > 3 | |\n| | calculate | both | | | ${m0} + ${m1} |\n";
    text += "| | calculate | place | | | position(..) |\n| | end repeat | | | | |\n";
    text +=
        "| | calculate | total | | | sum(${both}) |\n| | calculate | number | | | count(${r}) |\n";
    let form = compiled(&text);
    let mut session = Session::new(form.clone(), Context::default());
    let repeat = at(&form, "r", &[]);
    timed("add one of 500 items", 500, |turn| {
        session.add_item(&repeat, &format!("i{turn}"), &format!("{turn:04}"))
    });
    for item in session.items(&repeat) {
        session.set(&at(&form, "m1", &[&item]), "1");
        session.set(&at(&form, "m0", &[&item]), "1");
    }
    let question = at(&form, "m0", &["i250"]);
    timed("keystroke in one of 500 items", 200, |turn| session.set(&question, &turn.to_string()));
    timed("remove and add in the middle", 50, |_| {
        session.remove_item(&repeat, "i250");
        session.add_item(&repeat, "i250", "0250")
    });
    let (answers, items) = (session.answers(), session.items(&repeat));
    let items: Vec<_> =
        items.iter().map(|item| (repeat.clone(), item.clone(), item.clone())).collect();
    timed("load 500 items", 5, |_| {
        Session::load(form.clone(), Context::default(), answers.clone(), items.clone())
    });
}

/// 50,000 settlements of a file, filtered by district.
fn many_choices() {
    let text = "| survey |\n| | type | name | label | choice_filter |\n| | text | district | District | |\n\
                | | select_one_from_file places.csv | place | Place | district=${district} |\n\
                | | select_one_from_file places.csv | near | Place | starts-with(name, ${district}) |\n";
    let form = compiled(text);
    let row = |number: u32| {
        BTreeMap::from([
            ("name".to_owned(), format!("p{number}")),
            ("label".to_owned(), format!("Place {number}")),
            ("district".to_owned(), format!("d{}", number % 700)),
        ])
    };
    let mut context = Context::default();
    context.external.insert("places".to_owned(), (0..50_000).map(row).collect());
    timed("open with 50,000 choices", 3, |_| Session::new(form.clone(), context.clone()));
    let mut session = Session::new(form.clone(), context);
    let (district, place, near) =
        (at(&form, "district", &[]), at(&form, "place", &[]), at(&form, "near", &[]));
    session.set(&district, "d5");
    timed("first filter of 50,000 choices", 1, |_| session.choices(&place, "").len());
    timed("filter 50,000 choices by equality", 50, |_| session.choices(&place, "").len());
    timed("filter 50,000 choices by a function", 5, |_| session.choices(&near, "").len());
}

/// A workbook whose survey has 2,000 rows.
fn compile() -> bool {
    let mut text =
        "| survey |\n| | type | name | label::English (en) | label::ქართული (ka) | relevant |\n"
            .to_owned();
    for number in 0..2000 {
        let relevant =
            if number > 0 { format!("${{q{}}} != ''", number - 1) } else { String::new() };
        let _ = writeln!(text, "| | text | q{number} | Question | შეკითხვა | {relevant} |");
    }
    let book = form::write::to_workbook(&sheets_of_markdown(&text)).unwrap_or_default();
    if let Some(file) = std::env::args().nth(1)
        && let Err(error) = std::fs::write(&file, &book)
    {
        eprintln!("{file}: {error}");
    }
    held("compile a workbook of 2,000 rows", 100.0, 5, |_| from_workbook(&book))
}
