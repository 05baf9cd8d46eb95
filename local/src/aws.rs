//! Calls of AWS's services at the stand-in that the functions are configured for.

use crate::json::{self, object, text};
use crate::settings::Settings;
use crate::stand_in;
use miniserde::json::{Object, Value};

/// The most characters of an error's message.
const MAX_MESSAGE_CHARS: usize = 500;

/// A service at a stand-in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    /// Its name in signatures.
    pub service: &'static str,
    pub address: String,
    pub region: String,
}

/// A service with AWS's JSON protocol.
pub(crate) struct Service {
    /// Its name in signatures.
    pub name: &'static str,
    /// The variable with its own URL.
    pub variable: &'static str,
    pub version: &'static str,
    pub target: &'static str,
}

pub(crate) const SQS: Service =
    Service { name: "sqs", variable: "AWS_ENDPOINT_URL_SQS", version: "1.0", target: "AmazonSQS" };

impl Endpoint {
    /// The endpoint of a service in the functions' variables. `variable` is that with its own URL.
    pub fn of(settings: &Settings, service: &'static str, variable: &str) -> Result<Self, String> {
        let get = |name: &str| settings.environment.get(name);
        let url = get(variable).or_else(|| get("AWS_ENDPOINT_URL"));
        let address = url.and_then(|url| stand_in::address(url)).ok_or(
            "events come from and go to a stand-in for AWS: set AWS_ENDPOINT_URL in the file of \
             variables to its URL, such as http://127.0.0.1:5000",
        )?;
        Ok(Self { service, address, region: settings.region.clone() })
    }

    /// Sends a request, and returns the body of the response. `what` is the operation, for errors.
    pub fn send(
        &self,
        what: &str,
        request: &str,
        headers: &[&str],
        body: &[u8],
    ) -> Result<String, String> {
        let of = (self.service, &*self.region);
        let sent = stand_in::send(&self.address, of, request, headers, body);
        let (status, body) =
            sent.map_err(|error| format!("{} does not respond: {error}", self.address))?;
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let (kind, message) = refusal(&body);
        Err(format!("{what} has status {status}: {kind} {message}").trim_end().to_owned())
    }

    /// Replaces the message of an error if it has one of the codes of what is not there, by the
    /// command of the AWS CLI that makes it. Without the options it would be made in an account of
    /// AWS, or in another region.
    pub fn or_absent(&self, message: String, codes: &[&str], command: &str) -> String {
        if !codes.iter().any(|code| message.contains(code)) {
            return message;
        }
        format!("there is none: {} makes it", self.command(command))
    }

    /// A command of the AWS CLI for this endpoint, to be copied.
    pub fn command(&self, command: &str) -> String {
        let Self { address, region, .. } = self;
        format!("aws {command} --endpoint-url http://{address} --region {region}")
    }
}

/// Finds the URL of a queue.
pub(crate) fn queue_url(settings: &Settings, name: &str) -> Result<String, String> {
    let endpoint = SQS.endpoint(settings)?;
    let found = SQS.call_at(&endpoint, "GetQueueUrl", &object([("QueueName", text(name))]));
    let absent = ["QueueDoesNotExist", "NonExistentQueue"];
    let found = found.map_err(|message| {
        endpoint.or_absent(message, &absent, &format!("sqs create-queue --queue-name {name}"))
    })?;
    Ok(json::string(&found, "QueueUrl").ok_or("it has no URL")?.to_owned())
}

/// The code and the message of an error, in JSON or XML, as a terminal may show them.
fn refusal(body: &str) -> (String, String) {
    let owned = |text: Option<&str>| {
        let text = text.unwrap_or_default().replace(char::is_control, " ");
        text.chars().take(MAX_MESSAGE_CHARS).collect::<String>()
    };
    if let Some(document) = json::parse_object(body.as_bytes()) {
        let message = json::string(&document, "message").or(json::string(&document, "Message"));
        return (owned(json::string(&document, "__type")), owned(message));
    }
    (owned(inside(body, "Code")), owned(inside(body, "Message")))
}

/// The text of the first element with this name, as it is written.
pub(crate) fn inside<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

impl Service {
    /// Calls an operation at the stand-in of the functions.
    pub fn call(
        &self,
        settings: &Settings,
        action: &str,
        wanted: &Value,
    ) -> Result<Object, String> {
        self.call_at(&self.endpoint(settings)?, action, wanted)
    }

    pub fn endpoint(&self, settings: &Settings) -> Result<Endpoint, String> {
        Endpoint::of(settings, self.name, self.variable)
    }

    pub fn call_at(
        &self,
        endpoint: &Endpoint,
        action: &str,
        wanted: &Value,
    ) -> Result<Object, String> {
        let kind = format!("Content-Type: application/x-amz-json-{}", self.version);
        let target = format!("X-Amz-Target: {}.{action}", self.target);
        let body = miniserde::json::to_string(wanted);
        let body = endpoint.send(action, "POST /", &[&kind, &target], body.as_bytes())?;
        // The response to a change may be empty.
        if body.trim().is_empty() {
            return Ok(Object::new());
        }
        json::parse_object(body.as_bytes())
            .ok_or_else(|| format!("the response to {action} is no JSON object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Server, respond};

    #[test]
    fn a_refusal_has_its_code_and_its_message_in_both_forms() {
        let expected = ("NoSuchThing".to_owned(), "It is gone".to_owned());
        for body in [
            r#"{"__type":"NoSuchThing","message":"It is gone"}"#,
            r#"{"__type":"NoSuchThing","Message":"It is gone"}"#,
            "<?xml version=\"1.0\"?><Error><Code>NoSuchThing</Code><Message>It is gone</Message></Error>",
            "<ErrorResponse><Error><Code>NoSuchThing</Code><Message>It is gone</Message></Error></ErrorResponse>",
        ] {
            assert_eq!(refusal(body), expected, "{body}");
        }
        for body in ["", "<Code>", "[]", "Internal Server Error"] {
            assert_eq!(refusal(body), (String::new(), String::new()), "{body}");
        }
        let long = format!("<Code>A\u{1b}[2J</Code><Message>{}</Message>", "é".repeat(5000));
        assert_eq!(refusal(&long), ("A [2J".to_owned(), "é".repeat(500)));
    }

    #[test]
    fn a_response_that_is_no_json_is_no_empty_one() {
        for (body, is_taken) in [("", true), ("{}", true), ("<html>", false), ("[]", false)] {
            let server = Server::start(vec![respond("200 OK", &[], body)]).unwrap();
            let address = stand_in::address(&server.url()).unwrap();
            let endpoint = Endpoint { service: "sqs", address, region: "eu-central-1".to_owned() };
            let got = SQS.call_at(&endpoint, "ReceiveMessage", &object([]));
            match got {
                Ok(_) => assert!(is_taken, "{body}"),
                Err(message) => {
                    assert!(!is_taken, "{body}: {message}");
                    assert_eq!(message, "the response to ReceiveMessage is no JSON object");
                }
            }
        }
    }
}
