//! What somebody wants of a custom skill of Alexa: an intent with its slots.
//!
//! See <https://developer.amazon.com/en-US/docs/alexa/custom-skills/request-types-reference.html#intent-object>;
//! examples are in `data/alexa-intent.json` and `data/alexa-can-fulfill.json`.

use crate::Map;
use miniserde::{Deserialize, Serialize};

/// What somebody wants.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Intent {
    /// The intent's name, such as `AMAZON.HelpIntent`.
    pub name: String,
    /// `NONE`, `CONFIRMED` or `DENIED`.
    #[serde(rename = "confirmationStatus")]
    pub confirmation_status: Option<String>,
    /// The slots, by their names.
    pub slots: Option<Map<Slot>>,
}

impl Intent {
    /// A slot.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.as_ref()?.get(name)
    }

    /// A slot's value: the name of the entity that was meant, or else the words that were said.
    #[must_use]
    pub fn slot_value(&self, name: &str) -> Option<&str> {
        let slot = self.slot(name)?;
        let entity = slot.entity().and_then(|entity| entity.name.as_deref());
        entity.or(slot.value.as_deref())
    }
}

/// A part of an intent that is filled in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Slot {
    /// The slot's name.
    pub name: Option<String>,
    /// The words that were said; absent for a slot that is not filled, or has several values.
    pub value: Option<String>,
    /// `NONE`, `CONFIRMED` or `DENIED`.
    #[serde(rename = "confirmationStatus")]
    pub confirmation_status: Option<String>,
    /// Where the value comes from, such as `USER`.
    pub source: Option<String>,
    /// What the words stand for.
    pub resolutions: Option<Resolutions>,
    /// The value or values.
    #[serde(rename = "slotValue")]
    pub slot_value: Option<SlotValue>,
}

impl Slot {
    /// The entity that was meant: the likeliest of the first authority that knows one.
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
    /// Of a `List`: the values.
    pub values: Option<Vec<SlotValue>>,
    /// What the words stand for.
    pub resolutions: Option<Resolutions>,
}

/// What a slot's words stand for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Resolutions {
    /// In the lists of the skill, of the session, and of Alexa.
    #[serde(rename = "resolutionsPerAuthority")]
    pub resolutions_per_authority: Option<Vec<Resolution>>,
}

/// What a slot's words stand for in one list.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Resolution {
    /// The list.
    pub authority: Option<String>,
    /// Whether something was found.
    pub status: Option<ResolutionStatus>,
    /// What was found, the likeliest first.
    pub values: Option<Vec<ResolutionValue>>,
}

/// Whether something was found.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ResolutionStatus {
    /// `ER_SUCCESS_MATCH`, `ER_SUCCESS_NO_MATCH`, `ER_ERROR_TIMEOUT`, `ER_ERROR_EXCEPTION`.
    pub code: Option<String>,
}

/// Something that was found.
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
    /// Its name, whatever synonym was said.
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
