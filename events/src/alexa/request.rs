//! The requests of custom Alexa skills.
//!
//! See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-types-reference.html>;
//! examples are in `data/alexa-launch.json`, `data/alexa-intent.json`,
//! `data/alexa-can-fulfill.json`, `data/alexa-session-ended.json`, `data/alexa-audio-player.json`,
//! `data/alexa-connections.json` and `data/alexa-skill-event.json`.

use crate::alexa::intent::Intent;
use crate::values::{Members, from_members};
use crate::{EpochMillis, Error, Json, NumberOrText, Rfc3339};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// A request.
///
/// ```
/// use minilambda_events::alexa::Event;
/// use minilambda_events::alexa::request::Request;
/// use minilambda_events::alexa::response::Response;
///
/// fn respond(event: &Event) -> Response {
///     match &event.request {
///         Request::Launch(_) => Response::ask("Which tea?", "Which tea do you like?"),
///         Request::Intent(request) => match request.intent.slot_value("tea") {
///             Some(tea) => Response::say(format!("{tea} it is.")),
///             None => Response::ask("Which tea?", "Which tea do you like?"),
///         },
///         _ => Response::empty(),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Request {
    /// The skill was opened without an intent.
    Launch(LaunchRequest),
    /// The user said something that matches an intent.
    Intent(IntentRequest),
    /// Alexa asks whether the skill could handle the intent.
    CanFulfillIntent(IntentRequest),
    /// The conversation is over. There is no response.
    SessionEnded(SessionEndedRequest),
    /// The audio player has started, stopped or failed: `AudioPlayer.…`.
    AudioPlayer(AudioPlayerRequest),
    /// The result of a task that this skill asked another skill, or Alexa, to do.
    Connections(ConnectionsResponse),
    /// Any other, with all its fields: `PlaybackController.…`, `System.ExceptionEncountered`,
    /// `Display.ElementSelected`, `Alexa.Presentation.APL.UserEvent`, `AlexaSkillEvent.…`, …
    Other(Json),
}

impl Default for Request {
    fn default() -> Self {
        Self::Launch(<LaunchRequest as Default>::default())
    }
}

impl Request {
    /// The `type`, such as `IntentRequest`.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Launch(request) => &request.kind,
            Self::Intent(request) | Self::CanFulfillIntent(request) => &request.kind,
            Self::SessionEnded(request) => &request.kind,
            Self::AudioPlayer(request) => &request.kind,
            Self::Connections(request) => &request.kind,
            Self::Other(members) => text(members, "type").unwrap_or_default(),
        }
    }

    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Launch(request) => &request.request_id,
            Self::Intent(request) | Self::CanFulfillIntent(request) => &request.request_id,
            Self::SessionEnded(request) => &request.request_id,
            Self::AudioPlayer(request) => &request.request_id,
            Self::Connections(request) => &request.request_id,
            Self::Other(members) => text(members, "requestId").unwrap_or_default(),
        }
    }

    /// The language, such as `pt-BR`.
    #[must_use]
    pub fn locale(&self) -> Option<&str> {
        match self {
            Self::Launch(request) => request.locale.as_deref(),
            Self::Intent(request) | Self::CanFulfillIntent(request) => request.locale.as_deref(),
            Self::SessionEnded(request) => request.locale.as_deref(),
            Self::AudioPlayer(request) => request.locale.as_deref(),
            Self::Connections(request) => request.locale.as_deref(),
            Self::Other(members) => text(members, "locale"),
        }
    }

    /// Returns the time of the request.
    ///
    /// # Errors
    /// If there is none, or it is neither in the form of RFC 3339 nor in milliseconds since 1970,
    /// which simulators send.
    pub fn time(&self) -> Result<SystemTime, Error> {
        let timestamp = match self {
            Self::Launch(request) => request.timestamp.clone(),
            Self::Intent(request) | Self::CanFulfillIntent(request) => request.timestamp.clone(),
            Self::SessionEnded(request) => request.timestamp.clone(),
            Self::AudioPlayer(request) => request.timestamp.clone(),
            Self::Connections(request) => request.timestamp.clone(),
            Self::Other(members) => {
                members.get("timestamp").and_then(|timestamp| timestamp.decode().ok())
            }
        };
        match timestamp {
            Some(NumberOrText::Text(text)) => Rfc3339(text).time(),
            Some(number) => EpochMillis(number).time(),
            None => Err(crate::error::invalid("expected a request with a timestamp")),
        }
    }
}

fn text<'a>(members: &'a Json, name: &str) -> Option<&'a str> {
    members.get(name)?.as_str()
}

/// The skill was opened without an intent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct LaunchRequest {
    /// `LaunchRequest`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// See [`Request::time`].
    pub timestamp: Option<NumberOrText>,
    /// The language.
    pub locale: Option<String>,
    /// Whether the skill that started this one waits for the result.
    #[serde(rename = "shouldLinkResultBeReturned")]
    pub should_link_result_be_returned: Option<bool>,
    /// The task to do: `name`, `version`, `input`.
    pub task: Option<Json>,
    /// The target of a link to the skill: `path`, `address`.
    pub target: Option<Json>,
    /// The data of a link to the skill.
    pub metadata: Option<Json>,
}

/// The user said something that matches an intent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct IntentRequest {
    /// `IntentRequest` or `CanFulfillIntentRequest`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// See [`Request::time`].
    pub timestamp: Option<NumberOrText>,
    /// The language.
    pub locale: Option<String>,
    /// The state of the dialog for the slots: `STARTED`, `IN_PROGRESS`, `COMPLETED`.
    #[serde(rename = "dialogState")]
    pub dialog_state: Option<String>,
    /// The intent.
    pub intent: Intent,
}

