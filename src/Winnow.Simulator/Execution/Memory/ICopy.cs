using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>Something that an instruction began and that ends by itself.</summary>
internal interface ICopy
{
    /// <summary>The warp that began it.</summary>
    Warp Warp { get; }

    /// <summary>The instruction that began it.</summary>
    PtxInstruction Source { get; }

    /// <summary>Ends it.</summary>
    /// <param name="block">The block that began it.</param>
    void Finish(BlockRunner block);
}
