import ctypes, sys

winnow = ctypes.CDLL(sys.argv[1])
model, prompt, options = sys.argv[2].encode(), b"Once upon a time", b'{"max_tokens": 48}'
engine, generation, none = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64(0)
piece, text, room = (ctypes.c_size_t * 4)(32), ctypes.create_string_buffer(4096), ctypes.c_size_t(4096)

def check(status):
    if status > 1:
        winnow.winnow_last_error(text, room, None)
        sys.exit(text.value.decode())
    return status

def size(value):
    return ctypes.c_size_t(len(value))

check(winnow.winnow_engine_load(model, size(model), None, size(b""), None, None, none, ctypes.byref(engine)))
check(winnow.winnow_generate(engine, prompt, size(prompt), options, size(options), ctypes.byref(generation)))
while check(winnow.winnow_generation_next(generation, piece, text, room)) == 0:
    print(text.value.decode(), end="", flush=True)
check(winnow.winnow_engine_free(engine))
