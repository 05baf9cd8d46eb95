use crate::endpoint;
use crate::http::Payload;
pub use crate::http::Response;
use crate::retry::{Deadline, Outgoing};
use crate::sign::{self, encode};
pub use crate::xml::Xml;
use minilambda::{Context, Error, decode};
use miniserde::{Deserialize, Serialize, json};

/// A service of AWS: one of the constants of this crate, or one by its names.
///
/// ```no_run
/// # use minilambda_aws::Service;
/// # use miniserde::json::Value;
/// static TEXTRACT: Service = Service::json("TEXTRACT", "textract", "Textract", "1.1");
/// # fn detect(input: Value) -> Result<Value, minilambda::Error> {
/// TEXTRACT.call("DetectDocumentText", &input)
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// In `AWS_ENDPOINT_URL_ID`.
    pub(crate) id: &'static str,
    /// The first part of the host.
    pub(crate) prefix: &'static str,
    /// The name in signatures.
    pub(crate) signing_name: &'static str,
    protocol: Protocol,
}

#[derive(Clone, Copy, Debug)]
enum Protocol {
    /// The prefix of `X-Amz-Target`, and the version of JSON.
    Json {
        target: &'static str,
        version: &'static str,
    },
    /// With the version of the API.
    Query {
        version: &'static str,
    },
    Rest,
}

/// A service with the conditions of its requests, see [`Service::within`] and
/// [`Service::idempotent`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Client<'a> {
    service: &'a Service,
    deadline: Deadline,
    is_idempotent: Option<bool>,
}

/// A request of a REST service.
#[must_use]
pub struct Request<'a> {
    client: Client<'a>,
    method: &'a str,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The output of an action without output, or of one whose output is not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Empty {}

