//! Properties: truncation, random text, secrets, random edits.

use std::path::Path;

use proptest::prelude::*;

use super::{EXAMPLE, EXAMPLE_FULL, PUBLISHED, PUBLISHED_FULL, Scene, folder, sqlite};
use crate::config::{Appearance, ConfigFile, ProfileEdit, SettingsChange, parse};
use crate::error::{Error, ErrorReport};

const PATH: &str = "/etc/kronos/config.toml";

#[test]
fn a_file_cut_anywhere_is_an_error_or_a_part_of_the_file() {
    for text in [PUBLISHED, PUBLISHED_FULL, EXAMPLE, EXAMPLE_FULL] {
        let whole = parse(text, Path::new(PATH)).unwrap();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let Ok(part) = parse(&text[..end], Path::new(PATH)) else { continue };
            for profile in &part.profiles {
                let original =
                    whole.profile(&profile.name).unwrap_or_else(|e| panic!("{end}: {e}"));
                assert_eq!(profile.engine, original.engine, "{end}");
                assert_eq!(profile.connection.paths, original.connection.paths, "{end}");
                assert_eq!(profile.connection.databases, original.connection.databases, "{end}");
            }
            // Whoever has profiles has a storage, so nothing is written to an invented place.
            assert!(part.profiles.is_empty() || !part.storages.is_empty(), "{end}");
            for storage in &part.storages {
                assert_eq!(whole.storage(&storage.name).unwrap(), storage, "{end}");
            }
        }
    }
}

#[test]
fn the_published_files_lose_nothing_silently() {
    // Here the storage stands last, so every cut before it is an error.
    for text in [PUBLISHED, PUBLISHED_FULL] {
        let storage = text.find("[storage]").unwrap();
        for end in 0..=storage {
            assert!(parse(&text[..end], Path::new(PATH)).is_err(), "{end}");
        }
    }
}

/// Every text of an error that somebody could see or log.
fn everything(error: &Error) -> String {
    let report = ErrorReport::new("it", error);
    format!("{error} {error:?} {report:?} {:?}", error.hint())
}

const SECRET: &str = "hUnter2Zz";

/// Broken and whole ways to write the secret down.
fn secret_line() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("password"),
        Just("secret_key"),
        Just("pasword"),
        Just("port"),
        Just("user")
    ];
    let value = prop_oneof![
        Just(format!("\"{SECRET}\"")),
        Just(format!("'{SECRET}'")),
        Just(format!("[\"{SECRET}\"]")),
        Just(format!("{{ a = \"{SECRET}\" }}")),
        Just(format!("\"{SECRET}")),
        Just(SECRET.to_owned()),
        Just(format!("\"{SECRET}\" \"x\"")),
        Just(format!("\"\\{SECRET}\"")),
        Just(format!("\"\"\"\n{SECRET}\"\"\"")),
        Just(format!("\"{SECRET}\"{SECRET}")),
    ];
    (key, value, 0..4usize).prop_map(|(key, value, form)| match form {
        0 => format!("{key} = {value}\n"),
        1 => format!("{key} {value}\n"),
        2 => format!("{key} = {value}\n{key} = {value}\n"),
        _ => format!("{key}: {value}\n"),
    })
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|\n|\\[|\\]|=|\"){0,200}") {
        let _ = parse(&text, Path::new(PATH));
    }

    #[test]
    fn a_damaged_file_makes_no_panic(at in 0..EXAMPLE_FULL.len(), byte in any::<u8>()) {
        let mut bytes = EXAMPLE_FULL.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = parse(&String::from_utf8_lossy(&bytes), Path::new(PATH));
    }

    #[test]
    fn a_secret_is_in_no_message(line in secret_line(), place in 0..3usize, broken in any::<bool>()) {
        let table = ["[databases.mysql]\nhost = \"h\"\ndatabases = [\"d\"]\n", "[storage]\ntype_ = \"s3\"\nbucket = \"b\"\n", "[settings]\n"][place];
        let more = if broken { "[broken]\n" } else { "" };
        let text = format!("{table}{line}{more}");
        match parse(&text, Path::new(PATH)) {
            Err(error) => prop_assert!(!everything(&error).contains(SECRET), "{}", everything(&error)),
            Ok(config) => {
                prop_assert!(config.warnings.iter().all(|warning| !warning.contains(SECRET)));
            }
        }
    }
}

/// A file whose `# keep me` lines belong to nothing that the edits below remove.
const COMMENTED: &str = r#"# keep me 1

