//! The responses of custom Alexa skills.
//!
//! See
//! <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-and-response-json-reference.html#response-format>;
//! examples are in `data/alexa-response.json` and `data/alexa-can-fulfill-response.json`.

use crate::values::omit_absent;
use crate::{Json, Map};
use miniserde::Deserialize;

omit_absent! {
    /// A skill's response.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The format's version: `1.0`.
        pub version: String,
        /// The session's attributes, which the next request of the conversation has.
        #[serde(rename = "sessionAttributes")]
        pub session_attributes: Option<Json>,
        /// The library that created the response.
        #[serde(rename = "userAgent")]
        pub user_agent: Option<String>,
        /// The speech, the card and the directives.
        pub response: Body,
    }
}

omit_absent! {
    /// The speech, the card and the directives.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Body {
        /// The speech.
        #[serde(rename = "outputSpeech")]
        pub output_speech: Option<OutputSpeech>,
        /// The card in the Alexa app.
        pub card: Option<Card>,
        /// The speech if the user does not answer.
        pub reprompt: Option<Reprompt>,
        /// The directives to the device's interfaces: `AudioPlayer.Play`, `Dialog.Delegate`, …
        pub directives: Option<Vec<Json>>,
        /// Whether the conversation ends. If absent, it continues without listening on devices with
        /// a screen.
        #[serde(rename = "shouldEndSession")]
        pub should_end_session: Option<bool>,
        /// The response to a `CanFulfillIntentRequest`.
        #[serde(rename = "canFulfillIntent")]
        pub can_fulfill_intent: Option<CanFulfillIntent>,
        /// The response to a `Dialog.API.Invoked`.
        #[serde(rename = "apiResponse")]
        pub api_response: Option<Json>,
        /// For experiments.
        pub experimentation: Option<Json>,
    }
}

impl Response {
    /// Creates an empty response, for requests that allow no speech.
    #[must_use]
    pub fn empty() -> Self {
        Body { ..Default::default() }.into()
    }

    /// Creates a response that ends the conversation.
    #[must_use]
    pub fn say(text: impl Into<String>) -> Self {
        let output_speech = Some(OutputSpeech::text(text));
        Body { output_speech, should_end_session: Some(true), ..Default::default() }.into()
    }

    /// Creates a response that waits for an answer. If there is none, Alexa says the second text.
    #[must_use]
    pub fn ask(text: impl Into<String>, again: impl Into<String>) -> Self {
        Body {
            output_speech: Some(OutputSpeech::text(text)),
            reprompt: Some(Reprompt {
                output_speech: Some(OutputSpeech::text(again)),
                directives: None,
            }),
            should_end_session: Some(false),
            ..Default::default()
        }
        .into()
    }

    /// Sets the card.
    #[must_use]
    pub fn card(mut self, card: Card) -> Self {
        self.response.card = Some(card);
        self
    }

    /// Sets an attribute of the session, which the next request of the conversation has.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Json>) -> Self {
        self.session_attributes.get_or_insert(Json::NULL).set(name, value);
        self
    }

    /// Adds a directive.
    #[must_use]
    pub fn directive(mut self, directive: impl Into<Json>) -> Self {
        self.response.directives.get_or_insert_with(Vec::new).push(directive.into());
        self
    }
}

impl From<Body> for Response {
    fn from(response: Body) -> Self {
        Self { version: "1.0".to_owned(), session_attributes: None, user_agent: None, response }
    }
}

omit_absent! {
    /// The speech.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct OutputSpeech {
        /// `PlainText` or `SSML`.
        #[serde(rename = "type")]
        pub kind: String,
        /// The text of `PlainText`.
        pub text: Option<String>,
        /// The text of `SSML`, in `<speak>`.
        pub ssml: Option<String>,
        /// `ENQUEUE`, `REPLACE_ALL` or `REPLACE_ENQUEUED`.
        #[serde(rename = "playBehavior")]
        pub play_behavior: Option<String>,
    }
}

impl OutputSpeech {
    /// Plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: "PlainText".to_owned(), text: Some(text.into()), ..Default::default() }
    }

    /// Text in SSML, in `<speak>`.
    #[must_use]
    pub fn ssml(ssml: impl Into<String>) -> Self {
        Self { kind: "SSML".to_owned(), ssml: Some(ssml.into()), ..Default::default() }
    }
}

