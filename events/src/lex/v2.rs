//! Code hooks of Amazon Lex V2 bots.
//!
//! See <https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html> and
//! <https://docs.aws.amazon.com/lexv2/latest/dg/lambda-response-format.html>; examples are in
//! `data/lex-v2.json` and `data/lex-v2-response.json`.

use crate::values::omit_absent;
use crate::{Json, Map};
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
    /// `DTMF`, `Speech` or `Text`.
    #[serde(rename = "inputMode")]
    pub input_mode: Option<String>,
    #[serde(rename = "responseContentType")]
    pub response_content_type: Option<String>,
    #[serde(rename = "sessionId")]
    pub session_id: String,
    #[serde(rename = "inputTranscript")]
    pub input_transcript: Option<String>,
    /// What the user wrote, before Lex corrected the spelling.
    #[serde(rename = "rawInputTranscript")]
    pub raw_input_transcript: Option<String>,
    #[serde(rename = "invocationLabel")]
    pub invocation_label: Option<String>,
    pub bot: Bot,
    /// The intents that the utterance may mean, the most probable first.
    pub interpretations: Option<Vec<Interpretation>>,
    #[serde(rename = "proposedNextState")]
    pub proposed_next_state: Option<NextState>,
    #[serde(rename = "requestAttributes")]
    pub request_attributes: Option<Map>,
    #[serde(rename = "sessionState")]
    pub session_state: SessionState,
    pub transcriptions: Option<Vec<Transcription>>,
}

/// A bot.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Bot {
    pub id: String,
    pub name: Option<String>,
    #[serde(rename = "localeId")]
    pub locale_id: String,
    pub version: Option<String>,
    #[serde(rename = "aliasId")]
    pub alias_id: Option<String>,
    #[serde(rename = "aliasName")]
    pub alias_name: Option<String>,
}

/// What an utterance may mean.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Interpretation {
    pub intent: Intent,
    /// `Lex` or `Bedrock`.
    #[serde(rename = "interpretationSource")]
    pub interpretation_source: Option<String>,
    /// A number, or an object with `score`.
    #[serde(rename = "nluConfidence")]
    pub nlu_confidence: Option<Json>,
    #[serde(rename = "sentimentResponse")]
    pub sentiment_response: Option<SentimentResponse>,
}

/// The sentiment of an utterance.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct SentimentResponse {
    pub sentiment: Option<String>,
    #[serde(rename = "sentimentScore")]
    pub sentiment_score: Option<Json>,
}

/// What Lex would do next.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct NextState {
    #[serde(rename = "dialogAction")]
    pub dialog_action: Option<DialogAction>,
    pub intent: Option<Intent>,
    pub prompt: Option<Json>,
}

/// What may have been said.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Transcription {
    pub transcription: Option<String>,
    #[serde(rename = "transcriptionConfidence")]
    pub transcription_confidence: Option<Json>,
    #[serde(rename = "resolvedContext")]
    pub resolved_context: Option<Json>,
    #[serde(rename = "resolvedSlots")]
    pub resolved_slots: Option<Json>,
}

omit_absent! {
    /// An intent and its slots.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Intent {
        pub name: Option<String>,
        /// The slots. One without a value is null.
        pub slots: Option<Map<Json>>,
        /// `InProgress`, `Fulfilled`, `Failed`, `ReadyForFulfillment`, `Waiting` or
        /// `FulfillmentInProgress`.
        pub state: Option<String>,
        /// `None`, `Confirmed` or `Denied`.
        #[serde(rename = "confirmationState")]
        pub confirmation_state: Option<String>,
        #[serde(rename = "kendraResponse")]
        pub kendra_response: Option<Json>,
        #[serde(rename = "qnAResponse")]
        pub qn_a_response: Option<Json>,
    }
}

omit_absent! {
    /// What Lex does next.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct DialogAction {
        /// `Close`, `ConfirmIntent`, `Delegate`, `ElicitIntent` or `ElicitSlot`.
        #[serde(rename = "type")]
        pub kind: Option<String>,
        #[serde(rename = "slotToElicit")]
        pub slot_to_elicit: Option<String>,
        /// `Default`, `SpellByLetter` or `SpellByWord`.
        #[serde(rename = "slotElicitationStyle")]
        pub slot_elicitation_style: Option<String>,
        #[serde(rename = "subSlotToElicit")]
        pub sub_slot_to_elicit: Option<Json>,
    }
}

