//! Instants in words: how long ago, and exactly when.
//!
//! Owns the wording of times on the command line; sizes, counts and durations are `units` of the
//! engine.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The instant that is now, and the zone in which people read times.
#[derive(Debug, Clone)]
pub struct Now {
    at: Timestamp,
    zone: TimeZone,
}

impl Now {
    /// The computer's clock and zone.
    pub fn system() -> Self {
        Self { at: Timestamp::now(), zone: TimeZone::system() }
    }

    /// `22 Nov 2026 13:54, 5 min ago`; after a week only the date.
    pub fn describe(&self, at: Timestamp) -> String {
        match self.ago(at) {
            Some(ago) => format!("{}, {ago}", self.exact(at)),
            None => self.exact(at),
        }
    }

    /// A clock that stands, in UTC.
    #[cfg(test)]
    pub fn fixed(at: Timestamp) -> Self {
        Self { at, zone: TimeZone::UTC }
    }

    /// `2026-11-22`.
    pub fn date(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d").to_string()
    }

    /// Whether that instant is over.
    pub fn is_after(&self, at: Timestamp) -> bool {
        self.at > at
    }

    /// Whole days since that instant.
    pub fn days_since(&self, at: Timestamp) -> u64 {
        u64::try_from(self.at.duration_since(at).as_secs() / 86_400).unwrap_or(0)
    }

    /// `22 Nov 2026 13:54`.
    pub fn exact(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%-d %b %Y %H:%M").to_string()
    }

    /// `13:54:01`.
    pub fn second(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M:%S").to_string()
    }

    fn ago(&self, at: Timestamp) -> Option<String> {
        let seconds = self.at.duration_since(at).as_secs();
        match seconds {
            // A clock that was set back in between is no reason to speak of the future.
            ..60 => (seconds > -60).then(|| "just now".to_owned()),
            60..3600 => Some(format!("{} min ago", seconds / 60)),
            3600..86_400 => Some(format!("{} h ago", seconds / 3600)),
            86_400..172_800 => Some("1 day ago".to_owned()),
            172_800..604_800 => Some(format!("{} days ago", seconds / 86_400)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_for_a_week() {
        let now = Now::fixed("2026-11-22T13:54:00Z".parse().unwrap());
        let cases = [
            ("2026-11-22T13:54:30Z", "22 Nov 2026 13:54, just now"),
            ("2026-11-22T13:53:30Z", "22 Nov 2026 13:53, just now"),
            ("2026-11-22T13:49:00Z", "22 Nov 2026 13:49, 5 min ago"),
            ("2026-11-22T02:00:00Z", "22 Nov 2026 02:00, 11 h ago"),
            ("2026-11-21T02:00:00Z", "21 Nov 2026 02:00, 1 day ago"),
            ("2026-11-16T02:00:00Z", "16 Nov 2026 02:00, 6 days ago"),
            ("2026-11-02T02:00:00Z", "2 Nov 2026 02:00"),
            ("2026-11-23T02:00:00Z", "23 Nov 2026 02:00"),
        ];
        for (at, text) in cases {
            assert_eq!(now.describe(at.parse().unwrap()), text);
        }
    }
}
