//! The function that the tests invoke: scenarios against services, with what they got as the
//! response.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::dynamodb::Page;
use minilambda_aws::s3::Bucket;
use minilambda_aws::{
    DYNAMODB, Empty, LAMBDA, SNS, SQS, STS, dynamodb, extension, lambda, metrics, parameters, trace,
};
use miniserde::{Deserialize, Serialize, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("items", handler!(items)),
    ("objects", handler!(objects)),
    ("messages", handler!(messages)),
    ("secrets", handler!(secrets)),
    ("stored", handler!(stored)),
    ("forms", handler!(forms)),
    ("invoke", handler!(invoke)),
    ("echo", handler!(echo)),
    ("invocations", handler!(invocations)),
    ("read", handler!(read)),
    ("write", handler!(write)),
    ("set-secret", handler!(set_secret)),
    ("connect", handler!(write).init(connect)),
    ("download", handler!(download)),
    ("within", handler!(within)),
    ("at-once", handler!(at_once)),
    ("extension", handler!(of_extension)),
    ("observe", handler!(observe)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// The input of every scenario: names and numbers.
type Input = BTreeMap<String, String>;

fn field<'a>(input: &'a Input, name: &str) -> Result<&'a str, Error> {
    let value = input.get(name).ok_or_else(|| Error::new("NoField", name.to_owned()))?;
    Ok(value)
}

fn check(holds: bool, what: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::new("Wrong", what.to_owned())) }
}

// ---- DynamoDB

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Order {
    shop: String,
    number: u32,
    items: Vec<Line>,
    paid: bool,
    weight: f64,
    note: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Line {
    name: String,
    pieces: i64,
}

#[derive(Serialize)]
struct Key<'a> {
    shop: &'a str,
    number: u32,
}

#[derive(Serialize)]
struct Describe<'a> {
    #[serde(rename = "TableName")]
    table: &'a str,
}

fn items(input: Input, context: &Context) -> Result<usize, Error> {
    let table = dynamodb::Table::new(field(&input, "table")?).within(context);
    let order = |number: u32| Order {
        shop: "berlin".to_owned(),
        number,
        items: vec![Line { name: "Übergröße \"cup\"".to_owned(), pieces: -6 }],
        paid: number % 2 == 0,
        weight: 0.1,
        note: (number % 3 == 0).then(|| "x".repeat(1000)),
    };
    for number in 1..=30 {
        table.put(&order(number))?;
    }
    let key = Key { shop: "berlin", number: 3 };
    check(table.get::<Order>(&key)? == Some(order(3)), "the item is not what was put")?;
    let refused = table.put_if("attribute_not_exists(shop)", &order(3));
    let is_refused = refused.is_err_and(|error| error.is_condition_failed());
    check(is_refused, "the condition held")?;
    table.put_if("attribute_not_exists(shop)", &order(31))?;
    table.delete(&Key { shop: "berlin", number: 1 })?;
    table.delete(&Key { shop: "berlin", number: 1 })?;
    let none: Option<Order> = table.get(&Key { shop: "berlin", number: 1 })?;
    check(none.is_none(), "the item is still there")?;

    // Pages, in both directions, with a filter and a start.
    let query = || table.clone().consistent().query("shop = :shop").value("shop", "berlin");
    let all: Vec<Order> = query().limit(7).all()?;
    check(all == (2..=31).map(order).collect::<Vec<_>>(), "the pages are not complete")?;
    let last: Page<Order> = query().descending().limit(2).page()?;
    check(last.items == [order(31), order(30)], "the last come first")?;
    let next = last.next.ok_or_else(|| Error::new("Wrong", "there is another page"))?;
    let next = next.to_string().parse()?;
    let more: Page<Order> = query().descending().limit(1).after(next).page()?;
    check(more.items == [order(29)], "the page after the cursor")?;
    let paid: Vec<Order> =
        query().filter("#state = :paid").name("state", "paid").value("paid", true).all()?;
    check(paid.len() == 15, "the filter")?;

    // Any other action, and the service's error.
    let missing =
        DYNAMODB.client().call::<_, Empty>("DescribeTable", &Describe { table: "nowhere" });
    let error = missing.err().ok_or_else(|| Error::new("Wrong", "a table that is not there"))?;
    check(error.code() == "ResourceNotFoundException" && error.is_not_found(), error.code())?;
    let error = Error::from(error);
    check(error.message().starts_with("DYNAMODB DescribeTable: "), error.message())?;
    Ok(all.len())
}

