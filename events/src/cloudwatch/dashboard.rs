//! Custom widgets of Amazon CloudWatch dashboards.
//!
//! The function returns HTML as a string, [`Markdown`], or any JSON.
//!
//! See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html>;
//! examples are in `data/cloudwatch-dashboard.json`, `data/cloudwatch-dashboard-describe.json` and
//! `data/cloudwatch-dashboard-response.json`.

use crate::values::members;
use crate::{EpochMillis, Json, Map, NumberOrText};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;

/// A request to draw or to describe a widget.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// `widgetContext`. Absent in a request for a description.
    pub context: Option<Context>,
    /// The other fields: the widget's parameters, and `describe`.
    pub params: Map<Json>,
}

impl Event {
    /// Whether the function must return the widget's documentation, as Markdown.
    #[must_use]
    pub fn is_describe(&self) -> bool {
        self.params.get("describe").and_then(Json::as_bool) == Some(true)
    }
}

/// The dashboard and the place of a widget.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Context {
    #[serde(rename = "dashboardName")]
    pub dashboard_name: String,
    #[serde(rename = "widgetId")]
    pub widget_id: String,
    /// The dashboard's domain.
    pub domain: Option<String>,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    /// The user's language.
    pub locale: Option<String>,
    /// The user's time zone.
    pub timezone: Option<Timezone>,
    /// The period, in seconds.
    pub period: Option<NumberOrText>,
    /// Whether the period follows the time range.
    #[serde(rename = "isAutoPeriod")]
    pub is_auto_period: Option<bool>,
    /// The time range of the dashboard.
    #[serde(rename = "timeRange")]
    pub time_range: Option<TimeRange>,
    /// `light` or `dark`.
    pub theme: Option<String>,
    /// Whether charts zoom together.
    #[serde(rename = "linkCharts")]
    pub link_charts: Option<bool>,
    /// The widget's title.
    pub title: Option<String>,
    /// The values of the widget's forms.
    pub forms: Option<Forms>,
    /// The widget's parameters.
    pub params: Option<Json>,
    /// The widget's width in pixels.
    pub width: Option<NumberOrText>,
    /// The widget's height in pixels.
    pub height: Option<NumberOrText>,
}

/// A time zone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Timezone {
    /// `UTC` or `Local`.
    pub label: Option<String>,
    /// As in `+02:00`.
    #[serde(rename = "offsetISO")]
    pub offset_iso: Option<String>,
    /// The offset in minutes.
    #[serde(rename = "offsetInMinutes")]
    pub offset_in_minutes: Option<NumberOrText>,
}

/// A time range.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TimeRange {
    /// `relative` or `absolute`.
    pub mode: Option<String>,
    /// The beginning.
    pub start: Option<EpochMillis>,
    pub end: Option<EpochMillis>,
    /// The length of a relative range, in milliseconds.
    #[serde(rename = "relativeStart")]
    pub relative_start: Option<NumberOrText>,
    /// The part that is zoomed into.
    pub zoom: Option<Zoom>,
}

/// A part of a time range.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Zoom {
    /// The beginning.
    pub start: Option<EpochMillis>,
    pub end: Option<EpochMillis>,
}

/// The values of forms.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Forms {
    /// The fields by name, each a string or a list of strings.
    pub all: Option<Map<Json>>,
}

/// A widget, or its documentation, as Markdown.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Markdown {
    /// The text.
    pub markdown: String,
}

impl<T: Into<String>> From<T> for Markdown {
    fn from(markdown: T) -> Self {
        Self { markdown: markdown.into() }
    }
}

make_place!(Place);

impl Visitor for Place<Event> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Box::new(EventBuilder {
            out: &mut self.out,
            context: None,
            members: BTreeMap::new(),
            key: String::new(),
            value: None,
        }))
    }
}

struct EventBuilder<'a> {
    out: &'a mut Option<Event>,
    context: Option<Context>,
    members: BTreeMap<String, Json>,
    key: String,
    value: Option<Json>,
}

impl de::Map for EventBuilder<'_> {
    fn key(&mut self, key: &str) -> miniserde::Result<&mut dyn Visitor> {
        self.shift();
        if key == "widgetContext" {
            return Ok(Deserialize::begin(&mut self.context));
        }
        key.clone_into(&mut self.key);
        Ok(Deserialize::begin(&mut self.value))
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        self.shift();
        let context = self.context.take();
        let event = Event { context, params: std::mem::take(&mut self.members).into() };
        if event.context.is_none() && !event.is_describe() {
            return Err(miniserde::Error);
        }
        *self.out = Some(event);
        Ok(())
    }
}

impl EventBuilder<'_> {
    fn shift(&mut self) {
        if let Some(value) = self.value.take() {
            self.members.insert(std::mem::take(&mut self.key), value);
        }
    }
}

impl Deserialize for Event {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Serialize for Event {
    fn begin(&self) -> Fragment<'_> {
        let params = self.params.iter().map(|(name, value)| (&**name, value as &dyn Serialize));
        let context = ("widgetContext", &self.context as &dyn Serialize);
        members(params.chain([context]).collect())
    }
}
