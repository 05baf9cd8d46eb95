//! Durable functions for the tests, which speak the protocol themselves: `minilambda-local` is
//! tested without the crate for durable functions, whose tests it serves.

use minilambda::{Context, Error, Handler};
use miniserde::json::{self, Array, Object, Value};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
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

/// Why an invocation ends before the script does.
enum Stop {
    /// It waits for something, or may record nothing more.
    Pending,
    Failed(Error),
}

struct Session {
    arn: String,
    token: Option<String>,
    operations: Vec<Object>,
    requests: usize,
}

impl Session {
    fn open(event: &[u8]) -> Result<Self, Error> {
        let event = object(event)?;
        let mut session = Self {
            arn: text(&event, "DurableExecutionArn"),
            token: Some(text(&event, "CheckpointToken")),
            operations: Vec::new(),
            requests: 0,
        };
        let Some(Value::Object(state)) = event.get("InitialExecutionState") else {
            return Err(Error::new("NoState", "the event has no state"));
        };
        let mut marker = session.take(state);
        while !marker.is_empty() {
            let token = escape(session.token.as_deref().unwrap_or_default());
            let query = format!("state?CheckpointToken={token}&Marker={marker}&MaxItems=1000");
            let (status, page) = session.request("GET", &query, "")?;
            if status != 200 {
                return Err(Error::new("NoPage", format!("status {status}")));
            }
            marker = session.take(&page);
        }
        Ok(session)
    }

    /// Notes the operations of a page, and returns the marker of the next one.
    fn take(&mut self, page: &Object) -> String {
        if let Some(Value::Array(operations)) = page.get("Operations") {
            for operation in operations {
                let Value::Object(operation) = operation else { continue };
                let id = text(operation, "Id");
                self.operations.retain(|other| text(other, "Id") != id);
                self.operations.push(operation.clone());
            }
        }
        text(page, "NextMarker")
    }

    fn find(&self, id: &str) -> Option<&Object> {
        self.operations.iter().find(|operation| text(operation, "Id") == id)
    }

    fn status(&self, id: &str) -> String {
        self.find(id).map_or_else(String::new, |operation| text(operation, "Status"))
    }

    fn details(&self, id: &str, name: &str) -> Object {
        match self.find(id).and_then(|operation| operation.get(name)) {
            Some(Value::Object(details)) => details.clone(),
            _ => Object::new(),
        }
    }

    fn input(&self) -> String {
        let own = self.operations.iter().find(|it| text(it, "Type") == "EXECUTION");
        match own.and_then(|own| own.get("ExecutionDetails")) {
            Some(Value::Object(details)) => text(details, "InputPayload"),
            _ => String::new(),
        }
    }

    /// Sends updates. A response that is lost is asked for again.
    fn checkpoint(&mut self, updates: &str) -> Result<(), Stop> {
        let (status, response) = self.try_checkpoint(updates)?;
        if status != 200 {
            let error = Error::new("Refused", format!("{status} {}", text(&response, "Message")));
            return Err(Stop::Failed(error));
        }
        Ok(())
    }

    fn try_checkpoint(&mut self, updates: &str) -> Result<(u16, Object), Stop> {
        let Some(token) = self.token.clone() else { return Err(Stop::Pending) };
        self.requests += 1;
        let body = format!(
            "{{\"CheckpointToken\":{},\"ClientToken\":\"client-{}\",\"Updates\":[{updates}]}}",
            json::to_string(&token),
            self.requests
        );
        let mut response = self.request("POST", "checkpoint", &body);
        if response.is_err() {
            response = self.request("POST", "checkpoint", &body);
        }
        let (status, response) = response.map_err(Stop::Failed)?;
        if status == 200 {
            self.token = Some(text(&response, "CheckpointToken")).filter(|it| !it.is_empty());
            if let Some(Value::Object(state)) = response.get("NewExecutionState") {
                self.take(state);
            }
            if self.token.is_none() {
                return Err(Stop::Pending);
            }
        }
        Ok((status, response))
    }

    fn request(&self, method: &str, action: &str, body: &str) -> Result<(u16, Object), Error> {
        let url = env::var("AWS_ENDPOINT_URL_LAMBDA")?;
        let address = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        let path = format!("/2025-12-01/durable-executions/{}/{action}", escape(&self.arn));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())?;
        let mut response = String::new();
        stream.read_to_string(&mut response)?;
        let (head, body) = response.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::new("Lost", "there is no response"))?;
        Ok((status, object(body.as_bytes()).unwrap_or_default()))
    }
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn object(bytes: &[u8]) -> Result<Object, Error> {
    match json::from_str(std::str::from_utf8(bytes)?) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Error::new("NoObject", "this is not an object")),
    }
}

fn text(object: &Object, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
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
    let result = json::to_string(&results);
    Ok(format!("{{\"Status\":\"SUCCEEDED\",\"Result\":{}}}", json::to_string(&result)).into_bytes())
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
                let end = format!(
                    "{{\"Id\":\"{id}\",\"Type\":\"STEP\",\"Action\":\"SUCCEED\",\"Payload\":\"{result}\"}}"
                );
                session.checkpoint(&format!("{},{end}", start("STEP", "")))?;
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
                session.checkpoint(&format!(
                    "{{\"Id\":\"{id}\",\"Type\":\"STEP\",\"Action\":\"SUCCEED\",\
                     \"Payload\":\"{}\"}}",
                    over.join("+")
                ))?;
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
                let end = format!(
                    "{{\"Id\":\"{id}\",\"Type\":\"STEP\",\"Action\":\"SUCCEED\",\
                     \"Payload\":\"{payload}\"}}"
                );
                session.checkpoint(&end)?;
            }
            Ok(text(&session.details(id, "StepDetails"), "Result").len().to_string())
        }
        _ => Err(Stop::Failed(Error::new("NoInstruction", instruction.to_owned()))),
    }
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
    let result = json::to_string(&results);
    Ok(format!("{{\"Status\":\"SUCCEEDED\",\"Result\":{}}}", json::to_string(&result)).into_bytes())
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
    Ok(format!("{{\"Status\":\"SUCCEEDED\",\"Result\":{}}}", json::to_string(&result)).into_bytes())
}
