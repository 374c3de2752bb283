//! Input masks: the column `body::esri:inputMask` of ArcGIS Survey123, whose characters are those of Qt's line
//! edit. The answer is the text with what stands between its characters.

use crate::model::{Node, QuestionType};

/// The attribute that holds a question's mask.
pub const COLUMN: &str = "body::esri:inputMask";

/// The mask of a text question; `None` without one, or with one that cannot be read.
pub fn of(node: &Node) -> Option<Mask> {
    let source = node.attributes.get(COLUMN)?;
    (node.question() == Some(QuestionType::Text)).then(|| Mask::parse(source).ok())?
}

/// What a text may look like, place by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    places: Vec<Place>,
    /// Stands where nothing is typed yet.
    blank: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A character that is always there.
    Fixed(char),
    /// One that is typed. The letter says what it may be, as in a mask, in capitals.
    Typed { class: char, required: bool, case: Case },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Kept,
    Upper,
    Lower,
}

/// Why a mask cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing can be typed under it.
    NothingToType,
    /// It ends with a `\` that stands before nothing.
    LoneEscape,
    /// Behind `;` stands not exactly one character.
    Blank,
    /// `[`, `]`, `{` and `}` are reserved; a `\` before them lets them stand in the text.
    Reserved(char),
}

impl Mask {
    /// Reads a mask: `A` a letter, `N` a letter or digit, `X` any character, `9` a digit, `D` a digit from 1,
    /// `H` a hexadecimal digit, `B` 0 or 1, all required; `a`, `n`, `x`, `0`, `d`, `h`, `b` the same and not required;
    /// `#` a digit or sign, not required. Letters behind `>` are written large, behind `<` small, behind `!` as
    /// typed. `\` before a character: itself. `;c` at the end: `c` stands where nothing is typed yet.
    pub fn parse(source: &str) -> Result<Self, Fault> {
        let mut places = Vec::new();
        let (mut case, mut blank) = (Case::Kept, '_');
        let mut rest = source.trim().chars();
        while let Some(sign) = rest.next() {
            let place = match sign {
                '>' => {
                    case = Case::Upper;
                    continue;
                }
                '<' => {
                    case = Case::Lower;
                    continue;
                }
                '!' => {
                    case = Case::Kept;
                    continue;
                }
                ';' => {
                    blank = rest.next().ok_or(Fault::Blank)?;
                    if rest.next().is_some() {
                        return Err(Fault::Blank);
                    }
                    break;
                }
                '\\' => Place::Fixed(rest.next().ok_or(Fault::LoneEscape)?),
                '[' | ']' | '{' | '}' => return Err(Fault::Reserved(sign)),
                'A' | 'N' | 'X' | '9' | 'D' | 'H' | 'B' => {
                    Place::Typed { class: sign, required: true, case }
                }
                '0' => Place::Typed { class: '9', required: false, case },
                '#' => Place::Typed { class: '#', required: false, case },
                'a' | 'n' | 'x' | 'd' | 'h' | 'b' => {
                    Place::Typed { class: sign.to_ascii_uppercase(), required: false, case }
                }
                fixed => Place::Fixed(fixed),
            };
            places.push(place);
        }
        if !places.iter().any(|place| matches!(place, Place::Typed { .. })) {
            return Err(Fault::NothingToType);
        }
        // Qt's blank is a space, which says nothing on a phone.
        Ok(Self { places, blank: if blank == ' ' { '_' } else { blank } })
    }

    /// Whether a text is a whole answer: every required place is typed, and it stands as the mask says.
    pub fn fits(&self, text: &str) -> bool {
        let (shown, at, _) = self.lay(text);
        let rest = self.places.get(at..).unwrap_or_default();
        let left = |place: &Place| matches!(place, Place::Typed { required: true, .. });
        let ends = rest.is_empty() || rest.iter().any(|place| matches!(place, Place::Typed { .. }));
        shown == text && ends && !rest.iter().any(left)
    }

    /// What is typed, as the mask has it: what it does not allow is left out, what always stands there is put in.
    /// With `on` the fixed characters behind the last one follow at once; without it, as when the person takes
    /// characters away, they do not.
    pub fn format(&self, typed: &str, on: bool) -> String {
        let (mut shown, at, _) = self.lay(typed);
        if on {
            shown.extend(self.fixed(at));
        }
        shown
    }

    /// What a box shows, and the part of it before the caret, once `before` has become `text` with the caret at
    /// that byte. What is typed before the first fixed characters comes behind them.
    pub fn enter(&self, before: &str, text: &str, caret: usize) -> (String, String) {
        let added = text.len().saturating_sub(before.len());
        let on = added > 0;
        let first = self.format("", true);
        let start = caret.saturating_sub(added);
        let new = text.get(start..caret).filter(|_| on && start < first.len());
        if let (Some(new), Some(rest)) = (new, before.strip_prefix(first.as_str())) {
            let head = format!("{first}{new}");
            return (self.format(&format!("{head}{rest}"), on), self.format(&head, on));
        }
        (self.format(text, on), self.format(text.get(..caret).unwrap_or(text), on))
    }

