//! A custom widget on a dashboard of Amazon CloudWatch.
//!
//! The function returns HTML as a string, or any JSON; [`Markdown`] is one of them.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html>;
//! examples are in `data/cloudwatch-dashboard.json`, `data/cloudwatch-dashboard-describe.json` and
//! `data/cloudwatch-dashboard-response.json`.

use crate::values::members;
use crate::{EpochMillis, Json, Map, NumberOrText};
use miniserde::de::{self, Visitor};
use miniserde::json::Value;
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;

/// A widget is to be drawn, or described.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// `widgetContext`: where the widget stands. Only a call for a description is without.
    pub context: Option<Context>,
    /// The other fields: the parameters that the widget has on the dashboard, and `describe`.
    pub params: Map<Json>,
}

impl Event {
    /// Whether the function is asked what the widget is and takes, to be answered in Markdown.
    #[must_use]
    pub fn is_describe(&self) -> bool {
        matches!(self.params.get("describe"), Some(Json(Value::Bool(true))))
    }
}

/// Where a widget stands.
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
    /// The language of who looks at it.
    pub locale: Option<String>,
    /// Their time zone.
    pub timezone: Option<Timezone>,
    /// The seconds in a period.
    pub period: Option<NumberOrText>,
    /// Whether the period follows the time range.
    #[serde(rename = "isAutoPeriod")]
    pub is_auto_period: Option<bool>,
    /// The time range that is looked at.
    #[serde(rename = "timeRange")]
    pub time_range: Option<TimeRange>,
    /// `light` or `dark`.
    pub theme: Option<String>,
    /// Whether charts zoom together.
    #[serde(rename = "linkCharts")]
    pub link_charts: Option<bool>,
    /// The widget's title.
    pub title: Option<String>,
    /// What was put into the widget's forms.
    pub forms: Option<Forms>,
    /// The parameters that the widget has on the dashboard.
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
    /// As CloudWatch counts them.
    #[serde(rename = "offsetInMinutes")]
    pub offset_in_minutes: Option<NumberOrText>,
}

/// A time range.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TimeRange {
    /// `relative` or `absolute`.
    pub mode: Option<String>,
    /// Its beginning.
    pub start: Option<EpochMillis>,
    pub end: Option<EpochMillis>,
    /// The milliseconds that a relative one lasts.
    #[serde(rename = "relativeStart")]
    pub relative_start: Option<NumberOrText>,
    /// What of it is zoomed into.
    pub zoom: Option<Zoom>,
}

/// A part of a time range.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Zoom {
    /// Its beginning.
    pub start: Option<EpochMillis>,
    pub end: Option<EpochMillis>,
}

/// What was put into forms.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Forms {
    /// The fields by name: a string, or a list of strings.
    pub all: Option<Map<Json>>,
}

/// A widget in Markdown, or its description.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Markdown {
    /// The string.
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
