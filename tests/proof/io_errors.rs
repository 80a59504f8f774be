//! The disk fails: each `fsync`, each rename, writes, reads and the calls around them return EIO or
//! ENOSPC, one place after the other. A run fails and says why, or it succeeds and its backup verifies.

use crate::faults::{Ended, Stepper, count};
use crate::scaled;
use crate::world::{Tally, World};

/// A kind of call that fails, and where.
struct Fault {
    /// The process is stopped after one of these,
    stops: &'static str,
    /// the next one of these fails,
    fails: &'static str,
    /// with this,
    error: &'static str,
    /// on any file, or only on those that are open at the stop: other descriptors are pipes and events
    /// of the runtime, which no disk can break.
    open_only: bool,
}

/// Each of these places is tried in every run.
const RARE: [&str; 4] =
    ["fsync,fdatasync", "rename,renameat,renameat2", "unlink,unlinkat", "mkdir"];
const WRITES: (&str, &str) = ("openat,write,pwrite64", "write,pwrite64");
const READS: (&str, &str) = ("openat,read,pread64", "read,pread64");

const STOPS: &str = "write,fsync,renameat2";
/// Everything that touches a disk.
const DISK: &str = "openat,write,read,fsync,fdatasync,ftruncate,renameat2,link,linkat,unlink,unlinkat,\
                    statx,newfstatat,fstat,getdents64";

#[test]
fn each_call_of_the_commit_path_fails_once() {
    let mut tally = Tally::default();
    for error in ["EIO", "ENOSPC"] {
        for calls in RARE {
            let fault = Fault { stops: calls, fails: calls, error, open_only: false };
            sweep(&fault, usize::MAX, &mut tally);
        }
    }
    tally.conclude("I/O errors, commit path", 40);
}

#[test]
fn writes_fail_once_on_every_kind_of_file() {
    let mut tally = Tally::default();
    let (stops, fails) = WRITES;
    for error in ["EIO", "ENOSPC"] {
        sweep(&Fault { stops, fails, error, open_only: true }, scaled(30, usize::MAX), &mut tally);
    }
    tally.conclude("I/O errors, writes", 30);
}

#[test]
fn reads_and_openings_fail_once() {
    let mut tally = Tally::default();
    let (stops, fails) = READS;
    let share = scaled(25, usize::MAX);
    sweep(&Fault { stops, fails, error: "EIO", open_only: true }, share, &mut tally);
    let fault = Fault { stops: "openat", fails: "openat", error: "EIO", open_only: false };
    sweep(&fault, scaled(15, usize::MAX), &mut tally);
    tally.conclude("I/O errors, reads and openings", 20);
}

/// The disk of the storage is gone for the rest of the run, so nothing can be cleared up: the next start,
/// with the disk back, has to do it.
#[test]
fn the_disk_of_the_storage_goes_away() {
    let mut tally = Tally::default();
    let mut world = World::small();
    let total: usize = count(&world.backup(), STOPS).values().sum();
    world.remember();
    for number in (1..=total).step_by((total / scaled(40, usize::MAX)).max(1)) {
        let mut process = Stepper::start(&world.backup(), STOPS);
        if !process.stop_after(number) {
            tally.not_injected += 1;
            continue;
        }
        let mut files = process.open_files(&world.context.backups());
        files.retain(|path| path.to_str().unwrap().ends_with(".partial"));
        if files.is_empty() {
            process.go_on();
            tally.not_injected += 1;
            continue;
        }
        files.push(world.context.backups());
        let ended = process.fail_all(DISK, &files);
        assert!(!ended.injected.is_empty(), "{ended:?}");
        let name = format!("disk gone after {number} of {STOPS}: {}", ended.injected.join("; "));
        judge_end(&ended, "EIO", &name, &mut tally);
        world.judge(&name, &mut tally);
    }
    tally.conclude("disk of the storage gone", 4);
}

/// Tries about `share` of the places at which a backup stops.
fn sweep(fault: &Fault, share: usize, tally: &mut Tally) {
    let mut world = World::small();
    let total: usize = count(&world.backup(), fault.stops).values().sum();
    world.remember();
    for number in (0..total).step_by((total / share).max(1)) {
        fail_after(&mut world, fault, number, tally);
    }
}

fn fail_after(world: &mut World, fault: &Fault, number: usize, tally: &mut Tally) {
    // The first call is reached from a stop in Rust's own start, before `main`.
    let stop = if number == 0 { ("sigaltstack", 1) } else { (fault.stops, number) };
    let mut process = Stepper::start(&world.backup(), stop.0);
    if !process.stop_after(stop.1) {
        tally.not_injected += 1;
        return;
    }
    let root = world.context.root();
    let files = if fault.open_only { process.open_files(root) } else { Vec::new() };
    if fault.open_only && files.is_empty() {
        process.go_on();
        tally.not_injected += 1;
        return;
    }
    let ended = process.fail_next(fault.fails, fault.error, &files);
    if ended.injected.is_empty() {
        tally.not_injected += 1;
        return;
    }
    let name =
        format!("{} after {number} of {}: {}", fault.error, stop.0, ended.injected.join("; "));
    judge_end(&ended, fault.error, &name, tally);
    world.judge(&name, tally);
}

fn judge_end(ended: &Ended, error: &str, name: &str, tally: &mut Tally) {
    let Some(code) = ended.status.code() else {
        return tally.other(format!("{name}: ended by {:?}: {}", ended.status, ended.stderr));
    };
    let injected_at = |place: &str| ended.injected.iter().any(|line| line.contains(place));
    if code != 0 && !ended.stderr.lines().any(|line| line.starts_with('✕')) {
        tally.other(format!("{name}: no clear sentence with exit code {code}: {}", ended.stderr));
    }
    // An unreadable configuration is the one failure that is a matter of usage.
    let codes: &[i32] = if injected_at("config.toml") { &[0, 1, 2] } else { &[0, 1] };
    if !codes.contains(&code) {
        tally.other(format!("{name}: exit code {code}: {}", ended.stderr));
    }
    let unsynced = |line: &&String| line.contains("sync(") && line.contains("/backups");
    if code == 0 && ended.injected.iter().any(|line| unsynced(&line)) {
        tally.other(format!("{name}: a backup whose fsync failed is called good"));
    }
    let named = ended.stdout.contains("\"storage_full\"");
    if code != 0
        && error == "ENOSPC"
        && (injected_at("/backups") || injected_at("/scratch/"))
        && !named
    {
        tally.other(format!("{name}: a full disk is not named: {}", ended.stderr));
    }
    if code != 0
        && ended.stderr.contains("could not be read")
        && !injected_at("/data/")
        && !injected_at("/scratch/")
    {
        tally.other(format!("{name}: the source is blamed: {}", ended.stderr));
    }
}
