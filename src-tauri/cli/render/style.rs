//! Colours, and the guard against texts that would play with the terminal.
//!
//! Owns escape sequences. A colour is never the only sign of anything.

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

/// Replaces every control character but line ends, tabs and colours. Names from archives and
/// file systems are shown, and a hostile one must not move the cursor or turn the line around.
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
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (character.is_control() && !matches!(character, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

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