/// Declares services of each protocol.
macro_rules! services {
    ($($(#[doc = $about:literal])* $name:ident = $form:ident($($argument:literal),*);)*) => {$(
        $(#[doc = $about])*
        pub static $name: Service = Service::$form($($argument),*);
    )*};
}

services! {
    /// [Amazon Athena](https://docs.aws.amazon.com/athena/latest/APIReference/).
    ATHENA = json("ATHENA", "athena", "AmazonAthena", "1.1");
    /// [Amazon Bedrock Runtime](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html), REST.
    BEDROCK_RUNTIME = rest("BEDROCK_RUNTIME", "bedrock-runtime", "bedrock");
    /// [Amazon CloudWatch Logs](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/).
    CLOUDWATCH_LOGS = json("CLOUDWATCH_LOGS", "logs", "Logs_20140328", "1.1");
    /// [Amazon Cognito user pools](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/).
    COGNITO_IDENTITY_PROVIDER = json(
        "COGNITO_IDENTITY_PROVIDER", "cognito-idp", "AWSCognitoIdentityProviderService", "1.1");
    /// [Amazon DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/); see also
    /// [`dynamodb`](crate::dynamodb).
    DYNAMODB = json("DYNAMODB", "dynamodb", "DynamoDB_20120810", "1.0");
    /// [Amazon ECS](https://docs.aws.amazon.com/AmazonECS/latest/APIReference/).
    ECS = json("ECS", "ecs", "AmazonEC2ContainerServiceV20141113", "1.1");
    /// [Amazon EventBridge](https://docs.aws.amazon.com/eventbridge/latest/APIReference/).
    EVENTBRIDGE = json("EVENTBRIDGE", "events", "AWSEvents", "1.1");
    /// [Amazon Data Firehose](https://docs.aws.amazon.com/firehose/latest/APIReference/).
    FIREHOSE = json("FIREHOSE", "firehose", "Firehose_20150804", "1.1");
    /// [Amazon Kinesis](https://docs.aws.amazon.com/kinesis/latest/APIReference/).
    KINESIS = json("KINESIS", "kinesis", "Kinesis_20131202", "1.1");
    /// [AWS KMS](https://docs.aws.amazon.com/kms/latest/APIReference/).
    KMS = json("KMS", "kms", "TrentService", "1.1");
    /// [AWS Lambda](https://docs.aws.amazon.com/lambda/latest/api/), REST.
    LAMBDA = rest("LAMBDA", "lambda", "lambda");
    /// [Amazon EventBridge Scheduler](https://docs.aws.amazon.com/scheduler/latest/APIReference/), REST.
    SCHEDULER = rest("SCHEDULER", "scheduler", "scheduler");
    /// [AWS Secrets Manager](https://docs.aws.amazon.com/secretsmanager/latest/apireference/); see also
    /// [`parameters::secret`](crate::parameters::secret).
    SECRETS_MANAGER = json("SECRETS_MANAGER", "secretsmanager", "secretsmanager", "1.1");
    /// [Amazon SES, version 1](https://docs.aws.amazon.com/ses/latest/APIReference/), query.
    SES = query("SES", "email", "ses", "2010-12-01");
    /// [Amazon SES, version 2](https://docs.aws.amazon.com/ses/latest/APIReference-V2/), REST.
    SESV2 = rest("SESV2", "email", "ses");
    /// [AWS Step Functions](https://docs.aws.amazon.com/step-functions/latest/apireference/).
    SFN = json("SFN", "states", "AWSStepFunctions", "1.0");
    /// [Amazon SNS](https://docs.aws.amazon.com/sns/latest/api/), query.
    SNS = query("SNS", "sns", "sns", "2010-03-31");
    /// [Amazon SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/).
    SQS = json("SQS", "sqs", "AmazonSQS", "1.0");
    /// [AWS Systems Manager](https://docs.aws.amazon.com/systems-manager/latest/APIReference/); see also
    /// [`parameters::get`](crate::parameters::get).
    SSM = json("SSM", "ssm", "AmazonSSM", "1.1");
    /// [AWS STS](https://docs.aws.amazon.com/STS/latest/APIReference/), query.
    STS = query("STS", "sts", "sts", "2011-06-15");
}

impl Service {
    /// A service with JSON: its id in `AWS_ENDPOINT_URL_ID`, the first part of its host, the prefix of
    /// `X-Amz-Target`, and the version of the protocol, `1.0` or `1.1`.
    #[must_use]
    pub const fn json(
        id: &'static str,
        prefix: &'static str,
        target: &'static str,
        version: &'static str,
    ) -> Self {
        Self { id, prefix, signing_name: prefix, protocol: Protocol::Json { target, version } }
    }

    /// A service with forms and XML: its id, the first part of its host, its name in signatures, and
    /// the version of its API, such as `2010-03-31`.
    #[must_use]
    pub const fn query(
        id: &'static str,
        prefix: &'static str,
        signing_name: &'static str,
        version: &'static str,
    ) -> Self {
        Self { id, prefix, signing_name, protocol: Protocol::Query { version } }
    }

    /// A service with paths: its id, the first part of its host, and its name in signatures.
    #[must_use]
    pub const fn rest(id: &'static str, prefix: &'static str, signing_name: &'static str) -> Self {
        Self { id, prefix, signing_name, protocol: Protocol::Rest }
    }

    /// Returns a client whose requests are over before the invocation times out.
    pub fn within(&self, context: &Context) -> Client<'_> {
        Client { deadline: Deadline::of(context), ..self.client() }
    }

    /// Returns a client whose requests may be repeated; see [`Client::idempotent`].
    pub fn idempotent(&self) -> Client<'_> {
        self.client().idempotent()
    }

    /// Calls an action of a service with JSON.
    ///
    /// # Errors
    /// The service's error, or one of this crate's; see the [crate].
    pub fn call<I, O>(&self, action: &str, input: &I) -> Result<O, Error>
    where
        I: Serialize + ?Sized,
        O: Deserialize,
    {
        self.client().call(action, input)
    }

    /// Calls an action of a service with forms and XML.
    ///
    /// # Errors
    /// Those of [`call`](Self::call).
    pub fn call_form(&self, action: &str, fields: &[(&str, &str)]) -> Result<Xml, Error> {
        self.client().call_form(action, fields)
    }

    /// Begins a request of a REST service. The path is not encoded: it begins with a slash, and
    /// [`Request::segment`] adds what may have slashes in it.
    pub fn request<'a>(&'a self, method: &'a str, path: &str) -> Request<'a> {
        self.client().request(method, path)
    }

    pub(crate) fn client(&self) -> Client<'_> {
        Client { service: self, deadline: Deadline::default(), is_idempotent: None }
    }
}

