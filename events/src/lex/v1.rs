//! Code hooks of Amazon Lex V1 bots, which AWS has ended.
//!
//! See <https://docs.aws.amazon.com/lex/latest/dg/lambda-input-response-format.html>; examples are
//! in `data/lex.json` and `data/lex-response.json`.

use crate::values::omit_absent;
use crate::{Json, Map, NumberOrText};
use miniserde::{Deserialize, Serialize};

/// An utterance.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "messageVersion")]
    pub message_version: Option<String>,
    /// `DialogCodeHook` or `FulfillmentCodeHook`.
    #[serde(rename = "invocationSource")]
    pub invocation_source: String,
    #[serde(rename = "userId")]
    pub user_id: String,
    #[serde(rename = "inputTranscript")]
    pub input_transcript: Option<String>,
    #[serde(rename = "sessionAttributes")]
    pub session_attributes: Option<Map>,
    #[serde(rename = "requestAttributes")]
    pub request_attributes: Option<Map>,
    pub bot: Bot,
    /// `Voice` or `Text`.
    #[serde(rename = "outputDialogMode")]
    pub output_dialog_mode: Option<String>,
    #[serde(rename = "currentIntent")]
    pub current_intent: Intent,
    #[serde(rename = "alternativeIntents")]
    pub alternative_intents: Option<Vec<Intent>>,
    #[serde(rename = "recentIntentSummaryView")]
    pub recent_intent_summary_view: Option<Json>,
    #[serde(rename = "sentimentResponse")]
    pub sentiment_response: Option<Json>,
    #[serde(rename = "kendraResponse")]
    pub kendra_response: Option<Json>,
    #[serde(rename = "activeContexts")]
    pub active_contexts: Option<Json>,
    #[serde(rename = "dialogState")]
    pub dialog_state: Option<String>,
}

/// A bot.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Bot {
    pub name: String,
    pub alias: Option<String>,
    pub version: Option<String>,
}

/// An intent and its slots.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Intent {
    pub name: String,
    #[serde(rename = "nluIntentConfidenceScore")]
    pub nlu_intent_confidence_score: Option<NumberOrText>,
    pub slots: Option<Json>,
    #[serde(rename = "slotDetails")]
    pub slot_details: Option<Json>,
    #[serde(rename = "confirmationStatus")]
    pub confirmation_status: Option<String>,
}

omit_absent! {
    /// The response of a code hook.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "sessionAttributes")]
        pub session_attributes: Option<Map>,
        #[serde(rename = "dialogAction")]
        pub dialog_action: Option<DialogAction>,
        #[serde(rename = "recentIntentSummaryView")]
        pub recent_intent_summary_view: Option<Json>,
        #[serde(rename = "activeContexts")]
        pub active_contexts: Option<Json>,
    }
}

omit_absent! {
    /// What Lex does next.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct DialogAction {
        /// `Close`, `ConfirmIntent`, `Delegate`, `ElicitIntent` or `ElicitSlot`.
        #[serde(rename = "type")]
        pub kind: Option<String>,
        /// `Fulfilled` or `Failed`.
        #[serde(rename = "fulfillmentState")]
        pub fulfillment_state: Option<String>,
        pub message: Option<Message>,
        #[serde(rename = "intentName")]
        pub intent_name: Option<String>,
        pub slots: Option<Json>,
        #[serde(rename = "slotToElicit")]
        pub slot_to_elicit: Option<String>,
        #[serde(rename = "responseCard")]
        pub response_card: Option<Json>,
        #[serde(rename = "kendraQueryRequestPayload")]
        pub kendra_query_request_payload: Option<String>,
        #[serde(rename = "kendraQueryFilterString")]
        pub kendra_query_filter_string: Option<String>,
    }
}

omit_absent! {
    /// A message to the user.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Message {
        /// `PlainText`, `SSML` or `CustomPayload`.
        #[serde(rename = "contentType")]
        pub content_type: Option<String>,
        pub content: Option<String>,
    }
}

impl Event {
    /// Returns the value of a slot.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&str> {
        self.current_intent.slots.as_ref()?.get(name)?.as_str()
    }

    /// Ends the intent as `Fulfilled` or `Failed`, with a message.
    pub fn close(self, state: &str, message: impl Into<String>) -> Response {
        let message =
            Message { content_type: Some("PlainText".to_owned()), content: Some(message.into()) };
        let action = DialogAction {
            kind: Some("Close".to_owned()),
            fulfillment_state: Some(state.to_owned()),
            message: Some(message),
            ..Default::default()
        };
        Response {
            session_attributes: self.session_attributes,
            dialog_action: Some(action),
            recent_intent_summary_view: None,
            active_contexts: None,
        }
    }
}
