//! Metrics: what a function adds, and the lines that CloudWatch reads.

#[path = "../../tests/support/mod.rs"]
mod support;

use minilambda_local::{Builder, Invocation, Lambda};
use miniserde::json::{self, Array, Number, Object, Value};
use std::collections::BTreeSet;
use std::time::Duration;
use support::fake_api::{FakeApi, Reply};

// ---- the embedded metric format

/// The units of CloudWatch.
const UNITS: &str = "Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes \
    Bits Kilobits Megabits Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second \
    Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second Kilobits/Second \
    Megabits/Second Gigabits/Second Terabits/Second Count/Second None";

fn object(value: &Value) -> Result<&Object, String> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err("not an object".to_owned()),
    }
}

fn array(value: &Value) -> Result<&Array, String> {
    match value {
        Value::Array(array) => Ok(array),
        _ => Err("not an array".to_owned()),
    }
}

fn text(value: &Value, max: usize) -> Result<&str, String> {
    match value {
        Value::String(text) if (1..=max).contains(&text.chars().count()) => Ok(text),
        _ => Err(format!("no text of 1 to {max} characters")),
    }
}

fn number(value: &Value) -> Result<f64, String> {
    let Value::Number(number) = value else { return Err("not a number".to_owned()) };
    let number: f64 = number.to_string().parse().map_err(|_| "not a number".to_owned())?;
    if number.is_finite() { Ok(number) } else { Err("not finite".to_owned()) }
}

/// The fields of an object, which has all of `required` and no others than those and `optional`.
fn fields<'a>(
    value: &'a Value,
    required: &[&str],
    optional: &[&str],
) -> Result<&'a Object, String> {
    let fields = object(value)?;
    let missing = required.iter().find(|name| !fields.contains_key(**name));
    let unknown =
        fields.keys().find(|name| !required.iter().chain(optional).any(|known| known == name));
    match (missing, unknown) {
        (None, None) => Ok(fields),
        found => Err(format!("missing or unknown: {found:?}")),
    }
}

/// Checks a line by the rules of the specification, and those of `PutMetricData`.
fn check(line: &str) -> Result<Object, String> {
    if line.len() > 256 * 1024 {
        return Err("longer than 256 KB".to_owned());
    }
    let document: Object = json::from_str(line).map_err(|_| "not a JSON object".to_owned())?;
    let about = document.get("_aws").ok_or("without _aws")?;
    let about = fields(about, &["Timestamp", "CloudWatchMetrics"], &[])?;
    if !matches!(about["Timestamp"], Value::Number(Number::U64(1_600_000_000_000..))) {
        return Err("the time is not in milliseconds since 1970".to_owned());
    }
    for directive in array(&about["CloudWatchMetrics"])? {
        let directive = fields(directive, &["Namespace", "Dimensions", "Metrics"], &[])?;
        text(&directive["Namespace"], 256)?;
        let lists = array(&directive["Dimensions"])?;
        if lists.is_empty() {
            return Err("no list of dimensions".to_owned());
        }
        let mut names = BTreeSet::from(["_aws"]);
        for list in lists {
            let list = array(list)?;
            let mut of_list = BTreeSet::new();
            for name in list {
                let name = text(name, 250)?;
                let value = document.get(name).ok_or("a dimension without a value")?;
                text(value, 1024)?;
                if !of_list.insert(name) {
                    return Err("a dimension twice".to_owned());
                }
                names.insert(name);
            }
            if list.len() > 30 {
                return Err("more than 30 dimensions".to_owned());
            }
        }
        let metrics = array(&directive["Metrics"])?;
        if !(1..=100).contains(&metrics.len()) {
            return Err("not 1 to 100 metrics".to_owned());
        }
        for metric in metrics {
            let metric = fields(metric, &["Name"], &["Unit", "StorageResolution"])?;
            let name = text(&metric["Name"], 1024)?;
            if !names.insert(name) {
                return Err("a metric twice, or named like a dimension".to_owned());
            }
            if metric.get("Unit").is_some_and(|unit| {
                text(unit, 100).is_ok_and(|unit| !UNITS.split_whitespace().any(|it| it == unit))
            }) {
                return Err("an unknown unit".to_owned());
            }
            let resolution = metric.get("StorageResolution");
            if resolution.is_some_and(|it| !matches!(json::to_string(it).as_str(), "1" | "60")) {
                return Err("an unknown resolution".to_owned());
            }
            match document.get(name).ok_or("a metric without a value")? {
                Value::Array(values) if (1..=100).contains(&values.len()) => {
                    values.iter().try_for_each(|value| number(value).map(drop))?;
                }
                Value::Array(_) => return Err("not 1 to 100 values".to_owned()),
                value => drop(number(value)?),
            }
        }
    }
    Ok(document)
}

