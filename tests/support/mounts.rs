//! Disks of a chosen size, in a mount namespace of its own: nothing can stay mounted after a test,
//! whatever ended it, and no other test sees the mounts.
//!
//! A test that needs one runs itself again inside the namespace.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::faults::tool;

/// Set inside the namespace.
const INSIDE: &str = "KRONOS_PROOF_MOUNTS";

/// Runs `body` where it may mount; `test` is the full name of the calling test.
pub fn with_own_mounts(test: &str, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return body();
    }
    let mut again = Command::new(tool("unshare", "util-linux"));
    again.args(["--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        again.arg("--map-root-user");
    }
    again.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture"]);
    // What the suite says goes straight to stderr; the inner harness's own words only matter when it
    // failed, and never may a count of tests in them be taken for one of the outer harness.
    let output = again.env(INSIDE, "1").stderr(Stdio::inherit()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).replace("test result", "result");
    assert!(output.status.success(), "`{test}` failed in its own mount namespace: {words}");
}

/// Mounts an empty disk of so many bytes.
pub fn mount_disk(folder: &Path, bytes: u64) {
    let options = format!("size={bytes},mode=0700");
    let mut mount = Command::new(tool("mount", "mount"));
    mount.args(["-t", "tmpfs", "-o", &options, "kronos-proof"]).arg(folder);
    assert!(mount.status().unwrap().success(), "cannot mount at {}", folder.display());
}

/// Fills the disk at `folder` until exactly `free` bytes, rounded down to pages, are left.
pub fn leave_free(folder: &Path, ballast: &str, free: u64) {
    let file = folder.join(ballast);
    let _ = std::fs::remove_file(&file);
    let stat = rustix::fs::statvfs(folder).unwrap();
    let surplus = (stat.f_bavail * stat.f_frsize).saturating_sub(free);
    let mut file = File::create(file).unwrap();
    let page = vec![0x55; usize::try_from(stat.f_frsize).unwrap()];
    for _ in 0..surplus.div_ceil(stat.f_frsize) {
        file.write_all(&page).unwrap();
    }
}
