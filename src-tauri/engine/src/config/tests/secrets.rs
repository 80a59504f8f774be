//! Fetching passwords: what comes out, what is refused, and that nothing hangs or stays behind.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::SecretSource;
use crate::config::secret_command;
use crate::error::Result;
use crate::secret::Secret;

const NASTY: &str = "p$a\"b'c\\d@e#f%41g:h;i j\nkü🔑";

async fn resolved(source: SecretSource) -> String {
    source.resolve().await.unwrap().expose().to_owned()
}

fn why(result: Result<Secret>) -> String {
    result.unwrap_err().to_string()
}

fn shell(script: &str) -> Vec<String> {
    ["sh", "-c", script].map(str::to_owned).to_vec()
}

#[tokio::test]
async fn a_file_is_the_password_without_one_line_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pw");
    for (text, password) in [
        (NASTY.to_owned(), NASTY),
        (format!("{NASTY}\n"), NASTY),
        (format!("{NASTY}\r\n"), NASTY),
        ("a\n\n".to_owned(), "a\n"),
        ("a\r".to_owned(), "a\r"),
        (String::new(), ""),
    ] {
        std::fs::write(&file, &text).unwrap();
        assert_eq!(resolved(SecretSource::File(file.clone())).await, password, "{text:?}");
    }
    std::fs::write(&file, vec![b'x'; 64 * 1024]).unwrap();
    assert_eq!(resolved(SecretSource::File(file.clone())).await.len(), 64 * 1024);
}

#[tokio::test]
async fn a_file_that_is_none_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pw");
    let refused = async |path: &Path| {
        let sentence = why(SecretSource::File(path.to_path_buf()).resolve().await);
        let start = format!("The password could not be read from the file `{}`: ", path.display());
        sentence.strip_prefix(&start).unwrap_or_else(|| panic!("{sentence}")).to_owned()
    };
    assert!(refused(&file).await.starts_with("No such file"));
    assert_eq!(refused(folder.path()).await, "it is not a regular file");
    std::fs::write(&file, vec![b'x'; 64 * 1024 + 1]).unwrap();
    assert_eq!(refused(&file).await, "it is larger than 64 KiB");
    std::fs::write(&file, b"hunter\xff").unwrap();
    assert_eq!(refused(&file).await, "it is not text");
    #[cfg(unix)]
    {
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(refused(&pipe).await, "it is not a regular file");
    }
}

#[tokio::test]
async fn a_variable_that_is_not_set_says_so() {
    let error = SecretSource::Env("KRONOS_NO_SUCH_VARIABLE".to_owned()).resolve().await;
    assert_eq!(
        why(error),
        "The password could not be read from the variable `KRONOS_NO_SUCH_VARIABLE`: it is not set, or not text"
    );
    assert_eq!(resolved(SecretSource::Plain(Secret::new(NASTY))).await, NASTY);
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_prints_the_password() {
    let printed =
        |text: &str| SecretSource::Command(["printf", "%s", text].map(str::to_owned).to_vec());
    assert_eq!(resolved(printed(NASTY)).await, NASTY);
    assert_eq!(resolved(printed("a\n")).await, "a");
    assert_eq!(resolved(printed("")).await, "");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_fails_says_so_without_what_it_printed() {
    let refused = async |command: Vec<String>| {
        let sentence = why(SecretSource::Command(command).resolve().await);
        assert!(!sentence.contains("hunter2"), "{sentence}");
        sentence
            .strip_prefix("The password could not be read from the command `")
            .unwrap()
            .to_owned()
    };
    let failed = refused(shell("echo hunter2; echo hunter2 >&2; exit 3")).await;
    assert_eq!(failed, "sh`: it failed with exit status: 3");
    assert_eq!(
        refused(shell("printf 'hunter2\\377'")).await,
        "sh`: it printed something that is not text"
    );
    assert_eq!(refused(shell("yes hunter2")).await, "sh`: it printed more than 64 KiB");
    let missing = refused(vec!["kronos-no-such-program".to_owned()]).await;
    assert!(missing.starts_with("kronos-no-such-program`: No such file"), "{missing}");
}

/// Waits until the file `pid` names a process, and returns its number.
#[cfg(unix)]
async fn process_in(pid: &Path) -> u32 {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(pid).unwrap_or_default();
        if let Some(number) = text.strip_suffix('\n').and_then(|text| text.parse().ok()) {
            return number;
        }
        assert!(Instant::now() < deadline, "the program did not start");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(target_os = "linux")]
async fn ends(process: u32) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let status = format!("/proc/{process}/stat");
    // One that was killed stays as `Z` until its parent, or the system, has asked for its end.
    while std::fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z")) {
        assert!(Instant::now() < deadline, "process {process} is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_that_hangs_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!("sleep 1000 & echo $! > '{}'; wait", pid.display());
    let outcome = secret_command::run(&shell(&script), Duration::from_secs(1)).await;
    assert_eq!(
        why(outcome),
        "The password could not be read from the command `sh`: it did not end within 1 s"
    );
    ends(process_in(&pid).await).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_ends_when_nobody_waits_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!("sleep 1000 & echo $! > '{}'; wait", pid.display());
    let source = SecretSource::Command(shell(&script));
    let asked = tokio::spawn(async move { source.resolve().await });
    let process = process_in(&pid).await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    ends(process).await;
}
