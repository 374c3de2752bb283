//! The little Markdown that form authors use in notes and labels: bold, emphasis, line breaks, lists,
//! headings and links. Anything else is text; tags are dropped, never interpreted.

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Bold text. Emphasis is shown the same way: Georgian has no italic.
    Strong(String),
    /// A link: its text and where it leads (`https:`, `tel:`, `mailto:`).
    Link(String, String),
    /// A line break.
    Break,
}

/// A block of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A heading.
    Heading(Vec<Inline>),
    /// A list; `true` for a numbered one.
    List(bool, Vec<Vec<Inline>>),
}

/// Reads a text.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph: Vec<Inline> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            close(&mut paragraph, &mut blocks);
        } else if let Some((numbered, item)) = item(line) {
            close(&mut paragraph, &mut blocks);
            let item = inline(item);
            match blocks.last_mut() {
                Some(Block::List(kind, items)) if *kind == numbered => items.push(item),
                _ => blocks.push(Block::List(numbered, vec![item])),
            }
        } else if let Some(heading) = heading(line) {
            close(&mut paragraph, &mut blocks);
            blocks.push(Block::Heading(inline(heading)));
        } else {
            if !paragraph.is_empty() {
                paragraph.push(Inline::Break);
            }
            paragraph.extend(inline(line));
        }
    }
    close(&mut paragraph, &mut blocks);
    blocks
}

/// Reads a text of one line.
pub fn inline(text: &str) -> Vec<Inline> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let found = match first {
            '\\' => escaped(rest),
            '*' | '_' => strong(rest, plain.chars().next_back()),
            '[' => link(rest),
            '<' => tag(rest),
            _ => None,
        };
        match found {
            Some((piece, length)) => {
                match piece {
                    Some(Inline::Text(text)) => plain.push_str(&text),
                    Some(piece) => {
                        flush(&mut plain, &mut pieces);
                        pieces.push(piece);
                    }
                    None => {}
                }
                rest = &rest[length..];
            }
            None => {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    flush(&mut plain, &mut pieces);
    pieces
}

type Found = Option<(Option<Inline>, usize)>;

fn close(paragraph: &mut Vec<Inline>, blocks: &mut Vec<Block>) {
    if !paragraph.is_empty() {
        blocks.push(Block::Paragraph(std::mem::take(paragraph)));
    }
}

fn flush(plain: &mut String, pieces: &mut Vec<Inline>) {
    if !plain.is_empty() {
        pieces.push(Inline::Text(std::mem::take(plain)));
    }
}

fn item(line: &str) -> Option<(bool, &str)> {
    if let Some(rest) = ["- ", "* ", "+ ", "• "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return Some((false, rest));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") "))?;
    (1..=2).contains(&digits).then_some((true, rest))
}

fn heading(line: &str) -> Option<&str> {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    let rest = line[marks..].strip_prefix(' ')?;
    (1..=6).contains(&marks).then_some(rest)
}

fn escaped(rest: &str) -> Found {
    let next = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
    Some((Some(Inline::Text(next.into())), 1 + next.len_utf8()))
}

/// `**bold**`, `__bold__`, `*emphasis*`, `_emphasis_`. An underscore inside a word is a letter.
fn strong(rest: &str, before: Option<char>) -> Found {
    let mark = ["**", "__", "*", "_"].into_iter().find(|mark| rest.starts_with(mark))?;
    if mark.starts_with('_') && before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let inside = &rest[mark.len()..];
    let end = inside.find(mark)?;
    let text = &inside[..end];
    let whole = !text.is_empty() && text.trim() == text;
    whole.then(|| (Some(Inline::Strong(text.to_owned())), 2 * mark.len() + end))
}

fn link(rest: &str) -> Found {
    let close = rest.find("](")?;
    let end = close + rest[close..].find(')')?;
    let (text, target) = (&rest[1..close], &rest[close + 2..end]);
    let safe = ["https:", "http:", "tel:", "mailto:"].iter().any(|kind| target.starts_with(kind));
    let piece = match safe {
        true => Inline::Link(text.to_owned(), target.to_owned()),
        false => Inline::Text(text.to_owned()),
    };
    Some((Some(piece), end + 1))
}

/// A tag: `<br>` breaks the line, all others vanish and leave their content.
fn tag(rest: &str) -> Found {
    let end = rest.find('>')?;
    let name = rest[1..end].trim_start_matches('/');
    let letters = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
    if letters == 0 {
        return None;
    }
    let piece = name[..letters].eq_ignore_ascii_case("br").then_some(Inline::Break);
    Some((piece, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    fn strong(text: &str) -> Inline {
        Inline::Strong(text.into())
    }

    #[test]
    fn pieces_of_a_line() {
        let cases = [
            ("plain", vec![text("plain")]),
            ("a **b** c", vec![text("a "), strong("b"), text(" c")]),
            ("*ხაზი*", vec![strong("ხაზი")]),
            ("snake_case_name", vec![text("snake_case_name")]),
            ("5 * 3 * 2", vec![text("5 * 3 * 2")]),
            ("\\*no\\*", vec![text("*no*")]),
            ("**open", vec![text("**open")]),
            ("a<br/>b", vec![text("a"), Inline::Break, text("b")]),
            ("<script>alert(1)</script>", vec![text("alert(1)")]),
            ("<b>x</b> 3 < 4", vec![text("x 3 < 4")]),
            ("[111](tel:111)", vec![Inline::Link("111".into(), "tel:111".into())]),
            ("[x](javascript:alert)", vec![text("x")]),
            ("", vec![]),
        ];
        for (source, expected) in cases {
            assert_eq!(inline(source), expected, "{source}");
        }
    }

    #[test]
    fn blocks_of_a_text() {
        let read = blocks("# Title\nfirst\nsecond\n\n- a\n- **b**\n1. c\nlast");
        let expected = vec![
            Block::Heading(vec![text("Title")]),
            Block::Paragraph(vec![text("first"), Inline::Break, text("second")]),
            Block::List(false, vec![vec![text("a")], vec![strong("b")]]),
            Block::List(true, vec![vec![text("c")]]),
            Block::Paragraph(vec![text("last")]),
        ];
        assert_eq!(read, expected);
        assert!(blocks(" \n ").is_empty());
    }

    #[test]
    fn any_text_is_read() {
        for source in ["[", "](", "<", ">", "*", "**", "_", "\\", "[a](", "<br", "#", "- ", "1."] {
            blocks(source);
        }
    }
}
