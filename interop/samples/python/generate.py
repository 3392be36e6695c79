"""Generates from a model, streams, cancels, and keeps a part of the KV cache; nothing but Python and the library file. usage: generate.py LIBRARY MODEL [PROMPT]"""
import ctypes
import sys
import threading

OK, END, CANCELLED = 0, 1, 9


class Piece(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("text_length", ctypes.c_size_t), ("token", ctypes.c_int32), ("log_probability", ctypes.c_float),
                ("finish_reason", ctypes.c_int32), ("log_probabilities", ctypes.c_int32)]


class KvUsage(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("bytes", ctypes.c_int64), ("full_bytes", ctypes.c_int64), ("kept", ctypes.c_double),
                ("tokens", ctypes.c_int32), ("layers", ctypes.c_int32)]


class Failure(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Winnow:
    """The library; engines and generations are numbers."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        if self.library.winnow_abi_version() < 2:
            raise RuntimeError("This library is too old.")

    def call(self, name, *arguments):
        status = getattr(self.library, name)(*arguments)
        if status not in (OK, END):
            message = ctypes.create_string_buffer(4096)
            self.library.winnow_last_error(message, ctypes.c_size_t(4096), None)
            raise Failure(status, message.value.decode())
        return status

    @staticmethod
    def text(value):
        data = value.encode()
        return data, ctypes.c_size_t(len(data))

    def load(self, model, options="{}"):
        engine = ctypes.c_uint64()
        self.call("winnow_engine_load", *self.text(model), *self.text(options), None, None, ctypes.c_uint64(0), ctypes.byref(engine))
        return engine

    def start(self, engine, prompt, options="{}"):
        generation = ctypes.c_uint64()
        self.call("winnow_generate", engine, *self.text(prompt), *self.text(options), ctypes.byref(generation))
        return generation

    def session(self, engine, options="{}"):
        session = ctypes.c_uint64()
        self.call("winnow_session_create_with", engine, *self.text(options), ctypes.byref(session))
        return session

    def continue_session(self, session, text, options="{}"):
        generation = ctypes.c_uint64()
        self.call("winnow_session_append_text", session, *self.text(text), ctypes.c_uint64(0))
        self.call("winnow_session_generate", session, *self.text(options), ctypes.byref(generation))
        return generation

    def pieces(self, generation):
        piece, text = Piece(struct_size=ctypes.sizeof(Piece)), ctypes.create_string_buffer(4096)
        try:
            while self.call("winnow_generation_next", generation, ctypes.byref(piece), text, ctypes.c_size_t(4096)) == OK:
                yield text.raw[:piece.text_length].decode()
        finally:
            self.call("winnow_generation_free", generation)


def main(library, model, prompt="Once upon a time"):
    winnow = Winnow(library)
    engine = winnow.load(model, '{"more_kv_policies": [{"name": "h2o", "budget": 32}]}')
    print(prompt, end="")
    for text in winnow.pieces(winnow.start(engine, prompt, '{"seed": 1, "max_tokens": 48}')):
        print(text, end="", flush=True)
    print()

    generation = winnow.start(engine, prompt, '{"ignore_end_of_text": true}')
    timer = threading.Timer(0.02, winnow.call, ["winnow_generation_cancel", generation])
    timer.start()
    try:
        for text in winnow.pieces(generation):
            pass
        print("[ended by itself]")
    except Failure as failure:
        if failure.status != CANCELLED:
            raise
        print("[cancelled]")
    timer.join()

    # A session whose cache keeps 32 slots of each head, however long its text gets.
    session = winnow.session(engine, '{"kv_policy": {"name": "h2o", "budget": 32}}')
    for text in winnow.pieces(winnow.continue_session(session, prompt, '{"seed": 1, "max_tokens": 120, "ignore_end_of_text": true}')):
        pass
    held = KvUsage(struct_size=ctypes.sizeof(KvUsage))
    winnow.call("winnow_session_usage", session, ctypes.byref(held))
    print(f"[h2o kept {100 * held.kept:.0f} % of {held.tokens} tokens: {held.bytes} of {held.full_bytes} bytes]")
    winnow.call("winnow_session_free", session)

    try:
        winnow.start(engine, prompt, '{"temprature": 1}')
    except Failure as failure:
        print("As it should be:", failure)
    winnow.call("winnow_engine_free", engine)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
