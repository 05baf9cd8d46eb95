//! The program as Lambda runs it, with moto in place of SNS, SQS and DynamoDB.

use minilambda_local::{DurableTime, Error, ExecutionStatus, HttpRequest, Lambda, Moto};
use std::time::Duration;

struct Shop {
    aws: Moto,
    lambda: Lambda,
}

fn start() -> Result<Option<Shop>, Error> {
    let Some(aws) = Moto::start()? else { return Ok(None) };
    let table = r#"{"TableName":"expenses","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#;
    let target = "X-Amz-Target: DynamoDB_20120810.CreateTable";
    aws.call("dynamodb", "POST /", &[target], table)?;
    for queue in [
        r#"{"QueueName":"payments.fifo","Attributes":{"FifoQueue":"true"}}"#,
        r#"{"QueueName":"mails"}"#,
    ] {
        aws.call("sqs", "POST /", &["X-Amz-Target: AmazonSQS.CreateQueue", JSON], queue)?;
    }
    // A queue stands in for the mail box.
    aws.call("sns", "POST /?Action=CreateTopic&Name=approvals", &[], "")?;
    let subscribe = format!(
        "POST /?Action=Subscribe&TopicArn={TOPIC}&Protocol=sqs\
         &Endpoint=arn:aws:sqs:eu-central-1:123456789012:mails"
    );
    aws.call("sns", &subscribe, &[], "")?;
    let payments = format!("{}/123456789012/payments.fifo", aws.url());
    let lambda = Lambda::builder(env!("CARGO_BIN_EXE_expenses"))
        .aws(&aws)
        .env("TABLE", "expenses")
        .env("TOPIC", TOPIC)
        .env("PAYMENTS", &payments)
        .env("PAGE", "https://expenses.example.com/")
        .timeout(Duration::from_secs(60))
        .durable_time(DurableTime::Manual)
        .build();
    Ok(Some(Shop { aws, lambda }))
}

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:approvals";

const JSON: &str = "Content-Type: application/x-amz-json-1.0";

fn event(id: &str, cents: u32) -> String {
    format!(
        r#"{{"version":"0","id":"e-1","source":"expenses","detail-type":"claimed",
            "account":"123456789012","time":"2026-03-12T21:14:25Z","region":"eu-central-1",
            "resources":[],"detail":{{"id":"{id}","employee":"ada","cents":{cents}}}}}"#
    )
}

impl Shop {
    /// The messages of a queue, as JSON.
    fn messages(&self, queue: &str) -> Result<String, Error> {
        let target = "X-Amz-Target: AmazonSQS.ReceiveMessage";
        let url = self.aws.url();
        let queue =
            format!(r#"{{"QueueUrl":"{url}/123456789012/{queue}","MaxNumberOfMessages":10}}"#);
        self.aws.call("sqs", "POST /", &[target, JSON], queue)
    }

    fn outcome(&self, id: &str) -> Result<String, Error> {
        let target = "X-Amz-Target: DynamoDB_20120810.GetItem";
        let key = format!(r#"{{"TableName":"expenses","Key":{{"id":{{"S":"{id}"}}}}}}"#);
        self.aws.call("dynamodb", "POST /", &[target], key)
    }
}

#[test]
fn a_small_expense_is_paid_at_once_and_only_once() -> Result<(), Error> {
    let Some(shop) = start()? else { return Ok(()) };
    for outcome in ["Paid", "Duplicate"] {
        let execution = shop.lambda.start("expenses.pay", event("E-1", 900))?;
        assert_eq!(execution.result()?.json::<String>()?, outcome);
        assert!(shop.outcome("E-1")?.contains(r#""Paid""#));
    }
    let payments = shop.messages("payments.fifo")?;
    assert_eq!(payments.matches(r#"{\"to\":\"ada\",\"cents\":900}"#).count(), 1, "{payments}");
    Ok(())
}

#[test]
fn a_large_expense_waits_for_an_answer() -> Result<(), Error> {
    let Some(shop) = start()? else { return Ok(()) };
    let answers = shop.lambda.http("expenses.answer");
    assert!(answers.get("/")?.text().contains("Refuse it"));
    for (answer, outcome) in [("yes", "Paid"), ("no", "Refused")] {
        let execution = shop.lambda.start("expenses.pay", event(answer, 90_000))?;
        assert_eq!(execution.until_suspended()?, ExecutionStatus::Running);
        let mail = shop.messages("mails")?;
        let target = mail.split("https://expenses.example.com").nth(1).unwrap();
        let form = HttpRequest::new("POST", target.split('\\').next().unwrap())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("answer={answer}"));
        assert_eq!(answers.send(form.clone())?.status, 200);
        assert_eq!(execution.result()?.json::<String>()?, outcome);
        assert!(shop.outcome(answer)?.contains(outcome));
        assert_eq!(answers.send(form)?.status, 410);
    }
    assert_eq!(shop.messages("payments.fifo")?.matches("90000").count(), 1);
    Ok(())
}

#[test]
fn without_an_answer_nothing_is_paid() -> Result<(), Error> {
    let Some(shop) = start()? else { return Ok(()) };
    let execution = shop.lambda.start("expenses.pay", event("E-1", 90_000))?;
    execution.until_suspended()?;
    execution.advance(Duration::from_secs(3 * 24 * 3600))?;
    assert_eq!(execution.result()?.json::<String>()?, "Callback.Timeout");
    assert!(!shop.messages("payments.fifo")?.contains("90000"));
    Ok(())
}
