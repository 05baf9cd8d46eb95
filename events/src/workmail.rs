//! Amazon WorkMail: rules that run a function.
//!
//! See <https://docs.aws.amazon.com/workmail/latest/adminguide/lambda.html>; examples are in
//! `data/workmail.json` and `data/workmail-response.json`.

use crate::Json;
use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

/// A mail. Its body can be read with `GetRawMessageContent`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "summaryVersion")]
    pub summary_version: String,
    pub envelope: Envelope,
    pub sender: Option<Address>,
    pub subject: Option<String>,
    #[serde(rename = "messageId")]
    pub message_id: String,
    #[serde(rename = "invocationId")]
    pub invocation_id: Option<String>,
    /// `INBOUND` or `OUTBOUND`.
    #[serde(rename = "flowDirection")]
    pub flow_direction: String,
    pub truncated: Option<bool>,
}

/// The sender and the recipients.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Envelope {
    #[serde(rename = "mailFrom")]
    pub mail_from: Option<Address>,
    pub recipients: Option<Vec<Address>>,
}

/// An address.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Address {
    pub address: Option<String>,
}

omit_absent! {
    /// What happens to the mail, if the rule runs synchronously.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        pub actions: Option<Vec<Action>>,
    }
}

omit_absent! {
    /// An action for some recipients.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Action {
        #[serde(rename = "allRecipients")]
        pub all_recipients: Option<bool>,
        pub recipients: Option<Vec<String>>,
        pub action: Option<ActionKind>,
    }
}

omit_absent! {
    /// `DEFAULT`, `BOUNCE`, `DROP`, `MOVE_TO_JUNK`, `BYPASS_SPAM_CHECK`.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ActionKind {
        #[serde(rename = "type")]
        pub kind: Option<String>,
        pub parameters: Option<Json>,
    }
}

impl Response {
    /// Does the same for all recipients: `DEFAULT`, `BOUNCE`, `DROP`, `MOVE_TO_JUNK` or
    /// `BYPASS_SPAM_CHECK`.
    pub fn for_all(kind: impl Into<String>) -> Self {
        let kind = ActionKind { kind: Some(kind.into()), parameters: None };
        let action = Action { all_recipients: Some(true), recipients: None, action: Some(kind) };
        Self { actions: Some(vec![action]) }
    }
}
