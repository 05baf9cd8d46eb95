//! What deploying says of the functions, in `functions.conf`, as far as it is seen locally: their
//! names on Lambda, their timeout and memory, and which are durable. The other settings are for
//! deploying, which checks them. What is refused here is what deploying refuses.

use crate::conf::{BLANKS, Conf, Setting};
use crate::error::Error;
use crate::names::{Names, is_name};
use crate::settings::{self, FileLimits, Limits, Settings};
use std::path::Path;
use std::str::FromStr;

/// The longest name of a function, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The settings of a function. `scripts/functions.awk` reads them when it is deployed.
const KEYS: [&str; 9] =
    ["memory", "timeout", "tracing", "env", "url", "alias", "durable", "role", "name"];

/// Lambda refuses less, in MB. A test may ask for less by another way.
const MIN_MEMORY_MB: u32 = 128;

/// The longest execution of a durable function, in seconds, and how long its history is kept, in
/// days.
const MAX_DURABLE: [u32; 2] = [31_622_400, 90];

#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub names: Names,
    pub limits: FileLimits,
    pub durable: Vec<String>,
}

pub(crate) fn read(path: &Path) -> Result<Functions, Error> {
    of(&Conf::read(path)?)
}

fn of(conf: &Conf) -> Result<Functions, Error> {
    let handlers = conf.handlers.iter().map(|(line, name)| (conf.place(*line), name.clone()));
    let mut functions = Functions { names: Names::of_file(handlers), ..Functions::default() };
    for (index, setting) in conf.settings.iter().enumerate() {
        let is_same = |it: &Setting| (&it.key, &it.handler) == (&setting.key, &setting.handler);
        let is_again = setting.key != "env" && conf.settings.iter().take(index).any(is_same);
        let done = if is_again {
            Err(format!("{} is set twice", setting.key))
        } else {
            functions.set(conf, setting)
        };
        done.map_err(|message| conf.wrong(setting.line, &message))?;
    }
    // Those that have the name of their handler, too.
    for (index, (line, handler)) in conf.handlers.iter().enumerate() {
        let name = functions.names.function_of(handler);
        let has_name = |(_, other): &(usize, String)| functions.names.function_of(other) == name;
        let message = if conf.handlers.iter().take(index).any(has_name) {
            format!("another function is called {name}, too: give one of them another `name`")
        } else if !is_name(&name, MAX_NAME_BYTES, "-_") {
            format!("a function cannot be called {name}: {NAME}")
        } else {
            continue;
        };
        return Err(conf.wrong(*line, &message));
    }
    Ok(functions)
}

const NAME: &str = "give it a `name` of at most 64 letters, digits, - and _";

impl Functions {
    /// Replaces what the file has said before.
    pub fn apply(self, settings: &mut Settings) {
        settings.names = self.names;
        settings.file_limits = self.limits;
        // A program that is started here says itself which of its handlers are durable.
        let is_by_hand = !settings.by_hand.is_empty();
        settings.file_durable = if is_by_hand { self.durable } else { Vec::new() };
    }

    fn set(
        &mut self,
        conf: &Conf,
        Setting { handler, key, value, .. }: &Setting,
    ) -> Result<(), String> {
        match (&**key, handler) {
            ("timeout" | "memory", handler) => {
                let limits = match handler {
                    Some(handler) => self.limits.each.entry(handler.clone()).or_default(),
                    None => &mut self.limits.all,
                };
                return set(limits, key, value);
            }
            ("name", None) => {
                return Err("name is for one function: write it below its [handler]".to_owned());
            }
            ("name", Some(handler)) => {
                if !is_name(value, MAX_NAME_BYTES, "-_") {
                    return Err("a name has at most 64 letters, digits, - and _".to_owned());
                }
                if !self.names.give(handler, value) {
                    return Err("another function has this name".to_owned());
                }
            }
            ("durable", handler) => {
                check_durable(value)?;
                // Without a handler it is for all.
                let all = conf.handlers.iter().map(|(_, handler)| handler);
                let named = all.filter(|it| handler.as_ref().is_none_or(|one| one == *it));
                self.durable.extend(named.cloned());
            }
            (known, _) if KEYS.contains(&known) => {}
            _ => {
                return Err(format!("there is no setting {key:?}; there are: {}", KEYS.join(", ")));
            }
        }
        Ok(())
    }
}

