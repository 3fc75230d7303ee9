"""Run ``transformers serve`` in a process of its own: ``python serving.py`` writes its port and serves.

The server is started by its class: version 5.3 of its command line does not start with every ``huggingface_hub``,
and finds ``Request`` with newer versions of FastAPI only where it is a name of the module.
"""

if __name__ == "__main__":
    import fastapi
    from transformers.cli import serve

    serve.Request = fastapi.Request
    running = serve.Serve(host="127.0.0.1", port=0, device="cpu", log_level="error", non_blocking=True)
    while not running.server.started:
        running._thread.join(0.01)
    print(running.server.servers[0].sockets[0].getsockname()[1], flush=True)
    running._thread.join()
