//! Rules that no lint knows: where SQL, browser calls and colours may stand, and how long a file is.

use std::path::Path;

use anyhow::{Result, bail};

use crate::build::locale;
use crate::tools;

/// Longer files hold more than one idea.
const MOST_LINES: usize = 500;
/// Files that are written by a program or are one long table.
const LONG: [&str; 1] = ["app/src/i18n/keys.rs"];
const FOLDERS: [&str; 5] = ["app", "server", "shared", "tests", "xtask"];

type Rule = fn(&str, &str) -> Option<&'static str>;

const RULES: [Rule; 4] = [sql_in_store, browser_in_platform, colours_in_tokens, capitals_in_styles];

/// Checks every source file and fails with all findings.
pub fn check() -> Result<()> {
    let root = tools::root();
    let mut findings = Vec::new();
    for path in tracked()? {
        if let Ok(text) = std::fs::read_to_string(root.join(&path)) {
            inspect(&path, &text, &mut findings);
        }
    }
    if !locale::is_fresh()? {
        findings.push("app/src/i18n/keys.rs is stale: run `cargo xtask locale`, commit it".into());
    }
    let unused = locale::unused()?;
    if !unused.is_empty() {
        let texts = unused.join(", ");
        findings.push(format!("app/locales: no source names these texts, remove them: {texts}"));
    }
    if !findings.is_empty() {
        bail!("{} findings:\n  {}", findings.len(), findings.join("\n  "));
    }
    Ok(())
}

/// What git knows, so that results of builds and installed packages stay out.
fn tracked() -> Result<Vec<String>> {
    let mut git = std::process::Command::new("git");
    git.current_dir(tools::root()).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let Some(list) = tools::output(git.args(FOLDERS)) else {
        bail!("`git ls-files` failed: tidiness is checked on the files that git knows");
    };
    Ok(list.lines().map(str::to_owned).collect())
}

fn inspect(path: &str, text: &str, findings: &mut Vec<String>) {
    let lines = text.lines().count();
    if path.ends_with(".rs") && lines > MOST_LINES && !LONG.contains(&path) {
        findings.push(format!("{path}: {lines} lines, at most {MOST_LINES}: split it by topic"));
    }
    if Path::new(path).file_name().is_some_and(|name| name == "mod.rs") {
        findings.push(format!("{path}: name it after its folder instead"));
    }
    for (number, line) in text.lines().enumerate() {
        for rule in RULES {
            if let Some(finding) = rule(path, line) {
                findings.push(format!("{path}:{}: {finding}", number + 1));
            }
        }
    }
}

fn sql_in_store(path: &str, line: &str) -> Option<&'static str> {
    // Beside the store: making the database and its roles, and tests and benchmarks that look behind it.
    let free = [
        "server/src/store",
        "server/src/migrate",
        "server/src/postgres",
        "server/src/testing",
        "server/examples",
    ]
    .iter()
    .any(|place| path.starts_with(place))
        || path.contains("/tests/");
    let ours =
        path.starts_with("server/") || path.starts_with("shared/") || path.starts_with("app/");
    if free || !ours || !path.ends_with(".rs") {
        return None;
    }
    let found = line.contains("sqlx::query") || line.contains("AssertSqlSafe");
    found.then_some("SQL stands in server/src/store only")
}

fn browser_in_platform(path: &str, line: &str) -> Option<&'static str> {
    let free = path.starts_with("app/src/platform") || path.starts_with("app/worker/");
    if free || !path.starts_with("app/src") || !path.ends_with(".rs") {
        return None;
    }
    let found = line.contains("web_sys::") || line.contains("js_sys::");
    found.then_some("browser calls stand in app/src/platform only")
}

fn colours_in_tokens(path: &str, line: &str) -> Option<&'static str> {
    if !path.ends_with(".css") || path == "app/styles/tokens.css" || !path.starts_with("app/styles")
    {
        return None;
    }
    let colour = line.split('#').skip(1).any(|rest| {
        let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
        let ends =
            rest.chars().nth(digits).is_none_or(|next| matches!(next, ';' | ' ' | ',' | ')'));
        matches!(digits, 3 | 4 | 6 | 8) && ends
    });
    colour.then_some("colours stand in app/styles/tokens.css only")
}

/// Georgian has no capitals in running text: browsers would turn it into Mtavruli.
fn capitals_in_styles(path: &str, line: &str) -> Option<&'static str> {
    let found = path.ends_with(".css") && line.contains("text-transform:");
    found.then_some("no text-transform: Georgian is never written in capitals")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, line: &str) -> usize {
        let mut found = Vec::new();
        inspect(path, line, &mut found);
        found.len()
    }

    #[test]
    fn each_rule_knows_its_place() {
        let cases = [
            ("server/src/http.rs", "sqlx::query(\"select 1\")", 1),
            ("server/src/store/people.rs", "sqlx::query(\"select 1\")", 0),
            ("app/src/pages/today.rs", "web_sys::window()", 1),
            ("app/src/platform/fetch.rs", "web_sys::window()", 0),
            ("app/styles/chip.css", "color: #a1b2c3;", 1),
            ("app/styles/chip.css", "a[href=\"#add\"] { color: var(--ink); }", 0),
            ("app/styles/tokens.css", "--ink: #1a1a1a;", 0),
            ("app/styles/base.css", "text-transform: uppercase;", 1),
            ("app/src/mod.rs", "", 1),
        ];
        for (path, line, expected) in cases {
            assert_eq!(findings(path, line), expected, "{path}: {line}");
        }
    }

    #[test]
    fn long_files_are_named() {
        assert_eq!(findings("shared/src/merge.rs", &"x\n".repeat(MOST_LINES + 1)), 1);
        assert_eq!(findings("shared/src/merge.rs", &"x\n".repeat(MOST_LINES)), 0);
    }
}
