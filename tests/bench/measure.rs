//! Runs one command and measures it from outside: wall time, CPU time, peak memory, phases.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What one run cost.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Wall time.
    pub seconds: f64,
    /// Highest resident set of the process itself, in bytes.
    pub peak: u64,
    /// Size of the archive it made, in bytes.
    pub bytes: u64,
    /// Seconds in each phase, in order, for a run that reports phases.
    pub phases: Vec<(String, f64)>,
}

/// Runs `command` to its end. A failure ends the bench: a wrong result has no speed.
pub fn measure(mut command: Command) -> Measured {
    let begun = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts: are sqlite3, tar and pigz installed?");
    let output = child.stdout.take().expect("standard output is piped");
    let (done, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let pid = child.id();
    let (phases, status) = std::thread::scope(|scope| {
        scope.spawn(|| watch_memory(pid, &done, &peak));
        let phases = read_phases(BufReader::new(output), begun);
        let status = child.wait();
        done.store(true, Ordering::Relaxed);
        (phases, status)
    });
    let seconds = begun.elapsed().as_secs_f64();
    assert!(status.is_ok_and(|status| status.success()), "{command:?} failed");
    Measured { seconds, peak: peak.into_inner(), bytes: 0, phases: durations(&phases, seconds) }
}

/// `VmHWM` is the kernel's own high-water mark, so a slow poll misses only the very last moments.
fn watch_memory(pid: u32, done: &AtomicBool, peak: &AtomicU64) {
    while !done.load(Ordering::Relaxed) {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak.fetch_max(kilobytes.unwrap_or(0) * 1024, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// When each phase began, from the lines of `--json`.
fn read_phases(output: impl BufRead, begun: Instant) -> Vec<(String, f64)> {
    let mut phases: Vec<(String, f64)> = Vec::new();
    for line in output.lines().map_while(Result::ok) {
        let at = begun.elapsed().as_secs_f64();
        let Ok(event) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
        let Some(phase) = event["phase"].as_str() else { continue };
        if phases.last().is_none_or(|(last, _)| last != phase) {
            phases.push((phase.to_owned(), at));
        }
    }
    phases
}

fn durations(starts: &[(String, f64)], end: f64) -> Vec<(String, f64)> {
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([end]);
    starts.iter().zip(ends).map(|((name, from), to)| (name.clone(), to - from)).collect()
}
