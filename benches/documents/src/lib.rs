//! Events as AWS sends them, with as many records as are asked for.

pub mod table;

use std::fmt::Write;

/// As the example that AWS gives for a REST API, at least this long: the rest is body.
#[must_use]
pub fn apigateway(bytes: usize) -> String {
    let event = |body: &str| {
        format!(
            r#"{{"resource":"/orders/{{id}}","path":"/orders/A-1007","httpMethod":"POST","headers":{{"Accept":"application/json","Accept-Encoding":"gzip, deflate, br","Authorization":"Bearer {token}","CloudFront-Forwarded-Proto":"https","CloudFront-Viewer-Country":"DE","Content-Type":"application/json","Host":"70ixmpl4fl.execute-api.eu-central-1.amazonaws.com","User-Agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36","X-Amzn-Trace-Id":"Root=1-5e66d96f-7491f09xmpl79d18acf3d050","X-Forwarded-For":"203.0.113.7, 64.252.141.139","X-Forwarded-Port":"443","X-Forwarded-Proto":"https"}},"multiValueHeaders":{{"Accept":["application/json"],"Content-Type":["application/json"],"Host":["70ixmpl4fl.execute-api.eu-central-1.amazonaws.com"],"X-Forwarded-For":["203.0.113.7, 64.252.141.139"]}},"queryStringParameters":{{"dry":"no","page":"2"}},"multiValueQueryStringParameters":{{"dry":["no"],"page":["2"]}},"pathParameters":{{"id":"A-1007"}},"stageVariables":null,"requestContext":{{"resourceId":"2gxmpl","resourcePath":"/orders/{{id}}","httpMethod":"POST","extendedRequestId":"JJbxmplHYosFVYQ=","requestTime":"10/Mar/2020:00:03:59 +0000","path":"/Prod/orders/A-1007","accountId":"123456789012","protocol":"HTTP/1.1","stage":"Prod","domainPrefix":"70ixmpl4fl","requestTimeEpoch":1583798639428,"requestId":"77375676-xmpl-4b79-853a-f982474efe18","identity":{{"cognitoIdentityPoolId":null,"accountId":null,"cognitoIdentityId":null,"caller":null,"sourceIp":"203.0.113.7","principalOrgId":null,"accessKey":null,"cognitoAuthenticationType":null,"cognitoAuthenticationProvider":null,"userArn":null,"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","user":null}},"domainName":"70ixmpl4fl.execute-api.eu-central-1.amazonaws.com","apiId":"70ixmpl4fl"}},"body":"{body}","isBase64Encoded":false}}"#,
            token = "eyJhbGciOiJSUzI1NiJ9".repeat(20)
        )
    };
    let missing = bytes.saturating_sub(event("").len());
    event(&order(missing))
}

/// A request through a function URL. The body is escaped JSON.
#[must_use]
pub fn function_url(method: &str, path: &str, body: &str) -> String {
    format!(
        r#"{{"version":"2.0","routeKey":"$default","rawPath":"{path}","rawQueryString":"","headers":{{"accept":"application/json","content-type":"application/json","host":"abcdefghij0123456789.lambda-url.eu-central-1.on.aws","origin":"https://todo.example.com","user-agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36","x-amzn-trace-id":"Root=1-69b32e71-2b3c4d5e6f708192a3b4c5d6","x-forwarded-for":"203.0.113.7","x-forwarded-port":"443","x-forwarded-proto":"https"}},"requestContext":{{"accountId":"anonymous","apiId":"abcdefghij0123456789","domainName":"abcdefghij0123456789.lambda-url.eu-central-1.on.aws","domainPrefix":"abcdefghij0123456789","http":{{"method":"{method}","path":"{path}","protocol":"HTTP/1.1","sourceIp":"203.0.113.7","userAgent":"Mozilla/5.0"}},"requestId":"c3d4e5f6-a7b8-4c9d-8e0f-1a2b3c4d5e6f","routeKey":"$default","stage":"$default","time":"12/Mar/2026:21:18:00 +0000","timeEpoch":1773350280000}},"body":"{body}","isBase64Encoded":false}}"#
    )
}

