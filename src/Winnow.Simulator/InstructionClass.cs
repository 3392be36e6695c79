namespace Winnow.Simulator;

/// <summary>What kind of work an instruction is, in a <see cref="KernelProfile"/>.</summary>
public enum InstructionClass
{
    /// <summary>Whole numbers and bits.</summary>
    Integer,

    /// <summary>Floats of 16 bits, packed pairs included.</summary>
    Float16,

    /// <summary>Floats of 32 bits.</summary>
    Float32,

    /// <summary>Floats of 64 bits.</summary>
    Float64,

    /// <summary>Functions of the special function unit: reciprocals, roots, exponentials, logarithms, sines, divisions of floats.</summary>
    Special,

    /// <summary>Conversions between number types.</summary>
    Conversion,

    /// <summary>Comparisons and logic of predicates.</summary>
    Comparison,

    /// <summary>Moves, selections and conversions of addresses.</summary>
    Move,

    /// <summary>Loads and stores of global memory and through generic addresses, prefetches included.</summary>
    GlobalMemory,

    /// <summary>Loads and stores of shared memory, <c>ldmatrix</c> and <c>stmatrix</c> included.</summary>
    SharedMemory,

    /// <summary>Loads and stores of a thread's own memory: spilled registers, indexed arrays.</summary>
    LocalMemory,

    /// <summary>Loads of constants and parameters.</summary>
    ConstantMemory,

    /// <summary>Atomics and reductions on memory.</summary>
    Atomic,

    /// <summary>Asynchronous copies, their commits and waits.</summary>
    AsyncCopy,

    /// <summary>Matrix products of tensor cores.</summary>
    Tensor,

    /// <summary>Shuffles, votes, matches and reductions within a warp.</summary>
    Warp,

    /// <summary>Barriers and fences.</summary>
    Barrier,

    /// <summary>Branches, calls and returns.</summary>
    Control,

    /// <summary>Anything else.</summary>
    Other,
}
