"""The projects of examples/gallery: their templates of SAM, deployed to moto as far as it has the resources, and
fired there as far as it can."""

import functools
import json
import os
import re
import shutil
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import quote, urlencode

import alike
import terraform
from stand_in import SIGNED, StandIn
from support import ROOT, call, environment, fetch, scratch

from picture import png  # of tests/tools, which `support` adds

GALLERY = ROOT / "examples/gallery"
PARAMETERS = {"notes": {"Issuer": "https://login.example.com", "Audience": "notes"}}
JSON = "application/x-amz-json-1.1"
ORDER = '{"id":"A-1007","address":"12 Mill Lane"}'
REGION = b"""<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>
    </CreateBucketConfiguration>"""
# moto's CloudFormation has none of these; some have an API there.
UNKNOWN = ("AWS::ApiGatewayV2::", "AWS::CloudWatch::Alarm", "AWS::Lambda::Alias", "AWS::Lambda::EventInvokeConfig",
           "AWS::Lambda::Url")
# `sam validate --lint` of each template, and SAM's own translator, in one process: SAM takes
# seconds to start.
SAM = """
import json, sys
from pathlib import Path
from samcli.cli.main import cli
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
known = {name: "arn:aws:iam::aws:policy/service-role/" + name for name in (
    "AWSLambdaBasicExecutionRole", "AWSLambdaBasicDurableExecutionRolePolicy")}
class Loader:
    def load(self): return known
templates = []
for template in sys.argv[1:]:
    cli(["validate", "--lint", "--template", template], standalone_mode=False)
    templates.append(transform(yaml_parse(Path(template).read_text()), {}, Loader()))
print(json.dumps(templates))
"""


def run():
    fetch("sam", "moto_server", "rie", "python_hcl2", "cdk")
    projects = sorted(path.parent.name for path in GALLERY.glob("*/template.yaml"))
    assert projects == sorted(path.parent.name for path in GALLERY.glob("*/Cargo.toml")), projects
    templates = dict(zip(projects, validated(projects)))
    build()
    with StandIn() as aws:
        ask(aws, "s3", "PUT", "/code", REGION)
        for project, template in templates.items():
            check_policies_of_aws(project, template)
            globals()[project](aws, template)
        worker_for_other_tools(aws, templates["worker"])
    return (f"sam validate --lint, deployed to moto, and fired there: {', '.join(projects)}; for worker the CDK, too, "
            "and Terraform's file, parsed")


def check_policies_of_aws(project, template):
    """A role has no policy of AWS's for every queue or stream. SAM attaches that of durable functions itself."""
    allowed = ("/AWSLambdaBasicExecutionRole", "/AWSLambdaBasicDurableExecutionRolePolicy")
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            attached = resource["Properties"].get("ManagedPolicyArns", [])
            assert all(arn.endswith(allowed) for arn in attached), f"{project}: {name} has {attached}"


def build():
    """The programs, as `make test` has built them."""
    call("cargo", "test", "--workspace", "--all-features", "--test", "lambda", "--no-run", "--quiet")


@functools.cache
def archive(project):
    """A zip with the program that the tests use. It is large, and so not compressed."""
    programs = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    zipped = scratch(f"gallery-{project}") / "lambda.zip"
    with zipfile.ZipFile(zipped, "w") as file:
        file.write(programs / "debug" / project, "bootstrap")
    return zipped


def validated(projects):
    """The templates that CloudFormation gets."""
    folder, files = scratch("gallery-templates"), []
    for project in projects:
        text = (GALLERY / project / "template.yaml").read_text()
        assert text.count("CodeUri: lambda.zip") == 1, project
        files.append(folder / f"{project}.yaml")
        files[-1].write_text(text.replace("CodeUri: lambda.zip", f"CodeUri: s3://code/{project}.zip"))
    said = call(str(fetch("sam").resolve().parent / "python3"), "-c", SAM, *map(str, files))
    assert said.count("is a valid SAM Template") == len(projects), said
    return json.loads(said.splitlines()[-1])


def ask(aws, service, method, path, body, **headers):
    """Sends a request to moto, and returns the body of the response."""
    aws.keep_zip(body)
    signed = SIGNED.replace("/lambda/", f"/{service}/")
    headers = {"Host": f"{service}.eu-central-1.amazonaws.com", "Authorization": signed} | headers
    status, _, reply = aws.ask_moto(method, path, body, headers)
    assert status < 300, f"{service} {path}: {status} {reply.decode()}"
    return reply


def known_to_moto(resources):
    """Without the resources that moto does not have, and those that refer to one."""
    known = {name: resource for name, resource in resources.items() if not resource["Type"].startswith(UNKNOWN)}
    missing = resources.keys() - known.keys()
    refer = {name for name, resource in known.items() if references(resource) & missing}
    return known_to_moto({name: known[name] for name in known.keys() - refer}) if refer else known


