"""The program of the object store for tests: moto's server, with one request at a time.

moto looks at a condition and then writes, with nothing to keep another request out in between. A real store does both
in one step, and that is what the state's lock rests on.
"""

import io
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

_one = threading.Lock()
_app = DomainDispatcherApplication(create_backend_app)


def serve(environ, start_response):
    """Answer a request, once it is there as a whole: one that comes slowly keeps nobody waiting."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        start_response("400 Bad Request", [("Content-Length", "0")])
        return [b""]
    if length:
        environ["wsgi.input"] = io.BytesIO(body)
    with _one:
        return [b"".join(_app(environ, start_response))]


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), serve, threaded=True)