    /// What a person leaves behind: fixed characters at the end are there if nothing more can be typed, and not
    /// if only places are left that need not be typed.
    pub fn finish(&self, typed: &str) -> String {
        let (mut shown, at, typed_to) = self.lay(typed);
        if typed_to == 0 {
            // Nothing but what always stands there is no answer.
            return String::new();
        }
        let typed_at = |place: &Place| matches!(place, Place::Typed { .. });
        let rest = self.places.get(at..).unwrap_or_default();
        if !rest.iter().any(typed_at) {
            shown.extend(self.fixed(at));
        } else if !rest.iter().any(|place| matches!(place, Place::Typed { required: true, .. })) {
            shown.truncate(typed_to);
        }
        shown
    }

    /// How an answer looks, for a person: `(___) ___-____`.
    pub fn shape(&self) -> String {
        let sign = |place: &Place| match place {
            Place::Fixed(sign) => *sign,
            Place::Typed { .. } => self.blank,
        };
        self.places.iter().map(sign).collect()
    }

    /// Whether nothing but digits is typed.
    pub fn is_digits(&self) -> bool {
        self.places.iter().all(|place| {
            matches!(place, Place::Fixed(_) | Place::Typed { class: '9' | 'D' | 'B', .. })
        })
    }

    /// The fixed characters from a place on.
    fn fixed(&self, at: usize) -> impl Iterator<Item = char> {
        let rest = self.places.get(at..).unwrap_or_default();
        rest.iter().map_while(|place| match place {
            Place::Fixed(sign) => Some(*sign),
            Place::Typed { .. } => None,
        })
    }

    /// Lays a text into the places; how many of them are passed, and where in the text laid the last typed
    /// character ends: 0 with none.
    fn lay(&self, text: &str) -> (String, usize, usize) {
        let typed: Vec<char> = text.chars().collect();
        let (mut shown, mut at, mut next, mut typed_to) = (String::new(), 0, 0, 0);
        while next < typed.len() && at < self.places.len() {
            let run: Vec<char> = self.fixed(at).collect();
            let same = run.iter().zip(&typed[next..]).take_while(|(a, b)| a == b).count();
            let behind = at + run.len();
            // Of digits that always stand there and such that are typed: they are the former only all together.
            let meant = same == run.len() || !self.takes(behind, typed[next]);
            if same > 0 && meant {
                next += same;
                // What comes behind says whether the rest of them is meant as well.
                let whole = next < typed.len();
                let laid = if whole { run.len() } else { same };
                shown.extend(&run[..laid]);
                at += laid;
                continue;
            }
            if let Some((to, sign)) = self.skip(behind, typed[next]) {
                shown.extend(&run);
                shown.push(sign);
                at = to + 1;
                if matches!(self.places[to], Place::Typed { .. }) {
                    typed_to = shown.len();
                }
            }
            next += 1;
        }
        (shown, at, typed_to)
    }

    fn takes(&self, at: usize, sign: char) -> bool {
        self.places.get(at).is_some_and(|place| place.take(sign).is_some())
    }

    /// The place from `at` on that takes a character, past such as need not be typed: a typed one that allows it,
    /// or a fixed one that is it.
    fn skip(&self, at: usize, sign: char) -> Option<(usize, char)> {
        for (step, place) in self.places.get(at..)?.iter().enumerate() {
            match place {
                Place::Fixed(fixed) if *fixed == sign => return Some((at + step, sign)),
                Place::Fixed(_) => return None,
                Place::Typed { required, .. } => match place.take(sign) {
                    Some(taken) => return Some((at + step, taken)),
                    None if *required => return None,
                    None => {}
                },
            }
        }
        None
    }
}

impl Place {
    /// The character as it stands here, if it may.
    fn take(self, sign: char) -> Option<char> {
        let Self::Typed { class, case, .. } = self else { return None };
        let may = match class {
            'A' => sign.is_alphabetic(),
            'N' => sign.is_alphanumeric(),
            '9' => sign.is_ascii_digit(),
            'D' => sign.is_ascii_digit() && sign != '0',
            '#' => sign.is_ascii_digit() || matches!(sign, '+' | '-'),
            'H' => sign.is_ascii_hexdigit(),
            'B' => matches!(sign, '0' | '1'),
            _ => !sign.is_control(),
        };
        // Georgian has no capitals in use: only letters of two cases are changed.
        let written = match case {
            Case::Upper if !is_georgian(sign) => sign.to_uppercase().next().unwrap_or(sign),
            Case::Lower => sign.to_lowercase().next().unwrap_or(sign),
            _ => sign,
        };
        may.then_some(written)
    }
}

fn is_georgian(sign: char) -> bool {
    matches!(sign, '\u{10d0}'..='\u{10ff}')
}
