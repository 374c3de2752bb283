//! Texts of form authors, with their little Markdown, as elements. Nothing of them is ever HTML.

use device::fill::markdown::{Block, Inline, blocks, inline};
use leptos::prelude::*;

/// A text of several blocks.
pub fn paragraphs(text: &str) -> AnyView {
    blocks(text).into_iter().map(block).collect_view().into_any()
}

/// A text of one line.
pub fn line(text: &str) -> AnyView {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().map(inline).unwrap_or_default();
    let pieces = lines.fold(first, |mut pieces, line| {
        pieces.push(Inline::Break);
        pieces.extend(inline(line.trim()));
        pieces
    });
    inlines(pieces)
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Paragraph(pieces) => view! { <p>{inlines(pieces)}</p> }.into_any(),
        Block::Heading(pieces) => view! { <p class="strong">{inlines(pieces)}</p> }.into_any(),
        Block::List(false, items) => {
            view! { <ul class="prose__list">{rows(items)}</ul> }.into_any()
        }
        Block::List(true, items) => {
            view! { <ol class="prose__list prose__list--numbers">{rows(items)}</ol> }.into_any()
        }
    }
}

fn rows(items: Vec<Vec<Inline>>) -> AnyView {
    items.into_iter().map(|item| view! { <li>{inlines(item)}</li> }).collect_view().into_any()
}

fn inlines(pieces: Vec<Inline>) -> AnyView {
    let piece = |piece| match piece {
        Inline::Text(text) => text.into_any(),
        Inline::Strong(text) => view! { <strong>{text}</strong> }.into_any(),
        Inline::Break => view! { <br /> }.into_any(),
        Inline::Link(text, target) => view! { <a href=target>{text}</a> }.into_any(),
    };
    pieces.into_iter().map(piece).collect_view().into_any()
}
