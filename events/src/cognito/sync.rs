//! Amazon Cognito Sync: changes of a user's data.
//!
//! See <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html>;
//! an example is in `data/cognito-sync.json`.

use crate::values::{checked_text, omit_absent};
use crate::{Map, NumberOrText};
use miniserde::Deserialize;

omit_absent! {
    /// Changes of a data set. The function returns the event with the values to store.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Event {
        /// The version of the event: `2`.
        pub version: Option<NumberOrText>,
        /// `SyncTrigger`.
        #[serde(rename = "eventType")]
        pub event_type: EventType,
        /// The identity pool's region.
        pub region: Option<String>,
        #[serde(rename = "identityPoolId")]
        pub identity_pool_id: String,
        /// The user's id in the identity pool.
        #[serde(rename = "identityId")]
        pub identity_id: Option<String>,
        /// The data set's name.
        #[serde(rename = "datasetName")]
        pub dataset_name: Option<String>,
        /// The changes by key. One that is removed, or set to its old value, is not made.
        #[serde(rename = "datasetRecords")]
        pub dataset_records: Option<Map<Change>>,
    }
}

checked_text! {
    /// Identifies the event.
    pub struct EventType(|text| text == "SyncTrigger", "SyncTrigger")
}

omit_absent! {
    /// The change of a value.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Change {
        /// The old value.
        #[serde(rename = "oldValue")]
        pub old_value: Option<String>,
        /// The new value, which the function may change.
        #[serde(rename = "newValue")]
        pub new_value: Option<String>,
        /// `replace` or `remove`.
        pub op: Option<String>,
    }
}