omit_absent! {
    /// The speech if the user does not answer.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Reprompt {
        /// The speech.
        #[serde(rename = "outputSpeech")]
        pub output_speech: Option<OutputSpeech>,
        /// The directives.
        pub directives: Option<Vec<Json>>,
    }
}

omit_absent! {
    /// The card in the Alexa app.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Card {
        /// `Simple`, `Standard`, `LinkAccount` or `AskForPermissionsConsent`.
        #[serde(rename = "type")]
        pub kind: String,
        pub title: Option<String>,
        /// The text of `Simple`.
        pub content: Option<String>,
        /// The text of `Standard`.
        pub text: Option<String>,
        /// The image of `Standard`.
        pub image: Option<Image>,
        /// The permissions of `AskForPermissionsConsent`.
        pub permissions: Option<Vec<String>>,
    }
}

omit_absent! {
    /// An image, by its HTTPS URLs.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Image {
        /// Some 720 by 480 pixels.
        #[serde(rename = "smallImageUrl")]
        pub small_image_url: Option<String>,
        /// Some 1200 by 800 pixels.
        #[serde(rename = "largeImageUrl")]
        pub large_image_url: Option<String>,
    }
}

impl Card {
    /// Creates a card with a title and a text.
    #[must_use]
    pub fn simple(title: impl Into<String>, content: impl Into<String>) -> Self {
        let (title, content) = (Some(title.into()), Some(content.into()));
        Self { kind: "Simple".to_owned(), title, content, ..Default::default() }
    }

    /// Creates a card with a title, a text and an image.
    #[must_use]
    pub fn standard(title: impl Into<String>, text: impl Into<String>, image: Image) -> Self {
        let (title, text, image) = (Some(title.into()), Some(text.into()), Some(image));
        Self { kind: "Standard".to_owned(), title, text, image, ..Default::default() }
    }

    /// Creates a card that asks the user to link an account.
    #[must_use]
    pub fn link_account() -> Self {
        Self { kind: "LinkAccount".to_owned(), ..Default::default() }
    }

    /// Creates a card that asks for permissions, such as `alexa::profile:email:read`.
    #[must_use]
    pub fn ask_for_permissions<P: Into<String>>(all: impl IntoIterator<Item = P>) -> Self {
        let permissions = Some(all.into_iter().map(P::into).collect());
        Self { kind: "AskForPermissionsConsent".to_owned(), permissions, ..Default::default() }
    }
}

omit_absent! {
    /// Whether the skill can handle an intent.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CanFulfillIntent {
        /// `YES`, `MAYBE` or `NO`.
        #[serde(rename = "canFulfill")]
        pub can_fulfill: String,
        pub slots: Option<Map<CanFulfillSlot>>,
    }
}

omit_absent! {
    /// Whether the skill can use the value of a slot.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CanFulfillSlot {
        /// Whether it understands the value: `YES`, `MAYBE` or `NO`.
        #[serde(rename = "canUnderstand")]
        pub can_understand: Option<String>,
        /// Whether it can fulfill the intent with the value: `YES` or `NO`.
        #[serde(rename = "canFulfill")]
        pub can_fulfill: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::{Card, Response};
    use miniserde::json::{self, Value};

    #[test]
    fn a_response_holds_what_was_said_and_no_nulls() {
        for (response, text) in [
            (Response::empty(), r#"{"version":"1.0","response":{}}"#),
            (
                Response::say("Tea.").card(Card::link_account()),
                r#"{"version":"1.0","response":{"outputSpeech":{"type":"PlainText","text":"Tea."},"card":{"type":"LinkAccount"},"shouldEndSession":true}}"#,
            ),
            (
                Response::ask("Tea?", "Some?").attribute("round", Value::Null),
                r#"{"version":"1.0","sessionAttributes":{"round":null},"response":{"outputSpeech":{"type":"PlainText","text":"Tea?"},"reprompt":{"outputSpeech":{"type":"PlainText","text":"Some?"}},"shouldEndSession":false}}"#,
            ),
        ] {
            assert_eq!(json::to_string(&response), text);
        }
    }
}
