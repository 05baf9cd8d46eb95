//! Changes of Amazon DocumentDB collections, from a change stream.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html>; an example is in
//! `data/documentdb.json`.

use crate::Json;
use crate::values::checked_text;
use miniserde::{Deserialize, Serialize};

/// A batch of changes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The cluster's ARN.
    #[serde(rename = "eventSourceArn")]
    pub event_source_arn: String,
    pub events: Vec<Change>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:docdb", "aws:docdb")
}

/// A change in its envelope.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Change {
    pub event: ChangeEvent,
}

/// A change.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ChangeEvent {
    /// The resume token.
    #[serde(rename = "_id")]
    pub id: Option<Json>,
    /// As MongoDB's extended JSON: `{"$timestamp":{"t":…,"i":…}}`.
    #[serde(rename = "clusterTime")]
    pub cluster_time: Option<Json>,
    /// The document's `_id`.
    #[serde(rename = "documentKey")]
    pub document_key: Option<Json>,
    /// The document, if the stream delivers it.
    #[serde(rename = "fullDocument")]
    pub full_document: Option<Json>,
    #[serde(rename = "fullDocumentBeforeChange")]
    pub full_document_before_change: Option<Json>,
    #[serde(rename = "ns")]
    pub namespace: Option<Namespace>,
    /// `insert`, `update`, `replace`, `delete`, `drop`, …
    #[serde(rename = "operationType")]
    pub operation_type: String,
    #[serde(rename = "updateDescription")]
    pub update_description: Option<Json>,
    /// The new name, for `rename` only.
    pub to: Option<Namespace>,
    pub lsid: Option<Json>,
    #[serde(rename = "txnNumber")]
    pub txn_number: Option<Json>,
}

/// A collection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Namespace {
    pub db: Option<String>,
    pub coll: Option<String>,
}
