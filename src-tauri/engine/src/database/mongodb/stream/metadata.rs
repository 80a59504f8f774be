//! The documents that are not data: the descriptions of the collections and the headers of the blocks.
//!
//! Owns their fields. The description proper is JSON inside of BSON, as mongodump writes it.

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, cstr};

/// What stands behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum NamespaceKind {
    /// A collection of documents.
    Collection,
    /// A time series; its documents are in a collection of their own, `system.buckets.NAME`.
    TimeSeries,
    /// A view.
    View,
}

impl NamespaceKind {
    /// The kind of this name in a catalogue or a dump.
    pub(in super::super) fn of(text: &str) -> Self {
        match text {
            "view" => Self::View,
            "timeseries" => Self::TimeSeries,
            _ => Self::Collection,
        }
    }
}

/// What the stream says of a collection before any document comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Description {
    pub(in super::super) database: String,
    pub(in super::super) collection: String,
    pub(super) kind: NamespaceKind,
    pub(super) indexes: Vec<String>,
    /// Whether its documents expire: the server deletes them by itself.
    pub(in super::super) expires: bool,
}

impl Description {
    pub(in super::super) fn read(document: &[u8]) -> Result<Self, String> {
        let document = raw(document)?;
        let text = |key: &str| document.get_str(key).map(str::to_owned).map_err(damaged);
        let metadata = document.get_str("metadata").unwrap_or_default();
        let json: serde_json::Value = match metadata {
            "" => serde_json::Value::Null,
            metadata => serde_json::from_str(metadata).map_err(damaged)?,
        };
        let declared = json["type"].as_str().or(document.get_str("type").ok());
        let indexes = json["indexes"].as_array().map_or(&[][..], Vec::as_slice);
        let names = indexes.iter().filter_map(|index| index["name"].as_str());
        let expires = indexes.iter().any(|index| index.get("expireAfterSeconds").is_some());
        Ok(Self {
            database: text("db")?,
            collection: text("collection")?,
            kind: NamespaceKind::of(declared.unwrap_or_default()),
            indexes: names.map(str::to_owned).collect(),
            expires: expires || json["options"].get("expireAfterSeconds").is_some(),
        })
    }
}

/// All that the stream says of a collection.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Described {
    pub(in super::super) database: String,
    pub(in super::super) collection: String,
    pub(in super::super) kind: NamespaceKind,
    /// Its options; of a view its pipeline is among them.
    pub(in super::super) options: Document,
    /// Its indexes.
    pub(in super::super) indexes: Vec<Document>,
}

impl Described {
    pub(in super::super) fn read(document: &[u8]) -> Result<Self, String> {
        let Description { database, collection, kind, .. } = Description::read(document)?;
        let metadata = raw(document)?.get_str("metadata").unwrap_or_default();
        let mut metadata: Document = match metadata {
            "" => Document::new(),
            metadata => serde_json::from_str(metadata).map_err(damaged)?,
        };
        let options = metadata.get_document_mut("options").map(std::mem::take);
        let indexes = metadata.get_array_mut("indexes").map(std::mem::take).unwrap_or_default();
        let indexes = indexes.into_iter().filter_map(|index| match index {
            Bson::Document(index) => Some(index),
            _ => None,
        });
        let options = options.unwrap_or_default();
        Ok(Self { database, collection, kind, options, indexes: indexes.collect() })
    }
}

/// The first document of a block: whose documents follow, or whose have all come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlockHeader {
    pub(super) database: String,
    pub(super) collection: String,
    pub(super) is_end: bool,
}

impl BlockHeader {
    pub(super) fn read(document: &[u8]) -> Result<Self, String> {
        let document = raw(document)?;
        let text = |key: &str| document.get_str(key).map(str::to_owned).map_err(damaged);
        let is_end = document.get_bool("EOF").map_err(damaged)?;
        document.get_i64("CRC").map_err(damaged)?;
        Ok(Self { database: text("db")?, collection: text("collection")?, is_end })
    }

    /// The end of the same collection, whose documents now have this checksum.
    pub(super) fn end_with(&self, checksum: i64) -> Vec<u8> {
        let mut document = RawDocumentBuf::new();
        document.append(cstr!("db"), self.database.as_str());
        document.append(cstr!("collection"), self.collection.as_str());
        document.append(cstr!("EOF"), true);
        document.append(cstr!("CRC"), checksum);
        document.into_bytes()
    }
}

fn raw(document: &[u8]) -> Result<&RawDocument, String> {
    RawDocument::from_bytes(document).map_err(damaged)
}

fn damaged(error: impl std::fmt::Display) -> String {
    format!("a description in it cannot be read: {error}")
}