/// The end of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionEndedRequest {
    /// `SessionEndedRequest`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// See [`Request::time`].
    pub timestamp: Option<NumberOrText>,
    /// The language.
    pub locale: Option<String>,
    /// `USER_INITIATED`, `ERROR` or `EXCEEDED_MAX_REPROMPTS`.
    pub reason: Option<String>,
    /// The error.
    pub error: Option<RequestError>,
}

/// The error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestError {
    /// The kind of the error, such as `INVALID_RESPONSE`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The details.
    pub message: Option<String>,
}

/// A change of the audio player.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AudioPlayerRequest {
    /// `AudioPlayer.PlaybackStarted`, `…Finished`, `…Stopped`, `…NearlyFinished`, `…Failed`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// See [`Request::time`].
    pub timestamp: Option<NumberOrText>,
    /// The language.
    pub locale: Option<String>,
    /// The token that the skill gave the stream.
    pub token: Option<String>,
    /// The position in the stream, in milliseconds.
    #[serde(rename = "offsetInMilliseconds")]
    pub offset_in_milliseconds: Option<NumberOrText>,
    /// The error.
    pub error: Option<RequestError>,
    /// The state of the player at the time of the error.
    #[serde(rename = "currentPlaybackState")]
    pub current_playback_state: Option<AudioPlayer>,
}

/// The state of the audio player.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct AudioPlayer {
    /// The token that the skill gave the stream.
    pub token: Option<String>,
    /// The position in the stream, in milliseconds.
    #[serde(rename = "offsetInMilliseconds")]
    pub offset_in_milliseconds: Option<NumberOrText>,
    /// `IDLE`, `PAUSED`, `PLAYING`, `BUFFER_UNDERRUN`, `FINISHED`, `STOPPED`.
    #[serde(rename = "playerActivity")]
    pub player_activity: Option<String>,
}

/// The result of a task that this skill asked another skill, or Alexa, to do.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct ConnectionsResponse {
    /// `Connections.Response`.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// See [`Request::time`].
    pub timestamp: Option<NumberOrText>,
    /// The language.
    pub locale: Option<String>,
    /// The name of the task, such as `Buy` or `AskFor`.
    pub name: Option<String>,
    /// The status.
    pub status: Option<ConnectionsStatus>,
    /// The result.
    pub payload: Option<Json>,
    /// The token that the skill sent with the task.
    pub token: Option<String>,
}

/// The status.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ConnectionsStatus {
    /// An HTTP status: `200`, `400`, …
    pub code: Option<NumberOrText>,
    /// The details.
    pub message: Option<String>,
}

/// The `type` selects the variant. An unknown one is kept as it was sent.
impl TryFrom<BTreeMap<String, Json>> for Request {
    type Error = miniserde::Error;

    fn try_from(members: BTreeMap<String, Json>) -> miniserde::Result<Self> {
        let text = |name| members.get(name).and_then(Json::as_str);
        let (Some(kind), Some(_)) = (text("type"), text("requestId")) else {
            return Err(miniserde::Error);
        };
        match kind {
            "LaunchRequest" => from_members(&members).map(Self::Launch),
            "IntentRequest" => from_members(&members).map(Self::Intent),
            "CanFulfillIntentRequest" => from_members(&members).map(Self::CanFulfillIntent),
            "SessionEndedRequest" => from_members(&members).map(Self::SessionEnded),
            "Connections.Response" => from_members(&members).map(Self::Connections),
            kind if kind.starts_with("AudioPlayer.") => {
                from_members(&members).map(Self::AudioPlayer)
            }
            _ => Ok(Self::Other(members.into_iter().collect())),
        }
    }
}

make_place!(Place);

impl Visitor for Place<Request> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Members::<Request, Json>::into(&mut self.out))
    }
}

impl Deserialize for Request {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Serialize for Request {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Self::Launch(request) => request.begin(),
            Self::Intent(request) | Self::CanFulfillIntent(request) => request.begin(),
            Self::SessionEnded(request) => request.begin(),
            Self::AudioPlayer(request) => request.begin(),
            Self::Connections(request) => request.begin(),
            Self::Other(members) => members.begin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Request;
    use miniserde::json;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_type_that_is_not_known_loses_nothing() {
        let text = r#"{"arguments":[1,"go",{"deep":[true]}],"requestId":"r","timestamp":"x","type":"Alexa.Presentation.APL.UserEvent"}"#;
        let request: Request = json::from_str(text).unwrap();
        assert_eq!((request.kind(), request.id()), ("Alexa.Presentation.APL.UserEvent", "r"));
        assert_eq!((request.locale(), request.time().is_err()), (None, true));
        assert_eq!(json::to_string(&request), text);
    }

    #[test]
    fn a_known_type_has_to_fit() {
        for text in [
            r#"{"type":"IntentRequest","requestId":"r"}"#,
            r#"{"type":"LaunchRequest"}"#,
            r#"{"type":1,"requestId":"r"}"#,
            r#"{"requestId":"r"}"#,
        ] {
            assert!(json::from_str::<Request>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_texts_or_milliseconds() {
        for kind in ["LaunchRequest", "System.ExceptionEncountered"] {
            for time in ["\"2026-02-25T06:13:20Z\"", "1772000000000"] {
                let text = format!(r#"{{"requestId":"r","timestamp":{time},"type":"{kind}"}}"#);
                let request: Request = json::from_str(&text).unwrap();
                let expected = UNIX_EPOCH + Duration::from_secs(1_772_000_000);
                assert_eq!(request.time().unwrap(), expected, "{text}");
            }
        }
    }
}
