//! A function that sends any request, as its event says, and reports what came of it. The tests of
//! requests, of faults and of signatures invoke it.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::dynamodb::{AttributeValue, Item, Table};
use minilambda_aws::s3::Bucket;
use minilambda_aws::{
    ATHENA, BEDROCK_RUNTIME, CLOUDWATCH_LOGS, COGNITO_IDENTITY_PROVIDER, Client, DYNAMODB, ECS,
    EVENTBRIDGE, EXECUTE_API, Empty, FIREHOSE, KINESIS, KMS, LAMBDA, S3, SCHEDULER,
    SECRETS_MANAGER, SES, SESV2, SFN, SNS, SQS, SSM, STS, Service, parameters, signer, trace,
};
use miniserde::json::{Object, Value};
use miniserde::{Deserialize, json};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("action", handler!(action)),
    ("rest", handler!(rest)),
    ("bucket", handler!(bucket)),
    ("table", handler!(table)),
    ("signed", handler!(signed)),
    ("parameters", handler!(same_parameter)),
    ("changes", handler!(changes)),
    ("spans", handler!(spans)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

type Result<T> = std::result::Result<T, minilambda_aws::Error>;

static SERVICES: &[(&str, &Service)] = &[
    ("apigatewaymanagementapi", &EXECUTE_API),
    ("athena", &ATHENA),
    ("bedrock-runtime", &BEDROCK_RUNTIME),
    ("logs", &CLOUDWATCH_LOGS),
    ("cognito-idp", &COGNITO_IDENTITY_PROVIDER),
    ("dynamodb", &DYNAMODB),
    ("ecs", &ECS),
    ("events", &EVENTBRIDGE),
    ("firehose", &FIREHOSE),
    ("kinesis", &KINESIS),
    ("kms", &KMS),
    ("lambda", &LAMBDA),
    ("s3", &S3),
    ("scheduler", &SCHEDULER),
    ("secretsmanager", &SECRETS_MANAGER),
    ("ses", &SES),
    ("sesv2", &SESV2),
    ("stepfunctions", &SFN),
    ("sns", &SNS),
    ("sqs", &SQS),
    ("ssm", &SSM),
    ("sts", &STS),
];

/// The choices of a client, each optional.
#[derive(Deserialize)]
struct Choices {
    region: Option<String>,
    endpoint: Option<String>,
    role: Option<String>,
    timeout_ms: Option<u64>,
    connect_timeout_ms: Option<u64>,
    body_timeout_ms: Option<u64>,
    max_response_bytes: Option<u64>,
    idempotent: Option<bool>,
}

fn client(name: &str, choices: Option<Choices>) -> std::result::Result<Client<'static>, Error> {
    let service = SERVICES.iter().find(|(other, _)| *other == name);
    let (_, service) = service.ok_or_else(|| Error::new("NoService", name.to_owned()))?;
    let mut client = service.client();
    let Some(choices) = choices else { return Ok(client) };
    if let Some(region) = choices.region {
        client = client.region(&region);
    }
    if let Some(endpoint) = choices.endpoint {
        client = client.endpoint(&endpoint);
    }
    if let Some(role) = choices.role {
        client = client.role(&role);
    }
    if let Some(time) = choices.timeout_ms {
        client = client.timeout(Duration::from_millis(time));
    }
    if let Some(time) = choices.connect_timeout_ms {
        client = client.connect_timeout(Duration::from_millis(time));
    }
    if let Some(time) = choices.body_timeout_ms {
        client = client.body_timeout(Duration::from_millis(time));
    }
    if let Some(bytes) = choices.max_response_bytes {
        client = client.max_response_bytes(bytes);
    }
    if choices.idempotent == Some(true) {
        client = client.idempotent();
    }
    Ok(client)
}

/// `done: …`, or the error with its outcome, and again as the runtime's error.
fn described(result: Result<String>) -> String {
    let error = match result {
        Ok(text) => return format!("done: {text}"),
        Err(error) => error,
    };
    let outcome = error.outcome();
    let text = format!("{}: {error} [{outcome:?}]", error.code());
    let converted = Error::from(error);
    assert!(text.starts_with(&format!("{}: {}", converted.kind(), converted.message())), "{text}");
    text
}

