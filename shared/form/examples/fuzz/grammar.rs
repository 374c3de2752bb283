//! Expressions from the grammar, from what authors write, and from neither.

use form::expr::function::Function;
use form::read::sheets_of_markdown;

use super::random::Random;

/// Names of the form that the evaluator is tried on, and some that it does not have.
pub const NAMES: [&str; 16] = [
    "a",
    "b",
    "g",
    "s",
    "m",
    "r",
    "x",
    "y",
    "n",
    "d",
    "t",
    "p",
    "sum",
    "nope",
    "last-saved#a",
    "data",
];

const NUMBERS: [&str; 14] = [
    "0",
    "1",
    "2",
    "-1",
    "0.5",
    ".5",
    "1.",
    "10",
    "1000000000000000000000",
    "0.0000000000001",
    "9007199254740993",
    "18446744073709551616",
    "20000",
    "3.7",
];

const TEXTS: [&str; 40] = [
    "",
    " ",
    "a",
    "b c",
    "2020-02-29",
    "2020-02-30",
    "9999-12-31",
    "-0001-01-01",
    "2020-01-01T10:00:00.000+04:00",
    "2020-01-01T24:00",
    "10:30",
    "23:59:59.999Z",
    "25:00",
    "41.7 44.8 0 0",
    "41.7 44.8 0 0;41.8 44.9 0 0;41.9 44.7 0 0;41.7 44.8 0 0",
    "91 181",
    "name",
    "l",
    "en",
    "base64",
    "hex",
    "MD5",
    "SHA-256",
    "SHA-1",
    "%Y-%m-%d %H:%M:%S %a %b %3 %Z %",
    "^[0-9]{3}$",
    "(a|b)*c",
    "[",
    "(?=a)",
    "a{1000}",
    "((((a*)*)*)*)*b",
    "ქართული",
    "e\u{301}",
    "\u{1f600}",
    "NaN",
    "Infinity",
    "1e309",
    "-0",
    "aGVsbG8=",
    "true",
];

const AXES: [&str; 13] = [
    "child",
    "parent",
    "self",
    "attribute",
    "descendant",
    "descendant-or-self",
    "ancestor",
    "ancestor-or-self",
    "following",
    "following-sibling",
    "preceding",
    "preceding-sibling",
    "namespace",
];

const OPERATORS: [&str; 15] =
    ["+", "-", "*", " div ", " mod ", "=", "!=", "<", "<=", ">", ">=", " and ", " or ", "|", " "];

/// Pieces that mean something to the lexer.
pub const PIECES: [&str; 44] = [
    "(",
    ")",
    "[",
    "]",
    "${",
    "}",
    "${a}",
    "${x}",
    "'",
    "\"",
    "..",
    ".",
    "/",
    "//",
    "@",
    "*",
    "::",
    ":",
    ",",
    "|",
    "=",
    "!=",
    "<",
    ">=",
    "+",
    "-",
    " and ",
    " or ",
    " mod ",
    " div ",
    "not(",
    "if(",
    "instance('l')/root/item",
    "current()",
    "position(..)",
    "count(",
    "0",
    "1",
    "-1",
    "''",
    "node()",
    "text()",
    "indexed-repeat(",
    "\u{a0}",
];

/// What the expressions are about.
pub struct Grammar {
    functions: Vec<&'static str>,
    corpus: Vec<String>,
}

impl Grammar {
    pub fn new() -> Grammar {
        let mut corpus: Vec<String> = OWN.iter().map(|text| (*text).to_owned()).collect();
        for text in super::sheets::SHIPPED {
            for sheet in sheets_of_markdown(text).sheets {
                let cells = sheet.rows.into_iter().flat_map(|(_, cells)| cells.into_values());
                corpus.extend(cells.filter(|cell| cell.contains("${") && cell.len() < 400));
            }
        }
        corpus.sort();
        corpus.dedup();
        Grammar { functions: Function::names().collect(), corpus }
    }

    /// An expression of one of the kinds.
    pub fn expression(&self, random: &mut Random) -> String {
        match random.below(16) {
            0..=6 => self.grown(random, 4),
            7..=11 => {
                let (text, other) = (random.one(&self.corpus).clone(), random.one(&self.corpus));
                random.mutate(&text, &PIECES, other)
            }
            12 => {
                let grown = self.grown(random, 3);
                random.mutate(&grown, &PIECES, "${a} = 1")
            }
            13 | 14 => (0..random.below(24)).map(|_| random.pick(&PIECES)).collect(),
            _ if random.once_in(400) => self.deep(random),
            _ => (0..random.below(40)).map(|_| random.letter()).collect(),
        }
    }

    /// An expression that a form with these names takes.
    pub fn sound(&self, random: &mut Random, names: &[String]) -> String {
        if names.is_empty() {
            return random.pick(&["1 + 1", "today()", "true()", "once(uuid())"]).to_owned();
        }
        let mut found = random.pick(&SOUND).to_owned();
        while found.contains('N') {
            found = found.replacen('N', random.one(names).as_str(), 1);
        }
        found
    }

    /// Something nested or long beyond reason.
    fn deep(&self, random: &mut Random) -> String {
        let (open, middle, close) = *random.one(&[
            ("(", "1", ")"),
            ("not(", "1", ")"),
            ("-", "1", ""),
            ("a[", "1", "]"),
            ("../", "a", ""),
            ("//", "a", ""),
            ("1+", "1", ""),
            ("concat(//*,", "''", ")"),
            ("${a}", "", ""),
            ("//*[", "1", "]"),
            ("if(1,", "1", ",2)"),
            ("''", "", ""),
            ("a|", "a", ""),
            ("a=", "a", ""),
            ("/", "", ""),
        ]);
        let times = 1 << random.below(16);
        [open.repeat(times), middle.to_owned(), close.repeat(times)].concat()
    }

