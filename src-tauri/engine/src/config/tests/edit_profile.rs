//! Saving and removing profiles: what the text looks like afterwards, and what is refused.

use super::{EXAMPLE, PUBLISHED, PUBLISHED_FULL, STORAGE, Scene, problems, read, refusal, sqlite};
use crate::config::ProfileEdit;
use crate::error::ErrorCode;
use crate::ids::EngineKind;

/// The text after `edit` of the profile `original`.
#[track_caller]
fn saved(text: &str, original: Option<&str>, edit: &ProfileEdit) -> String {
    let scene = Scene::new(text);
    let config = scene.file().save_profile(original, edit).unwrap().config;
    assert!(config.profile(edit.name.trim()).is_ok());
    scene.text()
}

fn refused(text: &str, original: Option<&str>, edit: &ProfileEdit) -> (&'static str, String) {
    let scene = Scene::new(text);
    let result = refusal(scene.file().save_profile(original, edit));
    assert_eq!(scene.text(), text);
    result
}

#[test]
fn a_new_profile_stands_behind_the_other_ones() {
    let text = saved(PUBLISHED, None, &sqlite("notes", &["~/notes.db"]));
    assert_eq!(
        text,
        PUBLISHED.replace(
            "\n[storage]",
            "\n[databases.notes]\nengine = \"sqlite\"\npath = \"~/notes.db\"\n\n[storage]"
        )
    );
}

#[test]
fn the_published_shape_stays_while_all_files_are_in_one_folder() {
    let same = sqlite("sqlite", &["/srv/app/data/shop.db"]);
    assert_eq!(saved(PUBLISHED, Some("sqlite"), &same), PUBLISHED);
    let more = sqlite("sqlite", &["/srv/app/data/shop.db", "/srv/app/data/new.db"]);
    assert_eq!(
        saved(PUBLISHED, Some("sqlite"), &more),
        PUBLISHED.replace("[\"shop.db\"]", "[\"shop.db\", \"new.db\"]")
    );
    let moved = sqlite("sqlite", &["/other/shop.db"]);
    assert_eq!(
        saved(PUBLISHED, Some("sqlite"), &moved),
        PUBLISHED.replace("/srv/app/data", "/other")
    );
}

#[test]
fn files_of_several_folders_leave_the_published_shape() {
    let edit = sqlite("sqlite", &["/a/1.db", "/b/2.db"]);
    assert_eq!(
        saved(PUBLISHED, Some("sqlite"), &edit),
        "[databases.sqlite]\npaths = [\"/a/1.db\", \"/b/2.db\"]\n\n\
         [storage]\ntype_ = \"local\"\npath = \"/srv/backups\"\n"
    );
    let text = PUBLISHED.replace("user = \"\"", "user = \"app\"");
    assert!(saved(&text, Some("sqlite"), &edit).contains("user = \"app\"\n"));
}

#[test]
fn a_renamed_profile_stays_where_it_is() {
    let text = format!(
        "# head\n\n# about a\n[databases.sqlite] # eol\npath = \"/a\"\n\n[databases.b]\nengine = \"sqlite\"\npath = \"/b\"\n\n{STORAGE}"
    );
    assert_eq!(
        saved(&text, Some("sqlite"), &sqlite("My shop", &["/a"])),
        text.replace(
            "[databases.sqlite] # eol\n",
            "[databases.\"My shop\"] # eol\nengine = \"sqlite\"\n"
        )
    );
    assert_eq!(
        saved(&text, Some("b"), &sqlite("c", &["/b"])),
        text.replace("[databases.b]", "[databases.c]")
    );
}

#[test]
fn inline_and_dotted_tables_are_edited_in_their_shape() {
    let inline = format!(
        "databases = {{ a = {{ engine = \"sqlite\", path = \"/a\" }}, b = {{ engine = \"sqlite\", path = \"/b\" }} }}\n{STORAGE}"
    );
    assert_eq!(saved(&inline, Some("a"), &sqlite("c", &["/a"])), inline.replace("{ a =", "{ c ="));
    let added = saved(&inline, None, &sqlite("c", &["/c"]));
    assert_eq!(read(&added).profiles.len(), 3, "{added}");
    let dotted = format!("databases.a.engine = \"sqlite\"\ndatabases.a.path = \"/a\"\n{STORAGE}");
    assert_eq!(saved(&dotted, Some("a"), &sqlite("c", &["/a"])), dotted.replace("s.a.", "s.c."));
    let added = saved(&dotted, None, &sqlite("c", &["/c"]));
    assert_eq!(read(&added).profiles.len(), 2, "{added}");
    let implied = format!("databases.sqlite.path = \"/a\"\n{STORAGE}");
    let renamed = saved(&implied, Some("sqlite"), &sqlite("c", &["/a", "/b"]));
    assert_eq!(read(&renamed).profiles[0].connection.paths.len(), 2, "{renamed}");
}

