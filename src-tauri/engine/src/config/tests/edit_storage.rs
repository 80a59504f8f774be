//! Saving and removing storages and settings.

use super::{EXAMPLE_FULL, PUBLISHED, PUBLISHED_FULL, Scene, folder, read, refusal, sqlite};
use crate::config::{Appearance, Settings};
use crate::error::ErrorCode;

#[test]
fn a_first_storage_and_a_first_profile_make_a_readable_file() {
    let scene = Scene::empty();
    scene.file().save_storage(None, &folder("backups", "~/Kronos Backups")).unwrap();
    let config = scene.file().save_profile(None, &sqlite("Shop", &["~/shop.db"])).unwrap().config;
    assert_eq!(config.storage_of(&config.profiles[0]).unwrap().name, "backups");
    assert_eq!(
        scene.text(),
        "\
# The configuration of Kronos. You can edit it by hand: the window keeps comments and order.
# The text before the last change made in the window is in `config.toml.previous`.

[storages.backups]
type = \"local\"
path = \"~/Kronos Backups\"

[databases.Shop]
engine = \"sqlite\"
path = \"~/shop.db\"
"
    );
    assert_eq!(config, scene.file().load().unwrap());
}

#[test]
fn the_published_storage_keeps_its_name_and_gets_another_folder() {
    let scene = Scene::new(PUBLISHED);
    let config = scene.file().save_storage(Some("default"), &folder("default", "/mnt/b")).unwrap();
    assert_eq!(config.storages.len(), 1);
    assert_eq!(scene.text(), PUBLISHED.replace("/srv/backups", "/mnt/b"));
    let (field, _) = refusal(scene.file().save_storage(Some("default"), &folder("b", "/mnt/b")));
    assert_eq!(field, "name");
}

#[test]
fn profiles_follow_a_renamed_storage() {
    let scene = Scene::new(EXAMPLE_FULL);
    let edit = folder("stick", "/media/usb/Kronos Backups");
    let config = scene.file().save_storage(Some("usb"), &edit).unwrap();
    assert_eq!(config.storage_of(config.profile("notes").unwrap()).unwrap().name, "stick");
    assert_eq!(
        scene.text(),
        EXAMPLE_FULL
            .replace("[storages.usb]", "[storages.stick]")
            .replace("storage = \"usb\"", "storage = \"stick\"")
    );
}

#[test]
fn a_storage_in_use_is_not_removed() {
    let scene = Scene::new(EXAMPLE_FULL);
    for (name, profile) in [("usb", "notes"), ("default", "sqlite")] {
        let (field, message) = refusal(scene.file().remove_storage(name));
        assert_eq!(field, "storage");
        assert_eq!(message, format!("The profile `{profile}` keeps its backups in `{name}`"));
    }
    assert_eq!(refusal(Scene::new(PUBLISHED).file().remove_storage("default")).0, "storage");
    let config = scene.file().remove_storage("offsite").unwrap();
    assert_eq!(config.storages.len(), 2);
    assert_eq!(scene.file().remove_storage("offsite").unwrap_err().code(), ErrorCode::Unknown);
}

#[test]
fn an_unused_storage_is_removed_and_the_rest_stays() {
    let scene = Scene::new(PUBLISHED);
    scene.file().remove_profile("sqlite").unwrap();
    let config = scene.file().remove_storage("default").unwrap();
    assert!(config.storages.is_empty());
    // Nothing is left, and nothing is not a configuration: a comment takes its place.
    assert_eq!(read(&scene.text()), config);
}

#[test]
fn what_the_form_of_a_storage_must_not_say() {
    let scene = Scene::new(EXAMPLE_FULL);
    let cases = [
        (None, folder("", "/a"), "name"),
        (None, folder("usb", "/a"), "name"),
        (None, folder("default", "/a"), "name"),
        (Some("usb"), folder("offsite", "/a"), "name"),
        (None, folder("a", " "), "path"),
        (None, folder("a", "backups"), "path"),
        (None, folder("a", "/srv/./backups/"), "path"),
        (Some("offsite"), folder("offsite", "/a"), "path"),
    ];
    for (original, edit, expected) in cases {
        let (field, message) = refusal(scene.file().save_storage(original, &edit));
        assert_eq!(field, expected, "{edit:?}: {message}");
    }
    assert_eq!(scene.text(), EXAMPLE_FULL);
}

#[test]
fn settings_are_written_only_where_they_change() {
    let dark = Settings { notifications: true, appearance: Appearance::Dark };
    let scene = Scene::new(PUBLISHED_FULL);
    assert_eq!(
        scene.file().save_settings(&Settings::default().into()).unwrap(),
        read(PUBLISHED_FULL)
    );
    assert_eq!(scene.text(), PUBLISHED_FULL);
    assert_eq!(scene.file().save_settings(&dark.clone().into()).unwrap().settings, dark);
    assert_eq!(scene.text(), format!("{PUBLISHED_FULL}\n[settings]\nappearance = \"dark\"\n"));
    let scene = Scene::new(EXAMPLE_FULL);
    scene.file().save_settings(&dark.clone().into()).unwrap();
    assert_eq!(
        scene.text(),
        EXAMPLE_FULL.replace("appearance = \"system\"", "appearance = \"dark\"")
    );
}