def references(value):
    """The names of the resources that a part of a template refers to."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(references, value.values()))
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            found.add(name)
        case {"Fn::Sub": text}:
            found.update(re.findall(r"\$\{(\w+)", text if isinstance(text, str) else text[0]))
    return found


class Stack:
    """A project that is deployed to moto. Its requests are sent without the AWS CLI, which takes a second to start."""

    def __init__(self, project, aws, template, name=None, **parameters):
        self.project, self.aws, self.template, self.name = project, aws, template, name or project
        self.put(f"/code/{project}.zip", archive(project).read_bytes())
        parameters = PARAMETERS.get(project, {}) | parameters
        known = known_to_moto(self.template["Resources"])
        form = {"StackName": self.name, "TemplateBody": json.dumps(self.template | {"Resources": known, "Outputs": {}})}
        for number, (name, value) in enumerate(parameters.items(), 1):
            member = f"Parameters.member.{number}"
            form |= {f"{member}.ParameterKey": name, f"{member}.ParameterValue": value}
        self.form("CreateStack", form)
        described = self.form("DescribeStackResources", {"StackName": self.name})
        pairs = re.findall(r"<LogicalResourceId>([^<]*)</LogicalResourceId>\s*"
                           r"(?:<PhysicalResourceId>([^<]*)</PhysicalResourceId>)?", described)
        self.resources = dict(pairs)
        assert self.resources.keys() == known.keys(), self.resources.keys() ^ known.keys()

    def ask(self, *request, **headers):
        return ask(self.aws, *request, **headers)

    def put(self, path, body):
        return self.ask("s3", "PUT", path, body)

    def form(self, action, fields):
        body = urlencode(fields | {"Action": action, "Version": "2010-05-15"}).encode()
        kind = "application/x-www-form-urlencoded"
        return self.ask("cloudformation", "POST", "/", body, **{"Content-Type": kind}).decode()

    def json(self, service, target, **fields):
        headers = {"Content-Type": JSON, "X-Amz-Target": target}
        return json.loads(self.ask(service, "POST", "/", json.dumps(fields).encode(), **headers) or "null")

    def invoke(self, function, event):
        return self.aws.invoke(self.resources[function], event).decode()

    def responses(self, function):
        return self.aws.responses.get(self.resources[function], [])

    def check_policies(self):
        """What the functions have called is what their policies allow, on named resources."""
        for name, resource in self.template["Resources"].items():
            if resource["Type"] != "AWS::Lambda::Function":
                continue
            role = self.template["Resources"][f"{name}Role"]["Properties"]
            statements = [statement for policy in role.get("Policies", ())
                          for statement in policy["PolicyDocument"]["Statement"]]
            assert all(statement["Resource"] != "*" for statement in statements), statements
            allowed = {action for statement in statements
                       for action in ([statement["Action"]] if isinstance(statement["Action"], str)
                                      else statement["Action"])}
            called = self.aws.actions.get(self.resources[name], set())
            assert called, f"{self.project}: {name} has called nothing"
            assert called <= allowed, f"{self.project}: {name} calls {called - allowed}, which its policy lacks"


def thumbs(aws, template):
    stack = Stack("thumbs", aws, template)
    # moto's CloudFormation creates the bucket without it.
    pictures = stack.template["Resources"]["Pictures"]["Properties"]["NotificationConfiguration"]
    [configuration] = pictures["LambdaConfigurations"]
    arn = aws.function(stack.resources["Make"])[0]["FunctionArn"]
    stack.put(f"/{stack.resources['Pictures']}?notification", f"""<NotificationConfiguration>
        <CloudFunctionConfiguration><Id>1</Id><CloudFunction>{arn}</CloudFunction>
        <Event>{configuration["Event"]}</Event></CloudFunctionConfiguration></NotificationConfiguration>""".encode())
    key = quote("red flower.png")
    stack.put(f"/{stack.resources['Pictures']}/{key}", png(640, 320))
    thumbnail = stack.ask("s3", "GET", f"/{stack.resources['Thumbnails']}/{key}", b"")
    assert thumbnail.startswith(b"\xff\xd8"), "no JPEG"
    assert stack.responses("Make") == ["1"], stack.responses("Make")
    stack.check_policies()


def notes(aws, template):
    stack = Stack("notes", aws, template)
    response = json.loads(stack.invoke("Http", (GALLERY / "notes/event.json").read_bytes()))
    assert (response["statusCode"], response["body"]) == (200, '{"notes":[],"next":null}'), response
    stack.check_policies()
    paths = stack.template["Resources"]["Api"]["Properties"]["Body"]["paths"]
    routes = {(path, method): operation.get("security")
              for path, methods in paths.items() for method, operation in methods.items()}
    assert routes == {("/{path+}", "x-amazon-apigateway-any-method"): [{"Tokens": []}],
                      ("/{path+}", "options"): [{"NONE": []}]}, routes


def worker(aws, template):
    with Carrier() as carrier:
        secret = ask(aws, "secretsmanager", "POST", "/", b'{"Name":"carrier","SecretString":"{\\"token\\":\\"t-1\\"}"}',
                     **{"Content-Type": JSON, "X-Amz-Target": "secretsmanager.CreateSecret"})
        stack = Stack("worker", aws, template, Carrier=carrier.url, Secret=json.loads(secret)["ARN"])
        for body in (ORDER, ORDER, "no order"):
            stack.json("sqs", "AmazonSQS.SendMessage", QueueUrl=stack.resources["Orders"], MessageBody=body)
        assert carrier.orders == [ORDER.encode()], carrier.orders
    first, second, third = stack.responses("Ship")
    assert first == second == '{"batchItemFailures":[]}', (first, second)
    assert '{"itemIdentifier":"' in third, third
    # Only the third is in the queue still.
    attributes = stack.json("sqs", "AmazonSQS.GetQueueAttributes", QueueUrl=stack.resources["Orders"],
                            AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "1", attributes
    [target] = stack.json("events", "AWSEvents.ListTargetsByRule", Rule=stack.resources["NightlyNight"])["Targets"]
    assert target["Arn"].endswith(f":function:{stack.resources['Nightly']}"), target
    assert stack.invoke("Nightly", (GALLERY / "worker/schedule.json").read_bytes()) == "0"
    stack.check_policies()


class Carrier:
    """The HTTP API of the carrier."""

    def __init__(self):
        self.orders = []
        orders = self.orders

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                orders.append(self.rfile.read(int(self.headers["Content-Length"])))
                body = b'{"number":"P-1"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/parcels"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def worker_for_other_tools(aws, template):
    """Terraform's file, parsed, and the stack of the CDK: the same resources as in the template."""
    folder = GALLERY / "worker"
    expected = alike.of_cloudformation(template)
    python = fetch("python_hcl2").resolve() / "bin/python3"
    read = call("sh", "-c", f"'{python}' -c '{terraform.READ}' <'{folder}/main.tf'")
    found = alike.of_terraform(terraform.unquoted(json.loads(read)))
    assert found == expected, f"Terraform: {found}\nSAM: {expected}"

    around = scratch("gallery-cdk")
    shutil.copy(folder / "app.mjs", around)
    (around / "lambda.zip").write_bytes(b"PK")
    (around / "node_modules").symlink_to(fetch("cdk").resolve() / "node_modules")
    call("node", "app.mjs", cwd=around, env=environment(CDK_OUTDIR=str(around / "out")))
    template = json.loads((around / "out/Worker.template.json").read_text())
    found = alike.of_cloudformation(template)
    assert found == expected, f"CDK: {found}\nSAM: {expected}"
    worker_of_cdk(aws, template)


