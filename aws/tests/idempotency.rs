//! What is done once: duplicates, races, workers that die, and a table that cannot be reached.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use minilambda_local::script::{Step, respond};
use minilambda_local::{Builder, Invocation, Lambda};
use moto::{StandIn, lambda};
use service::Service;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// The file to which each run adds a byte.
struct Runs(PathBuf);

impl Runs {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("minilambda-{}-{name}", process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }

    fn count(&self) -> usize {
        fs::read(&self.0).map_or(0, |bytes| bytes.len())
    }

    /// The id of the process that works and waits to be killed.
    fn pid(&self) -> String {
        let (path, start) = (self.pid_file(), Instant::now());
        loop {
            match fs::read_to_string(&path) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                _ => assert!(start.elapsed() < Duration::from_secs(30), "no process works"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn pid_file(&self) -> PathBuf {
        self.0.with_extension("pid")
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
        let _ = fs::remove_file(self.pid_file());
    }
}

fn with_table(stand_in: StandIn) -> StandIn {
    stand_in.python(
        "client('dynamodb').create_table(TableName='done', BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}],
            AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])
client('dynamodb').get_waiter('table_exists').wait(TableName='done', WaiterConfig={'Delay': 1})",
    );
    stand_in
}

fn builder(stand_in: &StandIn, runs: &Runs) -> Builder {
    lambda("aws-once", &stand_in.url()).env("RUNS", runs.0.display().to_string())
}

fn event(key: &str, payload: &str, work: &str, ms: u64, settings: &str) -> String {
    format!(
        r#"{{"key":"{key}","payload":"{payload}","work":"{work}","ms":{ms},"settings":[{settings}]}}"#
    )
}

fn told(done: &Invocation) -> String {
    match &done.failure {
        Some(failure) => failure.kind.clone(),
        None => done.text(),
    }
}

fn duplicates(stand_in: &StandIn) {
    let runs = Runs::new(if stand_in.is_of_today { "moto" } else { "dynalite" });
    let lambda = builder(stand_in, &runs).build();
    let send = |key: &str, payload: &str, work: &str, settings: &str| {
        told(&lambda.invoke("once", event(key, payload, work, 0, settings)).unwrap())
    };
    let first = r#"{"number":1,"text":"p"}"#;
    assert_eq!(send("a", "p", "", ""), first);
    assert_eq!(send("a", "p", "", ""), first);
    assert_eq!(send("a", "q", "", ""), "Aws.OtherPayload");
    assert_eq!(send("b", "p", "", ""), r#"{"number":2,"text":"p"}"#);
    assert_eq!(send("a", "p", "", "\"other\""), r#"{"number":3,"text":"p"}"#);
    // What fails can be tried again.
    assert_eq!(send("c", "p", "fail", ""), "Work");
    assert_eq!(send("c", "p", "panic", ""), "Function.Panic");
    assert_eq!(send("c", "p", "", ""), r#"{"number":6,"text":"p"}"#);
    // What is too large for the table is not lost for the one who did it.
    assert_eq!(send("d", "p", "large", ""), r#"{"number":7,"text":"xxxxxxxxxxxxxxxxxxxx"}"#);
    assert_eq!(send("d", "p", "large", ""), "Aws.NoResponseKept");
    // Nor is what cannot be written.
    for expected in ["null", "Aws.NoResponseKept"] {
        assert_eq!(told(&lambda.invoke("unwritable", "\"u\"").unwrap()), expected);
    }
    // One that the table takes is kept: 300 KB, and 600 KB in the error of a duplicate.
    let quotes = send("q", "p", "quotes", "");
    assert!(quotes.starts_with(r#"{"number":8,"text":"\"\""#), "{quotes}");
    assert_eq!(send("q", "p", "quotes", ""), quotes);
    for _ in 0..2 {
        assert_eq!(told(&lambda.invoke("nothing", "\"e\"").unwrap()), "null");
    }
    assert_eq!(runs.count(), 8);
    // Botocore sees a record as the Powertools have them.
    let record = stand_in.python(
        "items = client('dynamodb').scan(TableName='done')['Items']
item = [item for item in items if item.get('data', {}).get('S') == '{\"number\":2,\"text\":\"p\"}'][0]
assert any(item['id']['S'].startswith('nothing#') for item in items), items
print(item['status']['S'], len(item['validation']['S']), item['id']['S'].split('#')[0], item['expiration']['N'] > '1')",
    );
    assert_eq!(record, "COMPLETED 64 work True");
    // After its time a key is as good as new.
    assert_eq!(send("f", "p", "", "\"second\""), r#"{"number":9,"text":"p"}"#);
    thread::sleep(Duration::from_millis(2100));
    assert_eq!(send("f", "q", "", ""), r#"{"number":10,"text":"q"}"#);
}

#[test]
fn a_duplicate_gets_the_first_response_at_moto() {
    let Some(moto) = StandIn::moto() else { return };
    duplicates(&with_table(moto));
}

#[test]
fn a_duplicate_gets_the_first_response_at_dynalite() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    duplicates(&with_table(dynalite));
}

#[test]
fn of_processes_that_race_one_runs() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    let (dynalite, runs) = (with_table(dynalite), Runs::new("race"));
    let lambdas: Vec<Lambda> = (0..4).map(|_| builder(&dynalite, &runs).build()).collect();
    // They are started before the race.
    for (number, lambda) in lambdas.iter().enumerate() {
        lambda.invoke("nothing", format!("\"{number}\"")).unwrap();
    }
    for round in 1..=5 {
        let event = event(&format!("race {round}"), "p", "", 300, "");
        let invoke = |lambda: &Lambda| told(&lambda.invoke("once", &event).unwrap());
        let invoke = &invoke;
        let all: Vec<_> = thread::scope(|scope| {
            let all: Vec<_> =
                lambdas.iter().map(|lambda| scope.spawn(move || invoke(lambda))).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let response = format!(r#"{{"number":{round},"text":"p"}}"#);
        let count = |text: &str| all.iter().filter(|told| *told == text).count();
        assert_eq!(runs.count(), round, "{all:?}");
        // One that comes late gets the response.
        assert!(count(&response) >= 1, "{all:?}");
        assert_eq!(count(&response) + count("Aws.InProgress"), 4, "{all:?}");
        assert_eq!(told(&lambdas[0].invoke("once", &event).unwrap()), response);
    }
}

/// Of two processes that race, the one that has the key is killed by a signal in the middle.
#[test]
fn a_worker_that_a_signal_kills_is_overtaken_after_its_deadline_and_not_before() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    let (dynalite, runs) = (with_table(dynalite), Runs::new("signal"));
    let timeout = Duration::from_secs(3);
    let lambdas = [(), ()].map(|()| builder(&dynalite, &runs).timeout(timeout).build());
    for (number, lambda) in lambdas.iter().enumerate() {
        lambda.invoke("nothing", format!("\"{number}\"")).unwrap();
    }
    let invoke = |lambda: &Lambda, work| lambda.invoke("once", event("k", "p", work, 0, ""));
    let start = Instant::now();
    let [one, two] = thread::scope(|scope| {
        let racers = lambdas.each_ref();
        let racers = racers.map(|lambda| scope.spawn(|| invoke(lambda, "be killed").unwrap()));
        let kill = format!("kill -KILL {}", runs.pid());
        assert!(process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        racers.map(|thread| thread.join().unwrap())
    });
    let is_killed = told(&one) == "Runtime.ExitError";
    let (killed, other) = if is_killed { (&one, &two) } else { (&two, &one) };
    assert_eq!((&*told(killed), &*told(other)), ("Runtime.ExitError", "Aws.InProgress"));
    let signal = &killed.failure.as_ref().unwrap().message;
    assert!(signal.contains("signal: killed"), "{signal}");
    // Before the deadline of the one that was killed, neither the other nor a new process runs.
    for lambda in &lambdas {
        assert_eq!(told(&invoke(lambda, "").unwrap()), "Aws.InProgress");
    }
    assert!(start.elapsed() < timeout, "the machine is too slow for this test");
    let survivor = &lambdas[usize::from(is_killed)];
    let (response, overtaken) = loop {
        let told = told(&invoke(survivor, "").unwrap());
        if told != "Aws.InProgress" {
            break (told, start.elapsed());
        }
        assert!(start.elapsed() < Duration::from_secs(30));
        thread::sleep(Duration::from_millis(100));
    };
    assert!(overtaken + Duration::from_millis(500) > timeout, "{overtaken:?}");
    assert_eq!((&*response, runs.count()), (r#"{"number":2,"text":"p"}"#, 2));
    // It has kept its response.
    assert_eq!(told(&invoke(&lambdas[0], "").unwrap()), response);
}

#[test]
fn a_worker_that_goes_on_after_its_time_overwrites_nothing() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    let (dynalite, runs) = (with_table(dynalite), Runs::new("late"));
    let [fast, other] = [(), ()].map(|()| builder(&dynalite, &runs).build());
    for lambda in [&fast, &other] {
        lambda.invoke("nothing", "\"start\"").unwrap();
    }
    let slow = event("s", "p", "", 1500, "\"short\"");
    let (slow, fast) = thread::scope(|scope| {
        let slow = scope.spawn(|| other.invoke("once", slow).unwrap());
        thread::sleep(Duration::from_millis(900));
        let fast = fast.invoke("once", event("s", "p", "", 0, "")).unwrap();
        (slow.join().unwrap(), fast)
    });
    assert!(slow.has_logged("longer than its key was in progress"), "{:#?}", slow.log);
    assert_eq!(told(&fast), r#"{"number":2,"text":"p"}"#);
    let kept = other.invoke("once", event("s", "p", "", 0, "")).unwrap();
    assert_eq!(told(&kept), told(&fast));
}

#[test]
fn a_record_of_a_batch_that_is_in_progress_is_reported_as_failed() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    let (dynalite, runs) = (with_table(dynalite), Runs::new("batch"));
    let [one, two] = [(), ()].map(|()| builder(&dynalite, &runs).build());
    let message = |id: &str, body: &str| {
        let body = miniserde::json::to_string(body);
        format!(
            r#"{{"messageId":"{id}","body":{body},"eventSource":"aws:sqs","attributes":{{}},
            "awsRegion":"eu-central-1","eventSourceARN":"arn:aws:sqs:eu-central-1:1:q","receiptHandle":"h"}}"#
        )
    };
    let (slow, fast) = thread::scope(|scope| {
        let slow = scope.spawn(|| one.invoke("once", event("a", "p", "", 2000, "")).unwrap());
        thread::sleep(Duration::from_secs(1));
        let (a, b) = (event("a", "p", "", 0, ""), event("b", "p", "", 0, ""));
        let records = [message("1", &a), message("2", &b), message("3", &b)].join(",");
        let batch = format!(r#"{{"Records":[{records}]}}"#);
        let fast = two.invoke("batch", batch).unwrap();
        (slow.join().unwrap(), fast)
    });
    assert_eq!(told(&fast), r#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#, "{:#?}", fast.log);
    assert_eq!((slow.failure, runs.count()), (None, 2));
}

fn at(service: &Service, runs: &Runs, settings: &str) -> Invocation {
    let builder = service.of("aws-once").env("RUNS", runs.0.display().to_string());
    builder.build().invoke("once", event("a", "p", "", 0, settings)).unwrap()
}

fn ok() -> Vec<Step> {
    respond("200 OK", &[], "{}")
}

fn refused() -> Vec<Step> {
    let error = r#"{"__type":"x#AccessDeniedException","message":"no"}"#;
    respond("400 Bad Request", &[], error)
}

#[test]
fn without_the_table_the_function_runs_only_if_that_is_set() {
    let runs = Runs::new("refused");
    let service = Service::start(vec![refused()]);
    assert_eq!(told(&at(&service, &runs, "")), "AccessDeniedException");
    assert_eq!(runs.count(), 0);
    let done = at(&service, &runs, "\"without\"");
    assert_eq!((&*told(&done), runs.count()), (r#"{"number":1,"text":"p"}"#, 1));
    assert!(done.has_logged("perhaps for a second time"), "{:#?}", done.log);
}

#[test]
fn a_lost_response_of_the_table_is_no_duplicate_and_a_result_is_never_lost() {
    let runs = Runs::new("lost");
    // The claim is sent again, by the same owner.
    let service = Service::start(vec![vec![Step::Reset], ok()]);
    assert_eq!(told(&at(&service, &runs, "")), r#"{"number":1,"text":"p"}"#);
    let requests = service.requests();
    let owner = |request: &str| {
        let (_, rest) = request.split_once(r#"":owner":{"S":""#).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    assert_eq!(requests.len(), 3);
    assert_eq!(owner(&requests[0]), owner(&requests[1]));
    assert_eq!(owner(&requests[0]), owner(&requests[2]));
    // The table fails after the function has done its work.
    let service = Service::start(vec![ok(), refused()]);
    let done = at(&service, &runs, "");
    assert_eq!(told(&done), r#"{"number":2,"text":"p"}"#);
    assert!(done.has_logged("a response is not kept"), "{:#?}", done.log);
}

#[test]
fn what_is_cached_needs_no_request() {
    let runs = Runs::new("cached");
    let service = Service::start(vec![ok()]);
    let builder = service.of("aws-once").env("RUNS", runs.0.display().to_string());
    let lambda = builder.build();
    for _ in 0..3 {
        let done = lambda.invoke("once", event("a", "p", "", 0, "\"cached\"")).unwrap();
        assert_eq!(told(&done), r#"{"number":1,"text":"p"}"#);
    }
    let other = lambda.invoke("once", event("a", "q", "", 0, "\"cached\"")).unwrap();
    assert_eq!(told(&other), "Aws.OtherPayload");
    assert_eq!(service.requests().len(), 2);
    // A table of the same name elsewhere has other records.
    let west = || event("a", "q", "", 0, "\"cached\",\"west\"");
    let response = r#"{"number":2,"text":"q"}"#;
    assert_eq!([(); 2].map(|()| told(&lambda.invoke("once", west()).unwrap())), [response; 2]);
    assert_eq!(service.requests().len(), 4);
}

/// All events without a key would be duplicates of the first.
#[test]
fn an_empty_key_is_refused_and_nothing_runs() {
    let (runs, service) = (Runs::new("empty"), Service::start(vec![ok()]));
    let lambda = service.of("aws-once").env("RUNS", runs.0.display().to_string()).build();
    for settings in ["", "\"without\""] {
        let done = lambda.invoke("once", event("", "p", "", 0, settings)).unwrap();
        assert_eq!(told(&done), "Aws.InvalidRequest");
    }
    assert_eq!((runs.count(), service.requests().len()), (0, 0));
}

/// The claim may be there although its response was lost: the next event does not wait for its end.
#[test]
fn a_claim_of_which_nothing_is_known_is_given_back() {
    let runs = Runs::new("unknown");
    let lost = || vec![Step::Close];
    let service = Service::start(vec![lost(), lost(), lost(), ok()]);
    assert_eq!(told(&at(&service, &runs, "")), "Aws.NoResponse");
    let requests = service.requests();
    let actions: Vec<_> = ["PutItem", "PutItem", "PutItem", "DeleteItem"].into();
    let is_it = |(request, action): (&String, &&str)| request.contains(&format!(".{action}\n"));
    assert!(requests.iter().zip(&actions).all(is_it), "{requests:#?}");
    assert_eq!((requests.len(), runs.count()), (4, 0));
}

/// A request that was given up may reach the table later, after the work of another attempt.
#[test]
fn a_claim_that_comes_late_does_not_replace_what_is_done() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    let (dynalite, runs) = (with_table(dynalite), Runs::new("behind"));
    let service = Service::start(vec![ok()]);
    assert_eq!(told(&at(&service, &runs, "")), r#"{"number":1,"text":"p"}"#);
    let requests = service.requests();
    let body = |request: &String| request.split("\n\n").nth(1).unwrap_or_default().to_owned();
    let [claim, end] = &requests.iter().map(body).collect::<Vec<_>>()[..] else { panic!() };
    let told = dynalite.python(&format!(
        "table = client('dynamodb')
claim, end = json.loads({claim:?}), json.loads({end:?})
del claim['ReturnValuesOnConditionCheckFailure']
table.put_item(**claim)
table.put_item(**claim)
table.update_item(**end)
try: print(table.put_item(**claim))
except table.exceptions.ConditionalCheckFailedException: print('refused')
print(table.scan(TableName='done')['Items'][0]['status']['S'])"
    ));
    assert_eq!(told, "refused\nCOMPLETED");
}

/// The Powertools write records without a hash of the payload.
#[test]
fn a_record_is_read_whoever_has_written_it() {
    let runs = Runs::new("others");
    let item = |more| format!(r#"{{"id":{{"S":"i"}},"expiration":{{"N":"9999999999"}}{more}}}"#);
    let refused = |item: &str| {
        let body = format!(r#"{{"__type":"x#ConditionalCheckFailedException"{item}}}"#);
        respond("400 Bad Request", &[], body)
    };
    let kept = r#"{"number":7,"text":"t"}"#;
    let done = item(r#","status":{"S":"COMPLETED"},"data":{"S":"{\"number\":7,\"text\":\"t\"}"}"#);
    let service = Service::start(vec![refused(&format!(r#","Item":{done}"#))]);
    assert_eq!(told(&at(&service, &runs, "")), kept);
    // It is asked for if the error does not have it.
    let found = respond("200 OK", &[], format!(r#"{{"Item":{done}}}"#));
    let service = Service::start(vec![refused(""), found]);
    assert_eq!(told(&at(&service, &runs, "")), kept);
    let request = service.requests().remove(1);
    assert!(request.contains(r#""ConsistentRead":true"#), "{request}");
    // What is no record is not a table that cannot be reached.
    let service = Service::start(vec![refused(&format!(r#","Item":{}"#, item("")))]);
    assert_eq!(told(&at(&service, &runs, "\"without\"")), "Aws.InvalidResponse");
    assert_eq!(runs.count(), 0);
}