#[derive(Deserialize)]
struct Action {
    service: String,
    action: String,
    /// For JSON.
    input: Option<Value>,
    /// For forms: names and values.
    fields: Option<Vec<Vec<String>>>,
    choices: Option<Choices>,
    /// More of the same.
    times: Option<usize>,
}

fn action(event: Action, _: &Context) -> std::result::Result<String, Error> {
    let client = client(&event.service, event.choices)?;
    let mut last = String::new();
    for _ in 0..event.times.unwrap_or(1) {
        last = described(match (&event.input, &event.fields) {
            (Some(input), _) => client.call(&event.action, input).map(|Empty {}| String::new()),
            (None, fields) => {
                let fields = fields.as_deref().unwrap_or_default();
                let fields: Vec<_> = fields.iter().map(|pair| (&*pair[0], &*pair[1])).collect();
                client.call_form(&event.action, &fields).map(|xml| xml.name().to_owned())
            }
        });
        if last.ends_with("[NotSent]") {
            break;
        }
    }
    Ok(last)
}

#[derive(Deserialize)]
struct Rest {
    service: String,
    method: String,
    path: String,
    segments: Option<Vec<String>>,
    query: Option<Vec<Vec<String>>>,
    headers: Option<Vec<Vec<String>>>,
    body: Option<String>,
    choices: Option<Choices>,
}

fn rest(event: Rest, _: &Context) -> std::result::Result<String, Error> {
    let mut request =
        client(&event.service, event.choices)?.request(event.method.leak(), &event.path);
    for segment in event.segments.iter().flatten() {
        // A segment that is a path is one of the program.
        request = request.segment(segment);
    }
    for pair in event.query.iter().flatten() {
        request = request.query(&pair[0], &pair[1]);
    }
    for pair in event.headers.iter().flatten() {
        request = request.header(&pair[0], &pair[1]);
    }
    if let Some(body) = event.body {
        request = request.body(body);
    }
    let result = request.send().map(|it| format!("{} {} bytes", it.status, it.body.len()));
    Ok(described(result))
}

#[derive(Deserialize)]
struct OfBucket {
    action: String,
    bucket: String,
    key: Option<String>,
    start: Option<u64>,
    end: Option<u64>,
    path: Option<String>,
    seconds: Option<u64>,
    headers: Option<Vec<Vec<String>>>,
    choices: Option<Choices>,
}

fn bucket(event: OfBucket, _: &Context) -> std::result::Result<String, Error> {
    let name = event.bucket.clone().leak();
    let bucket = Bucket::new(name).client(client("s3", event.choices)?);
    let key = event.key.as_deref().unwrap_or_default();
    let expires = Duration::from_millis(event.seconds.unwrap_or(60) * 1000);
    let path = event.path.as_deref().unwrap_or_default();
    Ok(described(match &*event.action {
        "get" => bucket.get(key).map(|object| format!("{} bytes", object.body.len())),
        "range" => {
            let range = event.start.unwrap_or_default()..event.end.unwrap_or_default();
            bucket.get_range(key, range).map(|object| format!("{} bytes", object.body.len()))
        }
        "get_to" => {
            let mut counter = Counter(0);
            bucket.get_to(key, &mut counter).map(|_| format!("{} bytes", counter.0))
        }
        "download" => bucket.download(key, path).map(|head| format!("{} bytes", head.length)),
        "head" => bucket.head(key).map(|head| head.length.to_string()),
        "put" => {
            let mut upload = bucket.upload(key);
            for pair in event.headers.iter().flatten() {
                upload = match &*pair[0] {
                    "metadata" => upload.metadata("a", &pair[1]),
                    "content_type" => upload.content_type(&pair[1]),
                    name => upload.header(name, &pair[1]),
                };
            }
            upload.bytes(b"hello").map(|head| head.length.to_string())
        }
        "file" => bucket.upload(key).file(path).map(|head| head.length.to_string()),
        "shrinking" => {
            // The server reads the head of the request, then waits: meanwhile the file is cut.
            fs::write(path, vec![7; 40_000_000])?;
            let cut = path.to_owned();
            let cutter = thread::spawn(move || {
                thread::sleep(Duration::from_millis(1500));
                fs::OpenOptions::new()
                    .write(true)
                    .open(cut)
                    .and_then(|file| file.set_len(10))
                    .is_ok()
            });
            let result = bucket.upload(key).file(path).map(|head| head.length.to_string());
            let _ = cutter.join();
            result
        }
        "delete" => bucket.delete(key).map(|()| String::new()),
        "list" => bucket.list(key).map(|objects| format!("{} objects", objects.len())),
        "list_after" => {
            bucket.objects().after(key).all().map(|all| format!("{} objects", all.len()))
        }
        "presign" => bucket.presigned_get(key, expires),
        "copy" => bucket
            .request("PUT", key)
            .header("x-amz-copy-source", "other/key")
            .send()
            .map(|response| response.status.to_string()),
        "about" => bucket
            .request_about_bucket("GET")
            .query("versioning", "")
            .send()
            .map(|response| response.status.to_string()),
        other => return Err(Error::new("NoAction", other.to_owned())),
    }))
}

