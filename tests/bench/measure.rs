//! Runs one command and measures it from outside: wall time, processor time, peak memory, phases.
//!
//! Owns what is read from `/proc`. What the figures mean belongs to `report`.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What one run cost.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Wall time.
    pub seconds: f64,
    /// Size of what it made, in bytes.
    pub bytes: u64,
    /// The process itself.
    pub own: Usage,
    /// The processes that it started: their time in all, the memory of the largest.
    pub tools: Usage,
    /// Processor seconds of the database server meanwhile.
    pub server: f64,
    /// The exit status. Whether it means success is for the caller to say: 3 is a backup with a
    /// warning from Kronos, and half a dump from `mariadb-dump`.
    pub status: Option<i32>,
    /// Seconds in each phase, in order, for a run that reports phases.
    pub phases: Vec<(String, f64)>,
}

/// What a process used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor seconds.
    pub processor: f64,
    /// Highest resident set, in bytes.
    pub peak: u64,
}

/// Runs `command` to its end. `server` is the process whose time is counted beside it; what the command
/// says goes into `complaints`.
pub fn measure(mut command: Command, server: Option<u32>, complaints: &Path) -> Measured {
    let said = File::create(complaints).expect("the bench folder is writable");
    let before = (children_time(), server.map_or(0.0, server_time));
    let begun = Instant::now();
    let started = command.stdout(Stdio::piped()).stderr(said).spawn();
    let mut child = started.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let output = child.stdout.take().expect("standard output is piped");
    let (done, pid) = (AtomicBool::new(false), child.id());
    let (phases, status, own, largest) = std::thread::scope(|scope| {
        let watch = scope.spawn(|| watch(pid, &done));
        let phases = read_phases(BufReader::new(output), begun);
        let status = child.wait();
        done.store(true, Ordering::Relaxed);
        let (own, largest) = watch.join().expect("the watch does not panic");
        (phases, status, own, largest)
    });
    let seconds = begun.elapsed().as_secs_f64();
    let all = children_time() - before.0;
    let tools = Usage { processor: (all - own.processor).max(0.0), peak: largest };
    let server = server.map_or(0.0, server_time) - before.1;
    let status = status.ok().and_then(|status| status.code());
    Measured { seconds, bytes: 0, own, tools, server, status, phases: durations(&phases, seconds) }
}

/// The kernel's own high-water marks and clocks, so a slow poll misses only the very last moments.
fn watch(pid: u32, done: &AtomicBool) -> (Usage, u64) {
    let (mut own, mut largest) = (Usage::default(), 0);
    while !done.load(Ordering::Relaxed) {
        own.peak = own.peak.max(peak_of(pid));
        own.processor = own.processor.max(times(pid)[..2].iter().sum());
        let mut others = children(pid);
        while let Some(other) = others.pop() {
            largest = largest.max(peak_of(other));
            others.extend(children(other));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    (own, largest)
}

fn peak_of(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let of_thread = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children")).ok();
    let lists = threads.flatten().filter_map(of_thread);
    lists
        .flat_map(|list| {
            list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

/// User and system seconds of a process, then those of the children that it has waited for.
fn times(pid: u32) -> [f64; 4] {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A program's name may hold blanks and ends at the last bracket.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut ticks = after_name.split_whitespace().skip(11).map(str::parse::<f64>);
    // The kernel counts in hundredths for programs, whatever it is built with.
    std::array::from_fn(|_| ticks.next().and_then(Result::ok).unwrap_or(0.0) / 100.0)
}

fn children_time() -> f64 {
    times(std::process::id())[2..].iter().sum()
}

fn server_time(pid: u32) -> f64 {
    times(pid).iter().sum()
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
