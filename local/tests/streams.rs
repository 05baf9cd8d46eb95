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
    let line = running.wait_for_line("is discarded: as its response says");
    let (_, number) = line.split_once("the stream clicks: the record ").unwrap();
    let (number, _) = number.split_once(" is discarded").unwrap();
    assert!(number.len() == 56 && number.bytes().all(|byte| byte.is_ascii_digit()), "{line}");
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
    running.wait_for_line("is discarded: Broken");
    running.wait_for_line("is discarded: the response has no object \"state\"");
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
/// may end, or before. The operation is after the last dot of the target.
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
    let target = request.lines().find_map(|line| line.strip_prefix("X-Amz-Target: ")).unwrap();
    let (operation, wanted) = (target.rsplit('.').next(), request.split("\r\n\r\n").nth(1));
    let body = respond(operation.unwrap(), wanted.unwrap());
    if body.is_empty() {
        return;
    }
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{body}").as_bytes()).unwrap();
}

fn whole(body: &str) -> String {
    format!("Content-Length: {}\r\n\r\n{body}", body.len())
}

/// Starts the tool with a stand-in that responds so, and with these sources.
fn start_at(
    name: &str,
    mut respond: impl FnMut(&str, &str) -> String + Send + 'static,
    sources: &str,
) -> Tool {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(&mut stream.unwrap(), &mut respond);
        }
    });
    let sources = file(&format!("{name}.conf"), sources);
    let variables = file(&format!("{name}.env"), &format!("AWS_ENDPOINT_URL=http://{address}\n"));
    let program = Lambda::path_of_example("functions").display().to_string();
    let files = [variables.to_str().unwrap(), sources.to_str().unwrap()];
    let limits = ["--memory", "512", "--timeout", "20"];
    let options = [&*program, "--env-file", files[0], "--sources", files[1]];
    let options: Vec<_> = limits.into_iter().chain(options).collect();
    start(folder(), &options)
}

#[test]
fn a_stand_in_that_talks_rubbish_or_ends_in_the_middle_loses_no_record() {
    let (mut asked, mut iterators) = (0, 0);
    let respond = move |operation: &str, wanted: &str| match operation {
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
    let running = start_at("rubbish", respond, "[reader]\nstream clicks\n");
    running.wait_for_line("read kept of aws:kinesis:record.");
    running.wait_for_line("the stream clicks: the response to GetRecords is no JSON object");
    running.wait_for_line("the stream clicks: the response to GetRecords has no records");
    running.wait_for_line("does not respond: it has closed the connection");
    running.wait_for_line("does not respond: its response ends in the middle");
}

#[test]
fn a_batch_that_is_too_large_for_an_event_comes_in_several() {
    let data = "eHh4".repeat(700_000);
    let record = move |key: &str| {
        format!(r#"{{"SequenceNumber":"{key}","PartitionKey":"{key}","Data":"{data}"}}"#)
    };
    let mut has_sent = false;
    let respond = move |operation: &str, _: &str| match operation {
        "DescribeStream" => {
            whole(r#"{"StreamDescription":{"StreamARN":"arn:s","Shards":[{"ShardId":"shard-1"}]}}"#)
        }
        "GetShardIterator" => whole(r#"{"ShardIterator":"iterator"}"#),
        _ => {
            let records = ["1", "2", "3", "4", "5"].map(&record).join(",");
            let records = if std::mem::replace(&mut has_sent, true) { "" } else { &records };
            whole(&format!(r#"{{"Records":[{records}],"NextShardIterator":"iterator"}}"#))
        }
    };
    // It is no failure, for which there is no retry.
    let running = start_at("large-stream", respond, "[reader]\nstream clicks retries 0\n");
    running.wait_for_line("read 5 of aws:kinesis:record.");
    assert_eq!(read_keys(&running), ["1", "2", "3", "4", "5"]);
    assert!(!running.has_said("discarded"), "{}", running.said.lock().unwrap());
}

#[test]
fn messages_that_are_too_large_for_an_event_come_in_several_and_a_failure_keeps_the_order() {
    let (deleted, deletions) = std::sync::mpsc::channel();
    let body = |text: &str| format!(r#""Body":"{text}","ReceiptHandle":"{text}""#);
    let long = "x".repeat(2_200_000);
    let mut batches = vec![
        ["a", "b", "c", &long].map(body).join(r#"},{"MessageId":"0","#),
        ["broken", &long, "d", &long, &long].map(body).join(r#"},{"MessageId":"0","#),
    ];
    let respond = move |operation: &str, wanted: &str| match operation {
        "GetQueueUrl" => whole(r#"{"QueueUrl":"http://127.0.0.1/1/a.fifo"}"#),
        "GetQueueAttributes" => {
            whole(r#"{"Attributes":{"QueueArn":"arn:q","VisibilityTimeout":"30"}}"#)
        }
        "ReceiveMessage" => {
            let received =
                batches.pop().map(|it| format!(r#""Messages":[{{"MessageId":"0",{it}}}]"#));
            // None come for a while.
            thread::sleep(std::time::Duration::from_millis(100));
            whole(&format!("{{{}}}", received.unwrap_or_default()))
        }
        _ => {
            deleted.send(wanted.to_owned()).unwrap();
            whole("{}")
        }
    };
    let running = start_at("large-queue", respond, "[worker]\nqueue a.fifo\n");
    // The messages after those that have failed wait, too.
    running.wait_for_line("the queue a.fifo: 2 of 2 messages have failed, and come again: Broken");
    let all = deletions.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
    assert!(all.contains(r#""ReceiptHandle":"a""#), "{}", &all[..200]);
    assert!(!running.has_said("got d from"));
}

/// Nothing comes for a while, and the stand-in does not wait for it; then it fails once.
#[test]
fn a_window_collects_messages_also_if_none_comes_for_a_while() {
    let body = |text: &str| format!(r#""Messages":[{{"Body":"{text}","ReceiptHandle":"{text}"}}]"#);
    let mut received = ["a", "", "", "b", "c", "fail"].map(|text| (text, body(text))).into_iter();
    let respond = move |operation: &str, _: &str| match operation {
        "GetQueueUrl" => whole(r#"{"QueueUrl":"http://127.0.0.1/1/q"}"#),
        "ReceiveMessage" => match received.next() {
            Some(("", _)) | None => whole("{}"),
            Some(("fail", _)) => whole("no JSON"),
            Some((_, messages)) => whole(&format!("{{{messages}}}")),
        },
        _ => whole(r#"{"Attributes":{"QueueArn":"arn:q","VisibilityTimeout":"300"}}"#),
    };
    let sources = "[worker]\nqueue q batch 2 window 200 concurrency 1\n";
    let running = start_at("window-queue", respond, sources);
    running.wait_for_line("got b from q, time");
    let said = running.said.lock().unwrap().clone();
    let before = said.split("got b from q").next().unwrap();
    assert!(before.contains("a batch of 2") && !before.contains("a batch of 1"), "{said}");
    // What was received before an error is processed, and not only when the queue sends it again.
    running.wait_for_line("got c from q, time");
}
