//! Fields with secrets are `Secret`s, and `Debug` prints nothing of them.

mod sources;

use minilambda_events::{
    alexa, apigateway, appsync, cloudformation, cloudfront, codepipeline, cognito, config,
    eventbridge, iot, s3, secretsmanager, sns, transfer,
};
use miniserde::json::{self, Value};
use miniserde::{Deserialize, Serialize};
use sources::{here, sources};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;

/// Words in the name of a field that may be a secret, without separators.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "token",
    "secret",
    "credential",
    "signature",
    "apikey",
    "accesskey",
    "usageidentifierkey",
    "privatekey",
    "cookie",
    "url",
    "jwt",
    "privatechallenge",
    "challengeanswer",
    "identitysource",
    "customheaders",
    "customdata",
];

/// Fields with such a word that are no secret: file, name in JSON, reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("alexa/request.rs", "token", "the id that the skill gave a stream or a screen"),
    ("alexa/response.rs", "smallImageUrl", "an image that the skill publishes"),
    ("alexa/response.rs", "largeImageUrl", "an image that the skill publishes"),
    (
        "alexa/smart_home.rs",
        "cookie",
        "the skill's data of a device, in which Alexa forbids secrets",
    ),
    ("apigateway/http.rs", "jwt", "the claims of a token, which prove nothing"),
    ("apigateway/http.rs", "accessKey", "the id of a key, not the key"),
    ("apigateway/rest.rs", "accessKey", "the id of a key, not the key"),
    ("apigateway/rest.rs", "apiKeyId", "the id of a key, not the key"),
    ("cloudformation/hook.rs", "clientRequestToken", "the id of a request"),
    ("cloudformation/mod.rs", "ServiceToken", "the function's ARN"),
    ("codecommit.rs", "customData", "a text of the trigger's configuration"),
    ("codepipeline.rs", "artifactCredentials", "its fields are secrets"),
    ("codepipeline.rs", "continuationToken", "chosen by the function"),
    ("cognito/challenge.rs", "challengeAnswer", "the type's Debug hides it"),
    ("cognito/sign_up.rs", "idToken", "the claims of a token, which prove nothing"),
    ("cognito/token.rs", "idTokenGeneration", "changes of claims"),
    ("cognito/token.rs", "accessTokenGeneration", "changes of claims"),
    ("connect/campaign.rs", "IdempotencyToken", "an id"),
    ("eventbridge/ecr.rs", "upstream-registry-url", "a registry, without a name or a password"),
    ("eventbridge/health.rs", "entityUrl", "a page of the console"),
    ("eventbridge/cloudtrail.rs", "sessionCredentialFromConsole", "true or false"),
    ("s3/object_lambda.rs", "credentialId", "the id of a token, not the token"),
    ("s3/mod.rs", "urlDecodedKey", "an object's key"),
    ("s3/object_lambda.rs", "url", "S3 removes the parameters of the signature"),
    ("s3/object_lambda.rs", "accessKeyId", "the id of a key, not the key"),
    ("secretsmanager.rs", "SecretId", "an ARN"),
    ("secretsmanager.rs", "ClientRequestToken", "the id of a version"),
    ("sns.rs", "SignatureVersion", "a number"),
    ("sns.rs", "Signature", "proves the sender to everybody"),
    ("sns.rs", "SigningCertUrl", "a public certificate"),
    ("sns.rs", "SigningCertURL", "a public certificate"),
];

/// The fields of all types: file, name in JSON, type.
fn fields() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let mut rename = None;
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("#[serde(rename = \"") {
                rename = name.strip_suffix("\")]").map(str::to_owned);
            } else if let Some((name, kind)) =
                line.strip_prefix("pub ").unwrap_or(line).split_once(": ")
            {
                let is_field = name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit());
                if is_field && (line.starts_with("pub ") || rename.is_some()) {
                    let name = rename.take().unwrap_or_else(|| name.to_owned());
                    found.push((file.clone(), name, kind.trim_end_matches(',').to_owned()));
                }
            }
        }
    }
    assert!(found.len() > 900, "{}", found.len());
    found
}

