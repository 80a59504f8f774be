//! A server that dies in the middle of a swap, and comes back: the database on it is old or new.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::rig::{Fresh, Subject};
use crate::servers::MysqlServer;
use crate::stage::{Stage, until_finishing};
use crate::{say, scaled};

/// A MariaDB of one test.
struct Own {
    folder: tempfile::TempDir,
    server: MysqlServer,
    process: Child,
}

impl Own {
    fn new(like: &MysqlServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let made = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--user=root",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            ])
            .arg(format!("--datadir={}", folder.path().join("data").display()))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = like.elsewhere(&folder.path().join("s"), port);
        let user = format!("{}@'%'", server.user);
        let first = format!(
            "CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{}'; GRANT ALL ON *.* TO {user} WITH GRANT OPTION;",
            server.password
        );
        std::fs::write(folder.path().join("init.sql"), first.replace("; ", ";\n")).unwrap();
        let process = start(folder.path(), port);
        let own = Self { folder, server, process };
        own.wait();
        own
    }

    /// Waits until it lets us in.
    fn wait(&self) {
        let begun = Instant::now();
        while self.server.try_session(None).is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a power failure does, and starts it again.
    fn crash(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = start(self.folder.path(), self.server.port);
        self.wait();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(folder: &Path, port: u16) -> Child {
    let at = |option: &str, name: &str| format!("--{option}={}", folder.join(name).display());
    let port = format!("--port={port}");
    Command::new("/usr/sbin/mariadbd")
        .args([
            "--no-defaults",
            "--user=root",
            "--bind-address=127.0.0.1",
            "--character-set-server=utf8mb4",
        ])
        .args([
            at("datadir", "data"),
            at("socket", "s"),
            at("pid-file", "pid"),
            at("init-file", "init.sql"),
            port,
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_server_that_dies_in_the_middle_comes_back_with_the_old_or_the_new_one() {
    let Some(like) = MysqlServer::mariadb() else { return };
    let mut own = Own::new(&like);
    let subject = Subject::Mysql(own.server.clone());
    let source = crate::replace_moved::with_programs(&subject, 100);
    assert!(matches!(source, Fresh::Mysql(_)));
    let mut stage = Stage::new(subject, source);
    let words = stage.words(&[]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let finishing = stage.timed(&words).finishing;
    let wanted = scaled(2, 24);
    let (mut points, mut new, mut failed) = (0_u32, 0, 0);
    // A machine that is faster than it was a moment ago may be done before each of the first few.
    while points < wanted || (failed == 0 && points < wanted + 12) {
        stage.old = stage.change();
        let mut command = stage.profile.command(&stage.context, &words);
        let mut restore = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let rest = until_finishing(&mut restore);
        // All over the end of it, of which the swap is the last part.
        std::thread::sleep(finishing.mul_f64(1.0 - f64::from(points * 5 % 12) / 12.0));
        points += 1;
        own.crash();
        rest.for_each(drop);
        failed += usize::from(!restore.wait().unwrap().success());
        stage.profile.ok(&stage.context, &["backup"]);
        // Numbers that were drawn and never used are drawn again after a crash; that is the server's.
        let mut found = stage.found();
        (found.counters, stage.old.counters, stage.new.counters) = Default::default();
        if found == stage.new {
            new += 1;
        } else {
            stage.old.assert_restored(&found);
        }
    }
    say(&format!(
        "MariaDB died {points} times near a swap: the new one {new}, the restore failed {failed}, neither 0"
    ));
    assert!(failed > 0, "it never died while anybody was at work");
}