// ---- S3

const KEYS: [&str; 7] = [
    "plain.txt",
    "with space.txt",
    "a+b=c&d?e#f%g.txt",
    "folder/inner//double/./x/../y.txt",
    "Übergröße/日本 🦀.txt",
    "quotes'\"`<>{}|\\^~*!(),;:@$[].txt",
    "tab\tand%2Fencoded.txt",
];

fn objects(input: Input, context: &Context) -> Result<BTreeMap<String, String>, Error> {
    let bucket = Bucket::new(field(&input, "bucket")?).within(context);
    for key in KEYS {
        let head = bucket.put(key, key)?;
        check(head.etag.starts_with('"') && head.length == key.len() as u64, "the head of put")?;
        check(bucket.get(key)?.body == key.as_bytes(), key)?;
    }
    let mut expected: Vec<_> = KEYS.to_vec();
    expected.sort_unstable();
    let listed = bucket.list("")?;
    let keys: Vec<_> = listed.iter().map(|object| object.key.as_str()).collect();
    check(keys == expected, &format!("the list: {keys:?}"))?;

    // Metadata, ranges, files.
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    let upload = bucket.upload("large.bin").content_type("application/x-own");
    upload.metadata("Shop", "berlin").bytes(&bytes)?;
    let head = bucket.head("large.bin")?;
    check(head.content_type == "application/x-own" && head.length == 3_000_000, "the head")?;
    check(head.metadata == [("shop".to_owned(), "berlin".to_owned())], "the metadata")?;
    check(!head.last_modified.is_empty(), "the time")?;
    let part = bucket.get_range("large.bin", 256..260)?;
    check(part.body == [0, 1, 2, 3] && part.head.length == 4, "the range")?;
    let path = env::temp_dir().join(format!("minilambda-aws-{}", std::process::id()));
    let mut file = fs::File::create(&path)?;
    bucket.get_to("large.bin", &mut file)?;
    let is_same = fs::read(&path)? == bytes;
    bucket.upload("copy.bin").file(&path)?;
    fs::remove_file(&path)?;
    check(is_same && bucket.get("copy.bin")?.body == bytes, "the file")?;
    let empty = bucket.put("empty", "")?;
    check(empty.length == 0 && bucket.get("empty")?.body.is_empty(), "the empty object")?;

    // More than one page.
    for number in 0..12 {
        bucket.put(&format!("pages/{number:03}"), "x")?;
    }
    check(bucket.list("pages/")?.len() == 12, "the pages")?;
    bucket.delete("pages/000")?;
    bucket.delete("pages/000")?;
    let error = bucket.get("pages/000").err().map(|error| error.code().to_owned());
    check(error.as_deref() == Some("NoSuchKey"), "the error of a missing key")?;
    let error = bucket.head("pages/000").err().map(|error| error.code().to_owned());
    check(error.as_deref() == Some("NotFound"), "the error of a missing head")?;

    let expires = Duration::from_secs(60);
    let mut urls = BTreeMap::new();
    for key in KEYS {
        urls.insert(key.to_owned(), bucket.presigned_get(key, expires)?);
    }
    urls.insert("upload".to_owned(), bucket.presigned_put("from outside.txt", expires)?);
    Ok(urls)
}

// ---- other services

#[derive(Serialize)]
struct SendMessage<'a> {
    #[serde(rename = "QueueUrl")]
    queue_url: &'a str,
    #[serde(rename = "MessageBody")]
    body: &'a str,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "MessageId")]
    id: String,
}

