//! Buttons: of AWS IoT directly, and of AWS IoT 1-Click.
//!
//! See <https://docs.aws.amazon.com/iot-1-click/latest/developerguide/1click-programming.html>;
//! examples are in `data/iot-button.json` and `data/iot-1-click.json`.

use crate::{Json, Map, NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// A click of an AWS IoT button.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "serialNumber")]
    pub serial_number: String,
    /// `SINGLE`, `DOUBLE` or `LONG`.
    #[serde(rename = "clickType")]
    pub click_type: String,
    /// Such as `1567mV`.
    #[serde(rename = "batteryVoltage")]
    pub battery_voltage: Option<String>,
}

/// An event of a device of AWS IoT 1-Click.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct OneClickEvent {
    #[serde(rename = "deviceEvent")]
    pub device_event: DeviceEvent,
    #[serde(rename = "deviceInfo")]
    pub device_info: DeviceInfo,
    #[serde(rename = "placementInfo")]
    pub placement_info: Option<PlacementInfo>,
}

/// A click, or a report of the device's health.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DeviceEvent {
    #[serde(rename = "buttonClicked")]
    pub button_clicked: Option<ButtonClicked>,
    #[serde(rename = "deviceHealthMonitor")]
    pub device_health_monitor: Option<Json>,
}

/// A click.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ButtonClicked {
    /// `SINGLE`, `DOUBLE` or `LONG`.
    #[serde(rename = "clickType")]
    pub click_type: Option<String>,
    #[serde(rename = "reportedTime")]
    pub reported_time: Option<Rfc3339>,
    #[serde(rename = "additionalInfo")]
    pub additional_info: Option<Map<Json>>,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DeviceInfo {
    pub attributes: Option<Map>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "deviceId")]
    pub device_id: String,
    /// In percent.
    #[serde(rename = "remainingLife")]
    pub remaining_life: Option<NumberOrText>,
}

/// Where a device is placed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct PlacementInfo {
    #[serde(rename = "projectName")]
    pub project_name: Option<String>,
    #[serde(rename = "placementName")]
    pub placement_name: Option<String>,
    pub attributes: Option<Map>,
    pub devices: Option<Map>,
}
