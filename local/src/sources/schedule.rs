//! Schedules of EventBridge: a handler is invoked at a rate, or at the times of a cron expression.
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.

use super::Running;
use super::cron::Cron;
use crate::clock;
use crate::ids;
use crate::json::{array, object, text};
use crate::settings::ACCOUNT;
use miniserde::json;
use std::thread;
use std::time::Duration;

/// The longest time until a change of the file, and of the clock, is seen.
const STEP: Duration = Duration::from_millis(200);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Schedule {
    /// The seconds between two events.
    Rate(u64),
    Cron(Cron),
}

impl Schedule {
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(inner) = inside(text, "cron") {
            return Cron::parse(inner).map(Self::Cron);
        }
        let rate = inside(text, "rate").and_then(rate);
        rate.map(Self::Rate).ok_or_else(|| {
            "a schedule is rate(1 hour), with minute, hour or day, or rate(5 minutes), with minutes, \
             hours or days and a number above 1, or cron(0 8 * * ? *)"
                .to_owned()
        })
    }

    /// The first time after `now`, in seconds since 1970. `None` if there is none any more.
    fn next(&self, now: u64) -> Option<u64> {
        match self {
            Self::Rate(seconds) => now.checked_add(*seconds),
            Self::Cron(cron) => cron.next(now),
        }
    }

    /// Sends the events until the source has ended.
    pub fn follow(&self, running: &Running) {
        let mut due = self.next(clock::now().as_secs());
        while let Some(at) = due {
            while clock::now().as_secs() < at {
                if !running.goes_on() {
                    return;
                }
                thread::sleep(STEP);
            }
            if running.wait_for_handler(&mut String::new()).is_none() {
                return;
            }
            let Running { site, handler, .. } = running;
            let region = site.lambda.settings().region.clone();
            let event = running.request(&event(handler, &region, at));
            if let Err(error) = site.queue.accept(&site.lambda, event) {
                running.say(&format!("its schedule: {error}"));
            }
            // What was missed while the machine slept, or nothing was built, does not come later.
            due = self.next(at.max(clock::now().as_secs()));
        }
        running.say("its schedule has no more times");
    }
}

fn inside<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')
}

/// The seconds of `5 minutes`. Seconds are for trying: EventBridge has none.
fn rate(text: &str) -> Option<u64> {
    let (count, unit) = text.trim().split_once(' ')?;
    let count: u64 = count.parse().ok().filter(|count| *count > 0)?;
    let unit = unit.trim();
    // AWS takes one form of each unit.
    let seconds = match (unit.strip_suffix('s').unwrap_or(unit), unit.ends_with('s')) {
        (_, is_plural) if is_plural != (count > 1) => return None,
        ("second", _) => 1,
        ("minute", _) => 60,
        ("hour", _) => 3600,
        ("day", _) => 86_400,
        _ => return None,
    };
    count.checked_mul(seconds)
}

fn event(handler: &str, region: &str, at: u64) -> String {
    let time = clock::rfc3339(Duration::from_secs(at)).replace(".000Z", "Z");
    let rule = format!("arn:aws:events:{region}:{ACCOUNT}:rule/{}", handler.replace('.', "-"));
    json::to_string(&object([
        ("version", text("0")),
        ("id", text(ids::uuid())),
        ("detail-type", text("Scheduled Event")),
        ("source", text("aws.events")),
        ("account", text(ACCOUNT)),
        ("time", text(time)),
        ("region", text(region)),
        ("resources", array([text(rule)])),
        ("detail", object([])),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_a_unit_and_its_first_event_after_one_interval() {
        for (text, seconds) in [
            ("rate(1 minute)", Some(60)),
            ("rate(5 minutes)", Some(300)),
            ("rate(2 hours)", Some(7200)),
            ("rate(1 day)", Some(86_400)),
            ("rate(3 seconds)", Some(3)),
            ("rate(1 minutes)", None),
            ("rate(2 minute)", None),
            ("rate(0 minutes)", None),
            ("rate(5 weeks)", None),
            ("rate(5)", None),
            ("5 minutes", None),
        ] {
            let schedule = Schedule::parse(text).ok();
            assert_eq!(schedule, seconds.map(Schedule::Rate), "{text}");
        }
        assert_eq!(Schedule::Rate(60).next(7), Some(67));
    }

    #[test]
    fn the_event_is_that_of_a_rule() {
        let event = event("shop.sweep", "eu-central-1", 1_773_350_065);
        for part in [
            "\"detail-type\":\"Scheduled Event\"",
            "\"time\":\"2026-03-12T21:14:25Z\"",
            "rule/shop-sweep\"]",
        ] {
            assert!(event.contains(part), "{event}");
        }
    }
}