/// Reads a number of digits that does not begin with a zero.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn set(limits: &mut Limits, key: &str, value: &str) -> Result<(), String> {
    let number: f64 =
        number(value).ok_or_else(|| format!("{key} is a number, and here {value:?}"))?;
    if key == "memory" {
        let memory = settings::memory_mb(number)?;
        if memory < MIN_MEMORY_MB {
            return Err(format!("memory is {MIN_MEMORY_MB} MB at least"));
        }
        limits.memory_mb = Some(memory);
    } else {
        // Up to the longest one: that of managed instances.
        limits.timeout = Some(settings::timeout(number, Some(1))?);
    }
    Ok(())
}

fn check_durable(value: &str) -> Result<(), String> {
    let parts: Vec<_> =
        value.split(BLANKS).filter(|part| !part.is_empty()).map(number::<u32>).collect();
    let [Some(seconds), Some(days)] = parts[..] else {
        return Err(
            "durable is two numbers, the SECONDS of an execution and the DAYS of its history \
                    after it"
                .to_owned(),
        );
    };
    let [most_seconds, most_days] = MAX_DURABLE;
    if seconds > most_seconds {
        return Err(format!(
            "an execution lasts {most_seconds} seconds at most, which are 366 days"
        ));
    }
    if days > most_days {
        return Err(format!("a history is kept for {most_days} days at most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::{self, RESERVED};
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;
    use std::process::Command;
    use std::time::Duration;

    #[test]
    fn a_file_that_is_read_again_replaces_all_that_it_has_said() {
        let mut settings = Settings::new("program".into());
        let mut read = |text, is_by_hand: bool| {
            settings.by_hand = is_by_hand.then(|| "a".to_owned()).into_iter().collect();
            of(&Conf::parse("f", text).unwrap()).unwrap().apply(&mut settings);
            (settings.is_durable("a"), settings.memory_mb_of("a"))
        };
        assert_eq!(read("[a]\ndurable 60 1\nmemory 256\n", true), (true, 256));
        assert_eq!(read("[a]\n", true), (false, 128));
        assert_eq!(read("[a]\ndurable 60 1\n", false), (false, 128));
    }

    #[test]
    fn a_file_gives_names_and_limits_and_says_what_is_durable() {
        let text = "memory 256\n[a.b]\nname orders_2\ntimeout 30\ndurable 60 1\n[c]\nurl public\n";
        let functions = of(&Conf::parse("f", text).unwrap()).unwrap();
        let mut settings = Settings::new("program".into());
        settings.file_limits = functions.limits;
        let limits = |settings: &Settings, handler: &str| {
            (settings.timeout_of(handler).as_secs(), settings.memory_mb_of(handler))
        };
        assert_eq!(
            ["a.b", "c", "d"].map(|it| limits(&settings, it)),
            [(30, 256), (3, 256), (3, 256)]
        );
        // What the user sets is for all.
        settings.limits.timeout = Some(Duration::from_secs(7));
        assert_eq!(["a.b", "c"].map(|it| limits(&settings, it)), [(7, 256), (7, 256)]);
        assert_eq!(functions.names.function_of("a.b"), "orders_2");
        assert_eq!(functions.names.function_of("c.d"), "c-d");
        assert_eq!(functions.durable, ["a.b"]);
        let known = ["a.b", "d"].map(str::to_owned);
        let said = "f, line 6: the program has no handler c; it has: a.b, d";
        assert_eq!(functions.names.unknown(&known), [said]);
        assert_eq!(functions.names.unknown(&[]), [""; 0]);
        for (text, said) in [
            ("name a", "line 1: name is for one function"),
            ("[a]\nname a.b", "line 2: a name has at most 64"),
            ("[a]\nname", "line 2: a name has"),
            ("[a]\ntimeout 30 s", "line 2: timeout is a number, and here \"30 s\""),
            ("timeout 0.5", "line 1: timeout is a number, and here \"0.5\""),
            ("\ntimeout 5401", "line 2: the timeout is from 0.001 to"),
            ("timeout 0", "line 1: timeout is a number, and here \"0\""),
            ("[a]\nmemory", "line 2: memory is a number, and here \"\""),
            ("[a]\nmemory 32769", "line 2: the memory is from 1 to"),
            ("[a]\nname b\nname c", "line 3: name is set twice"),
            ("[a]\nname c\n[b]\nname c", "line 4: another function has this name"),
            ("[a.b]\n\n[a-b]", "line 3: another function is called a-b, too: give one of them"),
            ("[a/b]", "line 1: a function cannot be called a/b: give it a `name` of at most 64"),
            (
                "memory\u{a0}128",
                "line 1: there is no setting \"memory\\u{a0}128\"; there are: memory",
            ),
            ("durable 60", "line 1: durable is two numbers, the SECONDS of an execution"),
        ] {
            let error = of(&Conf::parse("f", text).unwrap()).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

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
}
