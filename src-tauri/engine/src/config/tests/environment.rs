//! What a database is to its owner: read, refused, written.

use super::{PUBLISHED, PUBLISHED_FULL, STORAGE, Scene, problems, read, refusal, sqlite};
use crate::config::{Environment, ProfileEdit};

fn environment(lines: &str) -> Environment {
    let text = format!("[databases.sqlite]\npath = \"/a\"\n{lines}\n{STORAGE}");
    read(&text).profile("sqlite").unwrap().environment.clone()
}

#[test]
fn without_a_word_it_depends_on_where_it_is() {
    for profile in read(PUBLISHED_FULL).profiles {
        assert_eq!(profile.environment, Environment::default());
    }
    let usual = environment("");
    assert!(!usual.is_protected(false) && usual.is_protected(true));
    let protected = environment("protected = true\ntag = \"Production, EU\"");
    assert!(protected.is_protected(false) && protected.is_protected(true));
    assert_eq!(protected.tag.as_deref(), Some("Production, EU"));
    let unlocked = environment("protected = false\ntag = \"\"");
    assert!(!unlocked.is_protected(false) && !unlocked.is_protected(true));
    assert_eq!(unlocked.tag, None);
}

#[test]
fn what_is_no_flag_and_no_short_word_is_refused() {
    let refused = |lines: &str, expected: &str| {
        let text = format!("[databases.sqlite]\npath = \"/a\"\n{lines}\n{STORAGE}");
        assert_eq!(problems(&text), expected, "{lines}");
    };
    refused(
        "protected = \"yes\"",
        "line 3: `databases.sqlite.protected`: This must be `true` or `false`, not text",
    );
    refused(
        "protectd = true",
        "line 3: `databases.sqlite.protectd`: Kronos knows no such key (did you mean `protected`?)",
    );
    for (tag, message) in [
        ("a tag of twenty-five chars", "must not be longer than 24 characters"),
        (" staging", "must not begin or end with a space"),
        ("a\\nb", "must not contain a control character such as a line break"),
    ] {
        let expected = format!("line 3: `databases.sqlite.tag`: A tag {message}");
        refused(&format!("tag = \"{tag}\""), &expected);
    }
}

#[test]
fn an_edit_writes_what_changed_and_keeps_the_rest() {
    let edit = |protected: Option<bool>, tag: &str| ProfileEdit {
        protected,
        tag: tag.to_owned(),
        ..sqlite("sqlite", &["/srv/app/data/shop.db"])
    };
    let saved = |text: &str, edit: &ProfileEdit| {
        let scene = Scene::new(text);
        scene.file().save_profile(Some("sqlite"), edit).unwrap();
        scene.text()
    };
    assert_eq!(saved(PUBLISHED, &edit(None, "")), PUBLISHED);
    let keys = "protected = true # never\ntag = \"production\"\n";
    let text = PUBLISHED.replace("[\"shop.db\"]\n", &format!("[\"shop.db\"]\n{keys}"));
    let both = saved(PUBLISHED, &edit(Some(true), " production "));
    assert_eq!(both, text.replace(" # never", ""));
    assert_eq!(saved(&text, &edit(Some(true), "production")), text);
    let unlocked = saved(&text, &edit(Some(false), "production"));
    assert_eq!(unlocked, text.replace("= true", "= false"));
    assert_eq!(saved(&text, &edit(None, "")), PUBLISHED);

    let scene = Scene::new(PUBLISHED);
    let long = edit(None, "a tag of twenty-five chars");
    let (field, message) = refusal(scene.file().save_profile(Some("sqlite"), &long));
    assert_eq!((field, message.as_str()), ("tag", "A tag must not be longer than 24 characters"));
    assert_eq!(scene.text(), PUBLISHED);
}