    fn grown(&self, random: &mut Random, depth: usize) -> String {
        if depth == 0 || random.once_in(6) {
            return self.leaf(random);
        }
        match random.below(10) {
            0..=3 => self.call(random, depth),
            4..=6 => {
                let (left, right) = (self.grown(random, depth - 1), self.grown(random, depth - 1));
                [left.as_str(), random.pick(&OPERATORS), &right].concat()
            }
            7 => self.path(random, depth),
            8 => ["(", &self.grown(random, depth - 1), ")"].concat(),
            _ => ["-", &self.grown(random, depth - 1)].concat(),
        }
    }

    fn leaf(&self, random: &mut Random) -> String {
        match random.below(7) {
            0 => random.pick(&NUMBERS).to_owned(),
            1 | 2 => ["'", random.pick(&TEXTS), "'"].concat(),
            3 => ".".to_owned(),
            4 => random.pick(&NAMES).to_owned(),
            _ => ["${", random.pick(&NAMES), "}"].concat(),
        }
    }

    fn call(&self, random: &mut Random, depth: usize) -> String {
        let name = *random.one(&self.functions);
        let (least, most) = Function::by_name(name).map_or((0, 3), Function::arity);
        let most = most.min(least + 3);
        let count = match random.below(12) {
            0 => random.below(5) as u8,
            _ => least + random.below(usize::from(most - least) + 1) as u8,
        };
        let arguments: Vec<String> = (0..count).map(|_| self.grown(random, depth - 1)).collect();
        [name, "(", &arguments.join(", "), ")"].concat()
    }

    fn path(&self, random: &mut Random, depth: usize) -> String {
        let start = random.pick(&[
            "",
            "/data/",
            "/",
            "//",
            "../",
            "../../",
            "current()/../",
            "instance('l')/root/item/",
            "instance('places')/root/item/",
            "./",
            "${r}/",
            "${x}/../",
        ]);
        let mut found = start.to_owned();
        for step in 0..=random.below(3) {
            if step > 0 {
                found += random.pick(&["/", "//"]);
            }
            if random.once_in(3) {
                found += random.pick(&AXES);
                found += "::";
            }
            found += random.pick(&[
                "*", "node()", "text()", "name", "label", "item", "a", "x", "r", "g", "data", "..",
                "root", "@id",
            ]);
            if random.once_in(3) {
                found = [&found, "[", &self.grown(random, depth - 1), "]"].concat();
            }
        }
        found
    }
}

/// Shapes that hold in every form; `N` is a name.
const SOUND: [&str; 24] = [
    "${N} > 1",
    "${N} = 'a' or ${N} != ''",
    "selected(${N}, 'a') and not(selected(${N}, 'b'))",
    "count(${N}) + sum(${N})",
    "if(${N} = '', 1, 2)",
    "coalesce(${N}, ${N})",
    "position(..)",
    "once(uuid())",
    "today()",
    "${N} + ${N} * 2",
    ". > ${N}",
    "instance('l')/root/item[name = ${N}]/label",
    "instance('l')/root/item[k = current()/../x]/name",
    "jr:choice-name(${N}, '${N}')",
    "concat(${N}, '-', string-length(${N}))",
    "format-date(now(), '%Y-%m-%d')",
    "round(${N} div 3, 2) mod 7",
    "regex(${N}, '[a-z]+')",
    "join(', ', ${N})",
    "max(${N}, ${N})",
    "pulldata('f', 'label', 'name', ${N})",
    "true()",
    "count-selected(${N}) < 3",
    "int(random() * 3)",
];

/// Shapes of expressions that forms use.
const OWN: [&str; 24] = [
    "if(selected(${s}, 'a'), 1, 0)",
    "count-selected(${m}) <= 3 and not(selected(${m}, 'a') and count-selected(${m}) > 1)",
    "indexed-repeat(${x}, ${r}, position(..) - 1)",
    "instance('l')/root/item[name = ${s}]/label",
    "instance('places')/root/item[district = current()/../t and name != '']/label",
    "pulldata('places', 'label', 'name', ${t})",
    "jr:choice-name(${s}, '${s}')",
    "sum(${x}) + count(${r}[x > 1]) - max(${x})",
    "once(concat(uuid(), '-', random()))",
    "format-date-time(now(), '%Y-%m-%dT%H:%M:%S.%3')",
    "int((today() - date(${d})) div 365.25)",
    "regex(., '^[0-9]{9}$') and string-length(.) = 9",
    "coalesce(${a}, ${b}, 'x')",
    "/data/r[position() = last()]/x",
    "../x[. > ../../a]",
    "round(${a} div 3, 2) * pow(2, ${b}) mod 7",
    "weighted-checklist(1, 5, ${a} > 1, 2, ${b} > 1, 3)",
    "distance(${p}) > 10 or area(${p}) < 5",
    "substr(${t}, 1, 3) = translate(${t}, 'abc', 'xyz')",
    "join(', ', ${x})",
    "randomize(instance('l')/root/item, ${a})",
    "digest(${t}, 'SHA-256', 'hex')",
    "boolean-from-string(${t}) = true()",
    "decimal-date-time(${d}) - decimal-time('10:00')",
];
