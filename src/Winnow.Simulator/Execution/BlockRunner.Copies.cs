using System.Collections.Generic;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>What runs beside the warps: the scheduler ends it when it likes, in any order.</content>
internal sealed unsafe partial class BlockRunner
{
    private readonly List<ICopy> _copies = [];

    /// <summary>Begins something that ends by itself.</summary>
    public void Begin(ICopy copy) => _copies.Add(copy);

    private void FinishCopy()
    {
        int choice = (int)(NextRandom() % (uint)_copies.Count);
        ICopy copy = _copies[choice];
        _copies.RemoveAt(choice);
        copy.Warp.Origin = copy.Source;
        copy.Finish(this);
        copy.Warp.Origin = null;
    }
}
