"""Several processes on one socket, as `cierre serve --workers` starts them."""

import os
import signal
import subprocess
import sys
import time

import httpx

# The seconds are more than what uvicorn gives a worker to answer its parent.
SLOW = """
import os, sys, time
from cierre.cli.announcing import run_workers
from cierre.server.config import server_config
from cierre.server.sockets import bind

class App:
    def __reduce__(self):
        return type(self), (True,)
    def __init__(self, loading=False):
        if loading:
            os.write(1, b"loading\\n")
            time.sleep(7)
    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"here"})

if __name__ == "__main__":
    listener = bind("127.0.0.1", 0)
    listener.listen()
    os.write(1, b"%d\\n" % listener.getsockname()[1])
    run_workers(server_config(App(), workers=2, lifespan="off", log_level="critical"), [listener])
"""


def test_a_worker_that_starts_slowly_is_not_replaced(tmp_path):
    program = tmp_path / "slow.py"
    program.write_text(SLOW)
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True, process_group=0) as process:
        try:
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            assert httpx.get(url, timeout=60).text == "here"
            # Each of the two has had the time to be ready.
            time.sleep(1)
            process.terminate()
            assert process.wait(60) == 0
            assert process.stdout.read() == "loading\n" * 2
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
