//! A document of flags: checked once, and evaluated.

use super::rules::{self, Action};
use crate::environment::now_s;
use crate::error::Error;
use minilambda::__private::decode_or;
use minilambda::FromJson;
use minilambda_events::{Json, JsonRef};
use miniserde::Serialize;

/// The flags of a document in the [format of the
/// Powertools](https://docs.aws.amazon.com/powertools/python/latest/utilities/feature_flags/#schema).
///
/// ```
/// use minilambda_aws::{flags::Features, object};
///
/// let features = Features::parse(r#"{
///     "premium_features": {
///         "default": false,
///         "rules": {
///             "customers of the tier premium": {
///                 "when_match": true,
///                 "conditions": [{"action": "EQUALS", "key": "tier", "value": "premium"}]
///             }
///         }
///     }
/// }"#)?;
/// assert_eq!(features.is_on("premium_features", &object! { "tier": "premium" }), Some(true));
/// assert_eq!(features.is_on("premium_features", &object! { "tier": "basic" }), Some(false));
/// assert_eq!(features.is_on("other", &object! {}), None);
/// # Ok::<_, minilambda_aws::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Features(Json);

impl Features {
    /// Reads a document and checks it.
    ///
    /// # Errors
    /// `Aws.InvalidResponse` if it is not JSON, or a flag, a rule or a condition is not as
    /// documented; the message says which and why.
    pub fn parse(document: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::parse_below(document.as_ref(), None)
    }

    /// The same for a document of which the flags are a part.
    pub(super) fn parse_below(document: &[u8], path: Option<&str>) -> Result<Self, Error> {
        let invalid =
            |message: String| Error::invalid_response(format!("the document of flags: {message}"));
        let document: Json = decode_or(document, invalid)?;
        let features = match path {
            None => document,
            Some(path) => match document.path(path) {
                Some(part) => part.to_json(),
                None => return Err(invalid(format!("there is no {path}"))),
            },
        };
        let fields = features.fields().ok_or_else(|| invalid("it is no object".to_owned()))?;
        for (name, feature) in fields {
            check(feature).map_err(|reason| invalid(format!("{name:?}: {reason}")))?;
        }
        Ok(Self(features))
    }

    /// Whether a flag is on in a context, an object whose fields the conditions name; `None` if
    /// there is no such flag. The value of a flag that is not boolean is on unless it is null,
    /// false, zero or empty.
    #[must_use]
    pub fn is_on(&self, name: &str, context: &dyn Serialize) -> Option<bool> {
        let context = Json::new(context);
        Some(is_true(self.evaluate(name, context.view(), now_s())?))
    }

    /// Reads the value of a flag in a context; `None` if there is no such flag.
    ///
    /// # Errors
    /// `Aws.InvalidResponse` if the value does not match the type.
    pub fn value<T: FromJson>(
        &self,
        name: &str,
        context: &dyn Serialize,
    ) -> Result<Option<T>, Error> {
        let context = Json::new(context);
        let value = self.evaluate(name, context.view(), now_s());
        let value = value.map(JsonRef::decode).transpose();
        value.map_err(|error| {
            Error::invalid_response(format!("the flag {name:?}: {}", error.message()))
        })
    }

    /// Returns the names of the flags that are on in a context, in their order.
    #[must_use]
    pub fn enabled(&self, context: &dyn Serialize) -> Vec<String> {
        let (context, now) = (Json::new(context), now_s());
        let names = self.0.fields().into_iter().flatten().map(|(name, _)| name);
        let is_on = |name: &&str| self.evaluate(name, context.view(), now).is_some_and(is_true);
        names.filter(is_on).map(str::to_owned).collect()
    }

    /// The value of the first rule that matches, or the default.
    fn evaluate(&self, name: &str, context: JsonRef, now: i64) -> Option<JsonRef<'_>> {
        let feature = self.0.get(name)?;
        let rules = feature.get("rules").and_then(JsonRef::fields).into_iter().flatten();
        let mut rules = rules.map(|(_, rule)| rule);
        let found = rules.find(|rule| {
            let conditions = rule.get("conditions").and_then(JsonRef::items);
            conditions.is_some_and(|mut all| all.all(|it| is_met(it, context, now) == Some(true)))
        });
        found.map_or_else(|| feature.get("default"), |rule| rule.get("when_match"))
    }
}

/// Whether a condition is met; `None` if it cannot be compared.
fn is_met(condition: JsonRef, context: JsonRef, now: i64) -> Option<bool> {
    let value = condition.get("value")?;
    match Action::named(condition.get("action")?.as_str()?)? {
        // What the context does not have meets no condition.
        Action::OfContext(compare) => compare(context.get(condition.get("key")?.as_str()?)?, value),
        Action::OfTime(compare) => compare(now, value),
    }
}

