"""What jitted functions call that numba does not have: machine code by its address, and some instructions."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _call_block(
    typing_context: Any,
    address: Any,
    slots: Any,
    following: Any,
    parameters: Any,
    uniforms: Any,
    schedule: Any,
    draws: Any,
    records: Any,
    marks: Any,
    key0: Any,
    key1: Any,
    first: Any,
    record: Any,
) -> Any:
    """Call ``start``, ``step`` or ``fill`` by its address, on a block of trajectories at one record."""
    arrays = (slots, following, parameters, uniforms, schedule, draws, records, marks)
    signature = types.void(types.int64, *arrays, types.uint32, types.uint32, types.int64, types.int64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, word, wide = ir.IntType(8).as_pointer(), ir.IntType(32), ir.IntType(64)
        function = ir.FunctionType(ir.VoidType(), [pointer] * 8 + [word, word, wide, wide])
        passed = []
        for kind, value in zip(arrays, arguments[1:9], strict=True):
            array = context.make_array(kind)(context, builder, value)
            passed.append(builder.bitcast(array.data, pointer))
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), [*passed, *arguments[9:]])
        return context.get_dummy_value()

    return signature, codegen


def _call_observe(
    typing_context: Any, address: Any, records: Any, second: Any, third: Any, fourth: Any, mask: Any
) -> Any:
    """Call ``observe`` or ``share`` by its address: four arrays, as long as the second, and the lanes that count."""
    arrays = (records, second, third, fourth)
    signature = types.void(types.int64, *arrays, types.uint64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, wide = ir.IntType(8).as_pointer(), ir.IntType(64)
        function = ir.FunctionType(ir.VoidType(), [pointer] * 4 + [wide, wide])
        given = zip(arrays, arguments[1:5], strict=True)
        made = [context.make_array(kind)(context, builder, value) for kind, value in given]
        passed = [builder.bitcast(array.data, pointer) for array in made]
        length = builder.extract_value(made[1].shape, 0)
        builder.call(builder.inttoptr(arguments[0], function.as_pointer()), [*passed, length, arguments[5]])
        return context.get_dummy_value()

    return signature, codegen


def _lowest_bit(typing_context: Any, bits: Any) -> Any:
    """The position of the lowest bit that is set, of at least one."""
    signature = types.int64(types.uint64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return signature, codegen


def _count_bits(typing_context: Any, bits: Any) -> Any:
    """How many bits are set."""
    signature = types.int64(types.uint64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return signature, codegen


def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Have the line of the cache with array[index] brought near, to be written soon; any index does no harm."""
    signature = types.void(array, types.int64)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        made = context.make_array(array)(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(made.data, [arguments[1]]), pointer)
        function = ir.FunctionType(ir.VoidType(), [pointer, word, word, word])
        declared: Any = cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
        builder.call(declared, [place, ir.Constant(word, 1), ir.Constant(word, 3), ir.Constant(word, 1)])
        return context.get_dummy_value()

    return signature, codegen


call_block: Any = intrinsic(_call_block)
call_observe: Any = intrinsic(_call_observe)
count_bits: Any = intrinsic(_count_bits)
lowest_bit: Any = intrinsic(_lowest_bit)
prefetch: Any = intrinsic(_prefetch)