omit_absent! {
    /// The state of a conversation.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct SessionState {
        #[serde(rename = "activeContexts")]
        pub active_contexts: Option<Vec<ActiveContext>>,
        #[serde(rename = "sessionAttributes")]
        pub session_attributes: Option<Map>,
        #[serde(rename = "runtimeHints")]
        pub runtime_hints: Option<Json>,
        #[serde(rename = "dialogAction")]
        pub dialog_action: Option<DialogAction>,
        pub intent: Option<Intent>,
        #[serde(rename = "originatingRequestId")]
        pub originating_request_id: Option<String>,
    }
}

omit_absent! {
    /// A context that is active for some turns.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ActiveContext {
        pub name: Option<String>,
        #[serde(rename = "contextAttributes")]
        pub context_attributes: Option<Map>,
        #[serde(rename = "timeToLive")]
        pub time_to_live: Option<TimeToLive>,
    }
}

omit_absent! {
    /// How long a context is active.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct TimeToLive {
        #[serde(rename = "timeToLiveInSeconds")]
        pub time_to_live_in_seconds: Option<i64>,
        #[serde(rename = "turnsToLive")]
        pub turns_to_live: Option<i64>,
    }
}

omit_absent! {
    /// The response of a code hook.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "sessionState")]
        pub session_state: Option<SessionState>,
        pub messages: Option<Vec<Message>>,
        #[serde(rename = "requestAttributes")]
        pub request_attributes: Option<Map>,
    }
}

omit_absent! {
    /// A message to the user.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Message {
        /// `PlainText`, `SSML`, `CustomPayload` or `ImageResponseCard`.
        #[serde(rename = "contentType")]
        pub content_type: Option<String>,
        pub content: Option<String>,
        #[serde(rename = "imageResponseCard")]
        pub image_response_card: Option<Json>,
    }
}

impl Event {
    /// Returns the name of the intent.
    #[must_use]
    pub fn intent_name(&self) -> Option<&str> {
        self.session_state.intent.as_ref()?.name.as_deref()
    }

    /// Returns the interpreted value of a slot.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&str> {
        let slot = self.session_state.intent.as_ref()?.slots.as_ref()?.get(name)?;
        slot.path("value.interpretedValue")?.as_str()
    }

    /// Ends the intent as `Fulfilled` or `Failed`, with a message.
    pub fn close(mut self, state: &str, message: impl Into<String>) -> Response {
        if let Some(intent) = &mut self.session_state.intent {
            intent.state = Some(state.to_owned());
        }
        self.respond("Close", None, Some(message.into()))
    }

    /// Asks the user for a slot, with a message.
    pub fn elicit_slot(self, slot: impl Into<String>, message: impl Into<String>) -> Response {
        self.respond("ElicitSlot", Some(slot.into()), Some(message.into()))
    }

    /// Asks the user whether to carry the intent out, with a message. The next event has the
    /// answer in `confirmation_state` of its intent.
    pub fn confirm_intent(self, message: impl Into<String>) -> Response {
        self.respond("ConfirmIntent", None, Some(message.into()))
    }

    /// Lets Lex go on as the bot is configured.
    #[must_use]
    pub fn delegate(self) -> Response {
        self.respond("Delegate", None, None)
    }

    fn respond(self, action: &str, slot: Option<String>, text: Option<String>) -> Response {
        let action = DialogAction {
            kind: Some(action.to_owned()),
            slot_to_elicit: slot,
            ..Default::default()
        };
        let message = |text| Message {
            content_type: Some("PlainText".to_owned()),
            content: Some(text),
            image_response_card: None,
        };
        Response {
            session_state: Some(SessionState {
                dialog_action: Some(action),
                active_contexts: None,
                ..self.session_state
            }),
            messages: text.map(|text| vec![message(text)]),
            request_attributes: None,
        }
    }
}
