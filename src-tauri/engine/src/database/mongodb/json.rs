//! A document as relaxed extended JSON, in the order of its keys, with a key that is there twice twice.
//!
//! Owns documents and lists; what a single value looks like is the driver's business.

use std::io;

use bson::{Bson, RawArray, RawBsonRef, RawDocument};

use super::super::rows::Value;

/// Deeper than a server stores.
const DEEPEST: usize = 200;

/// Writes `document` to `out`. The error says what is wrong with it.
pub(super) fn write(document: &RawDocument, out: &mut Value) -> Result<(), String> {
    Json(out).document(document, 0)
}

/// Where the text goes.
struct Json<'a>(&'a mut Value);

impl io::Write for Json<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Json<'_> {
    fn document(&mut self, document: &RawDocument, depth: usize) -> Result<(), String> {
        self.0.push(b"{");
        for (number, element) in document.iter().enumerate() {
            let (key, value) = element.map_err(unreadable)?;
            self.separate(number);
            self.plain(key.as_str())?;
            self.0.push(b":");
            self.value(value, depth + 1)?;
        }
        self.0.push(b"}");
        Ok(())
    }

    fn list(&mut self, list: &RawArray, depth: usize) -> Result<(), String> {
        self.0.push(b"[");
        for (number, value) in list.into_iter().enumerate() {
            self.separate(number);
            self.value(value.map_err(unreadable)?, depth + 1)?;
        }
        self.0.push(b"]");
        Ok(())
    }

    fn value(&mut self, value: RawBsonRef<'_>, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("a document in it has more than {DEEPEST} levels"));
        }
        match value {
            RawBsonRef::Document(document) => self.document(document, depth),
            RawBsonRef::Array(list) => self.list(list, depth),
            RawBsonRef::String(text) => self.plain(text),
            RawBsonRef::JavaScriptCodeWithScope(code) => {
                self.0.push(b"{\"$code\":");
                self.plain(code.code)?;
                self.0.push(b",\"$scope\":");
                self.document(code.scope, depth)?;
                self.0.push(b"}");
                Ok(())
            }
            single => {
                self.plain(&Bson::try_from(single).map_err(unreadable)?.into_relaxed_extjson())
            }
        }
    }

    fn separate(&mut self, number: usize) {
        if number > 0 {
            self.0.push(b",");
        }
    }

    fn plain(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), String> {
        serde_json::to_writer(self, value).map_err(unreadable)
    }
}

fn unreadable(error: impl std::fmt::Display) -> String {
    format!("a document in it cannot be read: {error}")
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, JavaScriptCodeWithScope, RawDocumentBuf, cstr, doc};

    use super::*;
    use crate::database::rows::Cell;

    fn json(document: &RawDocument, most: usize) -> Result<Cell, String> {
        let mut value = Value::keeping(most);
        write(document, &mut value)?;
        Ok(value.into_text())
    }

    fn whole(document: &RawDocument) -> String {
        match json(document, usize::MAX).unwrap() {
            Cell::Text { text, cut_from: None } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_keep_their_order_and_may_come_twice() {
        let mut document = RawDocumentBuf::new();
        for (key, value) in [(cstr!("z"), 1), (cstr!("a"), 2), (cstr!("z"), 3)] {
            document.append(key, value);
        }
        assert_eq!(whole(&document), r#"{"z":1,"a":2,"z":3}"#);
    }

    #[test]
    fn values_are_those_of_the_driver() {
        let document = doc! {
            "b": [1_i64, 2.5, [], {}], "a\"": "q\"\n🔑", "": bson::Bson::Null, "d": DateTime::from_millis(0),
            "nan": f64::NAN, "c": JavaScriptCodeWithScope { code: "x".into(), scope: doc! { "y": 1, "x": 2 } },
        };
        let raw = RawDocumentBuf::try_from(&document).unwrap();
        let text = whole(&raw);
        let found: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(found, Bson::Document(document).into_relaxed_extjson());
        assert!(text.contains(r#""$scope":{"y":1,"x":2}"#), "{text}");
        let cut = Cell::Text { text: text[..10].to_owned(), cut_from: Some(text.len() as u64) };
        assert_eq!(json(&raw, 10).unwrap(), cut);
    }

    #[test]
    fn a_document_that_is_too_deep_or_broken_is_an_error() {
        let mut deep = RawDocumentBuf::new();
        for _ in 0..5000 {
            let mut outer = RawDocumentBuf::new();
            outer.append(cstr!("d"), deep);
            deep = outer;
        }
        assert!(json(&deep, 10).unwrap_err().contains("200 levels"));
        let mut bytes = RawDocumentBuf::try_from(&doc! { "a": "text" }).unwrap().into_bytes();
        bytes[4] = 0x77;
        assert!(json(RawDocument::from_bytes(&bytes).unwrap(), 10).is_err());
    }
}
