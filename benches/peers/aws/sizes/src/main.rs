//! A function that uses the families of minilambda-aws that its features name, for
//! `benches/aws-sizes`. What is not used is not in the program.

use minilambda::{Context, Error, Handler, handler};
use std::collections::BTreeMap;
use std::process::ExitCode;

type Event = BTreeMap<String, String>;

static HANDLERS: &[(&str, Handler)] = &[
    ("none", handler!(none)),
    #[cfg(feature = "metrics")]
    ("metrics", handler!(metrics)),
    #[cfg(feature = "sets")]
    ("sets", handler!(sets)),
    #[cfg(feature = "traces")]
    ("traces", handler!(traces)),
    #[cfg(feature = "otel")]
    ("otel", handler!(otel).around(&[minilambda_aws::otel::invocation])),
    #[cfg(feature = "extension")]
    ("extension", handler!(extension)),
    #[cfg(feature = "actions")]
    ("actions", handler!(services::actions)),
    #[cfg(feature = "items")]
    ("items", handler!(services::items)),
    #[cfg(feature = "queries")]
    ("queries", handler!(services::queries)),
    #[cfg(feature = "batches")]
    ("batches", handler!(services::batches)),
    #[cfg(feature = "transactions")]
    ("transactions", handler!(services::transactions)),
    #[cfg(feature = "once")]
    ("once", handler!(services::once)),
    #[cfg(feature = "objects")]
    ("objects", handler!(services::objects)),
    #[cfg(feature = "lists")]
    ("lists", handler!(services::lists)),
    #[cfg(feature = "parts")]
    ("parts", handler!(services::parts)),
    #[cfg(feature = "sqs")]
    ("sqs", handler!(services::sqs)),
    #[cfg(feature = "sns")]
    ("sns", handler!(services::sns)),
    #[cfg(feature = "eventbridge")]
    ("eventbridge", handler!(services::eventbridge)),
    #[cfg(feature = "kinesis")]
    ("kinesis", handler!(services::kinesis)),
    #[cfg(feature = "firehose")]
    ("firehose", handler!(services::firehose)),
    #[cfg(feature = "parameters")]
    ("parameters", handler!(services::parameters)),
    #[cfg(feature = "secrets")]
    ("secrets", handler!(services::secrets)),
    #[cfg(feature = "appconfig")]
    ("appconfig", handler!(services::appconfig)),
    #[cfg(feature = "flags")]
    ("flags", handler!(services::flags)),
    #[cfg(feature = "functions")]
    ("functions", handler!(services::functions)),
    #[cfg(feature = "websocket")]
    ("websocket", handler!(services::websocket)),
    #[cfg(feature = "signer")]
    ("signer", handler!(services::signer)),
];

#[cfg(not(any(feature = "sets", feature = "otel")))]
fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[cfg(any(feature = "sets", feature = "otel"))]
fn main() -> ExitCode {
    fn flush(_: &Context) {
        #[cfg(feature = "sets")]
        METRICS.flush();
        #[cfg(feature = "otel")]
        minilambda_aws::otel::flush();
    }
    static HOOKS: minilambda::Hooks = minilambda::Hooks::new().after_response(flush);
    minilambda::run_with(HANDLERS, &HOOKS)
}

fn none(event: Event, _: &Context) -> Result<String, Error> {
    Ok(event.get("id").cloned().unwrap_or_default())
}

#[cfg(feature = "metrics")]
fn metrics(_: Event, _: &Context) -> Result<(), Error> {
    use minilambda_aws::metrics::{self, Unit};
    metrics::put("Orders", 1.0, Unit::Count, &[("Shop", "berlin")]);
    Ok(())
}

#[cfg(feature = "sets")]
static METRICS: minilambda_aws::metrics::Metrics =
    minilambda_aws::metrics::Metrics::new().namespace("shop").with_cold_start();

#[cfg(feature = "sets")]
fn sets(_: Event, context: &Context) -> Result<(), Error> {
    METRICS.add("Orders", 1.0, minilambda_aws::metrics::Unit::Count);
    METRICS.add_metadata("requestId", &context.request_id);
    Ok(())
}

#[cfg(feature = "traces")]
fn traces(event: Event, _: &Context) -> Result<usize, Error> {
    minilambda_aws::trace::try_span("count", || Ok(event.len()))
}

#[cfg(feature = "otel")]
fn otel(event: Event, _: &Context) -> Result<usize, Error> {
    minilambda_aws::otel::try_span("count", || Ok(event.len()))
}

#[cfg(feature = "extension")]
fn extension(event: Event, _: &Context) -> Result<String, Error> {
    let name = event.get("name").ok_or("no name")?;
    Ok(minilambda_aws::extension::parameter(name)?)
}

#[cfg(feature = "services")]
#[allow(dead_code, reason = "each program uses a part")]
mod services {
    use super::Event;
    use minilambda::{Context, Error};
    use minilambda_aws::appconfig::Configuration;
    use minilambda_aws::dynamodb::{Item, Snapshot, Table, Transaction, expression};
    use minilambda_aws::eventbridge::{Bus, Event as BusEvent};
    use minilambda_aws::firehose::DeliveryStream;
    use minilambda_aws::flags::Flags;
    use minilambda_aws::idempotency::Once;
    use minilambda_aws::kinesis::{Record, Stream};
    use minilambda_aws::lambda::Function;
    use minilambda_aws::s3::Bucket;
    use minilambda_aws::sns::Topic;
    use minilambda_aws::sqs::Queue;
    use minilambda_aws::websocket::Connections;
    use minilambda_aws::{Json, SFN, object};
    use std::time::Duration;

