//! Durable functions for the tests, which speak the protocol themselves: `minilambda-local` is
//! tested without the crate for durable functions, whose tests it serves.

mod session;

use minilambda::{Context, Error, Handler};
use miniserde::json::{self, Array, Value};
use session::{Session, Stop, escape, text};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    ("script", Handler::durable(script)),
    ("updates", Handler::durable(updates)),
    ("probe", Handler::durable(probe)),
    ("plain", Handler::raw(plain)),
    ("broken", Handler::raw(|_, _| Err(Error::new("Broken", "as asked")))),
    ("wrong", Handler::durable(|_, _| Ok(br#"{"answer":42}"#.to_vec()))),
    ("idle", Handler::durable(|_, _| Ok(br#"{"Status":"PENDING"}"#.to_vec()))),
    ("fails", Handler::durable(|_, _| Err(Error::new("Broken", "as asked")))),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn plain(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok([b"[", &*event, b"]"].concat())
}

/// Runs the instructions of the input, in their order: each one is an operation, whose id is its
/// number. The result has the result of each.
fn script(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let mut session = Session::open(&event)?;
    let instructions: Vec<String> = json::from_str(&session.input())?;
    let mut results = Vec::new();
    for (index, instruction) in instructions.iter().enumerate() {
        let id = (index + 1).to_string();
        match run(&mut session, &id, instruction) {
            Ok(result) => results.push(result),
            Err(Stop::Pending) => return Ok(br#"{"Status":"PENDING"}"#.to_vec()),
            Err(Stop::Failed(error)) => return Err(error),
        }
    }
    Ok(succeeded(&json::to_string(&results)))
}

fn run(session: &mut Session, id: &str, instruction: &str) -> Result<String, Stop> {
    let words: Vec<_> = instruction.split(' ').collect();
    let start = |kind: &str, more: &str| {
        format!(
            "{{\"Id\":\"{id}\",\"Type\":\"{kind}\",\"Action\":\"START\",\"Name\":\"n{id}\"{more}}}"
        )
    };
    let is_new = session.status(id).is_empty();
    match *words {
        ["step", result] => {
            if is_new {
                session.checkpoint(&format!("{},{}", start("STEP", ""), succeed(id, result)))?;
            }
            Ok(text(&session.details(id, "StepDetails"), "Result"))
        }
        ["flaky", failures, delay] => flaky(session, id, failures, delay, &start("STEP", "")),
        ["wait", seconds] => {
            if is_new {
                let more = format!(",\"WaitOptions\":{{\"WaitSeconds\":{seconds}}}");
                session.checkpoint(&start("WAIT", &more))?;
            }
            await_end(session, id, "WaitDetails")
        }
        // Two waits at once: the first one that is over wins, and a step records which.
        ["race", first, second] => {
            let ids = [format!("{id}a"), format!("{id}b")];
            if session.status(&ids[0]).is_empty() {
                let wait = |id: &str, seconds: &str| {
                    format!(
                        "{{\"Id\":\"{id}\",\"Type\":\"WAIT\",\"Action\":\"START\",\
                         \"WaitOptions\":{{\"WaitSeconds\":{seconds}}}}}"
                    )
                };
                let waits = [wait(&ids[0], first), wait(&ids[1], second)];
                session.checkpoint(&waits.join(","))?;
            }
            if is_new {
                let over = ids.iter().filter(|id| session.status(id) == "SUCCEEDED");
                let over: Vec<_> = over.cloned().collect();
                if over.is_empty() {
                    return Err(Stop::Pending);
                }
                session.checkpoint(&succeed(id, &over.join("+")))?;
            }
            Ok(text(&session.details(id, "StepDetails"), "Result"))
        }
        ["callback", timeout, heartbeat] => {
            if is_new {
                let more = format!(
                    ",\"CallbackOptions\":{{\"TimeoutSeconds\":{timeout},\
                     \"HeartbeatTimeoutSeconds\":{heartbeat}}}"
                );
                session.checkpoint(&start("CALLBACK", &more))?;
            }
            await_end(session, id, "CallbackDetails")
        }
        // As the SDKs make it: in a context, which has the name.
        ["approval"] => {
            let inner = format!("{id}c");
            if is_new {
                let context = start("CONTEXT", ",\"SubType\":\"WaitForCallback\"");
                session.checkpoint(&format!(
                    "{context},{{\"Id\":\"{inner}\",\"ParentId\":\"{id}\",\"Type\":\"CALLBACK\",\
                     \"Action\":\"START\",\"Name\":\"callback\"}}"
                ))?;
            }
            await_end(session, &inner, "CallbackDetails")
        }
        ["invoke", function, input] => {
            if is_new {
                let more = format!(
                    ",\"Payload\":{},\"ChainedInvokeOptions\":{{\"FunctionName\":\"{function}\"}}",
                    json::to_string(input)
                );
                session.checkpoint(&start("CHAINED_INVOKE", &more))?;
            }
            await_end(session, id, "ChainedInvokeDetails")
        }
        // A result of this many bytes.
        ["large", bytes] => {
            if is_new {
                let payload = "x".repeat(bytes.parse().unwrap_or(0));
                session.checkpoint(&succeed(id, &payload))?;
            }
            Ok(text(&session.details(id, "StepDetails"), "Result").len().to_string())
        }
        _ => Err(Stop::Failed(Error::new("NoInstruction", instruction.to_owned()))),
    }
}

/// The response of a function with this result.
fn succeeded(result: &str) -> Vec<u8> {
    format!("{{\"Status\":\"SUCCEEDED\",\"Result\":{}}}", json::to_string(result)).into_bytes()
}

/// The end of a step.
fn succeed(id: &str, payload: &str) -> String {
    format!(
        "{{\"Id\":\"{id}\",\"Type\":\"STEP\",\"Action\":\"SUCCEED\",\"Payload\":\"{payload}\"}}"
    )
}

/// A step that fails some times, with a delay before the next attempt.
fn flaky(
    session: &mut Session,
    id: &str,
    failures: &str,
    delay: &str,
    start: &str,
) -> Result<String, Stop> {
    while session.status(id) != "SUCCEEDED" {
        if session.status(id) == "PENDING" {
            return Err(Stop::Pending);
        }
        // An attempt that was not recorded to its end is made again.
        if session.status(id) != "STARTED" {
            session.checkpoint(start)?;
        }
        let attempt = match session.details(id, "StepDetails").get("Attempt") {
            Some(Value::Number(json::Number::U64(attempt))) => *attempt,
            _ => 0,
        };
        let end = if attempt < failures.parse().unwrap_or(0) {
            format!(
                "\"RETRY\",\"StepOptions\":{{\"NextAttemptDelaySeconds\":{delay}}},\
                 \"Error\":{{\"ErrorType\":\"Flaky\",\"ErrorMessage\":\"attempt {attempt}\"}}"
            )
        } else {
            format!("\"SUCCEED\",\"Payload\":\"after {attempt}\"")
        };
        session.checkpoint(&format!("{{\"Id\":\"{id}\",\"Type\":\"STEP\",\"Action\":{end}}}"))?;
    }
    Ok(text(&session.details(id, "StepDetails"), "Result"))
}

/// The result of an operation that ends by itself, or its status and the type of its error.
fn await_end(session: &Session, id: &str, name: &str) -> Result<String, Stop> {
    let status = session.status(id);
    let details = session.details(id, name);
    match &*status {
        "STARTED" => Err(Stop::Pending),
        "SUCCEEDED" => Ok(text(&details, "Result")),
        _ => match details.get("Error") {
            Some(Value::Object(error)) => Ok(format!("{status} {}", text(error, "ErrorType"))),
            _ => Ok(status),
        },
    }
}

/// Sends the batches of updates of the input, and returns the status and the message of each.
fn updates(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let mut session = Session::open(&event)?;
    let batches: Array = json::from_str(&session.input())?;
    let mut results = Vec::new();
    for batch in &batches {
        let batch = json::to_string(batch);
        let inner = batch.trim_start_matches('[').trim_end_matches(']');
        match session.try_checkpoint(inner) {
            Ok((status, response)) => {
                results.push(format!("{status} {}", text(&response, "Message")));
            }
            Err(Stop::Pending) => return Ok(br#"{"Status":"PENDING"}"#.to_vec()),
            Err(Stop::Failed(error)) => return Err(error),
        }
    }
    Ok(succeeded(&json::to_string(&results)))
}

/// Returns the responses that only a function gets.
fn probe(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    let session = Session::open(&event)?;
    let token = session.token.clone().unwrap_or_default();
    let operation = |id: &str, rest: &str| format!("{{\"Id\":\"{id}\",\"Name\":\"n\",{rest}}}");
    let updates = [
        operation("a", "\"Type\":\"CONTEXT\",\"Action\":\"START\",\"SubType\":\"Map\""),
        operation("b", "\"Type\":\"STEP\",\"Action\":\"START\",\"ParentId\":\"a\""),
        operation(
            "b",
            "\"Type\":\"STEP\",\"Action\":\"RETRY\",\"Error\":{\"ErrorType\":\"E\",\
             \"StackTrace\":[\"f\"]},\"StepOptions\":{\"NextAttemptDelaySeconds\":9}",
        ),
        operation(
            "c",
            "\"Type\":\"WAIT\",\"Action\":\"START\",\"WaitOptions\":{\"WaitSeconds\":9}",
        ),
        operation("d", "\"Type\":\"CALLBACK\",\"Action\":\"START\""),
        operation(
            "e",
            "\"Type\":\"CHAINED_INVOKE\",\"Action\":\"START\",\
             \"ChainedInvokeOptions\":{\"FunctionName\":\"nobody\"}",
        ),
    ];
    let body = format!(
        "{{\"CheckpointToken\":{},\"Updates\":[{}]}}",
        json::to_string(&token),
        updates.join(",")
    );
    let (status, checkpoint) = session.request("POST", "checkpoint", &body)?;
    let token = escape(&text(&checkpoint, "CheckpointToken"));
    let query = format!("state?CheckpointToken={token}&MaxItems=2");
    let (_, state) = session.request("GET", &query, "")?;
    if status != 200 {
        return Err(Error::new("Refused", text(&checkpoint, "Message")));
    }
    let result = format!(
        "{{\"CheckpointDurableExecution\":{},\"GetDurableExecutionState\":{}}}",
        json::to_string(&checkpoint),
        json::to_string(&state)
    );
    Ok(succeeded(&result))
}
