//! Who the callers of HTTP requests are.

use crate::authorizer::Authorizer;
use crate::error::{Error, ErrorKind};
use crate::front_end::{AuthorizerKind, FrontEnd, IAM_FIELDS};
use crate::json;
use miniserde::json::{Object, Value};

/// The caller of the requests.
#[derive(Clone, Debug, Default)]
pub(crate) enum Caller {
    /// There is no authorizer.
    #[default]
    Unknown,
    /// Always the same caller.
    Claims(Object),
    Iam(Object),
    /// The claims of the request's own token, which is not verified.
    Token,
    Lambda(Authorizer),
}

impl Caller {
    /// Reads claims: an object.
    pub fn claims(document: &str) -> Result<Self, Error> {
        let wrong = || invalid(r#"the claims are not a JSON object such as {"sub":"user-17"}"#);
        json::parse_object(document.as_bytes()).map(Self::Claims).ok_or_else(wrong)
    }

    /// Reads an identity of IAM: an object with some of the fields that an HTTP API sends.
    pub fn iam(document: &str) -> Result<Self, Error> {
        let fields = json::parse_object(document.as_bytes()).ok_or_else(|| {
            invalid(
                r#"the IAM identity is not a JSON object such as {"userArn":"arn:aws:iam::123456789012:user/till"}"#,
            )
        })?;
        if let Some(name) = fields.keys().find(|name| !IAM_FIELDS.contains(&&***name)) {
            let known = IAM_FIELDS.join(", ");
            return Err(invalid(format!("an IAM identity has no {name:?}; it has {known}")));
        }
        Ok(Self::Iam(fields))
    }

    /// Reads the kind and the text of a caller as the page has them. An authorizer that is already
    /// there keeps its configuration.
    pub fn parse(kind: &str, text: &str, old: &Self) -> Result<Self, Error> {
        match (kind, old) {
            ("" | "nobody", _) => Ok(Self::Unknown),
            ("claims", _) => Self::claims(text),
            ("iam", _) => Self::iam(text),
            ("token", _) => Ok(Self::Token),
            ("authorizer", Self::Lambda(old)) if old.handler() == text => {
                Ok(Self::Lambda(old.clone()))
            }
            ("authorizer", _) if text.is_empty() => {
                Err(invalid("which handler is the authorizer?"))
            }
            ("authorizer", _) => Ok(Self::Lambda(text.into())),
            _ => Err(invalid(format!("there is no caller of the kind {kind:?}"))),
        }
    }

    /// The kind and the text of a caller for the page.
    pub fn describe(&self) -> (&'static str, String) {
        let document = |fields: &Object| miniserde::json::to_string(&Value::Object(fields.clone()));
        match self {
            Self::Unknown => ("nobody", String::new()),
            Self::Claims(claims) => ("claims", document(claims)),
            Self::Iam(fields) => ("iam", document(fields)),
            Self::Token => ("token", String::new()),
            Self::Lambda(authorizer) => ("authorizer", authorizer.handler().to_owned()),
        }
    }

    pub fn kind(&self) -> Option<AuthorizerKind> {
        match self {
            Self::Unknown => None,
            Self::Claims(_) => Some(AuthorizerKind::Claims),
            Self::Iam(_) => Some(AuthorizerKind::Iam),
            Self::Token => Some(AuthorizerKind::Token),
            Self::Lambda(_) => Some(AuthorizerKind::Lambda),
        }
    }

    /// The front end for this caller, if none is chosen.
    pub fn front_end(&self) -> FrontEnd {
        match self {
            Self::Unknown | Self::Iam(_) => FrontEnd::FunctionUrl,
            // A function URL has no other authorizer.
            Self::Claims(_) | Self::Token | Self::Lambda(_) => FrontEnd::HttpApi,
        }
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidSettings, message)
}
