//! Words for sizes and durations, the same in the command line, the log and notifications.
//!
//! Owns formatting only. The window formats in TypeScript with `Intl`, by the same rules.

use std::time::Duration;

/// A byte count in decimal units, as a file manager shows it: `3.1 MB`.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub fn bytes(count: u64) -> String {
    const STEPS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = count as f64;
    let mut step = 0;
    while value >= 999.5 && step + 1 < STEPS.len() {
        value /= 1000.0;
        step += 1;
    }
    match step {
        0 => format!("{count} B"),
        _ if value < 9.95 => format!("{value:.1} {}", STEPS[step]),
        _ => format!("{value:.0} {}", STEPS[step]),
    }
}

/// A whole number with thin groups: `1 204 331`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A duration as a person says it: `<0.1 s`, `0.4 s`, `12 s`, `4 min 5 s`, `2 h 3 min`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 if duration.as_millis() < 100 => "<0.1 s".to_owned(),
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decimal_with_one_digit_below_ten() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (3_100_000, "3.1 MB"),
            (9_960_000, "10 MB"),
            (999_600, "1.0 MB"),
            (184_000_000, "184 MB"),
            (u64::MAX, "18447 PB"),
        ];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_204_331), "1\u{202f}204\u{202f}331");
    }

    #[test]
    fn durations_use_two_units_at_most() {
        assert_eq!(duration(Duration::from_millis(4)), "<0.1 s");
        assert_eq!(duration(Duration::from_millis(412)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(12)), "12 s");
        assert_eq!(duration(Duration::from_secs(245)), "4 min 5 s");
        assert_eq!(duration(Duration::from_mins(123)), "2 h 3 min");
    }
}
