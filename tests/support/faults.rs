//! Faults at exact places: a process is stopped right after its n-th system call of a kind, and there it
//! is killed, or its next such call is made to fail.
//!
//! Owns the use of `strace`. Its own `when=N` counts each thread for itself, and Tokio hands work to
//! whichever thread is idle, so N would be another place in every run. Instead every call of the kind
//! stops the whole process (`signal=STOP`), and this module counts and continues it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, PipeReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes, so that a mistake in a test ends as a failure and not never.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a process ended that had a fault.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// The calls that were made to fail, as `strace` prints them.
    pub injected: Vec<String>,
}

/// A process that stops after each of certain system calls.
pub struct Stepper {
    process: Child,
    log: Lines<BufReader<PipeReader>>,
    stdout: File,
    stderr: File,
}

impl Stepper {
    /// Starts `command`; `calls` are names as `strace -e trace=` takes them.
    pub fn start(command: &Command, calls: &str) -> Self {
        let (log, end) = std::io::pipe().unwrap();
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let stop = format!("inject={calls}:signal=STOP");
        let trace = format!("trace={calls}");
        // -D: the process is our own child, strace its grandchild. The log goes to what is its stdin,
        // because that is a descriptor that can be handed over without unsafe code.
        let words = ["-D", "-f", "-y", "-o", "/proc/self/fd/0", "-e", &trace, "-e", &stop];
        let process = strace(&words, Some(command))
            .stdin(end)
            .stdout(stdout.try_clone().unwrap())
            .stderr(stderr.try_clone().unwrap())
            .spawn()
            .unwrap();
        Self { process, log: BufReader::new(log).lines(), stdout, stderr }
    }

    /// Lets the process go until its `number`-th call has returned; `false` when it ended before.
    pub fn stop_after(&mut self, number: usize) -> bool {
        let mut seen = 0;
        while let Some(line) = self.next_line() {
            if !line.contains("--- SIGSTOP {") {
                continue;
            }
            seen += 1;
            if seen == number {
                return true;
            }
            self.signal(Signal::CONT);
        }
        false
    }

    /// The process's id, for a look into `/proc`.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The files below `folder` that the process has open.
    pub fn open_files(&self, folder: &Path) -> Vec<PathBuf> {
        let links = std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap();
        let targets = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
        targets.filter(|target| target.starts_with(folder)).collect()
    }

    /// `kill -9`, here and now.
    pub fn kill(self) -> Ended {
        self.signal(Signal::KILL);
        self.end(Vec::new())
    }

    /// Ctrl-C, here and now; then lets the process go to its end.
    pub fn interrupt(self) -> Ended {
        self.signal(Signal::INT);
        self.go_on()
    }

    /// Makes the next of `calls` fail with `error` (`EIO`) and lets the process go to its end. A thread
    /// that makes several of them fails at its first one. With `files`, only calls on these.
    pub fn fail_next(self, calls: &str, error: &str, files: &[PathBuf]) -> Ended {
        self.fail(&format!("inject={calls}:error={error}:when=1"), calls, files)
    }

    /// Makes all of `calls` on `files` fail with EIO from now on, and lets the process go to its end.
    pub fn fail_all(self, calls: &str, files: &[PathBuf]) -> Ended {
        self.fail(&format!("inject={calls}:error=EIO"), calls, files)
    }

    fn fail(mut self, fault: &str, calls: &str, files: &[PathBuf]) -> Ended {
        // From this line on the stop holds, whoever traces.
        while self.next_line().is_some_and(|line| !line.contains("--- stopped by SIGSTOP")) {}
        self.drop_tracer();
        let log = tempfile::NamedTempFile::new().unwrap();
        let trace = format!("trace={calls}");
        let (path, id) = (log.path().to_str().unwrap().to_owned(), self.process.id().to_string());
        let mut words = vec!["-f", "-y", "-o", &path, "-e", &trace, "-e", fault, "-p", &id];
        for file in files {
            words.extend(["-P", file.to_str().unwrap()]);
        }
        let mut tracer = strace(&words, None).stderr(Stdio::piped()).spawn().unwrap();
        let mut words = BufReader::new(tracer.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("attached") {
            let more = words.read_line(&mut said).unwrap();
            assert!(more > 0, "strace says {said:?}");
        }
        // Read on, so that strace never waits for us.
        let reader = std::thread::spawn(move || words.read_to_string(&mut String::new()));
        self.signal(Signal::CONT);
        self.process.wait().unwrap();
        tracer.wait().unwrap();
        reader.join().unwrap().unwrap();
        let text = std::fs::read_to_string(log.path()).unwrap();
        self.end(injected(&text))
    }

    /// Lets the process go to its end without a fault.
    pub fn go_on(mut self) -> Ended {
        self.signal(Signal::CONT);
        self.stop_after(usize::MAX);
        self.end(Vec::new())
    }

    fn next_line(&mut self) -> Option<String> {
        self.log.next().map(Result::unwrap)
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.process.id().cast_signed()).unwrap();
        // A process that is gone already has ended by itself; its exit status tells.
        let _ = kill_process(id, signal);
    }

    /// Ends strace but not the process, which stays stopped.
    fn drop_tracer(&self) {
        let begun = Instant::now();
        while let Some(tracer) = tracer_of(self.process.id()) {
            let _ = kill_process(tracer, Signal::KILL);
            assert!(begun.elapsed() < PATIENCE, "strace does not end");
            std::thread::yield_now();
        }
    }

    fn end(mut self, injected: Vec<String>) -> Ended {
        let status = self.process.wait().unwrap();
        let (stdout, stderr) = (text(self.stdout), text(self.stderr));
        Ended { status, stdout, stderr, injected }
    }
}

/// The failed calls in a log. What was printed in two halves, because another thread was in between, is
/// put together: only the first half names the file.
fn injected(log: &str) -> Vec<String> {
    let mut begun = BTreeMap::new();
    let mut found = Vec::new();
    for line in log.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or_default();
        if let Some(first) = call.strip_suffix("<unfinished ...>") {
            begun.insert(thread, first);
        } else if line.ends_with("(INJECTED)") {
            let first = call.contains(" resumed>").then(|| begun.get(thread)).flatten();
            found.push(format!("{}{call}", first.copied().unwrap_or_default()));
        }
    }
    found
}

/// How often `command` makes each of `calls` when nothing goes wrong.
pub fn count(command: &Command, calls: &str) -> BTreeMap<String, usize> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let (path, trace) = (log.path().to_str().unwrap(), format!("trace={calls}"));
    let output = strace(&["-f", "-o", path, "-e", &trace], Some(command)).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut counts = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines() {
        // `1234 fsync(5) = 0`, or `1234 fsync(5 <unfinished ...>` when threads overlap.
        let call = line.split_once(' ').map(|(_, call)| call.trim_start());
        let name = call.and_then(|call| call.split_once('(')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric())) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// A program that the proofs need; without it they fail and say which package has it.
pub fn tool(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|p| p.is_file());
    found.unwrap_or_else(|| panic!("`{name}` is missing: install the package `{package}`"))
}

fn strace(words: &[&str], command: Option<&Command>) -> Command {
    let mut strace = Command::new(tool("strace", "strace"));
    strace.args(words).env_clear();
    let Some(command) = command else { return strace };
    strace.arg("--").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    strace.current_dir(command.get_current_dir().unwrap_or(Path::new(".")));
    strace
}

fn tracer_of(process: u32) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("TracerPid:"))?;
    Pid::from_raw(line.trim().parse().ok()?)
}

fn text(mut file: File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}
