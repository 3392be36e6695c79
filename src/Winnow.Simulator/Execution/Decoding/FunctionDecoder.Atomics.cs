using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <content>Atomics.</content>
internal sealed partial class FunctionDecoder
{
    private static readonly string[] AtomicNames = ["add", "and", "or", "xor", "exch", "cas", "min", "max", "inc", "dec"];

    private Operation? DecodeAtomic(PtxInstruction instruction)
    {
        string? name = System.Array.Find(AtomicNames, instruction.Has);
        string type = instruction.Modifiers[^1];
        int bits = Ptx.PtxType.Bits(type);
        bool isReduction = instruction.Opcode == "red";
        int first = isReduction ? 0 : 1;
        PtxOperand[] operands = instruction.Operands;
        if (name is null || bits < 16 || operands[first + 1].Kind == PtxOperandKind.Vector || instruction.Has("async"))
        {
            return null;
        }

        int destination = isReduction || operands[0].Kind == PtxOperandKind.Sink ? -1 : _registers.Offset(operands[0], bits);
        int b = _registers.Offset(operands[first + 1], bits);
        int c = name == "cas" ? _registers.Offset(operands[first + 2], bits) : b;
        PtxOperand address = operands[first];
        var place = new AtomicPlace(Address(address), destination, b, c);
        return SpaceOf(instruction, address) switch
        {
            "global" => Atomic<GlobalSpace>(place, name, type),
            "shared" => Atomic<SharedSpace>(place, name, type),
            "shared::cluster" => Atomic<ClusterSpace>(place, name, type),
            "generic" => Atomic<GenericSpace>(place, name, type),
            _ => null,
        };
    }

    private static Operation? Atomic<TSpace>(AtomicPlace at, string name, string type)
        where TSpace : struct, ISpace
        => (name, type) switch
        {
            ("add", "u32" or "s32") => at.Make<TSpace, uint, AtomicAdd<uint>>(),
            ("add", "u64" or "s64") => at.Make<TSpace, ulong, AtomicAdd<ulong>>(),
            ("add", "f32") => at.Make<TSpace, uint, AtomicAddSingle>(),
            ("add", "f64") => at.Make<TSpace, ulong, AtomicAddDouble>(),
            ("add", "f16") => at.Make<TSpace, ushort, AtomicAddHalf>(),
            ("add", "bf16") => at.Make<TSpace, ushort, AtomicAddBrain>(),
            ("add", "f16x2") => at.Make<TSpace, uint, AtomicPair<AtomicAddHalf>>(),
            ("add", "bf16x2") => at.Make<TSpace, uint, AtomicPair<AtomicAddBrain>>(),
            ("and", "b32") => at.Make<TSpace, uint, AtomicAnd<uint>>(),
            ("and", "b64") => at.Make<TSpace, ulong, AtomicAnd<ulong>>(),
            ("or", "b32") => at.Make<TSpace, uint, AtomicOr<uint>>(),
            ("or", "b64") => at.Make<TSpace, ulong, AtomicOr<ulong>>(),
            ("xor", "b32") => at.Make<TSpace, uint, AtomicXor<uint>>(),
            ("xor", "b64") => at.Make<TSpace, ulong, AtomicXor<ulong>>(),
            ("exch", "b32") => at.Make<TSpace, uint, AtomicExchange<uint>>(),
            ("exch", "b64") => at.Make<TSpace, ulong, AtomicExchange<ulong>>(),
            ("cas", "b16") => at.Make<TSpace, ushort, AtomicSwap<ushort>>(),
            ("cas", "b32") => at.Make<TSpace, uint, AtomicSwap<uint>>(),
            ("cas", "b64") => at.Make<TSpace, ulong, AtomicSwap<ulong>>(),
            ("min", "u32") => at.Make<TSpace, uint, AtomicMin<uint>>(),
            ("min", "s32") => at.Make<TSpace, int, AtomicMin<int>>(),
            ("min", "u64") => at.Make<TSpace, ulong, AtomicMin<ulong>>(),
            ("min", "s64") => at.Make<TSpace, long, AtomicMin<long>>(),
            ("max", "u32") => at.Make<TSpace, uint, AtomicMax<uint>>(),
            ("max", "s32") => at.Make<TSpace, int, AtomicMax<int>>(),
            ("max", "u64") => at.Make<TSpace, ulong, AtomicMax<ulong>>(),
            ("max", "s64") => at.Make<TSpace, long, AtomicMax<long>>(),
            ("inc", "u32") => at.Make<TSpace, uint, AtomicIncrement<uint>>(),
            ("dec", "u32") => at.Make<TSpace, uint, AtomicDecrement<uint>>(),
            _ => null,
        };

    private readonly record struct AtomicPlace(AddressOperand Address, int Destination, int B, int C)
    {
        public Atomic<TSpace, T, TOp> Make<TSpace, T, TOp>()
            where TSpace : struct, ISpace
            where T : unmanaged, System.Numerics.IBinaryInteger<T>
            where TOp : struct, IAtomic<T>
            => new Atomic<TSpace, T, TOp>(Address, Destination, B, C);
    }
}
