//! `functions.conf` is read here as by `scripts/functions.awk`, with which a project is deployed.

use crate::conf::Conf;
use crate::functions_file::of;
use crate::variables::{self, RESERVED};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Handlers, with the name, the memory, the timeout and whether it is durable.
type Read = Vec<[String; 5]>;

/// The script that reads the file when a project is deployed.
fn script() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("examples/template/scripts/functions.awk")
}

/// What it reads.
fn of_awk(text: &str) -> Result<Read, String> {
    let plan = std::env::temp_dir().join(format!("minilambda-plan-{}", crate::ids::hex(16)));
    fs::create_dir(&plan).unwrap();
    fs::write(plan.join("functions.conf"), text).unwrap();
    let mut awk = Command::new("awk");
    awk.arg("-v").arg(format!("plan={}", plan.display())).arg("-f");
    awk.arg(script());
    let done = awk.arg(plan.join("functions.conf")).output().unwrap();
    let of = |number: usize| {
        let file = |name| fs::read_to_string(plan.join(number.to_string()).join(name));
        let value = |name| file(name).unwrap_or_default().trim_end().to_owned();
        let handler = file("handler").ok()?.trim_end().to_owned();
        let is_durable = (!value("durable").is_empty()).to_string();
        Some([handler, value("name"), value("memory"), value("timeout"), is_durable])
    };
    let read = (1..).map_while(of).collect();
    fs::remove_dir_all(&plan).unwrap();
    if done.status.success() {
        return Ok(read);
    }
    Err(String::from_utf8(done.stderr).unwrap())
}

fn of_conf(text: &str) -> Result<Read, String> {
    let conf = Conf::parse("functions.conf", text).map_err(|error| error.to_string())?;
    let functions = of(&conf).map_err(|error| error.to_string())?;
    let row = |(_, handler): &(usize, String)| {
        let limits = functions.limits.of(handler);
        let memory = limits.memory_mb.map(|memory| memory.to_string());
        let timeout = limits.timeout.map(|timeout| timeout.as_secs().to_string());
        let is_durable = functions.durable.contains(handler).to_string();
        let [memory, timeout] = [memory, timeout].map(Option::unwrap_or_default);
        [handler.clone(), functions.names.function_of(handler), memory, timeout, is_durable]
    };
    Ok(conf.handlers.iter().map(row).collect())
}

/// Files with handlers.
const FILES: [&str; 29] = [
    "[a]",
    "\u{feff}[a]\nmemory 256",
    "\u{feff}\u{feff}[a]",
    "[a]\r\nmemory 256\r\n\r\n# of all\r\n[b]\r\n",
    "\t[a] \n  # no setting\n\tmemory\t 256\t\n",
    "memory 256\ntimeout 7\n[a]\n[b.c]\nmemory 512\n[d]\ntimeout 9\nname other\n",
    "durable 60 1\n[a]\n[b]",
    "durable 60 1\n[a]\n[b]\ndurable 7 2\nmemory 128",
    "[a]\ndurable 60\t1\n[b]",
    "tracing on\nrole r\n[a]\nurl iam\nalias live\nenv AB=1\nenv AC=\n[b]\nenv AB= 2 ",
    "memory 128\n[a]\nmemory 256\n[b]\n",
    "[]",
    "[a",
    "[a b]",
    "[a]b",
    "[a] # of orders",
    "[[a]",
    "[a]]",
    "[a]\n[a]",
    "[a\tb]",
    "[a.b]\n[a-b]",
    "[a.b]\n[c]\nname a-b",
    "[a]\nname c\n[b]\nname c",
    "[a/b]",
    "[a/b]\nname c",
    "[a.b]\nname c\n[a-b]",
    "[é]",
    "[é]\nname e",
    "name b\n[a]",
];

/// What is set for one handler and for all.
const SETTINGS: [&str; 54] = [
    "memory",
    "memory 127",
    "memory 128",
    "memory 0128",
    "memory +128",
    "memory 1e3",
    "memory 256.0",
    "memory 32768",
    "memory 32769",
    "memory 99999999999999999999",
    "memory 256 MB",
    "memory\u{a0}256",
    "memory 256\u{a0}",
    "memory = 256",
    "memory=256",
    "Memory 256",
    "memory 256\nmemory 256",
    "memory -256",
    "memory inf",
    "memory ٣",
    "timeout",
    "timeout 0",
    "timeout 0.5",
    "timeout 1",
    "timeout 01",
    "timeout 30 s",
    "timeout 5400",
    "timeout 5401",
    "timeout 1_0",
    "timeout 3\ntimeout 4",
    "name",
    "name b.c",
    "name b c",
    "name b\nname b",
    "name B_c-1",
    "name é",
    "durable",
    "durable 60",
    "durable 60 1 1",
    "durable 0 1",
    "durable 60 0",
    "durable 60 91",
    "durable 60 90",
    "durable 31622400 1",
    "durable 31622401 1",
    "durable 60 1\ndurable 60 1",
    "durable 060 1",
    "durable 60\u{a0}1",
    "durable on",
    "topic a",
    "queue",
    "tracing on\ntracing on",
    "env AB=1\nenv AC=1",
    "env AB=#1",
];

/// A function is here what it becomes on Lambda, and what is wrong is said before.
#[test]
fn a_file_is_read_as_it_is_for_deploying() {
    let mut texts: Vec<String> = FILES.map(str::to_owned).into();
    let long = ["x".repeat(64), "x".repeat(65)];
    texts.extend(long.iter().flat_map(|it| [format!("[{it}]"), format!("[a]\nname {it}")]));
    for setting in SETTINGS {
        texts.extend([format!("[a]\n{setting}"), format!("{setting}\n[a]")]);
    }
    let mut wrong = Vec::new();
    for text in &texts {
        let (awk, conf) = (of_awk(text), of_conf(text));
        let is_same = match (&awk, &conf) {
            (Ok(awk), Ok(conf)) => awk == conf,
            // What is wrong with several lines has no line in the script.
            (Err(awk), Err(conf)) => {
                let place = awk.strip_prefix("error: ").and_then(|it| it.split(": ").next());
                place.is_some_and(|place| conf.contains(place))
            }
            _ => false,
        };
        if !is_same {
            wrong.push(format!("{text:?}: deployed {awk:?}, here {conf:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// On Lambda the region and the credentials are reserved, too: here they come from the user.
#[test]
fn a_variable_has_a_name_for_deploying_if_it_has_one_here() {
    const OF_ROLE: [&str; 6] = [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    let script = fs::read_to_string(script()).unwrap();
    let words = script.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    let names = RESERVED.iter().map(|(name, _)| *name).chain(words);
    let names = names.filter(|name| !OF_ROLE.contains(name) && name.contains('_'));
    let others =
        ["A", "1A", "AB", "A1", "A_", "a_1", "A-B", "A.B", "\u{c4}1", "PATH", "TZ", "A\tB"];
    for name in names.chain(others).collect::<BTreeSet<_>>() {
        let (awk, here) = (of_awk(&format!("[a]\nenv {name}=x")), variables::check(name, "x"));
        assert_eq!(awk.is_ok(), here.is_ok(), "{name}: {awk:?}, {here:?}");
    }
}
