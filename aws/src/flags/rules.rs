//! The conditions of a rule: what each action compares, and what its value has to be.

use crate::date::from_iso;
use minilambda_events::JsonRef;
use std::cmp::Ordering;

const DAY_S: i64 = 86_400;

/// From the first of January 1970.
const DAYS: [&str; 7] =
    ["THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY"];

/// What a condition compares.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// A value of the context with that of the condition.
    OfContext(fn(JsonRef, JsonRef) -> Option<bool>),
    /// The time, in seconds since 1970, with the value of the condition.
    OfTime(fn(i64, JsonRef) -> Option<bool>),
}

impl Action {
    pub fn named(name: &str) -> Option<Self> {
        Some(Self::OfContext(match name {
            "EQUALS" => |a, b| Some(is_same(a, b)),
            "NOT_EQUALS" => |a, b| Some(!is_same(a, b)),
            "KEY_GREATER_THAN_VALUE" => |a, b| Some(order(a, b)?.is_gt()),
            "KEY_GREATER_THAN_OR_EQUAL_VALUE" => |a, b| Some(order(a, b)?.is_ge()),
            "KEY_LESS_THAN_VALUE" => |a, b| Some(order(a, b)?.is_lt()),
            "KEY_LESS_THAN_OR_EQUAL_VALUE" => |a, b| Some(order(a, b)?.is_le()),
            "STARTSWITH" => |a, b| Some(a.as_str()?.starts_with(b.as_str()?)),
            "ENDSWITH" => |a, b| Some(a.as_str()?.ends_with(b.as_str()?)),
            "IN" | "KEY_IN_VALUE" => |a, b| contains(b, a),
            "NOT_IN" | "KEY_NOT_IN_VALUE" => |a, b| Some(!contains(b, a)?),
            "VALUE_IN_KEY" => contains,
            "VALUE_NOT_IN_KEY" => |a, b| Some(!contains(a, b)?),
            "ALL_IN_VALUE" => |a, b| {
                b.items()?;
                Some(a.items()?.all(|item| contains(b, item) == Some(true)))
            },
            "ANY_IN_VALUE" => any_in,
            "NONE_IN_VALUE" => |a, b| Some(!any_in(a, b)?),
            "MODULO_RANGE" => |a, b| {
                let [base, start, end] = modulo(b)?;
                Some((start..=end).contains(&integer(a)?.checked_rem_euclid(base)?))
            },
            "SCHEDULE_BETWEEN_TIME_RANGE" => {
                return Some(Self::OfTime(|now, value| {
                    let [start, end] = minutes(value)?;
                    let minute = now.rem_euclid(DAY_S) / 60;
                    let is_over_midnight = end / 60 < start / 60;
                    let (from, until) = (start <= minute, minute <= end);
                    Some(if is_over_midnight { from || until } else { from && until })
                }));
            }
            "SCHEDULE_BETWEEN_DATETIME_RANGE" => {
                return Some(Self::OfTime(|now, value| {
                    let [start, end] = times(value)?;
                    Some((start..=end).contains(&now))
                }));
            }
            "SCHEDULE_BETWEEN_DAYS_OF_WEEK" => {
                return Some(Self::OfTime(|now, value| {
                    let day = now.div_euclid(DAY_S).rem_euclid(7);
                    Some(days(value)?.contains(&day))
                }));
            }
            _ => return None,
        }))
    }
}

/// Says what the value of an action has to be, if it is something else.
pub(super) fn check(action: &str, value: JsonRef) -> Result<(), &'static str> {
    let is_schedule = action.starts_with("SCHEDULE_");
    let zone = value.get("TIMEZONE").filter(|_| is_schedule);
    if zone.is_some_and(|zone| zone.as_str() != Some("UTC")) {
        return Err("its TIMEZONE is not UTC, the only one that is known here");
    }
    match action {
        "SCHEDULE_BETWEEN_TIME_RANGE" if minutes(value).is_none() => {
            Err("its value is not START and END as HH:MM")
        }
        "SCHEDULE_BETWEEN_DATETIME_RANGE" if times(value).is_none() => {
            Err("its value is not START and END as 2026-11-29T12:00:00")
        }
        "SCHEDULE_BETWEEN_DAYS_OF_WEEK" if days(value).is_none() => {
            Err("its value is not DAYS with names such as MONDAY")
        }
        "MODULO_RANGE" if modulo(value).is_none() => {
            Err("its value is not BASE, START and END, 0 <= START <= END < BASE")
        }
        "ALL_IN_VALUE" | "ANY_IN_VALUE" | "NONE_IN_VALUE" if value.items().is_none() => {
            Err("its value is not a list")
        }
        _ => Ok(()),
    }
}

/// Numbers are compared by their value: 1 is 1.0.
fn is_same(a: JsonRef, b: JsonRef) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(_), Some(_)) => a == b || order(a, b) == Some(Ordering::Equal),
        _ => a == b,
    }
}

/// Any integer of JSON: an id or a hash may have 64 bits without a sign.
fn integer(value: JsonRef) -> Option<i128> {
    value.as_u64().map(i128::from).or_else(|| value.as_i64().map(i128::from))
}

/// Compares two numbers or two texts.
fn order(a: JsonRef, b: JsonRef) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (integer(a), integer(b)) {
        return Some(a.cmp(&b));
    }
    if let (Some(a), Some(b)) = (a.as_f64(), b.as_f64()) {
        return a.partial_cmp(&b);
    }
    Some(a.as_str()?.cmp(b.as_str()?))
}

/// Whether a list has an item, a text a part, or an object a name.
fn contains(all: JsonRef, one: JsonRef) -> Option<bool> {
    if let Some(mut items) = all.items() {
        return Some(items.any(|item| is_same(item, one)));
    }
    let one = one.as_str()?;
    if all.fields().is_some() {
        return Some(all.get(one).is_some());
    }
    Some(all.as_str()?.contains(one))
}

fn any_in(a: JsonRef, b: JsonRef) -> Option<bool> {
    b.items()?;
    Some(a.items()?.any(|item| contains(b, item) == Some(true)))
}

fn modulo(value: JsonRef) -> Option<[i128; 3]> {
    let field = |name: &str| integer(value.get(name)?);
    let [base, start, end] = [field("BASE")?, field("START")?, field("END")?];
    (0 <= start && start <= end && end < base).then_some([base, start, end])
}

/// The minutes of the day from which and until which, inclusive.
fn minutes(value: JsonRef) -> Option<[i64; 2]> {
    let field = |name: &str| {
        let (hour, minute) = value.get(name)?.as_str()?.split_once(':')?;
        let number = |text: &str, below: i64| -> Option<i64> {
            let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number < below)
        };
        Some(number(hour, 24)? * 60 + number(minute, 60)?)
    };
    Some([field("START")?, field("END")?])
}

/// The times from which and until which, inclusive, in seconds since 1970.
fn times(value: JsonRef) -> Option<[i64; 2]> {
    let field = |name: &str| {
        let text = value.get(name)?.as_str()?;
        // The time zone is a field of its own.
        from_iso(&format!("{}Z", text.strip_suffix('Z').unwrap_or(text)))
    };
    Some([field("START")?, field("END")?])
}

/// The days, as their place in [`DAYS`].
fn days(value: JsonRef) -> Option<Vec<i64>> {
    let place = |day: JsonRef| {
        let name = day.as_str()?;
        i64::try_from(DAYS.iter().position(|known| *known == name)?).ok()
    };
    value.get("DAYS")?.items()?.map(place).collect()
}