def worker_of_cdk(aws, template):
    """The stack, deployed without what only the CDK's own tool uploads and checks."""
    del template["Rules"], template["Parameters"]["BootstrapVersion"]
    functions = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = {"S3Bucket": "code", "S3Key": "worker.zip"}
            functions[resource["Properties"]["Handler"]] = name
    [queue] = [name for name in template["Resources"] if name.startswith("Orders")]
    secret = ask(aws, "secretsmanager", "POST", "/", b'{"SecretId":"carrier"}',
                 **{"Content-Type": JSON, "X-Amz-Target": "secretsmanager.DescribeSecret"})
    with Carrier() as carrier:
        stack = Stack("worker", aws, template, "worker-cdk", Carrier=carrier.url, Secret=json.loads(secret)["ARN"])
        stack.json("sqs", "AmazonSQS.SendMessage", QueueUrl=stack.resources[queue], MessageBody=ORDER)
        assert carrier.orders == [ORDER.encode()], carrier.orders
    responses = stack.responses(functions["worker.ship"])
    assert responses == ['{"batchItemFailures":[]}'], responses


def products(aws, template):
    stack = Stack("products", aws, template)
    bus = stack.json("events", "AWSEvents.DescribeEventBus", Name=stack.name)["Arn"]
    stack.json("events", "AWSEvents.CreateArchive", ArchiveName="all", EventSourceArn=bus)
    response = json.loads(stack.invoke("Http", (GALLERY / "products/event.json").read_bytes()))
    assert response["statusCode"] == 201, response
    # The item has come through the stream.
    assert stack.responses("Changes") == ["null"], stack.responses("Changes")
    archive_of_bus = stack.json("events", "AWSEvents.DescribeArchive", ArchiveName="all")
    assert archive_of_bus["EventCount"] == 1, archive_of_bus
    stack.check_policies()


def expenses(_, template):
    """No stand-in runs a durable function and fires rules."""
    resources = template["Resources"].values()
    functions = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::Lambda::Function"]
    durable = [function["DurableConfig"] for function in functions if "DurableConfig" in function]
    assert durable == [{"ExecutionTimeout": 604800, "RetentionPeriodInDays": 14}], durable
    # What failed is not tried again.
    [letters] = [function["DeadLetterConfig"] for function in functions if "DurableConfig" in function]
    assert letters == {"TargetArn": {"Fn::GetAtt": ["Failed", "Arn"]}}, letters
    # The rule invokes the alias: a durable function is invoked by a version.
    [rule] = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::Events::Rule"]
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "PayAliaslive"}], rule