# goes with p0
[databases.p0]
engine = "sqlite"
path = "/p0"

# keep me 2

[databases.stays] # keep me 3
# keep me 4
engine = "sqlite"
paths = [
  # keep me 5
  "/s1", # keep me 6
  "/s2"  # keep me 7
]
# keep me 8
storage = "s"

  # keep me 9

[storages.s] # keep me 10
type = "local" # keep me 11
path = "/b" # keep me 12

[databases.p1]
engine = "sqlite"
path = "/p1"

# keep me 13

[storages.s0]
type = "local"
path = "/b0"
# keep me 14

[settings]
# keep me 15
notifications = true # keep me 16
# keep me 17
"#;

fn edit() -> impl Strategy<Value = Edit> {
    let paths = proptest::sample::subsequence(vec!["/s1", "/s2", "/s3", "/t/4", "~/5"], 1..5)
        .prop_shuffle();
    prop_oneof![
        (0..3usize, paths.clone(), any::<bool>()).prop_map(|(n, p, s)| Edit::Profile(
            format!("p{n}"),
            p,
            s
        )),
        (paths, any::<bool>()).prop_map(|(p, s)| Edit::Profile("stays".to_owned(), p, s)),
        (0..3usize).prop_map(Edit::RemoveProfile),
        (0..3usize, 0..3usize).prop_map(|(n, p)| Edit::Storage(n, p)),
        (0..3usize).prop_map(Edit::RemoveStorage),
        (0..3usize, 0..3usize).prop_map(|(a, b)| Edit::Rename(a, b)),
        (any::<bool>(), any::<bool>()).prop_map(|(n, d)| Edit::Settings(n, d)),
    ]
}

#[derive(Debug, Clone)]
enum Edit {
    Profile(String, Vec<&'static str>, bool),
    RemoveProfile(usize),
    Rename(usize, usize),
    Storage(usize, usize),
    RemoveStorage(usize),
    Settings(bool, bool),
}

/// Applies an edit; a refusal is fine, a broken promise is not.
fn apply(file: &ConfigFile, edit: &Edit) {
    let config = file.load().unwrap();
    let known = |name: &str| config.profile(name).is_ok();
    let result = match edit {
        Edit::Profile(name, paths, storage) => {
            let storage = storage.then(|| "s".to_owned());
            let edit = ProfileEdit { storage, ..sqlite(name, paths) };
            let saved = file.save_profile(known(name).then_some(name.as_str()), &edit);
            let saved = saved.map(|edited| edited.config);
            saved.inspect(|after| {
                let texts: Vec<_> = paths
                    .iter()
                    .map(|path| path.replace('~', dirs::home_dir().unwrap().to_str().unwrap()))
                    .collect();
                let saved = &after.profile(name).unwrap().connection.paths;
                assert!(saved.iter().map(|path| path.to_str().unwrap()).eq(texts.iter()));
            })
        }
        Edit::RemoveProfile(n) => file.remove_profile(&format!("p{n}")).map(|edited| edited.config),
        Edit::Rename(a, b) => {
            let (old, new) = (format!("p{a}"), format!("p{b}"));
            let saved = file.save_profile(Some(&old), &sqlite(&new, &["/renamed"]));
            saved.map(|edited| edited.config)
        }
        Edit::Storage(n, path) => {
            let name = format!("s{n}");
            let original = config.storage(&name).is_ok().then_some(name.as_str());
            file.save_storage(original, &folder(&name, &format!("/b{path}")))
        }
        Edit::RemoveStorage(n) => file.remove_storage(&format!("s{n}")),
        Edit::Settings(notifications, dark) => file.save_settings(&SettingsChange {
            notifications: Some(*notifications),
            appearance: Some(if *dark { Appearance::Dark } else { Appearance::System }),
        }),
    };
    match result {
        Ok(after) => assert_eq!(after, file.load().unwrap()),
        Err(Error::Config(_) | Error::Unknown { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_edits_keep_comments_and_other_tables(edits in prop::collection::vec(edit(), 1..12)) {
        let scene = Scene::new(COMMENTED);
        for edit in &edits {
            apply(&scene.file(), edit);
        }
        let text = scene.text();
        for n in 1..=17 {
            let comment = format!("# keep me {n}\n");
            prop_assert_eq!(text.matches(&comment).count(), 1, "{} after {:?}\n{}", comment, edits, text);
        }
        prop_assert!(scene.names().iter().all(|name| !name.starts_with(".kronos-")));
    }
}
