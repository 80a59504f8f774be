//! Without Kronos: an archive is loaded by what its own `RESTORE.md` says, with `tar` and the tools of the
//! server's maker, and everything is there.
//!
//! Only what a person would fill in is filled in: the server, the login, the name of the new database.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::TestContext;
use crate::rig::Subject;
use crate::say;
use crate::servers::Servers;

/// The programs that a person needs beside those of the server.
const STOCK: [&str; 6] = ["sh", "tar", "gzip", "sha256sum", "find", "mkdir"];

#[test]
fn each_archive_says_how_to_load_it() {
    for subject in Subject::each() {
        let source = subject.nasty();
        let context = TestContext::new();
        let profile = subject.profile(source.name());
        profile.write(&context);
        profile.ok(&context, &["backup"]);
        let archive = context.archives().remove(0);
        let text = restore_text(&archive);
        let target = subject.target("by_hand");
        let steps = steps(&text, source.name());
        assert!(!steps.is_empty(), "{text}");
        for step in &steps {
            let filled = fill_in(&subject, step, source.name(), target.name());
            run(&context, &subject, &filled);
        }
        let before = subject.snapshot(source.name());
        before.assert_restored(&subject.snapshot(target.name()));
        say(&format!(
            "by hand, {}: {} commands, {} objects and {} rows equal",
            subject.name(),
            steps.len(),
            before.objects.len(),
            before.row_count()
        ));
    }
}

fn restore_text(archive: &Path) -> String {
    let tar = Command::new("tar").arg("-xzOf").arg(archive).arg("RESTORE.md").output().unwrap();
    assert!(tar.status.success(), "{}", String::from_utf8_lossy(&tar.stderr));
    String::from_utf8(tar.stdout).unwrap()
}

/// The fenced commands below the heading of the database; the one that only checks is not needed.
fn steps(text: &str, database: &str) -> Vec<String> {
    let below = text.split(&format!("### `{database}`")).nth(1).unwrap_or_else(|| panic!("{text}"));
    let section = below.split("\n### ").next().unwrap();
    let fenced = section.split("```").skip(1).step_by(2);
    let commands = fenced.map(|block| block.split_once('\n').unwrap().1.to_owned());
    commands.filter(|block| !block.contains("| sha256sum")).collect()
}

fn fill_in(subject: &Subject, step: &str, source: &str, target: &str) -> String {
    match subject {
        // The server and the login come from the environment, as its tools want it.
        Subject::Postgres(_) => step.replace(&format!("{source}_restored"), target),
        Subject::Mysql(server) => {
            let client = if server.is_mariadb() { "mariadb" } else { "mysql" };
            let login = format!("{client} --defaults-file='{}'", server.setting("OPTION_FILE"));
            step.replace("-h HOST -u USER -p", "")
                .replace(&format!("{client} "), &format!("{login} "))
                .replace("restored", target)
        }
        Subject::Mongo(server) => step
            .replace("HOST", "127.0.0.1")
            .replace("27017", &server.port.to_string())
            .replace("USER", &server.user)
            .replace("password.yaml", Servers::get().text("MONGODB_CONFIG_FILE"))
            .replace("NEW", target),
    }
}

/// Runs a step as it stands, in the folder of the archive, with nothing on the search path but the named
/// programs.
fn run(context: &TestContext, subject: &Subject, step: &str) {
    let programs = context.root().join("programs");
    if !programs.exists() {
        std::fs::create_dir(&programs).unwrap();
        for name in STOCK {
            symlink(stock(name), programs.join(name)).unwrap();
        }
    }
    let path = format!("{}:{}", programs.display(), tool_folder(context, subject).display());
    let mut shell = Command::new(stock("sh"));
    shell.args(["-euc", step]).current_dir(context.backups()).env_clear().env("PATH", path);
    if let Subject::Postgres(server) = subject {
        shell.env("PGHOST", "127.0.0.1").env("PGPORT", server.port.to_string());
        shell.env("PGUSER", &server.user).env("PGPASSFILE", server.setting("PASSFILE"));
    }
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{step}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The tools of the server's maker and nothing else: Debian keeps MariaDB's beside everything there is.
fn tool_folder(context: &TestContext, subject: &Subject) -> PathBuf {
    let folder = context.root().join("maker");
    if !folder.exists() {
        std::fs::create_dir(&folder).unwrap();
        for name in subject.programs().iter().chain(&["createdb"]) {
            let own = subject.tools().join(name);
            if own.exists() {
                symlink(own, folder.join(name)).unwrap();
            }
        }
    }
    folder
}

fn stock(name: &str) -> PathBuf {
    let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
    found
        .into_iter()
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("this computer has no {name}"))
}
