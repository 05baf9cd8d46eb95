# The resources of template.yaml for Terraform. make zip, then: terraform init && terraform apply

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "carrier" {
  type        = string
  description = "The URL of the carrier's API"
}

variable "secret" {
  type        = string
  description = "The ARN of a secret with the carrier's token"
}

variable "zip" {
  type    = string
  default = "lambda.zip"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_sqs_queue" "dead" {
  name                      = "orders-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
  # Six times the function's timeout.
  visibility_timeout_seconds = 720
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 5
  })
}

resource "aws_dynamodb_table" "once" {
  name         = "once"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
  ttl {
    attribute_name = "expiration"
    enabled        = true
  }
}

# A role for each function.
resource "aws_iam_role" "worker" {
  for_each           = toset(["ship", "nightly"])
  name               = "worker-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  for_each   = aws_iam_role.worker
  role       = each.value.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

data "aws_iam_policy_document" "ship" {
  # For the mapping.
  statement {
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.orders.arn]
  }
  statement {
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.once.arn]
  }
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.secret]
  }
}

resource "aws_iam_role_policy" "ship" {
  role   = aws_iam_role.worker["ship"].id
  policy = data.aws_iam_policy_document.ship.json
}

resource "aws_lambda_function" "ship" {
  function_name    = "worker-ship"
  role             = aws_iam_role.worker["ship"].arn
  runtime          = "provided.al2023"
  architectures    = ["x86_64"]
  handler          = "worker.ship"
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  memory_size      = 128
  # Ten orders, each with a request of 10 s at most.
  timeout = 120

  environment {
    variables = {
      CARRIER = var.carrier
      SECRET  = var.secret
      TABLE   = aws_dynamodb_table.once.name
    }
  }

  logging_config {
    log_format = "JSON"
  }
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn        = aws_sqs_queue.orders.arn
  function_name           = aws_lambda_function.ship.arn
  batch_size              = 10
  function_response_types = ["ReportBatchItemFailures"]
  # Lambda refuses a mapping whose role may not read the queue yet.
  depends_on = [aws_iam_role_policy.ship]
}

data "aws_iam_policy_document" "nightly" {
  statement {
    actions   = ["dynamodb:Scan"]
    resources = [aws_dynamodb_table.once.arn]
  }
}

resource "aws_iam_role_policy" "nightly" {
  role   = aws_iam_role.worker["nightly"].id
  policy = data.aws_iam_policy_document.nightly.json
}

resource "aws_lambda_function" "nightly" {
  function_name    = "worker-nightly"
  role             = aws_iam_role.worker["nightly"].arn
  runtime          = "provided.al2023"
  architectures    = ["x86_64"]
  handler          = "worker.nightly"
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  memory_size      = 128
  timeout          = 60

  environment {
    variables = {
      TABLE = aws_dynamodb_table.once.name
    }
  }

  logging_config {
    log_format = "JSON"
  }
}

resource "aws_cloudwatch_event_rule" "night" {
  name                = "worker-night"
  schedule_expression = "cron(0 2 * * ? *)"
}

resource "aws_cloudwatch_event_target" "night" {
  rule = aws_cloudwatch_event_rule.night.name
  arn  = aws_lambda_function.nightly.arn
}

resource "aws_lambda_permission" "night" {
  function_name = aws_lambda_function.nightly.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.night.arn
}

resource "aws_sns_topic" "alarms" {
  name = "worker-alarms"
}

resource "aws_cloudwatch_metric_alarm" "fails" {
  for_each            = toset(["worker-ship", "worker-nightly"])
  alarm_name          = "${each.key}-fails"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.key }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "dead_is_not_empty" {
  alarm_name          = "orders-dead-is-not-empty"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

output "queue" {
  value = aws_sqs_queue.orders.url
}