/// The documents of a log, each of which is valid.
fn documents(log: &[String]) -> Vec<Object> {
    let lines = log.iter().filter(|line| line.starts_with('{'));
    lines.map(|line| check(line).unwrap_or_else(|reason| panic!("{reason}: {line}"))).collect()
}

/// A part of a document, as JSON.
fn part(document: &Object, name: &str) -> String {
    document.get(name).map(json::to_string).unwrap_or_default()
}

/// The directive of a document, as JSON without the time.
fn directive(document: &Object) -> String {
    json::to_string(&object(&document["_aws"]).unwrap()["CloudWatchMetrics"])
}

/// All values of a metric in some documents.
fn values(documents: &[Object], name: &str) -> Vec<f64> {
    let found = documents.iter().filter_map(|document| document.get(name));
    let all = found.flat_map(|value| match value {
        Value::Array(values) => values.iter().map(|value| number(value).unwrap()).collect(),
        value => vec![number(value).unwrap()],
    });
    all.collect()
}

fn function() -> Builder {
    Lambda::builder(Lambda::path_of_example("aws-metrics"))
}

fn invoke(lambda: &Lambda, handler: &str, event: &str) -> Invocation {
    let done = lambda.invoke(handler, event).unwrap();
    assert!(!done.has_logged("secret"), "{:#?}", done.log);
    done
}

