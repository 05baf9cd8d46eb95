//! Sources of events: queues and tables at moto, streams at kinesalite, and schedules.

#[path = "support/running.rs"]
mod running;
#[path = "support/stand_in.rs"]
mod stand_in;
mod support;

use minilambda_local::Moto;
use stand_in::{
    call, count, create, file, moto, send, sqs, start_with, start_with_options, wait_until,
};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{env, fs, thread};
use support::{root, tool};

const ANSWERED: [&str; 2] = ["0", "0"];

fn is_empty(aws: &Moto, url: &str) -> bool {
    let (waiting, received) = count(aws, url);
    [&*waiting, &*received] == ANSWERED
}

#[test]
fn a_queue_is_polled_and_what_fails_comes_again_until_it_is_a_dead_letter() {
    let Some(aws) = moto() else { return };
    let dead = create(&aws, "dead", "");
    let redrive = r#""VisibilityTimeout":"1","RedrivePolicy":"{\"deadLetterTargetArn\":\"arn:aws:sqs:eu-central-1:123456789012:dead\",\"maxReceiveCount\":2}""#;
    let orders = create(&aws, "orders", redrive);
    for body in ["first", "bad", "last"] {
        send(&aws, &orders, body, "");
    }
    let sources = file("queue.conf", "[worker]\nqueue orders partial\n");
    let tool = start_with(Some(&aws), "queue", &sources);
    tool.wait_for_line("worker: the queue orders is polled");
    for body in ["got first from orders, time 1", "got last from orders, time 1"] {
        tool.wait_for_line(body);
    }
    // Only the one that has failed comes again.
    tool.wait_for_line("got bad from orders, time 2");
    tool.wait_for_line("the queue orders: 1 of ");
    wait_until("it is no dead letter", || count(&aws, &dead).0 == "1");
    wait_until("the queue is not empty", || is_empty(&aws, &orders));
    let said = tool.said.lock().unwrap().clone();
    assert!(!said.contains("got first from orders, time 2"), "{said}");
    assert!(!said.contains("got bad from orders, time 3"), "{said}");
    // An error is that of the whole batch.
    send(&aws, &orders, "broken", "");
    tool.wait_for_line("the queue orders: 1 of 1 messages have failed, and come again: Broken");
    wait_until("it is no dead letter", || count(&aws, &dead).0 == "2");
}

