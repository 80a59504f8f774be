//! What an open window clears up beside its work.
//!
//! Owns how often. What is due, and how it goes, is the engine's.

use std::time::Duration;

use kronos_engine::Engine;
use tokio::time::{MissedTickBehavior, interval};

/// A scratch place is kept for a day; an hour more harms nobody.
pub const EVERY: Duration = Duration::from_hours(1);

/// Clears up, at once and then again and again, for as long as the program runs.
pub async fn go_on(engine: Engine, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let (said, _left) =
            tokio::join!(engine.settle_open_swaps(), engine.remove_due_scratch_places());
        for said in said {
            tracing::warn!("{said}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use kronos_engine::EngineOptions;
    use kronos_engine::clock::SystemClock;
    use kronos_engine::event::{Event, EventSink};

    use super::*;

    struct Nobody;

    impl EventSink for Nobody {
        fn emit(&self, _event: Event) {}
    }

    #[tokio::test]
    async fn a_window_that_stays_open_removes_what_is_due() {
        let folder = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            config_path: folder.path().join("config.toml"),
            state_base: folder.path().join("state"),
            sink: Arc::new(Nobody),
            clock: Arc::new(SystemClock),
            owner: "a test",
        };
        let engine = Engine::open(options).await.unwrap();
        let places = engine.state_dir().places();
        fs::create_dir_all(&places).unwrap();
        let place = |name: &str, removed_after: &str| {
            let note = serde_json::json!({
                "engine": "sqlite", "profile": "shop", "name": name, "removed_after": removed_after,
            });
            fs::write(places.join(format!("{name}.kept")), note.to_string()).unwrap();
            let file = places.join(format!("{name}.sqlite"));
            fs::write(&file, "restored").unwrap();
            file
        };
        let due = place("kronos_scratch_shop_0123456789abcdef", "2026-11-22T04:00:00Z");
        let young = place("kronos_scratch_shop_fedcba9876543210", "9000-01-01T00:00:00Z");
        let work = go_on(engine, Duration::from_millis(10));
        let gone = async {
            while due.exists() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = work => unreachable!("it goes on for as long as the program runs"),
            ended = tokio::time::timeout(Duration::from_mins(1), gone) => ended.unwrap(),
        }
        assert!(young.exists());
    }
}
