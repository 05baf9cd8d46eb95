//! The variables of a function's environment: the file that sets them, and the names that Lambda
//! keeps for itself.

use crate::conf::read_text;
use crate::error::{Error, ErrorKind};
use std::path::Path;

/// The reserved names, with what sets them here. The region and the credentials are reserved on
/// Lambda too; here they come from the same places as the other variables, since there is no role.
///
/// See "Defined runtime environment variables" on
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
pub(crate) const RESERVED: [(&str, &str); 15] = [
    ("_HANDLER", "name the handler when it is invoked"),
    ("_X_AMZN_TRACE_ID", "send the header X-Amzn-Trace-Id to the Invoke API"),
    ("AWS_EXECUTION_ENV", ""),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "set the memory: --memory, or Builder::memory_mb"),
    (
        "AWS_LAMBDA_FUNCTION_NAME",
        "it is that of the handler with `-` for each dot, or of --functions",
    ),
    ("AWS_LAMBDA_FUNCTION_VERSION", ""),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", ""),
    ("AWS_LAMBDA_LOG_GROUP_NAME", ""),
    ("AWS_LAMBDA_LOG_STREAM_NAME", ""),
    (
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "set the workers on the page, or with Builder::events_per_program",
    ),
    ("AWS_LAMBDA_METADATA_API", ""),
    ("AWS_LAMBDA_METADATA_TOKEN", ""),
    ("AWS_LAMBDA_RUNTIME_API", ""),
    ("LAMBDA_RUNTIME_DIR", ""),
    ("LAMBDA_TASK_ROOT", ""),
];

pub(crate) type Variable = (String, String);

/// Returns why Lambda does not accept a variable. The reason never has the value.
pub(crate) fn check(name: &str, value: &str) -> Result<(), String> {
    check_name(name)?;
    if value.contains('\0') {
        return Err(format!("the value of {name} has a zero byte"));
    }
    let is_of_region = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if is_region(name) && (value.is_empty() || !value.chars().all(is_of_region)) {
        return Err(format!("the value of {name} is not a region such as eu-central-1"));
    }
    Ok(())
}

/// Whether it is one of the variables that the region of the functions is in.
pub(crate) fn is_region(name: &str) -> bool {
    matches!(name, "AWS_REGION" | "AWS_DEFAULT_REGION")
}

fn check_name(name: &str) -> Result<(), String> {
    if let Some((_, instead)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
        let instead = if instead.is_empty() { "remove it" } else { instead };
        return Err(format!("{name} is reserved, Lambda sets it itself: {instead}"));
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if name.len() < 2 || !begins || !name.chars().all(is_word) {
        return Err(format!(
            "{name:?} is not a name for Lambda: it has at least two letters, digits and `_`, and begins \
             with a letter"
        ));
    }
    Ok(())
}

/// Reads a file of variables.
pub(crate) fn read(path: &Path) -> Result<Vec<Variable>, Error> {
    parse(&read_text(path)?, &path.display().to_string())
}

/// Reads variables: in each line `NAME=value`, or `NAME` for the value that it has in the
/// environment of this process. A line that begins with `#` is a comment, and `export ` before a
/// name is ignored. A value goes to the end of its line; of a value in quotes these are removed.
/// There is no other syntax.
pub(crate) fn parse(text: &str, file: &str) -> Result<Vec<Variable>, Error> {
    let mut variables = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let variable = parse_line(line).map_err(|reason| {
            Error::new(ErrorKind::InvalidSettings, format!("{file}:{}: {reason}", number + 1))
        })?;
        variables.extend(variable);
    }
    Ok(variables)
}

fn parse_line(line: &str) -> Result<Option<Variable>, String> {
    let exported = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let line = exported.map_or(line, str::trim_start);
    let (name, value) = match line.split_once('=') {
        Some((name, value)) => (name.trim(), Some(unquoted(name.trim(), value.trim())?.to_owned())),
        None => (line, std::env::var(line).ok()),
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err("this is not NAME=value".to_owned());
    }
    let Some(value) = value else { return check_name(name).map(|()| None) };
    check(name, &value)?;
    Ok(Some((name.to_owned(), value)))
}

fn unquoted<'a>(name: &str, value: &'a str) -> Result<&'a str, String> {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(value);
    };
    let inner = value.get(1..).and_then(|rest| rest.strip_suffix(quote));
    inner.ok_or_else(|| {
        format!(
            "the value of {name} begins with a quote and does not end with it; a value is one line"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text, "local.env").unwrap_err().to_string()
    }

    #[test]
    fn a_file_has_values_comments_and_names() {
        let text = "\u{feff}# a comment\r\nTABLE=orders = all\r\n\n  PATH\nNOT_SET_ANYWHERE\nEMPTY=\n\
                    GREETING=Good morning # everybody\nQUOTED=\" two  blanks \"\nSINGLE='it is'\n\
                    export STAGE=test\nexport\t AGE=7\nCOLOUR = blue \nJSON={\"a\": \"b\"}\n  # another\n";
        let path = std::env::var("PATH").unwrap();
        let expected = [
            ("TABLE", "orders = all"),
            ("PATH", &path),
            ("EMPTY", ""),
            ("GREETING", "Good morning # everybody"),
            ("QUOTED", " two  blanks "),
            ("SINGLE", "it is"),
            ("STAGE", "test"),
            ("AGE", "7"),
            ("COLOUR", "blue"),
            ("JSON", "{\"a\": \"b\"}"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(text, "local.env").unwrap(), expected);
    }

    #[test]
    fn an_error_names_the_file_the_line_and_the_variable_and_no_value() {
        for (name, _) in RESERVED {
            let said = error(&format!("TABLE=orders\n\n{name}=hidden\n"));
            assert!(said.starts_with(&format!("local.env:3: {name} is reserved")), "{said}");
            assert!(!said.contains("hidden"), "{said}");
            // Also if the value would come from the environment.
            assert!(error(name).contains("reserved"), "{name}");
        }
        assert!(error("A B=1").starts_with("local.env:1: this is not NAME=value"));
        assert!(error("=1").contains("not NAME=value"));
        for name in ["A", "1A", "_A", "A-B", "A.B", "Ä1"] {
            assert!(error(&format!("{name}=hidden")).contains("not a name for Lambda"), "{name}");
        }
        let said = error("KEY=\"-----BEGIN\nMIIE\n");
        assert!(said.contains("local.env:1") && said.contains("KEY begins with a quote"), "{said}");
        assert!(error("NUL=a\0b").contains("zero byte"));
        for region in ["", "eu\rX: y", "eu central 1", "eu/../1", "ü-west-1"] {
            let said = error(&format!("AWS_REGION={region}"));
            assert!(said.ends_with("AWS_REGION is not a region such as eu-central-1"), "{said}");
        }
    }

    #[test]
    fn what_lambda_lets_a_user_set_is_set() {
        for name in [
            "PATH",
            "LD_LIBRARY_PATH",
            "LANG",
            "TZ",
            "AWS_XRAY_DAEMON_ADDRESS",
            "AWS_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_ENDPOINT_URL",
            "AWS_LAMBDA_LOG_FORMAT",
            "RUST_BACKTRACE",
        ] {
            assert_eq!(check(name, "x"), Ok(()), "{name}");
        }
    }
}
