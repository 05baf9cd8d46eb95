//! The names of a function: that of its handler, and the one that it has on Lambda, everywhere.

mod support;

use minilambda_local::{ErrorKind, Lambda, Moto};
use support::request;

const ARN: &str = "arn:aws:lambda:eu-central-1:123456789012:function:shop-context";

fn lambda() -> Lambda {
    // A stand-in for AWS, which runs no functions.
    let program = Lambda::path_of_example("functions");
    Lambda::builder(program).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").build()
}

#[test]
fn a_function_has_the_name_and_the_arn_that_it_has_on_lambda() {
    let lambda = lambda();
    for name in ["shop.context", "shop-context", ARN, "shop-context:live"] {
        let text = lambda.invoke(name, "null").unwrap().text();
        for part in [
            "\"function\":\"shop-context\"",
            "\"log_group\":\"/aws/lambda/shop-context\"",
            &format!("\"arn\":\"{ARN}\""),
        ] {
            assert!(text.contains(part), "{name}: {part} is not in {text}");
        }
    }
    // It is one function: its program is used again.
    assert!(lambda.invoke("shop-context", "null").unwrap().report.init.is_none());
    let error = lambda.invoke("shop-nobody", "null").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchHandler);
}

/// A file such as that with which a project is deployed.
fn functions_file(name: &str, text: &str) -> std::path::PathBuf {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_host_name_has_no_capital_letters() {
    let path = functions_file("capitals.conf", "[web]\nname WebPage\n[echo]\nname Echo\n");
    let lambda = Lambda::builder(Lambda::path_of_example("functions")).functions(&path).build();
    let server = lambda.serve(0).unwrap();
    for (host, status) in [("webpage", 200), ("WebPage", 200), ("WEB", 200), ("page", 404)] {
        let head = format!("GET /\nHost: {host}.localhost");
        assert_eq!(request(server.address(), &head, b"").status, status, "{host}");
    }
    // The name in the Invoke API has them.
    let head = "POST /2015-03-31/functions/ECHO/invocations";
    assert_eq!(request(server.address(), head, b"1").status, 404);
}

#[test]
fn a_function_has_the_name_that_it_is_deployed_with() {
    let file = "memory 256\n\n[shop.context]\nname seen_2\nurl public\n";
    let path = functions_file("functions.conf", file);
    let program = Lambda::path_of_example("functions");
    let builder = Lambda::builder(program).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let lambda = builder.functions(&path).build();
    let server = lambda.serve(0).unwrap();
    let arn = ARN.replace("shop-context", "seen_2");
    for name in ["shop.context", "seen_2", "seen_2:live", &arn] {
        let text = lambda.invoke(name, "null").unwrap().text();
        assert!(text.contains("\"function\":\"seen_2\"") && text.contains(&arn), "{text}");
        let head = format!("GET /2015-03-31/functions/{name}/configuration");
        let got = request(server.address(), &head, b"").text();
        assert!(got.contains("\"FunctionName\":\"seen_2\""), "{name}: {got}");
        let done = lambda.invoke("shop-caller", format!("\"{name}\"")).unwrap();
        assert!(done.text().contains(&arn), "{name}: {}", done.text());
    }
    // As on Lambda, it has this name only.
    let error = lambda.invoke("shop-context", "null").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchHandler);
    for (text, said) in [("[a]\nname b.c", "line 2: a name has"), ("name b", "line 1: name is")] {
        let path = functions_file("wrong.conf", text);
        let program = Lambda::path_of_example("functions");
        let lambda = Lambda::builder(program).functions(&path).build();
        let error = lambda.invoke("echo", "1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSettings);
        assert!(error.to_string().contains(&format!("wrong.conf, {said}")), "{error}");
    }
}

#[test]
fn a_server_takes_each_name_and_lists_those_of_lambda() {
    let lambda = lambda();
    let server = lambda.serve(0).unwrap();
    let ask = |head: &str, body: &str| request(server.address(), head, body.as_bytes());
    for name in ["shop.context", "shop-context", ARN] {
        let got = ask(&format!("POST /2015-03-31/functions/{name}/invocations"), "null");
        assert!(got.status == 200 && got.text().contains(ARN), "{name}: {}", got.text());
        let got = ask(&format!("GET /2015-03-31/functions/{name}/configuration"), "").text();
        assert!(got.contains("\"FunctionName\":\"shop-context\""), "{name}: {got}");
        assert!(got.contains("\"Handler\":\"shop.context\"") && got.contains(ARN), "{got}");
        let event = "X-Amz-Invocation-Type: Event";
        let got = ask(&format!("POST /2015-03-31/functions/{name}/invocations\n{event}"), "null");
        assert_eq!(got.status, 202, "{name}");
    }
    for host in ["shop.context.localhost", "shop-context.localhost"] {
        // It takes no events of HTTP, so it fails: there is such a function.
        assert_eq!(ask(&format!("GET /\nHost: {host}"), "").status, 502, "{host}");
    }
    assert_eq!(ask("GET /\nHost: shop-other.localhost", "").status, 404);
}

#[test]
fn a_function_invokes_another_one_by_each_name() {
    let invokes = |lambda: &Lambda, name: &str| {
        let done = lambda.invoke("shop-caller", format!("\"{name}\"")).unwrap();
        let text = done.text();
        assert!(done.failure.is_none(), "{text}");
        assert!(text.contains("HTTP/1.1 200 OK") && text.contains(ARN), "{name}: {text}");
    };
    let served = lambda();
    let _server = served.serve(0).unwrap();
    let aws = Moto::start().unwrap();
    let program = Lambda::path_of_example("functions");
    let with_moto = aws.as_ref().map(|aws| Lambda::builder(program).aws(aws).build());
    for lambda in [Some(served), with_moto].iter().flatten() {
        for name in ["shop.context", "shop-context", ARN] {
            invokes(lambda, name);
        }
    }
    // The URL of a service on this machine is enough: the keys are there, too.
    let other = lambda();
    let url = other.serve(0).unwrap();
    let program = Lambda::path_of_example("functions");
    let builder = Lambda::builder(program).env("AWS_ENDPOINT_URL_LAMBDA", url.url());
    let lambda = builder.build();
    let _server = lambda.serve(0).unwrap();
    invokes(&lambda, "shop.context");
    let environment = lambda.invoke("environment", "null").unwrap().text();
    for part in [r#""AWS_ACCESS_KEY_ID":"none""#, r#""AWS_SECRET_ACCESS_KEY":"none""#, &url.url()] {
        assert!(environment.contains(part), "{environment}");
    }
    // Without a stand-in, other functions may be those of AWS.
    let lambda = Lambda::example("functions");
    let _server = lambda.serve(0).unwrap();
    assert_eq!(lambda.invoke("shop.caller", "\"a\"").unwrap().error_type(), Some("NoEndpoint"));
}

#[test]
fn a_function_has_the_limits_with_which_it_is_deployed() {
    let file = "memory 200\ntimeout 20\n[sleep]\ntimeout 1\n[memory]\nmemory 128\n";
    let path = functions_file("limits.conf", file);
    let builder = || Lambda::builder(Lambda::path_of_example("functions")).functions(&path);
    let lambda = builder().build();
    let done = lambda.invoke("sleep", "60000").unwrap();
    assert!(done.has_logged("Task timed out after 1.00 seconds"), "{:?}", done.log);
    assert_eq!(done.report.memory_mb, 200);
    let done = lambda.invoke("memory", "200").unwrap();
    assert_eq!((done.error_type(), done.report.memory_mb), (Some("Runtime.OutOfMemory"), 128));
    let server = lambda.serve(0).unwrap();
    for (name, limits) in [("sleep", (1, 200)), ("memory", (20, 128)), ("echo", (20, 200))] {
        let head = format!("GET /2015-03-31/functions/{name}/configuration");
        let got = request(server.address(), &head, b"").text();
        let (timeout, memory) = limits;
        assert!(got.contains(&format!("\"Timeout\":{timeout},")), "{name}: {got}");
        assert!(got.contains(&format!("\"MemorySize\":{memory},")), "{name}: {got}");
    }
    // What is set is for all functions, whatever comes first.
    let lambda = builder().memory_mb(256).build();
    assert_eq!(lambda.invoke("memory", "100").unwrap().report.memory_mb, 256);
}
