//! Custom Alexa skills: requests and responses.
//!
//! See
//! <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-and-response-json-reference.html>;
//! examples are in `data/alexa-intent.json`, for other requests next to it, and in
//! `data/alexa-response.json`.

pub mod intent;
pub mod request;
pub mod response;
pub mod smart_home;

use crate::alexa::request::{AudioPlayer, Request};
use crate::{Json, JsonRef, Map, NumberOrText, Rfc3339, Secret};
use miniserde::{Deserialize, Serialize};

/// A request to a skill.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The format's version: `1.0`.
    pub version: String,
    /// The request.
    pub request: Request,
    /// The conversation. Absent for requests outside of a conversation.
    pub session: Option<Session>,
    /// The state of the device and of Alexa's services.
    pub context: Option<Context>,
}

impl Event {
    /// The skill to which the request is sent.
    #[must_use]
    pub fn application_id(&self) -> Option<&str> {
        let system = self.system().and_then(|system| system.application.as_ref());
        let session = || self.session.as_ref()?.application.as_ref();
        system.or_else(session)?.application_id.as_deref()
    }

    /// Returns the user's id. It differs between skills.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        let system = self.system().and_then(|system| system.user.as_ref());
        let session = || self.session.as_ref()?.user.as_ref();
        system.or_else(session)?.user_id.as_deref()
    }

    /// Returns an attribute of the session.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<JsonRef<'_>> {
        self.session.as_ref()?.attributes.as_ref()?.get(name)
    }

    fn system(&self) -> Option<&System> {
        self.context.as_ref()?.system.as_ref()
    }
}

/// A conversation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Session {
    /// Whether the conversation begins.
    pub new: Option<bool>,
    /// The conversation's id.
    #[serde(rename = "sessionId")]
    pub session_id: Option<String>,
    /// The skill.
    pub application: Option<Application>,
    /// The attributes of the skill's last response.
    pub attributes: Option<Json>,
    /// The user.
    pub user: Option<User>,
    /// The speaker, if Alexa recognizes the voice.
    pub person: Option<Person>,
}

/// A skill.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Application {
    /// The skill's id, which begins with `amzn1.ask.skill.`.
    #[serde(rename = "applicationId")]
    pub application_id: Option<String>,
}

/// The account that has enabled the skill.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct User {
    /// The account's id in this skill.
    #[serde(rename = "userId")]
    pub user_id: Option<String>,
    /// The token of the account that the user has linked.
    #[serde(rename = "accessToken")]
    pub access_token: Option<Secret>,
    /// The permissions that the user has granted.
    pub permissions: Option<Permissions>,
}

/// The permissions of a skill.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Permissions {
    /// The former token for Alexa's services.
    #[serde(rename = "consentToken")]
    pub consent_token: Option<Secret>,
    /// The permissions by name, such as `alexa::devices:all:geolocation:read`.
    pub scopes: Option<Map<Scope>>,
}

/// Whether a permission is granted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Scope {
    /// `GRANTED` or `DENIED`.
    pub status: Option<String>,
}

/// A speaker whose voice Alexa recognizes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// The speaker's id in this skill.
    #[serde(rename = "personId")]
    pub person_id: Option<String>,
    /// The token of the account that the speaker has linked.
    #[serde(rename = "accessToken")]
    pub access_token: Option<Secret>,
    /// How certain the recognition is.
    #[serde(rename = "authenticationConfidenceLevel")]
    pub authentication_confidence_level: Option<ConfidenceLevel>,
}

/// How certain Alexa is about the speaker.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ConfidenceLevel {
    /// From 0 to 400: 300 for the voice, 400 for the voice and a code.
    pub level: Option<NumberOrText>,
    /// By the skill's own policy.
    pub custom: Option<Json>,
}

/// The state of the device and of Alexa's services. Interfaces that the device does not have, or
/// the skill does not use, are absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Context {
    /// The skill, the user and the device.
    #[serde(rename = "System")]
    pub system: Option<System>,
    /// The state of the audio player.
    #[serde(rename = "AudioPlayer")]
    pub audio_player: Option<AudioPlayer>,
    /// The device's location, if the user has granted the permission.
    #[serde(rename = "Geolocation")]
    pub geolocation: Option<Geolocation>,
    /// The screen.
    #[serde(rename = "Viewport")]
    pub viewport: Option<Viewport>,
    /// All screens, for Alexa Presentation Language (APL).
    #[serde(rename = "Viewports")]
    pub viewports: Option<Vec<Json>>,
    /// The document on the screen: `token`, `version`, `componentsVisibleOnScreen`.
    #[serde(rename = "Alexa.Presentation.APL")]
    pub apl: Option<Json>,
    /// The document on a character display.
    #[serde(rename = "Alexa.Presentation.APLT")]
    pub aplt: Option<Json>,
    /// The web application on the screen.
    #[serde(rename = "Alexa.Presentation.HTML")]
    pub html: Option<Json>,
    /// The former display interface: `token`.
    #[serde(rename = "Display")]
    pub display: Option<Json>,
    /// The extensions that the device has.
    #[serde(rename = "Extensions")]
    pub extensions: Option<Extensions>,
    /// The advertising id: `advertisingId`, `limitAdTracking`.
    #[serde(rename = "Advertising")]
    pub advertising: Option<Json>,
    /// The same by its other name.
    #[serde(rename = "Alexa.Advertising")]
    pub alexa_advertising: Option<Json>,
    /// The vehicle.
    #[serde(rename = "Automotive")]
    pub automotive: Option<Json>,
    /// The links to apps that the device can open.
    #[serde(rename = "AppLink")]
    pub app_link: Option<Json>,
    /// The packages that are installed.
    #[serde(rename = "Alexa.DataStore.PackageManager")]
    pub package_manager: Option<Json>,
}

