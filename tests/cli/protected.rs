//! A database that is protected: no word of the command line replaces it, only a change of its profile.

use std::fs;

use crate::replace::{changed, id, replace, rows};
use crate::support::{TestContext, files_in};

/// Writes further lines into the first profile; what stands there already gives way.
fn say(context: &TestContext, lines: &str) {
    context.published("config.toml");
    let text = fs::read_to_string(context.config_path()).unwrap();
    let said = text.replacen("[databases.sqlite]\n", &format!("[databases.sqlite]\n{lines}\n"), 1);
    assert_ne!(said, text);
    fs::write(context.config_path(), said).unwrap();
}

/// Every file beside the database and in the storage, with its bytes.
fn everything(context: &TestContext) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = files_in(&context.data("")).into_iter().chain(files_in(&context.backups()));
    files
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn no_word_replaces_it_and_its_profile_unlocks_it() {
    let context = changed();
    let target = context.data("shop.db");
    say(&context, "protected = true\ntag = \"production\"");
    let before = everything(&context);
    let look = replace(&context, &target, &[]);
    assert_eq!(look.code, 1, "{look:?}");
    for words in ["[production]", "is protected by the profile `sqlite`", "`protected = false`"] {
        assert!(look.stderr.contains(words), "{words}: {}", look.stderr);
    }
    assert!(!look.stderr.contains("--confirm"), "nothing that could be typed: {}", look.stderr);
    let phrase = "replace shop.db without a safety backup";
    let tries: [&[&str]; 4] = [
        &["--confirm", "shop.db"],
        &["--confirm", "shop.db", "--disconnect"],
        &["--confirm", phrase, "--no-safety-backup"],
        &["--confirm", "wrong"],
    ];
    for words in tries {
        let ran = replace(&context, &target, &[words, &["--json"]].concat());
        assert_eq!(ran.code, 1, "{words:?}: {ran:?}");
        assert!(ran.stdout.contains("\"target_locked\""), "{}", ran.stdout);
    }
    assert_eq!(everything(&context), before);
    say(&context, "protected = false");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    assert_eq!(rows(&target), 1000);
}

#[test]
fn an_undo_is_locked_as_well() {
    let context = changed();
    let target = context.data("shop.db");
    assert_eq!(replace(&context, &target, &["--confirm", "shop.db"]).code, 0);
    say(&context, "protected = true");
    let before = everything(&context);
    for words in [["undo", "--json"], ["undo", "--disconnect"]] {
        let ran = context.run(words);
        assert_eq!(ran.code, 1, "{ran:?}");
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(told.contains("is protected by the profile `sqlite`"), "{told}");
    }
    assert_eq!(everything(&context), before);
    say(&context, "tag = \"local\"");
    context.ok(["undo"]);
    assert_eq!(rows(&target), 10);
}

#[cfg(unix)]
#[test]
fn neither_a_link_nor_another_profile_nor_a_bare_archive_leads_around_it() {
    let context = changed();
    let (target, link) = (context.data("shop.db"), context.data("link.db"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let precious = format!(
        "[databases.precious]\nengine = \"sqlite\"\npath = {link:?}\nprotected = true\n\n\
         [databases.sqlite]\nprotected = false\n"
    );
    context.published("config.toml");
    let text = fs::read_to_string(context.config_path()).unwrap();
    let both = text.replacen("[databases.sqlite]\n", &precious, 1);
    fs::write(context.config_path(), both).unwrap();
    let before = everything(&context);
    let archive = context.archives().remove(0);
    for (from, to) in [(id(&context), &target), (id(&context), &link)]
        .into_iter()
        .chain([(archive.to_str().unwrap().to_owned(), &link)])
    {
        let name = to.file_name().unwrap().to_str().unwrap();
        let words =
            ["restore", &from, "--to", to.to_str().unwrap(), "--replace", "--confirm", name];
        let ran = context.run(words);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("is protected by the profile `precious`"), "{}", ran.stderr);
        assert_eq!(everything(&context), before);
    }
}
