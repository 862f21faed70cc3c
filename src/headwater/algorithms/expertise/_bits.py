"""Additions on vertical counters: 512 profiles at a time, one bit of each counter in one 512-bit row ("plane").

A carry-save adder takes three rows of weight 1 to one of weight 1 and one of weight 2 with five logic operations; a tree of them adds
16 rows into the counters at about two instructions a row where the machine has ternary logic (AVX-512), about five elsewhere. The vectors
are LLVM's own, not those of a processor. Harley and Seal's population count (Warren, Hacker's Delight, ch. 5) works alike.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

WORDS = 8
"""64-bit words in a row."""
LANES = 64 * WORDS
PLANES = 15
"""Bits of a counter."""
_I64, _I16 = ir.IntType(64), ir.IntType(16)
_ROW = ir.VectorType(_I64, WORDS)
_SHORTS = ir.VectorType(_I16, 32)
_BYTES = ir.VectorType(ir.IntType(8), LANES // 8)
_LANES = ir.VectorType(_I16, LANES // 8)


def _pointer(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return context.make_array(kind)(context, builder, array).data


def _load(builder: Any, base: Any, offset: Any, vector: Any, align: int) -> Any:
    loaded = builder.load(builder.bitcast(builder.gep(base, [offset]), vector.as_pointer()))
    loaded.align = align
    return loaded


def _store(builder: Any, value: Any, base: Any, offset: Any, align: int) -> None:
    stored = builder.store(value, builder.bitcast(builder.gep(base, [offset]), value.type.as_pointer()))
    stored.align = align


def _prefetch_item(builder: Any, item: Any) -> None:
    line, small = builder.bitcast(item, ir.IntType(8).as_pointer()), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [line.type, small, small, small])
    builder.call(builder.module.declare_intrinsic("llvm.prefetch", [line.type], kind), [line, small(0), small(3), small(1)])


def _sum_rows(builder: Any, rows: list[Any], counter: Any) -> tuple[Any, list[Any]]:
    """One plane: `rows` and the counter's bit become its new bit and the carries. The old bit enters last, so that
    successive calls wait for each other as little as can be."""
    queue, carries = list(rows), []
    while True:
        if len(queue) == 2:
            queue.append(counter)
        a, b, c = queue[:3]
        half = builder.xor(a, b)
        carries.append(builder.or_(builder.and_(a, b), builder.and_(half, c)))
        queue = [*queue[3:], builder.xor(half, c)]
        if len(queue) == 1:
            return queue[0], carries


def _add16(
    typingctx: Any, bits: Any, base: Any, rows: Any, start: Any, planes: Any, plane: Any, carries: Any, at: Any
) -> tuple[Any, Any]:
    """Add the rows bits[base + WORDS * rows[start + n]:][:WORDS], n < 16, to the counters `planes` from plane `plane` (uint8) on.

    Four planes change; the carry out of them, a row of weight 2^(plane + 4), goes to row `at` of `carries`.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        data, index, counters, out = (_pointer(context, builder, kinds[n], arguments[n]) for n in (0, 2, 4, 6))
        base_, start_, at_ = (arguments[n] for n in (1, 3, 7))
        where, found = builder.mul(builder.zext(arguments[5], _I64), _I64(WORDS)), []
        for n in range(16):
            row = builder.zext(builder.load(builder.gep(index, [builder.add(start_, _I64(n))])), _I64)
            found.append(_load(builder, data, builder.add(base_, builder.shl(row, _I64(3))), _ROW, 8))
        while len(found) > 1:
            bit, found = _sum_rows(builder, found, _load(builder, counters, where, _ROW, 8))
            _store(builder, bit, counters, where, 8)
            where = builder.add(where, _I64(WORDS))
        _store(builder, found[0], out, builder.mul(at_, _I64(WORDS)), 8)
        return context.get_dummy_value()

    return types.void(bits, base, rows, start, planes, types.uint8, carries, at), generate


def _byte_of(builder: Any, planes: list[Any], bit: int) -> Any:
    """Bytes whose bit k is bit `bit` of the byte of planes[k]."""
    total = None
    for k, plane in enumerate(planes):
        shift = ir.Constant(_SHORTS, [abs(bit - k)] * 32)
        moved = builder.lshr(plane, shift) if bit >= k else builder.shl(plane, shift)
        moved = builder.and_(moved, ir.Constant(_SHORTS, [0x0101 << k] * 32))
        total = moved if total is None else builder.or_(total, moved)
    return builder.bitcast(total, _BYTES)


def _ask16(typingctx: Any, bits: Any, base: Any, rows: Any, start: Any) -> tuple[Any, Any]:
    """Ask for the rows that a later add16 will want; changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data, index = (_pointer(context, builder, signature.args[n], arguments[n]) for n in (0, 2))
        for n in range(16):
            row = builder.zext(builder.load(builder.gep(index, [builder.add(arguments[3], _I64(n))])), _I64)
            _prefetch_item(builder, builder.gep(data, [builder.add(arguments[1], builder.shl(row, _I64(3)))]))
        return context.get_dummy_value()

    return types.void(bits, base, rows, start), generate


def _unpack(typingctx: Any, planes: Any, extra: Any, at: Any, totals: Any, least: Any) -> tuple[Any, Any]:
    """totals[0:512] (uint16) = counters + extra[at:at + 512]; returns a bit for each 64 lanes that hold one >= least (uint16).

    Lane 64 b + i is bit b of byte i of a row.
    """
    signature = types.uint64(planes, extra, at, totals, types.uint16)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds = signature.args
        counters, more, out = (_pointer(context, builder, kinds[n], arguments[n]) for n in (0, 1, 3))
        rows = [builder.bitcast(_load(builder, counters, _I64(WORDS * k), _ROW, 8), _SHORTS) for k in range(PLANES)]
        splat = builder.insert_element(ir.Constant(_LANES, ir.Undefined), arguments[4], ir.IntType(32)(0))
        splat = builder.shuffle_vector(splat, splat, ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64))
        flags = _I64(0)
        for bit in range(8):
            low = builder.zext(_byte_of(builder, rows[:8], bit), _LANES)
            high = builder.zext(_byte_of(builder, rows[8:], bit), _LANES)
            total = builder.or_(low, builder.shl(high, ir.Constant(_LANES, [8] * 64)))
            total = builder.add(total, _load(builder, more, builder.add(arguments[2], _I64(64 * bit)), _LANES, 2))
            _store(builder, total, out, _I64(64 * bit), 2)
            any_ = builder.icmp_unsigned("!=", builder.bitcast(builder.icmp_unsigned(">=", total, splat), _I64), _I64(0))
            flags = builder.or_(flags, builder.shl(builder.zext(any_, _I64), _I64(bit)))
        return flags

    return signature, generate


def _prefetch(typingctx: Any, array: Any, at: Any) -> tuple[Any, Any]:
    """Ask for the cache line of array[at]; changes nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = _pointer(context, builder, signature.args[0], arguments[0])
        _prefetch_item(builder, builder.gep(data, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(array, at), generate


# Numba's own type of an intrinsic counts the typing context as an argument of the call.
add16: Any = intrinsic(_add16)
ask16: Any = intrinsic(_ask16)
unpack: Any = intrinsic(_unpack)
prefetch: Any = intrinsic(_prefetch)