/// The skill, the user and the device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct System {
    /// The skill.
    pub application: Option<Application>,
    /// The user.
    pub user: Option<User>,
    /// The speaker, if Alexa recognizes the voice.
    pub person: Option<Person>,
    /// The household or hotel room.
    pub unit: Option<Unit>,
    pub device: Option<Device>,
    /// The endpoint of Alexa's services.
    #[serde(rename = "apiEndpoint")]
    pub api_endpoint: Option<String>,
    /// The token for Alexa's services.
    #[serde(rename = "apiAccessToken")]
    pub api_access_token: Option<Secret>,
}

/// A household, an office, a hotel room.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Unit {
    /// The unit's id in this skill.
    #[serde(rename = "unitId")]
    pub unit_id: Option<String>,
    /// An id that stays the same if the skill is disabled and enabled again.
    #[serde(rename = "persistentUnitId")]
    pub persistent_unit_id: Option<String>,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Device {
    /// The device's id in this skill.
    #[serde(rename = "deviceId")]
    pub device_id: Option<String>,
    /// An id that is the same in all skills of a vendor.
    #[serde(rename = "persistentEndpointId")]
    pub persistent_endpoint_id: Option<String>,
    /// The interfaces by name, with their properties.
    #[serde(rename = "supportedInterfaces")]
    pub supported_interfaces: Option<Json>,
}

impl Device {
    /// Whether the device has an interface, such as `Alexa.Presentation.APL`.
    #[must_use]
    pub fn supports(&self, interface: &str) -> bool {
        self.supported_interfaces.iter().any(|all| all.get(interface).is_some())
    }
}

/// The location of the device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Geolocation {
    /// Whether the location is available: `access` and `status`.
    #[serde(rename = "locationServices")]
    pub location_services: Option<Map<String>>,
    /// The time of the location.
    pub timestamp: Option<Rfc3339>,
    /// `latitudeInDegrees`, `longitudeInDegrees`, `accuracyInMeters`.
    pub coordinate: Option<Map<NumberOrText>>,
    /// `altitudeInMeters`, `accuracyInMeters`.
    pub altitude: Option<Map<NumberOrText>>,
    /// `directionInDegrees`, `accuracyInDegrees`.
    pub heading: Option<Map<NumberOrText>>,
    /// `speedInMetersPerSecond`, `accuracyInMetersPerSecond`.
    pub speed: Option<Map<NumberOrText>>,
}

/// A screen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Viewport {
    /// The viewing conditions: `arcMinuteWidth`, `arcMinuteHeight`, `canRotate`, `canResize`.
    pub experiences: Option<Vec<Json>>,
    /// `HUB`, `TV`, `MOBILE`, `PC`, `AUTO`.
    pub mode: Option<String>,
    /// `RECTANGLE` or `ROUND`.
    pub shape: Option<String>,
    #[serde(rename = "pixelWidth")]
    pub pixel_width: Option<NumberOrText>,
    #[serde(rename = "pixelHeight")]
    pub pixel_height: Option<NumberOrText>,
    /// The width in the present orientation.
    #[serde(rename = "currentPixelWidth")]
    pub current_pixel_width: Option<NumberOrText>,
    /// The height in the present orientation.
    #[serde(rename = "currentPixelHeight")]
    pub current_pixel_height: Option<NumberOrText>,
    /// Dots per inch.
    pub dpi: Option<NumberOrText>,
    /// `SINGLE` if it is a touch screen.
    pub touch: Option<Vec<String>>,
    /// `DIRECTION` if it has arrow keys.
    pub keyboard: Option<Vec<String>>,
    /// The video formats: `codecs`.
    pub video: Option<Json>,
}

/// The extensions that the device has.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Extensions {
    /// By name.
    pub available: Option<Json>,
}
