//! Codes drawn as a camera would see them. The bars are those of `python-barcode`, the squares those of the
//! crate `qrcode`.

use codes::read;
use proptest::prelude::*;

const BARS: [(&str, &str); 10] = [
    (
        "4860001000005",
        "10101101110000101000110100011010100111011001101010111001011100101110010111001011100101001110101",
    ),
    (
        "5901234123457",
        "10100010110100111011001100100110111101001110101010110011011011001000010101110010011101000100101",
    ),
    (
        "0123456789050",
        "10100110010010011011110101000110110001010111101010100010010010001110100111001010011101110010101",
    ),
    (
        "9735940564824",
        "10101110110100001011100100010110011101000110101010100111010100001011100100100011011001011100101",
    ),
    ("73513537", "1010111011011110101100010011001010101000010100111010000101000100101"),
    ("12345670", "1010011001001001101111010100011010101001110101000010001001110010101"),
    (
        "KD-2026/11 abc",
        "110100100001011000111010110001000100110111001011101111011001001110111001001101011110111010111001100100111001101001110011011011001100100101100001001000011010000101100111101010001100011101011",
    ),
    (
        "0123456789",
        "110100111001100110110011101101110101110110001000010110011011011110100001101001100011101011",
    ),
    (
        "a~Z 42",
        "11010010000100101100001000101111011101100010110110011001100100111011001110010110011100101100011101011",
    ),
    (
        "X1234567Y",
        "110100100001110001011010111011110101100111001000101100011100010110101111011101110110111011101101000101100001001100011101011",
    ),
];

/// A picture of bars: `module` pixels each, with light around, blurred over three pixels, and darker to one side.
fn picture(bars: &str, module: usize, shade: u8) -> (Vec<u8>, usize, usize) {
    let quiet = 12 * module;
    let width = bars.len() * module + 2 * quiet;
    let height = 60;
    let dark = |x: usize| {
        let at = x.checked_sub(quiet).map(|x| x / module);
        at.and_then(|at| bars.as_bytes().get(at)) == Some(&b'1')
    };
    let value = |x: usize| if dark(x) { 30_u32 } else { 220 };
    let row: Vec<u8> = (0..width)
        .map(|x| {
            let around = [x.saturating_sub(1), x, x, (x + 1).min(width - 1)];
            let light = around.iter().map(|x| value(*x)).sum::<u32>() / 4;
            (light - light * u32::from(shade) * x as u32 / width as u32 / 255) as u8
        })
        .collect();
    (row.repeat(height), width, height)
}

fn turned((grey, width, height): (Vec<u8>, usize, usize)) -> (Vec<u8>, usize, usize) {
    let byte = |at: usize| grey[at % height * width + at / height];
    ((0..width * height).map(byte).collect(), height, width)
}

#[test]
fn bars_from_every_side() {
    for (text, bars) in BARS {
        for module in [2, 3, 5] {
            for shade in [0, 120] {
                let seen = picture(bars, module, shade);
                assert_eq!(
                    read(&seen.0, seen.1, seen.2).as_deref(),
                    Some(text),
                    "{module} {shade}"
                );
                let lying = turned(seen);
                assert_eq!(
                    read(&lying.0, lying.1, lying.2).as_deref(),
                    Some(text),
                    "lying {module}"
                );
                let back: String = bars.chars().rev().collect();
                let over = picture(&back, module, shade);
                assert_eq!(read(&over.0, over.1, over.2).as_deref(), Some(text), "over {module}");
            }
        }
    }
}

#[test]
fn squares() {
    for text in ["https://example.ge/enrol#1234-5678-90", "ქართული", "1234567890", "x"]
    {
        let code = qrcode::QrCode::new(text).unwrap();
        let (modules, across) = (code.to_colors(), code.width());
        for scale in [3, 5] {
            let width = (across + 8) * scale;
            let grey: Vec<u8> = (0..width * width)
                .map(|at| {
                    let (x, y) = (at % width / scale, at / width / scale);
                    let inside = (4..across + 4).contains(&x) && (4..across + 4).contains(&y);
                    match inside && modules[(y - 4) * across + x - 4] == qrcode::Color::Dark {
                        true => 40,
                        false => 210,
                    }
                })
                .collect();
            assert_eq!(read(&grey, width, width).as_deref(), Some(text), "{scale}");
        }
    }
}

#[test]
fn a_wrong_check_is_no_code() {
    // The last digit of the first code, 5, as the right half writes a 6.
    let (_, bars) = BARS[0];
    let wrong = format!("{}1010000101", &bars[..85]);
    let seen = picture(&wrong, 3, 0);
    assert_eq!(read(&seen.0, seen.1, seen.2), None);
}

#[test]
fn sizes_that_do_not_fit() {
    assert_eq!(read(&[], 0, 0), None);
    assert_eq!(read(&[0; 10], 4, 4), None);
    assert_eq!(read(&[0; 10], usize::MAX, 2), None);
    assert_eq!(read(&[0; 1], 1, 1), None);
    assert_eq!(read(&[0; 40], 1, 40), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_picture_is_survived(
        grey in prop::collection::vec(any::<u8>(), 0..4000),
        width in 1_usize..90,
        steps in any::<bool>(),
    ) {
        let grey: Vec<u8> = grey.into_iter().map(|byte| if steps { byte / 128 * 255 } else { byte }).collect();
        let _ = read(&grey, width, grey.len() / width);
    }
}
