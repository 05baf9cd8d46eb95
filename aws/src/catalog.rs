//! The services that have a name here, and what is known of their actions: which only read, so that
//! they may be repeated, and which respond late. This is the only place for both.

use crate::service::{Service, Wait};

/// A synchronous function may work for so long, and a model.
const LONG: Wait = Wait::Seconds(1800);

/// Declares services of each protocol. `reads` are the actions that have no effect; `waits` those
/// whose response comes later than after a minute, or whose request says when; `at` those with
/// another host.
macro_rules! services {
    ($(
        $(#[doc = $about:literal])*
        $name:ident = $form:ident($($argument:literal),*)
        $(, reads: $reads:literal)? $(, waits: $waits:expr)? $(, at: $hosts:expr)?;
    )*) => {
        $(
            $(#[doc = $about])*
            pub static $name: Service = Service::$form($($argument),*)
                $(.reads($reads))? $(.waits($waits))? $(.at($hosts))?;
        )*

        /// All of them, for tests.
        #[cfg(test)]
        pub(crate) static ALL: &[(&str, &Service)] = &[$((stringify!($name), &$name)),*];
    };
}

services! {
    /// [The data of AWS
    /// AppConfig](https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_Operations_AWS_AppConfig_Data.html),
    /// REST; see also [`appconfig`](crate::appconfig).
    APPCONFIG_DATA = rest("APPCONFIGDATA", "appconfigdata", "appconfig");
    /// [AWS AppSync](https://docs.aws.amazon.com/appsync/latest/APIReference/), REST; with
    /// [`endpoint`](crate::Client::endpoint) the GraphQL API of an application.
    APPSYNC = rest("APPSYNC", "appsync", "appsync");
    /// [Amazon Athena](https://docs.aws.amazon.com/athena/latest/APIReference/).
    /// `StartQueryExecution` and `CreateNamedQuery` need a `ClientRequestToken`, which AWS's SDKs
    /// make by themselves: 32 to 128 characters, and others for each query.
    ATHENA = json("ATHENA", "athena", "AmazonAthena", "1.1"), reads:
        "BatchGetNamedQuery BatchGetPreparedStatement BatchGetQueryExecution GetDataCatalog GetDatabase \
         GetNamedQuery GetPreparedStatement GetQueryExecution GetQueryResults GetQueryRuntimeStatistics \
         GetSession GetSessionStatus GetTableMetadata GetWorkGroup ListDataCatalogs ListDatabases \
         ListEngineVersions ListNamedQueries ListPreparedStatements ListQueryExecutions ListSessions \
         ListTableMetadata ListTagsForResource ListWorkGroups";
    /// [Amazon Bedrock
    /// Runtime](https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html),
    /// REST.
    BEDROCK_RUNTIME = rest("BEDROCK_RUNTIME", "bedrock-runtime", "bedrock"), waits: &[("", LONG)];
    /// [Amazon CloudWatch
    /// Logs](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/).
    CLOUDWATCH_LOGS = json("CLOUDWATCH_LOGS", "logs", "Logs_20140328", "1.1"), reads:
        "DescribeDestinations DescribeExportTasks DescribeLogGroups DescribeLogStreams \
         DescribeMetricFilters DescribeQueries DescribeQueryDefinitions DescribeResourcePolicies \
         DescribeSubscriptionFilters FilterLogEvents GetLogEvents GetLogGroupFields GetLogObject \
         GetLogRecord GetQueryResults ListLogGroups ListLogGroupsForQuery ListTagsForResource \
         ListTagsLogGroup",
        at: &[("StartLiveTail", "stream-"), ("GetLogObject", "stream-")];
    /// [Amazon Cognito user
    /// pools](https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/).
    COGNITO_IDENTITY_PROVIDER = json(
        "COGNITO_IDENTITY_PROVIDER", "cognito-idp", "AWSCognitoIdentityProviderService", "1.1"), reads:
        "AdminGetDevice AdminGetUser AdminListDevices AdminListGroupsForUser AdminListUserAuthEvents \
         DescribeIdentityProvider DescribeResourceServer DescribeUserImportJob DescribeUserPool \
         DescribeUserPoolClient DescribeUserPoolDomain GetDevice GetGroup \
         GetIdentityProviderByIdentifier GetSigningCertificate GetUICustomization GetUser \
         GetUserPoolMfaConfig ListDevices ListGroups ListIdentityProviders ListResourceServers \
         ListTagsForResource ListUserImportJobs ListUserPoolClients ListUserPools ListUsers \
         ListUsersInGroup";
    /// [Amazon DynamoDB](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/); see also
    /// [`dynamodb`](crate::dynamodb).
    DYNAMODB = json("DYNAMODB", "dynamodb", "DynamoDB_20120810", "1.0"), reads:
        "BatchGetItem DescribeBackup DescribeContinuousBackups DescribeContributorInsights \
         DescribeEndpoints DescribeExport DescribeGlobalTable DescribeImport DescribeLimits \
         DescribeTable DescribeTimeToLive GetItem GetResourcePolicy ListBackups ListExports \
         ListGlobalTables ListImports ListTables ListTagsOfResource Query Scan TransactGetItems";
    /// [Amazon ECS](https://docs.aws.amazon.com/AmazonECS/latest/APIReference/).
    ECS = json("ECS", "ecs", "AmazonEC2ContainerServiceV20141113", "1.1"), reads:
        "DescribeCapacityProviders DescribeClusters DescribeContainerInstances \
         DescribeServiceDeployments DescribeServiceRevisions DescribeServices DescribeTaskDefinition \
         DescribeTasks DescribeTaskSets GetTaskProtection ListAccountSettings ListAttributes \
         ListClusters ListContainerInstances ListServiceDeployments ListServices \
         ListServicesByNamespace ListTagsForResource ListTaskDefinitionFamilies ListTaskDefinitions \
         ListTasks";
    /// [Amazon EventBridge](https://docs.aws.amazon.com/eventbridge/latest/APIReference/).
    EVENTBRIDGE = json("EVENTBRIDGE", "events", "AWSEvents", "1.1"), reads:
        "DescribeApiDestination DescribeArchive DescribeConnection DescribeEndpoint DescribeEventBus \
         DescribeEventSource DescribeReplay DescribeRule ListApiDestinations ListArchives \
         ListConnections ListEndpoints ListEventBuses ListEventSources ListReplays \
         ListRuleNamesByTarget ListRules ListTagsForResource ListTargetsByRule TestEventPattern";
    /// [Connections of a WebSocket
    /// API](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html),
    /// and any HTTP API that API Gateway protects with IAM; REST. Its host is yours:
    /// `EXECUTE_API.client().endpoint("https://…")`. For connections see also
    /// [`websocket`](crate::websocket).
    EXECUTE_API = rest("APIGATEWAYMANAGEMENTAPI", "execute-api", "execute-api");
    /// [Amazon Data Firehose](https://docs.aws.amazon.com/firehose/latest/APIReference/).
    FIREHOSE = json("FIREHOSE", "firehose", "Firehose_20150804", "1.1"), reads:
        "DescribeDeliveryStream ListDeliveryStreams ListTagsForDeliveryStream";
    /// [Amazon Kinesis](https://docs.aws.amazon.com/kinesis/latest/APIReference/).
    KINESIS = json("KINESIS", "kinesis", "Kinesis_20131202", "1.1"), reads:
        "DescribeLimits DescribeStream DescribeStreamConsumer DescribeStreamSummary GetRecords \
         GetResourcePolicy GetShardIterator ListShards ListStreamConsumers ListStreams \
         ListTagsForResource ListTagsForStream";
    /// [AWS KMS](https://docs.aws.amazon.com/kms/latest/APIReference/).
    KMS = json("KMS", "kms", "TrentService", "1.1"), reads:
        "Decrypt DescribeCustomKeyStores DescribeKey Encrypt GenerateDataKey GenerateMac \
         GenerateRandom GetKeyPolicy GetKeyRotationStatus GetPublicKey ListAliases ListGrants \
         ListKeyPolicies ListKeyRotations ListKeys ListResourceTags ListRetirableGrants ReEncrypt \
         Sign Verify VerifyMac";
    /// [AWS Lambda](https://docs.aws.amazon.com/lambda/latest/api/), REST; with
    /// [`endpoint`](crate::Client::endpoint) a function's URL that IAM protects. See also
    /// [`lambda::Function`](crate::lambda::Function).
    LAMBDA = rest("LAMBDA", "lambda", "lambda"), waits: &[
        ("/invocations", LONG), ("/response-streaming-invocations", LONG)];
    /// [Amazon OpenSearch
    /// Service](https://docs.aws.amazon.com/opensearch-service/latest/APIReference/), REST; with
    /// [`endpoint`](crate::Client::endpoint) a domain.
    OPENSEARCH = rest("OPENSEARCH", "es", "es");
    /// [Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/API/), REST; see also
    /// [`s3::Bucket::request`](crate::s3::Bucket::request).
    S3 = rest("S3", "s3", "s3");
    /// [Amazon EventBridge Scheduler](https://docs.aws.amazon.com/scheduler/latest/APIReference/),
    /// REST.
    SCHEDULER = rest("SCHEDULER", "scheduler", "scheduler");
    /// [AWS Secrets Manager](https://docs.aws.amazon.com/secretsmanager/latest/apireference/); see
    /// also [`parameters::secret`](crate::parameters::secret). `CreateSecret`, `UpdateSecret`,
    /// `PutSecretValue` and `RotateSecret` need a `ClientRequestToken`, which AWS's SDKs make by
    /// themselves: 32 to 64 characters, and others for each version.
    SECRETS_MANAGER = json("SECRETS_MANAGER", "secretsmanager", "secretsmanager", "1.1"), reads:
        "BatchGetSecretValue DescribeSecret GetRandomPassword GetResourcePolicy GetSecretValue \
         ListSecretVersionIds ListSecrets";
    /// [Amazon SES, version 1](https://docs.aws.amazon.com/ses/latest/APIReference/), query.
    SES = query("SES", "email", "ses", "2010-12-01"), reads:
        "DescribeActiveReceiptRuleSet DescribeConfigurationSet DescribeReceiptRule \
         DescribeReceiptRuleSet GetAccountSendingEnabled GetIdentityDkimAttributes \
         GetIdentityMailFromDomainAttributes GetIdentityNotificationAttributes GetIdentityPolicies \
         GetIdentityVerificationAttributes GetSendQuota GetSendStatistics GetTemplate \
         ListConfigurationSets ListIdentities ListIdentityPolicies ListReceiptFilters \
         ListReceiptRuleSets ListTemplates ListVerifiedEmailAddresses";
    /// [Amazon SES, version 2](https://docs.aws.amazon.com/ses/latest/APIReference-V2/), REST.
    SESV2 = rest("SESV2", "email", "ses");
    /// [AWS Step Functions](https://docs.aws.amazon.com/step-functions/latest/apireference/).
    /// `GetActivityTask` is not repeated: each request may be given a task. Nor is `TestState`,
    /// which executes a state.
    SFN = json("SFN", "states", "AWSStepFunctions", "1.0"), reads:
        "DescribeActivity DescribeExecution DescribeMapRun DescribeStateMachine \
         DescribeStateMachineAlias DescribeStateMachineForExecution GetExecutionHistory \
         ListActivities ListExecutions ListMapRuns ListStateMachineAliases ListStateMachineVersions \
         ListStateMachines ListTagsForResource ValidateStateMachineDefinition",
        waits: &[("GetActivityTask", Wait::Seconds(65)), ("StartSyncExecution", LONG), ("TestState", LONG)],
        at: &[("StartSyncExecution", "sync-"), ("TestState", "sync-")];
    /// [Amazon SNS](https://docs.aws.amazon.com/sns/latest/api/), query.
    SNS = query("SNS", "sns", "sns", "2010-03-31"), reads:
        "CheckIfPhoneNumberIsOptedOut GetDataProtectionPolicy GetEndpointAttributes \
         GetPlatformApplicationAttributes GetSMSAttributes GetSMSSandboxAccountStatus \
         GetSubscriptionAttributes GetTopicAttributes ListEndpointsByPlatformApplication \
         ListOriginationNumbers ListPhoneNumbersOptedOut ListPlatformApplications \
         ListSMSSandboxPhoneNumbers ListSubscriptions ListSubscriptionsByTopic ListTagsForResource \
         ListTopics";
    /// [Amazon SQS](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/).
    SQS = json("SQS", "sqs", "AmazonSQS", "1.0"), reads:
        "GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListMessageMoveTasks ListQueueTags \
         ListQueues",
        waits: &[("ReceiveMessage", Wait::Asked { field: "WaitTimeSeconds", more: 10 })];
    /// [AWS Systems Manager](https://docs.aws.amazon.com/systems-manager/latest/APIReference/); see
    /// also [`parameters::get`](crate::parameters::get).
    SSM = json("SSM", "ssm", "AmazonSSM", "1.1"), reads:
        "DescribeAutomationExecutions DescribeDocument DescribeInstanceInformation \
         DescribeInstancePatchStates DescribeMaintenanceWindows DescribeOpsItems DescribeParameters \
         DescribeSessions GetAutomationExecution GetCalendarState GetCommandInvocation \
         GetConnectionStatus GetDocument GetInventory GetMaintenanceWindow GetOpsItem GetParameter \
         GetParameterHistory GetParameters GetParametersByPath GetServiceSetting ListAssociations \
         ListCommandInvocations ListCommands ListDocuments ListInventoryEntries ListTagsForResource";
    /// [AWS STS](https://docs.aws.amazon.com/STS/latest/APIReference/), query.
    STS = query("STS", "sts", "sts", "2011-06-15"), reads:
        "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity DecodeAuthorizationMessage \
         GetAccessKeyInfo GetCallerIdentity GetFederationToken GetSessionToken";
}
