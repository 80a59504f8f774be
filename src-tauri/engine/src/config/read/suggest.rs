//! Guessing what was meant by a misspelt word.
//!
//! Owns the distance that still counts as a slip of the finger.

/// Longer words are not typed by hand, and comparing them costs time.
const LONGEST: usize = 40;

/// The word of `known` that `word` most probably should have been.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `word` for a message: between backticks, on one line and not too long.
pub(super) fn quoted(word: &str) -> String {
    let escaped: String = word.chars().flat_map(char::escape_debug).take(LONGEST).collect();
    let rest = if word.chars().count() > LONGEST { "…" } else { "" };
    format!("`{escaped}{rest}`")
}
