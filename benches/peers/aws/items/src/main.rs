//! Reads the response to a `GetItem` into a type of the user's, without a request: as `Table::get`
//! does it, and, with the feature `official`, by the SDK's own parser and serde_dynamo, in turn.
//! `aws-items ROUNDS MS` prints a table in Markdown.

use std::hint::black_box;
use std::time::{Duration, Instant};

const USER: &str = r#"{"id":{"S":"ada"},"name":{"S":"Ada"},"age":{"N":"36"},"tags":{"L":[{"S":"new"},{"S":"gift"}]}}"#;
const PIECE: &str = r#"{"M":{"name":{"S":"saucer"},"count":{"N":"6"},"price":{"N":"12.5"}}}"#;

/// An order of some pieces, in the form of the response.
fn order(pieces: usize) -> String {
    let pieces = [PIECE].repeat(pieces).join(",");
    format!(
        r#"{{"id":{{"S":"A-1007"}},"customer":{{"S":"Zoë Müller"}},"paid":{{"BOOL":true}},"note":{{"NULL":true}},"tags":{{"SS":["new","gift"]}},"pieces":{{"L":[{pieces}]}}}}"#
    )
}

macro_rules! types {
    ($($derive:path),*) => {
        #[derive($($derive),*)]
        #[allow(dead_code, reason = "only read")]
        pub struct User {
            id: String,
            name: String,
            age: u32,
            tags: Vec<String>,
        }

        #[derive($($derive),*)]
        #[allow(dead_code, reason = "only read")]
        pub struct Order {
            id: String,
            customer: String,
            paid: bool,
            note: Option<String>,
            tags: Vec<String>,
            pieces: Vec<Piece>,
        }

        #[derive($($derive),*)]
        #[allow(dead_code, reason = "only read")]
        pub struct Piece {
            name: String,
            count: u32,
            price: f64,
        }
    };
}

mod ours {
    use minilambda_events::__private::Typed;
    use miniserde::Deserialize;

    types!(miniserde::Deserialize);

    #[derive(Deserialize)]
    struct Output<T> {
        #[serde(rename = "Item")]
        item: Option<T>,
    }

    /// What `Table::get` does with the response.
    pub fn read<T: Deserialize>(response: &[u8]) -> T {
        let output = minilambda::decode::<Output<Typed<T>>>(response).expect("it is a response");
        output.item.and_then(Typed::into_inner).expect("it is there, and fits")
    }
}

#[cfg(feature = "official")]
mod official {
    use aws_sdk_dynamodb::operation::get_item::{GetItem, GetItemOutput};
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
    use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};
    use serde::de::DeserializeOwned;

    types!(serde::Deserialize);

    /// The SDK's parser is a part of the configuration of the action.
    pub struct Reader {
        action: FrozenLayer,
        bag: ConfigBag,
        response: HttpResponse,
    }

    impl Reader {
        pub fn new(response: &str) -> Self {
            let body = SdkBody::from(response);
            Self {
                action: GetItem::new().config().expect("the action has a configuration"),
                bag: ConfigBag::base(),
                response: HttpResponse::new(200.try_into().expect("it is a status"), body),
            }
        }

        pub fn read<T: DeserializeOwned>(&self) -> T {
            let parser = self.action.load::<SharedResponseDeserializer>().expect("it has a parser");
            let output = parser.deserialize_nonstreaming_with_config(&self.response, &self.bag);
            let output = output.expect("it is a response").downcast::<GetItemOutput>();
            let item = output.expect("it is of GetItem").item.expect("it is there");
            serde_dynamo::from_item(item).expect("it fits")
        }
    }
}

/// Returns the nanoseconds of a step that is repeated for the given time.
fn nanoseconds<T>(time: Duration, step: impl Fn() -> T) -> f64 {
    let start = Instant::now();
    let mut steps = 0;
    loop {
        black_box(step());
        steps += 1;
        let elapsed = start.elapsed();
        if elapsed >= time {
            return elapsed.as_secs_f64() * 1e9 / f64::from(steps);
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

macro_rules! measure {
    ($name:literal, $item:expr, $type:ident, $rounds:ident, $time:ident) => {
        let response = format!(r#"{{"Item":{}}}"#, $item);
        let mut ours = Vec::new();
        #[cfg(feature = "official")]
        let (mut theirs, reader) = (Vec::new(), official::Reader::new(&response));
        for _ in 0..$rounds {
            ours.push(nanoseconds($time, || ours::read::<ours::$type>(response.as_bytes())));
            #[cfg(feature = "official")]
            theirs.push(nanoseconds($time, || reader.read::<official::$type>()));
        }
        let ours = median(ours);
        print!("| {} | {} | {ours:.0} |", $name, response.len());
        #[cfg(feature = "official")]
        {
            let theirs = median(theirs);
            print!(" {theirs:.0} | {:.2} |", theirs / ours);
        }
        #[cfg(not(feature = "official"))]
        print!(" | |");
        println!();
    };
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let rounds = arguments.next().unwrap_or(15);
    let time = Duration::from_millis(arguments.next().unwrap_or(20));
    println!(
        "| reading the response to a GetItem into a type | bytes | minilambda-aws, ns | SDK and serde_dynamo, ns | × |"
    );
    println!("|---|---:|---:|---:|---:|");
    measure!("a user of 4 attributes", USER, User, rounds, time);
    measure!("an order of 2 pieces", order(2), Order, rounds, time);
    measure!("an order of 200 pieces", order(200), Order, rounds, time);
}
