//! Records that are wrong, in tars and streams that are right.

use serde_json::{Value, json};

use super::*;

/// Makes a manifest wrong.
type Lie = fn(&mut Value);

fn written() -> Written<Vec<u8>> {
    archive(Codec::Gzip, &[("a", b"first database"), ("b", b"second")])
}

/// The archive with `kronos.json` and `manifest.json` replaced by any bytes.
fn forged(header: &[u8], manifest: &[u8]) -> Vec<u8> {
    let mut entries = entries(&written().sink);
    entries[0] = Entry::new("kronos.json", header);
    entries[4] = Entry::new("manifest.json", manifest);
    sealed(&tar_of(&entries), Codec::Gzip)
}

/// The archive whose manifest has been changed by `change`, and whose `kronos.json` follows it.
fn with_manifest(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut manifest = serde_json::to_value(&written().manifest).expect("json");
    change(&mut manifest);
    let mut header = manifest.clone();
    if let Some(fields) = header.as_object_mut() {
        for field in ["finished_at", "consistency", "units", "warnings"] {
            fields.remove(field);
        }
    }
    forged(header.to_string().as_bytes(), manifest.to_string().as_bytes())
}

fn assert_refused(stored: &[u8], what: &str) -> ArchiveError {
    let (sink, result) = take(stored, &written().manifest, 0);
    archive_error(result, what);
    assert!(b"first database".starts_with(&sink));
    archive_error(check(stored, None), what)
}

#[test]
fn lies_about_the_data() {
    check(&with_manifest(|_| {}), None).expect("the truth");
    let lies: [(&str, Lie); 26] = [
        ("a larger size", |m| m["units"][0]["size"] = json!(15)),
        ("both sizes larger", |m| {
            m["units"][0]["size"] = json!(15);
            m["units"][0]["parts"][0]["size"] = json!(15);
        }),
        ("a huge size", |m| {
            m["units"][0]["size"] = json!(u64::MAX);
            m["units"][0]["parts"][0]["size"] = json!(u64::MAX);
        }),
        ("a negative size", |m| m["units"][0]["size"] = json!(-1)),
        ("another unit's hash", |m| m["units"][0]["sha256"] = m["units"][1]["sha256"].clone()),
        ("another hash everywhere", |m| {
            let other = m["units"][1]["sha256"].clone();
            m["units"][0]["parts"][0]["sha256"] = other.clone();
            m["units"][0]["sha256"] = other;
        }),
        ("no hash", |m| {
            m["units"][0]["parts"][0]["sha256"] = json!("");
            m["units"][0]["sha256"] = json!("");
        }),
        ("an upper-case hash", |m| {
            let upper = json!(m["units"][0]["sha256"].as_str().expect("text").to_uppercase());
            m["units"][0]["parts"][0]["sha256"] = upper.clone();
            m["units"][0]["sha256"] = upper;
        }),
        ("another member", |m| m["units"][0]["parts"][0]["member"] = json!("data/c.sqlite")),
        ("a member elsewhere", |m| m["units"][0]["parts"][0]["member"] = json!("../a.sqlite")),
        ("members swapped", |m| {
            let first = m["units"][0].clone();
            m["units"][0] = m["units"][1].clone();
            m["units"][1] = first;
        }),
        ("no parts", |m| m["units"][0]["parts"] = json!([])),
        ("the part twice", |m| {
            let part = m["units"][0]["parts"][0].clone();
            m["units"][0]["parts"] = json!([part, part]);
        }),
        ("a unit fewer", |m| {
            m["units"].as_array_mut().expect("a list").pop();
        }),
        ("a unit more", |m| {
            let mut unit = m["units"][1].clone();
            unit["parts"][0]["member"] = json!("data/c.sqlite");
            m["units"].as_array_mut().expect("a list").push(unit);
        }),
        ("a unit twice", |m| {
            let unit = m["units"][1].clone();
            m["units"].as_array_mut().expect("a list").push(unit);
        }),
        ("no units", |m| m["units"] = json!([])),
        ("a nameless unit", |m| m["units"][0]["name"] = json!("")),
        ("a unit with an endless name", |m| m["units"][0]["name"] = json!("x".repeat(1025))),
        ("an endless warning", |m| m["warnings"] = json!(["x".repeat(70_000)])),
        ("an unknown engine", |m| m["engine"] = json!("oracle")),
        ("a nameless profile", |m| m["profile"] = json!("")),
        ("an id that is a path", |m| m["id"] = json!("../../etc/passwd")),
        ("an id that is hidden", |m| m["id"] = json!(".x")),
        ("an endless id", |m| m["id"] = json!("x".repeat(201))),
        ("another time than the members'", |m| m["created_at"] = json!("2026-11-22T13:54:02Z")),
    ];
    for (what, lie) in lies {
        let error = assert_refused(&with_manifest(lie), what);
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{what}: {error}");
    }
}

