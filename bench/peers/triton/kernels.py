"""The peers' kernels in Triton: attention of prompts, products of matrices, RMS norm, the likeliest token. Plain ones, tuned over a few tiles."""
import triton
import triton.language as tl


def tiles(**choices):
    """Configurations from lists of equal lengths: constants of the kernel, and num_warps and num_stages."""
    names = [name for name in choices if name not in ("num_warps", "num_stages")]
    return [
        triton.Config({name: choices[name][i] for name in names}, num_warps=choices["num_warps"][i], num_stages=choices["num_stages"][i])
        for i in range(len(choices["num_warps"]))
    ]


@triton.jit
def _attend(query, keys, values, greatest, total, sums, first_row, first_slot, scale,
            masked: tl.constexpr, dim: tl.constexpr, row_tile: tl.constexpr, slot_tile: tl.constexpr):
    """One block of slots under an online softmax in powers of two; `keys` and `values` point to it."""
    slots, columns = tl.arange(0, slot_tile), tl.arange(0, dim)
    scores = tl.dot(query, tl.load(keys + slots[None, :] * dim + columns[:, None])) * scale
    if masked:
        rows = first_row + tl.arange(0, row_tile)
        scores = tl.where(rows[:, None] >= (first_slot + slots)[None, :], scores, float("-inf"))
    new = tl.maximum(greatest, tl.max(scores, 1))
    factor = tl.exp2(greatest - new)
    weights = tl.exp2(scores - new[:, None])
    value = tl.load(values + slots[:, None] * dim + columns[None, :])
    sums = sums * factor[:, None] + tl.dot(weights.to(value.dtype), value)
    return new, total * factor + tl.sum(weights, 1), sums


@triton.autotune(tiles(row_tile=[128, 128, 128, 64], slot_tile=[128, 64, 64, 64], num_warps=[8, 8, 4, 4], num_stages=[2, 3, 3, 3]), key=["tokens", "causal"])
@triton.jit
def attention(queries, keys, values, output, tokens, scale, group: tl.constexpr, causal: tl.constexpr, dim: tl.constexpr,
              row_tile: tl.constexpr, slot_tile: tl.constexpr):
    """[heads, tokens, dim] over [heads / group, tokens, dim]; tokens are whole tiles, scale is one for powers of two. Grid (row tiles, heads)."""
    first, head = tl.program_id(0) * row_tile, tl.program_id(1)
    keys += (head // group).to(tl.int64) * tokens * dim
    values += (head // group).to(tl.int64) * tokens * dim
    places = (head.to(tl.int64) * tokens + first + tl.arange(0, row_tile))[:, None] * dim + tl.arange(0, dim)[None, :]
    query = tl.load(queries + places)
    greatest = tl.full([row_tile], float("-inf"), tl.float32)
    total = tl.zeros([row_tile], tl.float32)
    sums = tl.zeros([row_tile, dim], tl.float32)
    whole = tokens
    if causal:
        whole = first // slot_tile * slot_tile
    for slot in range(0, whole, slot_tile):
        greatest, total, sums = _attend(query, keys + slot * dim, values + slot * dim, greatest, total, sums, first, slot, scale, False, dim, row_tile, slot_tile)
    if causal:
        for slot in range(whole, first + row_tile, slot_tile):
            greatest, total, sums = _attend(query, keys + slot * dim, values + slot * dim, greatest, total, sums, first, slot, scale, True, dim, row_tile, slot_tile)
    tl.store(output + places, (sums / total[:, None]).to(output.dtype.element_ty))


@triton.autotune(
    tiles(row_tile=[128, 128, 64, 128], column_tile=[256, 128, 128, 64], depth=[64, 64, 64, 64], num_warps=[8, 8, 4, 4], num_stages=[3, 4, 4, 4]), key=["rows", "columns", "inputs"])
@triton.jit
def matmul(left, right, output, rows, columns, inputs, row_tile: tl.constexpr, column_tile: tl.constexpr, depth: tl.constexpr):
    """output [rows, columns] = left [rows, inputs] times right [columns, inputs] turned; all are whole tiles. A one-dimensional grid."""
    # Eight tiles of rows go by before the next tile of columns, so that what they share stays in the second-level cache.
    down, across = rows // row_tile, columns // column_tile
    band = tl.program_id(0) // (8 * across) * 8
    height = tl.minimum(down - band, 8)
    inside = tl.program_id(0) % (8 * across)
    row = (band + inside % height) * row_tile + tl.arange(0, row_tile)
    column = inside // height * column_tile + tl.arange(0, column_tile)
    k = tl.arange(0, depth)
    a = left + row[:, None] * inputs + k[None, :]
    b = right + column[None, :] * inputs + k[:, None]
    sums = tl.zeros([row_tile, column_tile], tl.float32)
    for _ in range(0, inputs, depth):
        sums = tl.dot(tl.load(a), tl.load(b), sums)
        a += depth
        b += depth
    tl.store(output + row[:, None] * columns + column[None, :], sums.to(output.dtype.element_ty))


@triton.jit
def rms_norm(x, weight, output, epsilon, columns: tl.constexpr):
    """A program a row; columns are a power of two."""
    at = tl.arange(0, columns)
    row = tl.program_id(0) * columns + at
    values = tl.load(x + row)
    scale = 1 / tl.sqrt(tl.sum(values * values, 0) / columns + epsilon)
    tl.store(output + row, values * scale * tl.load(weight + at))


@triton.jit
def greedy_parts(logits, states, tokens, count, tile: tl.constexpr):
    """Of a tile of logits: the greatest, the sum of exponentials relative to it, and which it is."""
    at = tl.program_id(0) * tile + tl.arange(0, tile)
    values = tl.load(logits + at, mask=at < count, other=float("-inf"))
    greatest = tl.max(values, 0)
    tl.store(states + 2 * tl.program_id(0), greatest)
    tl.store(states + 2 * tl.program_id(0) + 1, tl.sum(tl.exp(values - greatest), 0))
    tl.store(tokens + tl.program_id(0), tl.program_id(0) * tile + tl.argmax(values, 0))


@triton.jit
def greedy(states, tokens, token, log_probability, parts, room: tl.constexpr):
    """The likeliest token of all parts and the logarithm of its probability."""
    at = tl.arange(0, room)
    greatest = tl.load(states + 2 * at, mask=at < parts, other=float("-inf"))
    sums = tl.load(states + 2 * at + 1, mask=at < parts, other=0.0)
    most = tl.max(greatest, 0)
    tl.store(token, tl.load(tokens + tl.argmax(greatest, 0)))
    tl.store(log_probability, -tl.log(tl.sum(sums * tl.exp(greatest - most), 0)))
