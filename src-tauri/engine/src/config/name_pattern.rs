//! A name of a database, table or collection in a profile, or a pattern for such names.
//!
//! Owns what the signs of a pattern mean, the same for every engine. What a profile takes with its patterns
//! is decided by each engine, which knows what hangs together.

use globset::{GlobBuilder, GlobMatcher};

/// A name, or a pattern for names. Without `*`, `?`, `[` and `{` it is a name. With one of them, `*` also
/// matches a dot or a slash, and a character that has a meaning is taken literally in brackets or after a
/// backslash.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    glob: Option<GlobMatcher>,
}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pattern = Self { text: text.to_owned(), glob: None };
        if !is_name(text) {
            let glob = GlobBuilder::new(text).backslash_escape(true).build().map_err(|error| {
                format!("This is not a pattern: {}; write `[[]` for a `[` in a name", error.kind())
            })?;
            pattern.glob = Some(glob.compile_matcher());
        }
        Ok(pattern)
    }

    /// The text of the pattern that only `name` matches.
    pub fn exactly(name: &str) -> String {
        if is_name(name) { name.to_owned() } else { globset::escape(name).replace('\\', "\\\\") }
    }

    /// As it stands in the configuration.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is one name and no pattern.
    pub const fn is_name(&self) -> bool {
        self.glob.is_none()
    }

    /// Whether `name` is meant. A name that looks like a pattern is also meant when it stands here as it is.
    pub fn matches(&self, name: &str) -> bool {
        self.text == name || self.glob.as_ref().is_some_and(|glob| glob.is_match(name))
    }
}

fn is_name(text: &str) -> bool {
    !text.contains(['*', '?', '[', '{'])
}

/// A list of names and patterns of a profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamePatterns(Vec<NamePattern>);

impl NamePatterns {
    /// Reads a list that was checked with the configuration: a text that is no pattern is a name.
    pub(crate) fn of(texts: &[String]) -> Self {
        let as_name = |text: &String| NamePattern { text: text.clone(), glob: None };
        let read = |text: &String| NamePattern::parse(text).unwrap_or_else(|_| as_name(text));
        Self(texts.iter().map(read).collect())
    }

    /// Whether any of them means `name`.
    pub(crate) fn have(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(name))
    }

    /// Whether `name` is meant by a list whose emptiness means everything.
    pub(crate) fn take(&self, name: &str) -> bool {
        self.0.is_empty() || self.have(name)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, NamePattern> {
        self.0.iter()
    }

    /// Those that are one name each.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|pattern| pattern.is_name()).map(NamePattern::text)
    }

    /// All of them for a message; `*` when there is none.
    pub(crate) fn shown(&self) -> String {
        let texts: Vec<&str> = self.iter().map(NamePattern::text).collect();
        if texts.is_empty() { "*".to_owned() } else { texts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, name: &str) -> bool {
        NamePattern::parse(text).unwrap().matches(name)
    }

    #[test]
    fn a_text_without_signs_is_one_name() {
        assert!(NamePattern::parse("a\\b").unwrap().is_name());
        assert!(matches("a\\b]}", "a\\b]}") && !matches("a\\b]}", "ab]}"));
        assert!(!matches("shop", "shop_eu"));
        assert!(!matches("Shop", "shop"));
    }

    #[test]
    fn the_signs_mean_the_same_for_every_engine() {
        for (text, name) in
            [("shop_*", "shop_"), ("*", "a.b/c"), ("log?", "log1"), ("[ab]x", "bx"), ("{a,b}", "b")]
        {
            assert!(matches(text, name), "{text} {name}");
            assert!(!NamePattern::parse(text).unwrap().is_name(), "{text}");
        }
        for (text, name) in [("log?", "log"), ("[ab]x", "cx"), ("a\\*", "ab"), ("{a,b}", "{")] {
            assert!(!matches(text, name), "{text} {name}");
        }
        assert!(matches("a\\*", "a*") && matches("a[*]", "a*") && !matches("a[*]", "ab"));
        assert!(!matches("order?", "orders2") && !matches("a\\*", "a\\b"));
    }

    #[test]
    fn an_exact_pattern_means_its_name_and_no_other() {
        for name in ["shop", "a*b", "a[1]", "{x}", "a\\?", "[!a]"] {
            let exact = NamePattern::exactly(name);
            assert!(matches(&exact, name), "{exact} {name}");
            assert!(!matches(&exact, "a1") && !matches(&exact, "axb"), "{exact}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_and_in_a_list_a_name() {
        assert!(NamePattern::parse("a[").unwrap_err().contains("`[[]`"));
        let list = NamePatterns::of(&["a[".to_owned(), "b*".to_owned()]);
        assert!(list.have("a[") && list.have("bc") && !list.have("a"));
        assert_eq!(list.names().collect::<Vec<_>>(), ["a["]);
        assert_eq!(list.shown(), "a[, b*");
        assert!(NamePatterns::default().take("x") && !NamePatterns::default().have("x"));
        assert_eq!(NamePatterns::default().shown(), "*");
    }
}