fn messages(input: Input, _: &Context) -> Result<Vec<String>, Error> {
    let queue_url = field(&input, "queue")?;
    let send = |body: &str| SQS.client().call("SendMessage", &SendMessage { queue_url, body });
    let ids = ["first", "Übergröße – 日本"].map(send);
    ids.into_iter().map(|sent: Result<Sent, minilambda_aws::Error>| Ok(sent?.id)).collect()
}

#[derive(Deserialize)]
struct Database {
    user: String,
}

fn secrets(input: Input, _: &Context) -> Result<Vec<String>, Error> {
    let name = field(&input, "parameter")?;
    let first = parameters::get(name)?;
    check(parameters::get(name)? == first, "the same value")?;
    let database: Database = parameters::secret_json(field(&input, "secret")?)?;
    let wrong = parameters::secret_json::<Vec<u8>>(field(&input, "secret")?);
    let wrong = wrong.err().map(|error| error.to_string()).unwrap_or_default();
    check(!wrong.contains("ada") && !wrong.contains("hunter2"), "the error shows the secret")?;
    let missing = parameters::get("/nowhere").err().map(|error| error.code().to_owned());
    if input.contains_key("forget") {
        parameters::forget();
    }
    Ok(vec![first, database.user, missing.unwrap_or_default()])
}

/// Parameters by path and by names, in each form, and what is written.
fn stored(_: Input, _: &Context) -> Result<Vec<String>, Error> {
    for number in 1..=23 {
        parameters::set(&format!("/many/deep/n{number}"), &number.to_string())?;
    }
    parameters::set_secure("/many/key", "hunter2")?;
    let all = parameters::by_path("/many/")?;
    check(all.len() == 24 && all["key"] == "hunter2" && all["deep/n23"] == "23", "by path")?;
    parameters::set("/many/key2", "AQI=")?;
    check(parameters::by_path("/many")?.len() == 25, "a path is read again after a change")?;
    let names: Vec<_> = (1..=23).map(|number| format!("/many/deep/n{number}")).collect();
    let names: Vec<_> = names.iter().map(|name| &**name).chain(["/many/key"]).collect();
    let some = parameters::by_names(&names)?;
    check(some.len() == 24 && some["/many/deep/n7"] == "7", "by names")?;
    let missing = parameters::by_names(&["/many/none", "/many/key", "/neither"]);
    let missing = missing.err().map(|error| error.to_string()).unwrap_or_default();
    check(parameters::get_bytes("/many/key2")? == [1, 2], "base64")?;
    check(parameters::get_json::<u32>("/many/deep/n7")? == 7, "JSON")?;
    let wrong = parameters::get_bytes("/many/key").err().map(|error| error.to_string());
    parameters::set("/many/deep/n7", "eight")?;
    check(parameters::get("/many/deep/n7")? == "eight", "a change is seen")?;
    check(parameters::secret_bytes("binary")? == [0, 255], "a binary secret")?;
    let binary = parameters::secret("binary").err().map(|error| error.to_string());
    parameters::set_secret("text", "new")?;
    check(parameters::secret("text")? == "new", "a secret that was changed")?;
    check(parameters::secret_bytes("text")? == b"new", "the bytes of a text")?;
    Ok([Some(missing), wrong, binary].into_iter().flatten().collect())
}

fn forms(input: Input, _: &Context) -> Result<Vec<String>, Error> {
    let topic = field(&input, "topic")?;
    let message = "Übergröße & 50% + more";
    let published =
        SNS.client().call_form("Publish", &[("TopicArn", topic), ("Message", message)])?;
    let caller = STS.client().call_form("GetCallerIdentity", &[])?;
    let wrong =
        SNS.client().call::<_, Empty>("Publish", &Empty {}).err().map(|error| error.to_string());
    Ok(vec![
        published.get("MessageId").unwrap_or_default().to_owned(),
        caller.get("Account").unwrap_or_default().to_owned(),
        wrong.unwrap_or_default(),
    ])
}

