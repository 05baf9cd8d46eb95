//! What stands in for AWS: moto for all of it, dynalite for DynamoDB, s3s-fs for S3, kinesalite for
//! Kinesis. With botocore to prepare and to read back.
#![allow(dead_code, reason = "each test uses a part")]

use super::local_support::{root, tool};
use minilambda_local::{Builder, Lambda};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A stand-in of AWS, which ends with the test.
pub struct StandIn {
    server: minilambda_local::Moto,
    python: PathBuf,
    /// Whether it has transactions, and the item in errors of conditions; tags of objects. The
    /// others than moto have not.
    pub is_of_today: bool,
}

impl StandIn {
    /// `None` if the test is to be skipped.
    pub fn moto() -> Option<Self> {
        Self::start(tool("moto_server")?, true)
    }

    /// `None` if the test is to be skipped. It refuses what DynamoDB refuses.
    pub fn dynalite() -> Option<Self> {
        Self::other("dynalite", "dynalite-as-moto")
    }

    /// `None` if the test is to be skipped. It refuses a wrong signature or checksum.
    pub fn s3s_fs() -> Option<Self> {
        Self::other("s3s_fs", "s3s-fs-as-moto")
    }

    /// `None` if the test is to be skipped. It refuses what Kinesis refuses.
    pub fn kinesalite() -> Option<Self> {
        Self::other("kinesalite", "kinesalite-as-moto")
    }

    fn other(name: &str, script: &str) -> Option<Self> {
        tool(name)?;
        Self::start(root().join("tests/tools").join(script), false)
    }

    fn start(program: PathBuf, is_of_today: bool) -> Option<Self> {
        let python = tool("boto3")?.join("bin/python3");
        let server = minilambda_local::Moto::start_program(program).unwrap();
        Some(Self { server, python, is_of_today })
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Runs a script with clients of boto3; returns what it prints.
    pub fn python(&self, script: &str) -> String {
        let prelude = "import boto3, json, sys\n\
            def client(name): return boto3.client(name, endpoint_url=sys.argv[1])\n";
        let mut command = Command::new(&self.python);
        command.args(["-c", &format!("{prelude}{script}"), &self.url()]).env_clear();
        let output = command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", "eu-central-1")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// An example with the environment to reach it.
pub fn lambda(example: &str, url: &str) -> Builder {
    Lambda::builder(Lambda::path_of_example(example))
        .timeout(Duration::from_secs(60))
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_SESSION_TOKEN", "token")
}
