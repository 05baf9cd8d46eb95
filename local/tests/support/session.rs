//! The protocol of durable functions, as far as the functions of the tests speak it.

use minilambda::Error;
use miniserde::json::{self, Object, Value};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Why an invocation ends before the script does.
pub(crate) enum Stop {
    /// It waits for something, or may record nothing more.
    Pending,
    Failed(Error),
}

pub(crate) struct Session {
    pub(crate) arn: String,
    pub(crate) token: Option<String>,
    pub(crate) operations: Vec<Object>,
    pub(crate) requests: usize,
}

impl Session {
    pub(crate) fn open(event: &[u8]) -> Result<Self, Error> {
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
    pub(crate) fn take(&mut self, page: &Object) -> String {
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

    pub(crate) fn find(&self, id: &str) -> Option<&Object> {
        self.operations.iter().find(|operation| text(operation, "Id") == id)
    }

    pub(crate) fn status(&self, id: &str) -> String {
        self.find(id).map_or_else(String::new, |operation| text(operation, "Status"))
    }

    pub(crate) fn details(&self, id: &str, name: &str) -> Object {
        match self.find(id).and_then(|operation| operation.get(name)) {
            Some(Value::Object(details)) => details.clone(),
            _ => Object::new(),
        }
    }

    pub(crate) fn input(&self) -> String {
        let own = self.operations.iter().find(|it| text(it, "Type") == "EXECUTION");
        match own.and_then(|own| own.get("ExecutionDetails")) {
            Some(Value::Object(details)) => text(details, "InputPayload"),
            _ => String::new(),
        }
    }

    /// Sends updates. A response that is lost is asked for again.
    pub(crate) fn checkpoint(&mut self, updates: &str) -> Result<(), Stop> {
        let (status, response) = self.try_checkpoint(updates)?;
        if status != 200 {
            let error = Error::new("Refused", format!("{status} {}", text(&response, "Message")));
            return Err(Stop::Failed(error));
        }
        Ok(())
    }

    pub(crate) fn try_checkpoint(&mut self, updates: &str) -> Result<(u16, Object), Stop> {
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

    pub(crate) fn request(
        &self,
        method: &str,
        action: &str,
        body: &str,
    ) -> Result<(u16, Object), Error> {
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

pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

pub(crate) fn object(bytes: &[u8]) -> Result<Object, Error> {
    match json::from_str(std::str::from_utf8(bytes)?) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(Error::new("NoObject", "this is not an object")),
    }
}

pub(crate) fn text(object: &Object, name: &str) -> String {
    match object.get(name) {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    }
}