#[test]
fn fields_that_are_missing_or_of_another_kind() {
    let manifest = serde_json::to_value(&written().manifest).expect("json");
    let fields: Vec<String> = manifest.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(fields.len(), 11);
    for field in &fields {
        assert_refused(
            &with_manifest(|m| drop(m.as_object_mut().expect("an object").remove(field))),
            &format!("no {field}"),
        );
        for other in [json!(null), json!(1.5), json!([[]]), json!({ "x": 1 }), json!("NaN")] {
            let what = format!("{field} = {other}");
            if !(other == json!("NaN") && ["profile", "id", "kronos_version"].contains(&&**field)) {
                assert_refused(&with_manifest(|m| m[field] = other), &what);
            }
        }
    }
    for time in ["NaN", "", "2026-13-01T00:00:00Z", "+999999-01-01T00:00:00Z", "now", "1e999"] {
        for field in ["created_at", "finished_at"] {
            assert_refused(&with_manifest(|m| m[field] = json!(time)), time);
        }
    }
}

#[test]
fn records_that_contradict_each_other() {
    let header = serde_json::to_value(&written().manifest.header).expect("json");
    let manifest = serde_json::to_vec(&written().manifest).expect("json");
    for (field, other) in [
        ("id", json!("other")),
        ("profile", json!("other")),
        ("engine", json!("mysql")),
        ("created_at", json!("2026-11-22T13:54:01.26Z")),
        ("kronos_version", json!("9")),
        ("server", json!({ "version": "x", "tool": "" })),
    ] {
        let mut other_header = header.clone();
        other_header[field] = other;
        let stored = forged(other_header.to_string().as_bytes(), &manifest);
        let error = assert_refused(&stored, field);
        assert!(
            error.to_string().ends_with("`manifest.json` contradicts `kronos.json`"),
            "{error}"
        );
    }
}

#[test]
fn formats_that_this_version_does_not_know() {
    for newer in [json!(2), json!(1000), json!(u32::MAX)] {
        let stored = with_manifest(|m| {
            m["format"] = newer;
            m["units"] = json!("in another place");
        });
        for error in [
            assert_refused(&stored, "a newer format"),
            archive_error(peek_header(Cursor::new(stored.clone()), NAME), "a newer format"),
        ] {
            assert!(matches!(error, ArchiveError::TooNew { supported: 1, .. }), "{error}");
        }
    }
    let only_format = forged(b"{\"format\":2}", b"");
    let text = assert_refused(&only_format, "a newer format").to_string();
    assert_eq!(text, format!("`{NAME}` has format 2; this version of Kronos reads up to format 1"));
    for bad in [json!(0), json!(-1), json!(1.0), json!("1"), json!(null), json!(true)] {
        let what = format!("format {bad}");
        let error = assert_refused(&with_manifest(|m| m["format"] = bad), &what);
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{what}: {error}");
    }
}

#[test]
fn text_that_is_no_record() {
    let header = serde_json::to_vec(&written().manifest.header).expect("json");
    let manifest = serde_json::to_string(&written().manifest).expect("json");
    let twice = manifest.replacen("\"warnings\":", "\"warnings\":[],\"warnings\":", 1);
    let inner = manifest.replacen("\"page_size\":", "\"page_size\":\"1\",\"page_size\":", 1);
    let escaped =
        manifest.replacen("\"page_size\":", "\"pag\\u0065_size\":\"1\",\"page_size\":", 1);
    let unknown = manifest.replacen('{', "{\"later\":1,\"later\":1,", 1);
    let deep = manifest.replacen('{', &format!("{{\"later\":{},", "[".repeat(100_000)), 1);
    let closed = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep_closed = manifest.replacen('{', &format!("{{\"later\":{closed},"), 1);
    let size = if soak() { 34_000_000 } else { 0 };
    let long = manifest.replacen('{', &format!("{{\"later\":[{}0],", "0,".repeat(size / 2)), 1);
    let many = manifest.replacen('{', &format!("{{\"later\":[{}0],", "0,".repeat(1_000_000)), 1);
    let spaced = " ".repeat(size) + &manifest;
    let marked = format!("\u{feff}{manifest}");
    let ended = format!("{manifest}{{}}");
    let mut cases = vec![
        ("a key twice", twice.as_bytes()),
        ("a key of a map twice", inner.as_bytes()),
        ("a key twice, once escaped", escaped.as_bytes()),
        ("an unknown key twice", unknown.as_bytes()),
        ("depth 100 000", deep.as_bytes()),
        ("depth 100 000, closed", deep_closed.as_bytes()),
        ("a million values", many.as_bytes()),
        ("a byte order mark", marked.as_bytes()),
        ("something after its end", ended.as_bytes()),
        ("nothing", &b""[..]),
        ("null", b"null"),
        ("a list", b"[]"),
        ("no UTF-8", b"{\"format\":1,\"\xff\":1}"),
    ];
    if soak() {
        // That a record is refused by its length alone, `bombs` shows for less.
        cases.extend([("34 MB", long.as_bytes()), ("34 MB of spaces", spaced.as_bytes())]);
    }
    for (what, text) in cases {
        assert_refused(&forged(&header, text), what);
        assert_refused(&forged(text, manifest.as_bytes()), what);
    }
}
