# SPDX-License-Identifier: Apache-2.0
"""An OTLP server made of Python's grpcio, http.server and opentelemetry-proto.

Serves gRPC, gRPC with mutual TLS, HTTP and HTTPS on ports of the system's choice, writes the
addresses to FOLDER/addresses, and on SIGTERM what it was sent to FOLDER/<variant>.json, by the
header `x-variant` of the request.
"""

import collections
import gzip
import http.server
import json
import pathlib
import signal
import ssl
import sys
import threading
from concurrent import futures

import grpc
import zstandard
from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as service_grpc

folder = pathlib.Path(sys.argv[1])
token = sys.argv[2]
lock = threading.Lock()
# What came, as it came: it is looked at when everything is over, so that nobody waits for Python.
received = collections.defaultdict(list)


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes(all_of_them):
    return {pair.key: value(pair.value) for pair in all_of_them}


def take(variant, encoding, kind, body):
    with lock:
        received[variant].append((encoding, kind, body))


def unpacked(encoding, body):
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=1 << 26)
    return body


def parsed(encoding, kind, body):
    if kind == "grpc":
        return body
    if kind == "application/json":
        return json_format.Parse(unpacked(encoding, body), service.ExportMetricsServiceRequest())
    assert kind == "application/x-protobuf", kind
    return service.ExportMetricsServiceRequest.FromString(unpacked(encoding, body))


def points(request):
    for resource in request.resource_metrics:
        said = attributes(resource.resource.attributes)
        assert said["service.name"] == "collector" and said["host.name"], said
        assert resource.schema_url.startswith("https://opentelemetry.io/schemas/"), resource.schema_url
        for scope in resource.scope_metrics:
            assert scope.scope.name.startswith("tracecore/"), scope.scope
            for metric in scope.metrics:
                data = getattr(metric, metric.WhichOneof("data"))
                is_sum = metric.WhichOneof("data") == "sum"
                if is_sum:
                    assert data.aggregation_temporality == 2, metric
                assert data.data_points, f"{metric.name} has no points"
                for point in data.data_points:
                    assert not is_sum or 0 < point.start_time_unix_nano <= point.time_unix_nano, point
                    yield {
                        "time": point.time_unix_nano // 1_000_000,
                        "name": metric.name,
                        "unit": metric.unit,
                        "value": getattr(point, point.WhichOneof("value")),
                        "attributes": attributes(point.attributes),
                    }


class Metrics(service_grpc.MetricsServiceServicer):
    def Export(self, request, context):
        metadata = dict(context.invocation_metadata())
        variant = metadata["x-variant"]
        if variant == "grpc-mutual":
            assert metadata["authorization"] == f"Bearer {token}"
            assert context.auth_context()["x509_common_name"] == [b"node"], context.auth_context()
        take(variant, "", "grpc", request)
        return service.ExportMetricsServiceResponse()


class Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        assert self.path == "/v1/metrics", self.path
        body = self.rfile.read(int(self.headers["content-length"]))
        kind = self.headers["content-type"]
        take(self.headers["x-variant"], self.headers.get("content-encoding", ""), kind, body)
        answer = b"{}" if kind == "application/json" else b""
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def read(name):
    return (folder / name).read_bytes()


def http_server(context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Http)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


grpc_server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
service_grpc.add_MetricsServiceServicer_to_server(Metrics(), grpc_server)
plain = grpc_server.add_insecure_port("127.0.0.1:0")
mutual = grpc_server.add_secure_port(
    "localhost:0",
    grpc.ssl_server_credentials([(read("server.key"), read("server.pem"))], read("ca.pem"), True),
)
grpc_server.start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "server.pem", folder / "server.key")
addresses = {
    "OTLP_GRPC": f"http://127.0.0.1:{plain}",
    "OTLP_GRPCS": f"https://localhost:{mutual}",
    "OTLP_HTTP": f"http://127.0.0.1:{http_server()}",
    "OTLP_HTTPS": f"https://localhost:{http_server(context)}",
}
(folder / "addresses.part").write_text("".join(f"export {key}={at}\n" for key, at in addresses.items()))
(folder / "addresses.part").rename(folder / "addresses")

ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
ended.wait()
grpc_server.stop(1).wait()
for variant, requests in received.items():
    said = {
        "requests": len(requests),
        "encodings": sorted({encoding for encoding, _, _ in requests}),
        "points": [point for request in requests for point in points(parsed(*request))],
    }
    (folder / f"{variant}.json").write_text(json.dumps(said))
