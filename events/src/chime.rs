//! Amazon Chime SDK: phone calls that SIP media applications handle with a function.
//!
//! See <https://docs.aws.amazon.com/chime-sdk/latest/dg/case-1.html>; examples are in
//! `data/chime.json`, `data/chime-action.json` and `data/chime-response.json`.

use crate::values::omit_absent;
use crate::{Json, Map, NumberOrText};
use miniserde::{Deserialize, Serialize};

/// What happens in a call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "SchemaVersion")]
    pub schema_version: Option<String>,
    /// The number of the event in the call.
    #[serde(rename = "Sequence")]
    pub sequence: Option<NumberOrText>,
    /// `NEW_INBOUND_CALL`, `NEW_OUTBOUND_CALL`, `RINGING`, `CALL_ANSWERED`, `ACTION_SUCCESSFUL`,
    /// `ACTION_FAILED`, `ACTION_INTERRUPTED`, `DIGITS_RECEIVED`, `CALL_UPDATE_REQUESTED`,
    /// `INVALID_LAMBDA_RESPONSE`, `HANGUP`, …
    #[serde(rename = "InvocationEventType")]
    pub invocation_event_type: String,
    #[serde(rename = "CallDetails")]
    pub call_details: CallDetails,
    /// The action that the event is about, with its `Type` and `Parameters`.
    #[serde(rename = "ActionData")]
    pub action_data: Option<Json>,
    #[serde(rename = "ErrorType")]
    pub error_type: Option<String>,
    #[serde(rename = "ErrorMessage")]
    pub error_message: Option<String>,
}

/// A call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CallDetails {
    #[serde(rename = "TransactionId")]
    pub transaction_id: String,
    /// What earlier responses have set.
    #[serde(rename = "TransactionAttributes")]
    pub transaction_attributes: Option<Map>,
    #[serde(rename = "AwsAccountId")]
    pub aws_account_id: Option<String>,
    #[serde(rename = "AwsRegion")]
    pub aws_region: Option<String>,
    #[serde(rename = "SipRuleId")]
    pub sip_rule_id: Option<String>,
    #[serde(rename = "SipMediaApplicationId")]
    pub sip_media_application_id: Option<String>,
    /// The same, in events of some kinds.
    #[serde(rename = "SipApplicationId")]
    pub sip_application_id: Option<String>,
    #[serde(rename = "Participants")]
    pub participants: Option<Vec<Participant>>,
}

/// A leg of a call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Participant {
    #[serde(rename = "CallId")]
    pub call_id: Option<String>,
    /// `LEG-A` or `LEG-B`.
    #[serde(rename = "ParticipantTag")]
    pub participant_tag: Option<String>,
    #[serde(rename = "To")]
    pub to: Option<String>,
    #[serde(rename = "From")]
    pub from: Option<String>,
    /// `Inbound` or `Outbound`.
    #[serde(rename = "Direction")]
    pub direction: Option<String>,
    /// In milliseconds since 1970.
    #[serde(rename = "StartTimeInMilliseconds")]
    pub start_time_in_milliseconds: Option<NumberOrText>,
    #[serde(rename = "EndTimeInMilliseconds")]
    pub end_time_in_milliseconds: Option<NumberOrText>,
    #[serde(rename = "Status")]
    pub status: Option<String>,
    #[serde(rename = "SipHeaders")]
    pub sip_headers: Option<Map>,
}

omit_absent! {
    /// What is done next.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "SchemaVersion")]
        pub schema_version: String,
        /// Up to ten actions, each with `Type` and `Parameters`.
        #[serde(rename = "Actions")]
        pub actions: Vec<Json>,
        /// What later events of the call are to have.
        #[serde(rename = "TransactionAttributes")]
        pub transaction_attributes: Option<Map>,
    }
}

impl Response {
    /// Returns the response with the given actions.
    #[must_use]
    pub fn new(actions: Vec<Json>) -> Self {
        Self { schema_version: "1.0".to_owned(), actions, transaction_attributes: None }
    }
}
