//! `kill -9` during a backup: right after every call that changes the disk, and at random moments.
//! Whatever the moment, the next start lists only good backups and nothing is left behind.

use std::hash::{BuildHasher, RandomState};
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use crate::faults::{Stepper, count};
use crate::scaled;
use crate::world::{Tally, World};

/// The calls of the commit path. They are few, and each is tried in every run.
const RARE: &str =
    "fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,rmdir";
/// Calls by the dozen; a share of them is tried, the long form tries all.
const MANY: [&str; 4] = ["openat", "write", "pwrite64", "close"];

#[test]
fn killed_after_any_call_of_the_commit_path() {
    let mut tally = Tally::default();
    let mut world = World::small();
    let counts = count(&world.backup(), RARE);
    world.remember();
    crate::say(&format!("kill sweep: one backup makes {counts:?}"));
    for number in 1..=counts.values().sum() {
        kill_after(&mut world, RARE, number, &mut tally);
    }
    assert_eq!(tally.not_injected, 0, "the calls of the commit path are always the same");
    tally.conclude("kill sweep, commit path", 20);
}

#[test]
fn killed_after_any_other_call_on_files() {
    let mut tally = Tally::default();
    for calls in MANY {
        let mut world = World::small();
        let total: usize = count(&world.backup(), calls).values().sum();
        world.remember();
        let step = scaled((total / 25).max(1), 1);
        for number in (1..=total).step_by(step) {
            kill_after(&mut world, calls, number, &mut tally);
        }
    }
    tally.conclude("kill sweep, other calls", 60);
}

fn kill_after(world: &mut World, calls: &str, number: usize, tally: &mut Tally) {
    let mut process = Stepper::start(&world.backup(), calls);
    if process.stop_after(number) && process.kill().status.code().is_none() {
        world.judge(&format!("killed after call {number} of {calls}"), tally);
    } else {
        tally.not_injected += 1;
    }
}

#[test]
fn killed_at_random_moments() {
    let mut tally = Tally::default();
    let mut world = World::small();
    let begun = Instant::now();
    world.context.ok(["backup"]);
    let mut duration = begun.elapsed();
    world.remember();
    let wanted = scaled(100, 400);
    for round in 0..3 * wanted {
        if tally.tried == wanted {
            break;
        }
        let mut process =
            world.backup().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // One of a thousand moments, from before the first line of code to after the last.
        let moment = u32::try_from(RandomState::new().hash_one(round) % 1000).unwrap();
        thread::sleep(duration * moment / 1000);
        process.kill().unwrap();
        if process.wait().unwrap().code().is_some() {
            // It had ended before: the computer is faster than it was.
            duration = duration * 9 / 10;
            tally.not_injected += 1;
        } else {
            duration = duration * 21 / 20;
            world.judge(&format!("killed at {moment}/1000 of {duration:?}"), &mut tally);
        }
        world.remember();
    }
    tally.conclude("kill at random moments", wanted);
}