/// A JSON text as it is in a JSON string: some 150 bytes, and what is missing from `bytes`.
fn order(bytes: usize) -> String {
    let order = r#"{\"id\":\"A-1007\",\"customer\":\"Zoë Müller\",\"items\":[{\"name\":\"cup\",\"count\":6},{\"name\":\"saucer\",\"count\":6}],\"note\":\""#;
    let missing = bytes.saturating_sub(order.len() + r#"\"}"#.len());
    format!(r#"{order}{}\"}}"#, "please leave it at the door ".repeat(missing / 28 + 1))
}

/// Messages of some 1 KB.
#[must_use]
pub fn sqs(records: usize) -> String {
    batch(records, |index| {
        format!(
            r#"{{"messageId":"059f36b4-87a3-44ab-83d2-{index:012}","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a{handle}","body":"{body}","attributes":{{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183","SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"}},"messageAttributes":{{"trace":{{"stringValue":"1-5e66d96f","stringListValues":[],"binaryListValues":[],"dataType":"String"}}}},"md5OfBody":"098f6bcd4621d373cade4e832627b4f6","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue","awsRegion":"us-east-2"}}"#,
            handle = "rs3xOxPWlbkzYW1qJY".repeat(5),
            body = order(300),
        )
    })
}

/// Records of 200 bytes of data.
#[must_use]
pub fn kinesis(records: usize) -> String {
    batch(records, |index| {
        format!(
            r#"{{"kinesis":{{"kinesisSchemaVersion":"1.0","partitionKey":"partition-{index}","sequenceNumber":"4959033827149025660855969253836157109592157598913665{index:04}","data":"{data}","approximateArrivalTimestamp":1545084650.987}},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-000000000006:4959033827149025660855969253836157109592157598913665{index:04}","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/lambda-role","awsRegion":"us-east-2","eventSourceARN":"arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"}}"#,
            data = "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0".repeat(10),
        )
    })
}

/// Changes of a row of some columns.
#[must_use]
pub fn dynamodb(records: usize) -> String {
    batch(records, |index| {
        let image = |count: usize| {
            format!(
                r#"{{"Id":{{"N":"{index}"}},"Customer":{{"S":"Zoë Müller"}},"Paid":{{"BOOL":true}},"Note":{{"NULL":true}},"Tags":{{"SS":["new","gift"]}},"Items":{{"L":[{{"M":{{"Name":{{"S":"cup"}},"Count":{{"N":"{count}"}}}}}},{{"M":{{"Name":{{"S":"saucer"}},"Count":{{"N":"6"}}}}}}]}}}}"#
            )
        };
        format!(
            r#"{{"eventID":"c4ca4238a0b923820dcc509a{index:08}","eventName":"MODIFY","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"us-east-2","dynamodb":{{"ApproximateCreationDateTime":1545084650,"Keys":{{"Id":{{"N":"{index}"}}}},"NewImage":{new},"OldImage":{old},"SequenceNumber":"4421584500000000017450{index:06}","SizeBytes":312,"StreamViewType":"NEW_AND_OLD_IMAGES"}},"eventSourceARN":"arn:aws:dynamodb:us-east-2:123456789012:table/orders/stream/2019-12-17T18:00:00.000"}}"#,
            new = image(6),
            old = image(2),
        )
    })
}

/// Notices of new objects.
#[must_use]
pub fn s3(records: usize) -> String {
    batch(records, |index| {
        format!(
            r#"{{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-2","eventTime":"2019-09-03T19:37:27.192Z","eventName":"ObjectCreated:Put","userIdentity":{{"principalId":"AWS:AIDAINPONIXQXHT3IKHL2"}},"requestParameters":{{"sourceIPAddress":"205.255.255.255"}},"responseElements":{{"x-amz-request-id":"D82B88E5F771F645","x-amz-id-2":"vlR7PnpV2Ce81l0PRw6jlUpck7Jo5ZsQjryTjKlc5aLWGVHPZLj5NeC6qMa0emYBDXOo6QBU0Wo="}},"s3":{{"s3SchemaVersion":"1.0","configurationId":"828aa6fc-f7b5-4305-8584-487c791949c1","bucket":{{"name":"amzn-s3-demo-bucket","ownerIdentity":{{"principalId":"A3I5XTEXAMAI3E"}},"arn":"arn:aws:s3:::amzn-s3-demo-bucket"}},"object":{{"key":"orders/2019/09/03/A-{index}.json","size":1305107,"eTag":"b21b84d653bb07b05b1e6b33684dc11b","sequencer":"0C0F6F405D6ED209E1"}}}}}}"#
        )
    })
}

fn batch(records: usize, record: impl Fn(usize) -> String) -> String {
    let mut event = String::from(r#"{"Records":["#);
    for index in 0..records {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(event, "{comma}{}", record(index));
    }
    event + "]}"
}

/// The event of a durable function whose ten steps, and the wait after them, are over.
#[must_use]
pub fn durable_replay() -> String {
    let mut operations = String::from(
        r#"{"Id":"execution","Name":"order","Type":"EXECUTION","StartTimestamp":1795966200.0,"Status":"STARTED","ExecutionDetails":{"InputPayload":"{\"id\":\"A-1007\"}"}}"#,
    );
    for step in 0..10 {
        let _ = write!(
            operations,
            r#",{{"Id":"{id}","Name":"step-{step}","Type":"STEP","SubType":"Step","StartTimestamp":1795966200.5,"EndTimestamp":1795966200.75,"Status":"SUCCEEDED","StepDetails":{{"Attempt":1,"Result":"\"{step} of A-1007\""}}}}"#,
            id = step + 1
        );
    }
    operations += r#",{"Id":"11","Name":"pause","Type":"WAIT","SubType":"Wait","StartTimestamp":1795966201.0,"EndTimestamp":1795966261.0,"Status":"SUCCEEDED","WaitDetails":{"ScheduledEndTimestamp":1795966261.0}}"#;
    format!(
        r#"{{"DurableExecutionArn":"arn:aws:lambda:eu-central-1:123456789012:function:steps:1/durable-execution/A-1007/8476a536-e9f4-11e8-9739-2dfe598c3fcd","CheckpointToken":"token","InitialExecutionState":{{"Operations":[{operations}],"NextMarker":""}}}}"#
    )
}

/// A batch that is as long as can be within this many bytes.
#[must_use]
pub fn sqs_of_bytes(bytes: usize) -> String {
    let (one, two) = (sqs(1).len(), sqs(2).len());
    sqs(1 + bytes.saturating_sub(one) / (two - one))
}
