//! Typed decoding and encoding of the same documents, in turn: ours, and `serde_json`'s with the
//! types of `aws_lambda_events`. `decoding ROUNDS MS` prints a line for each document: its name,
//! records and bytes, and the MB/s (of the document) of our decoding, theirs, our encoding, theirs.
//! At last come the same documents as any JSON: as `Json`, and as miniserde's `Value`.

use minilambda_events::Json;
use miniserde::json::Value;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A source of events, and how each library decodes and encodes its documents.
struct Source {
    name: &'static str,
    document: fn(usize) -> String,
    ours: Codec,
    theirs: Codec,
}

/// Each function runs for a while and returns MB/s.
struct Codec {
    decode: fn(&str, Duration) -> f64,
    encode: fn(&str, Duration) -> f64,
}

const fn ours<T: miniserde::Deserialize + miniserde::Serialize>() -> Codec {
    let decode = |text: &str, time| {
        // As the runtime has them: it checks that they are UTF-8.
        let bytes = text.as_bytes();
        rate(text.len(), time, || minilambda::decode::<T>(bytes).expect("it fits our type"))
    };
    let encode = |text: &str, time| {
        let event: T = miniserde::json::from_str(text).expect("it fits our type");
        rate(text.len(), time, || minilambda::encode(&event))
    };
    Codec { decode, encode }
}

const fn theirs<T: serde::de::DeserializeOwned + serde::Serialize>() -> Codec {
    let decode = |text: &str, time| {
        let bytes = text.as_bytes(); // as their runtime has them
        rate(text.len(), time, || serde_json::from_slice::<T>(bytes).expect("it fits their type"))
    };
    let encode = |text: &str, time| {
        let event: T = serde_json::from_str(text).expect("it fits their type");
        let bytes = || serde_json::to_vec(&event).expect("it can be written");
        rate(text.len(), time, bytes)
    };
    Codec { decode, encode }
}

/// A document as `Json`, and, as theirs, as miniserde's `Value`.
const fn any(name: &'static str, document: fn(usize) -> String) -> Source {
    Source { name, document, ours: ours::<Json>(), theirs: ours::<Value>() }
}

/// Returns the MB/s of a step that handles the given bytes, repeated for the given time.
fn rate<T>(bytes: usize, time: Duration, step: impl Fn() -> T) -> f64 {
    let start = Instant::now();
    let mut steps = 0;
    loop {
        black_box(step());
        steps += 1;
        let elapsed = start.elapsed();
        if elapsed >= time {
            return f64::from(steps) * bytes as f64 / 1e6 / elapsed.as_secs_f64();
        }
    }
}

const SOURCES: &[Source] = &[
    Source {
        name: "SQS",
        document: documents::sqs,
        ours: ours::<minilambda_events::sqs::Event>(),
        theirs: theirs::<aws_lambda_events::sqs::SqsEvent>(),
    },
    Source {
        name: "Kinesis",
        document: documents::kinesis,
        ours: ours::<minilambda_events::kinesis::Event>(),
        theirs: theirs::<aws_lambda_events::kinesis::KinesisEvent>(),
    },
    Source {
        name: "DynamoDB",
        document: documents::dynamodb,
        ours: ours::<minilambda_events::dynamodb::Event>(),
        theirs: theirs::<aws_lambda_events::dynamodb::Event>(),
    },
    Source {
        name: "S3",
        document: documents::s3,
        ours: ours::<minilambda_events::s3::Event>(),
        theirs: theirs::<aws_lambda_events::s3::S3Event>(),
    },
    Source {
        name: "API-Gateway",
        document: |lines| documents::apigateway(2400 + 200 * (lines - 1)),
        ours: ours::<minilambda_events::apigateway::rest::Request>(),
        theirs: theirs::<aws_lambda_events::apigw::ApiGatewayProxyRequest>(),
    },
];

const ANY: &[Source] = &[
    any("Json:SQS", documents::sqs),
    any("Json:DynamoDB", documents::dynamodb),
    any("Json:API-Gateway", |lines| documents::apigateway(2400 + 200 * (lines - 1))),
];

const RECORDS: [usize; 3] = [1, 10, 1000];
/// A larger `Value` is refused.
const RECORDS_OF_ANY: [usize; 2] = [1, 100];

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let rounds = arguments.next().unwrap_or(15);
    let time = Duration::from_millis(arguments.next().unwrap_or(20));
    let typed = SOURCES.iter().flat_map(|source| RECORDS.map(|records| (source, records)));
    let any = ANY.iter().flat_map(|source| RECORDS_OF_ANY.map(|records| (source, records)));
    for (Source { name, document, ours, theirs }, records) in typed.chain(any) {
        let text = document(records);
        let calls = [ours.decode, theirs.decode, ours.encode, theirs.encode];
        let mut rates = [const { Vec::new() }; 4];
        for _ in 0..rounds {
            for (call, rates) in calls.iter().zip(&mut rates) {
                rates.push(call(&text, time));
            }
        }
        let medians = rates.map(|mut rates: Vec<f64>| {
            rates.sort_by(f64::total_cmp);
            format!("{:.1}", rates[rates.len() / 2])
        });
        println!("{name} {records} {} {}", text.len(), medians.join(" "));
    }
}
