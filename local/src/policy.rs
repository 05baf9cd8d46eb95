//! The policies that Lambda authorizers return.
//!
//! See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>.

use crate::glob;
use crate::json;
use miniserde::json::{Object, Value};

/// The action that a call of an API is.
const ACTION: &str = "execute-api:Invoke";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// By a statement.
    Denied,
    /// By the lack of a statement.
    NotAllowed,
}

/// Decides whether a policy allows the call of a method.
///
/// # Errors
/// If it is not a policy, or one with elements that are not evaluated here.
pub(crate) fn evaluate(policy: &Object, method_arn: &str) -> Result<Verdict, String> {
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement @ Value::Object(_)) => vec![statement],
        _ => return Err("the policyDocument has no Statement".to_owned()),
    };
    let mut verdict = Verdict::NotAllowed;
    for statement in statements {
        let Value::Object(statement) = statement else {
            return Err("a Statement of the policyDocument is not an object".to_owned());
        };
        for name in ["Condition", "NotAction", "NotResource"] {
            if statement.contains_key(name) {
                return Err(format!("a Statement has {name}, which is not evaluated locally"));
            }
        }
        let is_meant = any(statement, "Action", |action| {
            glob::matches(&action.to_ascii_lowercase(), &ACTION.to_ascii_lowercase())
        })? && any(statement, "Resource", |arn| glob::matches(arn, method_arn))?;
        match json::string(statement, "Effect") {
            Some("Deny") if is_meant => return Ok(Verdict::Denied),
            Some("Allow") if is_meant => verdict = Verdict::Allowed,
            Some("Allow" | "Deny") => {}
            _ => return Err("the Effect of a Statement is neither Allow nor Deny".to_owned()),
        }
    }
    Ok(verdict)
}

/// Whether one of an element's texts is meant; it is a text or a list of them.
fn any(statement: &Object, name: &str, is_meant: impl Fn(&str) -> bool) -> Result<bool, String> {
    let wrong = || format!("the {name} of a Statement is not a text or a list of texts");
    match statement.get(name) {
        Some(Value::String(text)) => Ok(is_meant(text)),
        Some(Value::Array(values)) => {
            let mut found = false;
            for value in values {
                let Value::String(text) = value else { return Err(wrong()) };
                found |= is_meant(text);
            }
            Ok(found)
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:local/local/GET/pets/42";

    fn evaluated(statements: &str) -> Result<Verdict, String> {
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
        evaluate(&json::parse_object(policy.as_bytes()).unwrap(), ARN)
    }

    #[test]
    fn a_denial_is_stronger_and_silence_allows_nothing() {
        let allow = r#"{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}"#;
        let deny =
            r#"{"Effect":"Deny","Action":["execute-api:*"],"Resource":["x","*/GET/pets/*"]}"#;
        let other = r#"{"Effect":"Deny","Action":"*","Resource":"*/POST/*"}"#;
        assert_eq!(evaluated(&format!("[{allow},{other}]")), Ok(Verdict::Allowed));
        assert_eq!(evaluated(&format!("[{allow},{deny}]")), Ok(Verdict::Denied));
        assert_eq!(evaluated(&format!("[{deny},{allow}]")), Ok(Verdict::Denied));
        assert_eq!(evaluated(allow), Ok(Verdict::Allowed));
        assert_eq!(evaluated("[]"), Ok(Verdict::NotAllowed));
        assert_eq!(evaluated(&format!("[{other}]")), Ok(Verdict::NotAllowed));
        let of_another = r#"[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]"#;
        assert_eq!(evaluated(of_another), Ok(Verdict::NotAllowed));
    }

    #[test]
    fn a_policy_that_is_not_understood_decides_nothing() {
        for statement in [
            r#"{"Effect":"allow","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*"}"#,
            r#"{"Effect":"Allow","Action":[1],"Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{}}"#,
            r#"{"Effect":"Deny","NotAction":"*","Action":"*","Resource":"*"}"#,
            "1",
        ] {
            assert!(evaluated(&format!("[{statement}]")).is_err(), "{statement}");
        }
        assert!(evaluate(&Object::new(), ARN).is_err());
    }
}