#[test]
fn lists_keep_their_lines_and_comments() {
    let text = format!(
        "[databases.sqlite]\npaths = [\n  # first\n  \"/a\", # about a\n  \"b\",  # about b\n]\n{STORAGE}"
    );
    let scene = Scene::new(&text);
    let b = scene.folder.path().join("b").to_str().unwrap().to_owned();
    scene.file().save_profile(Some("sqlite"), &sqlite("sqlite", &["/a", &b, "/c"])).unwrap();
    assert_eq!(scene.text(), text.replace("# about b\n]", "# about b\n  \"/c\",\n]"));
    scene.file().save_profile(Some("sqlite"), &sqlite("sqlite", &["/a", "/c"])).unwrap();
    assert_eq!(scene.text(), text.replace("  \"b\",  # about b\n]", "  # about b\n  \"/c\",\n]"));
}

#[test]
fn one_path_becomes_several_and_back() {
    let text = format!(
        "[databases.sqlite]\n# the file\npath = \"/a\" # it\nstorage = \"default\"\n\n{STORAGE}"
    );
    let scene = Scene::new(&text);
    let edit = |paths: &[&str]| ProfileEdit {
        storage: Some("default".to_owned()),
        ..sqlite("sqlite", paths)
    };
    scene.file().save_profile(Some("sqlite"), &edit(&["/b"])).unwrap();
    assert_eq!(scene.text(), text.replace("\"/a\"", "\"/b\""));
    scene.file().save_profile(Some("sqlite"), &edit(&["/b", "/c"])).unwrap();
    assert_eq!(scene.text(), text.replace("path = \"/a\" # it", "paths = [\"/b\", \"/c\"] # it"));
    scene.file().save_profile(Some("sqlite"), &edit(&["/c"])).unwrap();
    assert_eq!(scene.text(), text.replace("path = \"/a\" # it", "paths = [\"/c\"] # it"));
}

#[test]
fn the_choice_of_a_storage_comes_and_goes() {
    let text = format!("[databases.sqlite]\npath = \"/a\"\n\n{STORAGE}");
    let chosen = ProfileEdit { storage: Some("default".to_owned()), ..sqlite("sqlite", &["/a"]) };
    let with = saved(&text, Some("sqlite"), &chosen);
    assert_eq!(with, text.replace("\"/a\"\n", "\"/a\"\nstorage = \"default\"\n"));
    assert_eq!(saved(&with, Some("sqlite"), &sqlite("sqlite", &["/a"])), text);
    let commented = with.replace("storage =", "# keep me\nstorage =");
    let without = saved(&commented, Some("sqlite"), &sqlite("sqlite", &["/a"]));
    assert_eq!(without, text.replace("\"/a\"\n", "\"/a\"\n# keep me\n"));
}

#[test]
fn a_server_can_be_renamed_and_its_connection_left_alone() {
    let edit = |name: &str, paths: &[&str]| ProfileEdit {
        engine: EngineKind::Mysql,
        ..sqlite(name, paths)
    };
    assert_eq!(
        saved(PUBLISHED_FULL, Some("mysql"), &edit("blog", &[])),
        PUBLISHED_FULL.replace("[databases.mysql]\n", "[databases.blog]\nengine = \"mysql\"\n")
    );
    assert_eq!(refused(PUBLISHED_FULL, Some("mysql"), &edit("mysql", &["/a"])).0, "paths");
    assert_eq!(refused(PUBLISHED_FULL, Some("sqlite"), &edit("sqlite2", &[])).0, "engine");
    assert_eq!(refused(PUBLISHED, None, &edit("m", &[])).0, "host");
}