fn is_true(value: JsonRef) -> bool {
    let is_empty = value.is_null()
        || value.as_bool() == Some(false)
        || value.as_f64() == Some(0.0)
        || value.as_str() == Some("")
        || value.items().is_some_and(|mut items| items.next().is_none())
        || value.fields().is_some_and(|mut fields| fields.next().is_none());
    !is_empty
}

fn check(feature: JsonRef) -> Result<(), String> {
    let is_boolean = feature.get("boolean_type").is_none_or(|it| it.as_bool() != Some(false));
    let check_value = |of: JsonRef, name: &str| match of.get(name) {
        Some(value) if !is_boolean || value.as_bool().is_some() => Ok(()),
        _ if is_boolean => Err(format!("{name} is not true or false")),
        _ => Err(format!("there is no {name}")),
    };
    check_value(feature, "default")?;
    let Some(rules) = feature.get("rules").filter(|rules| !rules.is_null()) else {
        return Ok(());
    };
    for (name, rule) in rules.fields().ok_or("its rules are no object")? {
        let within = |reason: String| format!("rule {name:?}: {reason}");
        check_value(rule, "when_match").map_err(within)?;
        let conditions = rule.get("conditions").and_then(JsonRef::items);
        let mut conditions = conditions.ok_or_else(|| within("without conditions".to_owned()))?;
        if conditions.clone().next().is_none() {
            return Err(within("without conditions".to_owned()));
        }
        conditions.try_for_each(check_condition).map_err(within)?;
    }
    Ok(())
}