    pub fn actions(event: Event, _: &Context) -> Result<String, Error> {
        let started: Json = SFN.client().call("StartExecution", &event)?;
        let arn = started.path("executionArn").and_then(|arn| arn.as_str());
        Ok(arn.unwrap_or_default().to_owned())
    }

    pub fn items(event: Event, _: &Context) -> Result<Option<Item>, Error> {
        let table = Table::new("orders");
        table.put(&event)?;
        table.put_if("attribute_not_exists(id)", &event)?;
        table.update(&event).set("status", "new").add("version", 1).send()?;
        table.delete(&event)?;
        Ok(table.get(&event)?)
    }

    pub fn queries(event: Event, _: &Context) -> Result<Vec<Item>, Error> {
        let query = Table::new("orders").query("shop = :shop").value("shop", "berlin").limit(20);
        let query = match event.get("after") {
            Some(after) => query.after(after.parse()?),
            None => query,
        };
        log::info!("{:?}", query.page::<Item>()?.next.map(|cursor| cursor.to_string()));
        Ok(query.all()?)
    }

    pub fn batches(event: Event, _: &Context) -> Result<Vec<Item>, Error> {
        let table = Table::new("orders");
        table.put_all([&event])?;
        table.delete_all([&event])?;
        Ok(table.get_all([&event])?)
    }

    pub fn transactions(event: Event, _: &Context) -> Result<Vec<Option<Item>>, Error> {
        let table = Table::new("orders");
        let free = expression("pieces > :none").value("none", 0);
        let update = table.update(&event).add("pieces", -1).when(free);
        Transaction::new().put(&table, &event).update(update).send()?;
        Ok(Snapshot::new().get(&table, &event).send()?)
    }

    pub fn once(event: Event, _: &Context) -> Result<u64, Error> {
        Once::new("done").run("key", &event, || Ok(event.len() as u64))
    }

    pub fn objects(event: Event, _: &Context) -> Result<String, Error> {
        let bucket = Bucket::new("photos");
        let key = event.get("key").ok_or("no key")?;
        bucket.put(key, "text")?;
        log::info!("{}", bucket.get(key)?.body.len());
        bucket.download(key, "/tmp/photo")?;
        bucket.delete(key)?;
        Ok(bucket.presigned_get(key, Duration::from_secs(60))?)
    }

    pub fn lists(event: Event, _: &Context) -> Result<usize, Error> {
        let bucket = Bucket::new("photos");
        let objects = bucket.list(event.get("prefix").ok_or("no prefix")?)?;
        let count = objects.len();
        bucket.delete_all(objects.into_iter().map(|object| object.key))?;
        Ok(count)
    }

    pub fn parts(event: Event, _: &Context) -> Result<u64, Error> {
        let key = event.get("key").ok_or("no key")?;
        Ok(Bucket::new("photos").upload(key).reader(std::io::stdin())?.length)
    }

    pub fn sqs(event: Event, _: &Context) -> Result<(), Error> {
        Ok(Queue::new("https://queue").send_all(event.into_values())?)
    }

    pub fn sns(event: Event, _: &Context) -> Result<(), Error> {
        Ok(Topic::new("arn").publish_all(event.into_values())?)
    }

    pub fn eventbridge(event: Event, _: &Context) -> Result<(), Error> {
        let events = [BusEvent::new("shop", "ordered", &event)];
        Ok(Bus::new("default").put_all(events)?)
    }

    pub fn kinesis(event: Event, _: &Context) -> Result<(), Error> {
        let records = event.into_iter().map(|(key, value)| Record::new(key, value));
        Ok(Stream::new("clicks").put_all(records)?)
    }

    pub fn firehose(event: Event, _: &Context) -> Result<(), Error> {
        Ok(DeliveryStream::new("lines").put_all(event.into_values())?)
    }

    pub fn parameters(event: Event, _: &Context) -> Result<String, Error> {
        Ok(minilambda_aws::parameters::get(event.get("name").ok_or("no name")?)?)
    }

    pub fn secrets(event: Event, _: &Context) -> Result<String, Error> {
        Ok(minilambda_aws::parameters::secret(event.get("name").ok_or("no name")?)?)
    }

    pub fn appconfig(_: Event, _: &Context) -> Result<String, Error> {
        static FEATURES: Configuration = Configuration::new("shop", "production", "features");
        Ok(FEATURES.text()?)
    }

    pub fn flags(event: Event, _: &Context) -> Result<bool, Error> {
        static FLAGS: Flags = Flags::new(Configuration::new("shop", "production", "flags"));
        Ok(FLAGS.is_on("ten_percent_off", &event, false))
    }

    pub fn functions(event: Event, _: &Context) -> Result<String, Error> {
        Ok(Function::new("other").call(&event)?)
    }

    pub fn websocket(event: Event, _: &Context) -> Result<(), Error> {
        let connections = Connections::new("https://chat.example.com/path");
        let id = event.get("id").ok_or("no id")?;
        log::info!("{:?}", connections.post_json(id, &object! { "text": "hello" })?);
        Ok(())
    }

    pub fn signer(event: Event, _: &Context) -> Result<Vec<(String, String)>, Error> {
        use minilambda_aws::signer::{ToSign, sign};
        let url = event.get("url").ok_or("no url")?;
        Ok(sign(&ToSign::get(url), "es", "eu-central-1")?)
    }
}
