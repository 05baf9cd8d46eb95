# lambda.zip is made by `make zip` in the repository's folder, two above this one.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}

variable "zip" {
  type    = string
  default = "../../lambda.zip"
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

resource "aws_iam_role" "hello" {
  name               = "hello"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.hello.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_lambda_function" "hello" {
  function_name    = "hello"
  role             = aws_iam_role.hello.arn
  runtime          = "provided.al2023"
  architectures    = ["x86_64"]
  handler          = "hello.order"
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  memory_size      = 128
  timeout          = 5

  logging_config {
    log_format = "JSON"
  }
}

output "function" {
  value = aws_lambda_function.hello.arn
}
