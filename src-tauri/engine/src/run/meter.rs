//! Turns counters into what a person wants to know: how far, how fast, how long still.
//!
//! Owns the weights of the phases and the arithmetic. Pure: time comes in as a parameter.
//!
//! The rules: the share done never goes back; the rate is the mean of the last three seconds; the time
//! left is shown after three seconds and five percent, and not while nothing moves; a run without
//! a moved byte for fifteen seconds is stalled.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::event::RunKind;
use crate::progress::{Phase, Reading};

const RATE_WINDOW: Duration = Duration::from_secs(3);
const STALLED_AFTER: Duration = Duration::from_secs(15);
const ESTIMATE_AFTER: Duration = Duration::from_secs(3);
const ESTIMATE_FROM: f64 = 0.05;

/// The phases of a kind of run with their share of its time, as measured on a 1 GB SQLite file.
pub(super) fn phases(kind: RunKind) -> &'static [(Phase, f64)] {
    match kind {
        RunKind::Backup => &[
            (Phase::Preparing, 0.02),
            (Phase::Copying, 0.14),
            (Phase::Storing, 0.60),
            (Phase::Verifying, 0.22),
            (Phase::Finishing, 0.02),
        ],
        RunKind::Verify => &[(Phase::Preparing, 0.02), (Phase::Verifying, 0.98)],
        RunKind::Restore => &[
            (Phase::Preparing, 0.02),
            (Phase::Verifying, 0.40),
            (Phase::Loading, 0.48),
            (Phase::Finishing, 0.10),
        ],
    }
}

/// What one look at the counters says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Measure {
    pub step: u8,
    pub steps: u8,
    pub fraction: f64,
    pub rate: Option<u64>,
    pub seconds_left: Option<u64>,
    pub stalled: bool,
}

/// Remembers earlier readings of one run.
#[derive(Debug)]
pub(super) struct Meter {
    kind: RunKind,
    begun: Instant,
    samples: VecDeque<(Instant, u64)>,
    last: Reading,
    last_moved: Instant,
    fraction: f64,
}

impl Meter {
    pub(super) fn new(kind: RunKind, now: Instant) -> Self {
        Self {
            kind,
            begun: now,
            samples: VecDeque::new(),
            last: Reading::default(),
            last_moved: now,
            fraction: 0.0,
        }
    }

    /// Takes a reading made at `now`.
    pub(super) fn measure(&mut self, reading: &Reading, now: Instant) -> Measure {
        if reading.phase != self.last.phase {
            self.samples.clear();
        }
        if *reading != self.last {
            self.last = reading.clone();
            self.last_moved = now;
        }
        self.samples.push_back((now, reading.done));
        while self.samples.front().is_some_and(|(at, _)| now - *at > RATE_WINDOW) {
            self.samples.pop_front();
        }
        let (step, fraction) = self.position(reading);
        self.fraction = self.fraction.max(fraction);
        let stalled = now - self.last_moved >= STALLED_AFTER;
        Measure {
            step,
            steps: u8::try_from(phases(self.kind).len()).unwrap_or(u8::MAX),
            fraction: self.fraction,
            rate: self.rate(),
            seconds_left: if stalled { None } else { self.seconds_left(now) },
            stalled,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a share shown in percent")]
    fn position(&self, reading: &Reading) -> (u8, f64) {
        let Some(phase) = reading.phase else { return (0, 0.0) };
        let mut before = 0.0;
        for (step, (candidate, weight)) in (1_u8..).zip(phases(self.kind)) {
            if *candidate == phase {
                let within = match reading.total {
                    0 => 0.0,
                    total => (reading.done as f64 / total as f64).min(1.0),
                };
                return (step, before + weight * within);
            }
            before += weight;
        }
        (0, 0.0)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive rate shown with two digits"
    )]
    fn rate(&self) -> Option<u64> {
        let ((first, from), (last, to)) = (self.samples.front()?, self.samples.back()?);
        let seconds = (*last - *first).as_secs_f64();
        (seconds >= 0.4).then(|| (to.saturating_sub(*from) as f64 / seconds) as u64)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number of seconds"
    )]
    fn seconds_left(&self, now: Instant) -> Option<u64> {
        let elapsed = now - self.begun;
        let known = elapsed >= ESTIMATE_AFTER && self.fraction >= ESTIMATE_FROM;
        known.then(|| (elapsed.as_secs_f64() / self.fraction * (1.0 - self.fraction)).ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(phase: Phase, done: u64, total: u64) -> Reading {
        Reading { phase: Some(phase), object: None, done, total, stored: 0, rows: 0 }
    }

    #[test]
    fn the_weights_of_every_kind_add_up_to_one() {
        for kind in [RunKind::Backup, RunKind::Verify, RunKind::Restore] {
            let sum: f64 = phases(kind).iter().map(|(_, weight)| weight).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{kind:?}: {sum}");
        }
    }

    #[test]
    fn the_share_never_goes_back() {
        let start = Instant::now();
        let mut meter = Meter::new(RunKind::Backup, start);
        let mut last = 0.0;
        let readings = [
            reading(Phase::Preparing, 0, 0),
            reading(Phase::Copying, 90, 100),
            reading(Phase::Copying, 10, 100),
            reading(Phase::Storing, 0, 100),
            reading(Phase::Storing, 500, 100),
            reading(Phase::Verifying, 100, 100),
            reading(Phase::Finishing, 0, 0),
        ];
        for (second, reading) in (1..).zip(&readings) {
            let measure = meter.measure(reading, start + Duration::from_secs(second));
            assert!(measure.fraction >= last && measure.fraction <= 1.0, "{measure:?}");
            last = measure.fraction;
        }
        assert!(last > 0.9);
    }

    #[test]
    fn rate_and_time_left_come_from_what_moved() {
        let start = Instant::now();
        let mut meter = Meter::new(RunKind::Verify, start);
        let mut measure = Measure::default();
        for second in 0..=5 {
            let reading = reading(Phase::Verifying, second * 100, 1000);
            measure = meter.measure(&reading, start + Duration::from_secs(second));
        }
        assert_eq!(measure.rate, Some(100));
        assert_eq!((measure.step, measure.steps), (2, 2));
        assert_eq!(measure.seconds_left, Some(5));
    }

    #[test]
    fn nothing_for_fifteen_seconds_is_stalled_and_has_no_time_left() {
        let start = Instant::now();
        let mut meter = Meter::new(RunKind::Verify, start);
        let stuck = reading(Phase::Verifying, 500, 1000);
        assert!(!meter.measure(&stuck, start + Duration::from_secs(1)).stalled);
        let measure = meter.measure(&stuck, start + Duration::from_secs(16));
        assert!(measure.stalled);
        assert_eq!((measure.seconds_left, measure.rate), (None, None));
    }
}
