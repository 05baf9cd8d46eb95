//! Amazon Connect: contact flows.
//!
//! See <https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html>;
//! examples are in `data/connect.json` and `data/connect-queue-name.json`. The
//! response is an object of strings, or any JSON, as the flow's block says.

pub mod campaign;

use crate::{Json, Map};
use miniserde::{Deserialize, Serialize};

/// An invocation by a block of a contact flow.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `ContactFlowEvent`.
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "Details")]
    pub details: Details,
}

/// The contact and the parameters of the block.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Details {
    #[serde(rename = "ContactData")]
    pub contact_data: ContactData,
    #[serde(rename = "Parameters")]
    pub parameters: Option<Map<Json>>,
}

/// A contact.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ContactData {
    #[serde(rename = "Attributes")]
    pub attributes: Option<Map>,
    /// `VOICE`, `CHAT`, `TASK` or `EMAIL`.
    #[serde(rename = "Channel")]
    pub channel: Option<String>,
    #[serde(rename = "ContactId")]
    pub contact_id: String,
    #[serde(rename = "InitialContactId")]
    pub initial_contact_id: Option<String>,
    #[serde(rename = "PreviousContactId")]
    pub previous_contact_id: Option<String>,
    #[serde(rename = "RelatedContactId")]
    pub related_contact_id: Option<String>,
    #[serde(rename = "CustomerId")]
    pub customer_id: Option<String>,
    #[serde(rename = "CustomerEndpoint")]
    pub customer_endpoint: Option<Endpoint>,
    #[serde(rename = "SystemEndpoint")]
    pub system_endpoint: Option<Endpoint>,
    #[serde(rename = "AdditionalEmailRecipients")]
    pub additional_email_recipients: Option<Json>,
    /// `INBOUND`, `OUTBOUND`, `TRANSFER`, `CALLBACK`, `API`, …
    #[serde(rename = "InitiationMethod")]
    pub initiation_method: Option<String>,
    #[serde(rename = "InstanceARN")]
    pub instance_arn: Option<String>,
    #[serde(rename = "LanguageCode")]
    pub language_code: Option<String>,
    #[serde(rename = "Description")]
    pub description: Option<String>,
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "References")]
    pub references: Option<Json>,
    #[serde(rename = "SegmentAttributes")]
    pub segment_attributes: Option<Json>,
    #[serde(rename = "Tags")]
    pub tags: Option<Map>,
    /// The queue, with `ARN`, `Name` and `OutboundCallerId`; its name alone in events of older
    /// flows. See [`ContactData::queue_name`].
    #[serde(rename = "Queue")]
    pub queue: Option<Json>,
    #[serde(rename = "MediaStreams")]
    pub media_streams: Option<Json>,
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Endpoint {
    #[serde(rename = "Address")]
    pub address: Option<String>,
    /// `TELEPHONE_NUMBER`.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
}

impl ContactData {
    /// Returns the name of the queue.
    #[must_use]
    pub fn queue_name(&self) -> Option<&str> {
        let queue = self.queue.as_ref()?;
        queue.as_str().or_else(|| queue.get("Name")?.as_str())
    }
}
