//! A backup that fails: what, why, the next step, what is not affected, details.

use crate::desk::Desk;
use crate::page::Page;
use crate::samples::shop;

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_backup_says_five_things_and_what_to_do() {
    let mut desk = Desk::new();
    let source = shop(&desk.home().join("shop.db"));
    let missing = desk.home().join("moved/away.db");
    let config = desk.write_config(&format!(
        "[databases.shop]\nengine = \"sqlite\"\npath = \"{}\"\n[databases.away]\nengine = \"sqlite\"\npath = \"{}\"\n",
        source.display(),
        missing.display()
    ));
    let page = Page::open(&mut desk, &config).await;
    page.click("backup-all").await;

    let card = page.says("attention-away", |text| text.contains("was not backed up")).await;
    assert!(card.contains(missing.to_str().unwrap()), "why: {card}");
    assert!(card.contains("Check the path"), "next step: {card}");
    assert!(card.contains("older backups are as they were"), "not affected: {card}");
    assert!(card.contains("Details"), "details: {card}");
    page.script("document.querySelector('[data-testid=attention-away] summary').click()").await;
    page.says("attention-away", |text| text.contains("Kronos 0.1.0")).await;
    page.says("profile-row-shop", |text| text.contains("Backed up")).await;
    page.picture("failure").await;
    page.has_no_barriers("a failed backup").await;
}
