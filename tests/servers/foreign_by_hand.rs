//! The commands that the window shows for a foreign dump, taken from the window's own code and run by a shell.
//!
//! Owns what a person would fill in: the login, and a name for the new database.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use kronos_engine::look::DumpForm;

use crate::looks::{Dump, foreign};
use crate::rig::Subject;
use crate::servers::Servers;

/// Bundles the module of the window and asks it.
const ASK: &str = "
import { rolldown } from 'rolldown';
const bundle = await rolldown({ input: 'src/lib/by_hand.ts' });
const { output } = await bundle.generate({ format: 'esm' });
const { commands } = await import('data:text/javascript,' + encodeURIComponent(output[0].code));
let text = '';
for await (const piece of process.stdin) text += piece;
console.log(JSON.stringify(commands(JSON.parse(text))));
";

/// The commands for `dump`, one a line, with the new database called `target`; `None` where none are shown.
pub fn commands(subject: &Subject, dump: &Dump, source: &str, target: &str) -> Option<Vec<String>> {
    let look = serde_json::to_vec(&foreign(&dump.path)).unwrap();
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", ASK])
        .current_dir(ui)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(&look).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let shown: Option<String> = serde_json::from_slice(&output.stdout).unwrap();
    let fill_in = |line: &str| {
        if matches!(dump.form, DumpForm::MongoArchive | DumpForm::MongoFolder) {
            let login = format!("mongorestore {}", mongo_login(subject));
            return line
                .replace("mongorestore", &login)
                .replace(&format!("{source}_restored"), target);
        }
        let line = line.replace("restored", target);
        match subject {
            Subject::Mysql(server) => {
                let login = format!("--defaults-file={}", server.setting("OPTION_FILE"));
                let words = ["mariadb-admin ", "mysqladmin ", "mariadb ", "mysql "];
                let word = words
                    .iter()
                    .rfind(|word| line.contains(**word) || line.starts_with(**word))
                    .unwrap();
                let word = if line.contains("admin ") {
                    words.iter().find(|word| line.contains(**word)).unwrap()
                } else {
                    word
                };
                line.replacen(word, &format!("{word}{login} "), 1)
            }
            _ => line,
        }
    };
    shown.map(|text| text.lines().map(fill_in).collect())
}

fn mongo_login(subject: &Subject) -> String {
    let (user, _) = subject.login();
    let config = Servers::get().text("MONGODB_CONFIG_FILE");
    format!(
        "--config={config} --host=127.0.0.1 --port={} --username={user} --authenticationDatabase=admin",
        subject.port()
    )
}

/// A shell with the tools of the server first on its path.
pub fn shell(subject: &Subject, command: &str) -> Command {
    let mut shell = Command::new("bash");
    let path = std::env::var("PATH").unwrap_or_default();
    shell.args(["-euo", "pipefail", "-c", command]);
    shell.env("PATH", format!("{}:{path}", subject.tools().display()));
    if let Subject::Postgres(server) = subject {
        shell.env("PGHOST", "127.0.0.1").env("PGPORT", server.port.to_string());
        shell.env("PGUSER", &server.user).env("PGPASSFILE", server.setting("PASSFILE"));
    }
    shell
}
