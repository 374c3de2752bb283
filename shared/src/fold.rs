//! Names as search sees them, on the phone and in the office: one spelling for Georgian, its Latin
//! transliteration, and the slips between ejective and plain consonants.

/// Folds a text to lower-case Latin letters, digits and single spaces. Two texts that a person would
/// take for the same name fold alike: თ and ტ, ქ and კ and ყ, ფ and პ, ც and წ, ჩ and ჭ meet.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_onto(text, &mut folded);
    folded
}

/// The same behind what stands there already: many texts in one string.
pub fn fold_onto(text: &str, folded: &mut String) {
    let start = folded.len();
    for letter in text.chars() {
        if letter.is_ascii_digit() || (letter.is_ascii_lowercase() && !"qfxw".contains(letter)) {
            // Most letters of most lists that are not Georgian.
            folded.push(letter);
        } else if let Some(latin) = georgian(letter) {
            folded.push_str(latin);
        } else if matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`' | '\u{ad}') {
            // Apostrophes of the transliteration and soft hyphens stand inside words.
        } else if letter.is_alphanumeric() {
            match small(letter) {
                'q' => folded.push('k'),
                'f' => folded.push('p'),
                'x' => folded.push_str("kh"),
                'w' => folded.push_str("ts"),
                'ə' => folded.push('e'),
                'ı' => folded.push('i'),
                'ö' => folded.push('o'),
                'ü' => folded.push('u'),
                'ş' => folded.push_str("sh"),
                'ç' => folded.push_str("ch"),
                'ğ' => folded.push('g'),
                'ё' => folded.push('е'),
                other => folded.push(other),
            }
        } else if folded.len() > start && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    // Never two in a row.
    if folded.len() > start && folded.ends_with(' ') {
        folded.pop();
    }
}

/// The small letter of a capital in the scripts of the interface. The standard library knows all
/// scripts, by a table of 12 KB that phones would download.
fn small(letter: char) -> char {
    let code = letter as u32;
    let small = match code {
        0x41..=0x5A | 0xC0..=0xD6 | 0xD8..=0xDE | 0x410..=0x42F => code + 32,
        0x130 => 'i' as u32,
        0x178 => 'ÿ' as u32,
        0x18F => 'ə' as u32,
        0x100..=0x137 | 0x14A..=0x177 => code | 1,
        0x139..=0x148 | 0x179..=0x17E => code + code % 2,
        0x400..=0x40F => code + 80,
        0x531..=0x556 => code + 48,
        _ => code,
    };
    char::from_u32(small).unwrap_or(letter)
}

/// The national system of romanization of 2002 without apostrophes; Mtavruli capitals like their
/// small letters.
fn georgian(letter: char) -> Option<&'static str> {
    const LETTERS: [&str; 33] = [
        "a", "b", "g", "d", "e", "v", "z", "t", "i", "k", "l", "m", "n", "o", "p", "zh", "r", "s",
        "t", "u", "p", "k", "gh", "k", "sh", "ch", "ts", "dz", "ts", "ch", "kh", "j", "h",
    ];
    let code = letter as u32;
    let place = match code {
        0x10D0..=0x10F0 => code - 0x10D0,
        0x1C90..=0x1CB0 => code - 0x1C90,
        _ => return None,
    };
    LETTERS.get(place as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_small_letters() {
        let same = [
            ("ŞİRVAN Ğ ÇÖÜ", "şirvan ğ çöü"),
            ("ЁЖИК ЩУКА", "ёжик щука"),
            ("ԱՐԱՐԱՏ", "արարատ"),
            ("ŽĽŁŸÀÉ", "žľłÿàé"),
        ];
        for (capitals, smalls) in same {
            assert_eq!(fold(capitals), fold(smalls));
        }
    }

    #[test]
    fn spellings_of_one_name_meet() {
        let same: [&[&str]; 8] = [
            &["ქვემო ქართლი", "kvemo kartli", "Kvemo-Kartli", "კვემო კართლი", "qvemo qartli"],
            &["თბილისი", "ტბილისი", "Tbilisi", "ᲗᲑᲘᲚᲘᲡᲘ"],
            &["წყალი", "ცყალი", "ts'q'ali", "tskali"],
            &["Gəncə", "gence"],
            &["ქავთარაძე", "ᲥᲐᲕᲗᲐᲠᲐᲫᲔ", "Kavtaradze", "კავტარაძე", "  qavtaradze "],
            &["ჭყონია", "ჩყონია", "Ch'q'onia", "Chqonia"],
            &["წერეთელი", "Tsereteli", "TS’ERETELI"],
            &["გიორგი ბერიძე", "Giorgi-Beridze"],
        ];
        for spellings in same {
            for spelling in spellings {
                assert_eq!(fold(spelling), fold(spellings[0]), "{spelling}");
            }
        }
        assert_ne!(fold("გელა"), fold("გია"));
    }

    #[test]
    fn only_letters_digits_and_single_spaces_remain() {
        assert_eq!(fold("%_\\ a--b  12'"), "a b 12");
        assert_eq!(fold(" ნინო  12 "), "nino 12");
    }
}
