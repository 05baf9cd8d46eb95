//! Intents of custom Alexa skills, with their slots.
//!
//! See
//! <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-types-reference.html#intent-object>;
//! examples are in `data/alexa-intent.json` and `data/alexa-can-fulfill.json`.

use crate::Map;
use miniserde::{Deserialize, Serialize};

/// An intent: what the user wants.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Intent {
    /// The intent's name, such as `AMAZON.HelpIntent`.
    pub name: String,
    /// `NONE`, `CONFIRMED` or `DENIED`.
    #[serde(rename = "confirmationStatus")]
    pub confirmation_status: Option<String>,
    /// The slots by name.
    pub slots: Option<Map<Slot>>,
}

impl Intent {
    /// A slot.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.as_ref()?.get(name)
    }

    /// Returns the value of a slot: the name of the resolved entity, or the words that were said.
    #[must_use]
    pub fn slot_value(&self, name: &str) -> Option<&str> {
        let slot = self.slot(name)?;
        let entity = slot.entity().and_then(|entity| entity.name.as_deref());
        entity.or(slot.value.as_deref())
    }
}

/// A slot of an intent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Slot {
    /// The slot's name.
    pub name: Option<String>,
    /// The words that were said. Absent if the slot is not filled, or has several values.
    pub value: Option<String>,
    /// `NONE`, `CONFIRMED` or `DENIED`.
    #[serde(rename = "confirmationStatus")]
    pub confirmation_status: Option<String>,
    /// The source of the value, such as `USER`.
    pub source: Option<String>,
    /// The entities that the words were resolved to.
    pub resolutions: Option<Resolutions>,
    /// The value or values.
    #[serde(rename = "slotValue")]
    pub slot_value: Option<SlotValue>,
}

impl Slot {
    /// Returns the resolved entity: the most probable one of the first authority that has any.
    #[must_use]
    pub fn entity(&self) -> Option<&Entity> {
        let authorities = self.resolutions.as_ref()?.resolutions_per_authority.iter().flatten();
        authorities.flat_map(|one| one.values.iter().flatten()).find_map(|one| one.value.as_ref())
    }
}

/// A slot's value, or several.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SlotValue {
    /// `Simple` or `List`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The words that were said.
    pub value: Option<String>,
    /// The values of a `List`.
    pub values: Option<Vec<SlotValue>>,
    /// The entities that the words were resolved to.
    pub resolutions: Option<Resolutions>,
}

/// The result of entity resolution.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Resolutions {
    /// One for each authority: the skill's lists, the session's lists, and Alexa's.
    #[serde(rename = "resolutionsPerAuthority")]
    pub resolutions_per_authority: Option<Vec<Resolution>>,
}

/// The result of entity resolution by one authority.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Resolution {
    /// The list.
    pub authority: Option<String>,
    /// Whether an entity was found.
    pub status: Option<ResolutionStatus>,
    /// The entities, the most probable first.
    pub values: Option<Vec<ResolutionValue>>,
}

/// Whether an entity was found.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ResolutionStatus {
    /// `ER_SUCCESS_MATCH`, `ER_SUCCESS_NO_MATCH`, `ER_ERROR_TIMEOUT`, `ER_ERROR_EXCEPTION`.
    pub code: Option<String>,
}

/// An entity that was found.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ResolutionValue {
    /// The entity.
    pub value: Option<Entity>,
}

/// An entry of a slot type.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Entity {
    /// The name, even if a synonym was said.
    pub name: Option<String>,
    pub id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Intent;
    use miniserde::json;

    #[test]
    fn a_slot_is_what_was_meant_or_what_was_said() {
        let intent: Intent = json::from_str(
            r#"{"name":"Order","slots":{
                "tea":{"value":"bergamot","resolutions":{"resolutionsPerAuthority":[
                    {"status":{"code":"ER_SUCCESS_NO_MATCH"}},
                    {"values":[{"value":{"name":"Earl Grey","id":"7"}},{"value":{"name":"Lady Grey"}}]}]}},
                "milk":{"value":"a drop","resolutions":{"resolutionsPerAuthority":[]}},
                "sugar":{"name":"sugar"}}}"#,
        )
        .unwrap();
        assert_eq!(intent.slot_value("tea"), Some("Earl Grey"));
        assert_eq!(intent.slot_value("milk"), Some("a drop"));
        assert_eq!((intent.slot_value("sugar"), intent.slot_value("lemon")), (None, None));
    }
}
