//! Files that are really dropped on the window: looked into at once, and nothing is written before a second,
//! deliberate act.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::desk::Desk;
use crate::drag_source::Drag;
use crate::page::Page;
use crate::samples::{Sample, archive, digests, listing, sample, shop};
use crate::wait::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_backup_is_looked_into_and_restored_by_clicking() {
    let mut desk = Desk::new();
    let home = desk.home();
    let Sample { page, source, file } = sample(&mut desk).await;
    let watched = [home.join("elsewhere"), home.join("backups")];
    let before: Vec<_> = watched.iter().map(|folder| listing(folder)).collect();
    let rows = digests(&source);

    let drag = Drag::over(&desk, &[&file]).await;
    let overlay = page.says("drop-overlay", |text| text.contains("Drop to look inside")).await;
    assert!(overlay.contains("shop_") && overlay.contains("Nothing is changed yet."), "{overlay}");
    page.picture("drop-1-over").await;
    drag.drop().await;
    page.gone("drop-overlay").await;
    page.says("inside-title", |text| text.starts_with("Look inside shop_")).await;
    let contents = page.says("inside-contents", |text| text.contains("customers")).await;
    assert!(contents.contains("1\u{202f}000") && contents.contains("spent"), "{contents}");
    page.says("check-state", |text| text.contains("every checksum is right")).await;
    let target = until("proposed file", async || {
        page.find("restore-fine").await;
        Some(page.value("restore-target").await).filter(|target| !target.is_empty())
    })
    .await;
    page.picture("drop-2-inside").await;
    page.has_no_barriers("a dropped backup").await;
    let after: Vec<_> = watched.iter().map(|folder| listing(folder)).collect();
    assert_eq!(before, after, "looking inside has written something");
    assert_eq!(digests(&source), rows);
    assert!(!Path::new(&target).exists());

    page.click("restore-start").await;
    let restored = page.says("restored-path", |path| !path.is_empty()).await;
    assert_eq!(restored, target);
    assert_eq!(digests(Path::new(&restored)), rows);
    assert_eq!(digests(&source), rows);
    page.picture("drop-3-restored").await;
    page.go("restore").await;
    page.says("restore-result", |text| text.contains("shop is restored")).await;
    assert_eq!(page.policy_violations().await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drag_that_goes_away_or_has_several_files_opens_nothing() {
    let mut desk = Desk::new();
    let home = desk.home();
    let (one, two) = (shop(&home.join("one.db")), shop(&home.join("two.db")));
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let before = listing(&home);

    let drag = Drag::over(&desk, &[&one]).await;
    page.says("drop-overlay", |text| text.contains("one.db")).await;
    drag.leave();
    page.gone("drop-overlay").await;

    let drag = Drag::over(&desk, &[&one, &two]).await;
    page.says("drop-overlay", |text| text.contains("One file at a time")).await;
    page.picture("drop-several").await;
    drag.drop().await;
    page.toast("2 files came at once").await;
    page.gone("drop-overlay").await;
    page.find("first-run").await;
    let unchanged = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| line.contains(".db ")).cloned().collect()
    };
    assert_eq!(unchanged(&before).len(), 2, "{before:?}");
    assert_eq!(unchanged(&before), unchanged(&listing(&home)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_dragged_over_the_window_is_none_of_its_business() {
    let mut desk = Desk::new();
    let file = shop(&desk.home().join("shop.db"));
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    for text in ["", "file:///etc/passwd", "some text"] {
        let drag = Drag::text_over(&desk, text).await;
        assert!(!page.has("drop-overlay").await, "{text}");
        drag.leave();
    }
    let drag = Drag::over(&desk, &[&file]).await;
    page.says("drop-overlay", |text| text.contains("shop.db")).await;
    drag.leave();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_says_so_and_goes_no_further() {
    let mut desk = Desk::new();
    let home = desk.home();
    let folder = home.join("strange");
    std::fs::create_dir(&folder).unwrap();
    let source = shop(&home.join("shop.db"));
    let config = desk.write_config("");
    let page = Page::open(&mut desk, &config).await;
    let good = archive(&page, &source, &home.join("elsewhere")).await;
    let mut files = strange_files(&folder, &good);
    // Whoever opened one of these would wait for ever, or read for ever.
    let pipe = folder.join("pipe.tar.gz");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    files.extend([(pipe, "pipe"), (PathBuf::from("/dev/zero"), "device")]);
    let before = listing(&folder);
    for (file, kind) in &files {
        Drag::over(&desk, &[file]).await.drop().await;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        page.says("main", |text| text.contains(&name) && text.contains(kind)).await;
        assert!(!page.has("restore-start").await, "{name}");
    }
    assert_eq!(listing(&folder), before);
    assert_eq!(page.policy_violations().await, json!([]));
}

/// Files that are none of ours, or not whole any more, and a word of what is said about each.
fn strange_files(folder: &Path, good: &Path) -> Vec<(PathBuf, &'static str)> {
    let bytes = std::fs::read(good).unwrap();
    let files: [(&str, &[u8], &str); 4] = [
        ("cut.tar.gz", &bytes[..bytes.len() / 2], "Damaged"),
        ("photo.png", b"\x89PNG\r\n\x1a\n0000", "No backup"),
        ("shop.tar.gz.age", b"age-encryption.org/v1\n-> X25519 x\n", "Encrypted"),
        ("empty.tar.gz", b"", "mpty"),
    ];
    let write = |(name, bytes, kind): (&str, &[u8], &'static str)| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        (path, kind)
    };
    files.map(write).to_vec()
}
