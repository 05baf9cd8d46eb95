//! Clients of services: how a request is filled.
//!
//! A [`Client`] is a [`Service`] with the choices of a program. It fills a `request::Request` once,
//! and `attempts` sends it.

use crate::attempts;
use crate::credentials::Source;
use crate::endpoint;
use crate::error::Error;
use crate::http::{self, Body};
use crate::limits::{Deadline, Limits};
use crate::request::{self, Headers};
use crate::response::Response;
use crate::service::{Protocol, Service, Wait};
use crate::sign;
use crate::url::{Url, encode};
use crate::xml::Xml;
use minilambda::__private::decode_or;
use minilambda::{Context, FromJson, ToJson};
use miniserde::json::{Number, Object, Value};
use miniserde::{Deserialize, Serialize, json};
use std::time::Duration;

impl Service {
    /// Returns a client with the region, the endpoint and the credentials of the environment.
    pub fn client(&self) -> Client<'_> {
        Client { service: self, settings: Settings::default() }
    }
}

/// A service with the choices of a program.
///
/// ```no_run
/// use minilambda_aws::{DYNAMODB, Empty};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), minilambda_aws::Error> {
/// let archive = DYNAMODB.client().region("eu-west-1").role("arn:aws:iam::123456789012:role/archive");
/// let Empty {} = archive.timeout(Duration::from_secs(5)).call("ListTables", &Empty {})?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Client<'a> {
    service: &'a Service,
    settings: Settings,
}

/// What is `None` is the default.
#[derive(Clone, Debug, Default)]
struct Settings {
    region: Option<String>,
    /// Without the password of a URL that is refused.
    endpoint: Option<Result<Url, Error>>,
    role: Option<String>,
    deadline: Deadline,
    is_until_the_end: bool,
    connect: Option<Duration>,
    head: Option<Duration>,
    between: Option<Duration>,
    max_response_bytes: Option<u64>,
    is_repeatable: Option<bool>,
}

/// The output of an action without output, or of one whose output is not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Empty {}

/// What a client has found out for one request.
pub(crate) struct Place {
    pub region: String,
    pub endpoint: Url,
    /// Whether the endpoint is set, by the program or in the environment.
    pub is_custom: bool,
}

impl<'a> Client<'a> {
    /// Sets the region.
    pub fn region(mut self, region: &str) -> Self {
        self.settings.region = Some(region.to_owned());
        self
    }

    /// Sets the base of the URLs, such as
    /// `https://abc.execute-api.eu-central-1.amazonaws.com/prod`. The requests are signed for the
    /// service and sent to this host.
    pub fn endpoint(mut self, url: &str) -> Self {
        self.settings.endpoint = Some(Url::base(url, "the endpoint"));
        self
    }

    /// Takes another role, by its ARN, with the credentials of the environment. Its own credentials
    /// are kept until they expire.
    pub fn role(mut self, arn: &str) -> Self {
        self.settings.role = Some(arn.to_owned());
        self
    }

    /// Keeps the requests, with their repetitions, inside the time that an invocation has left.
    /// While a function of `minilambda` serves an invocation this is so anyway, except in threads
    /// on managed instances that have not called `Context::attach_to_thread`.
    pub fn within(mut self, context: &Context) -> Self {
        self.settings.deadline = Deadline::from_context(context);
        self
    }

    /// Lets the requests use half of the time that an invocation has left, if that is more than
    /// they have otherwise: a tenth of its time, half a second at most, is kept for its response.
    ///
    /// It is for what is written down of work that is done, which would be done again without it.
    pub fn until_the_end(mut self) -> Self {
        self.settings.is_until_the_end = true;
        self
    }

    /// Keeps the requests before a deadline, and before the one that the invocation has.
    pub(crate) fn until(mut self, deadline: Deadline) -> Self {
        self.settings.deadline = self.settings.deadline.or_earlier(deadline);
        self
    }

    /// Sleeps for a random part of a delay. Returns whether there is time for it, and for more.
    pub(crate) fn pauses(&self, longest: Duration) -> bool {
        attempts::pause(longest, self.deadline())
    }

