//! The log file.

use std::fs;

use crate::support::{TestContext, files_in};

#[test]
fn a_run_is_written_down_in_a_private_file() {
    let context = TestContext::with_shop();
    context.ok(["backup"]);
    let files = files_in(&context.logs());
    let [file] = files.as_slice() else { panic!("{files:?}") };
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("a run ended") && text.contains("Succeeded"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(context.logs().as_path()), mode(file)), (0o700, 0o600));
    }
}

#[test]
fn a_log_that_cannot_be_opened_never_stops_a_backup() {
    let context = TestContext::with_shop();
    fs::create_dir_all(context.logs().parent().unwrap()).unwrap();
    fs::write(context.logs(), "a file where the folder should be").unwrap();
    let ran = context.ok(["backup"]);
    assert!(ran.stderr.contains("The log file cannot be written"), "{}", ran.stderr);
    assert_eq!(context.archives().len(), 1);
}

#[test]
fn more_is_said_when_asked() {
    let context = TestContext::with_shop();
    assert!(!context.ok(["backup"]).stderr.contains("INFO"));
    assert!(context.ok(["backup", "-v"]).stderr.contains("INFO"));
    let mut command = context.command(["backup"]);
    let output = command.env("RUST_LOG", "kronos=info").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("INFO"));
}