/// Invokes a function by the REST API of Lambda.
fn invoke(input: Input, _: &Context) -> Result<String, Error> {
    let request = LAMBDA.client().request("POST", "/2015-03-31/functions");
    let request = request.segment(field(&input, "function")?).segment("invocations");
    let response = request.query("Qualifier", "$LATEST").json(&input).send()?;
    check(response.header("x-amz-executed-version") == Some("$LATEST"), "the header")?;
    Ok(String::from_utf8_lossy(&response.body).into_owned())
}

fn echo(input: Input, _: &Context) -> Result<Input, Error> {
    Ok(input)
}

/// Invokes functions in each way.
fn invocations(input: Input, _: &Context) -> Result<Vec<String>, Error> {
    let function = lambda::Function::new("echo").qualifier("$LATEST");
    let echoed: Input = function.call(&input)?;
    check(echoed == input, "the response")?;
    function.send(&input)?;
    function.dry_run()?;
    let told = |result: Result<Input, minilambda_aws::Error>| {
        result.map_or_else(
            |error| format!("{} {:?}: {error}", error.code(), error.outcome()),
            |_| String::new(),
        )
    };
    let wrong = function.call::<_, Vec<u8>>(&input).err().map(|error| error.to_string());
    Ok(vec![
        told(lambda::Function::new("items").call(&input)),
        told(lambda::Function::new("nowhere").call(&input)),
        wrong.unwrap_or_default(),
    ])
}

// ---- what the tests of faults need

fn described(result: Result<Empty, minilambda_aws::Error>) -> String {
    match result {
        Ok(Empty {}) => "done".to_owned(),
        Err(error) => format!("{}: {error}", error.code()),
    }
}

fn read(_: Input, _: &Context) -> Result<String, Error> {
    Ok(described(DYNAMODB.client().call("GetItem", &Empty {})))
}

fn write(_: Input, _: &Context) -> Result<String, Error> {
    Ok(described(DYNAMODB.client().call("UpdateItem", &Empty {})))
}

fn set_secret(_: Input, _: &Context) -> Result<String, Error> {
    let first = parameters::set_secret("a", "one");
    let both = first.and_then(|()| parameters::set_secret("a", "two"));
    Ok(described(both.map(|()| Empty {})))
}

fn connect() -> Result<(), Error> {
    DYNAMODB.client().connect().ok(); // the first request says why it cannot
    Ok(())
}

fn download(_: Input, _: &Context) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let result = Bucket::new("photos").get_to("a", &mut bytes);
    let error = result.err().map_or("done".to_owned(), |error| error.code().to_owned());
    Ok(format!("{error} after {} bytes", bytes.len()))
}

fn within(_: Input, context: &Context) -> Result<String, Error> {
    Ok(described(DYNAMODB.client().within(context).call("GetItem", &Empty {})))
}

fn at_once(input: Input, _: &Context) -> Result<usize, Error> {
    let count: usize = field(&input, "count")?.parse()?;
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|_| {
                scope.spawn(|| DYNAMODB.client().call::<_, Empty>("GetItem", &Empty {}).is_ok())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(false)).collect()
    });
    Ok(results.into_iter().filter(|is_ok| *is_ok).count())
}

fn of_extension(input: Input, _: &Context) -> Result<Vec<String>, Error> {
    let missing = extension::parameter("missing").err().map(|error| error.to_string());
    Ok(vec![
        extension::parameter(field(&input, "parameter")?)?,
        extension::secret(field(&input, "secret")?)?,
        missing.unwrap_or_default(),
    ])
}

fn observe(_: Input, context: &Context) -> Result<String, Error> {
    metrics::put("Orders", 1.0, metrics::Unit::Count, &[("Shop", "berlin")]);
    metrics::put("Broken", f64::NAN, metrics::Unit::None, &[]);
    let inner = trace::span("outer", || trace::span_of(context, "inner", || 17));
    let _ = std::panic::catch_unwind(|| trace::span("failed", || panic!("on purpose")));
    Ok(json::to_string(&inner))
}
