using System.Collections.Generic;

namespace Winnow.Simulator.Execution;

/// <content>
/// Products of warpgroups: their groups. A product is computed when it is issued; that nobody touches what it uses before the wait is checked, so nobody can
/// tell.
/// </content>
internal sealed unsafe partial class Warp
{
    private readonly Queue<(int Group, int Count, uint Time)> _productGroups = [];

    /// <summary>The group of the next product, from 1.</summary>
    public int ProductGroup { get; private set; }

    /// <summary>The last group that was waited for.</summary>
    public int ProductsDone { get; private set; }

    /// <summary>How many <c>wgmma.fence</c> there were.</summary>
    public int ProductFences { get; private set; }

    /// <summary>Products that the warp has executed.</summary>
    public int ProductCount { get; set; }

    /// <summary>The time of its last product.</summary>
    public uint ProductTime { get; set; }

    /// <summary>A fence for registers.</summary>
    public void FenceProducts() => ProductFences++;

    /// <summary>Closes a group of products.</summary>
    public void CommitProducts() => _productGroups.Enqueue((ProductGroup++, ProductCount, ProductTime));

    /// <summary>Waits until at most some of the newest groups are on their way; that is not before the whole warpgroup has issued what is waited for.</summary>
    /// <param name="pending">How many.</param>
    /// <param name="lanes">The lanes that wait.</param>
    public void WaitForProducts(int pending, uint lanes)
    {
        int last = ProductGroup - 1 - pending;
        while (_productGroups.TryPeek(out (int Group, int Count, uint Time) next) && next.Group <= last)
        {
            if (!Block.AreIssued(this, next.Count))
            {
                Block.WaitForProducts(this, lanes);
                return;
            }

            Block.SeeProducts(this, next.Time);
            ProductsDone = _productGroups.Dequeue().Group;
        }
    }

    private void StartProducts()
    {
        (ProductGroup, ProductsDone, ProductFences, ProductCount, ProductTime) = (1, 0, 0, 0, 0);
        _productGroups.Clear();
    }
}