fn check_condition(condition: JsonRef) -> Result<(), String> {
    let text = |name: &str| condition.get(name).and_then(JsonRef::as_str).unwrap_or_default();
    let action = text("action");
    if Action::named(action).is_none() {
        return Err(format!("the action {action:?} is not known"));
    }
    let within = |reason: &str| format!("condition {action} of {:?}: {reason}", text("key"));
    if text("key").is_empty() {
        return Err(within("it has no key"));
    }
    let value = condition.get("value").ok_or_else(|| within("it has no value"))?;
    rules::check(action, value).map_err(within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    /// One flag, off by default, whose only rule has these conditions.
    fn with(conditions: &str) -> Result<Features, Error> {
        let document = format!(
            r#"{{"f":{{"default":false,"rules":{{"r":{{"when_match":true,"conditions":[{conditions}]}}}}}}}}"#
        );
        Features::parse(document.as_bytes())
    }

    fn condition(action: &str, value: &str) -> String {
        format!(r#"{{"action":"{action}","key":"k","value":{value}}}"#)
    }

    fn is_met_by(action: &str, value: &str, context: &str, now: i64) -> bool {
        let features = with(&condition(action, value)).unwrap();
        let context: Json = minilambda::decode(context.as_bytes()).unwrap();
        features.evaluate("f", context.view(), now).map(is_true).unwrap()
    }

    #[test]
    fn each_action_compares_the_context_with_its_value() {
        for (action, value, matching, others) in [
            ("EQUALS", "\"a\"", "\"a\"", "\"b\" 1 null true [\"a\"]"),
            ("EQUALS", "1", "1 1.0", "2 \"1\" true"),
            ("EQUALS", "18446744073709551615", "18446744073709551615", "18446744073709551614 -1"),
            (
                "KEY_GREATER_THAN_VALUE",
                "18446744073709551614",
                "18446744073709551615",
                "18446744073709551614 7",
            ),
            ("EQUALS", "[1,2]", "[1,2]", "[2,1] [1]"),
            ("NOT_EQUALS", "\"a\"", "\"b\" 1", "\"a\""),
            ("KEY_GREATER_THAN_VALUE", "5", "6 5.1", "5 4 \"6\" null"),
            ("KEY_GREATER_THAN_OR_EQUAL_VALUE", "5", "6 5 5.0", "4 4.9 \"5\""),
            ("KEY_LESS_THAN_VALUE", "5", "4 4.9 -7", "5 6 \"4\""),
            ("KEY_LESS_THAN_OR_EQUAL_VALUE", "\"b\"", "\"a\" \"b\"", "\"c\" 1"),
            ("STARTSWITH", "\"ab\"", "\"ab\" \"abc\"", "\"cab\" 1 null [\"ab\"]"),
            ("ENDSWITH", "\"@example.com\"", "\"ada@example.com\"", "\"example.com\" 7"),
            ("IN", "[\"a\",1]", "\"a\" 1 1.0", "\"b\" 2 null"),
            ("IN", "\"abc\"", "\"b\"", "\"d\" 1"),
            ("KEY_IN_VALUE", "[\"a\"]", "\"a\"", "\"b\""),
            ("NOT_IN", "[\"a\",1]", "\"b\" 2 null", "\"a\" 1"),
            ("KEY_NOT_IN_VALUE", "[\"a\"]", "\"b\"", "\"a\""),
            ("KEY_NOT_IN_VALUE", "7", "", "7 8 \"a\""),
            (
                "VALUE_IN_KEY",
                "\"SUPERADMIN\"",
                "[\"SUPERADMIN\",\"x\"] \"aSUPERADMIN\"",
                "[] \"x\" 7",
            ),
            ("VALUE_NOT_IN_KEY", "\"a\"", "[\"b\"] []", "[\"a\"] 7"),
            ("ALL_IN_VALUE", "[\"a\",\"b\"]", "[\"a\"] [\"b\",\"a\"] []", "[\"a\",\"c\"] \"a\""),
            ("ANY_IN_VALUE", "[\"a\",\"b\"]", "[\"a\",\"c\"]", "[\"c\"] [] \"a\""),
            ("NONE_IN_VALUE", "[\"a\",\"b\"]", "[\"c\"] []", "[\"a\",\"c\"] \"c\""),
            (
                "MODULO_RANGE",
                r#"{"BASE":100,"START":0,"END":19}"#,
                "0 19 119 -81 18446744073709551615",
                "20 99 -1 \"1\" 1.5",
            ),
        ] {
            let check = |texts: &str, expected| {
                for text in texts.split_whitespace() {
                    let context = format!("{{\"k\":{text}}}");
                    assert_eq!(is_met_by(action, value, &context, 0), expected, "{action} {text}");
                }
            };
            check(matching, true);
            check(others, false);
            assert!(!is_met_by(action, value, "{}", 0), "{action} of what is not there");
        }
    }

    #[test]
    fn schedules_are_of_universal_time() {
        let at = |text: &str| crate::date::from_iso(text).unwrap();
        for (action, value, time, expected) in [
            ("TIME_RANGE", r#"{"START":"17:00","END":"19:00"}"#, "2026-11-29T17:00:00Z", true),
            ("TIME_RANGE", r#"{"START":"17:00","END":"19:00"}"#, "2026-11-29T19:00:59Z", true),
            ("TIME_RANGE", r#"{"START":"17:00","END":"19:00"}"#, "2026-11-29T19:01:00Z", false),
            ("TIME_RANGE", r#"{"START":"17:00","END":"19:00"}"#, "2026-11-29T16:59:59Z", false),
            (
                "TIME_RANGE",
                r#"{"START":"22:00","END":"06:00","TIMEZONE":"UTC"}"#,
                "2026-11-29T05:00:00Z",
                true,
            ),
            ("TIME_RANGE", r#"{"START":"22:00","END":"06:00"}"#, "2026-11-29T23:00:00Z", true),
            ("TIME_RANGE", r#"{"START":"22:00","END":"06:00"}"#, "2026-11-29T12:00:00Z", false),
            (
                "DATETIME_RANGE",
                r#"{"START":"2026-12-25T12:00:00","END":"2026-12-31T23:59:59"}"#,
                "2026-12-31T23:59:59Z",
                true,
            ),
            (
                "DATETIME_RANGE",
                r#"{"START":"2026-12-25T12:00:00Z","END":"2026-12-31T23:59:59Z"}"#,
                "2026-12-25T11:59:59Z",
                false,
            ),
            (
                "DAYS_OF_WEEK",
                r#"{"DAYS":["SATURDAY","SUNDAY"],"TIMEZONE":"UTC"}"#,
                "2026-11-29T00:00:00Z",
                true,
            ),
            ("DAYS_OF_WEEK", r#"{"DAYS":["SATURDAY","SUNDAY"]}"#, "2026-11-30T00:00:00Z", false),
            ("DAYS_OF_WEEK", r#"{"DAYS":["THURSDAY"]}"#, "1970-01-01T00:00:00Z", true),
        ] {
            let action = format!("SCHEDULE_BETWEEN_{action}");
            let found = is_met_by(&action, value, "{}", at(time));
            assert_eq!(found, expected, "{action} {value} {time}");
        }
    }

    /// The cases of the Powertools' documentation, with other names.
    #[test]
    fn published_cases_have_their_results() {
        let features = Features::parse(
            br#"{
            "static": {"default": true},
            "premium": {"default": false, "rules": {
                "not for trials": {"when_match": false, "conditions": [
                    {"action": "EQUALS", "key": "trial", "value": true}]},
                "by tier": {"when_match": true, "conditions": [
                    {"action": "EQUALS", "key": "tier", "value": "premium"}]}}},
            "geo": {"default": false, "rules": {"some countries": {"when_match": true, "conditions": [
                {"action": "KEY_IN_VALUE", "key": "CloudFront-Viewer-Country", "value": ["NL", "IE"]}]}}},
            "both": {"default": false, "rules": {"all of it": {"when_match": true, "conditions": [
                {"action": "EQUALS", "key": "tier", "value": "premium"},
                {"action": "STARTSWITH", "key": "name", "value": "a"}]}}},
            "limits": {"boolean_type": false, "default": [], "rules": {"by tier": {
                "when_match": ["no_ads", "no_limits"], "conditions": [
                {"action": "EQUALS", "key": "tier", "value": "premium"}]}}}
            }"#,
        )
        .unwrap();
        let premium = object! { "tier": "premium", "name": "bob" };
        let trial = object! { "tier": "premium", "trial": true, "name": "ada" };
        let other = object! { "tier": "standard", "CloudFront-Viewer-Country": "NL" };
        assert_eq!(features.enabled(&premium), ["static", "premium", "limits"]);
        assert_eq!(features.enabled(&trial), ["static", "both", "limits"]);
        assert_eq!(features.enabled(&other), ["static", "geo"]);
        let limits: Vec<String> = features.value("limits", &premium).unwrap().unwrap();
        assert_eq!(limits, ["no_ads", "no_limits"]);
        let limits: Vec<String> = features.value("limits", &other).unwrap().unwrap();
        assert!(limits.is_empty());
        assert_eq!(features.value::<bool>("none", &other).unwrap(), None);
        let error = features.value::<bool>("limits", &premium).unwrap_err();
        assert!(error.message().starts_with("the flag \"limits\": "), "{error}");
        assert!(!error.message().contains("no_ads"), "{error}");
    }

    #[test]
    fn a_document_that_is_not_as_documented_is_refused_with_its_place() {
        for (document, reason) in [
            ("", "the document of flags: "),
            ("[]", "it is no object"),
            (r#"{"f":1}"#, "\"f\": default is not true or false"),
            (r#"{"f":{"default":1}}"#, "\"f\": default is not true or false"),
            (r#"{"f":{"boolean_type":false}}"#, "\"f\": there is no default"),
            (r#"{"f":{"default":true,"rules":[]}}"#, "its rules are no object"),
            (r#"{"f":{"default":true,"rules":{"r":{}}}}"#, "rule \"r\": when_match is not true"),
            (
                r#"{"f":{"default":true,"rules":{"r":{"when_match":true,"conditions":[]}}}}"#,
                "without conditions",
            ),
        ] {
            let error = Features::parse(document.as_bytes()).unwrap_err();
            assert!(error.message().contains(reason), "{document}: {error}");
        }
        for (action, value) in [
            ("LIKE", "1"),
            ("SCHEDULE_BETWEEN_TIME_RANGE", r#"{"START":"17:00"}"#),
            ("SCHEDULE_BETWEEN_TIME_RANGE", r#"{"START":"17:00","END":"24:00"}"#),
            ("SCHEDULE_BETWEEN_TIME_RANGE", r#"{"START":"1:00","END":"2:00"}"#),
            (
                "SCHEDULE_BETWEEN_TIME_RANGE",
                r#"{"START":"17:00","END":"18:00","TIMEZONE":"Europe/Berlin"}"#,
            ),
            (
                "SCHEDULE_BETWEEN_DATETIME_RANGE",
                r#"{"START":"tomorrow","END":"2026-12-31T23:59:59"}"#,
            ),
            ("SCHEDULE_BETWEEN_DAYS_OF_WEEK", r#"{"DAYS":["Sunday"]}"#),
            ("SCHEDULE_BETWEEN_DAYS_OF_WEEK", "[]"),
            ("MODULO_RANGE", r#"{"BASE":0,"START":0,"END":0}"#),
            ("MODULO_RANGE", r#"{"BASE":10,"START":5,"END":4}"#),
            ("ANY_IN_VALUE", "\"a\""),
        ] {
            let error = with(&condition(action, value)).unwrap_err();
            assert!(error.message().contains(action), "{action} {value}: {error}");
        }
        assert!(with(r#"{"action":"EQUALS","key":"","value":1}"#).is_err());
        assert!(with(r#"{"action":"EQUALS","key":"k"}"#).is_err());
    }
}
