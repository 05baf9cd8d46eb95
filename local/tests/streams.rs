//! Streams of Kinesis as sources of events, at kinesalite: order, splits, failures and windows.

#[path = "support/running.rs"]
mod running;
#[path = "support/stand_in.rs"]
mod stand_in;
mod support;

use minilambda_local::{Lambda, Moto};
use running::{Tool, start};
use stand_in::{file, folder, kinesis, start_with, wait_until};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use support::{root, tool};

/// The keys that the handler has read, in their order.
fn read_keys(tool: &Tool) -> Vec<String> {
    let said = tool.said.lock().unwrap().clone();
    let keys = said.split("functions::batches: read ").skip(1);
    keys.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
}

/// A stream of kinesalite with one shard.
struct Clicks {
    aws: Moto,
}

impl Clicks {
    fn start() -> Self {
        let aws = Moto::start_program(root().join("tests/tools/kinesalite-as-moto")).unwrap();
        let clicks = Self { aws };
        clicks.call("CreateStream", r#"{"StreamName":"clicks","ShardCount":1}"#);
        clicks.wait_until_active();
        clicks
    }

    fn call(&self, action: &str, body: &str) -> String {
        kinesis(&self.aws, action, body)
    }

    fn wait_until_active(&self) {
        wait_until("the stream is not active", || {
            self.call("DescribeStream", r#"{"StreamName":"clicks"}"#).contains("ACTIVE")
        });
    }

    /// Puts a record to the shard with a hash key.
    fn put(&self, key: &str, hash: &str) {
        let record = format!(
            r#"{{"StreamName":"clicks","Data":"aGk=","PartitionKey":"{key}","ExplicitHashKey":"{hash}"}}"#
        );
        self.call("PutRecord", &record);
    }

    fn split(&self, shard: u32, at: &str) {
        let body = format!(
            r#"{{"StreamName":"clicks","ShardToSplit":"shardId-{shard:012}","NewStartingHashKey":"{at}"}}"#
        );
        self.call("SplitShard", &body);
        self.wait_until_active();
    }
}

/// Half of the hash keys, and a quarter.
const HALF: &str = "170141183460469231731687303715884105728";
const QUARTER: &str = "85070591730234615865843651857942052864";

#[test]
fn the_shards_of_a_split_are_read_after_their_parent_and_from_their_first_record() {
    if tool("kinesalite").is_none() {
        return;
    }
    let clicks = Clicks::start();
    for number in 0..30 {
        clicks.put(&format!("parent-{number}"), "0");
    }
    clicks.split(0, HALF);
    clicks.put("low", "0");
    clicks.put("high", HALF);
    let text = "[reader]\nstream clicks from start batch 2\n";
    let running = start_with(Some(&clicks.aws), "split", &file("split.conf", text));
    running.wait_for_line("read low of aws:kinesis:record.");
    running.wait_for_line("read high of aws:kinesis:record.");
    let before: Vec<_> = (0..30).map(|number| format!("parent-{number}")).collect();
    let mut read = read_keys(&running);
    let mut children = read.split_off(30);
    assert_eq!(read, before);
    children.sort();
    assert_eq!(children, ["high", "low"]);
    // A shard that is split while it is read.
    clicks.split(1, QUARTER);
    clicks.put("lower", "0");
    clicks.put("middle", QUARTER);
    clicks.put("higher", HALF);
    for key in ["lower", "middle", "higher"] {
        running.wait_for_line(&format!("read {key} of aws:kinesis:record."));
    }
    assert_eq!(read_keys(&running).len(), 35, "{:?}", read_keys(&running));
}

#[test]
fn a_stream_is_read_in_order_and_a_record_that_fails_is_cut_out_and_discarded() {
    if tool("kinesalite").is_none() {
        return;
    }
    let clicks = Clicks::start();
    let put = |key: &str| clicks.put(key, "0");
    for key in ["a", "b", "bad", "c", "d"] {
        put(key);
    }
    let text = "[reader]\nstream clicks from start batch 10 retries 1 bisect partial\n";
    let running = start_with(Some(&clicks.aws), "kinesis", &file("kinesis.conf", text));
    running.wait_for_line("reader: the stream clicks is read");
    running.wait_for_line("read d of aws:kinesis:record.");
    put("e");
    running.wait_for_line("read e of aws:kinesis:record.");
    running.wait_for_line("the stream clicks: 1 records are discarded: as its response says");
    // The failure is cut out: bad, c and d are bad, and c and d; bad is tried once more.
    assert_eq!(read_keys(&running), ["a", "b", "bad", "bad", "bad", "c", "d", "e"]);
}

/// The keys of the windows that have ended, in their order.
fn collected(tool: &Tool) -> String {
    let said = tool.said.lock().unwrap().clone();
    said.split("window of ").skip(1).map(|rest| rest.split(' ').next().unwrap()).collect()
}

#[test]
fn a_window_has_its_state_until_its_shard_ends_and_failures_do_not_change_it() {
    if tool("kinesalite").is_none() {
        return;
    }
    let clicks = Clicks::start();
    for key in ["a", "b", "bad", "c", "none", "d"] {
        clicks.put(key, "0");
    }
    clicks.split(0, HALF);
    let text = "[collector]\nstream clicks from start batch 1 retries 0 tumbling 900\n";
    let running = start_with(Some(&clicks.aws), "windows", &file("windows.conf", text));
    running.wait_for_line("1 records are discarded: Broken");
    running.wait_for_line("1 records are discarded: the response has no object \"state\"");
    // The windows of 15 minutes end with their shard.
    wait_until("no window has ended", || collected(&running) == "a,b,c,d,");
    // A child begins with a state of its own, and a state that is too large ends its window.
    for key in ["e", "large", "f"] {
        clicks.put(key, "0");
    }
    running.wait_for_line("large, early true.");
    clicks.split(1, QUARTER);
    running.wait_for_line("window of f, early false.");
    assert_eq!(collected(&running), "a,b,c,d,e,large,f,");
}

#[test]
fn a_window_ends_with_the_next_one_or_without_more_records() {
    if tool("kinesalite").is_none() {
        return;
    }
    let clicks = Clicks::start();
    let text = "[collector]\nstream clicks from start tumbling 1\n";
    let running = start_with(Some(&clicks.aws), "short-windows", &file("short.conf", text));
    running.wait_for_line("the stream clicks is read");
    for key in ["a", "b"] {
        clicks.put(key, "0");
    }
    wait_until("no window has ended", || collected(&running) == "a,b,");
    // The second one is in another window.
    clicks.put("c", "0");
    thread::sleep(std::time::Duration::from_millis(1100));
    clicks.put("d", "0");
    running.wait_for_line("window of c, early false.");
    running.wait_for_line("window of d, early false.");
}

/// Serves one request: what `respond` has for its operation and its body, in the middle of which it
/// may end, or before.
fn serve(stream: &mut TcpStream, respond: &mut impl FnMut(&str, &str) -> String) {
    let mut request = String::new();
    let mut bytes = [0; 4096];
    while !request.contains("\r\n\r\n{") || !request.ends_with('}') {
        let read = stream.read(&mut bytes).unwrap();
        if read == 0 {
            return;
        }
        request += std::str::from_utf8(&bytes[..read]).unwrap();
    }
    let operation = request.split("Kinesis_20131202.").nth(1).unwrap();
    let (operation, wanted) = (operation.split('\r').next(), request.split("\r\n\r\n").nth(1));
    let body = respond(operation.unwrap(), wanted.unwrap());
    if body.is_empty() {
        return;
    }
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{body}").as_bytes()).unwrap();
}

#[test]
fn a_stand_in_that_talks_rubbish_or_ends_in_the_middle_loses_no_record() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let whole = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let (mut asked, mut iterators) = (0, 0);
    let mut respond = move |operation: &str, wanted: &str| match operation {
        "DescribeStream" => {
            whole(r#"{"StreamDescription":{"StreamARN":"arn:s","Shards":[{"ShardId":"shard-1"}]}}"#)
        }
        "GetShardIterator" => {
            iterators += 1;
            whole(&format!(r#"{{"ShardIterator":"iterator-{iterators}"}}"#))
        }
        // A second iterator would be at the end of the stream, after the record.
        _ if !wanted.contains("iterator-1") => {
            whole(r#"{"Records":[],"NextShardIterator":"iterator-2"}"#)
        }
        _ => {
            asked += 1;
            match asked {
                1 => whole("<html></html>"),
                2 => whole("{}"),
                3 => String::new(),
                4 => "Content-Length: 500\r\n\r\n{\"Records\":[]}".to_owned(),
                5 => whole(
                    r#"{"Records":[{"SequenceNumber":"1","PartitionKey":"kept","Data":"aGk="}],
                    "NextShardIterator":"iterator-2"}"#,
                ),
                _ => whole(r#"{"Records":[],"NextShardIterator":"iterator-2"}"#),
            }
        }
    };
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap(), &mut respond);
        }
    });
    let sources = file("rubbish.conf", "[reader]\nstream clicks\n");
    let variables = file("rubbish.env", &format!("AWS_ENDPOINT_URL=http://{address}\n"));
    let program = Lambda::path_of_example("functions").display().to_string();
    let files = [variables.to_str().unwrap(), sources.to_str().unwrap()];
    let options = [&*program, "--env-file", files[0], "--sources", files[1]];
    let running = start(folder(), &options);
    running.wait_for_line("read kept of aws:kinesis:record.");
    running.wait_for_line("the stream clicks: the response to GetRecords is no JSON object");
    running.wait_for_line("the stream clicks: the response to GetRecords has no records");
    running.wait_for_line("does not respond: it has closed the connection");
    running.wait_for_line("does not respond: its response ends in the middle");
}
