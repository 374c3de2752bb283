//! JavaScript that wasm-bindgen wrote, without what only its readers need.

/// A file as it goes out: scripts are [`bare`].
pub fn of(path: &str, bytes: Vec<u8>) -> Vec<u8> {
    match std::str::from_utf8(&bytes) {
        Ok(script) if path.ends_with(".js") => bare(script).into_bytes(),
        _ => bytes,
    }
}

/// Without comments that stand alone and without indentation. A script with a text over several lines, in
/// which spaces count, stays as it is.
pub fn bare(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let mut out = String::with_capacity(script.len());
    let mut comment = false;
    for line in script.lines().map(str::trim) {
        comment |= line.starts_with("/*");
        if !comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        // What follows a comment on its last line is code.
        if comment && let Some((_, rest)) = line.split_once("*/") {
            comment = false;
            if !rest.trim().is_empty() {
                out.push_str(rest.trim());
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn comments_and_margins_go_and_code_stays() {
        let script = "/**\n * Says.\n * @param {string} a\n */\nexport function f(a) {\n\n    \
                      // why\n    return `${a} // b` + \"/* c */\"; // d\n}\n/* x */ g();\n";
        let expected = "export function f(a) {\nreturn `${a} // b` + \"/* c */\"; // d\n}\ng();\n";
        assert_eq!(bare(script), expected);
        let text = "const a = `\n  b\n`;\n";
        assert_eq!(bare(text), text);
    }
}
