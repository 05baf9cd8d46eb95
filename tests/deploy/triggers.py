"""The lines of the guide that connect functions of the gallery to their triggers, run as they stand there, and what
they trigger, as far as moto does it."""

import gallery
from readme import ELSEWHERE
from stand_in import StandIn
from support import call, commands, environment, fetch, scratch, script

from picture import png  # of tests/tools, which `support` adds

# The AWS CLI 1 does not take the variable for SQS.
CLI = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'

# The project whose zip a section deploys.
PROJECTS = {"A queue": "worker", "A bucket": "thumbs", "A schedule": "worker", "An HTTP API with tokens": "notes"}


def run():
    fetch("aws", "moto_server", "rie")
    gallery.build()
    page = "docs/guide/triggers.md"
    sections = [("docs/guide/idempotency.md", "The table")]
    sections += [(page, heading) for heading in ("A role and its policy", "A queue", "A bucket", "A schedule",
                                                 "An HTTP API with tokens", "An alarm")]
    sections.append(("docs/guide/asynchronous.md", "After an error"))
    assert {heading for _, heading in sections[1:-1]} == ELSEWHERE["triggers.md"], sections
    lines = []
    for name, heading in sections:
        if heading in PROJECTS:
            lines.append(f"cd '{gallery.archive(PROJECTS[heading]).parent}'")
        # The zip is that of the tests' program.
        lines += [line for line in commands(name, heading) if line != "make zip"]
    picture = scratch("trigger") / "flower.png"
    picture.write_bytes(png(256, 128))
    with StandIn() as aws, gallery.Carrier() as carrier:
        for bucket in ("pictures", "thumbnails"):
            gallery.ask(aws, "s3", "PUT", f"/{bucket}", gallery.REGION)
        env = environment(
            AWS_ENDPOINT_URL=aws.url, carrier=carrier.url, issuer="https://login.example.com", pictures="pictures",
            thumbnails="thumbnails", picture=str(picture), alarms="arn:aws:sns:eu-central-1:123456789012:alarms",
        )
        call("bash", "-c", f"{CLI}\n{script(lines)}", env=env)
        # What the lines say they do.
        assert aws.responses["worker-ship"] == ['{"batchItemFailures":[]}'], aws.responses
        assert carrier.orders == [b'{"id":"A-1007","address":"12 Mill Lane"}'], carrier.orders
        assert aws.responses["thumbs-make"] == ["1"], aws.responses
        thumbnail = gallery.ask(aws, "s3", "GET", "/thumbnails/flower.png", b"")
        assert thumbnail.startswith(b"\xff\xd8"), "no JPEG"
        # Schedules and APIs are not fired by moto.
        schedule = (gallery.GALLERY / "worker/schedule.json").read_bytes()
        assert aws.invoke("worker-nightly", schedule) == b"0", aws.responses
        allowed = {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
                   "secretsmanager:GetSecretValue"}
        assert aws.actions["worker-ship"] <= allowed, aws.actions
    return f"{sum(not line.startswith('cd ') for line in lines)} commands of the guide against moto, which fires SQS and S3"