fn may_be_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace(['-', '_', '.', ':'], "");
    WORDS.iter().any(|word| name.contains(word))
}

#[test]
fn a_field_whose_name_sounds_like_a_secret_is_one_or_has_a_reason() {
    let mut used = BTreeSet::new();
    let mut open = Vec::new();
    for (file, name, kind) in fields().into_iter().filter(|(_, name, _)| may_be_secret(name)) {
        // A flag or a number holds no secret.
        let is_plain =
            ["bool", "u16", "i64", "u64", "NumberOrText"].iter().any(|word| kind.contains(word));
        let exception = EXCEPTIONS.iter().position(|(of, field, _)| *of == file && *field == name);
        used.extend(exception);
        if exception.is_some() {
            assert!(!kind.contains("Secret"), "{file}: {name} is a Secret, and an exception");
        } else if !is_plain && !kind.contains("Secret") {
            open.push(format!("(\"{file}\", \"{name}\", \"\"), // {kind}"));
        }
    }
    assert!(open.is_empty(), "neither a Secret nor an exception:\n{}", open.join("\n"));
    for (number, exception) in EXCEPTIONS.iter().enumerate() {
        assert!(used.contains(&number), "there is no such field: {exception:?}");
        assert!(!exception.2.is_empty(), "without a reason: {exception:?}");
    }
}

const MARK: &str = "b3Blbi1zZXNhbWU="; // base64 too

/// Sets strings of a document to a mark. `Debug` must not print it; encoding must write it.
fn is_hidden<T: Debug + Deserialize + Serialize>(document: &str, paths: &[&str]) {
    let file = here().join("../data").join(document).with_extension("json");
    let whole: Value = json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    for path in paths {
        let mut value = whole.clone();
        let place = path.split('/').fold(&mut value, |value, step| {
            if matches!(value, Value::Null) {
                *value = json::from_str(if step == "0" { "[null]" } else { "{}" }).unwrap();
            }
            match value {
                Value::Array(array) => &mut array[step.parse::<usize>().unwrap()],
                Value::Object(object) => object.entry(step.to_owned()).or_insert(Value::Null),
                _ => panic!("{document} has no {path}"),
            }
        });
        *place = Value::String(MARK.to_owned());
        let event: T = minilambda::decode(json::to_string(&value).as_bytes())
            .unwrap_or_else(|error| panic!("{document} {path}: {error}"));
        for printed in [format!("{event:?}"), format!("{event:#?}")] {
            assert!(!printed.contains(MARK), "{document} {path}: {printed}");
        }
        assert!(json::to_string(&event).contains(MARK), "{document} {path}");
    }
}

