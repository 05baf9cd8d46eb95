//! Where credentials come from: files, containers, roles, sessions and programs.

#[path = "support/service.rs"]
mod service;

use minilambda_local::Builder;
use minilambda_local::script::Step;
use service::{Service, error, fine, respond};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, process};

const READ: &str = r#"{"service":"dynamodb","action":"GetItem","input":{}}"#;

/// A folder that is the home of a user.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("minilambda-aws-{name}-{}", process::id()));
        fs::create_dir_all(path.join(".aws/sso/cache")).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A function without Lambda's keys.
    fn lambda(&self, service: &Service) -> Builder {
        let mut lambda = service.any().env("HOME", self.0.display().to_string());
        for name in
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"]
        {
            lambda = lambda.env(name, "");
        }
        lambda
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came of a request, and the heads of all that were received.
fn read(lambda: Builder, service: &Service) -> (String, Vec<String>) {
    let done = lambda.build().invoke("action", READ).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    assert!(!done.has_logged("hunter2") && !done.text().contains("hunter2"), "{:#?}", done.log);
    (done.json().unwrap(), service.requests())
}

#[test]
fn a_profile_is_read_in_each_form_that_the_cli_writes() {
    for (text, key) in [
        ("[default]\naws_access_key_id = AKID1\naws_secret_access_key = hunter2\n", "AKID1"),
        (
            "\u{feff}[default]\r\naws_access_key_id=AKID2\r\naws_secret_access_key=hunter2\r\naws_session_token =\r\n",
            "AKID2",
        ),
        ("[default]\nAWS_Access_Key_Id: AKID3\nAWS_SECRET_ACCESS_KEY: hunter2\n", "AKID3"),
        (
            "[default]\naws_access_key_id = OLD\naws_access_key_id = AKID4\naws_secret_access_key = hunter2\n\
          s3 =\n  aws_access_key_id = NESTED\n",
            "AKID4",
        ),
        (
            "[default]\n  aws_access_key_id = AKID5 # mine\n  aws_secret_access_key = hunter2\n",
            "AKID5",
        ),
    ] {
        let home = Home::new("profile");
        home.write(".aws/credentials", text);
        let service = Service::start(vec![fine()]);
        let (told, requests) = read(home.lambda(&service), &service);
        assert_eq!(told, "done: ", "{text}");
        assert!(requests[0].contains(&format!("Credential={key}/")), "{text}: {}", requests[0]);
        assert!(!requests[0].contains("x-amz-security-token"), "an empty token is none: {text}");
    }
}

#[test]
fn what_is_not_supported_or_not_readable_is_named() {
    for (file, text, reason) in [
        ("credentials", &b"[default]\naws_access_key_id = \xff\n"[..], "it is not UTF-8 at byte 30"),
        ("credentials", b"[default]\naws_access_key_id = A\n", "it has only aws_access_key_id of a pair"),
        ("credentials", b"[default]\naws_access_key_id =\naws_secret_access_key = hunter2\n", "only aws_secret_access_key"),
        ("config", b"[default]\nregion = eu-central-1\n", "it has no keys, no role"),
        ("config", b"[default]\nrole_arn = r\nmfa_serial = m\nsource_profile = x\n", "mfa_serial"),
        ("config", b"[default]\nlogin_session = x\n", "login_session"),
        ("config", b"[default]\nrole_arn = r\n", "neither source_profile nor credential_source"),
        ("config", b"[default]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n", "Ec2InstanceMetadata is not supported"),
        ("config", b"[default]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = default\n", "in a circle"),
        ("config", b"[default]\nrole_arn = r\nsource_profile = nobody\n", "source_profile nobody is not there"),
        ("config", b"[default]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n", "[sso-session s] is not in"),
        ("config", b"[default]\nsso_start_url = u\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n", "aws sso login"),
        ("config", b"[default]\ncredential_process = exit 3\n", "it has ended with"),
        ("config", b"[default]\ncredential_process = echo hunter2\n", "not a document of credentials"),
    ] {
        let home = Home::new("unsupported");
        home.write(&format!(".aws/{file}"), text);
        let service = Service::start(vec![fine()]);
        let (told, requests) = read(home.lambda(&service), &service);
        assert!(told.starts_with("Aws.NoCredentials: DYNAMODB GetItem: "), "{told}");
        assert!(told.contains(reason) && told.ends_with("[NotSent]"), "{reason}: {told}");
        assert!(requests.is_empty());
    }
    let home = Home::new("missing");
    let service = Service::start(vec![fine()]);
    let lambda = home.lambda(&service).env("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file");
    assert!(read(lambda, &service).0.contains("cannot read /no/such/file"));
    let lambda = home.lambda(&service).env("AWS_PROFILE", "shop");
    assert!(read(lambda, &service).0.contains("the profile shop is in neither file"));
}

#[test]
fn a_profile_names_the_endpoint_of_all_services_or_of_one() {
    let keys = "aws_access_key_id = AKID\naws_secret_access_key = hunter2\n";
    for (profile, set, config) in [
        ("", "", "[default]\nKEYSendpoint_url = URL\n"),
        ("local", "AKID", "[profile local]\nendpoint_url = URL/\n"),
        (
            "",
            "",
            "[default]\nKEYSservices = mine\nendpoint_url = http://127.0.0.1:1\n[services mine]\n\
             sqs =\n  endpoint_url = http://127.0.0.1:1\ndynamodb =\n  endpoint_url = URL\n",
        ),
    ] {
        let home = Home::new("endpoint");
        let service = Service::start(vec![fine()]);
        let url = format!("http://{}", service.address);
        home.write(".aws/config", config.replace("KEYS", keys).replace("URL", &url));
        let lambda = home.lambda(&service).env("AWS_ENDPOINT_URL", "").env("AWS_PROFILE", profile);
        let lambda = lambda.env("AWS_ACCESS_KEY_ID", set).env("AWS_SECRET_ACCESS_KEY", set);
        let (told, requests) = read(lambda, &service);
        assert_eq!((&*told, requests.len()), ("done: ", 1), "{config}");
    }
    // A variable comes before it, and what is no URL is named.
    let home = Home::new("endpoint");
    let service = Service::start(vec![fine()]);
    home.write(".aws/config", format!("[default]\n{keys}endpoint_url = http://a:hunter2@b\n"));
    let (told, requests) = read(home.lambda(&service), &service);
    assert_eq!((&*told, requests.len()), ("done: ", 1));
    let (told, _) = read(home.lambda(&service).env("AWS_ENDPOINT_URL", ""), &service);
    assert!(told.contains("endpoint_url of the profile default has a user"), "{told}");
    // Or it says that none counts: the proxy gets the host of AWS.
    let home = Home::new("endpoint");
    let service = Service::start(vec![error("403 Forbidden", "")]);
    let set = "endpoint_url = http://127.0.0.1:1\nignore_configured_endpoint_urls = true\n";
    home.write(".aws/config", format!("[default]\n{keys}{set}"));
    let lambda = home.lambda(&service).env("AWS_ENDPOINT_URL", "");
    let lambda = lambda.env("HTTPS_PROXY", format!("http://{}", service.address));
    let (_, requests) = read(lambda, &service);
    let is_aws = |request: &String| request.starts_with("CONNECT dynamodb.");
    assert!(!requests.is_empty() && requests.iter().all(is_aws), "{requests:#?}");
    // A container may have no access to the files, nor need them.
    let home = Home::new("unreadable");
    fs::create_dir(home.0.join(".aws/config")).unwrap();
    let token = home.write("token", "hunter2").display().to_string();
    let service = Service::start(vec![error("403 Forbidden", "InvalidIdentityToken")]);
    let lambda = home.lambda(&service).env("AWS_ENDPOINT_URL", "");
    let lambda = lambda.env("AWS_ENDPOINT_URL_STS", format!("http://{}", service.address));
    let lambda = lambda.env("AWS_WEB_IDENTITY_TOKEN_FILE", token).env("AWS_ROLE_ARN", "r");
    let (told, requests) = read(lambda, &service);
    assert!(told.contains("InvalidIdentityToken") && requests.len() == 1, "{told}");
}

#[test]
fn keys_that_cannot_be_sent_are_named_before_anything_is_sent() {
    let service = Service::start(vec![fine()]);
    let home = Home::new("keys");
    for (name, value, reason) in [
        ("AWS_SESSION_TOKEN", "hunter2\r", "the session token is empty, or has a blank"),
        ("AWS_SESSION_TOKEN", "hunter2\r\nx-evil: a", "the session token"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2\n", "the secret access key"),
        ("AWS_SECRET_ACCESS_KEY", "", "AWS_SECRET_ACCESS_KEY is not"),
    ] {
        let lambda = home.lambda(&service).env("AWS_ACCESS_KEY_ID", "AKID");
        let lambda = lambda.env("AWS_SECRET_ACCESS_KEY", "hunter2").env(name, value);
        let (told, requests) = read(lambda, &service);
        assert!(told.starts_with("Aws.NoCredentials: DYNAMODB GetItem: "), "{told}");
        assert!(told.contains(reason) && requests.is_empty(), "{reason}: {told}");
    }
}

#[test]
fn a_process_that_goes_on_after_its_output_is_no_hang() {
    let home = Home::new("goes-on");
    home.write(".aws/config", "[default]\ncredential_process = echo '{}'; exec >&-; sleep 20\n");
    let service = Service::start(vec![fine()]);
    let lambda = home.lambda(&service).timeout(Duration::from_secs(2));
    let start = Instant::now();
    let (told, _) = read(lambda, &service);
    assert!(told.contains("it has not come to its end"), "{told}");
    assert!(start.elapsed() < Duration::from_secs(10));
}

const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId>\
    <SecretAccessKey>hunter2</SecretAccessKey><SessionToken>role-token</SessionToken>\
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

/// Sends three requests by one function; checks that a role is taken once, and used.
fn check_role(lambda: Builder, service: &Service, wanted: &[&str]) {
    let lambda = lambda.build();
    for _ in 0..3 {
        let done = lambda.invoke("action", READ).unwrap();
        assert_eq!(done.text(), "\"done: \"", "{:#?}", done.log);
    }
    let requests = service.requests();
    assert_eq!(requests.len(), 4, "the role is taken once");
    for part in wanted {
        assert!(requests[0].contains(part), "{part}: {}", requests[0]);
    }
    assert!(
        requests[1..]
            .iter()
            .all(|it| it.contains("Credential=ROLE/") && it.contains("security-token: role-token"))
    );
}

#[test]
fn a_role_is_taken_once_by_each_way() {
    let scripts = || vec![respond("200 OK", &[], ASSUMED), fine()];
    let home = Home::new("role");
    home.write(
        ".aws/credentials",
        "[base]\naws_access_key_id = BASE\naws_secret_access_key = hunter2\n",
    );
    home.write(
        ".aws/config",
        "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = e/1\n",
    );
    let service = Service::start(scripts());
    let wanted = [
        "Credential=BASE/",
        "Action=AssumeRole&",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr",
        "ExternalId=e%2F1",
    ];
    check_role(home.lambda(&service), &service, &wanted);

    let token = home.write("token", "the-web-token\n");
    let service = Service::start(scripts());
    let lambda = home.lambda(&service);
    let lambda = lambda.env("AWS_WEB_IDENTITY_TOKEN_FILE", token.display().to_string());
    let lambda = lambda.env("AWS_ROLE_ARN", "arn:aws:iam::1:role/w");
    let wanted = ["Action=AssumeRoleWithWebIdentity&", "WebIdentityToken=the-web-token"];
    check_role(lambda, &service, &wanted);
    assert!(!service.requests()[0].contains("authorization:"));

    // By a client's choice, with Lambda's keys; a failure of STS says so.
    let event = READ.replace("{}", r#"{},"choices":{"role":"arn:aws:iam::1:role/c"}"#);
    let service = Service::start(scripts());
    assert_eq!(service.send("action", &event).0, "done: ");
    assert!(service.requests()[0].contains("Credential=AKIDEXAMPLE/"));
    let denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>";
    let service = Service::start(vec![respond("403 Forbidden", &[], denied)]);
    let told = service.send("action", &event).0;
    assert!(
        told.contains("AccessDenied: STS AssumeRole: not for you") && told.ends_with("[NotSent]"),
        "{told}"
    );
}

#[test]
fn a_session_of_identity_center_and_a_program_give_credentials() {
    let home = Home::new("sso");
    home.write(
        ".aws/config",
        "[default]\nsso_session = shop\nsso_account_id = 123\nsso_role_name = dev\n\
        [sso-session shop]\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n",
    );
    let document = r#"{"roleCredentials":{"accessKeyId":"ROLE","secretAccessKey":"hunter2","sessionToken":"role-token","expiration":4102444800000}}"#;
    let sha1 = process::Command::new("sh").args(["-c", "printf shop | sha1sum"]).output().unwrap();
    let sha1 = String::from_utf8(sha1.stdout).unwrap();
    let name = format!(".aws/sso/cache/{}.json", sha1.split(' ').next().unwrap());
    home.write(&name, r#"{"accessToken":"the-sso-token","expiresAt":"2099-01-01T00:00:00UTC"}"#);
    let service = Service::start(vec![respond("200 OK", &[], document), fine()]);
    let wanted = [
        "GET /federation/credentials?account_id=123&role_name=dev",
        "x-amz-sso_bearer_token: the-sso-token",
    ];
    check_role(home.lambda(&service), &service, &wanted);
    home.write(&name, r#"{"accessToken":"the-sso-token","expiresAt":"2020-01-01T00:00:00Z"}"#);
    let service = Service::start(vec![fine()]);
    assert!(read(home.lambda(&service), &service).0.contains("has expired; run `aws sso login`"));

    let output = r#"{"Version":1,"AccessKeyId":"ROLE","SecretAccessKey":"hunter2","SessionToken":"role-token"}"#;
    let file = home.write("output", output);
    home.write(".aws/config", format!("[default]\ncredential_process = cat {}\n", file.display()));
    let service = Service::start(vec![fine()]);
    let (told, requests) = read(home.lambda(&service), &service);
    assert!(told == "done: " && requests[0].contains("Credential=ROLE/"), "{told}");
}

fn of_container(home: &Home, service: &Service, uri: &str) -> Builder {
    home.lambda(service).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri)
}

#[test]
fn a_container_is_asked_again_after_an_error_and_followed_nowhere() {
    let document = respond(
        "200 OK",
        &[],
        r#"{"AccessKeyId":"BOX","SecretAccessKey":"hunter2","Expiration":"2099-01-01T00:00:00Z"}"#,
    );
    let home = Home::new("container");
    let container = Service::start(vec![error("500 Internal Server Error", "X"), document.clone()]);
    let service = Service::start(vec![fine()]);
    let uri = format!("http://{}/x", container.address);
    let (told, requests) = read(of_container(&home, &service, &uri), &service);
    assert!(told == "done: " && requests[0].contains("Credential=BOX/"), "{told}");

    let container = Service::start(vec![respond("302 Found", &[("Location", &uri)], "")]);
    let uri = format!("http://{}/x", container.address);
    let told = read(of_container(&home, &service, &uri), &service).0;
    assert!(told.contains("status 302") && told.ends_with("[NotSent]"), "{told}");
    for uri in [
        "http://169.254.169.254/x",
        "http://10.0.0.1/x",
        "http://ada:hunter2@127.0.0.1/x",
        "nothing",
    ] {
        let told = read(of_container(&home, &service, uri), &service).0;
        assert!(told.contains("the URI of the container's credentials"), "{told}");
    }
}

#[test]
fn a_container_that_hangs_holds_up_neither_the_invocation_nor_other_threads() {
    let home = Home::new("hangs");
    let container = Service::start(vec![vec![Step::Wait(Duration::from_secs(30))]]);
    let service = Service::start(vec![fine()]);
    let uri = format!("http://{}/x", container.address);
    let start = Instant::now();
    let lambda = of_container(&home, &service, &uri).timeout(Duration::from_secs(2)).build();
    let done = lambda.invoke("action", READ).unwrap();
    assert!(done.failure.is_none() && done.text().contains("Aws.NoCredentials"), "{}", done.text());
    assert!(start.elapsed() < Duration::from_secs(4));
    let lambda = of_container(&home, &service, &uri).build();
    let start = Instant::now();
    // Twelve threads with the same need wait together.
    let done = lambda.invoke("parameters", "{}").unwrap();
    assert!(done.text().matches("Aws.NoCredentials").count() == 12, "{}", done.text());
    assert!(start.elapsed() < Duration::from_secs(12), "{:?}", start.elapsed());
}

/// As long as credentials are valid, the place that they come from does not matter.
#[test]
fn a_container_that_hangs_before_the_credentials_expire_is_no_error() {
    let soon = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() + 200;
    let date = process::Command::new("date")
        .args(["-u", "-d", &format!("@{soon}"), "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .unwrap();
    let expiration = String::from_utf8(date.stdout).unwrap();
    let document = format!(
        r#"{{"AccessKeyId":"BOX","SecretAccessKey":"hunter2","Expiration":"{}"}}"#,
        expiration.trim()
    );
    let hangs = vec![Step::Wait(Duration::from_secs(30))];
    let container = Service::start(vec![respond("200 OK", &[], &document), hangs]);
    let service = Service::start(vec![fine()]);
    let home = Home::new("soon");
    let uri = format!("http://{}/x", container.address);
    let lambda = of_container(&home, &service, &uri).timeout(Duration::from_secs(3)).build();
    for _ in 0..3 {
        let done = lambda.invoke("action", READ).unwrap();
        assert_eq!(done.text(), "\"done: \"", "{:#?}", done.log);
    }
    // It is not asked for each request.
    assert!(container.requests().len() <= 3);
}

#[test]
fn a_token_that_the_container_repeats_is_hidden() {
    let refusal = respond("403 Forbidden", &[], r#"{"message":"hunter2-token is not valid"}"#);
    let container = Service::start(vec![refusal]);
    let service = Service::start(vec![fine()]);
    let home = Home::new("repeats");
    let uri = format!("http://{}/x", container.address);
    let lambda = of_container(&home, &service, &uri)
        .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2-token");
    let (told, _) = read(lambda, &service);
    assert!(told.contains("(hidden) is not valid"), "{told}");
    assert!(container.requests()[0].contains("authorization: hunter2-token"));
}
