//! The options of the command line about the callers of HTTP requests and their bodies.

use crate::authorizer::Authorizer;
use crate::caller::Caller;
use crate::error::{Error, ErrorKind};
use crate::front_end::FrontEnd;
use crate::gateway::Gateway;
use crate::option_value as value;
use lexopt::ValueExt;
use std::fs;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
HTTP through an authorizer; one of:
  --claims JSON|FILE   each request comes from a caller with these claims, such as {\"sub\":\"user-17\"}
  --token-claims       the claims are those of the request's own token (Authorization: Bearer …), which is
                       decoded and NOT verified
  --iam JSON|FILE      each request comes from a user of IAM, such as
                       {\"userArn\":\"arn:aws:iam::123456789012:user/till\"}
  --authorizer HANDLER a handler of the table decides: a Lambda authorizer
    --authorizer-request         of type REQUEST; without it, a REST API's is of type TOKEN
    --identity-source NAME       a header, or $request.querystring.NAME; can be given several times,
                                 Authorization if it is not given
    --authorizer-ttl SECONDS     how long its response is kept, 300 if it is not given

Bodies of a REST API:
  --binary-media-types LIST      such as image/*,application/pdf; empty if it is not given
";

/// The values of the options.
#[derive(Debug, Default)]
pub(crate) struct CallerOptions {
    claims: Option<String>,
    iam: Option<String>,
    is_of_token: bool,
    authorizer: Option<String>,
    is_of_request: bool,
    sources: Vec<String>,
    ttl: Option<Duration>,
    binary_types: Vec<String>,
}

impl CallerOptions {
    /// Takes an option. Returns whether it is one of these.
    pub fn take(&mut self, name: &str, parser: &mut lexopt::Parser) -> Result<bool, lexopt::Error> {
        match name {
            "claims" => self.claims = Some(parser.value()?.string()?),
            "iam" => self.iam = Some(parser.value()?.string()?),
            "token-claims" => self.is_of_token = true,
            "authorizer" => self.authorizer = Some(value::handler(parser, name)?),
            "authorizer-request" => self.is_of_request = true,
            "identity-source" => self.sources.push(parser.value()?.string()?),
            "authorizer-ttl" => {
                let seconds: f64 = value::number(parser, name, "a number of seconds")?;
                if !(0.0..=3600.0).contains(&seconds) {
                    return Err("the authorizer's TTL is from 0 to 3600 seconds".into());
                }
                self.ttl = Some(Duration::from_secs_f64(seconds));
            }
            "binary-media-types" => {
                let list = parser.value()?.string()?;
                let types = list.split(',').map(str::trim).filter(|kind| !kind.is_empty());
                self.binary_types.extend(types.map(str::to_owned));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks that the options belong together.
    pub fn check(&self) -> Result<(), lexopt::Error> {
        let given = [
            self.claims.is_some(),
            self.iam.is_some(),
            self.is_of_token,
            self.authorizer.is_some(),
        ];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(
                "only one of --claims, --token-claims, --iam and --authorizer can be given".into(),
            );
        }
        let has_details = self.is_of_request || !self.sources.is_empty() || self.ttl.is_some();
        if has_details && self.authorizer.is_none() {
            let message = "--authorizer-request, --identity-source and --authorizer-ttl belong to --authorizer";
            return Err(message.into());
        }
        Ok(())
    }

    /// Returns the front end with its callers. If none is chosen, it is one that has them.
    pub fn gateway(self, front_end: Option<FrontEnd>) -> Result<Gateway, Error> {
        let caller = match (self.claims, self.iam, self.authorizer) {
            (Some(claims), ..) => Caller::claims(&document(claims)?)?,
            (_, Some(identity), _) => Caller::iam(&document(identity)?)?,
            (_, _, Some(handler)) => {
                let mut authorizer = Authorizer::new(handler);
                if self.is_of_request {
                    authorizer = authorizer.of_request();
                }
                if !self.sources.is_empty() {
                    authorizer = authorizer.identity_sources(&self.sources);
                }
                if let Some(ttl) = self.ttl {
                    authorizer = authorizer.ttl(ttl);
                }
                Caller::Lambda(authorizer)
            }
            _ if self.is_of_token => Caller::Token,
            _ => Caller::Unknown,
        };
        let front_end = front_end.unwrap_or_else(|| caller.front_end());
        let gateway = Gateway::new(front_end, caller, self.binary_types);
        gateway.check()?;
        Ok(gateway)
    }
}

/// The document of an option: itself, or that of a file.
fn document(given: String) -> Result<String, Error> {
    if given.trim_start().starts_with('{') {
        return Ok(given);
    }
    let wrong =
        |error| Error::new(ErrorKind::InvalidSettings, format!("cannot read {given}: {error}"));
    fs::read_to_string(&given).map_err(wrong)
}
