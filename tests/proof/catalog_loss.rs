//! The catalog is only an index: deleted, cut short or with flipped bits, the next start makes the same
//! list again from the storage.

use std::fs;
use std::path::Path;

use crate::cli::{TestContext, files_in};
use crate::scaled;
use crate::world::World;

#[test]
fn a_lost_or_damaged_catalog_is_made_again() {
    let world = World::small();
    let context = &world.context;
    context.ok(["backup"]);
    context.ok(["backup"]);
    let wanted = list(context);
    assert_eq!(wanted.len(), 3);
    let catalog = context.state().catalog();
    let sound = saved(&catalog);
    let mut tried = 0;
    for damage in damages(fs::metadata(&catalog).unwrap().len()) {
        put_back(&catalog, &sound);
        damage.apply(&catalog);
        assert_eq!(list(context), wanted, "{damage:?}");
        context.ok(["backup"]);
        assert_eq!(
            list(context).len(),
            wanted.len() + 1,
            "{damage:?}: the catalog cannot be written"
        );
        world.keep_oldest(wanted.len());
        tried += 1;
    }
    crate::say(&format!("catalog: {tried}/{tried} damages, the list is the same, backups lost 0"));
    assert!(tried >= 20);
}

#[derive(Debug)]
enum Damage {
    Deleted,
    StateDeleted,
    Cut(u64),
    Flipped(u64),
    Foreign,
}

fn damages(size: u64) -> Vec<Damage> {
    let (cuts, flips) = (scaled(6, 40), scaled(12, 400));
    let mut all = vec![Damage::Deleted, Damage::StateDeleted, Damage::Foreign, Damage::Flipped(20)];
    all.extend((0..cuts).map(|i| Damage::Cut(size * i / cuts)));
    // An odd stride, so that the flips do not all hit the same place of a page.
    all.extend((0..flips).map(|i| Damage::Flipped((i * 7919 + 13) % size)));
    all
}

impl Damage {
    fn apply(&self, catalog: &Path) {
        match self {
            Self::Deleted => fs::remove_file(catalog).unwrap(),
            Self::StateDeleted => fs::remove_dir_all(catalog.parent().unwrap()).unwrap(),
            Self::Cut(length) => {
                fs::File::options().write(true).open(catalog).unwrap().set_len(*length).unwrap();
            }
            Self::Flipped(at) => {
                let mut bytes = fs::read(catalog).unwrap();
                bytes[usize::try_from(*at).unwrap()] ^= 0x10;
                fs::write(catalog, bytes).unwrap();
            }
            Self::Foreign => fs::write(catalog, "my shopping list\n").unwrap(),
        }
    }
}

/// Everything that the list says, without when it was last looked at.
fn list(context: &TestContext) -> Vec<serde_json::Value> {
    context.ok(["list", "--json"]).lines()
}

/// The catalog as one file: what is still in its log goes into it first.
fn saved(catalog: &Path) -> Vec<u8> {
    let database = rusqlite::Connection::open(catalog).unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(database);
    fs::read(catalog).unwrap()
}

fn put_back(catalog: &Path, bytes: &[u8]) {
    let folder = catalog.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    for path in files_in(folder) {
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    fs::write(catalog, bytes).unwrap();
}
