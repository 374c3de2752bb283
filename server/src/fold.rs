//! Names as search sees them: one spelling for Georgian capitals, Latin transliteration and the slips
//! between ejective and plain consonants.

/// Folds a text to lower-case Latin letters, digits and single spaces.
///
/// Georgian letters become the national transliteration without its apostrophes, so that თ and ტ, ქ
/// and კ, ფ and პ, ც and წ, ჩ and ჭ meet: the commonest slips. A person may type either script.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match latin(letter) {
            Some(latin) => folded.push_str(latin),
            None if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
            // Apostrophes of the transliteration stand inside words.
            None if matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`') => {}
            None if folded.ends_with(' ') || folded.is_empty() => {}
            None => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    // Both k and q are written for ქ, k for კ; q also for ყ.
    folded.replace('q', "k")
}

/// The folded words of a search, at most eight.
pub fn words(query: &str) -> Vec<String> {
    fold(query).split(' ').filter(|word| !word.is_empty()).take(8).map(str::to_owned).collect()
}

/// The national system of 2002; Mtavruli capitals like their small letters.
fn latin(letter: char) -> Option<&'static str> {
    const LETTERS: [&str; 33] = [
        "a", "b", "g", "d", "e", "v", "z", "t", "i", "k", "l", "m", "n", "o", "p", "zh", "r", "s",
        "t", "u", "p", "k", "gh", "q", "sh", "ch", "ts", "dz", "ts", "ch", "kh", "j", "h",
    ];
    let small = match letter {
        'Ა'..='Ჰ' => letter as u32 - 'Ა' as u32,
        'ა'..='ჰ' => letter as u32 - 'ა' as u32,
        _ => return None,
    };
    LETTERS.get(small as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_meet() {
        let same: [&[&str]; 4] = [
            &["ქავთარაძე", "ᲥᲐᲕᲗᲐᲠᲐᲫᲔ", "Kavtaradze", "კავტარაძე", "  qavtaradze "],
            &["ჭყონია", "ჩყონია", "Ch'q'onia", "Chqonia"],
            &["წერეთელი", "Tsereteli", "TS’ERETELI"],
            &["გიორგი ბერიძე", "Giorgi-Beridze"],
        ];
        for spellings in same {
            let folded: Vec<String> = spellings.iter().map(|text| fold(text)).collect();
            assert!(folded.windows(2).all(|pair| pair[0] == pair[1]), "{folded:?}");
        }
        assert_ne!(fold("გელა"), fold("გია"));
    }

    #[test]
    fn only_letters_digits_and_single_spaces_remain() {
        assert_eq!(fold("%_\\ a--b  12'"), "a b 12");
        assert_eq!(words(" ნინო  12 "), ["nino", "12"]);
        assert_eq!(fold("Əliyev"), "əliyev");
    }
}
