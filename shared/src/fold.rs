//! Names as search sees them, on the phone and in the office: one spelling for Georgian, its Latin
//! transliteration, and the slips between ejective and plain consonants.

/// Folds a text to lower-case Latin letters, digits and single spaces. Two texts that a person would
/// take for the same name fold alike: თ and ტ, ქ and კ and ყ, ფ and პ, ც and წ, ჩ and ჭ meet.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if let Some(latin) = georgian(letter) {
            folded.push_str(latin);
        } else if matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`' | '\u{ad}') {
            // Apostrophes of the transliteration and soft hyphens stand inside words.
        } else if letter.is_alphanumeric() {
            for small in letter.to_lowercase() {
                match small {
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
                    '\u{307}' => {}
                    other => folded.push(other),
                }
            }
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
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
    fn spellings_of_one_name_meet() {
        let same: [&[&str]; 4] = [
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
