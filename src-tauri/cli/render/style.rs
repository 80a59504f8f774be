//! Colours, and the guard against texts that would play with the terminal.
//!
//! Owns escape sequences, and how text that somebody else wrote is shown: a name goes through [`plain`], a
//! sentence through [`sentence`], and whatever a command prints through [`harmless`] once more. A colour is
//! never the only sign of anything.

use std::borrow::Cow;

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    coloured: bool,
}

impl Style {
    pub fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    pub fn is_coloured(self) -> bool {
        self.coloured
    }

    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn warning(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub fn hint(self, text: &str) -> String {
        self.paint("36", text)
    }

    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A name on one line. What a terminal would act on, a line end too, is written out: `\n`, `\u{1b}`.
pub fn plain(text: &str) -> Cow<'_, str> {
    written_out(text, |character| is_harmful(character) || matches!(character, '\n' | '\t'))
}

/// A sentence that may hold names. Its line ends stay.
pub fn sentence(text: &str) -> Cow<'_, str> {
    written_out(text, is_harmful)
}

fn written_out(text: &str, is_bad: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' if is_bad('\n') => clean.push_str("\\n"),
            '\t' if is_bad('\t') => clean.push_str("\\t"),
            '\r' => clean.push_str("\\r"),
            _ if is_bad(character) => clean.extend(character.escape_unicode()),
            _ => clean.push(character),
        }
    }
    Cow::Owned(clean)
}

/// A line of JSON, in which the same characters are written as JSON writes them. They stand in texts only.
pub fn harmless_json(line: &str) -> Cow<'_, str> {
    if !line.contains(is_harmful) {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len());
    for character in line.chars() {
        if is_harmful(character) {
            // All of them are below U+FFFF, so one unit is enough.
            clean.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

/// Replaces every control character but line ends, tabs and colours: the last guard, behind [`plain`] and
/// [`sentence`], for texts that are not known to be anybody's name.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let colour = colour_at(rest);
        let (shown, after) = rest.split_at(colour.unwrap_or(character.len_utf8()));
        let harmful = colour.is_none() && is_harmful(character);
        clean.push_str(if harmful { "\u{fffd}" } else { shown });
        rest = after;
    }
    Cow::Owned(clean)
}

/// The length of a colour sequence at the beginning of `text`: it changes how letters look and nothing
/// else.
fn colour_at(text: &str) -> Option<usize> {
    let code = text.strip_prefix("\x1b[")?;
    let is_code = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
    let length = code.bytes().take_while(is_code).count();
    let ends = (1..=12).contains(&length) && code.as_bytes().get(length) == Some(&b'm');
    ends.then_some("\x1b[".len() + length + 1)
}

fn is_harmful(character: char) -> bool {
    // Marks, embeddings and isolates turn a line around; two separators end one.
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    turns || (character.is_control() && !matches!(character, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_its_line_and_shows_what_is_in_it() {
        assert_eq!(plain("Größe 🔑"), "Größe 🔑");
        assert_eq!(plain("a\nb\tc\rd"), "a\\nb\\tc\\rd");
        assert_eq!(plain("\x1b[31mred\x1b[0m"), "\\u{1b}[31mred\\u{1b}[0m");
        assert_eq!(plain("gpj.\u{202e}exe\u{2028}\u{200f}"), "gpj.\\u{202e}exe\\u{2028}\\u{200f}");
        assert_eq!(plain("\u{9b}31m\u{7f}\0"), "\\u{9b}31m\\u{7f}\\u{0}");
        assert_eq!(sentence("one\ntwo\x1b[2J"), "one\ntwo\\u{1b}[2J");
    }

    #[test]
    fn json_stays_json() {
        let hostile = "a\u{9b}31m\u{202e}\u{7f}\u{2028}b";
        let line = serde_json::to_string(hostile).unwrap();
        let shown = harmless_json(&line);
        assert!(shown.is_ascii(), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), hostile);
        assert_eq!(harmless_json("{\"a\":\"ü\"}"), "{\"a\":\"ü\"}");
    }

    #[test]
    fn only_colours_reach_the_terminal() {
        assert_eq!(harmless("plain\ttext ✓ ü\n"), "plain\ttext ✓ ü\n");
        let painted = Style::new(true).bad("✕");
        assert_eq!(harmless(&painted), painted);
        assert_eq!(
            harmless("a\x1b[2Jb\rc\x1b]0;t\x07"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}]0;t\u{fffd}"
        );
        assert_eq!(harmless("gpj.\u{202e}exe\x1b[m\x1b["), "gpj.\u{fffd}exe\u{fffd}[m\u{fffd}[");
    }
}
