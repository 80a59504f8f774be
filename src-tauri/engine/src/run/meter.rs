//! Turns counters into what a person wants to know: how far, how fast, how long still.
//!
//! Owns the weights of the phases and the arithmetic. Pure: time comes in as a parameter.
//!
//! The rules: the share done never goes back; the rate is the mean of the last three seconds; the time
//! left is shown after three seconds and five percent, and not while nothing moves; a run without
//! a moved byte for fifteen seconds is stalled; a phase whose total is an estimate slows down at 95 %,
//! so that one that was too low does not look like the end.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::event::RunKind;
use crate::progress::{Phase, Reading};

const RATE_WINDOW: Duration = Duration::from_secs(3);
const STALLED_AFTER: Duration = Duration::from_secs(15);
const ESTIMATE_AFTER: Duration = Duration::from_secs(3);
const ESTIMATE_FROM: f64 = 0.05;
const SLOWS_AT: f64 = 0.95;

/// What a run does with what: its phases depend on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Course {
    pub kind: RunKind,
    /// Whether the data lives on a server: a dump is then read while it is made, without a copy before.
    pub on_server: bool,
    /// Whether something is replaced: then a safety backup comes before the load.
    pub replaces: bool,
}

impl Course {
    /// The phases with their share of the time, as measured on 1 GB.
    pub(super) fn phases(self) -> &'static [(Phase, f64)] {
        match (self.kind, self.on_server) {
            (RunKind::Backup, false) => &[
                (Phase::Preparing, 0.02),
                (Phase::Copying, 0.14),
                (Phase::Storing, 0.60),
                (Phase::Verifying, 0.22),
                (Phase::Finishing, 0.02),
            ],
            (RunKind::Backup, true) => &[
                (Phase::Preparing, 0.03),
                (Phase::Storing, 0.80),
                (Phase::Verifying, 0.15),
                (Phase::Finishing, 0.02),
            ],
            (RunKind::Verify, _) => &[(Phase::Preparing, 0.02), (Phase::Verifying, 0.98)],
            // It restores like any other restore, compares, and removes what it made.
            (RunKind::RestoreTest, false) => Self { kind: RunKind::Restore, ..self }.phases(),
            (RunKind::RestoreTest, true) => &[
                (Phase::Preparing, 0.02),
                (Phase::Verifying, 0.11),
                (Phase::Loading, 0.45),
                (Phase::Finishing, 0.14),
                (Phase::Comparing, 0.28),
            ],
            (RunKind::Restore, _) if self.replaces => &[
                (Phase::Preparing, 0.02),
                (Phase::Verifying, 0.13),
                (Phase::Securing, 0.35),
                (Phase::Loading, 0.40),
                (Phase::Finishing, 0.10),
            ],
            (RunKind::Restore, false) => &[
                (Phase::Preparing, 0.02),
                (Phase::Verifying, 0.40),
                (Phase::Loading, 0.48),
                (Phase::Finishing, 0.10),
            ],
            // A server builds its indexes and is compared after the last byte has gone to it.
            (RunKind::Restore, true) => &[
                (Phase::Preparing, 0.02),
                (Phase::Verifying, 0.15),
                (Phase::Loading, 0.63),
                (Phase::Finishing, 0.20),
            ],
        }
    }

    pub(super) fn steps(self) -> u8 {
        u8::try_from(self.phases().len()).unwrap_or(u8::MAX)
    }

    /// Whether the total of a phase is what a server estimates, and not what there is.
    fn is_estimated(self, phase: Phase) -> bool {
        let is_dump = match self.kind {
            RunKind::Backup => phase == Phase::Storing,
            _ => phase == Phase::Comparing,
        };
        self.on_server && is_dump
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
    course: Course,
    begun: Instant,
    samples: VecDeque<(Instant, u64)>,
    last: Reading,
    last_moved: Instant,
    fraction: f64,
}

impl Meter {
    pub(super) fn new(course: Course, now: Instant) -> Self {
        Self {
            course,
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
            steps: self.course.steps(),
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
        for (step, (candidate, weight)) in (1_u8..).zip(self.course.phases()) {
            if *candidate == phase {
                let within = match reading.total {
                    0 => 0.0,
                    total if self.course.is_estimated(phase) => {
                        slowed(reading.done as f64 / total as f64)
                    }
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

/// A share of an estimate: itself up to 95 %, then ever slower towards all of it.
fn slowed(share: f64) -> f64 {
    let rest = 1.0 - SLOWS_AT;
    if share <= SLOWS_AT { share } else { 1.0 - rest * rest / (rest + share - SLOWS_AT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(phase: Phase, done: u64, total: u64) -> Reading {
        Reading { phase: Some(phase), object: None, done, total, stored: 0, rows: 0 }
    }

    fn course(kind: RunKind) -> Course {
        Course { kind, on_server: false, replaces: false }
    }

    #[test]
    fn the_weights_of_every_kind_add_up_to_one() {
        for kind in [RunKind::Backup, RunKind::Verify, RunKind::Restore, RunKind::RestoreTest] {
            for on_server in [false, true] {
                let phases = Course { kind, on_server, replaces: false }.phases();
                let sum: f64 = phases.iter().map(|(_, weight)| weight).sum();
                assert!((sum - 1.0).abs() < 1e-9, "{kind:?}: {sum}");
            }
        }
    }

    #[test]
    fn the_share_never_goes_back() {
        let start = Instant::now();
        let mut meter = Meter::new(course(RunKind::Backup), start);
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
        let mut meter = Meter::new(course(RunKind::Verify), start);
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
        let mut meter = Meter::new(course(RunKind::Verify), start);
        let stuck = reading(Phase::Verifying, 500, 1000);
        assert!(!meter.measure(&stuck, start + Duration::from_secs(1)).stalled);
        let measure = meter.measure(&stuck, start + Duration::from_secs(16));
        assert!(measure.stalled);
        assert_eq!((measure.seconds_left, measure.rate), (None, None));
    }

    #[test]
    fn a_dump_that_is_streamed_goes_from_preparing_to_storing_without_a_jump() {
        let start = Instant::now();
        let course = Course { kind: RunKind::Backup, on_server: true, replaces: false };
        let mut meter = Meter::new(course, start);
        let preparing = meter.measure(&reading(Phase::Preparing, 0, 0), start);
        let storing = meter.measure(&reading(Phase::Storing, 0, 100), start);
        assert_eq!((preparing.step, storing.step, storing.steps), (1, 2, 4));
        assert!(storing.fraction < 0.05, "{storing:?}");
    }

    #[test]
    fn an_estimate_that_was_too_low_slows_the_bar_and_never_fills_the_phase() {
        let start = Instant::now();
        let course = Course { kind: RunKind::Backup, on_server: true, replaces: false };
        let mut meter = Meter::new(course, start);
        let mut at = |done| meter.measure(&reading(Phase::Storing, done, 100), start).fraction;
        let (before, reached, more, far) = (at(50), at(95), at(110), at(300));
        assert!((before - 0.43).abs() < 1e-9 && (reached - 0.79).abs() < 1e-9);
        assert!(more > reached && far > more && far < 0.83, "{reached} {more} {far}");
        assert!(more - reached < (reached - before) / 5.0);
    }
}
