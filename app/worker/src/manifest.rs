//! What a build consists of. Text, so that a cache can keep its own copy:
//! the build's name, then one `path hash core|reader|rare|lazy` a line.

/// The app's page, answered to every navigation.
pub const PAGE: &str = "/";

pub struct Manifest<'a> {
    text: &'a str,
}

#[derive(Clone, Copy)]
pub struct File<'a> {
    pub path: &'a str,
    /// As the `integrity` of a request: `sha256-` and base64.
    pub hash: &'a str,
    pub core: bool,
    /// Core where the browser reads no barcodes itself.
    pub reader: bool,
    /// Core where a questionnaire on the phone needs it.
    pub rare: bool,
}

impl<'a> Manifest<'a> {
    pub fn parse(text: &'a str) -> Self {
        Manifest { text }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    pub fn build(&self) -> &'a str {
        self.text.split('\n').next().unwrap_or_default()
    }

    pub fn files(&self) -> impl Iterator<Item = File<'a>> + use<'a> {
        self.text.split('\n').skip(1).filter_map(|line| {
            let mut words = line.split(' ');
            let (path, hash, kind) = (words.next()?, words.next()?, words.next()?);
            let is = |of: &str| kind == of;
            Some(File { path, hash, core: is("core"), reader: is("reader"), rare: is("rare") })
        })
    }

    pub fn find(&self, path: &str) -> Option<File<'a>> {
        self.files().find(|file| file.path == path)
    }
}

/// The build that a path belongs to: `/pkg/<build>/...`.
pub fn build_of(path: &str) -> Option<&str> {
    path.strip_prefix("/pkg/")?.split('/').next()
}

/// A file's name without its build: equal names in two builds are the same file, perhaps changed.
pub fn name_of(path: &str) -> &str {
    let in_build = path.strip_prefix("/pkg/").and_then(|rest| rest.split_once('/'));
    in_build.map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "b2\n/ sha256-a core\n/pkg/b2/app.js sha256-b core\n/pkg/b2/x.wasm sha256-c lazy\n/pkg/b2/r.wasm sha256-d rare";

    #[test]
    fn reads_every_line() {
        let manifest = Manifest::parse(TEXT);
        assert_eq!(manifest.build(), "b2");
        let files: Vec<_> =
            manifest.files().map(|file| (file.path, file.hash, file.core, file.rare)).collect();
        let expected = [
            ("/", "sha256-a", true, false),
            ("/pkg/b2/app.js", "sha256-b", true, false),
            ("/pkg/b2/x.wasm", "sha256-c", false, false),
            ("/pkg/b2/r.wasm", "sha256-d", false, true),
        ];
        assert_eq!(files, expected);
        assert!(manifest.find("/pkg/b1/app.js").is_none());
    }

    #[test]
    fn tells_builds_and_names_apart() {
        assert_eq!(build_of("/pkg/b1/fonts/a.woff2"), Some("b1"));
        assert_eq!(build_of("/icons/a.png"), None);
        assert_eq!(name_of("/pkg/b1/fonts/a.woff2"), "fonts/a.woff2");
        assert_eq!(name_of("/icons/a.png"), "/icons/a.png");
    }

    #[test]
    fn an_empty_manifest_has_no_files() {
        assert_eq!(Manifest::parse("").files().count(), 0);
        assert_eq!(Manifest::parse("").build(), "");
    }
}