#[test]
fn a_fifo_queue_keeps_its_order_and_a_window_collects_messages() {
    let Some(aws) = moto() else { return };
    let ordered = create(&aws, "o.fifo", r#""FifoQueue":"true","VisibilityTimeout":"1""#);
    let many = create(&aws, "many", r#""VisibilityTimeout":"30""#);
    for number in 1..=12 {
        let id = format!(r#","MessageGroupId":"a","MessageDeduplicationId":"{number}""#);
        send(&aws, &ordered, &format!("number-{number}."), &id);
        send(&aws, &many, "one", "");
    }
    let text = "[worker]\nqueue o.fifo batch 5 partial\nqueue many batch 12 window 2\n";
    let tool = start_with(Some(&aws), "fifo", &file("fifo.conf", text));
    tool.wait_for_line("a batch of 12");
    tool.wait_for_line("got number-12. from o.fifo");
    for queue in [&ordered, &many] {
        wait_until("the queue is not empty", || is_empty(&aws, queue));
    }
    let said = tool.said.lock().unwrap().clone();
    let numbers = said.split("got number-").skip(1).map(|rest| rest.split('.').next().unwrap());
    let numbers: Vec<u32> = numbers.map(|number| number.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
}

#[test]
fn a_program_under_a_debugger_gets_one_batch_at_a_time() {
    let Some(aws) = moto() else { return };
    let queue = create(&aws, "slow", r#""VisibilityTimeout":"60""#);
    for _ in 0..6 {
        send(&aws, &queue, "slow", "");
    }
    let sources = file("debugged.conf", "[worker]\nqueue slow batch 1 concurrency 6\n");
    let options = ["--debug", "worker"];
    let tool = start_with_options(Some(&aws), "debugged", &sources, &options);
    wait_until("the queue is not empty", || is_empty(&aws, &queue));
    assert!(!tool.has_said("have failed"), "{}", tool.said.lock().unwrap());
    assert_eq!(tool.said.lock().unwrap().matches("got slow from slow, time 1").count(), 6);
}

#[test]
fn what_is_wrong_with_a_source_is_said_and_can_be_mended_while_the_tool_runs() {
    let Some(aws) = moto() else { return };
    let sources =
        file("wrong-source.conf", "[worker]\nqueue late\n[nobody]\nschedule rate(1 second)\n");
    let tool = start_with(Some(&aws), "wrong-source", &sources);
    tool.wait_for_line(
        "worker: the queue late: there is none: aws sqs create-queue --queue-name late \
         --endpoint-url http://127.0.0.1:",
    );
    tool.wait_for_line("nobody: Function not found: ");
    let late = create(&aws, "late", r#""VisibilityTimeout":"0""#);
    tool.wait_for_line("visible again after 0 s, before the function's timeout of 1 s");
    let longer = format!(r#"{{"QueueUrl":"{late}","Attributes":{{"VisibilityTimeout":"30"}}}}"#);
    sqs(&aws, "SetQueueAttributes", &longer);
    tool.wait_for_line("worker: the queue late is polled");
    send(&aws, &late, "soon", "");
    tool.wait_for_line("got soon from late");
    fs::write(&sources, "[worker]\nqueue late batch 0\n").unwrap();
    tool.wait_for_line("wrong-source.conf has changed: what was read before stays");
    fs::write(&sources, "[echo]\nschedule rate(1 second)\n").unwrap();
    tool.wait_for_line("wrong-source.conf has changed: what is new in it is started");
    tool.wait_for_line("echo: REPORT ");
    // Nothing polls the queue any more.
    thread::sleep(Duration::from_secs(6));
    send(&aws, &late, "never", "");
    thread::sleep(Duration::from_secs(1));
    assert_eq!(count(&aws, &late).0, "1");
    assert!(!tool.has_said("got never"));
}

#[test]
fn a_schedule_sends_its_event_and_a_queue_without_a_stand_in_says_what_to_do() {
    let sources = file("schedule.conf", "[echo]\nschedule rate(1 second)\n[worker]\nqueue a\n");
    let tool = start_with(None, "schedule", &sources);
    tool.wait_for_line("worker: the queue a: events come from and go to a stand-in for AWS");
    wait_until("there are no two events", || {
        tool.said.lock().unwrap().matches("echo: REPORT RequestId").count() >= 2
    });
    let state = support::request(tool.address(), "GET /local/state", b"").text();
    for part in ["Scheduled Event", "aws.events", ":rule/echo"] {
        assert!(state.contains(part), "{part} is not in {state}");
    }
}

#[test]
fn the_changes_of_a_table_are_read_from_now_on_in_the_shape_of_lambda() {
    let Some(aws) = moto() else { return };
    let notes = Notes { aws: &aws, table: "notes" };
    notes.create();
    notes.put("before");
    let sources = file("table.conf", "[reader]\ntable notes retries 0\n");
    let running = start_with(Some(&aws), "table", &sources);
    running.wait_for_line("reader: the table notes is read");
    thread::sleep(Duration::from_secs(2));
    notes.put("first");
    running.wait_for_line("read first of INSERT.");
    notes.call("DeleteItem", r#""Key":{"id":{"S":"first"}}"#);
    running.wait_for_line("read first of REMOVE.");
    assert!(!running.has_said("read before"));
    let state = support::request(running.address(), "GET /local/state", b"").text();
    for part in ["aws:dynamodb", ":table/notes/stream/", "NEW_AND_OLD_IMAGES"] {
        assert!(state.contains(part), "{part} is not in {state}");
    }
    // What is still in the file goes on where it is.
    fs::write(&sources, "[echo]\nschedule rate(1 second)\n[reader]\ntable notes retries 0\n")
        .unwrap();
    notes.put("second");
    running.wait_for_line("echo: REPORT ");
    running.wait_for_line("read second of INSERT.");
    assert_eq!(running.said.lock().unwrap().matches("the table notes is read").count(), 1);
}

/// A table with a stream.
struct Notes<'a> {
    aws: &'a Moto,
    table: &'a str,
}

impl Notes<'_> {
    fn call(&self, action: &str, fields: &str) {
        let body = format!(r#"{{"TableName":"{}"{}{fields}}}"#, self.table, comma(fields));
        call(self.aws, "dynamodb", "1.0", &format!("DynamoDB_20120810.{action}"), &body);
    }

    fn create(&self) {
        self.call(
            "CreateTable",
            r#""BillingMode":"PAY_PER_REQUEST",
            "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
            "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}"#,
        );
    }

    fn put(&self, id: &str) {
        self.call("PutItem", &format!(r#""Item":{{"id":{{"S":"{id}"}}}}"#));
    }
}

fn comma(fields: &str) -> &str {
    if fields.is_empty() { "" } else { "," }
}

#[test]
fn what_appears_while_the_tool_runs_is_read_from_its_first_record_also_the_second_time() {
    let Some(aws) = moto() else { return };
    let kinesis = |action: &str, fields: &str| {
        let body = format!(r#"{{"StreamName":"clicks"{}{fields}}}"#, comma(fields));
        stand_in::kinesis(&aws, action, &body)
    };
    let put = |key: &str| {
        kinesis("PutRecord", &format!(r#""Data":"aGk=","PartitionKey":"{key}""#));
    };
    let notes = Notes { aws: &aws, table: "later" };
    let sources = file("later.conf", "[reader]\ntable later\nstream clicks\n");
    let running = start_with(Some(&aws), "later", &sources);
    running.wait_for_line(
        "it has no stream, or there is no such table; aws dynamodb update-table --table-name later",
    );
    running.wait_for_line("aws kinesis create-stream --stream-name clicks");
    // A stand-in that is started again counts from the beginning: its places are taken for others.
    for round in ["a", "b"] {
        notes.create();
        kinesis("CreateStream", r#""ShardCount":1"#);
        wait_until("the stream is not active", || kinesis("DescribeStream", "").contains("ACTIVE"));
        for number in 1..=3 {
            notes.put(&format!("{round}{number}"));
            put(&format!("{round}{number}"));
        }
        for number in 1..=3 {
            for kind in ["INSERT", "aws:kinesis:record"] {
                running.wait_for_line(&format!("read {round}{number} of {kind}."));
            }
        }
        notes.call("DeleteTable", "");
        kinesis("DeleteStream", "");
    }
}

const REGION: &str = "<CreateBucketConfiguration><LocationConstraint>eu-central-1\
                      </LocationConstraint></CreateBucketConfiguration>";

fn s3(aws: &Moto, request: &str, body: &str) -> String {
    aws.call("s3", request, &[], body).unwrap()
}

/// The queues that the tool has made.
fn made(aws: &Moto) -> bool {
    sqs(aws, "ListQueues", "{}").contains("minilambda-local-")
}

#[test]
fn a_bucket_sends_its_objects_and_what_others_have_set_in_it_stays() {
    let Some(aws) = moto() else { return };
    let seen = create(&aws, "seen", "");
    let sources = file(
        "bucket.conf",
        "[echo]\nbucket pictures ObjectCreated:Put ObjectRemoved:* prefix in/ suffix .é\n\
         [fail]\nbucket pictures suffix .bad\n[order]\nbucket fresh\n\
         [count]\nbucket far-away\n",
    );
    let running = start_with(Some(&aws), "bucket", &sources);
    running.wait_for_line(
        "echo: the bucket pictures: there is none: aws s3 mb s3://pictures --endpoint-url",
    );
    assert!(!made(&aws));
    s3(&aws, "PUT /pictures", REGION);
    s3(&aws, "PUT /fresh", REGION);
    let far = "PUT /far-away\nHost: s3.us-east-1.amazonaws.com\n\
               Authorization: AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/s3/aws4_request, \
               SignedHeaders=host, Signature=none";
    let address = aws.url().trim_start_matches("http://").parse().unwrap();
    assert_eq!(support::request(address, far, b"").status, 200);
    let others = "<NotificationConfiguration><QueueConfiguration><Id>others</Id>\
                  <Queue>arn:aws:sqs:eu-central-1:123456789012:seen</Queue>\
                  <Event>s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>";
    s3(&aws, "PUT /pictures?notification", others);
    running.wait_for_line("echo: the bucket pictures sends ObjectCreated:Put ObjectRemoved:*");
    running.wait_for_line("fail: the bucket pictures sends ObjectCreated:*");
    running
        .wait_for_line("count: the bucket far-away: it is in us-east-1, and the functions are in");
    // Nothing was ever set there.
    running.wait_for_line("order: the bucket fresh sends ObjectCreated:*");
    let set = || s3(&aws, "GET /pictures?notification", "");
    let is_whole = |set: &str| {
        set.contains("<Id>others</Id>") && set.matches("<Queue>arn:aws:sqs:").count() == 3
    };
    assert!(is_whole(&set()), "{}", set());
    let key = "/pictures/in/a%20b%2Bc-%E2%9C%93.%C3%A9";
    s3(&aws, &format!("PUT {key}"), "12345");
    s3(&aws, "PUT /pictures/other.png", "no");
    s3(&aws, &format!("DELETE {key}"), "");
    wait_until("there are no two events", || {
        running.said.lock().unwrap().matches("echo: REPORT RequestId").count() == 2
    });
    let state = support::request(running.address(), "GET /local/state", b"").text();
    for part in [
        "ObjectCreated:Put",
        "ObjectRemoved:Delete",
        "in/a+b%2Bc-%E2%9C%93.%C3%A9",
        "sequencer",
        "userIdentity",
    ] {
        assert!(state.contains(part), "{part} is not in {state}");
    }
    assert!(!state.contains("other.png"), "{state}");
    // It is asynchronous.
    s3(&aws, "PUT /pictures/x.bad", "1");
    running.wait_for_line("failed; tried again in 60 s");
    // A source that stays has the same queue, and what was made for the other one is removed.
    fs::write(&sources, "[fail]\nbucket pictures suffix .bad\n").unwrap();
    wait_until("the notifications stay", || set().matches("<Queue>arn:aws:sqs:").count() == 2);
    s3(&aws, "PUT /pictures/y.bad", "1");
    wait_until("the source that stays has ended", || {
        running.said.lock().unwrap().matches("failed; tried again in 60 s").count() == 2
    });
    // The end of the tool, whatever it is.
    drop(running);
    wait_until("the queue stays", || !made(&aws));
    let left = set();
    assert!(left.contains("<Id>others</Id>"), "{left}");
    assert_eq!(left.matches("<Queue>arn:aws:sqs:").count(), 1, "{left}");
    // That of others has had all objects, and the test events of moto.
    assert_ne!(count(&aws, &seen).0, "0");
}

#[test]
fn the_commands_of_the_guide_make_a_queue_and_a_bucket_that_are_read() {
    let (Some(aws), Some(command)) = (moto(), tool("aws")) else { return };
    let sources = file("guide.conf", "[worker]\nqueue orders\n[echo]\nbucket pictures\n");
    let running = start_with(Some(&aws), "guide", &sources);
    let page = fs::read_to_string(root().join("docs/guide/local.md")).unwrap();
    let is_of_moto = |block: &&str| block.contains("--endpoint-url http://127.0.0.1:5000");
    let blocks = page.split("```").filter(is_of_moto).filter_map(|it| it.strip_prefix("text\n"));
    let blocks: Vec<_> = blocks.map(|it| it.replace("http://127.0.0.1:5000", &aws.url())).collect();
    assert_eq!(blocks.len(), 2, "one for queues, one for buckets");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide-commands");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("tea.png"), "a picture").unwrap();
    let path = format!("{}:{}", command.parent().unwrap().display(), env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-euc", &blocks.concat()]).current_dir(&folder).env("PATH", path);
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"] {
        shell.env_remove(name);
    }
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    running.wait_for_line(r#"got {"id":"A-1"} from orders"#);
    running.wait_for_line("the bucket pictures sends ObjectCreated:*");
}
