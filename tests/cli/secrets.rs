//! No secret leaves the configuration.

use std::path::Path;

use crate::support::{TestContext, files_in};

const PASSWORD: &str = "correct-horse-battery";
const KEY: &str = "staple-secret-key";

#[test]
fn no_command_shows_or_keeps_a_secret() {
    let context = TestContext::with_shop();
    let text = format!(
        "{}[databases.sqlite]\nhost = {:?}\nport = 0\nuser = \"\"\npassword = \"\"\ndatabases = [\"shop.db\"]\n\
         [databases.mysql]\nhost = \"localhost\"\nport = 3306\nuser = \"u\"\npassword = \"{PASSWORD}\"\n\
         databases = [\"blog\"]\n\
         [storages.cloud]\ntype = \"s3\"\nbucket = \"b\"\nregion = \"r\"\naccess_key = \"a\"\nsecret_key = \"{KEY}\"\n",
        context.storage_table(),
        context.data(""),
    );
    context.config(&text);
    assert_eq!(context.run(["config", "check"]).code, 0);
    assert_eq!(context.run(["backup"]).code, 6);
    let id = context.id();
    let calls: [&[&str]; 8] = [
        &["backup"],
        &["list"],
        &["inspect", &id],
        &["verify", &id],
        &["restore", &id, "--to", "x.db"],
        &["config", "check"],
        &["doctor"],
        &["doctor", "--storage", "cloud"],
    ];
    for words in calls {
        for extra in [&[][..], &["--json", "-vv"]] {
            let ran = context.run(words.iter().chain(extra));
            for text in [&ran.stdout, &ran.stderr] {
                assert!(!text.contains(PASSWORD) && !text.contains(KEY), "{words:?}: {text}");
            }
        }
    }
    nothing_in(&context.root().join("state"));
    nothing_in(&context.backups());
}

fn nothing_in(folder: &Path) {
    for path in files_in(folder) {
        if path.is_dir() {
            nothing_in(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            for secret in [PASSWORD, KEY] {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{}", path.display());
            }
        }
    }
}
