//! What is known of the restore test of a backup, in words.
//!
//! Owns the words and when a test is called old. A check of the bytes is never called a restore test.

use comfy_table::Color;
use kronos_engine::contents::RestoreTest;
use kronos_engine::event::ScratchPlace;

use super::{Style, counted, plain};
use crate::when::Now;

/// How good the news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Old,
    Bad,
}

impl Tone {
    pub(super) fn colour(self) -> Color {
        match self {
            Self::Good => Color::DarkGreen,
            Self::Old => Color::DarkYellow,
            Self::Bad => Color::DarkRed,
        }
    }
}

/// `restore-tested 2026-11-23`, `restore test is 34 days old` or `restore test failed 2026-11-23`.
pub(super) fn words(test: &RestoreTest, now: &Now) -> (String, Tone) {
    let date = now.date(test.at);
    if !test.has_passed() {
        return (format!("restore test failed {date}"), Tone::Bad);
    }
    if now.is_after(test.fresh_until) {
        let days = counted(now.days_since(test.at), "day", "days");
        return (format!("restore test is {days} old"), Tone::Old);
    }
    (format!("restore-tested {date}"), Tone::Good)
}

/// The line of `inspect`.
pub(super) fn line(test: &RestoreTest, now: &Now, style: Style) -> String {
    let (said, tone) = words(test, now);
    let verdict = match tone {
        Tone::Good => style.good(&format!("✓ {said}")),
        Tone::Old => style.warning(&format!("! {said}")),
        Tone::Bad => style.bad(&format!("✕ {said}")),
    };
    format!("{verdict}: {}", plain(&test.sentence))
}

/// When a scratch place goes, and how to look into it meanwhile.
pub(super) fn scratch(place: &ScratchPlace, now: &Now) -> String {
    format!(
        "\n  Look into it with the programs you use for such databases. Kronos removes it after {}, at its \
         next start",
        now.exact(place.removed_after)
    )
}

#[cfg(test)]
mod tests {
    use kronos_engine::contents::TestOutcome;

    use super::*;

    #[test]
    fn a_test_has_a_date_until_it_is_old_and_a_failed_one_says_so() {
        let at = "2026-11-23T04:00:00Z".parse().unwrap();
        let test = |outcome| RestoreTest::new(at, outcome, "3 tables".to_owned());
        let words = |outcome, now: &str| {
            words(&test(outcome), &Now::fixed(now.parse().unwrap())).0.replace('\u{202f}', " ")
        };
        let (passed, failed) = (TestOutcome::Passed, TestOutcome::Failed);
        assert_eq!(words(passed, "2026-11-23T05:00:00Z"), "restore-tested 2026-11-23");
        assert_eq!(words(passed, "2026-12-23T03:59:59Z"), "restore-tested 2026-11-23");
        assert_eq!(words(passed, "2026-12-27T05:00:00Z"), "restore test is 34 days old");
        assert_eq!(words(failed, "2026-12-27T05:00:00Z"), "restore test failed 2026-11-23");
    }
}
