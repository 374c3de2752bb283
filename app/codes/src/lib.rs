//! QR codes and barcodes out of grey pictures, for browsers that read none themselves.
//!
//! QR codes are read by `rqrr`. Of the barcodes, EAN-13, EAN-8 and UPC-A (products) and Code 128 (labels,
//! documents) are read here: both check what they read, so that a wrong text does not come out of them.

mod code128;
mod ean;
mod runs;

use runs::Line;

/// How many lines across and down a picture are looked at for a barcode.
const LINES: usize = 24;

/// The text of a code in a picture of `width` times `height` bytes, dark being 0. `None` without one.
pub fn read(grey: &[u8], width: usize, height: usize) -> Option<String> {
    if width == 0 || height == 0 || grey.len() < width.checked_mul(height)? {
        return None;
    }
    square(grey, width, height).or_else(|| bars(grey, width, height))
}

fn square(grey: &[u8], width: usize, height: usize) -> Option<String> {
    let byte = |x: usize, y: usize| grey.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, byte);
    let read = |grid: &rqrr::Grid<_>| grid.decode().ok().map(|(_, text)| text);
    picture.detect_grids().iter().find_map(read).filter(|text| !text.is_empty())
}

/// A barcode that two lines agree upon, the bars standing or lying.
fn bars(grey: &[u8], width: usize, height: usize) -> Option<String> {
    let across = (0..LINES).map(|at| {
        let y = middle_out(at, height);
        grey[y * width..(y + 1) * width].to_vec()
    });
    let down = (0..LINES).map(|at| {
        let x = middle_out(at, width);
        grey[x..].iter().step_by(width).take(height).copied().collect::<Vec<u8>>()
    });
    let mut seen: Vec<String> = Vec::new();
    for bytes in across.chain(down) {
        let Some(text) = line(&Line::of(&bytes)) else { continue };
        if seen.contains(&text) {
            return Some(text);
        }
        seen.push(text);
    }
    None
}

/// The line that is looked at as the `at`-th: the middle first, then ever further out.
fn middle_out(at: usize, length: usize) -> usize {
    let out = at.div_ceil(2) * length / (LINES + 2);
    if at.is_multiple_of(2) {
        length / 2 + out.min(length - 1 - length / 2)
    } else {
        length / 2 - out.min(length / 2)
    }
}

/// What a line says, read from either end.
fn line(line: &Line) -> Option<String> {
    let back = line.turned();
    [line, &back].into_iter().find_map(|line| {
        line.starts().find_map(|at| ean::read(line, at).or_else(|| code128::read(line, at)))
    })
}