/// The log of a program that gets these events of a service of the test.
fn serve(
    events: impl IntoIterator<Item = Reply>,
    handler: &str,
    variables: &[(&str, &str)],
) -> Vec<String> {
    let api = FakeApi::start(events, []);
    let mut program = support::program::example("aws-metrics");
    program.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", handler);
    program.env("AWS_LAMBDA_FUNCTION_NAME", "metrics").envs(variables.iter().copied());
    let ended = support::program::end(&mut program, b"");
    ended.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn the_check_finds_each_fault() {
    let fine = concat!(
        r#"{"_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"shop","#,
        r#""Dimensions":[["a"],["a","b"]],"Metrics":[{"Name":"m","Unit":"Bytes/Second","#,
        r#""StorageResolution":1},{"Name":"n"}]}]},"a":"x","b":"y","m":[1,2.5],"n":3,"id":null}"#
    );
    assert!(check(fine).is_ok(), "{:?}", check(fine).err());
    let many = format!("[{}1]", "1,".repeat(100));
    let long = format!("\"{}\"", "x".repeat(256 * 1024));
    for (from, to) in [
        ("_aws", "aws"),
        ("1700000000000", "1700000000"),
        ("\"Namespace\":\"shop\",", ""),
        ("\"shop\"", "\"\""),
        ("\"shop\"", "\"shop\",\"Other\":1"),
        ("[[\"a\"],[\"a\",\"b\"]]", "[]"),
        ("[\"a\"],", "[\"a\",\"a\"],"),
        ("[\"a\"],", "\"a\","),
        ("\"a\":\"x\"", "\"a\":1"),
        ("\"a\":\"x\"", "\"a\":\"\""),
        ("\"a\":\"x\",", ""),
        ("Bytes/Second", "Bytes/Minute"),
        ("Resolution\":1", "Resolution\":2"),
        ("\"Name\":\"n\"", "\"Name\":\"m\""),
        ("\"Name\":\"n\"", "\"Name\":\"a\""),
        ("\"Name\":\"n\"", "\"Name\":\"o\""),
        ("[1,2.5]", "[]"),
        ("[1,2.5]", "[\"1\"]"),
        ("[1,2.5]", &many),
        ("\"n\":3", "\"n\":null"),
        ("null", &long),
    ] {
        assert!(fine.contains(from), "{from}");
        assert!(check(&fine.replacen(from, to, 1)).is_err(), "{from} -> {to}");
    }
}

#[test]
fn an_invocation_is_one_line_with_all_that_was_added_also_after_an_error_and_a_panic() {
    let lambda = function().build();
    for (at, end) in ["fine", "error", "panic", "fine"].into_iter().enumerate() {
        let event = format!(r#"{{"id":"A-\"1\"","pieces":[3,4.5],"end":"{end}"}}"#);
        let done = invoke(&lambda, "order", &event);
        let mut documents = documents(&done.log);
        if at == 0 {
            let start = documents.remove(0);
            let expected = concat!(
                r#"[{"Dimensions":[["function_name","service"]],"Metrics":[{"Name":"ColdStart","#,
                r#""Unit":"Count"}],"Namespace":"shop"}]"#
            );
            assert_eq!(directive(&start), expected);
            let named = ["function_name", "service", "ColdStart"].map(|name| part(&start, name));
            assert_eq!(named, ["\"order\"", "\"orders\"", "1.0"]);
            assert!(done.has_logged("the default dimension \"\" is not set"), "{:#?}", done.log);
        }
        assert_eq!(documents.len(), 1, "{end}: {:#?}", done.log);
        let expected = concat!(
            r#"[{"Dimensions":[["service","Stage","Country"],["service","Stage","Country","City"],"#,
            r#"["service","Stage","Country","Shop"]],"Metrics":[{"Name":"Orders","Unit":"Count"},"#,
            r#"{"Name":"Pieces","StorageResolution":1,"Unit":"Count/Second"}],"Namespace":"shop"}]"#
        );
        assert_eq!(directive(&documents[0]), expected, "{end}");
        for (name, value) in [
            ("Orders", "1.0"),
            ("Pieces", "[3.0,4.5]"),
            ("service", "\"orders\""),
            ("Stage", "\"prod\""),
            ("Country", "\"DE\""),
            ("City", "\"Berlin\""),
            ("Shop", r#""a\"b\\c""#),
            ("order", r#""A-\"1\"""#),
            ("place", "{\"shelf\":7}"),
        ] {
            assert_eq!(part(&documents[0], name), value, "{end} {name}");
        }
        assert_eq!(done.failure.is_some(), end != "fine");
    }
    // Nothing of it is in the next invocation, and without metrics there is no line.
    let done = invoke(&lambda, "order", r#"{"id":"A-2","pieces":[],"end":"fine"}"#);
    let documents = documents(&done.log);
    assert_eq!((documents.len(), part(&documents[0], "Pieces")), (1, String::new()));
    let done = invoke(&lambda, "forgetful", "\"Visits\"");
    assert!(!done.has_logged("Orders"), "{:#?}", done.log);
}

#[test]
fn more_than_a_line_takes_is_several_lines_of_the_same_dimensions() {
    let lambda = function().build();
    for (names, count, lines) in [(100, 1, 1), (101, 1, 2), (1, 101, 2), (250, 1, 3), (3, 250, 3)] {
        let event = format!(r#"{{"names":{names},"values":{count}}}"#);
        let done = invoke(&lambda, "many", &event);
        let documents = documents(&done.log);
        let documents: Vec<_> =
            documents.into_iter().filter(|it| !it.contains_key("ColdStart")).collect();
        assert_eq!(documents.len(), lines, "{event}");
        for document in &documents {
            assert!(directive(document).contains(r#"[["service","Stage","Late"]]"#));
        }
        for name in 0..names {
            let found = values(&documents, &format!("Metric{name}"));
            assert_eq!(found, (0..count).map(f64::from).collect::<Vec<_>>(), "{event} {name}");
        }
    }
    // What is kept has an end, and nothing is lost.
    let done = invoke(&lambda, "many", r#"{"names":7,"values":3000}"#);
    let documents = documents(&done.log);
    for name in 0..7 {
        assert_eq!(values(&documents, &format!("Metric{name}")).len(), 3000);
    }
}

#[test]
fn each_of_several_invocations_at_once_has_its_own_metrics() {
    let pause = Duration::from_millis(500);
    let events = (0..4).map(|id| Reply::event(&format!("id-{id}"), format!("\"w{id}\"")));
    let events = events.map(|event| event.after(pause));
    // The end of one worker is that of all.
    let end = Reply::new(500, &[], "that was all").after(pause * 3);
    let ended = serve(events.chain([end]), "worker", &[("AWS_LAMBDA_MAX_CONCURRENCY", "4")]);
    let documents = documents(&ended);
    for id in 0..4 {
        let id = format!("\"w{id}\"");
        let own: Vec<_> = documents.iter().filter(|it| part(it, "Id") == id).collect();
        let [own] = own[..] else { panic!("{id}: {documents:?}") };
        for name in ["Begun", "Attached", "Ended"] {
            assert_eq!(part(own, name), "1.0", "{id} {name}");
        }
        assert_eq!(part(own, "Unknown"), "", "a thread without an invocation");
    }
    assert_eq!(values(&documents, "Unknown").len(), 4, "{documents:?}");
}

/// With several workers, nobody else has the id of an invocation that is over.
#[test]
fn the_metrics_of_a_thread_that_goes_on_come_with_a_later_invocation() {
    for workers in ["1", "3"] {
        // Three workers ask at the same time.
        let pause = Duration::from_millis(400);
        let events = [("a", 100, pause), ("b", 100, pause * 2), ("c", 60_000, pause * 3)];
        let events = events.map(|(id, ms, at)| Reply::event(id, ms.to_string()).after(at));
        let end = Reply::new(500, &[], "that was all").after(pause * 4);
        let variables = [("AWS_LAMBDA_MAX_CONCURRENCY", workers)];
        let ended = serve(events.into_iter().chain([end]), "late", &variables);
        let documents = documents(&ended);
        let late: Vec<_> = documents.iter().filter(|it| it.contains_key("Late")).collect();
        assert_eq!(late.len(), 2, "{workers}: {documents:?}");
        let ids: BTreeSet<_> = late.iter().map(|it| part(it, "Thread")).collect();
        assert_eq!(ids, BTreeSet::from(["\"a\"", "\"b\""].map(str::to_owned)), "{workers}");
    }
}

#[test]
fn a_process_that_waits_for_its_first_event_has_no_cold_start() {
    for (kind, count) in [
        ("on-demand", 1),
        ("snap-start", 1),
        ("provisioned-concurrency", 0),
        ("lambda-managed-instances", 0),
    ] {
        let order = Reply::event("1", r#"{"id":"A-1","pieces":[],"end":"fine"}"#);
        let variables = [("AWS_LAMBDA_INITIALIZATION_TYPE", kind)];
        let log = serve([order], "order", &variables);
        let documents = documents(&log);
        assert_eq!(values(&documents, "ColdStart").len(), count, "{kind}: {log:#?}");
        assert_eq!(values(&documents, "Orders").len(), 1, "{kind}: {log:#?}");
    }
}

#[test]
fn a_local_run_has_a_cold_start_without_the_name_of_a_function() {
    let mut program = support::program::example("aws-metrics");
    let event = r#"{"id":"A-1","pieces":[],"end":"fine"}"#;
    let ended = support::program::end(program.arg("order"), event.as_bytes());
    assert!(!ended.stderr.contains("ColdStart"), "{}", ended.stderr);
    let log: Vec<_> = ended.stdout.lines().map(str::to_owned).collect();
    let start = documents(&log).into_iter().find(|it| it.contains_key("ColdStart")).unwrap();
    assert!(directive(&start).contains(r#""Dimensions":[["service"]]"#), "{start:?}");
}

#[test]
fn metrics_that_are_not_flushed_come_with_the_next_invocation() {
    let lambda = function().env("AWS_EMF_NAMESPACE", "of/environment").build();
    let logs =
        ["\"First\"", "\"Second\"", "\"Third\""].map(|name| invoke(&lambda, "forgetful", name));
    let found = logs.map(|done| -> Vec<String> {
        let documents = documents(&done.log);
        let of_environment = documents.iter().filter(|it| directive(it).contains("of/environment"));
        let names = of_environment.flat_map(|it| it.keys().cloned());
        names.filter(|name| name != "_aws").collect()
    });
    assert_eq!(found.map(|names| names.concat()), ["", "First", "Second"]);
}

#[test]
fn what_is_ambiguous_is_left_out_and_the_log_says_why() {
    let lambda = function().build();
    let done = invoke(&lambda, "refused", "null");
    assert_eq!(values(&documents(&done.log), "Good"), [1.0]);
    for reason in [
        "the metric \"Good\" is not written: its value NaN is not finite",
        "the metric \"Good\" is not written: it has values with another unit",
        "the dimension \"Good\" of the metrics is not added: the dimension \"Good\" is named like",
        "the dimension \"Stage\" of the metrics is not added: the dimension \"Stage\" is there with",
        "a list of dimensions of the metrics is not added: the dimension \"Stage\" is there with",
        "the metadata \"Stage\" of the metrics is not added: a metric or a dimension has its name",
    ] {
        assert!(done.has_logged(reason), "{reason}: {:#?}", done.log);
    }
}

#[test]
fn what_a_durable_function_repeats_is_not_written_again() {
    let done = invoke(&function().build(), "repeated", "null");
    let documents = documents(&done.log);
    assert!(values(&documents, "Again").is_empty());
    let new = documents.iter().find(|document| document.contains_key("New")).unwrap();
    assert_eq!(part(new, "Step"), "\"first\"");
}
