//! Text → tokens, by the rules of XPath 1.0 section 3.7, with ODK's latitude: after an operand
//! `and`, `or`, `mod` and `div` are operators even when letters or digits follow (`3mod4`).

use super::Error;
use super::ast::{Operator, Span};

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Literal(String),
    /// `name`, `prefix:name`.
    Name(String),
    /// `prefix:*`.
    PrefixStar(String),
    Star,
    Operator(Operator),
    Slash,
    DoubleSlash,
    Dot,
    DoubleDot,
    At,
    Axis,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Variable(String),
    Reference(String),
}

/// Longest expression read, in bytes: far above any real one, and bounds time and memory.
pub const LONGEST: usize = 64 * 1024;

/// Splits an expression into tokens.
pub fn lex(source: &str) -> Result<Vec<(Token, Span)>, Error> {
    if source.len() > LONGEST {
        let span = Span { start: 0, end: LONGEST as u32 };
        return Err(Error::new("limit", "The expression is too long. Split it in two.", span));
    }
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new() };
    while lexer.next()? {}
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    tokens: Vec<(Token, Span)>,
}

pub(crate) fn is_name_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_'
}

pub(crate) fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | '\u{b7}') || is_mark(letter)
}

fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&letter)
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    /// Whether an operand ended just before: then a name is an operator and `*` multiplies.
    fn after_operand(&self) -> bool {
        use Token::*;
        matches!(
            self.tokens.last(),
            Some((
                Number(_)
                    | Literal(_)
                    | Name(_)
                    | PrefixStar(_)
                    | Star
                    | Dot
                    | DoubleDot
                    | Close
                    | CloseBracket
                    | Variable(_)
                    | Reference(_),
                _
            ))
        )
    }

    fn push(&mut self, token: Token, length: usize) -> Result<bool, Error> {
        let span = Span { start: self.at as u32, end: (self.at + length) as u32 };
        self.tokens.push((token, span));
        self.at += length;
        Ok(true)
    }

    fn fail<T>(&self, message: &str) -> Result<T, Error> {
        let end = self.at + self.rest().chars().next().map_or(0, char::len_utf8);
        Err(Error::new("syntax", message, Span { start: self.at as u32, end: end as u32 }))
    }

    fn next(&mut self) -> Result<bool, Error> {
        let trimmed = self.rest().trim_start();
        self.at = self.source.len() - trimmed.len();
        let Some(first) = self.rest().chars().next() else { return Ok(false) };
        let second = self.rest()[first.len_utf8()..].chars().next().unwrap_or(' ');
        match first {
            '0'..='9' => self.number(),
            '.' if second.is_ascii_digit() => self.number(),
            '"' | '\'' => self.literal(first),
            '$' if second == '{' => self.reference(),
            '$' => self.variable(),
            _ if is_name_start(first) => self.name(),
            _ => self.symbol(first, second),
        }
    }

    fn number(&mut self) -> Result<bool, Error> {
        let text = self.rest();
        let digits = |from: usize| {
            text[from..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |at| from + at)
        };
        let mut end = digits(0);
        if text[end..].starts_with('.') && !text[end..].starts_with("..") {
            end = digits(end + 1);
        }
        match super::number::parse(&text[..end]) {
            Some(number) => self.push(Token::Number(number), end),
            None => self.fail("This is not a number."),
        }
    }

    fn literal(&mut self, quote: char) -> Result<bool, Error> {
        match self.rest()[1..].find(quote) {
            Some(length) => {
                let text = self.rest()[1..=length].to_owned();
                self.push(Token::Literal(text), length + 2)
            }
            None => {
                self.fail("The quote is not closed. Add the same quote at the end of the text.")
            }
        }
    }

    fn reference(&mut self) -> Result<bool, Error> {
        let Some(end) = self.rest().find('}') else {
            return self.fail("${ is not closed. Write ${name}.");
        };
        let name = self.rest()[2..end].trim().to_owned();
        let bare = name.strip_prefix("last-saved#").unwrap_or(&name);
        if !bare.starts_with(is_name_start) || !bare.chars().all(|c| is_name(c) || c == ':') {
            return self.fail("Between ${ and } there must be the name of a question.");
        }
        self.push(Token::Reference(name), end + 1)
    }

    fn variable(&mut self) -> Result<bool, Error> {
        let text = &self.rest()[1..];
        let mut length = name_length(text);
        if let Some(local) = text[length..].strip_prefix(':')
            && length > 0
            && local.starts_with(is_name_start)
        {
            length += 1 + name_length(local);
        }
        if length == 0 {
            return self.fail("$ must be followed by {name}.");
        }
        let name = self.rest()[1..=length].to_owned();
        self.push(Token::Variable(name), length + 1)
    }

    fn name(&mut self) -> Result<bool, Error> {
        if self.after_operand() {
            let words = [
                ("and", Operator::And),
                ("or", Operator::Or),
                ("mod", Operator::Modulo),
                ("div", Operator::Divide),
            ];
            let found = words.iter().find(|(word, _)| self.rest().starts_with(word));
            return match found {
                Some((word, operator)) => self.push(Token::Operator(*operator), word.len()),
                None => self.fail("An operator is missing before this name."),
            };
        }
        let text = self.rest();
        let mut end = name_length(text);
        if let Some(local) = text[end..].strip_prefix(':') {
            if local.starts_with('*') {
                let prefix = text[..end].to_owned();
                return self.push(Token::PrefixStar(prefix), end + 2);
            }
            if local.starts_with(is_name_start) {
                end += 1 + name_length(local);
            }
        }
        let name = text[..end].to_owned();
        self.push(Token::Name(name), end)
    }

    fn symbol(&mut self, first: char, second: char) -> Result<bool, Error> {
        use Operator::*;
        let (token, length) = match (first, second) {
            ('.', '.') => (Token::DoubleDot, 2),
            ('.', _) => (Token::Dot, 1),
            ('/', '/') => (Token::DoubleSlash, 2),
            ('/', _) => (Token::Slash, 1),
            (':', ':') => (Token::Axis, 2),
            ('!', '=') => (Token::Operator(NotEqual), 2),
            ('<', '=') => (Token::Operator(LessEqual), 2),
            ('>', '=') => (Token::Operator(GreaterEqual), 2),
            ('=', _) => (Token::Operator(Equal), 1),
            ('<', _) => (Token::Operator(Less), 1),
            ('>', _) => (Token::Operator(Greater), 1),
            ('+', _) => (Token::Operator(Add), 1),
            ('-', _) => (Token::Operator(Subtract), 1),
            ('|', _) => (Token::Operator(Union), 1),
            ('*', _) if self.after_operand() => (Token::Operator(Multiply), 1),
            ('*', _) => (Token::Star, 1),
            ('@', _) => (Token::At, 1),
            ('(', _) => (Token::Open, 1),
            (')', _) => (Token::Close, 1),
            ('[', _) => (Token::OpenBracket, 1),
            (']', _) => (Token::CloseBracket, 1),
            (',', _) => (Token::Comma, 1),
            _ => return self.fail("This character has no meaning in an expression."),
        };
        self.push(token, length)
    }
}

fn name_length(text: &str) -> usize {
    if !text.starts_with(is_name_start) {
        return 0;
    }
    text.find(|c: char| !is_name(c)).unwrap_or(text.len())
}
