//! The disk fills up: the free space of the storage, and separately of Kronos's own folder, is swept
//! from nothing to a little more than a backup needs. Each run succeeds and verifies, or it says that
//! there is no space; nothing half done is listed and older backups stay.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::cli::{Ran, TestContext};
use crate::faults::tool;
use crate::mounts::{leave_free, mount_disk, with_own_mounts};
use crate::scaled;
use crate::world::{Tally, World};

const STEP: u64 = 64 * 1024;
const PAGE: u64 = 4096;
/// Random bytes in the database: what a backup needs at least.
const NOISE: u64 = 2_000_000;

#[test]
fn of_the_storage() {
    with_own_mounts("full_disk::of_the_storage", || {
        let context = TestContext::new();
        fs::create_dir(context.backups()).unwrap();
        mount_disk(&context.backups(), 64 << 20);
        let disk = context.backups();
        let (successes, tally) = sweep(context, &disk, NOISE + 4 * STEP);
        crate::say(&format!("full disk, storage: {successes} of {} runs had room", tally.tried));
        tally.conclude("full disk, storage", 20);
        assert!(successes > 0 && successes < tally.tried, "{successes}");
    });
}

#[test]
fn of_kronos_itself() {
    with_own_mounts("full_disk::of_kronos_itself", || {
        let context = TestContext::new();
        let disk = context.root().join("state");
        fs::create_dir(&disk).unwrap();
        mount_disk(&disk, 64 << 20);
        let (successes, tally) = sweep(context, &disk, NOISE + 6 * STEP);
        crate::say(&format!("full disk, state: {successes} of {} runs had room", tally.tried));
        tally.conclude("full disk, state", 20);
        assert!(successes > 0 && successes < tally.tried, "{successes}");
    });
}

#[test]
fn a_file_size_limit_is_an_error_and_no_sudden_death() {
    let context = TestContext::new();
    context.database("shop.db", 10);
    let mut world = World::around(context);
    grow(&mut world);
    let mut tally = Tally::default();
    for limit in [200_000_u64, 1_000_000, 1_900_000] {
        let mut limited = std::process::Command::new(tool("prlimit", "util-linux"));
        let backup = world.backup();
        limited.arg(format!("--fsize={limit}")).arg(backup.get_program()).args(backup.get_args());
        limited.env_clear().current_dir(world.context.root());
        limited.envs(backup.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ran = limited.output().unwrap();
        let name = format!("limit of {limit} bytes");
        let ran = Ran::from(ran);
        if ran.code != 1 || !ran.stderr.contains("cannot be written") {
            tally.other(format!("{name}: no clear refusal: {ran:?}"));
        }
        world.judge(&name, &mut tally);
    }
    tally.conclude("file size limit", 3);
}

/// A disk that is filled up under a world.
struct Sweep<'a> {
    world: World,
    disk: &'a Path,
    tally: Tally,
    successes: usize,
}

/// Backs up with every amount of free space on `disk` up to `need`, then finds the edge to the page;
/// returns how many runs succeeded.
fn sweep(context: TestContext, disk: &Path, need: u64) -> (usize, Tally) {
    context.database("shop.db", 10);
    // The first backup is small, so that the room for the next one is guessed too low and the disk is
    // found full in the middle of the work.
    let mut world = World::around(context);
    grow(&mut world);
    let mut sweep = Sweep { world, disk, tally: Tally::default(), successes: 0 };
    let step = scaled(need / 22, STEP);
    let fine = [0, 1, 2, 3, 5, 8, 12].map(|pages| pages * PAGE);
    let coarse = (1..).map(|number| number * step).take_while(|free| *free <= need + step);
    let (mut too_little, mut enough) = (0, u64::MAX);
    for free in fine.into_iter().chain(coarse) {
        if sweep.run(free) {
            enough = enough.min(free);
        } else {
            too_little = free;
        }
    }
    while enough.saturating_sub(too_little) > PAGE {
        let middle = too_little + (enough - too_little) / 2;
        if sweep.run(middle) {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    (sweep.successes, sweep.tally)
}

impl Sweep<'_> {
    /// One backup with so much free space; whether it succeeded.
    fn run(&mut self, free: u64) -> bool {
        let Self { world, disk, tally, successes } = self;
        leave_free(disk, ".ballast", free);
        let name = format!("{free} bytes free");
        let ran: Ran = world.backup().output().unwrap().into();
        judge_full(&ran, &name, tally);
        look_while_full(world, &name, tally);
        fs::remove_file(disk.join(".ballast")).unwrap();
        world.judge(&name, tally);
        *successes += usize::from(ran.code == 0);
        ran.code == 0
    }
}

fn grow(world: &mut World) {
    let shop = Connection::open(world.context.data("shop.db")).unwrap();
    let noise =
        format!("CREATE TABLE noise (b BLOB); INSERT INTO noise VALUES (randomblob({NOISE}));");
    shop.execute_batch(&noise).unwrap();
    drop(shop);
    world.source_changed();
}

fn judge_full(ran: &Ran, name: &str, tally: &mut Tally) {
    let clear = ran.code == 1 && ran.stdout.contains("\"storage_full\"");
    if ran.code != 0 && !clear {
        tally.other(format!("{name}: neither success nor a clear refusal: {ran:?}"));
    }
}

/// Listing is reading: it has to work, or say that there is no space.
fn look_while_full(world: &World, name: &str, tally: &mut Tally) {
    let list = world.context.run(["list", "--json"]);
    let clear = list.code == 1 && list.stdout.contains("\"storage_full\"");
    if list.code != 0 && !clear {
        tally.other(format!("{name}: the list fails without a reason: {list:?}"));
    }
}
