//! Durable executions for the page: what it shows, and what its buttons do.

use super::site::Site;
use crate::clock;
use crate::durable::execution::{Execution, New};
use crate::durable::fault::CheckpointFault;
use crate::durable::history::{Event, Field};
use crate::durable::operation::{Kind, Operation, Problem, Status};
use crate::durable::refusal::Refusal;
use crate::durable::service::Start;
use crate::durable::time::{self, DurableTime};
use crate::json::{array, fraction, number, object, text};
use miniserde::json::Value;
use std::time::Duration;

/// The executions and operations that the page shows.
const MAX_EXECUTIONS: usize = 100;
const MAX_OPERATIONS: usize = 2000;

/// The bytes of a payload that the page shows.
const MAX_SHOWN: usize = 4096;

/// The longest time that a press of the button for the clock takes.
const MAX_ADVANCE: Duration = Duration::from_secs(60);

type Query<'a> = &'a dyn Fn(&str) -> Option<String>;

fn ms(time: Duration) -> Value {
    number(clock::ms(time))
}

fn optional(time: Option<Duration>) -> Value {
    time.map_or(Value::Null, ms)
}

/// The time, and the last executions, the newest first.
pub(super) fn list(site: &Site) -> Value {
    let (mode, factor) = match site.durable.time() {
        DurableTime::Real => ("real", 1.0),
        DurableTime::Skip => ("skip", 1.0),
        DurableTime::Manual => ("stop", 0.0),
        DurableTime::Scaled(factor) => ("factor", factor),
    };
    let mut executions = Vec::new();
    site.durable.each(|number, execution| {
        if executions.len() < MAX_EXECUTIONS {
            executions.push(summary(number, execution));
        }
    });
    object([
        ("mode", text(mode)),
        ("factor", fraction(factor)),
        ("now", ms(site.durable.now())),
        ("executions", array(executions)),
    ])
}

fn is_open_callback(operation: &Operation) -> bool {
    operation.kind == Kind::Callback && operation.status == Status::Started
}

fn summary(count: u64, execution: &Execution) -> Value {
    let open = execution.operations.iter().filter(|it| is_open_callback(it)).count();
    let open = if execution.is_over() { 0 } else { open };
    object([
        ("number", number(count)),
        ("name", text(&*execution.new.name)),
        ("handler", text(&*execution.new.handler)),
        ("status", text(execution.status().name())),
        ("started", ms(execution.started)),
        ("ended", optional(execution.ended)),
        ("callbacks", number(open as u64)),
        ("active", Value::Bool(execution.is_active())),
    ])
}

/// The beginning of a payload.
fn cut(payload: &str) -> Value {
    if payload.len() <= MAX_SHOWN {
        return text(payload);
    }
    let end = (0..=MAX_SHOWN).rev().find(|end| payload.is_char_boundary(*end)).unwrap_or(0);
    let part = payload.get(..end).unwrap_or_default();
    text(format!("{part}… ({} bytes)", payload.len()))
}

fn shown_error(error: Option<&Problem>) -> Value {
    error.map_or(Value::Null, |error| {
        let kind = error.kind.as_deref().unwrap_or("error");
        let message = error.message.as_deref().unwrap_or_default();
        cut(&format!("{kind}: {message}"))
    })
}

/// An execution with its operations and its invocations.
pub(super) fn detail(site: &Site, query: Query) -> Result<Value, String> {
    let count = wanted(query)?;
    let now = site.durable.now();
    let read = site.durable.read(count, |execution| {
        let operations = execution.operations.iter().skip(1).take(MAX_OPERATIONS);
        let own = execution.operations.first();
        object([
            ("summary", summary(count, execution)),
            ("arn", text(&*execution.new.arn)),
            ("id", own.map_or(Value::Null, |own| text(&*own.id))),
            ("input", cut(&execution.new.input)),
            ("result", execution.result.as_deref().map_or(Value::Null, cut)),
            ("error", shown_error(execution.error.as_ref())),
            ("now", ms(now)),
            ("retryAt", optional(execution.retry_at)),
            ("hasFault", Value::Bool(execution.has_fault())),
            ("invocations", array(execution.history.iter().filter_map(invocation))),
            ("operations", array(operations.map(operation))),
            ("count", number(execution.operations.len().saturating_sub(1) as u64)),
        ])
    });
    read.map_err(|error| error.to_string())
}

