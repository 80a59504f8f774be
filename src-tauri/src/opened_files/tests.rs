//! What the page hears of files, and that it gets no further than to those the user gave.

use std::sync::Arc;

use tauri::ipc::InvokeResponseBody;

use super::*;

/// A page that writes down what it hears.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<serde_json::Value>>>);

impl Listener {
    fn channel(&self) -> Channel<FileNews> {
        let heard = self.0.clone();
        Channel::new(move |body| {
            let InvokeResponseBody::Json(text) = body else { panic!("bytes") };
            heard.lock().unwrap().push(serde_json::from_str(&text).unwrap());
            Ok(())
        })
    }

    fn heard(&self) -> Vec<serde_json::Value> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn joined() -> (OpenedFiles, Listener) {
    let (files, page) = (OpenedFiles::default(), Listener::default());
    files.join("main", page.channel());
    (files, page)
}

#[test]
fn one_file_is_opened_and_its_path_stays_here() {
    let (files, page) = joined();
    files.open(vec![PathBuf::from("/srv/secret folder/shop.tar.gz")]);
    let heard = page.heard();
    assert_eq!(heard[0]["news"], "opened");
    assert_eq!(heard[0]["file"]["name"], "shop.tar.gz");
    assert!(!heard[0].to_string().contains("secret folder"), "{heard:?}");
    let id = serde_json::from_value(heard[0]["file"]["id"].clone()).unwrap();
    let (_, path) = files.find(&id).unwrap();
    assert_eq!(path, Path::new("/srv/secret folder/shop.tar.gz"));
}

#[test]
fn several_files_are_answered_and_none_is_opened() {
    let (files, page) = joined();
    files.open(vec!["/a".into(), "/b".into(), "/c".into()]);
    assert_eq!(page.heard(), [serde_json::json!({ "news": "several", "count": 3 })]);
    assert!(files.lock().files.is_empty());
    files.open(vec![]);
    assert!(page.heard().is_empty());
}

#[test]
fn what_came_before_the_page_is_told_once() {
    let files = OpenedFiles::default();
    files.open(vec!["/a/first".into()]);
    files.hover(&["/b".into()]);
    let page = Listener::default();
    files.join("main", page.channel());
    let heard = page.heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["file"]["name"], "first");
    files.leave("main");
    files.join("main", page.channel());
    assert!(page.heard().is_empty());
}

#[test]
fn a_drag_is_shown_by_name_until_it_leaves() {
    let (files, page) = joined();
    files.hover(&[]);
    files.hover(&["/x/shop.db".into(), "/x/other".into()]);
    files.hover_ended();
    let over = serde_json::json!({ "news": "over", "count": 2, "name": "shop.db" });
    assert_eq!(page.heard(), [over, serde_json::json!({ "news": "left" })]);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_found_again() {
    use std::os::unix::ffi::OsStringExt;
    let exact = PathBuf::from(std::ffi::OsString::from_vec(b"/srv/\xff\xfe.gz".to_vec()));
    let told = PathBuf::from(exact.to_string_lossy().into_owned());
    let files = OpenedFiles::default();
    assert_eq!(files.exact(vec![told.clone()]), std::slice::from_ref(&told));
    files.dragged(vec![exact.clone()]);
    assert_eq!(files.exact(vec![told]), [exact]);
    assert_eq!(files.exact(vec!["/other".into()]), [PathBuf::from("/other")]);
}

#[test]
fn an_id_that_was_never_given_leads_nowhere() {
    let files = OpenedFiles::default();
    let file = files.add("/a".into());
    for id in ["0", "2", "/etc/passwd", "../1", ""] {
        assert!(files.find(&FileId(id.to_owned())).is_none(), "{id}");
    }
    files.note_check(&file.id, RunId::from_text("r"));
    assert_eq!(files.check_of(&file.id), Some(RunId::from_text("r")));
    for number in 0..REMEMBERED {
        files.add(format!("/{number}").into());
    }
    assert!(files.find(&file.id).is_none(), "the oldest is forgotten");
}