    /// Sets how long each attempt waits for the head of the response: 60 s if it is not set, and
    /// more for actions that are known to take longer.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.settings.head = Some(time);
        self
    }

    /// Sets how long each attempt may take to connect: 3 s if it is not set.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.settings.connect = Some(time);
        self
    }

    /// Sets how long is waited for the next piece of a body, in either direction: 60 s if it is not
    /// set.
    pub fn body_timeout(mut self, time: Duration) -> Self {
        self.settings.between = Some(time);
        self
    }

    /// Sets how many bytes a response in memory may have: 64 MB if it is not set.
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_response_bytes = Some(bytes);
        self
    }

    /// Says that a request may be repeated: carried out twice, it has the effect of once. Otherwise
    /// it is repeated only if it was not carried out, or if it only reads: an action that
    /// [`Service::reads`] names, and the method GET, HEAD, PUT or DELETE of a REST service.
    pub fn idempotent(mut self) -> Self {
        self.settings.is_repeatable = Some(true);
        self
    }

    /// Calls an action of a service with JSON.
    ///
    /// # Errors
    /// The service's error, or one of this crate's; see the [crate].
    pub fn call<I, O>(&self, action: &str, input: &I) -> Result<O, Error>
    where
        I: ToJson + ?Sized,
        O: FromJson,
    {
        self.output(action, &self.call_text(action, input)?)
    }

    /// Calls an action with JSON, and returns the text of its output.
    pub(crate) fn call_text<I>(&self, action: &str, input: &I) -> Result<Vec<u8>, Error>
    where
        I: ToJson + ?Sized,
    {
        let Protocol::Json { target, version } = self.service.protocol else {
            return Err(self.wrong_protocol("call"));
        };
        check_action(action)?;
        let mut headers = Headers::default();
        headers.set("content-type", &["application/x-amz-json-", version].concat())?;
        headers.set("x-amz-target", &[target, ".", action].concat())?;
        let body = input.to_json(Vec::new()).map_err(|error| {
            Error::invalid(error.message()).of_request(&format!("{} {action}", self.service.id))
        })?;
        let response = self.post(action, headers, &body)?;
        // Without output a service may send nothing. An action that reads has one: nothing is not
        // "not found".
        let is_empty = response.body.is_empty() && !self.reads(action);
        Ok(if is_empty { b"{}".to_vec() } else { response.body })
    }

    /// Decodes the output of an action.
    pub(crate) fn output<O: FromJson>(&self, action: &str, text: &[u8]) -> Result<O, Error> {
        decode_or(text, |message| {
            Error::invalid_response(format!("the response: {message}"))
                .of_request(&format!("{} {action}", self.service.id))
        })
    }

    /// Calls an action of a service with forms and XML.
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub fn call_form(&self, action: &str, fields: &[(&str, &str)]) -> Result<Xml, Error> {
        let Protocol::Query { version } = self.service.protocol else {
            return Err(self.wrong_protocol("call_form"));
        };
        check_action(action)?;
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in fields {
            body.extend(["&", &encode(name), "=", &encode(value)]);
        }
        let mut headers = Headers::default();
        headers.set("content-type", "application/x-www-form-urlencoded; charset=utf-8")?;
        let response = self.post(action, headers, body.as_bytes())?;
        Xml::parse(&String::from_utf8_lossy(&response.body))
            .map_err(|error| error.of_request(&format!("{} {action}", self.service.id)))
    }

    /// Opens a connection and keeps it for the first request. Called in `init`, it takes the
    /// handshake of TLS out of the first event. A connection that is not used for 5 s is closed;
    /// the next one resumes its session, without the certificates. Buckets of S3 have hosts of
    /// their own, which this does not connect to.
    ///
    /// ```no_run
    /// use minilambda::{Error, Hooks};
    /// use minilambda_aws::DYNAMODB;
    ///
    /// const HOOKS: Hooks = Hooks::new().init(init);
    ///
    /// fn init() -> Result<(), Error> {
    ///     DYNAMODB.client().connect().ok(); // a request connects by itself, and says why it cannot
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If there is no region, or no connection: `Aws.NotSent`.
    pub fn connect(&self) -> Result<(), Error> {
        let what = [self.service.id, " connect"].concat();
        let place = self.place().map_err(|error| error.of_request(&what))?;
        http::connect(&place.endpoint, &self.limits(None))
            .map_err(|no_response| no_response.error.of_request(&what))
    }

    fn wrong_protocol(&self, method: &str) -> Error {
        let hint = match self.service.protocol {
            Protocol::Json { .. } => "call",
            Protocol::Query { .. } => "call_form",
            Protocol::Rest => "request",
        };
        Error::invalid(format!("{} has no `{method}`: use `{hint}`", self.service.id))
    }

    fn post(&self, action: &str, headers: Headers, body: &[u8]) -> Result<Response, Error> {
        let what = [self.service.id, " ", action].concat();
        let Place { region, mut endpoint, is_custom } =
            self.place().map_err(|error| error.of_request(&what))?;
        let prefix = self.service.hosts.iter().find(|(of, _)| *of == action);
        if let (Some((_, prefix)), false) = (prefix, is_custom) {
            endpoint.host.insert_str(0, prefix);
        }
        endpoint.path.push('/');
        let request = request::Request {
            what,
            method: "POST",
            url: endpoint,
            headers,
            body: Body::Bytes(body),
            hash: sign::hash(body),
            secret: String::new(),
            service: self.service.signing_name,
            is_repeatable: self.is_repeatable(self.reads(action)),
            limits: self.limits(self.wait(|of| of == action, body)),
            region,
        };
        attempts::send(&request, &self.keys(&request.region), None)
    }

    fn reads(&self, action: &str) -> bool {
        // For words as short as these, splitting by characters takes twice as long.
        self.service.reads.as_bytes().split(|byte| *byte == b' ').any(|it| it == action.as_bytes())
    }

    pub(crate) fn service(&self) -> &'a Service {
        self.service
    }

    /// Returns the region and the endpoint.
    pub(crate) fn place(&self) -> Result<Place, Error> {
        let region = match &self.settings.region {
            Some(region) => {
                endpoint::check_region(region)?;
                region.clone()
            }
            None => endpoint::region()?,
        };
        let set = match &self.settings.endpoint {
            Some(url) => Some(url.clone()?),
            None => endpoint::from_environment(self.service.id)?,
        };
        let is_custom = set.is_some();
        let endpoint = set.unwrap_or_else(|| endpoint::on_aws(self.service.prefix, &region));
        Ok(Place { region, endpoint, is_custom })
    }

    /// What tells the place of its requests from that of other clients of the service.
    pub(crate) fn place_name(&self) -> String {
        let Settings { region, endpoint, role, .. } = &self.settings;
        format!("{region:?} {endpoint:?} {role:?}")
    }

    pub(crate) fn keys(&self, region: &str) -> Source {
        match &self.settings.role {
            Some(arn) => Source::Role { arn: (&**arn).into(), region: region.to_owned() },
            None => Source::Environment,
        }
    }

    pub(crate) fn is_repeatable(&self, default: bool) -> bool {
        self.settings.is_repeatable.unwrap_or(default)
    }

    /// How long this service takes for an action, if it is not the usual time.
    pub(crate) fn wait(&self, is_it: impl Fn(&str) -> bool, body: &[u8]) -> Option<Duration> {
        let (_, wait) = self.service.waits.iter().find(|(of, _)| is_it(of))?;
        match wait {
            Wait::Seconds(seconds) => Some(Duration::from_secs(*seconds)),
            Wait::Asked { field, more } => {
                let object: Object = json::from_str(std::str::from_utf8(body).ok()?).ok()?;
                match object.get(*field) {
                    Some(Value::Number(Number::U64(seconds @ 1..))) => {
                        Some(Duration::from_secs(seconds.saturating_add(*more)))
                    }
                    _ => None,
                }
            }
        }
    }

    /// The deadline of a request that is sent now.
    pub(crate) fn deadline(&self) -> Deadline {
        let of_invocation =
            if self.settings.is_until_the_end { Deadline::last() } else { Deadline::current() };
        self.settings.deadline.or_earlier(of_invocation)
    }

    pub(crate) fn limits(&self, wait: Option<Duration>) -> Limits {
        let default = Limits::default();
        let Settings { connect, head, between, max_response_bytes, .. } = self.settings;
        Limits {
            connect: connect.unwrap_or(default.connect),
            head: head.or(wait).unwrap_or(default.head),
            between: between.unwrap_or(default.between),
            max_response_bytes: max_response_bytes.unwrap_or(default.max_response_bytes),
            deadline: self.deadline(),
        }
        .bounded()
    }
}

/// The action becomes a part of a header or of a form.
fn check_action(action: &str) -> Result<(), Error> {
    let is_name = !action.is_empty() && action.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_name { Ok(()) } else { Err(Error::invalid("an action is a name such as PutItem")) }
}