fn operation(operation: &Operation) -> Value {
    let callback = operation.callback.as_ref().filter(|_| operation.status == Status::Started);
    object([
        ("id", text(&*operation.id)),
        ("parent", operation.parent.as_deref().map_or(Value::Null, text)),
        ("name", text(operation.name.as_deref().unwrap_or(&operation.id))),
        ("kind", text(operation.sub_kind.as_deref().unwrap_or(operation.kind.name()))),
        ("status", text(operation.status.name())),
        ("started", ms(operation.started)),
        ("ended", optional(operation.ended)),
        ("timer", optional(operation.timer())),
        ("attempt", number(operation.attempt)),
        ("payload", operation.payload.as_deref().map_or(Value::Null, cut)),
        ("error", shown_error(operation.error.as_ref())),
        ("target", operation.target.as_deref().map_or(Value::Null, text)),
        ("child", operation.child.map_or(Value::Null, number)),
        ("callback", callback.map_or(Value::Null, |callback| text(&*callback.id))),
    ])
}

/// The start and the end of an invocation, and whether it has failed.
fn invocation(event: &Event) -> Option<Value> {
    if event.kind != "InvocationCompleted" {
        return None;
    }
    let started = event.fields.iter().find_map(|(name, field)| match field {
        Field::Time(time) if *name == "StartTimestamp" => Some(*time),
        _ => None,
    })?;
    let has_failed = event.fields.iter().any(|(name, _)| *name == "Error");
    Some(array([ms(started), ms(event.at), Value::Bool(has_failed)]))
}

fn wanted(query: Query) -> Result<u64, String> {
    let count = query("number").and_then(|number| number.parse().ok());
    count.ok_or_else(|| "there is no execution of this number".to_owned())
}

/// Starts an execution, and returns its number.
pub(super) fn start(site: &Site, query: Query, body: &[u8]) -> Result<Value, String> {
    site.wait_for_program()?;
    let input = std::str::from_utf8(body).map_err(|_| "the input is not JSON in UTF-8")?;
    let handler = query("handler").unwrap_or_default();
    let new = New { handler, input: input.into(), ..New::default() };
    let name = query("name").filter(|name| !name.is_empty());
    let started = site.durable.start(Start { name, is_sync: true, new });
    started.map(number).map_err(|error| error.to_string())
}

/// Starts another execution with the same input.
fn again(site: &Site, count: u64) -> Result<Value, String> {
    let read = site
        .durable
        .read(count, |execution| (execution.new.handler.clone(), execution.new.input.clone()));
    let (handler, input) = read.map_err(|error| error.to_string())?;
    let new = New { handler, input, ..New::default() };
    let started = site.durable.start(Start { name: None, is_sync: true, new });
    started.map(number).map_err(|error| error.to_string())
}

/// Does what a button says.
pub(super) fn act(site: &Site, query: Query, body: &[u8]) -> Result<Value, String> {
    let service = &site.durable;
    let operation = query("operation").unwrap_or_default();
    let callback = query("callback").unwrap_or_default();
    let said = || String::from_utf8_lossy(body).into_owned();
    let done = match query("do").unwrap_or_default().as_str() {
        "again" => return again(site, wanted(query)?),
        "stop" => service.change(wanted(query)?, |execution, now| {
            execution.stop(None, now);
            Ok(())
        }),
        "pause" => {
            service.change(wanted(query)?, |execution, now| execution.pause(None, false, now))
        }
        "resume" => service.change(wanted(query)?, |execution, now| execution.resume(None, now)),
        "kill" => service.change(wanted(query)?, |execution, _| {
            execution.fault_next(CheckpointFault::Kill);
            Ok(())
        }),
        "now" => {
            service.change(wanted(query)?, |execution, now| execution.fire_now(&operation, now))
        }
        "succeed" => {
            let result = said();
            if !result.is_empty() && !crate::json::is_document(result.as_bytes()) {
                return Err("the answer is not JSON: a text has quotes, \"Ada\"".to_owned());
            }
            let result = (!result.is_empty()).then(|| result.into());
            service.callback(&callback, |execution, index, now| {
                execution.answer(index, Ok(result), now)
            })
        }
        "fail" => {
            let error = Problem::new("CallbackFailed", said());
            service.callback(&callback, |execution, index, now| {
                execution.answer(index, Err(error), now)
            })
        }
        "heartbeat" => service.callback(&callback, Execution::heartbeat),
        _ => return Err("there is no such button".to_owned()),
    };
    done.map(|()| Value::Null).map_err(|refusal: Refusal| refusal.message)
}

/// Sets how time passes, or moves the clock.
pub(super) fn set_time(site: &Site, query: Query) -> Result<Value, String> {
    if let Some(mode) = query("mode") {
        site.durable.set_time(time::parse_mode(&mode)?);
    }
    if let Some(seconds) = query("seconds") {
        let seconds = seconds.parse().ok().filter(|seconds| *seconds <= 366 * 86_400_u64);
        let seconds = seconds.ok_or("the clock is moved by whole seconds, 366 days at most")?;
        let moved = site.durable.advance(Duration::from_secs(seconds), MAX_ADVANCE);
        moved.map_err(|error| error.to_string())?;
    }
    Ok(list(site))
}
