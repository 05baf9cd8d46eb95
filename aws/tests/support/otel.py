# Reads requests of OTLP, one JSON text in a line, by OpenTelemetry's own schema, which knows no other fields. Prints
# the spans of each as a list: name, kind, parent's name, whether it has failed, and attributes.
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


def value(it):
    kind = it.WhichOneof("value")
    found = getattr(it, kind)
    return str(found) if kind == "double_value" else found


def pairs(attributes):
    names = [it.key for it in attributes]
    assert len(names) == len(set(names)), names
    return {it.key: value(it.value) for it in attributes}


for line in sys.stdin:
    document = json.loads(line)
    # OTLP writes ids in hexadecimal digits, where the JSON of protobuf has base64.
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in span:
                        span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    request = json_format.Parse(json.dumps(document), ExportTraceServiceRequest(), ignore_unknown_fields=False)
    (resource,) = request.resource_spans
    (scope,) = resource.scope_spans
    assert scope.scope.name == "minilambda-aws" and scope.scope.version
    spans = scope.spans
    names = {it.span_id: it.name for it in spans}
    assert len(names) == len(spans)
    told = []
    for it in spans:
        assert len(it.trace_id) == 16 and any(it.trace_id) and len(it.span_id) == 8 and any(it.span_id)
        assert len(it.parent_span_id) in (0, 8)
        assert it.start_time_unix_nano <= it.end_time_unix_nano
        assert it.end_time_unix_nano - it.start_time_unix_nano < 60 * 10**9 and it.start_time_unix_nano > 16 * 10**17
        told.append({
            "name": it.name,
            "kind": Span.SpanKind.Name(it.kind),
            "trace": it.trace_id.hex(),
            "id": it.span_id.hex(),
            "parent": names.get(it.parent_span_id, it.parent_span_id.hex()),
            "remote": bool(it.flags & 0x200),
            "sampled": bool(it.flags & 1),
            "failed": it.status.code == Status.STATUS_CODE_ERROR,
            "attributes": pairs(it.attributes),
        })
    print(json.dumps({"resource": pairs(resource.resource.attributes), "spans": told}), flush=True)