#[test]
fn nothing_of_a_secret_is_printed() {
    is_hidden::<codepipeline::Event>(
        "codepipeline-job",
        &["accessKeyId", "secretAccessKey", "sessionToken"]
            .map(|name| format!("CodePipeline.job/data/artifactCredentials/{name}"))
            .each_ref()
            .map(|path| &**path),
    );
    is_hidden::<transfer::Event>("transfer-family", &["password"]);
    is_hidden::<transfer::WorkflowEvent>("transfer-family-workflow", &["token"]);
    is_hidden::<iot::authorizer::Event>(
        "iot",
        &[
            "token",
            "protocolData/mqtt/password",
            "protocolData/mqtt/username",
            "protocolData/http/queryString",
            "protocolData/http/headers/authorization",
        ],
    );
    is_hidden::<s3::object_lambda::Event>(
        "s3-object-lambda-get",
        &["getObjectContext/inputS3Url", "getObjectContext/outputToken"],
    );
    is_hidden::<s3::object_lambda::Event>(
        "s3-object-lambda-head",
        &["headObjectContext/inputS3Url"],
    );
    is_hidden::<s3::object_lambda::Event>(
        "s3-object-lambda-list",
        &["listObjectsContext/inputS3Url"],
    );
    is_hidden::<cognito::sign_up::UserMigration>("cognito-user-migration", &["request/password"]);
    is_hidden::<cognito::sign_up::InboundFederation>(
        "cognito-inbound-federation",
        &["request/attributes/tokenResponse/access_token"],
    );
    is_hidden::<cognito::message::CustomEmailSender>(
        "cognito-custom-email-sender",
        &["request/code"],
    );
    is_hidden::<cognito::challenge::VerifyAuthChallenge>(
        "cognito-verify-auth-challenge",
        &["request/challengeAnswer", "request/privateChallengeParameters/answer"],
    );
    is_hidden::<cognito::challenge::CreateAuthChallenge>(
        "cognito-create-auth-challenge",
        &["response/privateChallengeParameters/answer"],
    );
    is_hidden::<alexa::Event>(
        "alexa-intent",
        &[
            "session/user/accessToken",
            "context/System/apiAccessToken",
            "context/System/user/accessToken",
            "context/System/user/permissions/consentToken",
            "context/System/person/accessToken",
        ],
    );
    is_hidden::<alexa::smart_home::Request>(
        "alexa-smart-home",
        &["directive/endpoint/scope/token", "directive/header/correlationToken"],
    );
    is_hidden::<alexa::smart_home::Request>(
        "alexa-smart-home-discover",
        &["directive/payload/scope/token"],
    );
    is_hidden::<alexa::smart_home::MessageV2>("alexa-smart-home-v2", &["payload/accessToken"]);
    is_hidden::<cloudformation::Event>("cloudformation", &["ResponseURL"]);
    is_hidden::<cloudformation::hook::Event>("cloudformation-hook-stack", &["requestData/payload"]);
    is_hidden::<config::Event>("config", &["resultToken"]);
    is_hidden::<secretsmanager::Event>("secretsmanager", &["RotationToken"]);
    is_hidden::<eventbridge::Event<eventbridge::autoscaling::Instance>>(
        "eventbridge-autoscaling-lifecycle",
        &["detail/LifecycleActionToken"],
    );
    is_hidden::<sns::Event>("sns", &["Records/0/Sns/UnsubscribeUrl"]);
    is_hidden::<sns::Notification>("sns-notification", &["UnsubscribeURL"]);
    is_hidden::<sns::Notification>("sns-notification-subscribe", &["SubscribeURL", "Token"]);
}

#[test]
fn nothing_of_a_secret_in_an_http_request_is_printed() {
    is_hidden::<apigateway::authorizer::TokenRequest>(
        "apigateway-authorizer-token",
        &["authorizationToken"],
    );
    is_hidden::<apigateway::authorizer::Request>(
        "apigateway-authorizer-http-1",
        &["authorizationToken", "identitySource", "headers/Authorization"],
    );
    is_hidden::<apigateway::authorizer::HttpRequest>(
        "apigateway-authorizer-http",
        &["identitySource/0", "identitySource", "cookies/0", "headers/authorization"],
    );
    is_hidden::<apigateway::authorizer::Response>(
        "apigateway-authorizer-response",
        &["usageIdentifierKey"],
    );
    is_hidden::<apigateway::rest::Request>(
        "apigateway-rest",
        &["requestContext/identity/apiKey", "headers/Cookie", "multiValueHeaders/x-api-key/0"],
    );
    is_hidden::<apigateway::http::Request>("apigateway-http", &["cookies/0", "headers/cookie"]);
    is_hidden::<apigateway::http::Response>("apigateway-http-response", &["cookies/0"]);
    is_hidden::<appsync::authorizer::Request>(
        "appsync-authorizer",
        &["authorizationToken", "requestHeaders/authorization"],
    );
    is_hidden::<cloudfront::Event>(
        "cloudfront",
        &[
            "Records/0/cf/request/origin/custom/customHeaders/x-verify/0/value",
            "Records/0/cf/request/headers/cookie/0/value",
            "Records/0/cf/request/headers/authorization/0/value",
        ],
    );
}
