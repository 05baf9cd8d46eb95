//! The responses of authorizers, and how long they are kept.

use crate::front_end::{FrontEnd, Identity, Refusal};
use crate::json;
use crate::lock::lock;
use crate::policy::{self, Verdict};
use crate::settings::Settings;
use miniserde::json::{Object, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The most responses that are kept.
const MAX_KEPT: usize = 1000;

/// A response of an authorizer.
#[derive(Clone, Debug)]
pub(crate) enum Response {
    Simple { is_authorized: bool, context: Object },
    Policy { principal: String, policy: Object, context: Object },
}

/// The responses that are kept, by the values of the identity sources.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Those of the program that gave them. Another program is asked again.
    settings: Option<Arc<Settings>>,
    responses: BTreeMap<Vec<String>, (Instant, Response)>,
}

impl Response {
    pub fn parse(front_end: FrontEnd, payload: &[u8]) -> Result<Self, String> {
        let Some(mut object) = json::parse_object(payload) else {
            return Err("it is not an object".to_owned());
        };
        let context = match object.remove("context") {
            None | Some(Value::Null) => Object::new(),
            Some(Value::Object(context)) => context,
            Some(_) => return Err("its context is not an object".to_owned()),
        };
        if let Some(is_authorized) = object.get("isAuthorized") {
            return match is_authorized {
                Value::Bool(_) if front_end != FrontEnd::HttpApi => {
                    Err("only HTTP APIs with payload format 2.0 have simple responses".to_owned())
                }
                Value::Bool(is_authorized) => {
                    Ok(Self::Simple { is_authorized: *is_authorized, context })
                }
                _ => Err("its isAuthorized is not true or false".to_owned()),
            };
        }
        let is_nested = |value: &Value| matches!(value, Value::Array(_) | Value::Object(_));
        if front_end == FrontEnd::RestApi && context.values().any(is_nested) {
            return Err("its context has an object or a list, which a REST API refuses".to_owned());
        }
        let Some(Value::Object(policy)) = object.remove("policyDocument") else {
            return Err("it has neither a policyDocument nor isAuthorized".to_owned());
        };
        let principal = json::string(&object, "principalId").unwrap_or_default().to_owned();
        if principal.is_empty() {
            return Err("it has no principalId".to_owned());
        }
        Ok(Self::Policy { principal, policy, context })
    }

    pub fn apply(&self, front_end: FrontEnd, arn: &str) -> Result<Identity, Refusal> {
        let (principal, context) = match self {
            Self::Simple { is_authorized: true, context } => (None, context),
            Self::Simple { is_authorized: false, .. } => {
                return Err(Refusal::forbidden(true, "the authorizer says isAuthorized: false"));
            }
            Self::Policy { principal, policy, context } => {
                match policy::evaluate(policy, arn).map_err(Refusal::failed)? {
                    Verdict::Allowed => (Some(principal.clone()), context),
                    Verdict::Denied => {
                        let reason = format!("the authorizer's policy denies {arn}");
                        return Err(Refusal::forbidden(true, reason));
                    }
                    Verdict::NotAllowed => {
                        let reason = format!("the authorizer's policy does not allow {arn}");
                        return Err(Refusal::forbidden(false, reason));
                    }
                }
            }
        };
        let principal = principal.filter(|_| front_end != FrontEnd::HttpApi);
        Ok(Identity::Lambda { principal, context: context.clone() })
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "{} responses", self.responses.len())
    }
}

impl Cache {
    pub fn get(
        &self,
        values: &Vec<String>,
        settings: &Arc<Settings>,
        ttl: Duration,
    ) -> Option<Response> {
        let kept = lock(&self.0);
        if !kept.settings.as_ref().is_some_and(|other| Arc::ptr_eq(other, settings)) {
            return None;
        }
        let (at, response) = kept.responses.get(values)?;
        (at.elapsed() < ttl).then(|| response.clone())
    }

    pub fn keep(
        &self,
        values: Vec<String>,
        settings: Arc<Settings>,
        response: Response,
        ttl: Duration,
    ) {
        let mut kept = lock(&self.0);
        if !kept.settings.as_ref().is_some_and(|other| Arc::ptr_eq(other, &settings)) {
            kept.responses.clear();
            kept.settings = Some(settings);
        }
        if kept.responses.len() >= MAX_KEPT {
            kept.responses.retain(|_, (at, _)| at.elapsed() < ttl);
        }
        if kept.responses.len() >= MAX_KEPT {
            kept.responses.pop_first();
        }
        kept.responses.insert(values, (Instant::now(), response));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_that_api_gateway_refuses_is_refused() {
        let policy = r#""policyDocument":{"Statement":[]}"#;
        for (front_end, response) in [
            (FrontEnd::RestApi, "[]".to_owned()),
            (FrontEnd::RestApi, r#"{"isAuthorized":true}"#.to_owned()),
            (FrontEnd::HttpApiV1, r#"{"isAuthorized":true}"#.to_owned()),
            (FrontEnd::HttpApi, r#"{"isAuthorized":"yes"}"#.to_owned()),
            (FrontEnd::HttpApi, r#"{"isAuthorized":true,"context":[]}"#.to_owned()),
            (FrontEnd::RestApi, format!("{{{policy}}}")),
            (FrontEnd::RestApi, r#"{"principalId":"a"}"#.to_owned()),
            (FrontEnd::RestApi, format!(r#"{{"principalId":"a",{policy},"context":{{"b":[]}}}}"#)),
        ] {
            assert!(Response::parse(front_end, response.as_bytes()).is_err(), "{response}");
        }
        let nested = format!(r#"{{"principalId":"a",{policy},"context":{{"b":[]}}}}"#);
        assert!(Response::parse(FrontEnd::HttpApi, nested.as_bytes()).is_ok());
    }
}
