//! How far a run is: a bar on a terminal, a plain line for every phase anywhere else.
//!
//! Owns the bars and the words beside them. The numbers (share done, rate, time left) are made by the
//! engine and only shown here.

use std::collections::HashMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use kronos_engine::event::{Event, RunState, RunView};
use kronos_engine::ids::RunId;
use kronos_engine::progress::Phase;
use kronos_engine::units;

use crate::output::Output;
use crate::render::plain;

/// Steps of a bar; more than any terminal has columns.
const FULL: u64 = 1000;

/// All runs that are going on.
pub struct Screen {
    output: Output,
    bars: HashMap<RunId, ProgressBar>,
    phases: HashMap<RunId, Phase>,
    /// The longest name so far, so that all bars begin in one column.
    widest: usize,
}

impl Screen {
    pub fn new(output: &Output) -> Self {
        Self { output: output.clone(), bars: HashMap::new(), phases: HashMap::new(), widest: 0 }
    }

    /// Takes one event of any run.
    pub fn show(&mut self, event: &Event) {
        match event {
            Event::RunQueued(view) | Event::RunPhase(view) | Event::RunProgress(view) => {
                if self.output.can_draw() {
                    self.draw(view);
                } else if !self.output.is_json() {
                    self.tell(view);
                }
            }
            Event::RunFinished(view) => {
                if let Some(bar) = self.bars.remove(&view.id) {
                    bar.finish_and_clear();
                }
            }
            Event::BackupsChanged | Event::ConfigChanged => {}
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1 as a position on the bar"
    )]
    fn draw(&mut self, view: &RunView) {
        self.widest = self.widest.max(view.profile.chars().count());
        let prefix = format!("{:<1$}", plain(&view.profile), self.widest);
        let bar = self.bars.entry(view.id.clone()).or_insert_with(|| {
            // A bar is drawn as soon as it is added, so it has its name by then.
            let bar = ProgressBar::new(FULL).with_style(style()).with_prefix(prefix.clone());
            let bar = self.output.bars().add(bar);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_prefix(prefix);
        bar.set_position((view.fraction.clamp(0.0, 1.0) * 1000.0) as u64);
        bar.set_message(words(view));
    }

    /// A log wants to know what happens, not how often a number changed.
    fn tell(&mut self, view: &RunView) {
        let Some(phase) = view.phase else { return };
        if view.state == RunState::Cancelling || self.phases.get(&view.id) == Some(&phase) {
            return;
        }
        self.phases.insert(view.id.clone(), phase);
        let total = view.bytes_total.map(|total| format!(", {}", units::bytes(total)));
        let total = total.unwrap_or_default();
        self.output.message(&format!("{}: {}{total}", plain(&view.profile), label(phase)));
    }
}

fn style() -> ProgressStyle {
    let template = "{prefix}  {bar:12} {percent:>3} %  {wide_msg}";
    // The template is a constant; a wrong one would show the default bar.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸─")
}

/// Everything beside the bar, in the order of its worth: what does not fit is cut off at the end.
fn words(view: &RunView) -> String {
    let phase = match (view.state, view.phase) {
        (RunState::Queued, _) => return "waiting for its turn".to_owned(),
        (RunState::Cancelling, _) => return "cancelling".to_owned(),
        (_, None) => return "starting".to_owned(),
        (_, Some(phase)) => phase,
    };
    let mut parts = vec![format!("{}/{} {}", view.step, view.steps, label(phase))];
    if view.stalled {
        parts.push("no data for 15 s".to_owned());
    } else if let Some(seconds) = view.seconds_left {
        parts.push(format!("{} left", roughly(seconds)));
    }
    match (view.bytes_done, view.bytes_total) {
        (0, _) => {}
        (done, None) => parts.push(units::bytes(done)),
        (done, Some(total)) => {
            parts.push(format!("{} of {}", units::bytes(done.min(total)), units::bytes(total)));
        }
    }
    if let Some(rate) = view.rate.filter(|rate| *rate > 0 && !view.stalled) {
        parts.push(format!("{}/s", units::bytes(rate)));
    }
    parts.join(" · ")
}

fn label(phase: Phase) -> &'static str {
    match phase {
        Phase::Preparing => "preparing",
        Phase::Copying => "copying",
        Phase::Storing => "storing",
        Phase::Verifying => "verifying",
        Phase::Securing => "making the safety backup",
        Phase::Loading => "loading",
        Phase::Finishing => "finishing",
        Phase::Comparing => "comparing the contents",
    }
}

/// A guess that does not pretend to be more.
fn roughly(seconds: u64) -> String {
    match seconds {
        0..=55 => format!("about {} s", seconds.div_ceil(5).max(1) * 5),
        56..=3540 => format!("about {} min", seconds.div_ceil(60)),
        _ => format!("over {} h", (seconds / 3600).max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kronos_engine::event::RunKind;

    #[test]
    fn the_words_follow_the_run() {
        let at = "2026-11-22T13:54:01Z".parse().unwrap();
        let id = RunId::from_text("r");
        let mut view = RunView::queued(id, RunKind::Backup, "shop".into(), 5, at);
        assert_eq!(words(&view), "waiting for its turn");
        view.state = RunState::Running;
        assert_eq!(words(&view), "starting");
        (view.phase, view.step) = (Some(Phase::Storing), 3);
        assert_eq!(words(&view), "3/5 storing");
        (view.bytes_done, view.bytes_total) = (78_000_000, Some(184_000_000));
        (view.rate, view.seconds_left) = (Some(45_000_000), Some(8));
        let all = "3/5 storing · about 10 s left · 78 MB of 184 MB · 45 MB/s";
        assert_eq!(words(&view), all);
        view.stalled = true;
        assert_eq!(words(&view), "3/5 storing · no data for 15 s · 78 MB of 184 MB");
        view.state = RunState::Cancelling;
        assert_eq!(words(&view), "cancelling");
    }

    #[test]
    fn time_left_is_rounded() {
        let cases = [
            (0, "about 5 s"),
            (17, "about 20 s"),
            (56, "about 1 min"),
            (200, "about 4 min"),
            (3600, "over 1 h"),
            (9000, "over 2 h"),
        ];
        for (seconds, text) in cases {
            assert_eq!(roughly(seconds), text);
        }
    }
}