impl<'a> Client<'a> {
    /// Says that a request may be repeated: carried out twice, it has the effect of once. Otherwise it is
    /// repeated only if it was refused, or if it reads: `Get`, `List`, `Describe`, `Query`, `Scan`,
    /// `BatchGet`, and the method GET, HEAD, PUT or DELETE of a REST service.
    pub fn idempotent(self) -> Self {
        Self { is_idempotent: Some(true), ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { deadline: Deadline::of(context), ..self }
    }

    /// Calls an action of a service with JSON.
    ///
    /// # Errors
    /// Those of [`Service::call`].
    pub fn call<I, O>(&self, action: &str, input: &I) -> Result<O, Error>
    where
        I: Serialize + ?Sized,
        O: Deserialize,
    {
        let Protocol::Json { target, version } = self.service.protocol else {
            return Err(self.wrong_protocol("call"));
        };
        let body = json::to_string(input);
        let headers = vec![
            ("content-type".to_owned(), format!("application/x-amz-json-{version}")),
            ("x-amz-target".to_owned(), format!("{target}.{action}")),
        ];
        let reads = ["Get", "List", "Describe", "Query", "Scan", "BatchGet", "TransactGet"];
        let is_idempotent = reads.iter().any(|verb| action.starts_with(verb));
        let response = self.post(action, headers, body.as_bytes(), is_idempotent)?;
        let text: &[u8] = if response.body.is_empty() { b"{}" } else { &response.body };
        decode(text).map_err(|error| {
            let message =
                format!("{} {action}: the response: {}", self.service.id, error.message());
            Error::new("Aws.InvalidResponse", message)
        })
    }

    /// Calls an action of a service with forms and XML.
    ///
    /// # Errors
    /// Those of [`Service::call`].
    pub fn call_form(&self, action: &str, fields: &[(&str, &str)]) -> Result<Xml, Error> {
        let Protocol::Query { version } = self.service.protocol else {
            return Err(self.wrong_protocol("call_form"));
        };
        let mut body = format!("Action={action}&Version={version}");
        for (name, value) in fields {
            body.extend(["&", &encode(name), "=", &encode(value)]);
        }
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let headers = vec![("content-type".to_owned(), kind.to_owned())];
        let is_idempotent = ["Get", "List", "Describe"].iter().any(|verb| action.starts_with(verb));
        let response = self.post(action, headers, body.as_bytes(), is_idempotent)?;
        Ok(Xml::new(String::from_utf8_lossy(&response.body)))
    }

    /// Begins a request of a REST service; see [`Service::request`].
    pub fn request(&self, method: &'a str, path: &str) -> Request<'a> {
        Request {
            client: *self,
            method,
            path: sign::encode_path(path),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    fn wrong_protocol(&self, method: &str) -> Error {
        let hint = match self.service.protocol {
            Protocol::Json { .. } => "call",
            Protocol::Query { .. } => "call_form",
            Protocol::Rest => "request",
        };
        let message = format!("{} has no `{method}`: use `{hint}`", self.service.id);
        Error::new("Aws.InvalidRequest", message)
    }

    fn post(
        &self,
        action: &str,
        headers: Vec<(String, String)>,
        body: &[u8],
        is_idempotent: bool,
    ) -> Result<Response, Error> {
        let request = Request { headers, ..self.request("POST", "/") };
        self.send(action, &request, body, is_idempotent)
    }

    fn send(
        &self,
        action: &str,
        request: &Request,
        body: &[u8],
        is_idempotent: bool,
    ) -> Result<Response, Error> {
        let Service { id, prefix, signing_name, .. } = self.service;
        let outgoing = Outgoing {
            what: format!("{id} {action}"),
            method: request.method,
            endpoint: endpoint::of_service(id, prefix, &endpoint::region()?)?,
            path: request.path.clone(),
            query: request.query.clone(),
            headers: request.headers.clone(),
            payload: Payload::Bytes(body),
            payload_hash: sign::hash(body),
            signing_name,
            is_s3: false,
            is_idempotent: self.is_idempotent.unwrap_or(is_idempotent),
            deadline: self.deadline,
        };
        outgoing.send(None)
    }
}

impl Request<'_> {
    /// Adds a segment to the path. Slashes in it are encoded.
    pub fn segment(mut self, segment: &str) -> Self {
        self.path.push('/');
        self.path.push_str(&encode(segment));
        self
    }

    /// Adds a parameter of the query.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body and its content type.
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Self {
        self.header("content-type", "application/json").body(json::to_string(body))
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Those of [`Service::call`].
    pub fn send(self) -> Result<Response, Error> {
        let is_idempotent = matches!(self.method, "GET" | "HEAD" | "PUT" | "DELETE");
        let action = format!("{} {}", self.method, self.path);
        self.client.send(&action, &self, &self.body, is_idempotent)
    }
}