#[test]
fn what_a_form_must_not_say() {
    let cases: [(&str, &[&str], &str, &str); 13] = [
        ("", &["/a"], "name", "The name must not be empty"),
        (" \t", &["/a"], "name", "The name must not be empty"),
        (
            "a\u{7}b",
            &["/a"],
            "name",
            "The name must not contain a control character such as a line break",
        ),
        (&"ü".repeat(61), &["/a"], "name", "The name must not be longer than 60 characters"),
        ("mysql", &["/a"], "name", "`mysql` is the name of another engine"),
        ("sqlite", &["/a"], "name", "There is a profile `sqlite` already"),
        (
            "SQLite",
            &["/a"],
            "name",
            "The name is too close to `sqlite`: their backups would have the same file names",
        ),
        ("a", &[], "paths", "Choose at least one database file"),
        ("a", &[" "], "paths", "A path must not be empty"),
        ("a", &["shop.db"], "paths", "The path `shop.db` must begin with `~` or be absolute"),
        (
            "a",
            &["~shop.db"],
            "paths",
            "`~` can only stand alone or before a slash, as in `~/shop.db`",
        ),
        ("a", &["/a\0"], "paths", "A path cannot contain a zero byte"),
        ("a", &["/a", "/./a"], "paths", "The path `/./a` stands there twice"),
    ];
    for (name, paths, field, message) in cases {
        assert_eq!(refused(PUBLISHED, None, &sqlite(name, paths)), (field, message.to_owned()));
    }
    let nowhere = ProfileEdit { storage: Some("usb".to_owned()), ..sqlite("a", &["/a"]) };
    assert_eq!(
        refused(PUBLISHED, None, &nowhere),
        ("storage", "There is no storage `usb`".to_owned())
    );
    assert_eq!(refused("# empty\n", None, &sqlite("a", &["/a"])).0, "storage");
    let unknown = Scene::new(PUBLISHED).file().save_profile(Some("x"), &sqlite("a", &["/a"]));
    assert_eq!(unknown.unwrap_err().code(), ErrorCode::Unknown);
}

#[test]
fn spaces_around_what_was_typed_do_not_count() {
    let text = saved(PUBLISHED, None, &sqlite(" notes ", &[" /n.db "]));
    assert!(text.contains("[databases.notes]\nengine = \"sqlite\"\npath = \"/n.db\"\n"), "{text}");
}

#[test]
fn a_removed_profile_takes_only_its_own_comment_along() {
    let text = "# The file of Ada.\n\n# about a\n[databases.sqlite]\npath = \"/a\"\n\n# ----- part two\n\n# about b\n[databases.b]\nengine = \"sqlite\"\npath = \"/b\"\n[databases.b.compression]\nlevel = 1\n\n# about the storage\n[storage]\ntype_ = \"local\"\npath = \"/x\"\n# end\n";
    let scene = Scene::new(text);
    scene.file().remove_profile("sqlite").unwrap();
    assert_eq!(scene.text(), text.replace("# about a\n[databases.sqlite]\npath = \"/a\"\n\n", ""));
    let config = scene.file().remove_profile("b").unwrap().config;
    assert!(config.profiles.is_empty());
    assert_eq!(
        scene.text(),
        "# The file of Ada.\n\n# ----- part two\n\n# about the storage\n[storage]\ntype_ = \"local\"\npath = \"/x\"\n# end\n"
    );
    assert_eq!(scene.file().remove_profile("b").unwrap_err().code(), ErrorCode::Unknown);
}

#[test]
fn the_example_keeps_all_its_comments() {
    let scene = Scene::new(EXAMPLE);
    let edit = sqlite("shop", &["/srv/shop/data/shop.db", "/srv/shop/data/x.db"]);
    scene.file().save_profile(Some("sqlite"), &edit).unwrap();
    assert_eq!(
        scene.text(),
        EXAMPLE
            .replace("[databases.sqlite]\n", "[databases.shop]\nengine = \"sqlite\"\n")
            .replace("sessions.db", "x.db")
    );
}

#[test]
fn a_broken_file_refuses_every_edit() {
    let text = format!("{PUBLISHED}[unknown]\n");
    let scene = Scene::new(&text);
    let error = scene.file().save_profile(None, &sqlite("a", &["/a"])).unwrap_err();
    assert!(error.to_string().contains(&problems(&text)), "{error}");
    assert!(scene.file().remove_profile("sqlite").is_err());
    assert_eq!(scene.text(), text);
    assert!(!scene.file().previous_path().exists());
}