/// Counts what is written.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Puts an item of typed values, reads it by a key of them, and queries by values of them.
fn table(_: Object, _: &Context) -> std::result::Result<String, Error> {
    let table = Table::new("orders");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let key: Item = [("id".to_owned(), text("a"))].into_iter().collect();
    let mut item = key.clone();
    item.insert("tags".to_owned(), AttributeValue::Ss(vec!["new".to_owned()]));
    item.insert("data".to_owned(), AttributeValue::B("AQI=".to_owned().into()));
    table.put(&item)?;
    let read: Option<Item> = table.get(&key)?;
    let values: Item = [(":id".to_owned(), text("a"))].into_iter().collect();
    let found: Vec<Item> = table.query("id = :id").values(&values).all()?;
    Ok(format!("{} {}", read.as_ref() == Some(&item), found.first() == Some(&item)))
}

#[derive(Deserialize)]
struct Signed {
    url: String,
    service: String,
    region: String,
    seconds: Option<u64>,
}

/// The headers of a signature, or a presigned URL.
fn signed(event: Signed, _: &Context) -> std::result::Result<String, Error> {
    let request = signer::ToSign::get(&event.url);
    let result = match event.seconds {
        Some(seconds) => {
            let expires = Duration::from_secs(seconds);
            signer::presign(&request, &event.service, &event.region, expires)
        }
        None => signer::sign(&request, &event.service, &event.region).map(|headers| {
            json::to_string(&headers.into_iter().map(|(k, v)| vec![k, v]).collect::<Vec<_>>())
        }),
    };
    Ok(described(result))
}

/// Twelve threads that need the same parameter.
fn same_parameter(_: Object, _: &Context) -> std::result::Result<String, Error> {
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> =
            (0..12).map(|_| scope.spawn(|| parameters::get("/shop/table"))).collect();
        threads.into_iter().map(|thread| described(thread.join().unwrap())).collect()
    });
    Ok(results.join(", "))
}

/// Changes each value while a thread reads it; returns what is read after that.
fn changes(_: Object, _: &Context) -> std::result::Result<String, Error> {
    Ok(described(read_after_changes()))
}

fn read_after_changes() -> Result<String> {
    let mut after = Vec::new();
    let by_names = || Ok(parameters::by_names(&["/a/b"])?.into_values().collect::<String>());
    let by_path = || Ok(parameters::by_path("/a/")?.into_values().collect());
    let reads: [&(dyn Fn() -> Result<String> + Sync); 4] =
        [&by_names, &by_path, &|| parameters::get("/a/b"), &|| parameters::secret("/a/b")];
    for read in reads {
        thread::scope(|scope| {
            let before = scope.spawn(read);
            thread::sleep(Duration::from_millis(150));
            parameters::set("/a/b", "new")?;
            before.join().unwrap()
        })?;
        after.push(read()?);
    }
    Ok(after.join(" "))
}

fn spans(_: Object, context: &Context) -> std::result::Result<String, Error> {
    let failed = trace::try_span("failed", || {
        trace::annotate("order id", "A-1");
        trace::annotate("pieces", 7_u32);
        Err::<(), _>("no")
    });
    let fine = trace::try_span_of(context, "fine", || Ok::<_, Error>(3))?;
    // A durable function: what it repeats, and a new step before a wait, with which it is repeated.
    let silence = minilambda::__private::silence;
    silence(true);
    trace::span("again", || ());
    silence(false);
    trace::span("around", || {
        trace::span("step", || ());
        silence(true);
    });
    silence(false);
    Ok(format!("{failed:?} {fine}"))
}
